"""A file of each format, and how the tests read one."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from typing import Any

import numpy as np

from attention_core.files import registry
from attention_core.files.reading import Imported, read, recognised

HOUSE = (("the", "house", "</s>"), ("das", "Haus", "</s>"))
ROWS = [[0.75, 0.125, 0.125], [0.0625, 0.875, 0.0625], [0, 0.25, 0.75]]


def one(data: str | bytes, form: str, sources: str = "") -> Imported:
    (found,) = read(data.encode() if isinstance(data, str) else data, form, sources)
    return found


def tokens_of(found: Imported) -> tuple[tuple[str, ...], tuple[str, ...]]:
    return found.source, found.target


def archive(**arrays: Any) -> bytes:
    out = io.BytesIO()
    np.savez(out, **arrays)
    return out.getvalue()


def packed(data: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as made:
        made.writestr("weights.npy", data)
    return out.getvalue()


def array(weights: object) -> bytes:
    out = io.BytesIO()
    np.save(out, np.array(weights))
    return out.getvalue()


SOFT = "0.75,0.125,0.125 0.0625,0.875,0.0625 0,0.25,0.75"


def block(head: str, rows: Sequence[Sequence[float]] = ROWS) -> str:
    return head + "\n" + "".join(" ".join(map(str, row)) + " \n" for row in rows)


def cells(words: Sequence[str], rows: Sequence[Sequence[float]], source: Sequence[str]) -> str:
    """The table as OpenNMT-py lays it out: 10 wide, cut words, a star before the largest."""
    lines = [" " * 11 + "".join(f"{word[:7]:>10} " for word in source)]
    for word, row in zip(words, rows, strict=True):
        made = [f"{weight:.7f}".rjust(10, "*" if weight == max(row) else " ") for weight in row]
        lines.append(f"{word[:10]:>10} " + "".join(f"{cell} " for cell in made))
    return "\n".join(lines) + "\n"


GOOD = {"weights": np.eye(2), "source": ["a", "b"], "target": ["x", "y"]}


EXAMPLES: dict[str, bytes] = {
    "csv": b",a,b\nx,0.5,0.5\ny,1,0\n",
    "npz": archive(**GOOD),
    "marian": f"das Haus ||| {SOFT}\n".encode(),
    "opennmt": cells(HOUSE[1], ROWS, HOUSE[0]).encode(),
    "json": b'{"weights": [[0.5, 0.5]], "queries": ["x"], "keys": ["a", "b"]}',
    "nematus": block("0 ||| das Haus ||| 0 ||| the house ||| 3 3").encode(),
    "marian-scorer": f"-1.250000 ||| {SOFT}\n".encode(),
    "fairseq": f"S-0\tthe house\nH-0\t-0.3\tdas Haus\nA-0\t{SOFT}\n".encode(),
    "sockeye": b"das Haus\t0-0 1-1\n",
    "npy": array(np.eye(2)),
}


LINKED = {
    "table": b"a cat\tun chat\t0-0 1-1\n",
    "json": b'{"src": ["a"], "tgt": ["b"], "sure": [[0, 0]]}\n',
    "naacl": b"0001 1 1 S\n0001 2 3 P\n",
}


def detected(data: bytes) -> str:
    return recognised(data).name


FORMATS = sorted(registry.attention())
