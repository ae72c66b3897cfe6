"""Links out of weights, two directions made one, their scores, and gold links in files."""

from __future__ import annotations

from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some
from numpy.typing import NDArray

from attention_core.errors import AttentionError, TextError
from attention_core.files.formats.json_pairs import json_lines, json_pairs
from attention_core.files.formats.pharaoh import golds, pharaoh
from attention_core.files.formats.text_pairs import aligned_pairs
from attention_core.numbers.alignment import (
    EXTRACTIONS,
    SYMMETRIES,
    AlignedPair,
    Direction,
    Extraction,
    Gold,
    Link,
    Symmetry,
    crossing,
    diagonal_links,
    error_rate,
    extract,
    linked,
    scores,
    shifted,
    strongest_by_source,
    strongest_links,
    symmetrised,
)

Matrix = NDArray[np.float32]


def matrix(*rows: list[float]) -> Matrix:
    return np.array(rows, dtype=np.float32)


def links(text: str) -> list[Link]:
    return [Link(*map(int, pair.split("-"))) for pair in text.split()]


def gold(sure: str, possible: str = "") -> Gold:
    return Gold(frozenset(links(sure)), frozenset(links(possible)))


# --- links out of weights ---

WEIGHTS = matrix([0.6, 0.4, 0.0], [0.7, 0.0, 0.3], [0.2, 0.3, 0.5], [0.0, 0.0, 0.0])


@pytest.mark.parametrize(
    ("how", "least", "expected"),
    [
        ("argmax", 0.0, "0-0 0-1 2-2"),
        ("argmax", 0.6, "0-0 0-1"),
        ("threshold", 0.0, "0-0 1-0 0-1 2-1 0-2 1-2 2-2"),
        ("threshold", 0.4, "0-0 1-0 0-1 2-2"),
        ("matching", 0.0, "1-0 0-1 2-2"),
        ("matching", 0.45, "0-1 2-2"),
        ("grown", 0.0, "0-0 1-0 0-1 2-2"),
    ],
)
def test_each_way_finds_the_links_worked_out_by_hand(
    how: Extraction, least: float, expected: str
) -> None:
    """Matching gives up the second-best 0.6 of one word, so that 0.4 + 0.7 + 0.5 are linked. Both
    sides choose 0-1 and 2-2; 0-0 and 1-0, which one side chose, touch the first and each has a
    word without a link."""
    assert extract(WEIGHTS, how, least) == links(expected)


def test_nothing_grows_from_words_that_looked_at_nothing() -> None:
    """Were the first row's 0 a look, 1-1 would touch a link of both sides and be one too."""
    weights = matrix([0, 0], [0, 0.4], [0, 0], [0, 0], [0, 0], [0, 0.9])
    assert extract(weights, "grown") == links("1-5")


def test_a_weight_below_nothing_is_no_link() -> None:
    assert extract(matrix([-0.5, 0.5], [-0.2, -0.1]), "threshold") == links("1-0")
    assert extract(matrix([-0.5, 0.5], [-0.2, -0.1])) == links("1-0")


def test_only_where_the_least_weight_decides_several_are_tried() -> None:
    """Each a share of all attention that a word has to give."""
    assert [how for how, way in EXTRACTIONS.items() if way.weighed] == ["threshold"]
    for way in EXTRACTIONS.values():
        assert way.tried == tuple(sorted(set(way.tried)))
        assert all(0 <= least < 1 for least in way.tried)


@pytest.mark.parametrize("shift", [-1, 0, 1])
def test_no_steps_have_no_looks_however_they_are_shifted(shift: int) -> None:
    assert shifted(np.zeros((2, 0, 3), dtype=np.float32), shift).shape == (2, 0, 3)


def test_one_heavy_link_beats_two_light_ones() -> None:
    """0.9 and a cell of nothing are more than 0.4 + 0.3, and nothing is no link."""
    assert extract(matrix([0.9, 0.4], [0.3, 0.0]), "matching") == links("0-0")


@pytest.mark.parametrize(
    ("sources", "targets", "expected"),
    [(3, 3, "0-0 1-1 2-2"), (2, 4, "0-0 0-1 1-2 1-3"), (4, 2, "1-0 3-1"), (5, 3, "0-0 2-1 4-2"),
     (7, 1, "3-0"), (7, 0, "")],
)  # fmt: skip
def test_the_diagonal_by_hand(sources: int, targets: int, expected: str) -> None:
    assert diagonal_links(sources, targets) == links(expected)


