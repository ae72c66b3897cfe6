"""What is large in a picture lies under an address that nobody guesses, every number of it."""

from __future__ import annotations

import base64
import gzip
import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as some
from hypothesis.extra.numpy import arrays
from starlette.applications import Starlette
from starlette.testclient import TestClient

from attention_core.pictures.contracts.heads import HeadView
from attention_core.pictures.contracts.matrix import Matrix
from attention_core.pictures.contracts.packing import packed
from pages.widgets import addressed
from pages.widgets.addressed import Store, numbers
from pages.widgets.message import PLAIN, SMALL, Tab, light, message

RANDOM = np.random.default_rng(0)
WEIGHTS = RANDOM.dirichlet(np.full(7, 0.3), (3, 5)).astype(np.float32)
"""(head, query, key)"""


def read(address: str, part: str = "", base: str = "") -> Any:
    """What the route answers."""
    with TestClient(Starlette(routes=addressed.ROUTES)) as client:
        return client.get(f"{base}/{address}{part and '/' + part}")


def put(value: Any) -> str:
    address = addressed.STORE.put(value)
    assert address is not None
    return address


@pytest.mark.parametrize("base", ["", "/atlas", "/some/where"])
def test_numbers_are_served_as_they_are_wherever_the_app_is_mounted(base: str) -> None:
    answer = read(put(WEIGHTS), base=base)
    assert np.array_equal(np.frombuffer(answer.content, "<f4").reshape(3, 5, 7), WEIGHTS)
    assert "immutable" in answer.headers["cache-control"]
    assert "private" in answer.headers["cache-control"]
    assert answer.headers["content-encoding"] == "gzip"


def test_every_part_is_the_numbers_that_it_is_called() -> None:
    address = put(WEIGHTS)
    parts = {
        "2/all": WEIGHTS[2], "row/4": WEIGHTS[:, 4], "column/6": WEIGHTS[:, :, 6],
    }  # fmt: skip
    for part, wanted in parts.items():
        found = np.frombuffer(read(address, part).content, "<f4")
        assert np.array_equal(found, wanted.ravel()), part


@pytest.mark.parametrize(
    "part",
    ["3/all", "row/5", "column/7", "0", "0/row/1", "-1/all", "0/all/", "row/", "1e3/all", "../x"],
)
def test_a_part_that_is_not_there_is_not_found(part: str) -> None:
    assert read(put(WEIGHTS), part).status_code == 404


def test_text_has_no_rows() -> None:
    assert numbers(np.arange(3, dtype=np.uint8), "row/0") is None
    assert numbers(np.arange(3, dtype=np.uint8), "0/all") is None


@given(
    arrays(
        np.float32,
        some.tuples(some.integers(1, 6), some.integers(1, 6)),
        elements=some.floats(0, 1, width=32),
    ),
    some.booleans(),
)
def test_shades_are_the_steps_of_the_palette_that_the_numbers_have(
    plane: np.ndarray[Any, np.dtype[np.float32]], by_rows: bool
) -> None:
    """As the browser works a small matrix out: round(255 × weight / largest)."""
    found = numbers(plane, "0/rows" if by_rows else "0/matrix")
    assert found is not None
    count = len(plane) if by_rows else 1
    most = np.frombuffer(found, "<f4", count)
    steps = np.frombuffer(found, np.uint8, offset=4 * count).reshape(plane.shape)
    assert np.array_equal(most, plane.max(1) if by_rows else [plane.max()])
    for row, cells in enumerate(plane):
        largest = most[row if by_rows else 0]
        for column, weight in enumerate(cells):
            share = np.float32(weight / largest) if largest else np.float32(0)
            assert steps[row, column] == int(float(share) * 255 + 0.5)


def test_steps_of_shares_are_shaded_like_the_shares() -> None:
    steps = np.array([[[10, 5], [0, 20]]], np.uint16)
    found = numbers(steps, "0/rows")
    assert found == np.array([10, 20], "<f4").tobytes() + bytes([255, 128, 0, 255])


def test_an_address_says_nothing_about_what_lies_there_to_who_guesses_it() -> None:
    """Another process, and so another secret, gives the same text another address."""
    code = (
        "import numpy as np; from pages.widgets.addressed import STORE;"
        "print(STORE.put(np.arange(1000)))"
    )
    found = {
        subprocess.run([sys.executable, "-c", code], capture_output=True, check=True).stdout  # noqa: S603
        for _ in range(2)
    }
    assert len(found) == 2


