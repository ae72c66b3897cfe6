"""A sound with the words that were heard in it, and how each word looks along the time.

>>> from attention_core.pictures.contracts.packing import packed
>>> shown = Hearing(
...     sound="data:,", seconds=0.04, words_heard=["a"], starts=np.array([0.0]),
...     ends=np.array([0.04]), heat=np.array([[1.0, 0.5]]), peaks=np.array([0.2]),
...     tones=2, bands=np.zeros((2, 4)),
... )
>>> packed(shown)["heat"].tolist()
[65535, 32768]
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, ClassVar

import numpy as np

from attention_core.marking import N_
from attention_core.pictures.contracts.files import FILES
from attention_core.pictures.contracts.packing import Array, Chosen, Labels, Picture, Sent

TEXT: Mapping[str, str] = {
    **FILES,
    "label": N_("The sound; up and down choose a word, Enter plays from there, Space pauses"),
    "play": N_("Play"),
    "pause": N_("Pause"),
    "seconds": N_("seconds"),
    "word": N_("{word}: {start} to {end} s; it looks most at {most} s ({weight} %)"),
    "moment": N_("{time} s: {word} looks there with {weight} %"),
    "sound": N_("the sound"),
    "hint": N_("Play it, or click a word to hear from there."),
    "note": N_(
        "Above, the sound as the model is given it: low tones below, loud ones bright. Each row "
        "below is a word; it is bright where the word looks, relative to its own strongest look. "
        "The frame is when the word is said."
    ),
}
"""What the picture says; {word}, {start}, … are filled in by it."""


@dataclass(frozen=True, kw_only=True)
class Hearing(Picture):
    """A sound over time, words under it; every row is one word's look.

    sound         where the browser finds it: an address of the app's own, or `data:`
    seconds       how long it is
    words_heard   the words in order
    starts, ends  (word)           seconds
    heat          (word, frame)    0 … 1, relative to the word's largest
    peaks         (word)           the weight that 1 stands for
    tones         how many bands of pitch there are
    bands         (band, moment)   0 … 1, how loud each pitch is, the lowest first
    word          the word that is kept lit; −1 for none
    """

    widget: ClassVar[str] = "hearing"
    words: ClassVar[Mapping[str, str]] = TEXT

    sound: str
    seconds: float
    words_heard: Annotated[Sequence[str], Labels("word")]
    starts: Annotated[Array, Sent("word", np.float32)]
    ends: Annotated[Array, Sent("word", np.float32)]
    heat: Annotated[Array, Sent("word frame", np.uint16, shares=True)]
    peaks: Annotated[Array, Sent("word", np.float32)]
    tones: int
    bands: Annotated[Array, Sent("band moment", np.uint8, shares=True)]
    name: str = "hearing"
    word: Annotated[int | None, Chosen()] = None
