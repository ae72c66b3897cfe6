"""Pictures and sounds for widgets: each under an address that only its reader's page knows.

A browser fetches it once, however often what lies over it changes.
"""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from streamlit import runtime

from attention_core.files.photograph import Photograph
from attention_core.files.sound import Sound

SIDE: Final = 1_000
"""Pixels along the longer side that are shown; more would not be seen under the patches."""


def address(photo: Photograph, key: str) -> str:
    """Where a browser finds a picture. key: of the widget that shows it"""
    return _address(_shown(photo), "image/jpeg", key)


def playing(sound: Sound, key: str) -> str:
    """Where a browser finds a sound. key: of the widget that plays it"""
    return _address(sound.wav, "audio/wav", key)


def _address(data: bytes, kind: str, key: str) -> str:
    """Without a server, as in a test, the address holds everything itself."""
    if runtime.exists():
        found: str = runtime.get_instance().media_file_mgr.add(data, kind, f"atlas.{key}")
        return found
    return f"data:{kind};base64,{base64.b64encode(data).decode()}"


def drawn(pixels: NDArray[np.uint8], times: int = 8) -> str:
    """The address of a small picture that is drawn here: it holds the picture itself.

    pixels  (row, column, channel)
    times   how much larger it is made, every pixel a square
    """
    file = io.BytesIO()
    large = pixels.repeat(times, 0).repeat(times, 1)
    Image.fromarray(large).save(file, "PNG")
    return f"data:image/png;base64,{base64.b64encode(file.getvalue()).decode()}"


@lru_cache(maxsize=32)
def _shown(photo: Photograph) -> bytes:
    """The picture as a file for the screen, its shape kept."""
    with Image.open(io.BytesIO(photo.png)) as found:
        small = found.convert("RGB")
        small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        small.save(file, "JPEG", quality=90)
    return file.getvalue()
