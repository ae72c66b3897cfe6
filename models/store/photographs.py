"""Ready pictures to look at: drawn by this program, or taken out of packages that carry some.

>>> names()[-1], photograph("drawing").width
('drawing', 640)
>>> title("drawing")
'A house, drawn by this program'
"""

from __future__ import annotations

from functools import cache
from typing import Final

import numpy as np
from PIL import Image, ImageDraw

from attention_core.files import photograph as files
from attention_core.files.photograph import Photograph
from attention_core.marking import N_

DRAWN: Final = "drawing"


def names() -> tuple[str, ...]:
    """The pictures that there are on this machine, the best ones first."""
    return (DRAWN,)


def title(name: str) -> str:
    """What a picture shows, marked for translation."""
    return N_("A house, drawn by this program") if name == DRAWN else name


@cache
def photograph(name: str) -> Photograph:
    """The picture of that name; KeyError where there is none."""
    if name == DRAWN:
        return _drawing()
    raise KeyError(name)


def _drawing() -> Photograph:
    """A house with a door and a window under a sun, a tree beside it."""
    canvas = Image.new("RGB", (640, 427), "#8ec5ef")
    pen = ImageDraw.Draw(canvas)
    pen.rectangle((0, 300, 640, 427), fill="#6aa84f")
    pen.ellipse((500, 30, 580, 110), fill="#ffd84d")
    pen.rectangle((170, 190, 370, 350), fill="#e6d3a8")
    pen.polygon([(145, 190), (270, 90), (395, 190)], fill="#a3402c")
    pen.rectangle((250, 260, 300, 350), fill="#5b3a1e")
    pen.rectangle((195, 220, 235, 260), fill="#cfe8fb", outline="#5b3a1e", width=4)
    pen.rectangle((480, 230, 500, 350), fill="#6b4a2b")
    pen.ellipse((430, 130, 550, 260), fill="#2f6b34")
    return files.made(np.asarray(canvas))