@pytest.mark.parametrize(
    ("given", "expected"),
    [("0-0 1-2 2-1 3-3", "1-2 2-1"), ("0-0 0-1 1-1", ""), ("0-1 1-0 1-1", "0-1 1-0"),
     ("0-2 1-1 2-0", "0-2 1-1 2-0")],
)  # fmt: skip
def test_links_that_cross_by_hand(given: str, expected: str) -> None:
    """Two links of one word never cross."""
    assert crossing(links(given)) == set(links(expected))


def test_the_strongest_link_of_each_target_word() -> None:
    assert strongest_links(WEIGHTS) == links("0-0 0-1 2-2")
    assert strongest_links(WEIGHTS, least=0.6) == links("0-0 0-1")


def test_the_other_side_may_choose_instead() -> None:
    assert strongest_by_source(WEIGHTS) == links("0-1 1-0 2-2")
    assert strongest_by_source(WEIGHTS, least=0.5) == links("0-1 2-2")


@pytest.mark.parametrize("how", EXTRACTIONS)
@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (0, 0)])
def test_no_words_have_no_links_however_they_are_sought(
    how: Extraction, shape: tuple[int, int]
) -> None:
    assert extract(np.zeros(shape, dtype=np.float32), how) == []


@pytest.mark.parametrize("how", EXTRACTIONS)
def test_equal_weights_always_give_the_same_links_and_zeros_none(how: Extraction) -> None:
    equal = np.full((2, 3), 0.25, dtype=np.float32)
    assert extract(equal, how) == extract(equal.copy(), how) != []
    assert extract(np.zeros((2, 3), dtype=np.float32), how) == []


@pytest.mark.parametrize("how", EXTRACTIONS)
def test_many_matrices_at_once_are_linked_like_one_by_one(how: Extraction) -> None:
    weights = np.random.default_rng(3).random((2, 3, 5, 7), dtype=np.float32)
    at_once = linked(weights, how, 0.3)
    for place in np.ndindex(2, 3):
        assert (at_once[place] == linked(weights[place], how, 0.3)).all()


def best_sum(weights: Matrix) -> float:
    """Every one-to-one alignment tried in turn."""
    wide = weights if weights.shape[0] <= weights.shape[1] else weights.T
    rows = range(wide.shape[0])
    return max(
        float(wide[rows, list(columns)].sum())
        for columns in permutations(range(wide.shape[1]), wide.shape[0])
    )


@pytest.mark.parametrize("shape", [(4, 4), (3, 5), (5, 3)])
def test_a_matching_is_one_to_one_and_no_other_weighs_more(shape: tuple[int, int]) -> None:
    dice = np.random.default_rng(11)
    for _ in range(10):
        weights = dice.random(shape, dtype=np.float32)
        found = extract(weights, "matching")
        assert len({link.source for link in found}) == len(found)
        assert len({link.target for link in found}) == len(found) == min(shape)
        total = sum(float(weights[link.target, link.source]) for link in found)
        assert total == pytest.approx(best_sum(weights), rel=1e-5)


def test_a_shifted_step_has_the_look_of_a_later_one_and_the_ends_stand_still() -> None:
    steps = matrix([1, 0], [2, 0], [3, 0])
    assert shifted(steps, 1)[:, 0].tolist() == [2, 3, 3]
    assert shifted(steps, -1)[:, 0].tolist() == [1, 1, 2]
    assert shifted(steps, 0).tolist() == steps.tolist()
    assert shifted(steps, 9)[:, 0].tolist() == [3, 3, 3]
    assert shifted(np.stack([steps, -steps]), 1)[1, :, 0].tolist() == [-2, -3, -3]
    assert shifted(np.zeros((0, 2), dtype=np.float32), 1).shape == (0, 2)


# --- two directions made one ---


NEIGHBORING = [(-1, 0), (0, -1), (1, 0), (0, 1), (-1, -1), (-1, 1), (1, -1), (1, 1)]


