"""Links, their error rate, and files that give back exactly the numbers that went in."""

from __future__ import annotations

import csv
import io
import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from numpy.typing import NDArray

from attention_core.axes.tokens import TextAxis, Token
from attention_core.files.formats.csv_table import as_csv
from attention_core.files.formats.json_numbers import as_json
from attention_core.files.formats.npz import as_npz
from attention_core.files.formats.pharaoh import pharaoh
from attention_core.numbers.alignment import (
    Gold,
    Link,
    crossing,
    diagonal_links,
    error_rate,
    strongest_links,
)
from attention_core.pictures.views import View, view
from attention_core.watching.record import Site
from tests.sample import site


def matrix(*rows: list[float]) -> NDArray[np.float32]:
    return np.array(rows, dtype=np.float32)


def links(text: str) -> list[Link]:
    return [Link(*map(int, pair.split("-"))) for pair in text.split()]


def gold(sure: str, possible: str = "") -> Gold:
    return Gold(frozenset(links(sure)), frozenset(links(possible)))


WEIGHTS = matrix([0.1, 0.9, 0.0], [0.2, 0.1, 0.7], [0.6, 0.3, 0.1], [0.0, 0.0, 0.0])


def test_each_target_word_is_linked_to_where_it_looked_most() -> None:
    assert strongest_links(WEIGHTS) == [Link(1, 0), Link(2, 1), Link(0, 2)]


def test_weak_links_are_left_out_where_a_least_weight_is_asked_for() -> None:
    assert strongest_links(WEIGHTS, least=0.65) == [Link(1, 0), Link(2, 1)]


def test_no_words_have_no_links() -> None:
    assert strongest_links(np.zeros((0, 3), dtype=np.float32)) == []
    assert strongest_links(np.zeros((3, 0), dtype=np.float32)) == []


def test_the_pharaoh_format_counts_from_zero_with_the_source_first() -> None:
    assert pharaoh(strongest_links(WEIGHTS)) == "0-2 1-0 2-1"
    assert pharaoh([]) == ""


@pytest.mark.parametrize(
    ("sources", "targets", "expected"),
    [
        (3, 3, "0-0 1-1 2-2"),
        (2, 4, "0-0 0-1 1-2 1-3"),
        (6, 3, "1-0 3-1 5-2"),
        (1, 2, "0-0 0-1"),
        (3, 1, "1-0"),
        (4, 0, ""),
    ],
)
def test_the_diagonal_goes_from_corner_to_corner(sources: int, targets: int, expected: str) -> None:
    assert diagonal_links(sources, targets) == links(expected)


def test_links_cross_when_their_order_differs_on_the_two_sides() -> None:
    assert crossing(links("0-0 1-2 2-1 3-3")) == set(links("1-2 2-1"))
    assert crossing(links("0-0 0-1 1-1")) == set()
    assert crossing(links("0-2 1-0 2-1")) == set(links("0-2 1-0 2-1"))


def test_the_error_rate_by_hand() -> None:
    """Of 4 links 2 are sure and 1 is possible: 1 − (2 + 3) / (4 + 3)."""
    found = links("0-0 1-1 2-2 3-0")
    assert error_rate([(found, gold("0-0 1-1 2-3", "2-2"))]) == pytest.approx(1 - 5 / 7)


def test_the_error_rate_adds_counts_before_it_divides() -> None:
    pairs = [(links("0-0"), gold("0-0")), (links("0-1 1-0 2-2"), gold("0-0"))]
    assert error_rate(pairs) == pytest.approx(1 - 2 / 6)


def test_perfect_links_have_no_error_and_wrong_ones_nothing_else() -> None:
    assert error_rate([(links("0-0 1-1 2-1"), gold("0-0 1-1", "2-1"))]) == 0
    assert error_rate([(links("0-1"), gold("0-0"))]) == 1
    assert error_rate([]) == 0


def test_the_same_link_twice_counts_once() -> None:
    assert error_rate([(links("0-0 0-0"), gold("0-0"))]) == 0


