"""A needle in a long text: one digit among letters, asked for at the end.

>>> import random
>>> drawn = TASK.draw(random.Random(0), 0.5)
>>> drawn.tokens[drawn.gold[0]] == drawn.answers[0], drawn.asked == (len(drawn.tokens) - 1,)
(True, True)

Source: the relay by global tokens, Beltagy et al. 2020, section 3.1; the task is ours.
"""

from __future__ import annotations

import random
from typing import Final

from attention_core.errors import TextError
from attention_core.marking import N_
from attention_core.mechanisms.families.dot_product import MultiHead
from attention_core.mechanisms.families.sparse import BigBird, Longformer, SlidingWindow
from attention_core.mechanisms.mechanism import Mechanism
from models.ours.proofs.stack import Stack
from models.ours.proofs.task import Contender, Example, Task, unknown

LETTERS: Final = tuple("abcdefghijklmnop")
NEEDLES: Final = tuple("0123456789")
START, ASK = "[CLS]", "?"
LONGEST: Final = 128
SHORTEST: Final = 48
WINDOW: Final = 16
WIDTH: Final = 64


def _network(*layers: Mechanism) -> Stack:
    return Stack(len(Needle.symbols), len(Needle.classes), layers, WIDTH)


def _window() -> Stack:
    return _network(SlidingWindow(WINDOW), SlidingWindow(WINDOW))


def _global() -> Stack:
    return _network(*(Longformer(WIDTH, 4, WINDOW) for _ in range(2)))


def _blocks() -> Stack:
    return _network(*(BigBird(8, window=3, random=2, global_blocks=1) for _ in range(2)))


class Needle(Task):
    """Where a window ends, and how one global token carries what is beyond it."""

    name, place = "needle", 30
    title = N_("A needle in a long text")
    question = N_("Which digit stands somewhere among these letters? It is asked for at the end.")
    lesson = N_(
        "A window of 16 finds what is near and guesses the rest. One token that looks at all and "
        "is looked at by all carries it over any distance: the first layer brings the digit to "
        "it, the second one fetches it."
    )
    hint = N_("Letters from a to p and one digit; 1 to 120 of them.")
    floor, steps, batch = 0.99, 3000, 32
    symbols = (START, ASK, *LETTERS, *NEEDLES)
    classes = NEEDLES
    contenders = (
        Contender("full", N_("every word at every word"),
                  lambda: _network(*(MultiHead(WIDTH, 4) for _ in range(2))), True),
        Contender("longformer", N_("window and one global word (Longformer)"), _global, True),
        Contender("bigbird", N_("blocks (BigBird)"), _blocks, True),
        Contender("window", N_("window alone"), _window, False),
    )  # fmt: skip
    ready = (
        f"{'abcdefghijklmnop' * 2}7{'ponmlkjihgfedcba' * 4}",
        f"{'mnopabcd' * 10}3{'efgh' * 2}",
    )

    def draw(self, dice: random.Random, size: float) -> Example:
        count = SHORTEST + round(size * (LONGEST - SHORTEST)) - 2
        letters = dice.choices(LETTERS, k=count)
        at, needle = dice.randrange(count), dice.choice(NEEDLES)
        letters[at] = needle
        return _example(letters, at)

    def read(self, text: str) -> Example:
        letters = [letter for letter in text.lower() if not letter.isspace()]
        for letter in letters:
            if letter not in LETTERS + NEEDLES:
                raise unknown(letter, ("a … p", "0 … 9"))
        needles = [at for at, letter in enumerate(letters) if letter in NEEDLES]
        if len(needles) != 1 or not 1 <= len(letters) <= LONGEST - 2:
            raise TextError(
                "There are {letters} letters and {needles} digits; write from 1 to {most}, exactly "
                "one of them a digit.",
                letters=len(letters),
                needles=len(needles),
                most=LONGEST - 2,
            )
        return _example(letters, needles[0])


def _example(letters: list[str], at: int) -> Example:
    tokens = (START, *letters, ASK)
    return Example(tokens, (len(tokens) - 1,), (letters[at],), (at + 1,))


TASK: Final = Needle()
