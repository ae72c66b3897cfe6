"""What one mechanism is called by the company it keeps: self or cross, soft, global.

These are no equations of their own, but ways to use one: its card names them.

>>> use = Use("peeking", "Peeking", "cross", "Words look at a picture.", "Ann 2020", "https://a.org")
>>> use.looks, use.mechanism
('cross', '')
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Use:
    """A name of the field for a mechanism in a certain place.

    looks      self: queries, keys and values are made of the same words; cross: of two texts
    means      what the name says, in one sentence
    source     authors, year, section
    mechanism  whose use it is; the registry fills it in
    """

    name: str
    title: str
    looks: Literal["self", "cross"]
    means: str
    source: str
    link: str
    mechanism: str = ""
