"""What a reader is told of a model, and how it comes into memory.

>>> from models.store.catalogue import entry
>>> entry("fake").card.title, entry("fake").task
('Untrained BERT', 'read')
>>> entry("fake").open().name
'fake'
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from attention_core.watching.record import Note
from models.families.family import Origin, Task, Watched, family
from models.loading.kinds import Reads
from models.store.rehearsal import rehearse


@dataclass(frozen=True)
class Card:
    """What a reader must know of a model before they trust its picture.

    parameters, megabytes  0 where they are not known before the model is loaded
    languages              ISO 639-1; empty where they are not known
    """

    name: str
    """The stable id, such as ``minilm``, ``folder:my-model`` or ``hub:gpt2``."""
    title: str
    parameters: int
    megabytes: float
    languages: tuple[str, ...]
    licence: str
    data: str
    good_for: str
    source: str
    heads: int = 0
    """Heads of one layer of a translator's; 0 where that is not known before it is loaded."""
    short: str = ""
    """The name on a crowded page."""
    measured: Mapping[str, Any] = field(default_factory=dict)
    """What evaluation wrote beside the weights: BLEU, alignment, …; empty where nothing was."""
    credit: str = ""
    """Who made it, and who brought it."""
    figures: tuple[Note, ...] = ()
    """What was measured of it, in sentences."""
    reads: Reads = "text"
    """What a model of files is given, as far as its configuration says."""

    @property
    def task(self) -> Task:
        """What is done with a model that is given this."""
        tasks: dict[Reads, Task] = {"pictures": "see", "sound": "hear"}
        return tasks.get(self.reads, "read")


@dataclass(frozen=True)
class Entry:
    """One model of the catalogue: its card, what it does, and how it comes into memory."""

    card: Card
    open: Callable[[], Watched]
    task: Task = "read"


def from_files(card: Card, origin: Callable[[], Origin], task: Task | None = None) -> Entry:
    """A model that is files, opened by whichever family its configuration belongs to.

    One that somebody else made is opened in a process of its own first.

    origin  asked when the model is opened; may raise ModelError, such as DownloadNeeded
    task    what is done with it; None for the usual with what it is given
    """
    wanted = task or card.task

    def opened() -> Watched:
        files = origin()
        if not files.ours:
            rehearse(card.name, files, wanted)
        return family(files.config, wanted).open(card.name, files)

    return Entry(card, opened, wanted)
