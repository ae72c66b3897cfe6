"""Sentences around a noun, in three languages, with everything that agrees with the noun.

`data/frames.tsv` holds the frames. A slot in braces is filled by the noun or agrees with it: {un},
{petit} in French, {one} and {this} with the measure word in Chinese, {a} and {is} in English.

>>> bat, stick = senses()["bat"]
>>> made = sentence(frames()[0], bat)
>>> spoken(made.english, "en"), spoken(made.french, "fr"), spoken(made.chinese, "zh")
('I see a bat.', 'Je vois une chauve-souris.', '我看见一只蝙蝠。')
>>> [word.text for word in made.french if word.role == "noun"]
['chauve-souris']
>>> spoken(sentence(frames()[0], stick).chinese, "zh")
'我看见一根球棒。'
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Final, Literal, NamedTuple
from zlib import crc32

from models.ours.decides.nouns import DATA, Language, Sense, senses

Role = Literal["noun", "agrees", "frame"]
"""The noun itself, what takes its form or measure word from it, or the same whatever the noun."""
HELD_OUT: Final = 5
"""One frame in so many is held out for each noun."""
_SLOT: Final = re.compile(r"\{(.+?)\}")


class Word(NamedTuple):
    """One word of a sentence, and whether it depends on the noun."""

    text: str
    role: Role = "frame"


@dataclass(frozen=True)
class Frame:
    """A sentence with a place for a noun. things: True where no person fits."""

    number: int
    english: str
    french: str
    chinese: str
    things: bool

    def fits(self, sense: Sense) -> bool:
        return not (self.things and sense.person)


@dataclass(frozen=True)
class Sentence:
    """One frame around one sense of a noun; all words in lower case."""

    frame: Frame
    sense: Sense
    english: tuple[Word, ...]
    french: tuple[Word, ...]
    chinese: tuple[Word, ...]

    def target(self, language: Language) -> tuple[Word, ...]:
        return self.french if language == "fr" else self.chinese

    @property
    def source(self) -> tuple[str, ...]:
        return tuple(word.text for word in self.english)


@cache
def frames() -> tuple[Frame, ...]:
    """Every frame, in the order of the file."""
    with (DATA / "frames.tsv").open(encoding="utf-8", newline="") as lines:
        rows = csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        return tuple(
            Frame(number, row["english"], row["french"], row["chinese"], row["for"] == "thing")
            for number, row in enumerate(rows)
        )


def held_out(frame: Frame, english: str) -> bool:
    """Whether training never sees this word in this frame; the same at every run."""
    return crc32(f"{english} {frame.number}".encode()) % HELD_OUT == 0


def sentence(frame: Frame, sense: Sense) -> Sentence:
    """The frame filled with one sense of a noun."""
    return Sentence(
        frame, sense, _filled(frame.english, _english(sense)),
        _filled(frame.french, _french(sense)), _filled(frame.chinese, _chinese(sense)),
    )  # fmt: skip


def sentences(unseen: bool) -> Iterator[Sentence]:
    """Every sense in every frame that fits it: those held out, or those to learn from."""
    for word, many in senses().items():
        for frame in frames():
            if held_out(frame, word) == unseen:
                yield from (sentence(frame, sense) for sense in many if frame.fits(sense))


def _filled(template: str, forms: dict[str, str]) -> tuple[Word, ...]:
    made: list[Word] = []
    for part in template.split():
        names = _SLOT.findall(part)
        role: Role = "noun" if names == ["n"] else "agrees" if names else "frame"
        text = _SLOT.sub(lambda slot: forms[slot[1]], part)
        made += [Word(word, role) for word in text.split()]
    return tuple(made)


def _english(sense: Sense) -> dict[str, str]:
    vowel = sense.english[0] in "aeiou"
    one = {"n": sense.english, "a": "an" if vowel else "a", "is": "is", "these": "this"}
    several = {"n": sense.english, "a": "", "is": "are", "these": "these"}
    return {
        **(several if sense.plural else one),
        "this_is": "these are" if sense.plural else "this is",
    }


def _chinese(sense: Sense) -> dict[str, str]:
    counted = {"one": "一", "this": "这", "that": "那"}
    return {
        "n": sense.chinese,
        **{name: f"{said} {sense.measure}" for name, said in counted.items()},
    }


def _french(sense: Sense) -> dict[str, str]:
    """The forms that agree with a noun: article, pronoun, verb and adjectives."""
    column = (0 if sense.gender == "m" else 1) + (2 if sense.plural else 0)
    forms = {name: many.split("/")[column] for name, many in _FORMS.items()}
    if sense.elides and not sense.plural:
        forms |= {
            "le": "l'", "du": "de l'", "au": "à l'", "de": "d'",
            "ce": "cet" if sense.gender == "m" else "cette", "mon": "mon",
        }  # fmt: skip
    elif sense.elides:
        forms |= {"de": "d'"}
    return {"n": sense.french, **forms}


_FORMS: Final = {
    "le": "le/la/les/les",
    "un": "un/une/des/des",
    "ce": "ce/cette/ces/ces",
    "mon": "mon/ma/mes/mes",
    "du": "du/de la/des/des",
    "au": "au/à la/aux/aux",
    "de": "de/de/de/de",
    "d'un": "d' un/d' une/de/de",
    "quel": "quel/quelle/quels/quelles",
    "est": "est/est/sont/sont",
    "n'est": "n' est/n' est/ne sont/ne sont",
    "il": "il/elle/ils/elles",
    "c'est": "c'est/c'est/ce sont/ce sont",
    "petit": "petit/petite/petits/petites",
    "grand": "grand/grande/grands/grandes",
    "beau": "beau/belle/beaux/belles",
    "étrange": "étrange/étrange/étranges/étranges",
    "noir": "noir/noire/noirs/noires",
    "blanc": "blanc/blanche/blancs/blanches",
    "rouge": "rouge/rouge/rouges/rouges",
}
"""Masculine, feminine, and both in the plural; before a vowel see `_french`."""


def spoken(words: Sequence[Word] | Sequence[str], language: str) -> str:
    """The words as a reader writes them: blanks, a capital, the marks of the language."""
    said = [word if isinstance(word, str) else word.text for word in words]
    if language == "zh":
        return "".join(said)
    text = " ".join(said).replace("' ", "'")
    text = re.sub(r" ([.,])", r"\1", text)
    text = re.sub(r" ([?!])", "\u202f\\1" if language == "fr" else r"\1", text)
    text = re.sub(r"\bi\b", "I", text) if language == "en" else text
    return text[:1].upper() + text[1:]


def words(text: str) -> list[tuple[str, int, int]]:
    """The words of an English text in lower case, each with its first and last character."""
    found = re.finditer(r"\w+(?:['’-]\w+)*|[^\w\s]", text)
    return [(one[0].lower().replace("’", "'"), one.start(), one.end()) for one in found]
