"""Pictures for widgets: each under an address of this server that only its reader's page knows.

A browser fetches a picture once, however often what lies over it changes.
"""

from __future__ import annotations

import base64
import io
from functools import lru_cache
from typing import Final

from PIL import Image
from streamlit import runtime

from attention_core.files.photograph import Photograph

SIDE: Final = 1_000
"""Pixels along the longer side that are shown; more would not be seen under the patches."""
_MIME: Final = "image/jpeg"


def address(photo: Photograph, key: str) -> str:
    """Where a browser finds a picture. key: of the widget that shows it

    Without a server, as in a test, the address holds the picture itself.
    """
    data = _shown(photo)
    if runtime.exists():
        found: str = runtime.get_instance().media_file_mgr.add(data, _MIME, f"atlas.{key}")
        return found
    return f"data:{_MIME};base64,{base64.b64encode(data).decode()}"


@lru_cache(maxsize=32)
def _shown(photo: Photograph) -> bytes:
    """The picture as a file for the screen, its shape kept."""
    with Image.open(io.BytesIO(photo.png)) as found:
        small = found.convert("RGB")
        small.thumbnail((SIDE, SIDE), Image.Resampling.LANCZOS)
        file = io.BytesIO()
        small.save(file, "JPEG", quality=90)
    return file.getvalue()
