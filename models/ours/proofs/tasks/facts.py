"""A memory of facts: the key is compared, the value is taken away.

>>> example = TASK.read("Anna: red, Ben: blue. Ben?")
>>> example.answers, example.gold
(('blue',), (1,))

Source: Miller et al. 2016, https://arxiv.org/abs/1606.03126, section 3; the task is ours.
"""

from __future__ import annotations

import random
import re
from typing import Final

import torch
from torch import Tensor, nn

from attention_core.errors import TextError
from attention_core.marking import N_
from attention_core.mechanisms.families.key_value import KeyValue
from attention_core.watching.place import Place
from models.ours.looks import Traced
from models.ours.proofs.stack import Found
from models.ours.proofs.task import Contender, Example, Task, unknown

NAMES: Final = (
    "Anna", "Ben", "Clara", "David", "Emma", "Felix", "Grace", "Hugo", "Iris", "Jonas", "Karim",
    "Lena", "Mei", "Noah", "Olga", "Paul", "Quinn", "Rosa", "Sami", "Tara", "Uma", "Victor",
    "Wei", "Zoe",
)  # fmt: skip
COLOURS: Final = (
    "red", "blue", "green", "yellow", "black", "white", "brown", "pink", "orange", "grey",
    "purple", "gold",
)  # fmt: skip
NOTHING, ASK = "–", "?"
MOST: Final = 20
WIDTH: Final = 32
_FACT: Final = re.compile(r"\s*(\w+)\s*[:=]\s*(\w+)\s*[,;.]?")
_ASKED: Final = re.compile(r"\s*(\w+)\s*[?？]\s*")


class Memory(nn.Module):
    """One question over a memory: the last token asks, the others are facts.

    shared  True where one vector is both compared and taken, a fact's name and colour together
    looks   False where nothing is compared: every fact weighs the same
    """

    def __init__(self, shared: bool = False, looks: bool = True) -> None:
        super().__init__()
        self.shared, self.looking = shared, looks
        self.names = nn.Embedding(len(Facts.symbols), WIDTH)
        self.colours = nn.Embedding(len(Facts.symbols), WIDTH)
        self.mechanism = KeyValue(WIDTH, WIDTH, WIDTH)
        self.answer = nn.Linear(WIDTH, len(COLOURS))

    def forward(self, numbers: Tensor) -> Found:
        """numbers (batch, fact and question, name and colour)."""
        names, colours = self.names(numbers[..., 0]), self.colours(numbers[..., 1])
        key, value = (names + colours,) * 2 if self.shared else (names, colours)
        query = names[:, -1:]
        allowed = torch.ones(len(numbers), 1, numbers.shape[1], dtype=torch.bool)
        allowed[..., -1] = False
        key, query = (key, query) if self.looking else (key * 0, query * 0)
        trace = self.mechanism.attend(query, self.mechanism.prepare(key), value, allowed)
        logits = self.answer(trace.context).expand(-1, numbers.shape[1], -1)
        return Found(logits, (Traced(Place("decoder", 0, "cross"), self.mechanism, trace),))


class Facts(Task):
    """Why keys are not values."""

    name, place = "facts", 10
    title = N_("A memory of facts")
    question = N_("Everybody has a favourite colour. Which one has the person who is asked for?")
    lesson = N_(
        "The question is compared with the keys, the names, and takes away a value, the colour. "
        "Exchange two colours: the weights stay, the answer follows. Where all facts weigh the "
        "same, the answer is lost among the others."
    )
    hint = N_("Anna: red, Ben: blue. Ben?")
    floor, pointed, steps, batch = 0.99, 0.95, 2500, 64
    rate = 5e-3
    symbols = (NOTHING, *NAMES, *COLOURS)
    classes = COLOURS
    contenders = (
        Contender("key_value", N_("keys and values apart"), Memory, True),
        Contender("shared", N_("one vector for both"), lambda: Memory(shared=True), True),
        Contender("uniform", N_("no comparison: all weigh the same"),
                  lambda: Memory(looks=False), False),
    )  # fmt: skip
    ready = (
        "Anna: red, Ben: blue, Clara: green, David: yellow, Mei: white, Wei: black. Mei?",
        "Rosa: pink, Hugo: gold, Tara: grey, Sami: brown. Sami?",
    )

    def parts(self, token: str) -> tuple[str, ...]:
        name, _colon, colour = token.partition(": ")
        return name.removesuffix(ASK), colour or NOTHING

    def draw(self, dice: random.Random, size: float) -> Example:
        count = 2 + round(size * (MOST - 2))
        names = dice.sample(NAMES, count)
        return _example([(name, dice.choice(COLOURS)) for name in names], dice.choice(names))

    def read(self, text: str) -> Example:
        facts, at = [], 0
        while found := _FACT.match(text, at):
            facts.append((_known(found[1], NAMES), _known(found[2], COLOURS)))
            at = found.end()
        asked = _ASKED.fullmatch(text, at)
        names = [name for name, _colour in facts]
        if asked is None or not 1 <= len(facts) <= MOST or len(set(names)) < len(names):
            raise TextError(
                "Write from 1 to {most} facts, each name once, and a question behind them, such as "
                "“{example}”.",
                most=MOST,
                example="Anna: red, Ben: blue. Ben?",
            )
        name = _known(asked[1], NAMES)
        if name not in names:
            raise TextError(
                "Nothing is said of {name}; ask for one of {known}.",
                name=name,
                known=", ".join(names),
            )
        return _example(facts, name)


def _known(word: str, words: tuple[str, ...]) -> str:
    """The word as it is written here, whatever its case; raises TextError for another one."""
    for one in words:
        if one.lower() == word.lower():
            return one
    raise unknown(word, words)


def _example(facts: list[tuple[str, str]], asked: str) -> Example:
    names = [name for name, _colour in facts]
    gold = names.index(asked)
    tokens = (*(f"{name}: {colour}" for name, colour in facts), f"{asked}{ASK}")
    return Example(tokens, (len(facts),), (facts[gold][1],), (gold,))


TASK: Final = Facts()
