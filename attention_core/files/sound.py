"""A sound that somebody brought, as one channel of 16,000 samples a second.

Whatever is done to it on the way is said in its notes.

>>> file = io.BytesIO()
>>> tone = np.sin(np.arange(4000) * 0.3) * 20000
>>> wavfile.write(file, 8000, np.stack([tone, tone], -1).astype(np.int16))
>>> found = sound(file.getvalue())
>>> found.seconds, len(found.samples), len(found.notes)
(0.5, 8000, 2)
>>> sound(b"just a text")  # doctest: +ELLIPSIS
Traceback (most recent call last):
    ...
attention_core.errors.TextError: This is no sound that can be read; ...
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from math import gcd
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.io import wavfile

from attention_core.errors import TextError
from attention_core.marking import N_
from attention_core.watching.record import Note

RATE: Final = 16_000
"""Samples a second, as every model of speech here hears them."""
BYTES: Final = 60_000_000
"""The largest file."""
SECONDS: Final = 30.0
"""How much is heard."""
SHORTEST: Final = 0.1
"""Seconds."""
SILENT: Final = 0.003
"""Of the loudest possible: what is softer than this all the way through is silence."""


@dataclass(frozen=True)
class Sound:
    """A sound and what was done to it on the way.

    wav  its samples as they are played and heard, as a file
    """

    wav: bytes
    seconds: float
    notes: tuple[Note, ...] = ()

    @property
    def digest(self) -> str:
        """The same for the same samples."""
        return hashlib.sha256(self.wav).hexdigest()[:24]

    @property
    def samples(self) -> NDArray[np.float32]:
        """(sample,), −1 … 1, 16,000 a second."""
        _rate, found = wavfile.read(io.BytesIO(self.wav))
        shares: NDArray[np.float32] = found.astype(np.float32) / 32768
        return shares


def sound(data: bytes) -> Sound:
    """The sound in a WAV file, its beginning where it is long.

    Raises TextError with what is wrong with it.
    """
    if len(data) > BYTES:
        raise TextError(
            "The sound has {size:.0f} MB; at most {most:.0f} MB are read. Cut it shorter.",
            size=len(data) / 1e6,
            most=BYTES / 1e6,
        )
    rate, found = _opened(data)
    notes: list[Note] = []
    if found.ndim == 2 and found.shape[1] > 1:
        notes.append(
            Note(N_("It has {count} channels; their mean is heard."), count=found.shape[1])
        )
    length = len(found) / rate
    if length > SECONDS:
        notes.append(
            Note(
                N_("Only the first {most:.0f} of {seconds:.0f} seconds are heard."),
                most=SECONDS,
                seconds=length,
            )
        )
    samples = _mono(found[: int(SECONDS * rate)])
    if length < SHORTEST:
        raise TextError("The sound is shorter than a tenth of a second; record a few words.")
    if not float(np.abs(samples).max(initial=0.0)) >= SILENT:
        raise TextError(
            "There is nothing to hear in it: it is silent all the way through. Check that the "
            "right microphone is on, and record it again."
        )
    if rate < RATE:
        notes.append(
            Note(
                N_(
                    "It was recorded with {rate:,} samples a second: nothing above {top:,} Hz is "
                    "in it."
                ),
                rate=rate,
                top=rate // 2,
            )
        )
    elif rate > RATE:
        notes.append(
            Note(N_("Of its {rate:,} samples a second, {kept:,} are heard."), rate=rate, kept=RATE)
        )
    return made(_resampled(samples, rate), tuple(notes))


def made(samples: NDArray[Any], notes: tuple[Note, ...] = ()) -> Sound:
    """A sound from its samples (sample,), −1 … 1, 16,000 a second."""
    file = io.BytesIO()
    whole = np.rint(np.clip(samples, -1, 1) * 32767).astype(np.int16)
    wavfile.write(file, RATE, whole)
    return Sound(file.getvalue(), len(whole) / RATE, notes)


def _opened(data: bytes) -> tuple[int, NDArray[Any]]:
    """Samples a second, and (sample,) or (sample, channel)."""
    kinds = {b"ID3": "MP3", b"OggS": "Ogg", b"fLaC": "FLAC", b"\xff\xfb": "MP3", b"\xff\xf3": "MP3"}
    named = next((kind for sign, kind in kinds.items() if data.startswith(sign)), "")
    named = "M4A" if data[4:8] == b"ftyp" else "WebM" if data[:4] == b"\x1aE\xdf\xa3" else named
    if named:
        raise TextError(
            "This sound is stored as {kind}, which cannot be read here; save it as WAV, or record "
            "it on this page.",
            kind=named,
        )
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of chunks that are no samples
            rate, found = wavfile.read(io.BytesIO(data))
    except Exception as fault:
        raise TextError(
            "This is no sound that can be read; bring a WAV file, or record it on this page."
        ) from fault
    if not 1_000 <= rate <= 768_000 or found.ndim not in (1, 2) or not found.size:
        raise TextError(
            "This WAV file says {rate:,} samples a second and holds {count:,}; that is no sound "
            "that can be heard. Save it again with the program that made it.",
            rate=int(rate),
            count=int(found.size),
        )
    return int(rate), found


def _mono(found: NDArray[Any]) -> NDArray[np.float64]:
    """(sample,), −1 … 1."""
    if found.dtype == np.uint8:
        shares = (found.astype(np.float64) - 128) / 128
    elif np.issubdtype(found.dtype, np.integer):
        shares = found.astype(np.float64) / -float(np.iinfo(found.dtype).min)
    else:
        shares = np.nan_to_num(found.astype(np.float64), posinf=0.0, neginf=0.0)
    return shares if shares.ndim == 1 else shares.mean(-1)


def _resampled(samples: NDArray[np.float64], rate: int) -> NDArray[np.float64]:
    """The same at 16,000 a second; what is too high for that is taken out first."""
    if rate == RATE:
        return samples
    shared = gcd(rate, RATE)
    from scipy.signal import resample_poly  # noqa: PLC0415  # a third of a second of start-up

    found: NDArray[np.float64] = resample_poly(samples, RATE // shared, rate // shared)
    return found
