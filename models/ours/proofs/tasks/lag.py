"""Copy from as far back as the letter itself says: a kernel that each word makes, or one for all.

>>> import random
>>> drawn = TASK.draw(random.Random(0), 0.5)
>>> all(drawn.tokens[gold] == answer for gold, answer in zip(drawn.gold, drawn.answers))
True

Source: Wu et al. 2019, https://arxiv.org/abs/1901.10430, section 3: what LightConv cannot; the task
is ours.
"""

from __future__ import annotations

import random
from typing import Final

from attention_core.errors import TextError
from attention_core.marking import N_
from attention_core.mechanisms.families.convolution import DynamicConv, LightConv
from attention_core.mechanisms.families.dot_product import MultiHead
from attention_core.mechanisms.mechanism import Mechanism
from models.ours.proofs.stack import Stack
from models.ours.proofs.task import Contender, Example, Task, unknown

LETTERS: Final = tuple("abcdefghijklmn")
LAGS: Final = 7
COUNT: Final = 32
WIDTH: Final = 48
KERNEL: Final = 15


def lag(letter: str) -> int:
    """How far back a letter copies from: a and h one step, b and i two, …, g and n seven."""
    return LETTERS.index(letter) % LAGS + 1


def _stack(*made: Mechanism) -> Stack:
    return Stack(len(LETTERS), len(LETTERS), made, WIDTH, causal=True)


class Lag(Task):
    """Dynamic against fixed convolution."""

    name, place = "lag", 40
    title = N_("Copy from as far back as the letter says")
    question = N_(
        "Each letter says from how far back to copy: a and h from one step, b and i from two, …, "
        "g and n from seven."
    )
    lesson = N_(
        "A dynamic convolution makes its kernel from the word at hand, so each word can look as "
        "far back as it must. A fixed kernel has one answer for all words. Attention can do it "
        "too, with a comparison of every pair."
    )
    hint = N_("8 to 32 letters from a to n.")
    floor, steps, batch = 0.99, 1500, 64
    symbols = classes = LETTERS
    contenders = (
        Contender("dynamic_conv", N_("dynamic convolution"),
                  lambda: _stack(DynamicConv(WIDTH, 1, KERNEL)), True),
        Contender("multi_head", N_("self-attention, two layers"),
                  lambda: _stack(MultiHead(WIDTH, 4), MultiHead(WIDTH, 4)), True),
        Contender("light_conv", N_("one kernel for all (LightConv)"),
                  lambda: _stack(LightConv(WIDTH, 1, KERNEL)), False),
    )  # fmt: skip
    ready = ("c a n b e l i m d f a c j k g h", "a h b i c j d k e l f m g n a b c")

    def draw(self, dice: random.Random, size: float) -> Example:
        count = 12 + round(size * (COUNT - 12))
        return _example(dice.choices(LETTERS, k=count))

    def read(self, text: str) -> Example:
        letters = [letter for letter in text.lower() if not letter.isspace()]
        for letter in letters:
            if letter not in LETTERS:
                raise unknown(letter, ("a … n",))
        if not LAGS < len(letters) <= COUNT:
            raise TextError(
                "These are {count} letters; write from {least} to {most}.",
                count=len(letters),
                least=LAGS + 1,
                most=COUNT,
            )
        return _example(letters)


def _example(letters: list[str]) -> Example:
    asked = tuple(range(LAGS, len(letters)))
    gold = tuple(at - lag(letters[at]) for at in asked)
    return Example(tuple(letters), asked, tuple(letters[at] for at in gold), gold)


TASK: Final = Lag()
