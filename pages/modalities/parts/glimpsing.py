"""Where to look next: hard looks as a path over a scene, beside looks that go everywhere."""

from __future__ import annotations

import random
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from attention_core.pictures.contracts.picture import PictureMap, heat
from attention_core.pictures.palette import ACCENT
from models.ours.digits.glimpses import AROUND, DRAWS, LOOKS, REACH, RETINA
from models.ours.digits.reader import Glance, glimpse, placed, retina, seen, taken
from models.ours.digits.recipes import RECIPES, card, ways
from models.ours.digits.scene import GRID, WIDE, Scene
from models.ours.digits.strokes import Ink
from pages.frame import ask, link, media, prose
from pages.frame.language import _
from pages.modalities.parts import drawing
from pages.modalities.parts.drawing import FIRST, PAGE, percent
from pages.showing import choosing, sentences
from pages.showing.figures import said
from pages.widgets.mosaic import TEXT as MOSAIC_TEXT
from pages.widgets.mosaic import Mosaic, Panel, mosaic
from pages.widgets.picture import TEXT, picture_map

MOST: Final = 9999
TIMES: Final = 16
"""How much larger the scene is drawn than the network sees it."""
PLACE = link.amount(PAGE, "place", default=5, least=0, most=MOST)
DRAW = link.amount(PAGE, "draw", default=0, least=0, most=MOST)
LEFT: link.Choice[str] = link.one_of(PAGE, "left", ways(), "reinforce")
RIGHT: link.Choice[str] = link.one_of(PAGE, "right", ways(), "soft")
LOOK = link.number(PAGE, "look", LOOKS - 1)
CHOICES: Final = (PLACE, DRAW, LEFT, RIGHT, LOOK)


def shown() -> None:
    """The paper, then the same scene under two ways to look, look by look."""
    prose.lead(
        _(
            "Your digit lies somewhere among scraps. A network may take four looks; each sees "
            "{size} × {size} of {wide} × {wide} pixels sharply, and a little around them blurred. "
            "Where does it look, and what does it know after each?"
        ).format(size=RETINA, wide=WIDE)
    )
    columns = st.columns(3, gap="medium")
    with columns[0]:
        st.subheader(_("Your digit"), anchor=False)
        ink = drawing.asked(FIRST, _("Your digit"))
        with st.container(horizontal=True, gap="small"):
            st.button(_("Another place"), icon=":material/casino:", on_click=elsewhere)
            st.button(_("Draw again"), icon=":material/refresh:", on_click=again)
        look = drawing.steps(LOOK, _("Look"), LOOKS, lambda place: str(place + 1))
    scene = ask.answered(lambda: placed(ink, link.value(PLACE)))
    if scene is None:
        return
    glances = []
    for column, choice in zip(columns[1:], (LEFT, RIGHT), strict=True):
        with column:
            way = choosing.dropdown(choice, _("Looks"), titles())
            glance = glimpse(way, scene, link.value(DRAW))
            glances.append((way, glance))
            told(way, glance, look)
    believed(glances)
    prose.badge(*sentences.integrity([site for _way, one in glances for site in one.record.sites]))
    table()


def titles() -> dict[str, str]:
    """What each way to look is called."""
    return {way: _(RECIPES[way].title) for way in ways()}


def elsewhere() -> None:
    link.choose(PLACE, random.randint(0, MOST))


def again() -> None:
    link.choose(DRAW, random.randint(1, MOST))


def told(way: str, glance: Glance, look: int) -> None:
    """What one network believes after one look, where that fell, and what it took."""
    chances = glance.chances[look]
    best = int(chances.argmax())
    prose.headline(f"{best} · {100 * float(chances[best]):.0f} %")
    spoken = fell(way, glance, look)
    weights = (glance.drawing if way in DRAWS else glance.weights)[look].double().numpy()[None]
    path = eyes(glance, look) if way in DRAWS else []
    picture_map(
        PictureMap(
            picture=media.drawn(sketched(glance.scene, path), 1),
            width=WIDE, height=WIDE, grid=(GRID, GRID), crop=(0, 0, WIDE, WIDE),
            looks=["·"], heat=heat(weights), peaks=weights.max(-1), beside=np.zeros((1, 0)),
            boxes=[retina(path[-1]), retina(path[-1], AROUND)] if path else [], picks=False,
            title=_(RECIPES[way].title), caption=prose.joined(spoken), name=f"looks-{way}",
        ),
        key=f"{PAGE}.{way}.scene",
        text={**said(TEXT), "hint": _("Point at a cell to read its share of the look.")},
    )  # fmt: skip
    prose.caption(spoken)
    retinas(way, glance)


def eyes(glance: Glance, look: int) -> list[int]:
    """The cells where the eye was, up to one look."""
    found: list[int] = glance.weights[: look + 1].argmax(-1).tolist()
    return found


