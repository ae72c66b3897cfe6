"""What a picture needs, said once: checked in Python, packed for the browser, typed for both.

A picture is a frozen dataclass whose fields say in their annotation how they travel:

>>> from dataclasses import dataclass
>>> from typing import Annotated
>>> @dataclass(frozen=True, kw_only=True)
... class Bars(Picture):
...     words: Annotated[Sequence[str], Labels("word")]
...     heights: Annotated[Array, Sent("word", np.float32)]
>>> packed(Bars(words=["a", "b"], heights=np.array([0.5, 1.0])))["heights"].tolist()
[0.5, 1.0]
>>> Bars(words=["a", "b"], heights=np.ones(3))
Traceback (most recent call last):
    ...
attention_core.errors.ShapeError: The numbers have shape (3,) but the labels need (2,); pass one \
label for each row and column.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from typing import Annotated, Any, ClassVar, get_args, get_origin, get_type_hints

import numpy as np
from numpy.typing import NDArray

from attention_core.errors import ShapeError

Array = NDArray[Any]


@dataclass(frozen=True)
class Labels:
    """One entry for each place of an axis; their number is the axis's size."""

    axis: str


@dataclass(frozen=True)
class Sent:
    """Numbers over named axes, in the browser one row of `dtype`, the last axis running fastest.

    shares   numbers from 0 to 1, sent in as many steps as the type has
    ragged   a sequence of arrays, one for each place of that axis; they may differ in size, so
             `<field>_shapes` says each one's
    planes   matrices over the last two axes, which keep their shape: the browser may take one
             after the other, and of a large one what it draws and the rows that are pointed at
    """

    axes: str
    dtype: type[np.generic]
    shares: bool = False
    ragged: str = ""
    planes: bool = False


@dataclass(frozen=True)
class Parts:
    """A sequence of smaller contracts; the arrays of all of them follow one another."""

    of: type[Contract]


class Chosen:
    """What the reader may change: sent apart, and given back by the browser. None = theirs."""


class Contract:
    """Fields that belong together; ShapeError when their sizes do not."""

    def __post_init__(self) -> None:
        """Check every array against the labels of its axes."""
        sizes = {
            note.axis: len(value)
            for _name, value, note in noted(self)
            if isinstance(note, Labels) and value is not None
        }
        for _name, value, note in noted(self):
            if isinstance(note, Labels) and value is not None and len(value) != sizes[note.axis]:
                raise _misfit((len(value),), (sizes[note.axis],))
            if isinstance(note, Sent) and value is not None:
                _check(value, note, sizes)


