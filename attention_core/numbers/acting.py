"""What hangs on each head and on each state: one output, with every head switched off once, and
with every state taken once from another text.

Many cases are one batch: text i of it has head i off, or state i replaced.

>>> returned(torch.tensor([1.0, 2.5]), clean=4.0, corrupted=1.0).tolist()
[0.0, 0.5]

Sources: every head off once, Michel et al. 2019, https://arxiv.org/abs/1905.10650, section 3.2; how
much of an answer returns, Wang et al. 2022, https://arxiv.org/abs/2211.00593, and Zhang & Nanda
2023, https://arxiv.org/abs/2309.16042, section 2 (the normalised logit difference).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, Literal, get_args

import torch
from torch import Tensor

from attention_core.errors import AttentionError, Superseded
from attention_core.numbers.attribution.output import AT_ONCE, Output
from attention_core.watching.acts import Act, Body, Changes, States
from attention_core.watching.capture import never
from attention_core.watching.intervention import Intervention

Stream = Literal["hidden", "attention", "mlp"]
"""What is taken from another text: the states that leave a layer, or what a part of it adds."""
STREAMS: Final[tuple[Stream, ...]] = get_args(Stream)
INPUT: Final = "input"
"""The vectors that tokens enter as, before the first layer."""
LEAST: Final = 1e-3
"""Two texts whose outputs are no further apart have nothing that could return."""


@torch.no_grad()
def valued(output: Output, body: Body, acts: Sequence[Act], states: States | None = None) -> float:
    """The output with these acts. Raises AttentionError where an act names what is not there."""
    with body.acting(acts, states):
        return float(output.answer(output.given[None])[0].double())


@torch.no_grad()
def without_each(
    output: Output, body: Body, site: str, acts: Sequence[Act] = (),
    states: States | None = None, cancelled: Callable[[], bool] = never,
) -> Tensor:  # fmt: skip
    """(head,), float64: the output with that head off besides these acts, for each head of a site.

    Raises Superseded when nobody waits any more.
    """
    made, seat = body.changes(acts, states), body.seats[site]
    if not seat.hands:
        off = [Act("head", site, head) for head in range(seat.heads)]
        return torch.tensor(
            [valued(output, body, (*acts, one), states) for one in off], dtype=torch.float64
        )

    def case(row: int, head: int) -> Intervention:
        return Intervention(site, "heads", "zero", heads=(head,), texts=(row,))

    return _cases(output, body, made, range(seat.heads), case, cancelled)


@torch.no_grad()
def states_of(
    output: Output, body: Body, sites: Sequence[str], stream: Stream, vectors: Tensor | None = None
) -> States:
    """What these sites give on while the model reads the text of an output, as it is.

    vectors  (token, width): those of another text in its place
    """
    if not sites:
        return {}
    with body.keeping(sites, stream) as kept:
        output.answer((output.given if vectors is None else vectors)[None])
    return {site: states for (site, _stream), states in kept.items()}


@torch.no_grad()
def patched(
    output: Output, lender: Tensor, body: Body, site: str, stream: Stream, states: States,
    acts: Sequence[Act] = (), others: States | None = None,
    cancelled: Callable[[], bool] = never,
) -> Tensor:  # fmt: skip
    """(token,), float64: the output with what one site gives on at that token taken from another
    text, for each token; at `INPUT` the vector that the token enters as.

    output  of the text that borrows
    lender  (token, width): the vectors of the other text
    states  what the sites give on as the other text is read; see `states_of`
    others  the states that acts take from

    Raises Superseded when nobody waits any more.
    """
    made = body.changes(acts, others)
    if site == INPUT:
        size = len(lender)
        mixed = output.given.expand(size, *lender.shape).clone()
        mixed[range(size), range(size)] = lender
        with body.changing(made):
            return torch.cat([output.answer(one[None]).double().cpu() for one in mixed])
    theirs = states[site]

    def case(row: int, token: int) -> Intervention:
        value = theirs[0, token]
        return Intervention(site, stream, "replace", value, tokens=(token,), texts=(row,))

    return _cases(output, body, made, range(theirs.shape[-2]), case, cancelled)


def returned(values: Tensor, clean: float, corrupted: float) -> Tensor:
    """How much of the answer is back: 0 as in the corrupted text, 1 as in the clean one.

    Raises AttentionError when both texts give the same, so that nothing could return.
    """
    if abs(clean - corrupted) <= LEAST:
        raise AttentionError(
            "Both sentences give the same output ({value:.3f}), so there is nothing that could "
            "return; write another sentence, or choose another output.",
            value=clean,
        )
    return (values - corrupted) / (clean - corrupted)


def fitting(one: Output, other: Output) -> None:
    """Raises AttentionError unless two texts can lend each other their states."""
    if len(one.given) != len(other.given):
        raise AttentionError(
            "The two sentences have {one} and {other} tokens; states can only be taken from the "
            "same place, so both need equally many. Change a word for another of one token.",
            one=len(one.given),
            other=len(other.given),
        )
    if torch.equal(one.given, other.given):
        raise AttentionError(
            "Both sentences are the same, so nothing could return; change a word in one of them."
        )


def _cases(
    output: Output, body: Body, made: Changes, places: Sequence[int],
    case: Callable[[int, int], Intervention], cancelled: Callable[[], bool],
) -> Tensor:  # fmt: skip
    """The output of each case; `case` says what is changed in a row of the batch for a place."""
    given, found = output.given, list[Tensor]()
    at_once = max(1, AT_ONCE // len(given))
    for start in range(0, len(places), at_once):
        if cancelled():
            raise Superseded
        some = places[start : start + at_once]
        more = tuple(case(row, place) for row, place in enumerate(some))
        with body.changing(Changes(made.edits, (*made.interventions, *more))):
            found.append(output.answer(given.expand(len(some), *given.shape)).double().cpu())
    return torch.cat(found)