def published(forward: set[Link], reverse: set[Link], how: Symmetry, size: int) -> set[Link]:
    """The loops of Koehn's description, cell by cell; e is the target word, f the source word."""
    e2f, f2e = (np.zeros((size, size), dtype=bool) for _ in range(2))
    for table, side in ((e2f, forward), (f2e, reverse)):
        for f, e in side:
            table[e, f] = True
    alignment = e2f | f2e if how == "union" else e2f & f2e
    while "grow" in how and grew(alignment, e2f | f2e):
        pass
    for table in (e2f, f2e) if "final" in how else ():
        finish(alignment, table, both=how.endswith("and"))
    return {Link(int(f), int(e)) for e, f in np.argwhere(alignment)}


def grew(alignment: NDArray[np.bool_], union: NDArray[np.bool_]) -> bool:
    before = alignment.sum()
    for e, f in np.ndindex(alignment.shape):
        if alignment[e, f]:
            for down, right in NEIGHBORING:
                new = e + down, f + right
                inside = 0 <= new[0] < len(alignment) and 0 <= new[1] < len(alignment)
                if inside and union[new] and any(without(alignment, *new)):
                    alignment[new] = True
    return bool(alignment.sum() > before)


def finish(alignment: NDArray[np.bool_], table: NDArray[np.bool_], both: bool) -> None:
    for e, f in np.ndindex(alignment.shape):
        lone = without(alignment, e, f)
        if table[e, f] and (all(lone) if both else any(lone)):
            alignment[e, f] = True


def without(alignment: NDArray[np.bool_], e: int, f: int) -> tuple[bool, bool]:
    return not alignment[e, :].any(), not alignment[:, f].any()


def test_an_unknown_way_lists_the_known_ones() -> None:
    with pytest.raises(AttentionError, match=r"no way “softest” .* there are argmax, threshold"):
        extract(np.ones((1, 1), dtype=np.float32), "softest")
    with pytest.raises(AttentionError, match=r"no way “xor” .* there are intersection, union"):
        symmetrised([], [], "xor")


@pytest.mark.parametrize("how", SYMMETRIES)
def test_symmetrising_equals_the_published_loops(how: Symmetry) -> None:
    dice = np.random.default_rng(5)
    for size in (1, 2, 5, 8):
        for density in (0.1, 0.25, 0.5):
            for _ in range(15):
                cells = dice.random((2, size, size)) < density
                forward, reverse = (
                    {Link(int(f), int(e)) for e, f in np.argwhere(side)} for side in cells
                )
                expected = published(forward, reverse, how, size)
                assert symmetrised(forward, reverse, how) == sorted(expected)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("intersection", "0-0"),
        ("union", "0-0 0-1 1-1 3-1 3-4 4-3"),
        ("grow-diag", "0-0 0-1 1-1"),
        ("grow-diag-final", "0-0 0-1 1-1 3-1 3-4 4-3"),
        ("grow-diag-final-and", "0-0 0-1 1-1 3-4 4-3"),
    ],
)
def test_symmetrising_by_hand(how: Symmetry, expected: str) -> None:
    """0-1 touches 0-0 and brings word 1 of the target; 1-1 brings word 1 of the source. 3-1 has a
    linked target word, so that only final takes it; 3-4 and 4-3 have no linked word at all."""
    assert symmetrised(links("0-0 0-1 3-1 4-3"), links("0-0 1-1 3-4"), how) == links(expected)


@pytest.mark.parametrize("how", SYMMETRIES)
def test_two_directions_that_agree_are_left_as_they_are(how: Symmetry) -> None:
    same = links("0-0 1-2 2-1 2-2")
    assert symmetrised(same, same, how) == same
    assert symmetrised([], [], how) == []


# --- scores ---


def test_scores_by_hand() -> None:
    """Of 4 found links 1 is sure and 2 are possible; 1 of 2 sure ones is missed."""
    made = scores([(links("0-0 1-1 2-2 3-0"), gold("0-0 2-3", "1-1 2-2 5-5"))])
    assert made.precision == pytest.approx(3 / 4)
    assert made.recall == pytest.approx(1 / 2)
    assert made.f1 == pytest.approx(2 * (3 / 4) * (1 / 2) / (3 / 4 + 1 / 2))
    assert made.error_rate == pytest.approx(1 - (1 + 3) / (4 + 2))
    assert (made.found, made.sure, made.possible) == (4, 2, 3)