AWKWARD = [
    "=1+1",
    "+2",
    "-3",
    "@SUM(A1)",
    "a,b",
    'say "hi"',
    "x\ny",
    "été",
    "👩‍💻",
    "我",
    "</script>",
    "",
]


def awkward_site() -> Site:
    dice = np.random.default_rng(7)
    weights = dice.dirichlet(np.ones(len(AWKWARD)), (2, len(AWKWARD)))
    weights[0, 0, :] = 0
    weights[1, 1, 1] = 1.2345678e-9
    tokens = tuple(Token(text, place, place + 1) for place, text in enumerate(AWKWARD))
    allowed = np.ones((len(AWKWARD), len(AWKWARD)), dtype=bool)
    allowed[0, 3] = False
    both = TextAxis("text", "x" * len(AWKWARD), tokens)
    return site(weights.tolist(), both, allowed=allowed.tolist())


@pytest.fixture
def seen() -> View:
    return view(awkward_site(), heads=[1, 0])


def rows_of(data: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"), newline="")))


def test_a_csv_gives_back_every_weight_exactly(seen: View) -> None:
    rows = rows_of(as_csv(seen))
    assert len(rows) == seen.weights.size
    for row in rows:
        head = seen.heads.index(int(row["head"]) - 1)
        cell = int(row["query_position"]) - 1, int(row["key_position"]) - 1
        assert np.float32(row["weight"]) == seen.weights[head, *cell]
        assert bool(int(row["allowed"])) == seen.allowed[cell]


def test_a_csv_counts_from_one(seen: View) -> None:
    first, *_, last = rows_of(as_csv(seen))
    places = ("head", "query_position", "key_position")
    assert [first[name] for name in places] == ["2", "1", "1"]
    assert [last[name] for name in places] == ["1", "12", "12"]


def test_a_csv_opens_in_a_spreadsheet_as_unicode(seen: View) -> None:
    assert as_csv(seen).startswith(b"\xef\xbb\xbf")


def test_tokens_in_a_csv_are_the_readers_own_but_never_formulas(seen: View) -> None:
    written = [row["key"] for row in rows_of(as_csv(seen))[: len(AWKWARD)]]
    assert written[:4] == ["'=1+1", "'+2", "'-3", "'@SUM(A1)"]
    assert written[4:] == AWKWARD[4:]
    assert rows_of(as_csv(seen))[0]["query"] == "'=1+1"


@given(some.text(min_size=1, max_size=5))
def test_no_token_starts_a_formula(text: str) -> None:
    token = Token(text, 0, 1)
    made = view(site([[[1.0]]], TextAxis("text", "x", (token,))))
    written = rows_of(as_csv(made))[0]["key"]
    assert written[0] not in "=+-@\t\r\n＝＋－＠"
    assert written.removeprefix("'") == text.removeprefix("'")


def test_an_npz_gives_back_everything_exactly(seen: View) -> None:
    with np.load(io.BytesIO(as_npz(seen)), allow_pickle=False) as file:
        assert (file["weights"] == seen.weights).all()
        assert file["weights"].dtype == np.float32
        assert (file["allowed"] == seen.allowed).all()
        assert file["heads"].tolist() == [1, 0]
        assert file["queries"].tolist() == file["keys"].tolist() == AWKWARD


def test_a_json_gives_back_everything_exactly(seen: View) -> None:
    data = json.loads(as_json(seen))
    assert (np.array(data["weights"], dtype=np.float32) == seen.weights).all()
    assert data["allowed"] == seen.allowed.tolist()
    assert data["queries"] == data["keys"] == AWKWARD
    assert (data["heads"], data["site"]) == ([1, 0], "encoder.0")
    assert (data["grain"], data["specials"]) == ("tokens", "shown")


def test_a_json_is_readable_by_eye() -> None:
    data = as_json(view(site([[[0.1, 0.9], [0.25, 0.75]]], TextAxis("text", "é我", (
        Token("é", 0, 1), Token("我", 1, 2),
    ))))).decode()  # fmt: skip
    assert "[0.1, 0.9]" in data
    assert '["é", "我"]' in data
