"""Makes the sheet of drawings and the list of names that ship, and the second style that does not.

python -m models.ours.emoji.fetch --into training/drawings

Noto (Google, Apache-2.0) and the annotations of CLDR (Unicode-3.0) ship, made small; Twemoji (CC BY
4.0) is kept beside them to be measured on. The archives are those of `models.ours.decides.fetch`.
"""

# ruff: noqa: T201  (a command says what it fetched)

from __future__ import annotations

import argparse
import csv
import tarfile
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from models.ours.decides.fetch import (
    CLDR,
    NOTO,
    TWEMOJI,
    archive,
    document,
    noto,
    rendered,
    twemoji,
)
from models.ours.emoji.collection import ACROSS, BETWEEN, DATA, LANGUAGES, SIDE, collection, plain

QUALITY: Final = 88
"""Of the sheet's colours, 0 to 100; its opacity is kept as it is."""
PRESENTED: Final = "\ufe0f"
"""What asks for a coloured drawing; CLDR leaves it out."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--into", type=Path, required=True, help="where archives and the second style are kept"
    )
    into: Path = parser.parse_args().into
    into.mkdir(parents=True, exist_ok=True)
    DATA.mkdir(exist_ok=True)
    rows = named(archive(CLDR, into), dict(noto(archive(NOTO, into))))
    write_names([row for row, _svg in rows])
    write_sheet([rendered(svg, SIDE) for _row, svg in rows])
    second = dict(twemoji(archive(TWEMOJI, into)))
    known = {one.points: _found(second, one.points) for one in collection()}
    there = {points: svg for points, svg in known.items() if svg is not None}
    pixels = np.stack([rendered(svg, SIDE) for svg in there.values()])
    np.savez_compressed(into / "twemoji-all.npz", names=np.array(list(there)), pixels=pixels)
    print(f"{len(rows)} drawings of Noto with names, {len(there)} of them drawn by Twemoji too")


def named(path: Path, drawings: dict[str, str]) -> list[tuple[dict[str, str], str]]:
    """A row of names and the drawing of every emoji that has a name in all three languages."""
    with tarfile.open(path) as files:
        known: dict[str, dict[str, Any]] = {
            language: document(files, f"package/annotations/{language}/annotations.json")[
                "annotations"
            ]["annotations"]
            for language in LANGUAGES
        }
    made = []
    for points, svg in drawings.items():
        character = "".join(chr(int(one, 16)) for one in points.split("-"))
        found = [
            known[language].get(character) or known[language].get(character.replace(PRESENTED, ""))
            for language in LANGUAGES
        ]
        if all(one is not None and "tts" in one for one in found):
            row = {"points": points}
            for language, one in zip(LANGUAGES, found, strict=True):
                name = plain(one["tts"][0]) if one else ""
                others = dict.fromkeys(map(plain, one.get("default", ()) if one else ()))
                row[language] = name
                row[f"{language} keywords"] = BETWEEN.join(x for x in others if x != name)
            made.append((row, svg))
    return made


def write_names(rows: list[dict[str, str]]) -> None:
    """The list of names that ships."""
    with (DATA / "names.tsv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(
            file, list(rows[0]), delimiter="\t", quoting=csv.QUOTE_NONE, quotechar=None,
            lineterminator="\n",
        )  # fmt: skip
        writer.writeheader()
        writer.writerows(rows)


def write_sheet(drawings: list[np.ndarray[Any, Any]]) -> None:
    """All drawings side by side in one picture."""
    empty = np.zeros((-len(drawings) % ACROSS, SIDE, SIDE, 4), np.uint8)
    every = np.concatenate([np.stack(drawings), empty])
    rows = len(every) // ACROSS
    whole = every.reshape(rows, ACROSS, SIDE, SIDE, 4).swapaxes(1, 2)
    whole = whole.reshape(rows * SIDE, ACROSS * SIDE, 4)
    Image.fromarray(whole).save(DATA / "drawings.webp", quality=QUALITY)


def _found(drawings: dict[str, str], points: str) -> str | None:
    """A drawing by its code points, with or without what asks for colour."""
    bare = "-".join(one for one in points.split("-") if one != "fe0f")
    return drawings.get(points) or drawings.get(bare) or drawings.get(f"{bare}-fe0f")


if __name__ == "__main__":
    main()
