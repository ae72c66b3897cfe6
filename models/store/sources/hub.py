"""The models of the Hugging Face hub: none is listed, and any may be named."""

from __future__ import annotations

from attention_core.marking import N_
from models.families.family import Origin
from models.loading import hub, weights
from models.store.card import Card, from_files
from models.store.sources import Files, Source, register

PREFIX = "hub:"


def card(name: str) -> Card:
    """What is known of a model without asking the hub.

    Raises ModelError when no model can have that name.
    """
    folder = hub.cached(name)
    parameters, size = weights.held(folder) if folder else (0, 0)
    return Card(
        name=f"{PREFIX}{name}",
        title=name,
        parameters=parameters,
        megabytes=round(size / 1e6, 1),
        languages=(),
        licence=N_("see its page"),
        data=N_("see its page"),
        good_for=N_("a model of the Hugging Face hub"),
        source=f"https://huggingface.co/{name}",
    )


def _files(name: str) -> Files:
    place = name.removeprefix(PREFIX)
    return card(place), lambda: Origin(*hub.place(place), links=True)


register(Source("hub", 60, lambda: (), PREFIX, lambda name: from_files(*_files(name)), _files))
