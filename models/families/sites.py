"""From the attention calls of a model to the named sites of a record.

>>> weights = torch.tensor([[[[1.0, 0.0], [0.5, 0.5]]]])
>>> [(str(place), seen.heads) for place, seen in named([stored("encoder", weights)])]
[('encoder.0', 1)]
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TypeVar

import torch
from torch import Tensor, nn

from attention_core.axes.axis import Axis
from attention_core.errors import UnverifiedError
from attention_core.marking import N_
from attention_core.watching.capture import Call
from attention_core.watching.place import Place
from attention_core.watching.record import Integrity, Note, QueryKey, Site, Source, Stored

Along = TypeVar("Along", bound=Axis)
Sides = Mapping[str, tuple[Along, Along]]
"""For each kind of look, what its queries and its keys stand for."""


@dataclass(frozen=True)
class Seen:
    """One attention call, whichever way it was seen.

    number  the layer as the model numbers it; None where it does not
    module  what made the call; None where the model only reports its weights
    """

    kind: str
    heads: int
    source: Source
    integrity: Integrity
    number: int | None = None
    module: nn.Module | None = None


def captured(call: Call, kind: str, number: int | None) -> Seen:
    """The first text of a captured call."""
    source = call.sources[0]
    return Seen(kind, len(source.query), source, call.integrities[0], number, call.module)


def stored(kind: str, weights: Tensor) -> Seen:
    """weights (1, head, query, key), as a model reports them; any other shape fits nothing."""
    matrix = weights[0].detach().float() if weights.ndim == 4 else weights.new_zeros(0, 0, 0)
    mask = None
    if matrix.ndim == 3 and matrix.shape[1] == matrix.shape[2]:
        triangle = matrix.new_ones(matrix.shape[1:], dtype=torch.bool).tril()
        mask = triangle if not bool(matrix.masked_fill(triangle, 0).any()) else None
    sums = torch.nan_to_num((matrix.sum(-1) - 1).abs(), nan=torch.inf)
    rows = float(sums.max()) if sums.numel() else 0.0
    return Seen(kind, len(matrix), Stored(matrix, mask), Integrity(rows, None))


def joined(seen: Sequence[Seen]) -> list[Seen]:
    """One look where a module made the same one again for other values, as differential ones do."""
    found: list[Seen] = []
    for one in seen:
        if not (found and _again(found[-1], one)):
            found.append(one)
            continue
        last = found[-1].integrity
        gaps = last.output, one.integrity.output
        known = [gap for gap in gaps if gap is not None]
        check = Integrity(max(last.rows, one.integrity.rows), max(known, default=None))
        found[-1] = replace(found[-1], integrity=check)
    return found


def _again(last: Seen, one: Seen) -> bool:
    """Whether a module looked just as it did the moment before."""
    mine, before = one.source, last.source
    return (
        one.module is not None
        and one.module is last.module
        and isinstance(mine, QueryKey)
        and isinstance(before, QueryKey)
        and mine.query.shape == before.query.shape
        and torch.equal(mine.query, before.query)
        and torch.equal(mine.key, before.key)
    )


def named(seen: Iterable[Seen]) -> Iterator[tuple[Place, Seen]]:
    """Each call with its place: kind after kind, those that look at another stack last."""
    kinds: dict[str, list[Seen]] = {}
    for one in seen:
        kinds.setdefault(one.kind, []).append(one)
    for kind in sorted(kinds, key=lambda kind: Place.of_kind(kind, 0).crosses):
        for layer, one in zip(_layers(kinds[kind]), kinds[kind], strict=True):
            yield Place.of_kind(kind, layer), one


def _layers(calls: Sequence[Seen]) -> Sequence[int]:
    """The model's own numbers where they rise from call to call; else the calls are counted.

    They do not rise where one module serves several layers, or where layers lie in blocks.
    """
    numbers = [one.number for one in calls if one.number is not None]
    rise = all(first < second for first, second in pairwise(numbers))
    return numbers if len(numbers) == len(calls) and rise else range(len(calls))


def sound(seen: Iterable[Seen]) -> tuple[list[Seen], tuple[Note, ...]]:
    """The looks that may be drawn, and a note where others contradict what the model computed.

    Raises UnverifiedError when none is left.
    """
    placed = list(named(seen))
    kept = [one for _, one in placed if not one.integrity.broken]
    broken = [str(place) for place, one in placed if one.integrity.broken]
    if not broken:
        return kept, ()
    if not kept:
        raise UnverifiedError(
            "No weights of this model explain what it computed from them, so nothing is shown; "
            "try another text, or choose another model."
        )
    sentence = N_(
        "Not shown, because their weights do not explain what the model computed from them: {sites}"
    )
    return kept, (Note(sentence, sites=", ".join(broken)),)


def modules(seen: Iterable[Seen]) -> dict[str, nn.Module]:
    """The module behind the name of each site, where it is known.

    A model that uses one module at several layers has it behind several names.
    """
    return {str(place): one.module for place, one in named(seen) if one.module is not None}


def sites(seen: Iterable[Seen], sides: Sides[Along]) -> tuple[Site[Along], ...]:
    """What was seen, each with its axes."""
    return tuple(
        Site((place,), one.heads, *sides[one.kind], one.source, one.integrity)
        for place, one in named(seen)
    )


def pair_sides(source: Along, target: Along, written: Along) -> Sides[Along]:
    """The sides of an encoder–decoder.

    source   what the encoder read
    target   what the decoder's queries stand for
    written  what the decoder was given, its own keys
    """
    return {"encoder": (source, source), "decoder": (target, written), "cross": (target, source)}
