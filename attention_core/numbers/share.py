"""How sure a counted share is, and how sure the difference of two counted on the same cases.

>>> [round(one, 3) for one in wilson(9, 10)]
[0.596, 0.982]
>>> [round(one, 3) for one in gained(30, 10, 100)]
[0.079, 0.313]

Sources: Wilson 1927, Journal of the American Statistical Association 22, equation for the limits;
Agresti & Min 2005, Statistics in Medicine 24, pp. 729–740, "Simple improved confidence intervals
for comparing matched proportions", the adjusted Wald interval.
"""

from __future__ import annotations

import math
from typing import Final

SURE: Final = 1.96
"""Standard deviations on either side that hold 95 of 100."""


def wilson(right: int, all_: int) -> tuple[float, float]:
    """The interval of 95 % of a share of `right` among `all_`; from 0 to 1 where there is none."""
    if not all_:
        return 0.0, 1.0
    share, spread = right / all_, SURE**2 / all_
    middle = share + spread / 2
    half = SURE * math.sqrt(share * (1 - share) / all_ + spread / (4 * all_))
    return (middle - half) / (1 + spread), (middle + half) / (1 + spread)


def gained(more: int, less: int, all_: int) -> tuple[float, float]:
    """The interval of 95 % of the difference of two shares of the same cases, −1 to 1.

    more  cases in which only the first is right; less: only the second
    all_  cases

    Half a case is added to each of the four kinds, so that the interval holds for few cases too.
    """
    cases, one, other = all_ + 2, more + 0.5, less + 0.5
    middle = (one - other) / cases
    half = SURE * math.sqrt(one + other - (one - other) ** 2 / cases) / cases
    return max(-1.0, middle - half), min(1.0, middle + half)
