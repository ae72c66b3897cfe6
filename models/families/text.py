"""The family of models that read a text, or a pair of them: BERT, GPT, T5's two halves, ….

It takes whatever no other family does; a model that cannot read a text says so when it is loaded.
"""

from __future__ import annotations

from models.families.family import Family, Origin, register
from models.families.reader import Reader
from models.loading.checkpoint import from_folder


def _opened(name: str, origin: Origin) -> Reader:
    checkpoint = from_folder(origin.folder, origin.root, origin.links, origin.ours)
    return Reader(name, checkpoint, asks=not origin.ours)


TEXT = register(
    Family("text", "read", ("text", "second"), lambda _config: True, _opened, last=True)
)