def sketched(scene: Scene, path: list[int]) -> NDArray[np.uint8]:
    """The scene, ink on paper, and the path of the eye over it, numbered."""
    shades = (255 * (1 - scene.pixels)).astype(np.uint8)
    large = Image.fromarray(shades.repeat(TIMES, 0).repeat(TIMES, 1)).convert("RGB")
    pen = ImageDraw.Draw(large)
    step = WIDE * TIMES // GRID
    spots = [((cell % GRID + 0.5) * step, (cell // GRID + 0.5) * step) for cell in path]
    if len(spots) > 1:
        pen.line(spots, fill="white", width=7)
        pen.line(spots, fill=ACCENT["light"], width=4)
    for number, (x, y) in enumerate(spots, 1):
        pen.ellipse(
            (x - 14, y - 14, x + 14, y + 14), fill=ACCENT["light"], outline="white", width=2
        )
        pen.text((x, y), str(number), fill="white", anchor="mm", font_size=20)
    return np.asarray(large)


def fell(way: str, glance: Glance, look: int) -> prose.Markup:
    """Where one look fell, in a sentence."""
    inside = glance.scene.within()
    weights = glance.weights[look]
    if way not in DRAWS:
        return prose.filled(
            _(
                "Look {look} takes a little from everywhere: {share} % of it lies on the digit, "
                "which covers {area} % of the scene; at most {most} % on one cell."
            ),
            look=look + 1, share=percent(float(weights.numpy()[inside].sum())),
            area=percent(float(inside.mean())), most=percent(float(weights.max())),
        )  # fmt: skip
    cell = int(weights.argmax())
    row, column = divmod(cell, GRID)
    sentence = (
        _(
            "Look {look} falls on row {row}, column {column}, on the digit; it had a chance of "
            "{chance} %."
        )
        if inside[cell]
        else _(
            "Look {look} falls on row {row}, column {column}, beside the digit; it had a chance of "
            "{chance} %."
        )
    )
    return prose.filled(
        sentence, look=look + 1, row=row + 1, column=column + 1,
        chance=percent(float(glance.drawing[look, cell])),
    )  # fmt: skip


def retinas(way: str, glance: Glance) -> None:
    """What every look saw sharply; of soft looks the mean over all cells, by weight."""
    if way in DRAWS:
        patches = [seen(glance.scene, cell) for cell in eyes(glance, LOOKS - 1)]
    else:
        patches = [taken(glance.scene, weights) for weights in glance.weights]
    st.image([_shade(one) for one in patches], caption=[str(n + 1) for n in range(LOOKS)], width=64)
    prose.note(
        prose.filled(
            _("What each look saw: {size} × {size} pixels sharply, {around} × {around} blurred.")
            if way in DRAWS
            else _(
                "What each look saw: the mean of what there is to see at every cell, by weight."
            ),
            size=RETINA,
            around=AROUND,
        )
    )


def _shade(ink: Ink) -> NDArray[np.uint8]:
    shades = (255 * (1 - ink.clip(0, 1))).astype(np.uint8)
    large = shades.repeat(TIMES, 0).repeat(TIMES, 1)
    return np.pad(large, 2, constant_values=128)


def believed(glances: list[tuple[str, Glance]]) -> None:
    """The chances of all digits after each look, of both networks."""
    st.subheader(_("What it believes after each look"), anchor=False)
    rows = [_("look {look}").format(look=look + 1) for look in range(LOOKS)]
    mosaic(
        Mosaic(
            panels=[
                Panel(
                    _(RECIPES[way].title), "", rows, list("0123456789"), one.chances.numpy(),
                    np.ones((LOOKS, 10), np.uint8), "digits",
                )
                for way, one in glances
            ],
            name="beliefs",
        ),
        key=f"{PAGE}.beliefs",
        text={**said(MOSAIC_TEXT), "note": ""},
    )  # fmt: skip
    prose.caption(
        prose.filled(
            _(
                "A soft look takes a mean of everything, and its weights learn by gradient. A hard "
                "look takes one cell, drawn by chance; a draw has no gradient. So this one began "
                "as the soft one and went on by trial (REINFORCE): what went better than expected "
                "is made likelier. After its first look a hard eye moves {reach} cells at most."
            ),
            reach=REACH,
        )
    )


def table() -> None:
    """How each way to look does on scenes of digits that nobody trained on."""
    rows = []
    for way, title in titles().items():
        found = card(way)["measured"]
        ways = [(title, found["as_it_looks"])]
        if "likeliest" in found:
            ways.append((_("{way}, the likeliest cell").format(way=title), found["likeliest"]))
        rows += [
            {
                _("Looks"): name,
                _("right after look 1"): f"{100 * one['right'][0]:.1f} %",
                _("right after look {last}").format(last=LOOKS): drawing.interval(
                    one, one["right"][-1]
                ),
                _("first look mostly on the digit"): drawing.interval(
                    one, one["points"][0], "points_interval"
                ),
            }
            for name, one in ways
        ]
    st.table(rows, border="horizontal")
    first = card("reinforce")["measured"]
    prose.note(
        prose.filled(
            _(
                "{scenes} scenes of {digits} handwritten digits that were not trained on; "
                "intervals of 95 %, counted by digits. Wanted of REINFORCE: {floor} % right, "
                "{pointed} % of the likeliest cells on the digit (by chance {area} %)."
            ),
            scenes=f"{first['scenes']:,}", digits=first["digits"], floor=93, pointed=90,
            area=percent(first["area"]),
        )
    )  # fmt: skip
