"""Outputs and what they were made of, shared by all readers: each is worked out once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

import streamlit as st
from torch import Tensor

from attention_core.errors import AttentionError, ModelError, Superseded
from attention_core.numbers.agreement import kendall, overlap, top
from attention_core.numbers.attribution import ALL, Found, Knobs, Output
from attention_core.numbers.faithfulness import (
    MOST,
    Faith,
    faithful,
    order,
    shuffled,
    typical,
)
from attention_core.watching.capture import never
from models.families.asking import Asker, Asking, Blank, Candidate, Kind, Wanted
from models.families.reader import Reader
from models.families.seq2seq import Seq2Seq
from models.families.seq2seq.asking import Seq2SeqAsker
from models.ours.translator.asking import TranslatorAsker
from models.ours.translator.reader import TranslatorReader
from models.store import catalogue
from models.work.desk import DESK
from pages.frame import session, waiting
from pages.frame.language import _
from pages.showing import readings

T = TypeVar("T")
CHANCES: Final = 12
"""Orders by chance that every method is held against."""
CHANCE: Final = "chance"
_CANCELLED: ContextVar[Callable[[], bool]] = ContextVar("attribution_cancelled", default=never)


@dataclass(frozen=True)
class Answers:
    """Every method's answer about one output.

    value    the output itself
    blank    the output when every token of the reader's is gone
    tokens   as they are shown
    own      the places of the reader's own tokens
    found    by the name of the method
    refused  why a method has no answer here, by its name
    """

    value: float
    blank: float
    tokens: tuple[str, ...]
    own: tuple[int, ...]
    found: Mapping[str, Found]
    refused: Mapping[str, AttentionError] = field(default_factory=dict)
    layers: int = 0
    heads: int = 0

    def named(self, method: str, count: int) -> list[int]:
        """The places of the reader's tokens that matter most to a method."""
        return [self.own[place] for place in top(self._own(method), count)]

    def agreed(self, one: str, other: str, count: int) -> int:
        """How many of the tokens that matter most two methods both name."""
        return overlap(self._own(one), self._own(other), count)

    def kendall(self, one: str, other: str) -> float:
        """How far two methods order the reader's tokens alike."""
        return kendall(self._own(one), self._own(other))

    def _own(self, method: str) -> Tensor:
        return self.found[method].scores[list(self.own)]


@dataclass(frozen=True)
class Offer:
    """What a model can be asked about a text.

    mask     how it writes a masked word; masks: how many there are in the text
    written  the pieces of its translation, if it translates
    """

    kinds: tuple[Kind, ...]
    blanks: tuple[Blank, ...]
    mask: str
    masks: int
    written: tuple[str, ...]


def offer(model: str, text: str) -> Offer:
    """What can be asked; raises TextError or ModelError with a sentence for the reader."""
    return _offer(model, text)


@st.cache_resource(max_entries=64, show_spinner=False)
def _offer(model: str, text: str) -> Offer:
    asker = asking(model)
    return working(
        lambda: Offer(asker.kinds, asker.blanks, asker.mask, asker.masks(text), asker.written(text))
    )


def candidates(model: str, text: str, kind: Kind, place: int) -> list[Candidate]:
    """The likeliest words; raises as `offer` does."""
    return _candidates(model, text, kind, place)


@st.cache_resource(max_entries=64, show_spinner=False)
def _candidates(model: str, text: str, kind: Kind, place: int) -> list[Candidate]:
    return working(lambda: asking(model).candidates(text, kind, place))


def piece(model: str, number: int) -> str:
    """What a token says; raises TextError where there is none."""
    return asking(model).piece(number)


def answers(model: str, text: str, wanted: Wanted, knobs: Knobs) -> Answers:
    """All methods about one output of one text.

    Raises AttentionError with a sentence where there is nothing that could be asked.
    """
    return collected(
        output_of(model, text, wanted),
        lambda name, heeded: _found(model, text, wanted, name, heeded),
        lambda: _blank(model, text, wanted),
        knobs,
    )


