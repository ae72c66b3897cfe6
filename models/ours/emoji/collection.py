"""The drawings that ship and what they are called; which of it training never sees.

A text that is held out belongs to one drawing: to others it may have been taught. For one drawing
in eight a whole language is held out; of every other keyword list one in ten, as long as it says
something that the texts which are left do not.

>>> bat = collection()[number_of("1f987")]
>>> [bat.names[language] for language in LANGUAGES]
['bat', 'chauve-souris', '蝙蝠']
>>> sheet().shape[1:]  # (drawing, row, column, red green blue opacity)
(64, 64, 4)
"""

from __future__ import annotations

import csv
import re
import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, Literal, NamedTuple
from zlib import crc32

import numpy as np
from PIL import Image

Language = Literal["en", "fr", "zh"]
Part = Literal["taught", "chosen_on", "held_out"]
"""What training sees, what it is chosen on, and what it is measured on."""
LANGUAGES: Final[tuple[Language, ...]] = ("en", "fr", "zh")
DATA: Final = Path(__file__).parent / "data"
SIDE: Final = 64
"""Pixels of a side of a drawing that ships."""
ACROSS: Final = 40
"""Drawings in each row of the sheet."""
BETWEEN: Final = "|"
"""Between the keywords of one drawing."""
Pixels = np.ndarray[Any, np.dtype[np.uint8]]


class Said(NamedTuple):
    """A text that belongs to a drawing. kind: its name, or one of its keywords"""

    drawing: int
    language: Language
    text: str
    kind: Literal["name", "keyword"]
    part: Part


@dataclass(frozen=True)
class Emoji:
    """One drawing. points: its code points, as the drawings are named; all texts as `plain`."""

    points: str
    names: Mapping[Language, str]
    keywords: Mapping[Language, tuple[str, ...]]

    @property
    def character(self) -> str:
        return "".join(chr(int(one, 16)) for one in self.points.split("-"))

    @cached_property
    def silent(self) -> tuple[Language, Part] | None:
        """The language in which training sees nothing of it, and what that is held out for."""
        chance = crc32(self.points.encode())
        part: Part | None = {0: "held_out", 1: "chosen_on"}.get(chance % 8)  # type: ignore[assignment]
        return None if part is None else (LANGUAGES[chance // 8 % 3], part)

    def part(self, language: Language, keyword: str) -> Part:
        """What a keyword is for, by chance: the same at every run."""
        if self.silent is not None and self.silent[0] == language:
            return self.silent[1]
        chance = crc32(f"{self.points} {language} {keyword}".encode()) % 20
        name_words = set(words(self.names[language]))
        if chance > 2 or name_words & set(words(keyword)):
            return "taught"
        return "chosen_on" if chance == 2 else "held_out"


def plain(text: str) -> str:
    """A text as both the network and the lists know it: lower case, composed, single blanks."""
    return " ".join(unicodedata.normalize("NFC", text).lower().replace("’", "'").split())


def words(text: str) -> list[str]:
    """Its words; of Chinese every character."""
    return re.findall(r"[㐀-鿿]|[^\W㐀-鿿]+", text)


@cache
def collection() -> tuple[Emoji, ...]:
    """Every drawing, in the order of the sheet."""
    with (DATA / "names.tsv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(
            Emoji(
                row["points"],
                {language: row[language] for language in LANGUAGES},
                {
                    language: tuple(filter(None, row[f"{language} keywords"].split(BETWEEN)))
                    for language in LANGUAGES
                },
            )
            for row in rows
        )


@cache
def _numbers() -> dict[str, int]:
    return {one.points: number for number, one in enumerate(collection())}


def number_of(points: str) -> int:
    """The number of a drawing by its code points; raises KeyError where there is none."""
    return _numbers()[points]


@cache
def sheet() -> Pixels:
    """(drawing, row, column, channel) of red, green, blue and opacity, 0 to 255."""
    with Image.open(DATA / "drawings.webp") as picture:
        whole = np.asarray(picture.convert("RGBA"))
    rows = whole.shape[0] // SIDE
    cut = whole.reshape(rows, SIDE, ACROSS, SIDE, 4).swapaxes(1, 2).reshape(-1, SIDE, SIDE, 4)
    return cut[: len(collection())]


@cache
def every() -> tuple[Said, ...]:
    """Every text of every drawing."""
    return tuple(_every())


def _every() -> Iterator[Said]:
    for number, one in enumerate(collection()):
        for language in LANGUAGES:
            silent = one.silent is not None and one.silent[0] == language
            part: Part = one.silent[1] if one.silent is not None and silent else "taught"
            yield Said(number, language, one.names[language], "name", part)
            for keyword in one.keywords[language]:
                yield Said(number, language, keyword, "keyword", one.part(language, keyword))


@cache
def taught() -> frozenset[str]:
    """Every word that some taught text has."""
    return frozenset(
        word for one in every() if one.part == "taught" for word in words(one.text)
    )  # fmt: skip
