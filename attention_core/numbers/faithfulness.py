"""What becomes of an output when the tokens that a method names are really taken away.

>>> from attention_core.numbers.attribution.planted import planted
>>> found = faithful(planted(), {"right": [1, 0], "wrong": [0, 1]})
>>> found["right"].deletion, found["right"].insertion
((1.75, 0.25, 0.0), (0.0, 1.5, 1.75))
>>> found["right"].deletion_area < found["wrong"].deletion_area
True
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import ceil
from random import Random
from statistics import fmean
from typing import Final

from torch import Tensor

from attention_core.errors import AttentionError
from attention_core.numbers.attribution.output import Output

MOST: Final = 64
"""Tokens of an order: each is taken away in each order, so the time grows with their square."""
SHARES: Final = (0.01, 0.05, 0.1, 0.2, 0.5)
"""Of the tokens, rounded up: after DeYoung et al. 2020, https://arxiv.org/abs/1911.03429,
section 5."""


@dataclass(frozen=True)
class Faith:
    """One order of the tokens, tried out.

    deletion   the output after 0, 1, … all tokens of the order are gone
    insertion  the output when only the first 0, 1, … all of them are there

    Where tokens go by several at once, a curve has a point for each time.
    """

    deletion: tuple[float, ...]
    insertion: tuple[float, ...]

    @property
    def deletion_area(self) -> float:
        """The mean of the curve: lower is better, since what matters went first.

        Source: Petsiuk, Das & Saenko 2018, https://arxiv.org/abs/1806.07421, section 3.3.
        """
        return _area(self.deletion)

    @property
    def insertion_area(self) -> float:
        """The mean of the curve: higher is better, since what matters came first."""
        return _area(self.insertion)

    @property
    def comprehensiveness(self) -> float:
        """How much the output loses without the first 1, 5, 10, 20 and 50 % of the tokens, in the
        mean: higher is better. Source: DeYoung et al. 2020, section 4, eq. 1 and 3.
        """
        return fmean(self.deletion[0] - self.deletion[count] for count in self._counts)

    @property
    def sufficiency(self) -> float:
        """How much it loses when only these are there: lower is better. Source: ibid., eq. 2."""
        return fmean(self.deletion[0] - self.insertion[count] for count in self._counts)

    @property
    def _counts(self) -> list[int]:
        return [ceil(share * (len(self.deletion) - 1)) for share in SHARES]


def _area(curve: Sequence[float]) -> float:
    """By trapezoids, over the share of the tokens from 0 to 1."""
    inner = sum(curve[1:-1])
    return (curve[0] / 2 + inner + curve[-1] / 2) / (len(curve) - 1)


def order(scores: Tensor, own: Sequence[int]) -> list[int]:
    """The reader's own tokens, what speaks most for the output first; of equal ones the earlier."""
    return sorted(own, key=lambda place: -float(scores[place]))


def shuffled(own: Sequence[int], count: int, seed: int = 7) -> list[list[int]]:
    """So many orders by chance, the same at every call."""
    dice = Random(seed)
    return [dice.sample(list(own), len(own)) for _ in range(count)]


def faithful(
    output: Output, orders: Mapping[str, Sequence[int]], times: int = MOST
) -> dict[str, Faith]:
    """Every order tried out; what several orders ask is asked once.

    orders  of the same tokens, by name
    times   how often something is taken away at most, of an order: of more tokens than that
            several go at once, as evenly as whole numbers allow

    Raises AttentionError when the orders are too long; Superseded when nobody waits for the output
    any more.
    """
    longest = max(map(len, orders.values()), default=0)
    counts = [
        round(longest * time / min(longest, times)) for time in range(min(longest, times) + 1)
    ]
    if times == MOST < longest:
        raise AttentionError(
            "To take away {tokens} words one after the other takes too long; it is done for at "
            "most {most}. Shorten the text.",
            tokens=longest,
            most=MOST,
        )
    cases: dict[frozenset[int], float] = {}
    for tokens in orders.values():
        for count in counts:
            cases[frozenset(tokens[:count])] = cases[frozenset(tokens[count:])] = 0.0
    asked = [sorted(case) for case in cases]
    cases = dict(zip(cases, output.without(asked).tolist(), strict=True))

    def tried(tokens: Sequence[int]) -> Faith:
        return Faith(
            tuple(cases[frozenset(tokens[:count])] for count in counts),
            tuple(cases[frozenset(tokens[count:])] for count in counts),
        )

    return {name: tried(tokens) for name, tokens in orders.items()}


def typical(tried: Sequence[Faith]) -> Faith:
    """The mean of several orders, curve by curve."""
    return Faith(
        tuple(map(fmean, zip(*(one.deletion for one in tried), strict=True))),
        tuple(map(fmean, zip(*(one.insertion for one in tried), strict=True))),
    )