def test_one_content_has_one_address_and_another_content_or_type_another() -> None:
    same = put(WEIGHTS.copy())
    assert same == put(WEIGHTS)
    others = {put(WEIGHTS.reshape(5, 3, 7)), put(WEIGHTS.view(np.int32)), put(WEIGHTS[:, ::-1])}
    assert len(others | {same}) == 4


def test_what_is_kept_is_bounded_and_the_oldest_goes_first() -> None:
    kept = Store(most=3_000)
    first, *others = [kept.put(np.full(1_000, one, np.uint8)) for one in range(4)]
    assert first is not None
    assert kept.part(first) is None
    assert all(one is not None and kept.part(one) for one in others)
    assert kept.put(np.zeros(3_001, np.uint8)) is None


def test_what_is_asked_for_stays_longer_and_comes_back_under_the_same_address() -> None:
    kept = Store(most=3_000)
    made = [np.full(1_000, one, np.uint8) for one in range(4)]
    one, two, three = (kept.put(value) for value in made[:3])
    assert one is not None
    assert two is not None
    assert kept.part(one)
    kept.put(made[3])
    assert (kept.part(two), three is None) == (None, False)
    assert gzip.decompress(kept.part(one) or b"") == made[0].tobytes()
    assert kept.put(made[1]) == two
    assert gzip.decompress(kept.part(two) or b"") == made[1].tobytes()


def test_readers_at_once_get_what_they_asked_for() -> None:
    kept = Store(most=50_000)
    made = [RANDOM.integers(0, 255, (20, 100), np.uint8) for _ in range(60)]

    def asks(place: int) -> bool:
        address = kept.put(made[place % 60])
        found = kept.part(address or "", f"row/{place % 20}")
        return found is None or gzip.decompress(found) == made[place % 60][place % 20].tobytes()

    with ThreadPoolExecutor(8) as readers:
        assert all(readers.map(asks, range(2_000)))


