"""A picture that somebody brought, as plain pixels: eight bits of red, green and blue.

Whatever is done to it on the way is said in its notes. No size is believed that would not fit: the
pixels are counted from the header before one of them is read.

>>> made = io.BytesIO()
>>> Image.new("RGBA", (3, 2), (255, 0, 0, 0)).save(made, "PNG")
>>> found = photograph(made.getvalue())
>>> found.width, found.height, [str(note) for note in found.notes]
(3, 2, ['It is transparent in places; there it is shown and read as white.'])
>>> photograph(b"just a text")  # doctest: +ELLIPSIS
Traceback (most recent call last):
    ...
attention_core.errors.TextError: This is no picture that can be read; ...
"""

from __future__ import annotations

import hashlib
import io
import warnings
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from attention_core.errors import TextError
from attention_core.marking import N_
from attention_core.watching.record import Note

FORMATS: Final = ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF")
BYTES: Final = 40_000_000
"""The largest file."""
PIXELS: Final = 60_000_000
"""The most pixels that are unpacked; a photograph of a good telephone has 50 million."""
SIDE: Final = 1_600
"""Pixels along the longer side that are kept: no model here looks at more."""
_DEEP: Final = ("I;16", "I;16B", "I;16L", "I;16N", "I", "F")


@dataclass(frozen=True)
class Photograph:
    """A picture and what was done to it on the way.

    png  its pixels as they are shown and read, as a file
    """

    png: bytes
    width: int
    height: int
    notes: tuple[Note, ...] = ()

    @property
    def digest(self) -> str:
        """The same for the same pixels."""
        return hashlib.sha256(self.png).hexdigest()[:24]

    @property
    def pixels(self) -> NDArray[np.uint8]:
        """(row, column, channel), 0 … 255: red, green, blue."""
        with Image.open(io.BytesIO(self.png)) as found:
            return np.asarray(found.convert("RGB"))


def photograph(data: bytes) -> Photograph:
    """The picture in a file.

    Raises TextError with what is wrong with it.
    """
    if len(data) > BYTES:
        raise TextError(
            "The picture has {size:.0f} MB; at most {most:.0f} MB are read. Save it smaller.",
            size=len(data) / 1e6,
            most=BYTES / 1e6,
        )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sizes, which are judged here
        found = _opened(data)
        width, height = found.size
        if width * height > PIXELS:
            raise TextError(
                "The picture has {width:,} × {height:,} pixels; at most {most:.0f} million in all "
                "are read. Save it smaller.",
                width=width,
                height=height,
                most=PIXELS / 1e6,
            )
        return _plain(found)


def made(pixels: NDArray[np.uint8], notes: tuple[Note, ...] = ()) -> Photograph:
    """A picture from its pixels (row, column, channel), 0 … 255."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG", compress_level=1)
    return Photograph(file.getvalue(), pixels.shape[1], pixels.shape[0], notes)


def _opened(data: bytes) -> Image.Image:
    """The picture with its header read; raises TextError where it has none that is known."""
    start = data[:1000].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if start.startswith(b"<svg") or (start.startswith(b"<?xml") and b"<svg" in start):
        raise TextError(
            "This is a drawing of lines (SVG), which is not run here; save it as PNG or JPEG."
        )
    if data[4:12] in (b"ftypheic", b"ftypheix", b"ftypmif1", b"ftypavif"):
        raise TextError(
            "This picture is stored as HEIC or AVIF, which cannot be read here; save it as PNG "
            "or JPEG."
        )
    try:
        return Image.open(io.BytesIO(data), formats=FORMATS)
    except Image.DecompressionBombError as fault:
        raise TextError(
            "The picture has many times more pixels than are read ({most:.0f} million). Save it "
            "smaller.",
            most=PIXELS / 1e6,
        ) from fault
    except Exception as fault:
        raise TextError(
            "This is no picture that can be read; bring one stored as {formats}.",
            formats=", ".join(FORMATS),
        ) from fault


def _plain(found: Image.Image) -> Photograph:
    """Upright, without transparency, eight bits deep, and no larger than is looked at."""
    notes: list[Note] = []
    if getattr(found, "n_frames", 1) > 1:
        notes.append(Note(N_("It moves; its first picture is shown and read.")))
    try:
        if max(found.size) > SIDE:
            found.draft("RGB", (SIDE, SIDE))
        found.load()
        turned = ImageOps.exif_transpose(found)
    except Exception as fault:
        raise TextError(
            "The picture breaks off or is damaged; save it again with the program that made it."
        ) from fault
    if turned.mode in _DEEP:
        turned = _shallow(turned, notes)
    if turned.mode == "CMYK":
        notes.append(Note(N_("Its colours are those of print (CMYK), turned into red-green-blue.")))
    if turned.has_transparency_data:
        clear = turned.convert("RGBA")
        if np.asarray(clear)[..., 3].min() < 255:
            notes.append(
                Note(N_("It is transparent in places; there it is shown and read as white."))
            )
        paper = Image.new("RGBA", clear.size, "white")
        turned = Image.alpha_composite(paper, clear)
    turned = turned.convert("RGB")
    if max(turned.size) > SIDE:
        turned.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS, reducing_gap=3.0)
        notes.append(
            Note(
                N_("It is made smaller, to {width} × {height} pixels."),
                width=turned.width,
                height=turned.height,
            )
        )
    return made(np.asarray(turned), tuple(notes))


def _shallow(found: Image.Image, notes: list[Note]) -> Image.Image:
    """Eight bits of what has more, the darkest and the brightest at the ends where need be."""
    values = np.nan_to_num(np.asarray(found, dtype=np.float64))
    least, most = float(values.min()), float(values.max())
    if found.mode.startswith("I;16") or (least >= 0 and 255 < most <= 65535):
        least, most = 0.0, 65535.0
    elif least >= 0 and most <= 255:
        least, most = 0.0, 255.0
    notes.append(Note(N_("It has more than 8 bits for each colour; 8 of them are used.")))
    scaled = 255 * (values - least) / ((most - least) or 1.0)
    return Image.fromarray(np.rint(scaled).clip(0, 255).astype(np.uint8))
