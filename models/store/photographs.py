"""Ready pictures to look at: drawn by this program, or photographs that a carrier brought.

>>> READY["drawing"].credit, photograph("drawing").width
('', 640)
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

import numpy as np
from PIL import Image, ImageDraw

from attention_core.files import photograph as files
from attention_core.files.photograph import Photograph
from attention_core.marking import N_
from models.ours.emoji.collection import collection, sheet
from models.store.carriers import cache as carried
from models.store.carriers.registry import carrier

DRAWN: Final = "drawing"
NOTO: Final = "Noto Emoji, Google, Apache-2.0"
LARGER: Final = 6
"""How many times larger than it ships an emoji is shown."""


class Ready(NamedTuple):
    """A ready picture.

    title   what it shows, marked for translation
    credit  who made it
    points  of an emoji, its code points
    """

    title: str
    file: str = ""
    credit: str = ""
    points: str = ""


READY: Final[Mapping[str, Ready]] = {
    "coffee": Ready(N_("A cup of coffee"), "coffee.png", "Rachel Michetti, CC0"),
    "cat": Ready(N_("A cat"), "chelsea.png", "Stefan van der Walt, CC0"),
    "astronaut": Ready(N_("An astronaut"), "astronaut.png", "NASA, public domain"),
    "rocket": Ready(N_("A rocket"), "rocket.jpg", "SpaceX, public domain"),
    "camera": Ready(N_("A man with a camera"), "camera.png", "Lav Varshney, CC0"),
    DRAWN: Ready(N_("A house, drawn by this program")),
    "mountain": Ready(N_("A mountain, an emoji"), "", NOTO, "1f3d4"),
    "sailing": Ready(N_("A sailing boat, an emoji"), "", NOTO, "26f5"),
}
"""Every ready picture by its name, the best ones first."""


def names() -> tuple[str, ...]:
    """The pictures that there are on this machine."""
    there = carried.whole(carrier("photographs")) is not None
    return tuple(name for name, ready in READY.items() if there or not ready.file)


@cache
def photograph(name: str) -> Photograph:
    """The picture of that name; KeyError where there is none."""
    ready, folder = READY[name], carried.whole(carrier("photographs"))
    if ready.points:
        return _emoji(ready.points)
    if not ready.file:
        return _drawing()
    if folder is None:
        raise KeyError(name)
    return files.photograph((folder / ready.file).read_bytes())


def _emoji(points: str) -> Photograph:
    """That drawing of our collection, on white."""
    at = [one.points for one in collection()].index(points)
    found = Image.fromarray(np.ascontiguousarray(sheet()[at]), "RGBA")
    side = LARGER * found.width
    ground = Image.new("RGBA", found.size, "white")
    ground.alpha_composite(found)
    large = ground.convert("RGB").resize((side, side), Image.Resampling.BICUBIC)
    return files.made(np.asarray(large))


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