def test_a_message_holds_what_is_small_and_says_where_the_rest_is() -> None:
    assert light("a title") == "a title"
    assert light(None) is None
    assert light(["a"] * 9) == ["a"] * 9
    small = np.zeros(SMALL // 4, np.float32)
    assert base64.b64decode(light(small)["base64"]) == small.tobytes()
    words = ["word"] * 200
    sent = light(words)
    assert len(json.dumps(sent)) < 120
    assert json.loads(read(sent["at"]).content) == words
    sent = light(WEIGHTS)
    assert (sent["dtype"], sent["shape"]) == ("float32", [3, 5, 7])
    assert len(json.dumps(sent)) < 150


def test_what_the_browser_missed_comes_inside_the_message() -> None:
    address = light(WEIGHTS)["at"]
    inside = light(WEIGHTS, {address})
    assert base64.b64decode(inside["base64"]) == WEIGHTS.tobytes()
    assert inside["shape"] == [3, 5, 7]
    words = ["word"] * 200
    assert light(words, {light(words)["at"]}) == words


def test_what_is_larger_than_an_address_may_hold_comes_inside(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(addressed, "STORE", Store(most=100))
    assert "base64" in light(WEIGHTS)


WIDE = RANDOM.dirichlet(np.full(120, 0.3), (3, 120)).astype(np.float32)
"""(head, query, key), drawn from shades"""


def apart(sent: bytes) -> tuple[dict[str, Any], dict[str, bytes]]:
    """The data of a message, and what came along with it by its path."""
    told, sizes = (int.from_bytes(sent[at : at + 4], "little") for at in (0, 4))
    begin = 8 + told + sizes
    parts = {}
    for path, size, squeezed in json.loads(sent[8 + told : begin]):
        given = sent[begin : begin + size]
        parts[path] = gzip.decompress(given) if squeezed else given
        assert squeezed is (len(parts[path]) > PLAIN)
        begin += size
    assert begin == len(sent)
    return json.loads(sent[8 : 8 + told]), parts


def test_what_is_drawn_at_once_comes_along_the_first_time_and_only_then() -> None:
    tab = Tab()
    words = ["word"] * 200
    given = {"id": "one", "weights": WIDE, "rows": words, "title": "a title"}
    drawn = [("weights", "1/rows"), ("weights", "row/2"), ("title", "0/all"), ("nothing", "0/all")]
    data, parts = apart(message(given, drawn, tab))
    at = data["weights"]["at"]
    assert data == {name: light(value) for name, value in given.items()}
    assert parts == {
        data["rows"]["at"]: json.dumps(words, separators=(",", ":")).encode(),
        f"{at}/1/rows": numbers(WIDE, "1/rows"),
        f"{at}/row/2": numbers(WIDE, "row/2"),
    }
    turned = apart(message({**given, "title": "another"}, [("weights", "0/rows")], tab))[1]
    assert turned == {f"{at}/0/rows": numbers(WIDE, "0/rows")}
    assert apart(message({**given, "id": "other"}, drawn, tab)) == ({**data, "id": "other"}, {})
    assert apart(message(given, drawn, Tab())) == (data, parts)  # another tab


def test_a_message_that_the_tab_still_has_is_the_same_to_the_byte() -> None:
    """Else Streamlit would send it once more, without what came along, at every turn."""
    tab, drawn = Tab(), [("weights", "0/rows")]
    given = [{"id": "one", "weights": WIDE, "title": title} for title in "abc"]
    first, second = (message(one, drawn, tab) for one in given[:2])
    assert [message(given[place], drawn, tab) for place in (0, 1, 1, 0)] == [
        first, second, second, first,
    ]  # fmt: skip
    message(given[2], drawn, tab)
    assert apart(message(given[1], drawn, tab)) == (apart(second)[0], {})
    assert len(first) > 1_000 > len(second)


def test_of_a_small_matrix_all_numbers_come_along() -> None:
    data, parts = apart(message({"id": "one", "weights": WEIGHTS}, [("weights", "2/rows")], Tab()))
    assert not data["weights"]["large"]
    assert parts == {f"{data['weights']['at']}/2/all": WEIGHTS[2].tobytes()}


def test_what_is_too_large_to_come_along_is_left_to_be_asked_for() -> None:
    noise = RANDOM.random((1, 600, 600), np.float32)
    data, parts = apart(message({"id": "one", "weights": noise}, [("weights", "0/matrix")], Tab()))
    assert (parts, data["weights"]["large"]) == ({}, True)
    assert read(data["weights"]["at"], "0/matrix").status_code == 200


@pytest.mark.parametrize("part", ["9/rows", "row/120", "row/x", "../x", "", "0/rows/"])
def test_a_part_that_is_not_there_does_not_come_along(part: str) -> None:
    assert apart(message({"id": "one", "weights": WIDE}, [("weights", part)], Tab()))[1] == {}


def test_a_tab_is_remembered_within_bounds() -> None:
    tab = Tab(paths=2)
    assert [tab.new(path) for path in "aabcba"] == [True, False, True, True, False, True]


@pytest.mark.parametrize("chosen", [3, "12", None, {"0": 1}, [[1]], ["1"]])
def test_whatever_a_browser_says_is_chosen_the_picture_comes(chosen: Any) -> None:
    labels = [str(place) for place in range(120)]
    picture = HeadView(rows=labels, columns=labels, heads=[0, 1, 2], weights=WIDE)
    told = dict.fromkeys(("active", "pins", "scale", "chosen"), chosen)
    assert apart(message({**packed(picture), "id": "one"}, picture.drawn(told), Tab()))[0][
        "weights"
    ]["large"]


def test_pictures_say_what_they_draw() -> None:
    labels = [str(place) for place in range(120)]
    view = HeadView(rows=labels, columns=labels, heads=[4, 6, 7], weights=WIDE)
    assert list(view.drawn({"active": [6], "pins": [3]})) == [
        ("weights", "1/rows"), ("weights", "row/3"),
    ]  # fmt: skip
    assert [part for _name, part in view.drawn({})] == ["0/rows", "1/rows", "2/rows"]
    matrix = Matrix(rows=labels, columns=labels, weights=WIDE[0])
    assert list(matrix.drawn({})) == [("weights", "0/matrix")]
    assert list(matrix.drawn({"scale": "row"})) == [("weights", "0/rows")]