@dataclass(frozen=True, kw_only=True)
class Picture(Contract):
    """Everything a picture shows; `text` is what it says, in the language of its reader.

    title, caption   stand above and below it in a file
    name             of that file, without its ending
    asks             True where it asks the app while it is looked at: it cannot stand by itself
    """

    widget: ClassVar[str]
    words: ClassVar[Mapping[str, str]]
    asks: ClassVar[bool] = False

    title: str = ""
    caption: str = ""
    name: str = "attention"

    def drawn(self, chosen: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
        """Names of fields of planes and the parts of them that are drawn at once.

        chosen    what stands chosen, as a browser told it: anything; a field that is not in it
                  is as the picture opens
        returns   parts as "3/matrix", "3/rows" (plane 3 and the scale of its colours), "3/all" or
                  "row/7"; nothing depends on them but how soon the picture is there
        """
        del chosen
        return ()


def told(chosen: Mapping[str, Any], name: str) -> list[int] | None:
    """The numbers that a browser told under a name; None where it told none.

    >>> told({"pins": [3, "x"]}, "pins"), told({"pins": 3}, "pins"), told({}, "pins")
    ([3], None, None)
    """
    given = chosen.get(name)
    return [one for one in given if isinstance(one, int)] if isinstance(given, list) else None


def packed(picture: Contract) -> dict[str, Any]:
    """Names and values as the browser takes them: text, lists, and arrays of one type.

    Arrays are flat, but for planes.
    """
    found: dict[str, Any] = {}
    for name, value, note in noted(picture):
        if isinstance(note, Chosen):
            continue
        if value is None:
            found[name] = None
        elif isinstance(note, Parts):
            found |= _parts(name, value)
        elif isinstance(note, Sent) and note.ragged:
            found[name] = _joined([_flat(one, note) for one in value], note)
            found[f"{name}_shapes"] = [list(np.shape(one)) for one in value]
        elif isinstance(note, Sent):
            row = _flat(value, note)
            found[name] = row.reshape(np.shape(value)) if note.planes else row
        else:
            found[name] = plain(value)
    return found


def choices(picture: Contract) -> dict[str, Any]:
    """What Python wants chosen; None where the reader decides."""
    return {name: plain(value) for name, value, note in noted(picture) if isinstance(note, Chosen)}


def noted(picture: Contract) -> Iterator[tuple[str, Any, Any]]:
    """Each field's name, value and note; the note is None where a field travels as it is."""
    for name, (_kind, note) in notes(type(picture)).items():
        yield name, getattr(picture, name), note


def notes(contract: type[Any]) -> dict[str, tuple[Any, Any]]:
    """Of each field its type and its note; looked up once for each contract."""
    if contract not in _NOTES:
        hints = get_type_hints(contract, include_extras=True)
        _NOTES[contract] = {one.name: _note(hints[one.name]) for one in fields(contract)}
    return _NOTES[contract]


_NOTES: dict[type[Any], dict[str, tuple[Any, Any]]] = {}


def _note(hint: Any) -> tuple[Any, Any]:
    return get_args(hint)[:2] if get_origin(hint) is Annotated else (hint, None)


def plain(value: Any) -> Any:
    """A value of lists, dictionaries, text and numbers only."""
    if is_dataclass(value) and not isinstance(value, type):
        return {name: plain(part) for name, part in asdict(value).items()}
    if isinstance(value, str) or value is None:
        return value
    if isinstance(value, Sequence):
        return [plain(part) for part in value]
    return value.item() if isinstance(value, np.generic) else value


def flat(values: Array, dtype: type[np.generic], *sizes: int) -> Array:
    """One row of numbers, as the browser takes them; ShapeError when they do not fit the labels."""
    if values.shape != sizes:
        raise _misfit(values.shape, sizes)
    return np.ascontiguousarray(values, dtype=dtype).ravel()


def _flat(values: Any, note: Sent) -> Array:
    numbers = np.asarray(values, dtype=np.float64 if note.shares else note.dtype)
    if note.shares:
        numbers = np.rint(np.clip(numbers, 0.0, 1.0) * np.iinfo(np.dtype(note.dtype)).max)
    return flat(numbers, note.dtype, *numbers.shape)


def _joined(rows: Sequence[Array], note: Sent) -> Array:
    return np.concatenate(rows) if rows else np.zeros(0, note.dtype)


def _parts(name: str, parts: Sequence[Contract]) -> dict[str, Any]:
    """The parts without their arrays, and the arrays of all parts one after the other."""
    whole = [packed(part) for part in parts]
    arrays = {key for one in whole for key, value in one.items() if isinstance(value, np.ndarray)}
    return {
        name: [{key: one[key] for key in one if key not in arrays} for one in whole],
        **{key: np.concatenate([one[key] for one in whole]) for key in sorted(arrays)},
    }


def _check(value: Any, note: Sent, sizes: dict[str, int]) -> None:
    """Sizes that no label gives are taken from the first array that has the axis."""
    if note.ragged:
        count = sizes.setdefault(note.ragged, len(value))
        if len(value) != count:
            raise _misfit((len(value),), (count,))
        shared = {axis for axis in note.axes.split() if axis in sizes}
        for one in value:
            _check(one, Sent(note.axes, note.dtype), {axis: sizes[axis] for axis in shared})
        return
    shape, axes = np.shape(value), note.axes.split()
    known = {**dict(zip(axes, shape, strict=False)), **sizes}
    needed = tuple(known.get(axis, 0) for axis in axes)
    if shape != needed:
        raise _misfit(shape, needed)
    sizes.update(zip(axes, shape, strict=True))


def _misfit(found: tuple[int, ...], needed: tuple[int, ...]) -> ShapeError:
    return ShapeError(
        "The numbers have shape {found} but the labels need {needed}; "
        "pass one label for each row and column.",
        found=found,
        needed=needed,
    )
