"""One small computation with every number in the open: what the lab shows, step by step.

Numbers are invented from a seed and rounded to one decimal, so that a reader can follow them with
a pencil; each may be replaced.

>>> made = Experiment("scaled_dot_product", {"keys": 3, "queries": 2}, mask="causal")
>>> rows(made, "query").shape, allowed(made).tolist()
(torch.Size([2, 4]), [[True, False, False], [True, True, False]])
>>> run(made).weights[0, 0].tolist()  # the first query sees one key
[1.0, 0.0, 0.0]
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, get_args

import torch
from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.marking import N_
from attention_core.mechanisms import ALL
from attention_core.mechanisms.mechanism import Knob, Mechanism, Trace
from attention_core.mechanisms.stages import Stage, marking, parts, stages

Part = Literal["query", "key", "value"]
Looks = Literal["cross", "self"]
Mask = Literal["none", "causal", "last"]

PARTS: Final[tuple[Part, ...]] = get_args(Part)
LONGEST: Final = 12
GREATEST: Final = 1000.0
"""The largest number a reader may type; beyond it softmax is all or nothing anyway."""

KNOBS: Final = (
    Knob("keys", N_("Keys"), 1, LONGEST, 6),
    Knob("queries", N_("Queries"), 1, LONGEST, 4),
    Knob("width", N_("Numbers a word"), 4, 8, 4, stops=(4, 8)),
    Knob("temperature", N_("Temperature"), 0.1, 5, 1, 0.1),
    Knob("numbers", N_("Other numbers"), 0, 99, 0),
)
"""What a reader may turn whatever the mechanism."""


@dataclass(frozen=True)
class Experiment:
    """All that a computation depends on.

    knobs   the mechanism's own and those of `KNOBS`, by name
    looks   cross: queries are other rows than keys; self: queries, keys and values are one
    mask    none; causal: no query sees a later key; last: the last key is padding
    edits   numbers typed over the invented ones: part → (row, column) → number
    """

    mechanism: str
    knobs: Mapping[str, float] = field(default_factory=dict)
    looks: Looks = "cross"
    mask: Mask = "none"
    edits: Mapping[Part, Mapping[tuple[int, int], float]] = field(default_factory=dict)

    def turnable(self) -> tuple[Knob, ...]:
        """The mechanism's own knobs, then the others."""
        own = ALL[self.mechanism].knobs
        names = {knob.name for knob in own}
        return (*own, *(knob for knob in KNOBS if knob.name not in names))

    def knob(self, name: str) -> float:
        """Where one of `KNOBS` stands."""
        found = next(knob for knob in KNOBS if knob.name == name)
        return found.fit(self.knobs.get(name, found.start))


def rows(experiment: Experiment, part: Part) -> Tensor:
    """The numbers of one part, edits included: (token, width) in double precision.

    Raises ShapeError for an edit that is not a finite number of reasonable size.
    """
    source: Part = "query" if experiment.looks == "self" else part
    width = int(experiment.knob("width"))
    numbers = invented(int(experiment.knob("numbers")), source, LONGEST, width)
    for (row, column), number in experiment.edits.get(source, {}).items():
        if not (math.isfinite(number) and abs(number) <= GREATEST):
            raise ShapeError(
                "{number} is no number to compute with; type one between −{most} and {most}.",
                number=number,
                most=int(GREATEST),
            )
        if 0 <= row < LONGEST and 0 <= column < width:
            numbers[row, column] = number
    counted = "keys" if experiment.looks == "self" or part != "query" else "queries"
    return numbers[: int(experiment.knob(counted))]


def invented(seed: int, part: str, tokens: int, width: int) -> Tensor:
    """(token, width): normal numbers of one decimal, the same for the same seed and part."""
    dice = torch.Generator().manual_seed(1009 * seed + 31 * width + PARTS.index(part))
    return torch.randn(tokens, width, generator=dice, dtype=torch.float64).round(decimals=1)


def mechanism(experiment: Experiment) -> Mechanism:
    """The mechanism with its knobs turned and parameters invented from the same seed."""
    kind = ALL[experiment.mechanism]
    turned = kind.settings(experiment.knobs)
    made = kind.of_width(int(experiment.knob("width")), **turned)
    dice = torch.Generator().manual_seed(1009 * int(experiment.knob("numbers")) + 7)
    made = made.double().requires_grad_(False)
    for name, parameter in made.named_parameters():
        if invented_by_seed(parameter):
            drawn = 0.7 * torch.randn(parameter.shape, generator=dice, dtype=torch.float64)
            parameter.copy_(drawn.round(decimals=1))
        elif name.endswith("bias"):
            parameter.zero_()
    made.temperature = experiment.knob("temperature")
    return made


def invented_by_seed(parameter: Tensor) -> bool:
    """Whether the seed fills it: matrices; what else is learnt stays as it is made or is zero."""
    return parameter.ndim > 1


def allowed(experiment: Experiment) -> Tensor:
    """(query, key), bool: what the mask leaves."""
    keys = int(experiment.knob("keys"))
    queries = keys if experiment.looks == "self" else int(experiment.knob("queries"))
    may = torch.ones(queries, keys, dtype=torch.bool)
    if experiment.mask == "causal":
        return may.tril()
    if experiment.mask == "last":
        may[:, -1] = False
    return may


def run(experiment: Experiment, made: Mechanism | None = None) -> Trace:
    """Every stage in double precision.

    made  what `mechanism` made of the same experiment, where the caller has it already
    """
    query, key, value = (rows(experiment, part) for part in PARTS)
    trace: Trace = (made or mechanism(experiment))(query, key, value, allowed(experiment))
    return trace


def worked(experiment: Experiment, made: Mechanism | None = None) -> tuple[Trace, list[Stage]]:
    """The same with all that is shown of it: the inputs, what was marked, what the trace holds."""
    with marking() as marks:
        trace = run(experiment, made)
    inputs = parts(**{part: rows(experiment, part) for part in PARTS})
    return trace, [*inputs, *stages(marks, trace)]
