"""What follows from acts on a model, shared by all readers; long work row by row."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import streamlit as st
import torch
from torch import Tensor

from attention_core.axes.axis import Item
from attention_core.errors import AttentionError
from attention_core.numbers.acting import (
    INPUT,
    Stream,
    fitting,
    patched,
    returned,
    states_of,
    valued,
    without_each,
)
from attention_core.numbers.attribution import Output
from attention_core.pictures.figures import Before
from attention_core.watching.acts import KINDS, NOWHERE, Act, Body, States
from attention_core.watching.place import Place
from models.families.asking import Asking, Wanted
from pages.explore.parts.attributing import asking, output_of, working

WHERE: Final[dict[Stream, str]] = {"hidden": "layer", "attention": "attention", "mlp": "mlp"}
"""What must be there for states to be taken from another text."""
SHOWN: Final = 6
"""Words before, and as many after."""


@dataclass(frozen=True)
class Offered:
    """What of a model can be acted upon while it reads a text.

    tokens  those of the text, and for a translator those that it wrote
    heads   of each attention; shapes: how many tokens look there, and how many are looked at
    places  where each kind of act can be done
    shared  True where layers share their weights, so that what is done to one is done to all
    """

    tokens: tuple[str, ...]
    written: tuple[str, ...]
    heads: dict[str, int]
    places: dict[str, list[str]]
    shared: bool

    def axis(self, site: str, side: str) -> tuple[str, ...]:
        """The tokens that look at a site, or are looked at there; side is query or key."""
        stack = site.rpartition(".")[0]
        if not self.written or stack == "encoder" or (stack == "cross" and side == "key"):
            return self.tokens
        return ("<s>", *self.written[:-1]) if side == "key" else self.written


@dataclass(frozen=True)
class Effect:
    """An output and what stands around it, before and after acts; None or empty: there is none.

    translation  None after acts that need all words at once, where a search has them one by one
    """

    value: tuple[float, float]
    words: tuple[Before, ...]
    loss: tuple[float, float] | None
    translation: tuple[str, str | None]


def offered(model: str, text: str) -> Offered:
    """What can be acted upon; raises TextError or ModelError with a sentence for the reader."""
    return _offered(model, text)


@st.cache_resource(max_entries=64, show_spinner=False)
def _offered(model: str, text: str) -> Offered:
    body, asker = body_of(model, text), asking(model)
    written = working(lambda: asker.written(text))
    tokens = tuple(token.text for token in _axis(model, text, asker, bool(written)))
    modules = [*body.layers.values()]
    return Offered(
        tokens, written,
        {site: seat.heads for site, seat in body.seats.items()},
        {kind: body.places(kind) for kind in KINDS},
        len(set(map(id, modules))) < len(modules),
    )  # fmt: skip


def _axis(model: str, text: str, asker: Asking, translates: bool) -> Sequence[Item]:
    wanted = Wanted("translation") if translates else Wanted("similarity", other=text)
    return working(lambda: asker.output(text, wanted)).axis.tokens


@st.cache_resource(max_entries=32, show_spinner=False)
def body_of(model: str, text: str) -> Body:
    """The parts of a model as it reads that text; raises as `offered` does."""
    asker = asking(model)
    return working(lambda: asker.body(text))


@st.cache_resource(max_entries=32, show_spinner=False)
def _lent(model: str, other: str) -> States:
    """The states of the other text, read as it is."""
    asker, body = asking(model), body_of(model, other)
    kind = asker.kinds[0]
    wanted = Wanted("translation") if kind == "translation" else Wanted("similarity", other=other)
    output = output_of(model, other, wanted)
    return working(lambda: states_of(output, body, body.places("patch"), "hidden"))


def lent(model: str, other: str, acts: Sequence[Act]) -> States:
    """The states that acts take from the other text; none where no act takes any."""
    wanted = any(act.kind == "patch" for act in acts)
    return _lent(model, other) if wanted and other.strip() else {}


def effect(model: str, text: str, wanted: Wanted, acts: tuple[Act, ...], other: str) -> Effect:
    """What the acts change; raises AttentionError where one names what is not there."""
    return _effect(model, text, wanted, acts, other)


@st.cache_resource(max_entries=64, show_spinner=False)
def _effect(model: str, text: str, wanted: Wanted, acts: tuple[Act, ...], other: str) -> Effect:
    asker, body = asking(model), body_of(model, text)
    output, states = output_of(model, text, wanted), lent(model, other, acts)
    plain = working(lambda: (*_read(asker, text, wanted), asker.translated(text)))

    def changed() -> tuple[Tensor, float | None, str | None, float]:
        with body.acting(acts, states):
            value = float(output.numbers(output.given[None])[0])
            shares, loss = _read(asker, text, wanted)
        return shares, loss, plain[2] and _searched(asker, body, acts, states, text), value

    shares, loss, translation, after = working(changed) if acts else (*plain, output.value)
    return Effect(
        (output.value, after), _words(asker, plain[0], shares),
        None if loss is None or plain[1] is None else (plain[1], loss), (plain[2], translation),
    )  # fmt: skip


def _read(asker: Asking, text: str, wanted: Wanted) -> tuple[Tensor, float | None]:
    """Shares of words and the loss, as the model is now."""
    none = torch.zeros(0)
    shares = none if wanted.kind == "similarity" else asker.shares(text, wanted.kind, wanted.place)
    return shares, asker.loss(text)


def _searched(
    asker: Asking, body: Body, acts: tuple[Act, ...], states: States, text: str
) -> str | None:
    """The translation with these acts; a search asks for one word after another, so acts of the
    decoder that need all of them at once cannot be done in it.
    """
    whole = [act for act in acts if act.kind in ("mean", "patch")]
    if any(not act.site.startswith("encoder") for act in whole):
        return None
    with body.acting(acts, states):
        return asker.translated(text)


def _words(asker: Asking, before: Tensor, after: Tensor) -> tuple[Before, ...]:
    """The likeliest words before and after, each with both probabilities, the likeliest first."""
    if not len(before):
        return ()
    numbers = {
        number: None
        for shares in (before, after)
        for number in shares.topk(min(SHOWN, len(shares))).indices.tolist()
    }
    found = [Before(asker.piece(one), float(before[one]), float(after[one])) for one in numbers]
    return tuple(sorted(found, key=lambda one: -max(one.before, one.after))[: SHOWN + 2])


class HeadsOff:
    """Every head switched off once: a row is what the output becomes at each head of one site."""

    def __init__(
        self, output: Output, body: Body, acts: Sequence[Act] = (), states: States | None = None
    ) -> None:
        self.output, self.body = output, body
        self.acts, self.states = tuple(acts), states
        self.sites = list(body.seats)
        self.value = output.value
        if not self.sites:
            raise AttentionError(
                NOWHERE["attention"],
                model=body.model,
            )

    def __len__(self) -> int:
        return len(self.sites)

    def row(self, place: int, cancelled: Callable[[], bool]) -> list[float]:
        """The output without each head of that site."""
        found = without_each(
            self.output, self.body, self.sites[place], self.acts, self.states, cancelled
        )
        return [float(one) for one in found]

    def table(self, rows: Sequence[Sequence[float]]) -> Tensor:
        """(site, head): by how much the output changes; NaN where nothing is known yet."""
        most = max(self.body.seats[site].heads for site in self.sites)
        table = torch.full((len(self.sites), most), torch.nan, dtype=torch.float64)
        for place, row in enumerate(rows):
            table[place, : len(row)] = torch.tensor(row, dtype=torch.float64) - self.value
        return table


class Patching:
    """Every state taken once from the clean text: a row is how much returns at one layer.

    output  of the text that borrows; clean: the same of the text that lends
    """

    def __init__(
        self, output: Output, clean: Output, body: Body, stream: Stream,
        acts: Sequence[Act] = (), others: States | None = None,
    ) -> None:  # fmt: skip
        fitting(output, clean)
        self.output, self.lender, self.body, self.stream = output, clean.given, body, stream
        self.acts, self.others = tuple(acts), others
        places = body.mlps if stream == "mlp" else body.layers
        names = list(body.seats) if stream == "attention" else list(map(str, places))
        if not names:
            raise AttentionError(NOWHERE[WHERE[stream]], model=body.model)
        self.sites = [INPUT, *(one for one in names if _lends(one, output))]
        self.tokens = [
            (mine.text, theirs.text)
            for mine, theirs in zip(output.axis.tokens, clean.axis.tokens, strict=True)
        ]
        self.ends = float(output.numbers(self.lender[None])[0]), output.value
        returned(torch.zeros(1), *self.ends)
        self.states = states_of(output, body, self.sites[1:], stream, self.lender)

    def __len__(self) -> int:
        return len(self.sites)

    def row(self, place: int, cancelled: Callable[[], bool]) -> list[float]:
        """How much of the answer returns at each token."""
        found = patched(
            self.output, self.lender, self.body, self.sites[place], self.stream, self.states,
            self.acts, self.others, cancelled,
        )  # fmt: skip
        return [float(one) for one in returned(found, *self.ends)]

    def together(self, acts: Sequence[Act]) -> float:
        """How much of the answer returns with all of these acts at once; those that take a state
        take it from the clean text.
        """
        found = valued(self.output, self.body, acts, self.states)
        return float(returned(torch.tensor([found], dtype=torch.float64), *self.ends)[0])

    def table(self, rows: Sequence[Sequence[float]]) -> Tensor:
        """(site, token); NaN where nothing is known yet."""
        table = torch.full((len(self.sites), len(self.tokens)), torch.nan, dtype=torch.float64)
        for place, row in enumerate(rows):
            table[place] = torch.tensor(row, dtype=torch.float64)
        return table


def _lends(site: str, output: Output) -> bool:
    """Of a translator the encoder: its decoder is given the same words in both runs."""
    return not output.crosses or Place.parse(site).stack == "encoder"
