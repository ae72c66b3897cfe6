"""A sentence's canvas: which drawings lie on it, where, and how a reader sees it.

>>> noun("I see a bat .".split()), noun("look at this".split())
('bat', None)
>>> [one.name for one in scene("1f987", 0, "bat")] == ["1f987", *beside("bat")]
True
"""

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final
from zlib import crc32

from PIL import Image

from models.ours.decides.canvas import PLACES, WIDTH, Placed, in_place
from models.ours.decides.drawings import drawing
from models.ours.decides.nouns import ambiguous, senses

SCALE: Final = 6
"""How many times larger than the network a reader sees the canvas."""


def noun(words: Iterable[str]) -> str | None:
    """The noun that a sentence is about: the first ambiguous one, else the first one."""
    known = [word for word in words if word in senses()]
    several = [word for word in known if word in ambiguous()]
    return next(iter([*several, *known]), None)


def beside(word: str) -> tuple[str, str]:
    """Two drawings that have nothing to do with a word; the same ones whenever it is asked."""
    clear = [one for one, many in senses().items() if len(many) == 1 and one != word]
    place = crc32(word.encode()) % len(clear)
    first, second = clear[place], clear[(place + len(clear) // 2) % len(clear)]
    return senses()[first][0].drawings[0], senses()[second][0].drawings[0]


def scene(name: str, place: int, word: str | None) -> list[Placed]:
    """A drawing in its place, and those beside the word in the places that follow.

    word  None for the drawing alone
    """
    others = () if word is None else beside(word)
    return [
        in_place(one, (place + number) % len(PLACES)) for number, one in enumerate((name, *others))
    ]


@lru_cache(maxsize=256)
def png(many: tuple[Placed, ...]) -> bytes:
    """The canvas as a picture for the screen, SCALE times as large as the network is shown it."""
    paper = Image.new("RGB", (WIDTH * SCALE, WIDTH * SCALE), "white")
    for one in many:
        side = round(one.side * SCALE)
        small = Image.fromarray(drawing(one.name)).resize((side, side), Image.Resampling.LANCZOS)
        paper.paste(small, (round(one.left * SCALE), round(one.top * SCALE)), small)
    file = io.BytesIO()
    paper.save(file, "PNG")
    return file.getvalue()


def titles(names: Sequence[str]) -> dict[str, str]:
    """What each drawing is called in English, French and Chinese."""
    made: dict[str, str] = {}
    for many in senses().values():
        for sense in many:
            for number, name in enumerate(sense.drawings):
                said = f"{sense.english} · {sense.french} · {sense.chinese}"
                made.setdefault(name, f"{said} ({number + 1})" if number else said)
    return {name: made[name] for name in names}
