"""What of a computation is shown: each stage has a name, what it counts, and an explanation.

An `attend` marks what a reader should see on the way; queries, keys, values, scores, who may look,
weights, context and what else its trace holds are shown without a mark.

    >>> import torch
    >>> with marking() as marks:
    ...     _ = stage("scores", torch.eye(2))
    >>> [mark.name for mark in marks]
    ['scores']
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING, Final, NamedTuple

from torch import Tensor

from attention_core.marking import N_

if TYPE_CHECKING:
    from attention_core.mechanisms.mechanism import Trace

_COUNTED: Final = {"q": "query", "k": "key", "v": "value", "w": "width", "1": "one"}


class Mark(NamedTuple):
    """A tensor worth showing, with the letters of its last axes, such as ``q k``."""

    name: str
    tensor: Tensor
    axes: str


class Stage(NamedTuple):
    """One picture of a computation: a matrix (row, column) for each head.

    size           heads, rows, columns
    rows, columns  what they count: query, key, value, heads, width, or one
    """

    name: str
    tensor: Tensor
    size: tuple[int, int, int]
    rows: str
    columns: str

    @property
    def numbers(self) -> Tensor:
        """(head, row, column)"""
        return self.tensor.reshape(self.size)


_marks: ContextVar[list[Mark] | None] = ContextVar("marks", default=None)


def stage(name: str, tensor: Tensor, axes: str = "q k") -> Tensor:
    """The tensor itself, marked as a stage while somebody watches the stages.

    axes  the letters of the last axes: q query, k key, v value, w numbers of one word
    """
    if (marks := _marks.get()) is not None:
        marks.append(Mark(name, tensor, axes))
    return tensor


@contextmanager
def marking() -> Iterator[list[Mark]]:
    """Collects what is marked inside, in order."""
    marks: list[Mark] = []
    token = _marks.set(marks)
    try:
        yield marks
    finally:
        _marks.reset(token)


def stages(marks: Sequence[Mark], trace: Trace) -> list[Stage]:
    """What was marked, in order, the first of a name; then what the trace holds beside it.

    Scores stand before who may look, marked or not.
    """
    shown: dict[str, Mark] = {}
    for mark in marks:
        if mark.name == "allowed":
            shown.setdefault("scores", Mark("scores", trace.scores, "q k"))
        shown.setdefault(mark.name, mark)
    promised = (
        *(Mark(*extra) for extra in trace.extras),
        Mark("scores", trace.scores, "q k"), Mark("allowed", trace.allowed, "q k"),
        Mark("weights", trace.weights, "q k"), Mark("context", trace.context, "q w"),
    )  # fmt: skip
    for mark in promised:
        shown.setdefault(mark.name, mark)
    return [laid for mark in shown.values() if (laid := _laid(mark)) is not None]


def parts(**rows: Tensor) -> list[Stage]:
    """The inputs as stages: query, key and value, each (token, width)."""
    return [
        Stage(name, tensor, (1, tensor.shape[-2], tensor.shape[-1]), name, "width")
        for name, tensor in rows.items()
    ]


def _laid(mark: Mark) -> Stage | None:
    """h q k: a matrix for each head, h q: a column, h w: one row a head; None for other axes."""
    shape, letters = list(mark.tensor.shape), mark.axes.split()
    if letters == ["h", "w"]:
        return Stage(mark.name, mark.tensor, (1, shape[0], shape[1]), "heads", "width")
    letters = [letter for letter in letters if letter != "h"]
    if len(letters) == 1 and letters[0] in "qk":
        letters, shape = [*letters, "1"], [*shape, 1]
    if len(letters) != 2 or not 2 <= len(shape) <= 3:
        return None
    rows, columns = (_COUNTED.get(letter, "width") for letter in letters)
    heads = shape[0] if len(shape) == 3 else 1
    return Stage(mark.name, mark.tensor, (heads, shape[-2], shape[-1]), rows, columns)


class Explained(NamedTuple):
    """What a stage is called, and one sentence of what it says, where there is one.

    name    as `stage` marks it; "round" is also the name of "round 2"
    shares  whether its numbers are drawn like weights: as parts of a whole, ○ for nothing
    """

    name: str
    title: str
    about: str = ""
    shares: bool = False


COMMON: Final = (
    Explained(
        "query",
        N_("queries q"),
        N_("A query asks: what am I looking for? One row for each word that looks."),
    ),
    Explained(
        "key",
        N_("keys k"),
        N_("A key answers: what am I? One row for each word that is looked at."),
    ),
    Explained(
        "value", N_("values v"), N_("A value is what is taken away from a word that is looked at.")
    ),
    Explained(
        "queries",
        N_("queries, prepared"),
        N_("The queries after this mechanism's own step; its matrix is learnt."),
    ),
    Explained(
        "keys",
        N_("keys, prepared"),
        N_("The keys after this mechanism's own step; its matrix is learnt."),
    ),
    Explained(
        "values",
        N_("values, prepared"),
        N_("The values, cut into heads or sent through a learnt matrix."),
    ),
    Explained(
        "scores",
        N_("scores"),
        N_("How well each query and key go together: large means look here."),
    ),
    Explained(
        "scaled",
        N_("scores, scaled"),
        N_("Divided by √d, so that wide vectors do not make the softmax all or nothing."),
    ),
    Explained(
        "allowed", N_("who may look"), N_("Hatched: forbidden. The softmax never sees these.")
    ),
    Explained(
        "weights",
        N_("weights"),
        N_("The scores as shares: hatched is forbidden, ○ is allowed but exactly zero."),
        shares=True,
    ),
    Explained(
        "heads", N_("heads side by side"), N_("What each head takes away, one after the other.")
    ),
    Explained(
        "context", N_("context"), N_("What each query takes away: the weighted sum of the values.")
    ),
)
"""The stages that many mechanisms have. What one alone has, it explains itself."""