def test_a_corpus_adds_counts_before_it_divides() -> None:
    made = scores([(links("0-0"), gold("0-0")), (links("0-1 1-0 2-2"), gold("0-0 1-0", "2-2"))])
    assert made.precision == pytest.approx(3 / 4)
    assert made.recall == pytest.approx(2 / 3)
    assert made.error_rate == pytest.approx(1 - (2 + 3) / (4 + 3))


@pytest.mark.parametrize(
    ("found", "sure", "possible", "expected"),
    [
        ("", "", "", (1, 1, 1, 0)),
        ("", "0-0", "", (0, 0, 0, 1)),
        ("", "", "0-0", (1, 1, 1, 0)),
        ("0-0", "", "", (0, 1, 0, 1)),
        ("0-0", "", "0-0", (1, 1, 1, 0)),
        ("0-0", "1-1", "", (0, 0, 0, 1)),
        ("0-0", "0-0", "", (1, 1, 1, 0)),
    ],
)
def test_scores_of_nothing_are_defined(
    found: str, sure: str, possible: str, expected: tuple[float, ...]
) -> None:
    assert scores([(links(found), gold(sure, possible))])[:4] == expected


def test_scores_of_no_sentences_are_those_of_nothing() -> None:
    assert scores([]) == (1, 1, 1, 0, 0, 0, 0)


SETS = some.frozensets(some.builds(Link, some.integers(0, 4), some.integers(0, 4)), max_size=9)


@settings(max_examples=200, deadline=None)
@given(some.lists(some.tuples(SETS, SETS, SETS), max_size=4))
def test_scores_keep_their_laws(sentences: list[tuple[frozenset[Link], ...]]) -> None:
    """With S a part of S∪P the error rate is a mean of precision and recall, each by its count."""
    pairs = [(found, Gold(sure, maybe - sure)) for found, sure, maybe in sentences]
    made = scores(pairs)
    assert all(0 <= figure <= 1 for figure in made[:4])
    if made.found + made.sure:
        kept = made.precision * made.found + made.recall * made.sure
        assert made.error_rate == pytest.approx(1 - kept / (made.found + made.sure))
    if not any(maybe - sure for _, sure, maybe in sentences) and made.found:
        assert made.error_rate == pytest.approx(1 - made.f1)
    assert error_rate(pairs) == made.error_rate


# --- gold links in files ---


def test_pharaoh_lines_are_read_as_people_write_them() -> None:
    text = "0-0 1p2 2?1\r\n\n3-3 3p3\n"
    assert golds(text) == [gold("0-0", "1-2 2-1"), gold(""), gold("3-3")]


def test_pharaoh_lines_may_count_from_one_and_name_the_target_first() -> None:
    assert golds("1-2 3p1", first=1) == [gold("0-1", "2-0")]
    assert golds("0-1 2p0", direction="target-source") == [gold("1-0", "0-2")]
    assert golds("1-2", first=1, direction="target-source") == [gold("1-0")]


@pytest.mark.parametrize("first", [0, 1])
@pytest.mark.parametrize("direction", ["source-target", "target-source"])
def test_what_is_written_as_pharaoh_is_read_back(first: int, direction: Direction) -> None:
    one = gold("0-2 1-0 4-1", "1-1 0-0")
    text = pharaoh(one.sure, one.possible, first, direction)
    assert golds(text, first, direction) == [one]


def test_possible_links_are_written_with_a_p_in_order_of_the_source() -> None:
    assert pharaoh(links("2-0 0-1"), links("1-1")) == "0-1 1p1 2-0"
    assert pharaoh(links("0-1"), links("0-1")) == "0-1"
    assert pharaoh(links("0-1"), first=1, direction="target-source") == "2-1"


@pytest.mark.parametrize(
    ("text", "first", "said"),
    [
        ("0-0\n0-1 one-2", 0, ["Line 2", "“one-2”", "0p1"]),
        ("0-0 1-", 0, ["Line 1", "“1-”"]),
        ("0:0", 0, ["Line 1", "“0:0”"]),
        ("-1-0", 0, ["Line 1", "“-1-0”"]),
        ("0-0", 1, ["Line 1", "“0-0”", "count words from 1", "choose 0"]),
        ("0-" + "9" * 5000, 0, ["Line 1"]),
        ("٣-٣", 0, ["Line 1"]),
    ],
)
def test_what_is_no_link_is_said_with_its_line(text: str, first: int, said: list[str]) -> None:
    with pytest.raises(TextError) as caught:
        golds(text, first)
    assert all(part in str(caught.value) for part in said)
    assert len(str(caught.value)) < 300


