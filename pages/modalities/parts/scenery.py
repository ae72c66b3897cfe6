"""A small picture of shapes that the reader makes: drawn under a look, changed by a click."""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from attention_core.axes.tokens import TextAxis
from attention_core.pictures.contracts.picture import PictureMap, heat
from models.ours.scenes.questions import Kind
from models.ours.scenes.scene import (
    CELLS,
    COLOURS,
    GRID,
    SHAPES,
    SIDE,
    SIZES,
    Scene,
    centred,
    draw,
    parsed,
    random_scene,
    written,
)
from models.ours.scenes.words import PLURALS, known
from pages.frame import link, media, prose
from pages.frame.language import _
from pages.frame.prose import Markup
from pages.showing import choosing, figures
from pages.showing.figures import said
from pages.widgets.picture import TEXT, picture_map

PAGE: Final = "scenes"
FIRST: Final = "1-small-red-circle.3-large-yellow-triangle.5-large-blue-square.9-small-green-star"
Does = Literal["hide", "put"]

SCENE: link.Choice[Scene] = link.Choice(
    "scene", parsed(FIRST) or Scene(()), parsed, written, page=PAGE
)
COVERED = link.numbers(PAGE, "hidden", most=CELLS)
DOES: link.Choice[Does] = link.one_of(PAGE, "click", ("hide", "put"), "hide")
SHAPE = link.one_of(PAGE, "shape", SHAPES, "star")
COLOUR = link.one_of(PAGE, "colour", COLOURS, "red")
SIZE = link.one_of(PAGE, "size", SIZES, "large")
WORD = link.perhaps(PAGE, "word")
CHOICES: Final = (SCENE, COVERED, DOES, SHAPE, COLOUR, SIZE, WORD)


def covered() -> list[int]:
    """The cells that are hidden from the model."""
    return [cell for cell in link.value(COVERED) if cell < CELLS]


def tools() -> None:
    """What a click in the picture does, and another picture."""
    with st.container(horizontal=True, gap="small", vertical_alignment="bottom"):
        titles = {"hide": _("hides a cell"), "put": _("puts a shape")}
        does = choosing.segments(DOES, _("A click in the picture"), titles)
        st.button(_("Another picture"), icon=":material/casino:", on_click=another)
        if covered():
            st.button(_("Show all cells"), icon=":material/visibility:", on_click=COVERED.forget)
    if does == "put":
        with st.container(horizontal=True, gap="small"):
            choosing.dropdown(
                SIZE, _("Size"), {"small": _("small"), "large": _("large")}, width=110
            )
            colours = {
                "red": _("red"), "green": _("green"), "blue": _("blue"), "yellow": _("yellow"),
            }  # fmt: skip
            choosing.dropdown(COLOUR, _("Colour"), colours, width=110)
            shapes = {
                "circle": _("circle"), "square": _("square"), "triangle": _("triangle"),
                "star": _("star"),
            }  # fmt: skip
            choosing.dropdown(SHAPE, _("Shape"), shapes, width=130)


def another() -> None:
    """A picture of three or four things, each in the middle of its cell."""
    made = random_scene(random.Random(), 3, 4)
    link.choose(SCENE, parsed(written(made)) or made)
    COVERED.forget()


def clicked(key: str) -> Callable[[], None]:
    """Hides or shows the cells that were chosen in that picture, or puts a shape there."""

    def take() -> None:
        cells = [place for place in figures.state(key, "chosen") if 0 <= place < CELLS]
        for cell in cells:
            (_put if link.value(DOES) == "put" else _hide)(cell)

    return take


def _hide(cell: int) -> None:
    link.choose(COVERED, sorted({cell} ^ set(covered())))


def _put(cell: int) -> None:
    """The chosen shape in that cell; nothing where it was there already."""
    scene = link.value(SCENE)
    new = centred(link.value(SHAPE), link.value(COLOUR), link.value(SIZE), cell)
    others = scene.without(cell).things
    things = others if new in scene.things else (*others, new)
    link.choose(SCENE, Scene(tuple(sorted(things, key=lambda one: one.cell)), scene.ground))


def over(
    looks: Tensor, key: str, name: str, hint: str = "", plain: bool = False,
    boxes: Sequence[Sequence[float]] = (), caption: str = "", title: str = "",
) -> None:  # fmt: skip
    """The reader's picture with looks over it. looks (look, cell)

    plain  True where they are no shares of attention
    """
    scene = link.value(SCENE)
    for cell in covered():
        scene = scene.without(cell)
    framed(
        draw(scene), (GRID, GRID), looks, key, name, clicked(key), [], hint, plain, boxes,
        caption, title, covered(),
    )  # fmt: skip


def framed(
    pixels: NDArray[np.uint8], grid: tuple[int, int], looks: Tensor, key: str, name: str,
    took: Callable[[], None] | None, chosen: Sequence[int], hint: str = "", plain: bool = False,
    boxes: Sequence[Sequence[float]] = (), caption: str = "", title: str = "",
    hidden: Sequence[int] = (),
) -> None:  # fmt: skip
    """A picture that is drawn here, under a grid of cells. pixels (row, column, channel)"""
    shown = looks.numpy().astype(np.float64)
    high, wide = pixels.shape[:2]
    picture_map(
        PictureMap(
            picture=media.drawn(pixels, max(1, 384 // SIDE)),
            width=wide, height=high, grid=grid, crop=(0, 0, wide, high),
            looks=["·"] * len(shown), heat=heat(shown), peaks=shown.max(-1, initial=0.0),
            beside=np.zeros((len(shown), 0)), unit="number" if plain else "share",
            picks=took is not None, chosen=chosen, boxes=boxes, covered=hidden,
            title=title, caption=caption, name=name,
        ),
        key=key,
        text={**said(TEXT), "hint": hint},
        on_chosen_change=took,
    )  # fmt: skip


def click_hint() -> str:
    """What a click does now, in a sentence."""
    if link.value(DOES) == "put":
        return _("Click a cell to put the shape there; click again to take it away.")
    return _("Click a cell to hide it from the model; click again to show it.")


def words(axis: TextAxis, label: str, whole: str) -> int | None:
    """The word that the reader chose by its place, so that repeated words stay apart.

    whole  what is shown while none is chosen
    returns  its place along the axis; None for the whole
    """
    names = {place: token.text for place, token in enumerate(axis.tokens) if not token.special}
    if link.value(WORD) not in names:
        link.choose(WORD, None)
    st.pills(
        label, list(names), format_func=names.__getitem__, key=WORD.key, persist_state="session"
    )
    chosen = link.value(WORD)
    if chosen is None:
        prose.note(prose.filled(whole))
    return chosen


def cell(place: int) -> Markup:
    """A cell in words."""
    return prose.filled(
        _("row {row}, column {column}"), row=place // GRID + 1, column=place % GRID + 1
    )


def kinds_of(text: str) -> Iterable[Kind]:
    """What a text speaks of: each run of sizes, colours and shapes."""
    parts = ["", "", ""]
    for word in [*re.findall(r"\w+", text), "."]:
        meant = known(word) or ""
        meant = meant.removesuffix("s") if meant in PLURALS else meant
        at = next((n for n, group in enumerate((SIZES, COLOURS, SHAPES)) if meant in group), None)
        if at is not None:
            parts[at] = meant
        elif any(parts):
            yield Kind(*parts)
            parts = ["", "", ""]


def missing(text: str, scene: Scene) -> list[str]:
    """What a text speaks of and the picture does not hold."""
    return [str(kind) for kind in kinds_of(text) if not kind.among(scene)]
