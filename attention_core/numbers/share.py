"""How sure a counted share is: Wilson's score interval.

>>> [round(one, 3) for one in wilson(9, 10)]
[0.596, 0.982]

Source: Wilson 1927, Journal of the American Statistical Association 22, equation for the limits.
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
