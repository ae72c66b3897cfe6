"""Nouns with a drawing: how each is said in French and Chinese, and what agrees with it.

An English word with several senses stands on several lines of `data/nouns.tsv`. Its columns are
the English word; the French noun with its gender, m or f, and p for a plural (`*` before a noun
whose h is aspirated); the Chinese noun with its measure word; `person` where adjectives of colour
would be odd; and the drawings, named by their code points.

>>> [sense.french for sense in senses()["bat"]]
['chauve-souris', 'batte']
>>> bat = senses()["bat"][0]
>>> bat.gender, bat.measure, bat.drawings
('f', '只', ('1f987',))
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final, Literal

Language = Literal["fr", "zh"]
DATA: Final = Path(__file__).parent / "data"
_VOWELS: Final = frozenset("aeiouyhâàéèêëîïôùûœæ")


@dataclass(frozen=True)
class Sense:
    """One thing that an English word may mean.

    gender    m or f, of the French noun
    plural    True where English and French say it in the plural only, such as glasses
    elides    True where le and de lose their vowel before the French noun
    drawings  code points of its pictures, such as 1f987, joined by - where there are several
    """

    english: str
    french: str
    gender: Literal["m", "f"]
    plural: bool
    elides: bool
    chinese: str
    measure: str
    person: bool
    drawings: tuple[str, ...]

    @property
    def name(self) -> str:
        """Stable, such as ``bat:chauve-souris:蝙蝠``."""
        return f"{self.english}:{self.french}:{self.chinese}"

    def said(self, language: Language) -> str:
        """The noun in that language."""
        return self.french if language == "fr" else self.chinese


@cache
def senses() -> dict[str, tuple[Sense, ...]]:
    """Every English word with its senses, in the order of the file."""
    made: dict[str, list[Sense]] = {}
    with (DATA / "nouns.tsv").open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE):
            made.setdefault(row["english"], []).append(_sense(row))
    return {word: tuple(many) for word, many in made.items()}


def _sense(row: dict[str, str]) -> Sense:
    aspirated = row["french"].startswith("*")
    french = row["french"].removeprefix("*")
    return Sense(
        row["english"], french, "f" if row["gender"].startswith("f") else "m",
        row["gender"].endswith("p"), french[0] in _VOWELS and not aspirated,
        row["chinese"], row["measure"], row["kind"] == "person", tuple(row["drawings"].split()),
    )  # fmt: skip


def ambiguous(language: Language | None = None) -> tuple[str, ...]:
    """English words whose senses are said differently; in that language, or in either of them."""
    asked: tuple[Language, ...] = ("fr", "zh") if language is None else (language,)
    return tuple(
        word
        for word, many in senses().items()
        if any(len({sense.said(one) for sense in many}) > 1 for one in asked)
    )


@cache
def drawings() -> tuple[str, ...]:
    """Every drawing that belongs to a noun, in the order of the file."""
    every = (one for many in senses().values() for sense in many for one in sense.drawings)
    return tuple(dict.fromkeys(every))
