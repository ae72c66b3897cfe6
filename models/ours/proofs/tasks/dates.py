"""Dates in six ways of writing, to be written in one: what is written first stands anywhere.

>>> TASK.read("3 march 1998").answers == tuple("1998-03-03")
True

Source: the scores of Luong et al. 2015, section 3.1 and 3.2, and Bahdanau et al. 2015; the task is
ours, after the date normalisation that is often used to try attention.
"""

from __future__ import annotations

import random
import re
from calendar import monthrange
from functools import partial
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from attention_core.errors import TextError
from attention_core.marking import N_
from models.ours.proofs.stack import Found
from models.ours.proofs.task import Contender, Example, Task
from models.ours.translator.recurrent import Looks, RecurrentShape

MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
FORMS: Final = (
    "{day} {month} {year}", "{month} {day}, {year}", "{day} {short} {year}",
    "{two_day}.{two_month}.{year}", "{year}/{two_month}/{two_day}", "{ordinal} of {month} {year}",
)  # fmt: skip
"""Half of them begin with the day, two with the month, one with the year."""
YEARS: Final = range(1900, 2100)
SLOTS: Final = 10
NOTHING: Final = "∅"
_PARTS: Final = {"two_day": "day", "ordinal": "day", "short": "month", "two_month": "month"}
_PATTERNS: Final = (
    r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?: of)? (?P<month>[a-z]+) (?P<year>\d{4})",
    r"(?P<month>[a-z]+) (?P<day>\d{1,2}), (?P<year>\d{4})",
    r"(?P<day>\d\d)\.(?P<month>\d\d)\.(?P<year>\d{4})",
    r"(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)",
)


class Writer(nn.Module):
    """A recurrent translator from characters to ten places, each given as its number alone.

    So nothing is known of the places written before but what the decoder remembers.
    """

    def __init__(self, looks: Looks) -> None:
        super().__init__()
        self.network = RecurrentShape(
            vocabulary=len(Dates.symbols), embedding=32, dropout=0.0, encoder=32, decoder=64,
            attention=32, looks=looks, reach=2, positions=32,
        ).build()  # fmt: skip
        numbers = [Dates.symbols.index(one) for one in Dates.classes]
        self.register_buffer("answers", torch.tensor(numbers), persistent=False)
        self.register_buffer("slots", 1 + torch.arange(SLOTS), persistent=False)

    def forward(self, numbers: Tensor) -> Found:
        """numbers (batch, character, 1)."""
        target = torch.as_tensor(self.slots).expand(len(numbers), -1)
        found = self.network.follow(numbers[..., 0], target)
        return Found(found.logits[..., torch.as_tensor(self.answers)], found.looks)


class Date(NamedTuple):
    """A day, and where its parts stand in what was written: day, month, year."""

    text: str
    day: int
    month: int
    year: int
    at: tuple[int, int, int]


def _contender(looks: Looks, title: str, able: bool) -> Contender:
    return Contender(looks, title, partial(Writer, looks), able)


class Dates(Task):
    """Ways to score: by content, by position, near a place."""

    name, place = "dates", 5
    title = N_("Dates, written anew")
    question = N_("Write this date as year-month-day.")
    lesson = N_(
        "What is written first, the year, is mostly read last. Scores that compare what is there "
        "find it wherever it stands; a score that knows the step alone, or a window that moves "
        "on step by step, looks where the answer was in other ways of writing."
    )
    hint = N_("3 march 1998 · march 3, 1998 · 3 mar 1998 · 03.03.1998 · 1998/03/03")
    floor, steps, batch, rate = 0.99, 2000, 64, 4e-3
    whole = True
    writes = True
    symbols = (
        NOTHING, *(f"<{slot}>" for slot in range(SLOTS)),
        *"0123456789-abcdefghijklmnopqrstuvwxyz .,/",
    )  # fmt: skip
    classes = tuple("0123456789-")
    contenders = (
        _contender("additive", N_("additive (Bahdanau)"), True),
        _contender("dot", N_("dot product (Luong)"), True),
        _contender("general", N_("general (Luong)"), True),
        _contender("concat", N_("concat (Luong)"), True),
        _contender("local_predictive", N_("local, the place predicted (local-p)"), True),
        _contender("location", N_("by the step alone (location)"), False),
        _contender("local_monotonic", N_("local, moving on step by step (local-m)"), False),
        _contender("none", N_("one vector, no attention"), False),
    )
    ready = ("march 3, 1998", "24 december 2031", "7th of may 1965", "1984/11/09")

    def draw(self, dice: random.Random, size: float) -> Example:
        """In any way of writing, filled up to one length whatever the size."""
        return _example(_written(dice, dice.choice(FORMS)), LONGEST)

    def read(self, text: str) -> Example:
        plain = " ".join(text.lower().split())
        for pattern in _PATTERNS:
            found = re.fullmatch(pattern, plain)
            date = _dated(plain, found) if found else None
            if date is not None:
                return _example(date)
        raise TextError(
            "“{text}” is no date of the years {first} to {last} in one of these ways: {ways}.",
            text=text[:60],
            first=YEARS[0],
            last=YEARS[-1],
            ways="3 march 1998, march 3, 1998, 3 mar 1998, 03.03.1998, 1998/03/03",
        )


LONGEST: Final = len("22nd of september 1998")


def _written(dice: random.Random, form: str) -> Date:
    year, month = dice.choice(YEARS), dice.randint(1, 12)
    day = dice.randint(1, monthrange(year, month)[1])
    ending = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    word = MONTHS[month - 1]
    given = {
        "day": str(day), "two_day": f"{day:02}", "ordinal": f"{day}{ending}", "month": word,
        "short": word[:3], "two_month": f"{month:02}", "year": str(year),
    }  # fmt: skip
    before: dict[str, int] = {}
    for name in re.findall(r"\{(\w+)\}", form):
        start = form[: form.index(f"{{{name}}}")].format(**given)
        part = next(one for one in ("day", "month", "year") if _PARTS.get(name, name) == one)
        before[part] = len(start)
    text = form.format(**given)
    return Date(text, day, month, year, (before["day"], before["month"], before["year"]))


def _dated(text: str, found: re.Match[str]) -> Date | None:
    """The date that was matched; None where there is no such day."""
    word = found["month"]
    named = [place for place, one in enumerate(MONTHS, 1) if word in (one, one[:3])]
    month = int(word) if word.isdigit() else (named or [0])[0]
    day, year = int(found["day"]), int(found["year"])
    if not 1 <= month <= 12 or year not in YEARS or not 1 <= day <= monthrange(year, month)[1]:
        return None
    at = found.start("day"), found.start("month"), found.start("year")
    return Date(text, day, month, year, at)


def _example(date: Date, length: int = 0) -> Example:
    """The gold of a digit is the digit it comes from; of a month in words, the word's first letter.

    A hyphen, and a zero that nobody wrote, stand nowhere.
    """
    day, month, year = date.at
    shown = date.text[month]
    months = [month, month + 1] if shown.isdigit() else [month, month]
    two = date.text[day : day + 2].isdigit() and len(date.text[day : day + 2]) == 2
    days = [day, day + 1] if two else [-1, day]
    gold = (*range(year, year + 4), -1, *months, -1, *days)
    tokens = (*date.text, *[NOTHING] * max(0, length - len(date.text)))
    written = f"{date.year:04}-{date.month:02}-{date.day:02}"
    return Example(tokens, tuple(range(SLOTS)), tuple(written), gold)


TASK: Final = Dates()
