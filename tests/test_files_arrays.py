"""Archives and arrays of NumPy: read exactly, never unpickled, never believed."""

from __future__ import annotations

import io
import json
import tracemalloc
import zipfile
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from attention_core.errors import TextError
from attention_core.files.reading import MOST_BYTES, imported, read
from tests.foreign_files import GOOD, HOUSE, archive, array, one, packed, tokens_of


@pytest.mark.parametrize(("shape", "heads"), [((2, 3), 1), ((5, 2, 3), 5), ((7, 5, 2, 3), 35)])
def test_archives_of_one_head_many_and_layers_are_read(shape: tuple[int, ...], heads: int) -> None:
    weights = np.random.default_rng(1).dirichlet(np.ones(3), shape[:-1])
    found = one(archive(weights=weights, source=["a", "b", "c"], target=["x", "y"]), "npz")
    assert tokens_of(found) == (("a", "b", "c"), ("x", "y"))
    assert (found.weights == weights.reshape(heads, 2, 3).astype(np.float32)).all()


class Trap:
    """Unpickling it would fail the test."""

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return pytest.fail, ("An array was unpickled",)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"weights": np.array([Trap()], dtype=object)}, "“weights” holds Python objects"),
        ({"source": np.array([Trap()], dtype=object)}, "“source” holds Python objects"),
        ({"weights": np.eye(2) > 0}, "needs numbers"),
        ({"weights": np.eye(2) * 1j}, "needs numbers"),
        ({"weights": np.ones(2)}, "2 to 4 dimensions"),
        ({"source": [1, 2]}, "list of strings"),
        ({"source": [["a", "b"]]}, "list of strings"),
        ({"source": ["a"]}, "1 source tokens, but its weights are 2 × 2"),
        ({"source": np.zeros(0, dtype="U1")}, "0 source tokens"),
    ],
)
def test_archives_of_something_else_are_refused(changed: dict[str, Any], said: str) -> None:
    with pytest.raises(TextError) as caught:
        one(archive(**{**GOOD, **changed}), "npz")
    assert said in str(caught.value)


def test_an_archive_without_tokens_names_what_it_has() -> None:
    with pytest.raises(TextError, match=r"has weights\.npy but no “target”"):
        one(archive(weights=np.eye(2)), "npz")


def test_a_small_archive_that_would_unpack_to_a_large_array_is_not_unpacked() -> None:
    bomb = packed(bytes(MOST_BYTES + 1))
    assert len(bomb) < 100_000
    with pytest.raises(TextError, match="would take more than 20 MB"):
        one(bomb, "npz")


def test_an_archive_that_lies_about_its_size_takes_no_more_than_is_allowed() -> None:
    bomb = bytearray(packed(bytes(10 * MOST_BYTES)))
    held = bomb.rindex(b"PK\x01\x02")
    bomb[held + 24 : held + 28] = bomb[22:26] = (1000).to_bytes(4, "little")
    tracemalloc.start()
    try:
        with pytest.raises(TextError):
            one(bytes(bomb), "npz")
        assert tracemalloc.get_traced_memory()[1] < 4 * MOST_BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("way", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_packings_that_numpy_never_writes_are_not_unpacked(way: int) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", way) as made:
        made.writestr("weights.npy", bytes(1000))
    with pytest.raises(TextError, match="no NumPy archive"):
        one(out.getvalue(), "npz")


@pytest.mark.parametrize("shape", [(0, 3), (2, 0), (0, 2, 3), (2, 0, 2, 3)])
def test_a_dimension_without_a_place_is_said(shape: tuple[int, ...]) -> None:
    tokens = {"source": ["a", "b", "c"][: shape[-1]], "target": ["x", "y"][: shape[-2]]}
    with pytest.raises(TextError):
        one(archive(weights=np.zeros(shape), **tokens), "npz")
    with pytest.raises(TextError):
        one(json.dumps({"weights": np.zeros(shape).tolist(), **tokens}), "json")
    with pytest.raises(TextError):
        read(array(np.zeros(shape)), "npy")
    with pytest.raises(TextError, match="each dimension needs at least one place"):
        imported(["a"], ["x"], np.zeros((0, 1, 1)))


def test_an_array_that_promises_more_than_it_holds_is_refused() -> None:
    out = io.BytesIO()
    header = {"shape": (10**6, 10**6), "fortran_order": False, "descr": "<f8"}
    np.lib.format.write_array_header_1_0(out, header)
    with pytest.raises(TextError, match="cut off"):
        one(packed(out.getvalue()), "npz")


@pytest.mark.parametrize("data", [b"", b"PK", b"no archive", packed(b"nonsense")])
def test_what_is_no_archive_is_refused(data: bytes) -> None:
    with pytest.raises(TextError):
        one(data, "npz")


def test_a_damaged_archive_is_refused() -> None:
    whole = archive(**GOOD)
    for place in range(0, len(whole), 7):
        damaged = whole[:place] + bytes([whole[place] ^ 255]) + whole[place + 1 :]
        try:
            one(damaged, "npz")
        except TextError:
            continue


def test_an_array_of_several_sentences_is_cut_to_their_words() -> None:
    whole = np.random.default_rng(3).dirichlet(np.ones(5), (2, 4)).astype(np.float32)
    first, second = read(array(whole), "npy", "the house\tdas Haus\nyes\tja\n")
    assert tokens_of(first) == HOUSE
    assert tokens_of(second) == (("yes", "</s>"), ("ja", "</s>"))
    assert (first.weights[0] == whole[0, :3, :3]).all()
    assert (second.weights[0] == whole[1, :2, :2]).all()
    assert one(array(whole[0]), "npy").source == ("1", "2", "3", "4", "5")


@pytest.mark.parametrize("wrong", [np.ones(3), np.ones((1, 1, 1, 1)), [["a"]], np.eye(2) > 0])
def test_an_array_of_something_else_is_refused(wrong: object) -> None:
    with pytest.raises(TextError, match="needs numbers in 2 or 3 dimensions"):
        read(array(wrong), "npy")


def test_an_array_of_python_objects_is_never_unpickled() -> None:
    with pytest.raises(TextError, match="holds Python objects"):
        read(array([Trap()]), "npy")
