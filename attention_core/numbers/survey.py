"""Methods of attribution over many texts: do they agree, and do they beat chance, in the mean?

>>> from attention_core.numbers.attribution.planted import planted
>>> from attention_core.watching.capture import never
>>> survey = Survey(["one", "two"], lambda text, cancelled: planted(), count=1)
>>> rows = [survey.row(place, never) for place in range(len(survey))]
>>> summary = summed(rows)
>>> summary["leave-one-out"].texts, summary["leave-one-out"].agrees, summary["gradient"].shared
(2, 1.0, 1.0)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean, stdev
from typing import Final

from torch import Tensor

from attention_core.errors import AttentionError
from attention_core.numbers.agreement import kendall, overlap
from attention_core.numbers.attribution import ALL, Knobs, Output
from attention_core.numbers.faithfulness import faithful, order, shuffled, typical

WHOLE: Final = "leave-one-out"
"""The method that the others are held against: what really happens without each token."""
CHANCE: Final = "chance"
CHANCES: Final = 4
TIMES: Final = 16
"""How often something is taken away, of an order: several tokens at once in longer texts."""


@dataclass(frozen=True)
class Scored:
    """One method on one text.

    agrees  Kendall's τ with leaving one out; NaN where either gives all tokens the same
    shared  of the strongest tokens, the share that both name
    gained  the area under the deletion curve by chance minus its own, in the output's unit: above
            0 it names tokens that matter more than any
    """

    agrees: float
    shared: float
    gained: float


@dataclass(frozen=True)
class Row:
    """One text. problem: why it could not be asked, else None"""

    text: str
    value: float = math.nan
    found: Mapping[str, Scored] = field(default_factory=dict)
    problem: AttentionError | None = None


@dataclass(frozen=True)
class Summed:
    """One method over all texts that it answered for.

    agrees, shared, gained  means
    margin, margins         half of the 95 % interval of the mean of `gained`, and of those of
                            `agrees` and `shared`, by the normal distribution; NaN for one text
    better                  texts on which it beat chance
    """

    texts: int
    agrees: float
    shared: float
    gained: float
    margin: float
    better: int
    margins: tuple[float, float] = (math.nan, math.nan)


class Survey:
    """Work for a job: every method on one text after the other.

    texts  what is asked about, as `ask` takes it
    ask    makes the output of one; raises AttentionError where there is none
    count  of the strongest tokens that are compared
    """

    def __init__(
        self, texts: Sequence[str], ask: Callable[[str, Callable[[], bool]], Output],
        knobs: Knobs | None = None, count: int = 3,
    ) -> None:  # fmt: skip
        self.texts = tuple(texts)
        self._ask, self._knobs, self._count = ask, knobs or Knobs(), count

    def __len__(self) -> int:
        return len(self.texts)

    def row(self, place: int, cancelled: Callable[[], bool]) -> Row:
        """That text; its problem in place of numbers where it cannot be asked."""
        text = self.texts[place]
        try:
            output = self._ask(text, cancelled)
            output.check()
            return Row(text, output.value, self._scored(output))
        except AttentionError as problem:
            return Row(text, problem=problem)

    def _scored(self, output: Output) -> dict[str, Scored]:
        own = output.own.nonzero().flatten().tolist()
        found: dict[str, Tensor] = {}
        for name, method in ALL.items():
            try:
                found[name] = method.of(output, self._knobs).scores
            except AttentionError:
                continue  # the page of one text says why
        orders = {name: order(scores, own) for name, scores in found.items()}
        random = {f"{CHANCE}{at}": one for at, one in enumerate(shuffled(own, CHANCES))}
        faiths = faithful(output, {**orders, **random}, TIMES)
        chance = typical([faiths[name] for name in random]).deletion_area
        whole = found.get(WHOLE)
        count = min(self._count, len(own) - 1)
        return {
            name: Scored(
                math.nan if whole is None else kendall(scores[own], whole[own]),
                math.nan if whole is None else overlap(scores[own], whole[own], count) / count,
                chance - faiths[name].deletion_area,
            )
            for name, scores in found.items()
        }


def summed(rows: Sequence[Row]) -> dict[str, Summed]:
    """Every method over the texts that could be asked, in order."""
    names = [name for name in ALL if any(name in row.found for row in rows)]
    return {name: _summed([row.found[name] for row in rows if name in row.found]) for name in names}


def _summed(all_: Sequence[Scored]) -> Summed:
    agrees, shared, gained = (
        _known([getattr(one, name) for one in all_]) for name in ("agrees", "shared", "gained")
    )
    return Summed(
        len(all_), _mean(agrees), _mean(shared), _mean(gained), _margin(gained),
        sum(one > 0 for one in gained), (_margin(agrees), _margin(shared)),
    )  # fmt: skip


def _known(values: Sequence[float]) -> list[float]:
    return [value for value in values if not math.isnan(value)]


def _mean(values: Sequence[float]) -> float:
    return fmean(values) if values else math.nan


def _margin(values: Sequence[float]) -> float:
    return 1.96 * stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
