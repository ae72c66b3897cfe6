"""What a translator gives back, whichever network it is: a text, how it was aligned, what else.

A translator reads one language and writes another. Ours (`models.ours.translator`) and those of
the Hugging Face library (`models.families.seq2seq`) have the same two commands, `translate` and
`align`, and give back the same record, so that every page works for both.

>>> from models.ours.translator.reader import load_translator
>>> isinstance(load_translator("bahdanau-en-fr"), Translating)
True
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from attention_core.axes.tokens import TextAxis
from attention_core.watching.capture import never
from attention_core.watching.edit import Edit
from attention_core.watching.record import AttentionRecord, Site


@dataclass(frozen=True)
class Search:
    """How a translation is looked for.

    width     hypotheses kept at every step; 1 is greedy
    strength  of the length penalty; 0 favours short translations
    """

    width: int = 5
    strength: float = 0.8


USUAL = Search()


@dataclass(frozen=True)
class Candidate:
    """A piece the network considered, and its probability from 0 to 1."""

    text: str
    probability: float
    piece: str
    """The vocabulary's own name for it."""


@dataclass(frozen=True)
class Alternative:
    """Another translation that the beam found, and its score (log-probability per length)."""

    text: str
    score: float


@dataclass(frozen=True)
class Node:
    """One piece of the beam's tree.

    parent           place of the piece before it in the tree; -1 for the first piece
    log_probability  of this piece after those before it, in nats
    total            of the whole way from the beginning
    score            total divided by the length penalty, where the translation ends; else None
    chosen           True on the way to the best translation
    way              the text from the beginning to here
    """

    parent: int
    text: str
    log_probability: float
    total: float
    score: float | None = None
    chosen: bool = False
    way: str = ""


@dataclass(frozen=True)
class Translation:
    """A target text, how the network aligned it, and what else it considered.

    record        the sites; a site of kind ``cross`` has target pieces looking at source pieces
    candidates    for each target piece, the likeliest pieces at that step, best first
    chosen        for each target piece, the probability of the piece itself
    score         mean log-probability of the target pieces, in nats
    alternatives  what else the beam found, best first
    tree          the beam, step by step; empty where the target was given
    unknown       source characters the network has never seen
    """

    record: AttentionRecord
    text: str
    candidates: tuple[tuple[Candidate, ...], ...]
    chosen: tuple[float, ...]
    score: float
    alternatives: tuple[Alternative, ...] = ()
    tree: tuple[Node, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def cross(self) -> tuple[Site, ...]:
        """Where the target looks at the source, layer by layer; empty without attention."""
        return self.record.of("cross")

    @property
    def source(self) -> TextAxis:
        return self.record.axes[0]

    @property
    def target(self) -> TextAxis:
        return self.record.axes[1]


@runtime_checkable
class Translating(Protocol):
    """One trained translator in memory; many threads may use it at once.

    languages  ISO 639-1 of what it reads and what it writes; "" where that is not known
    limit      the most pieces of a source or target
    """

    name: str
    languages: tuple[str, str]
    limit: int

    def axis(self, text: str) -> TextAxis:
        """The source as the network will see it; nothing is computed.

        Raises TextError when there is no word in it.
        """

    def translate(
        self, text: str, search: Search = USUAL, cut: bool = False,
        edits: Sequence[Edit] = (), cancelled: Callable[[], bool] = never,
    ) -> Translation:  # fmt: skip
        """The best translation found with a beam, and how it was aligned.

        cut        True reads the beginning of a text that is too long, and notes it
        edits      what is done to the attention while it translates
        cancelled  asked at every step; True raises Superseded

        Raises TextError when there is nothing to read, TooLong when it is too much.
        """

    def align(
        self, text: str, target: str, cut: bool = False, edits: Sequence[Edit] = (),
        cancelled: Callable[[], bool] = never,
    ) -> Translation:  # fmt: skip
        """How the network aligns a translation that the reader gives (forced decoding).

        Raises TextError when either side is empty, TooLong when one is too long.
        """
