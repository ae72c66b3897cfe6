"""Frames in time: each a short span of a sound or of a clip.

>>> axis = frames(4, seconds=0.5)
>>> [(frame.text, frame.start, frame.end) for frame in axis.tokens[:2]]
[('0.0 s', 0.0, 0.5), ('0.5 s', 0.5, 1.0)]
>>> axis.unit, axis.distances(axis)[0].tolist()
('seconds', [0.0, 0.5, 1.0, 1.5])
>>> spoken(axis, [("two", 0.0, 1.0), ("words", 1.0, 2.0)]).groups
((0, 1), (2, 3))
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import groupby

import torch
from torch import Tensor

from attention_core.axes.axis import Axis
from attention_core.marking import N_


@dataclass(frozen=True)
class Frame:
    """One place in time.

    start, end  seconds from the beginning
    segment     the number of the word or scene that it belongs to; −1 for one of its own
    """

    text: str
    start: float
    end: float
    special: bool = False
    segment: int = -1


@dataclass(frozen=True)
class FrameAxis:
    """The frames of one sound or clip. labels: what its segments are called, such as words."""

    name: str
    tokens: tuple[Frame, ...]
    labels: tuple[str, ...] = ()

    unit = N_("seconds")

    def __len__(self) -> int:
        return len(self.tokens)

    @cached_property
    def groups(self) -> tuple[tuple[int, ...], ...]:
        """Neighbouring frames of one segment."""

        def key(place: int) -> tuple[bool, int]:
            segment = self.tokens[place].segment
            return segment >= 0, segment if segment >= 0 else place

        return tuple(tuple(group) for _key, group in groupby(range(len(self)), key))

    @cached_property
    def words(self) -> FrameAxis:
        """The same time with one place for each segment, from its first frame to its last."""
        return replace(self, tokens=tuple(map(self._whole, self.groups)))

    def _whole(self, group: tuple[int, ...]) -> Frame:
        first, last = self.tokens[group[0]], self.tokens[group[-1]]
        named = 0 <= first.segment < len(self.labels)
        text = self.labels[first.segment] if named else first.text
        return replace(first, text=text, end=last.end)

    def distances(self, keys: Axis) -> Tensor:
        """(query, key), seconds between the middles; NaN to what has no time."""
        return (_middles(self)[:, None] - _middles(keys)[None, :]).abs()


def _middles(axis: Axis) -> Tensor:
    nan = float("nan")
    times = [(getattr(one, "start", nan), getattr(one, "end", nan)) for one in axis.tokens]
    return torch.tensor([(start + end) / 2 for start, end in times])


def frames(count: int, seconds: float, name: str = "sound") -> FrameAxis:
    """So many frames one after the other, each so many seconds long."""
    made = [
        Frame(f"{place * seconds:.1f} s", place * seconds, (place + 1) * seconds)
        for place in range(count)
    ]
    return FrameAxis(name, tuple(made))


def spoken(axis: FrameAxis, words: Sequence[tuple[str, float, float]]) -> FrameAxis:
    """The same frames as segments: (word, start, end) in seconds; a frame belongs by its middle."""

    def segment(frame: Frame) -> int:
        middle = (frame.start + frame.end) / 2
        return next((n for n, (_, start, end) in enumerate(words) if start <= middle < end), -1)

    labelled = tuple(replace(frame, segment=segment(frame)) for frame in axis.tokens)
    return replace(axis, tokens=labelled, labels=tuple(word for word, _, _ in words))
