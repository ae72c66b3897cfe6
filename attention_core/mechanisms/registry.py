"""Every mechanism that there is: what stands in `families`, and what other packages add.

>>> ALL["luong_dot"].card.source
'Luong, Pham & Manning 2015, section 3.1, eq. 7–8'
>>> USES["self_attention"].mechanism
'scaled_dot_product'
>>> "multi_head" in in_set("heads"), "multi_head" in at_stop("transformer")
(True, True)
>>> stage_of("round 2").title, stage_of("unmixed").shares
('round {round}', True)
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import ModuleType
from typing import Final

from attention_core.errors import ModelError
from attention_core.finding import found
from attention_core.mechanisms import families
from attention_core.mechanisms.mechanism import Mechanism
from attention_core.mechanisms.stages import COMMON, Explained
from attention_core.mechanisms.uses import Use

PLUGINS: Final = "attention_atlas.mechanisms"
"""The entry points of other packages; each names a module like those in `families`."""

Registry = dict[str, type[Mechanism]]


def modules() -> Iterator[ModuleType]:
    """Our own families, then those of other packages."""
    return found(families, PLUGINS)


def registered(modules: Iterable[ModuleType]) -> Registry:
    """The mechanisms of these modules: each class with a card of its own, in order of the cards.

    Raises ModelError when two of them have one name.
    """
    kinds = {
        kind
        for module in modules
        for kind in vars(module).values()
        if isinstance(kind, type) and issubclass(kind, Mechanism) and "card" in vars(kind)
    }
    known: Registry = {}
    for kind in sorted(kinds, key=lambda kind: (kind.card.place, kind.card.name)):
        if kind.card.name in known:
            raise ModelError(
                "Two mechanisms are called {name}, in {one} and in {other}; rename one of them.",
                name=kind.card.name,
                one=known[kind.card.name].__module__,
                other=kind.__module__,
            )
        known[kind.card.name] = kind
    return known


ALL: Final[Registry] = registered(modules())

USES: Final[dict[str, Use]] = {
    use.name: replace(use, mechanism=name) for name, kind in ALL.items() for use in kind.card.uses
}


def explained(kinds: Iterable[type[Mechanism]]) -> dict[str, Explained]:
    """The stages that are common, then those that these mechanisms have of their own.

    Raises ModelError when one name is explained in two ways.
    """
    known = {stage.name: stage for stage in COMMON}
    for kind in kinds:
        for own in kind.stages:
            if known.setdefault(own.name, own) != own:
                raise ModelError(
                    "{kind} explains the stage {name}, which is explained otherwise; "
                    "give the stage another name.",
                    kind=kind.card.name,
                    name=own.name,
                )
    return known


STAGES: Final[Mapping[str, Explained]] = explained(ALL.values())


def stage_of(name: str) -> Explained:
    """What a stage is called: "round 2" by "round", and one that nobody explains by its name."""
    return STAGES.get(name.partition(" ")[0], Explained(name, name))


def sets() -> tuple[str, ...]:
    """The names of all sets of mechanisms that are compared with one another."""
    return tuple(dict.fromkeys(name for kind in ALL.values() for name in kind.card.sets))


def in_set(name: str) -> tuple[str, ...]:
    """The mechanisms of one set, in its order."""
    return _ordered({kind.card.name: kind.card.sets[name]
                     for kind in ALL.values() if name in kind.card.sets})  # fmt: skip


def at_stop(key: str) -> tuple[str, ...]:
    """The mechanisms of one stop of the story, in its order."""
    return _ordered({kind.card.name: kind.card.stops[key]
                     for kind in ALL.values() if key in kind.card.stops})  # fmt: skip


def _ordered(places: dict[str, int]) -> tuple[str, ...]:
    return tuple(sorted(places, key=lambda name: places[name]))