def collected(
    output: Output,
    ask: Callable[[str, Knobs], Found | AttentionError],
    blank: Callable[[], float],
    knobs: Knobs,
) -> Answers:
    """All methods about one output. ask: one by its name, with those of the knobs that it heeds"""
    working(output.check)
    found, refused = dict[str, Found](), dict[str, AttentionError]()
    for name, method in ALL.items():
        waiting.step(_(method.title) + " …")
        made = ask(name, Knobs(**{knob: getattr(knobs, knob) for knob in method.knobs}))
        if isinstance(made, Found):
            found[name] = made
        else:
            refused[name] = made
    waiting.step("")
    own = tuple(output.own.nonzero().flatten().tolist())
    sizes = [len(layer.weights) for layer in output.layers]
    return Answers(
        output.value, blank(), tuple(token.text for token in output.axis.tokens), own, found,
        refused, len(sizes), min(sizes, default=0),
    )  # fmt: skip


@st.cache_resource(max_entries=12, show_spinner=False)
def output_of(model: str, text: str, wanted: Wanted) -> Output:
    """That number of one text; raises as `answers` does."""
    asker = asking(model)
    found = working(lambda: asker.output(text, wanted, cancelled))
    return replace(found, model=catalogue.entry(model).card.title)


@st.cache_resource(max_entries=64, show_spinner=False)
def _blank(model: str, text: str, wanted: Wanted) -> float:
    output = output_of(model, text, wanted)
    return working(lambda: float(output.numbers(output.blank[None])[0]))


@st.cache_resource(max_entries=512, show_spinner=False)
def _found(
    model: str, text: str, wanted: Wanted, method: str, knobs: Knobs
) -> Found | AttentionError:
    output = output_of(model, text, wanted)
    try:
        return working(lambda: ALL[method].of(output, knobs))
    except AttentionError as problem:
        return problem


def tried(model: str, text: str, wanted: Wanted, knobs: Knobs) -> dict[str, Faith]:
    """What becomes of the output as each method takes words away; by chance under `CHANCE`.

    Raises as `answers` does.
    """
    return _tried(model, text, wanted, knobs)


@st.cache_resource(max_entries=32, show_spinner=False)
def _tried(model: str, text: str, wanted: Wanted, knobs: Knobs) -> dict[str, Faith]:
    output, made = output_of(model, text, wanted), answers(model, text, wanted, knobs)
    waiting.step(_("Taking words away …"))
    return orders_tried(output, made)


def orders_tried(
    output: Output, made: Answers, chances: int = CHANCES, times: int = MOST
) -> dict[str, Faith]:
    """Every method's order tried out, and the mean of some orders by chance."""
    orders = {name: order(found.scores, made.own) for name, found in made.found.items()}
    random = {f"{CHANCE}{at}": one for at, one in enumerate(shuffled(made.own, chances))}
    try:
        found = working(lambda: faithful(output, {**orders, **random}, times))
    finally:
        waiting.step("")
    by_chance = typical([found.pop(name) for name in random])
    return {**found, CHANCE: by_chance}


def cancelled() -> bool:
    """Whether whoever computes on this thread is wanted no more: an output serves many readers."""
    return _CANCELLED.get()()


def asking(model: str) -> Asking:
    """Who answers for that model; raises ModelError where nobody does."""
    found = readings.opened(model)
    if isinstance(found, Reader):
        return _of_reader(found)
    if isinstance(found, TranslatorReader):
        return _of_translator(found)
    if isinstance(found, Seq2Seq):
        return _of_pair(found)
    raise ModelError(
        "{model} is not asked on this page what an output was made of; choose a model that "
        "reads text, or a translator.",
        model=catalogue.entry(model).card.title,
    )


@st.cache_resource(max_entries=6, show_spinner=False, hash_funcs={Reader: id})
def _of_reader(reader: Reader) -> Asking:
    return Asker(reader)


@st.cache_resource(max_entries=6, show_spinner=False, hash_funcs={TranslatorReader: id})
def _of_translator(reader: TranslatorReader) -> Asking:
    return TranslatorAsker(reader)


@st.cache_resource(max_entries=6, show_spinner=False, hash_funcs={Seq2Seq: id})
def _of_pair(translator: Seq2Seq) -> Asking:
    return Seq2SeqAsker(translator)


def working(work: Callable[[], T]) -> T:
    """What some work returns, once it is its turn; the newest request of a reader wins."""

    def seated(cancelled: Callable[[], bool]) -> T:
        if cancelled():
            raise Superseded
        token = _CANCELLED.set(cancelled)
        try:
            return work()
        finally:
            _CANCELLED.reset(token)

    return DESK.run(session.reader(), seated)
