"""Every task there is, and where what was trained for it lies.

>>> [task.name for task in tasks()][0]
'facts'
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Final

from attention_core.errors import ModelError
from attention_core.finding import found
from models.ours.proofs import tasks as known
from models.ours.proofs.task import Task

CHECKPOINTS: Final = Path(__file__).parents[1] / "checkpoints" / "proofs"
GROUP: Final = "attention_atlas.proofs"


@cache
def tasks() -> tuple[Task, ...]:
    """In the order of their places; a package elsewhere names its own under the entry points."""
    made = [getattr(one, "TASK", one) for one in found(known, GROUP)]
    return tuple(sorted((one for one in made if isinstance(one, Task)), key=lambda one: one.place))


def shipped() -> tuple[Task, ...]:
    """Those for which models were trained and measured."""
    return tuple(one for one in tasks() if (CHECKPOINTS / one.name / "card.json").is_file())


def task(name: str) -> Task:
    """Raises ModelError with the known names when there is none of that name."""
    for one in tasks():
        if one.name == name:
            return one
    raise ModelError(
        "There is no proof “{name}”; there are {known}.",
        name=name[:40],
        known=", ".join(one.name for one in tasks()),
    )
