"""Everything that can be wrong with what a caller hands us, as one small tree.

AttentionError
├── ShapeError       tensors that do not fit together
├── TextError        text that cannot be read as it stands
├── ModelError       a model that cannot be found, judged safe, or loaded
│   └── DownloadNeeded   the model is known but not on this machine
└── UnverifiedError  weights that do not reproduce what the module computed

Every message says what was found, what is needed and what to do.
"""

from __future__ import annotations


class AttentionError(ValueError):
    """What a caller can cause and can mend; its text may be shown to a reader."""


class ShapeError(AttentionError):
    """Tensors that do not fit together."""


class TextError(AttentionError):
    """Text that cannot be read as it stands."""


class ModelError(AttentionError):
    """A model that cannot be found, judged safe, or loaded."""


class DownloadNeeded(ModelError):
    """The model is known but its files are not on this machine."""


class UnverifiedError(AttentionError):
    """Weights that do not reproduce what the module computed."""


class Superseded(Exception):  # noqa: N818  (not an error: nobody waits for this answer any more)
    """A newer request took this one's place; raised between two layers, shown to nobody."""
