"""What files hold as plain values, so that they can be read in one process and used in another.

`answering` is the side that reads: it is asked with plain values and bytes, and says what it read,
or what is wrong with a file, in plain values and bytes. `attention`, `pairs`, `table`,
`picture`, `heard` and `trees` ask it.

>>> asked = answering()
>>> found = attention(asked, b",the,cat\\nle,0.9,0.1\\n")
>>> found.form, found.sentences[0].weights.tolist()
('csv', [[[0.8999999761581421, 0.10000000149011612]]])
>>> attention(asked, b"Once upon a time")  # doctest: +ELLIPSIS
Traceback (most recent call last):
    ...
attention_core.errors.TextError: None of the ... known formats recognises this file; ...
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from typing import Any, Final

import numpy as np

from attention_core.errors import AttentionError, TextError, TooLong
from attention_core.files import corpus, reading, registry
from attention_core.files.format import Columns, Reading, Table
from attention_core.files.imported import Imported
from attention_core.files.pairs import Pair, Pairs
from attention_core.files.photograph import Photograph, photograph
from attention_core.files.sound import Sound, sound
from attention_core.files.text import assumed, decoded
from attention_core.files.treebank import Treebank, treebank
from attention_core.numbers.alignment import AlignedPair, Gold, Link
from attention_core.numbers.syntax import Tree
from attention_core.watching.record import Note

Told = tuple[Any, list[bytes]]
Asked = Callable[[Mapping[str, Any], list[bytes]], Told]
"""A question and its bytes to an answer and its bytes."""

_ERRORS: Final = {one.__name__: one for one in (AttentionError, TextError, TooLong)}


@dataclass(frozen=True)
class Opened:
    """A file of attention: its format, its sentences, and what is to be said of it."""

    form: str
    sentences: tuple[Imported, ...]
    notes: tuple[Note, ...] = ()


def attention(
    asked: Asked, data: bytes, form: str = "", sources: bytes = b"", cut: bool = False
) -> Opened:
    """A file of attention; "" as its form is recognised.

    Raises what `reading.read` and `reading.recognised` raise.
    """
    said, (numbers,) = _heard(asked, {"read": form, "cut": cut}, [data, sources])
    ends = [0, *accumulate(int(np.prod(one["shape"])) for one in said["sentences"])]
    weights = np.frombuffer(numbers, "<f4").copy()
    sentences = (
        Imported(
            tuple(one["source"]), tuple(one["target"]),
            weights[start:end].reshape(one["shape"]), one["number"], _noted(one["notes"]),
        )
        for one, (start, end) in zip(said["sentences"], pairwise(ends), strict=True)
    )  # fmt: skip
    return Opened(said["form"], tuple(sentences), _noted(said["notes"]))


def pairs(asked: Asked, form: str, files: Sequence[bytes | None], how: Reading) -> Pairs:
    """A file of pairs; raises what `corpus.read` raises."""
    given = [data is not None for data in files]
    question = {"pairs": form, "given": given, "how": how}
    said, _ = _heard(asked, question, [data for data in files if data is not None])
    return Pairs(tuple(map(_paired, said["rows"])), _noted(said["notes"]))


def table(asked: Asked, form: str, data: bytes) -> Table:
    """A file of pairs before it is read; raises TextError where it is no table."""
    said, _ = _heard(asked, {"table": form}, [data])
    return Table(tuple(said["beginnings"]), Columns(*said["likely"]))


def picture(asked: Asked, data: bytes) -> Photograph:
    """A picture; raises TextError with what is wrong with it."""
    said, (png,) = _heard(asked, {"picture": True}, [data])
    return Photograph(png, said["width"], said["height"], _noted(said["notes"]))


def heard(asked: Asked, data: bytes) -> Sound:
    """A sound; raises TextError with what is wrong with it."""
    said, (wav,) = _heard(asked, {"sound": True}, [data])
    return Sound(wav, said["seconds"], _noted(said["notes"]))


def trees(asked: Asked, data: bytes) -> Treebank:
    """A treebank; raises TextError where no sentence of it can be read."""
    said, _ = _heard(asked, {"trees": True}, [data])
    return Treebank(tuple(map(_grown, said["trees"])), _noted(said["notes"]), said["unread"])


def answering() -> Asked:
    """What reads."""
    return answer


def answer(question: Mapping[str, Any], parts: list[bytes]) -> Told:
    """What was read, or the error that says what is wrong."""
    try:
        made = next(made for name, made in _ANSWERS.items() if name in question)
        return made(question, parts)
    except AttentionError as problem:
        return {"refused": [type(problem).__name__, *_template(problem)]}, []


def _read(question: Mapping[str, Any], data: bytes, sources: bytes) -> Told:
    form = question["read"] or reading.recognised(data).name
    known = registry.attention().get(form)
    texts = (sources,) if known is not None and known.binary else (data, sources)
    notes = dict.fromkeys(filter(None, map(assumed, texts)))
    found = reading.read(data, form, decoded(sources), question["cut"])
    said = [
        {"source": one.source, "target": one.target, "shape": one.weights.shape,
         "number": one.number, "notes": list(map(_template, one.notes))}
        for one in found
    ]  # fmt: skip
    numbers = b"".join(one.weights.astype("<f4").tobytes() for one in found)
    return {"form": form, "sentences": said, "notes": list(map(_template, notes))}, [numbers]


def _pairs(question: Mapping[str, Any], parts: list[bytes]) -> Any:
    left = iter(parts)
    files = [next(left) if given else None for given in question["given"]]
    cut, first, direction, columns = question["how"]
    how = Reading(cut, first, direction, None if columns is None else Columns(*columns))
    found = corpus.read(question["pairs"], files, how)
    rows = [[pair.source, pair.target, _linked(pair.aligned)] for pair in found.rows]
    return {"rows": rows, "notes": list(map(_template, found.notes))}


def _picture(data: bytes) -> Told:
    found = photograph(data)
    notes = list(map(_template, found.notes))
    return {"width": found.width, "height": found.height, "notes": notes}, [found.png]


def _sound(data: bytes) -> Told:
    found = sound(data)
    return {"seconds": found.seconds, "notes": list(map(_template, found.notes))}, [found.wav]


def _trees(data: bytes) -> Any:
    found = treebank(data)
    rows = [[one.text, one.words, one.spans, one.heads, one.relations] for one in found.trees]
    return {"trees": rows, "notes": list(map(_template, found.notes)), "unread": found.unread}


def _grown(row: Sequence[Any]) -> Tree:
    text, words, spans, heads, relations = row
    return Tree(
        text, tuple(words), tuple((start, end) for start, end in spans), tuple(heads),
        tuple(relations),
    )  # fmt: skip


def _table(form: str, data: bytes) -> Any:
    known = registry.pairs().get(form)
    found = Table((), Columns()) if known is None or known.table is None else known.table(data)
    return found._asdict()


_ANSWERS: Final[dict[str, Callable[[Mapping[str, Any], list[bytes]], Told]]] = {
    "read": lambda question, parts: _read(question, *parts),
    "pairs": lambda question, parts: (_pairs(question, parts), []),
    "picture": lambda _question, parts: _picture(*parts),
    "sound": lambda _question, parts: _sound(*parts),
    "trees": lambda _question, parts: (_trees(*parts), []),
    "table": lambda question, parts: (_table(question["table"], *parts), []),
}
"""What each question is answered by."""


def _linked(pair: AlignedPair | None) -> Any:
    return pair and [pair.source, pair.target, [sorted(kind) for kind in pair.gold], pair.texts]


def _paired(row: Sequence[Any]) -> Pair:
    source, target, aligned = row
    if aligned is None:
        return Pair(source, target)
    words, others, gold, texts = aligned
    links = Gold(*(frozenset(Link(*link) for link in kind) for kind in gold))
    return Pair(
        source, target,
        AlignedPair(tuple(words), tuple(others), links, texts and (texts[0], texts[1])),
    )  # fmt: skip


def _template(said: Note | AttentionError) -> list[Any]:
    return [said.sentence, {name: _plain(value) for name, value in said.values.items()}]


def _plain(value: object) -> object:
    """The value as JSON has it."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return value if isinstance(value, str | int | float | None) else str(value)


def _noted(told: Sequence[Any]) -> tuple[Note, ...]:
    return tuple(Note(sentence, **values) for sentence, values in told)


def _heard(asked: Asked, question: Mapping[str, Any], parts: list[bytes]) -> Told:
    """An answer; raises the error that was said instead."""
    said, made = asked(question, parts)
    if "refused" in said:
        kind, sentence, values = said["refused"]
        raise _ERRORS.get(kind, AttentionError)(sentence, **values)
    return said, made
