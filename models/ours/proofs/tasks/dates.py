"""Dates in six ways of writing, to be written in one: what comes first in one comes last in others.

>>> TASK.read("3 march 1998").answers
('19', '98', '03', '03')

With a recurrent reader and writer, as in a translator, every way to look writes every date without
an error, and so does none: their states carry the whole of so short a text. Here nothing but the
look brings a date over. Who asks knows which part is to be written and nothing of the text; a key
knows the `AROUND` numbers and words on either side of its own; what is taken away is one of them,
and a matrix for each part to be written says what it means.

Source: the scores of Luong et al. 2015, sections 3.1 and 3.2, and Bahdanau et al. 2015; sparsemax,
Martins and Astudillo 2016. The task is ours, after the date normalisation that is often used to try
attention.
"""

from __future__ import annotations

import random
import re
from calendar import monthrange
from collections.abc import Callable
from functools import cache, partial
from itertools import product
from typing import Final, NamedTuple

import torch
from torch import Tensor, nn

from attention_core.errors import TextError
from attention_core.marking import N_
from attention_core.mechanisms.families.additive import Additive
from attention_core.mechanisms.families.entmax import Sparsemax
from attention_core.mechanisms.families.local import LocalMonotonic, LocalPredictive
from attention_core.mechanisms.families.luong import Dot, General, Location
from attention_core.mechanisms.mechanism import Mechanism
from attention_core.watching.place import Place
from models.ours.looks import Traced
from models.ours.proofs.stack import Found
from models.ours.proofs.task import Contender, Example, Task

MONTHS: Final = (
    "january", "february", "march", "april", "may", "june", "july", "august", "september",
    "october", "november", "december",
)  # fmt: skip
FORMS: Final = (
    "{day} {month} {year}", "{month} {day}, {year}", "{day} {short} {year}",
    "{two_day}.{two_month}.{year}", "{year}/{two_month}/{two_day}", "{ordinal} of {month} {year}",
)  # fmt: skip
"""Four begin with the day, one with the month, one with the year."""
OPENINGS: Final = ("", "on ", "on the ", "it was ", "we met on the ")
"""What may stand before a date."""
YEARS: Final = range(1000, 3000)
PARTS: Final = 4
"""Of a date, two digits each: the year's first and last ones, the month, the day."""
WIDTH: Final = 64
AROUND: Final = 2
"""Numbers and words on either side of its own that a key knows."""
NOTHING: Final = "–"
LONGEST: Final = 10
"""Numbers, words and signs of the longest dates."""
NEAR, FAR = 1, 10
"""How far on either side local-m sees of the place it went on to, and local-p of the expected."""
_TOKEN: Final = re.compile("[0-9]{1,2}|[a-z]+|[.,/]")
"""A year is two numbers."""
_PARTS: Final = {"two_day": "day", "ordinal": "day", "short": "month", "two_month": "month"}
_PATTERNS: Final = tuple(
    re.compile(pattern, re.ASCII)
    for pattern in (
        r"(?P<day>\d{1,2})(?:st|nd|rd|th)?(?: of)? (?P<month>[a-z]+) (?P<year>\d{4})",
        r"(?P<month>[a-z]+) (?P<day>\d{1,2}), (?P<year>\d{4})",
        r"(?P<day>\d\d)\.(?P<month>\d\d)\.(?P<year>\d{4})",
        r"(?P<year>\d{4})/(?P<month>\d\d)/(?P<day>\d\d)",
    )
)


