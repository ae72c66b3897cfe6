"""What a model is asked in one task: tokens, places that ask, answers, and where they stand.

>>> example = Example(("a", "b", "?"), (2,), ("a",), (0,))
>>> example.tokens[example.gold[0]]
'a'
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import ClassVar

from torch import nn

from attention_core.errors import TextError


@dataclass(frozen=True)
class Example:
    """One sequence.

    asked    places whose answers are asked for
    answers  the right one of each; empty where nobody knows it
    gold     for each the place where the answer stands
    """

    tokens: tuple[str, ...]
    asked: tuple[int, ...]
    answers: tuple[str, ...]
    gold: tuple[int, ...]


@dataclass(frozen=True)
class Contender:
    """One mechanism that is tried on a task.

    build  the network as it is before training
    able   whether the mechanism can do the task, as its paper leads one to expect
    """

    name: str
    title: str
    build: Callable[[], nn.Module]
    able: bool


class Task(ABC):
    """A task by its name, what it asks in a sentence, and what a mechanism that can do it reaches.

    question  the sentence under the title
    lesson    what follows from who can and who cannot
    floor     the share of right answers that a mechanism reaches that can do it
    pointed   the share of weight on the right place that its best head reaches; 0 = not asked for
    steps     of training, with `batch` examples each
    """

    name: ClassVar[str]
    title: ClassVar[str]
    question: ClassVar[str]
    lesson: ClassVar[str]
    hint: ClassVar[str]
    """How an input of one's own is written."""
    place: ClassVar[int]
    floor: ClassVar[float]
    pointed: ClassVar[float] = 0.0
    whole: ClassVar[bool] = False
    """Whether all places of an example must be right together."""
    writes: ClassVar[bool] = False
    """Whether what asks is written anew, place by place; else the tokens themselves ask."""
    steps: ClassVar[int] = 2000
    batch: ClassVar[int] = 64
    rate: ClassVar[float] = 2e-3
    symbols: ClassVar[tuple[str, ...]]
    """Everything that a token may be made of."""
    classes: ClassVar[tuple[str, ...]]
    """Everything that can be answered."""
    contenders: ClassVar[tuple[Contender, ...]]
    ready: ClassVar[tuple[str, ...]]
    """Inputs as a reader would type them; the first is what the page opens with."""

    @abstractmethod
    def draw(self, dice: random.Random, size: float) -> Example:
        """A new example; size from 0 to 1: the same for all of a batch, which are equally long."""

    @abstractmethod
    def read(self, text: str) -> Example:
        """What a reader typed; raises TextError when it is none of this task."""

    def parts(self, token: str) -> tuple[str, ...]:
        """The symbols of one token, as many for each."""
        return (token,)

    def joined(self, answers: tuple[str, ...]) -> str:
        """All answers of an example as they are read together."""
        return " ".join(answers)

    @cached_property
    def numbers(self) -> dict[str, int]:
        return {symbol: place for place, symbol in enumerate(self.symbols)}

    def ids(self, tokens: Sequence[str]) -> list[list[int]]:
        """(token, part): the numbers of the symbols."""
        return [[self.numbers[part] for part in self.parts(token)] for token in tokens]


def unknown(token: str, known: Sequence[str]) -> TextError:
    """What is said of a word that a task does not have."""
    return TextError(
        "“{token}” is not known here; use {known}.",
        token=token[:40],
        known=", ".join(known),
    )
