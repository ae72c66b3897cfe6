"""Everything that can be wrong with what a caller hands us, as one small tree.

AttentionError
├── ShapeError       tensors that do not fit together
├── TextError        text that cannot be read as it stands
│   └── TooLong      more tokens than the model reads; it can be cut if the reader agrees
├── ModelError       a model that cannot be found, judged safe, or loaded
│   └── DownloadNeeded   the model is known but not on this machine
└── UnverifiedError  weights that do not reproduce what the module computed

Every message says what was found, what is needed and what to do. Write it as a template with
named values, never as an f-string: the translations are collected from the templates.

>>> error = ShapeError("There are {keys} keys but {values} values.", keys=7, values=6)
>>> str(error), error.sentence
('There are 7 keys but 6 values.', 'There are {keys} keys but {values} values.')
"""

from __future__ import annotations


class AttentionError(ValueError):
    """What a caller can cause and can mend; its sentence may be shown to a reader.

    The sentence is a template with its values beside it, so that a page can say it in the
    reader's language: ``TextError("This text has {tokens} tokens; …", tokens=700)``.
    """

    def __init__(self, sentence: str, **values: object) -> None:
        self.sentence = sentence
        self.values = values
        super().__init__(sentence.format(**values) if values else sentence)


class ShapeError(AttentionError):
    """Tensors that do not fit together."""


class TextError(AttentionError):
    """Text that cannot be read as it stands."""


class TooLong(TextError):
    """More tokens than the model reads; it can be cut if the reader agrees."""


class ModelError(AttentionError):
    """A model that cannot be found, judged safe, or loaded."""


class DownloadNeeded(ModelError):
    """The model is known but its files are not on this machine."""


class UnverifiedError(AttentionError):
    """Weights that do not reproduce what the module computed."""


class Superseded(Exception):
    """A newer request took this one's place; raised between two layers, shown to nobody."""
