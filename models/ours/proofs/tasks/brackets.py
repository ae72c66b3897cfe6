"""Brackets: of which kind is the closing one that is hidden? The one that opened it knows.

>>> TASK.read("( [ ] ? ").gold
(1,)

Source: Dyck languages; Hewitt et al. 2020, https://arxiv.org/abs/2010.07515; the task is ours.
"""

from __future__ import annotations

import random
from typing import Final

from attention_core.errors import TextError
from attention_core.marking import N_
from attention_core.mechanisms.families.dot_product import MultiHead
from attention_core.mechanisms.families.sparse import SlidingWindow
from models.ours.proofs.stack import Stack
from models.ours.proofs.task import Contender, Example, Task, unknown

PAIRS: Final = {"(": ")", "[": "]", "{": "}"}
HIDDEN, START = "?", "[CLS]"
LONGEST: Final = 40
SHORTEST: Final = 8
WIDTH: Final = 64
LAYERS: Final = 3


def _stack(positions: bool) -> Stack:
    layers = [MultiHead(WIDTH, 4) for _ in range(LAYERS)]
    count = len(Brackets.symbols), len(Brackets.classes)
    return Stack(*count, layers, WIDTH, causal=True, positions=positions)


def _window() -> Stack:
    count = len(Brackets.symbols), len(Brackets.classes)
    return Stack(*count, [SlidingWindow(2)], WIDTH, causal=True)


class Brackets(Task):
    """Self-attention that follows a structure, with positions and without them.

    That a causal model needs none: Haviv et al. 2022, https://arxiv.org/abs/2203.16634.
    """

    name, place = "brackets", 20
    title = N_("The bracket that closes")
    question = N_("One closing bracket is hidden. Of which kind is it?")
    lesson = N_(
        "Only the bracket that opened it says so, and it may stand anywhere before. Self-attention "
        "finds it, without positions too: who looks back only can count what lies before. Looking "
        "at the neighbour alone it is right only where that one happens to be the bracket."
    )
    hint = N_("Brackets ( ) [ ] { } that fit, with one closing one as ?; at most 40 of them.")
    floor, pointed, steps, batch = 0.98, 0.9, 5000, 64
    rate = 1e-3
    symbols = (START, HIDDEN, *PAIRS, *PAIRS.values())
    classes = tuple(PAIRS.values())
    contenders = (
        Contender("multi_head", N_("self-attention, three layers"), lambda: _stack(True), True),
        Contender("unordered", N_("the same without positions"), lambda: _stack(False), True),
        Contender("window", N_("the bracket before alone"), _window, False),
    )
    ready = ("{ ( [ ] { } ? }", "[ [ ( ) ] { ( ) } ?", "( { [ ] } [ ] ? [ ]")

    def draw(self, dice: random.Random, size: float) -> Example:
        count = 2 * round((SHORTEST + size * (LONGEST - SHORTEST)) / 2)
        brackets = _balanced(dice, count)
        closing = [at for at, one in enumerate(brackets) if one in self.classes]
        return _example(brackets, dice.choice(closing))

    def read(self, text: str) -> Example:
        brackets = [one for one in text if not one.isspace()]
        for one in brackets:
            if one not in self.symbols:
                raise unknown(one, (*PAIRS, *PAIRS.values(), HIDDEN))
        if brackets.count(HIDDEN) != 1 or len(brackets) > LONGEST:
            raise TextError(
                "There are {count} brackets and {hidden} signs “?”; write at most {most}, with one "
                "closing bracket as “?”.",
                count=len(brackets),
                hidden=brackets.count(HIDDEN),
                most=LONGEST,
            )
        at = brackets.index(HIDDEN)
        opener = _opener(brackets, at)
        brackets[at] = PAIRS[brackets[opener]]
        return _example(brackets, at, opener)


def _balanced(dice: random.Random, count: int) -> list[str]:
    """A sequence of so many brackets that fit, every step as likely to open as to close."""
    made: list[str] = []
    waiting: list[str] = []
    while len(made) < count:
        left = count - len(made)
        if waiting and (left == len(waiting) or dice.random() < 0.5):
            made.append(PAIRS[waiting.pop()])
        else:
            waiting.append(dice.choice(tuple(PAIRS)))
            made.append(waiting[-1])
    return made


def _opener(brackets: list[str], at: int) -> int:
    """Where the bracket opens that closes there; raises TextError where they do not fit."""
    waiting: list[int] = []
    found = -1
    for place, one in enumerate(brackets):
        if one in PAIRS:
            waiting.append(place)
            continue
        if not waiting or (one != HIDDEN and PAIRS[brackets[waiting[-1]]] != one):
            raise TextError(
                "The bracket “{bracket}” at place {place} closes none that is open; write brackets "
                "that fit.",
                bracket=one,
                place=place + 1,
            )
        opened = waiting.pop()
        found = opened if place == at else found
    return found


def _example(brackets: list[str], at: int, opener: int | None = None) -> Example:
    gold = _opener(brackets, at) if opener is None else opener
    shown = list(brackets)
    answer, shown[at] = shown[at], HIDDEN
    return Example((START, *shown), (at + 1,), (answer,), (gold + 1,))


TASK: Final = Brackets()