@pytest.mark.parametrize("word", ["2-0", "0-3", "0p3"])
def test_a_link_out_of_range_is_said_with_the_lengths(word: str) -> None:
    with pytest.raises(TextError, match=r"Line 2.*2 and 3 words.*counts from 0 or 1"):
        golds(f"0-0\n{word}", sizes=[(1, 1), (2, 3)])


def test_a_file_of_another_number_of_lines_is_refused() -> None:
    with pytest.raises(TextError, match="3 lines but there are 2 sentences"):
        golds("0-0\n0-0\n0-0", sizes=[(1, 1), (1, 1)])
    with pytest.raises(TextError, match="1 lines but there are 2 sentences"):
        golds("0-0\n", sizes=[(1, 1), (1, 1)])
    assert golds("0-0\n\n\n", sizes=[(1, 1), (1, 1)]) == [gold("0-0"), gold("")]


def test_three_files_side_by_side_are_aligned_pairs() -> None:
    pairs = aligned_pairs("a b\nc\n", "x y\nz\n\n", "0-1 1p0\n0-0")
    assert pairs == [
        AlignedPair(("a", "b"), ("x", "y"), gold("0-1", "1-0")),
        AlignedPair(("c",), ("z",), gold("0-0")),
    ]
    with pytest.raises(TextError, match="source file has 2 lines but the target file 1"):
        aligned_pairs("a b\nc\n", "x y\n", "0-1\n")
    with pytest.raises(TextError, match="Line 1 links source word 5"):
        aligned_pairs("a b", "x y", "5-0")


ROW = '{"src": ["a", "b"], "tgt": ["x"], "sure": [[0, 0]], "possible": [[1, 0]]}'


def test_json_lines_are_read_and_written_back() -> None:
    both = ROW + "\n\n" + '{"src": ["我"], "tgt": ["I"], "sure": [], "raw": ["我", "I"], "id": 7}'
    pairs = json_pairs("\ufeff" + both)
    assert pairs == [
        AlignedPair(("a", "b"), ("x",), gold("0-0", "1-0")),
        AlignedPair(("我",), ("I",), gold(""), ("我", "I")),
    ]
    assert "我" in json_lines(pairs)
    assert json_pairs(json_lines(pairs)) == pairs


def test_a_link_that_is_sure_and_possible_is_sure() -> None:
    assert json_pairs(ROW.replace("[[1, 0]]", "[[0, 0]]"))[0].gold == gold("0-0")
    assert golds("0p0 0-0") == [gold("0-0")]


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("nonsense", "not a JSON object"),
        ("[1, 2]", "not a JSON object"),
        ("[" * 100_000, "not a JSON object"),
        (f'{{"src": {"9" * 5000}}}', "not a JSON object"),
        (ROW.replace('["a", "b"]', '"a b"'), "no words under “src”"),
        (ROW.replace('["x"]', "[]"), "no words under “tgt”"),
        (ROW.replace('["x"]', "[1]"), "no words under “tgt”"),
        (ROW.replace("[[0, 0]]", "[[0]]"), "under “sure”"),
        (ROW.replace("[[0, 0]]", "[[true, 0]]"), "under “sure”"),
        (ROW.replace("[[0, 0]]", "[[0.0, 0]]"), "under “sure”"),
        (ROW.replace("[[0, 0]]", "[[-1, 0]]"), "under “sure”"),
        (ROW.replace("[[1, 0]]", "7"), "under “possible”"),
        (ROW.replace("[[1, 0]]", "[[2, 0]]"), "source word 2"),
        (ROW.replace("[[1, 0]]", "[[1, 1]]"), "target word 1"),
    ],
)
def test_json_lines_that_cannot_be_read_are_said_with_their_line(row: str, said: str) -> None:
    with pytest.raises(TextError) as caught:
        json_pairs(f"{ROW}\n{row}")
    assert str(caught.value).startswith("Line 2")
    assert said in str(caught.value)