class Writer(nn.Module):
    """Part by part a look at the text, and what is made of it.

    look  the mechanism, for states and keys of `WIDTH`
    """

    def __init__(self, look: Callable[[], Mechanism]) -> None:
        super().__init__()
        self.seen = nn.Embedding(len(Dates.symbols), WIDTH // 2)
        self.around = nn.Sequential(
            nn.Conv1d(WIDTH // 2, WIDTH, 2 * AROUND + 1, padding=AROUND), nn.ReLU(),
            nn.Conv1d(WIDTH, WIDTH, 1),
        )  # fmt: skip
        self.taken = nn.Embedding(len(Dates.symbols), WIDTH)
        self.asks = nn.Embedding(PARTS, WIDTH)
        nn.init.normal_(self.asks.weight, std=WIDTH**-0.5)
        self.mechanism = look()
        self.means = nn.Parameter(torch.randn(PARTS, WIDTH, len(Dates.classes)) * WIDTH**-0.5)

    def forward(self, numbers: Tensor) -> Found:
        """numbers (batch, token, part): a token is the sum of its parts."""
        keys = self.around(self.seen(numbers).sum(-2).mT).mT
        query = self.asks.weight.expand(len(numbers), -1, -1)
        allowed = torch.ones(len(numbers), PARTS, numbers.shape[1], dtype=torch.bool)
        prepared, values = self.mechanism.prepare(keys), self.taken(numbers).sum(-2)
        trace = self.mechanism.attend(query, prepared, values, allowed)
        logits = torch.einsum("bqw,qwc->bqc", trace.context.reshape(query.shape), self.means)
        look = Traced(Place("decoder", 0, "cross"), self.mechanism, trace)
        return Found(logits, (look,))


class Date(NamedTuple):
    """A day, and where its parts stand in what was written: day, month, year, counted in tokens."""

    tokens: tuple[str, ...]
    day: int
    month: int
    year: int
    at: tuple[int, int, int]


def _contender(name: str, title: str, look: Callable[[], Mechanism], able: bool) -> Contender:
    return Contender(name, title, partial(Writer, look), able)


class Dates(Task):
    """Ways to score: by content, by position, near a place."""

    name, place = "dates", 50
    title = N_("Dates, written anew")
    question = N_("Write this date as year-month-day.")
    lesson = N_(
        "Who asks knows which part is wanted, and nothing of the text. Scores that compare this "
        "with what stands there find it wherever it is written. A score by the step alone, or a "
        "window that moves on step by step, looks where it stands in other ways of writing."
    )
    hint = N_(
        "3 march 1998 · march 3, 1998 · 3 mar 1998 · 03.03.1998 · 1998/03/03 · on the 3rd of march "
        "1998 · it was … · we met on the …"
    )
    floor, pointed, steps, batch, rate = 0.99, 0.95, 2000, 64, 2e-3
    whole = writes = True
    symbols = (
        NOTHING, *(f"{tens}_" for tens in " 0123456789"), *(f"_{units}" for units in range(10)),
        *".,/", "of", "st", "nd", "rd", "th", "on", "the", "it", "was", "we", "met",
        *dict.fromkeys((*MONTHS, *(month[:3] for month in MONTHS))),
    )  # fmt: skip
    classes = tuple(f"{number:02}" for number in range(100))
    contenders = (
        _contender("additive", N_("additive (Bahdanau), or concat (Luong)"),
                   lambda: Additive(WIDTH, WIDTH, WIDTH), True),
        _contender("dot", N_("dot product (Luong)"), Dot, True),
        _contender("general", N_("general (Luong)"), lambda: General(WIDTH, WIDTH), True),
        _contender("local_predictive", N_("local, the place predicted (local-p)"),
                   lambda: LocalPredictive(WIDTH, WIDTH, FAR), True),
        _contender("sparsemax", N_("dot product with sparsemax"), Sparsemax, True),
        _contender("location", N_("by the step alone (location)"),
                   lambda: Location(WIDTH, LONGEST), False),
        _contender("local_monotonic", N_("local, moving on step by step (local-m)"),
                   lambda: LocalMonotonic(WIDTH, WIDTH, NEAR), False),
    )  # fmt: skip
    ready = (
        "we met on the 3rd of march 1998", "march 3, 1998", "it was 24 december 2031", "1984/11/09",
    )  # fmt: skip

    def parts(self, token: str) -> tuple[str, ...]:
        """A number is its tens and its units.

        >>> TASK.parts("3"), TASK.parts("03"), TASK.parts("of")
        ((' _', '_3'), ('0_', '_3'), ('of', '–'))
        """
        if not token.isdecimal():
            return token, NOTHING
        both = token.rjust(2)
        return f"{both[0]}_", f"_{both[1]}"

    def draw(self, dice: random.Random, size: float) -> Example:
        """One of all dates in all ways of writing, in the order of their lengths."""
        lengths, rows = _rows()
        wanted = lengths[min(int(size * len(lengths)), len(lengths) - 1)]
        form, month, day = dice.choice(rows[wanted])
        year = dice.choice(YEARS)
        return _example(_written(form, min(day, monthrange(year, month)[1]), month, year))

    def read(self, text: str) -> Example:
        plain = " ".join(text.lower().split())
        begun = [opening for opening in OPENINGS if plain.startswith(opening)]
        for opening, pattern in product(begun, _PATTERNS):
            found = pattern.fullmatch(plain, len(opening))
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

    def joined(self, answers: tuple[str, ...]) -> str:
        """
        >>> TASK.joined(("19", "98", "03", "03"))
        '1998-03-03'
        """
        century, year, month, day = answers
        return f"{century}{year}-{month}-{day}"


@cache
def _rows() -> tuple[tuple[int, ...], dict[int, list[tuple[str, int, int]]]]:
    """The length of every way to write every day of a leap year, sorted; and those of each length:
    form, month and day."""
    rows: dict[int, list[tuple[str, int, int]]] = {}
    for opening, form, month in product(OPENINGS, FORMS, range(1, 13)):
        for day in range(1, monthrange(2000, month)[1] + 1):
            length = len(_written(opening + form, day, month, 2000).tokens)
            rows.setdefault(length, []).append((opening + form, month, day))
    return tuple(sorted(length for length, same in rows.items() for _ in same)), rows


def _written(form: str, day: int, month: int, year: int) -> Date:
    ending = "th" if 10 < day < 14 else {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")
    word = MONTHS[month - 1]
    given = {
        "day": str(day), "two_day": f"{day:02}", "ordinal": f"{day}{ending}", "month": word,
        "short": word[:3], "two_month": f"{month:02}", "year": str(year),
    }  # fmt: skip
    before = {
        _PARTS.get(name, name): len(
            _TOKEN.findall(form[: form.index(f"{{{name}}}")].format(**given))
        )
        for name in re.findall(r"\{(\w+)\}", form)
    }
    at = before["day"], before["month"], before["year"]
    return Date(tuple(_TOKEN.findall(form.format(**given))), day, month, year, at)


def _dated(text: str, found: re.Match[str]) -> Date | None:
    """The date that was matched; None where there is no such day."""
    word = found["month"]
    named = [place for place, one in enumerate(MONTHS, 1) if word in (one, one[:3])]
    month = int(word) if word.isdecimal() else (named or [0])[0]
    day, year = int(found["day"]), int(found["year"])
    if not 1 <= month <= 12 or year not in YEARS or not 1 <= day <= monthrange(year, month)[1]:
        return None
    at = (len(_TOKEN.findall(text[: found.start(part)])) for part in ("day", "month", "year"))
    return Date(tuple(_TOKEN.findall(text)), day, month, year, tuple(at))  # type: ignore[arg-type]


def _example(date: Date) -> Example:
    day, month, year = date.at
    written = (date.year // 100, date.year % 100, date.month, date.day)
    answers = tuple(f"{number:02}" for number in written)
    return Example(date.tokens, tuple(range(PARTS)), answers, (year, year + 1, month, day))


TASK: Final = Dates()
