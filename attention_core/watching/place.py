"""Where in a model attention happens: which stack looks, at what, and in which layer.

A place is written `encoder.3`, `decoder.0`, or `cross.2` where a decoder looks at what an encoder
has read; addresses, cards and edits say it so. Any other stack that looks at another one is
written with both words, `question-cross.1`.

>>> place = Place.parse("cross.2")
>>> place.stack, place.looks, place.layer
('decoder', 'cross', 2)
>>> str(place), place.kind, place.crosses
('cross.2', 'cross', True)
>>> str(Place("vision", 11))
'vision.11'
>>> [place.layer for place in places("cross.0+cross.1")]
[0, 1]
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from attention_core.errors import AttentionError

Looks = Literal["self", "cross"]
"""Whether a stack looks at its own tokens or at those of another."""
WRITER = "decoder"
"""The stack whose looks at another one are called just `cross`."""
_KIND = re.compile(r"(?P<stack>[a-z][a-z_]*)(?P<cross>-cross)?")
_TOGETHER = "+"


@dataclass(frozen=True)
class Place:
    """One attention of a model.

    stack  the part whose queries look: encoder, decoder, vision, audio, …; an open list
    layer  the model's own number, from 0
    """

    stack: str
    layer: int
    looks: Looks = "self"

    @classmethod
    def parse(cls, text: str) -> Place:
        """The place that is written so; raises AttentionError where none is."""
        kind, _, layer = text.rpartition(".")
        if not (kind and layer.isascii() and layer.isdecimal()):
            raise AttentionError(
                "“{text}” names no place of a model; write it like encoder.0 or cross.2.",
                text=text,
            )
        return cls.of_kind(kind, int(layer))

    @classmethod
    def of_kind(cls, kind: str, layer: int) -> Place:
        """The place of that layer among the looks called `kind`; raises AttentionError."""
        match = _KIND.fullmatch(kind)
        if match is None:
            raise AttentionError(
                "“{kind}” is no kind of look; write it like encoder, decoder or cross.", kind=kind
            )
        if kind == "cross":
            return cls(WRITER, layer, "cross")
        return cls(match["stack"], layer, "cross" if match["cross"] else "self")

    @property
    def crosses(self) -> bool:
        """True when the stack looks at what another one has read."""
        return self.looks == "cross"

    @property
    def kind(self) -> str:
        """What all layers of these looks are called together: encoder, decoder, cross, …"""
        if not self.crosses:
            return self.stack
        return "cross" if self.stack == WRITER else f"{self.stack}-cross"

    def __str__(self) -> str:
        return f"{self.kind}.{self.layer}"


def places(text: str) -> tuple[Place, ...]:
    """The places of a reading over one layer or several: `cross.0`, or `cross.0+cross.1`.

    Raises AttentionError where none is.
    """
    return tuple(map(Place.parse, text.split(_TOGETHER)))


def together(sites: tuple[Place, ...] | list[Place]) -> str:
    """How a reading over these places is written; what `places` takes apart."""
    return _TOGETHER.join(map(str, sites))
