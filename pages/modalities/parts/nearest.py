"""A word: the drawings that are nearest to it, and which part of one matches which piece of it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import numpy as np
import streamlit as st
import torch
from PIL import Image
from torch import Tensor

from attention_core.axes.tokens import TextAxis
from attention_core.files.photograph import Photograph, made
from models.ours.emoji.collection import (
    LANGUAGES,
    SIDE,
    Language,
    Pixels,
    collection,
    sheet,
)
from models.ours.emoji.pieces import CHECKPOINT
from models.ours.emoji.reader import Found, Matched, load_reader, titles
from models.ours.emoji.towers import GRID
from pages.frame import ask, link, prose
from pages.frame.examples import Example
from pages.frame.language import _
from pages.frame.prose import Markup
from pages.modalities.parts import inside, scenery
from pages.showing import figures, maps, sentences

PAGE: Final = "emoji"
EXAMPLES: Final = (
    Example("moon"),
    Example("chat"),
    Example("警察"),
    Example("下雨"),
    Example("sad face"),
    Example("neige"),
    Example("火车"),
    Example("green apple"),
    Example("clock"),
)
TEXT = link.text(PAGE, "text", EXAMPLES[0].text)
DRAWING = link.perhaps(PAGE, "drawing")
PIECE = link.perhaps(PAGE, "piece")
CHOICES: Final = (TEXT, DRAWING, PIECE)
ROWS, COLUMNS = 3, 4
"""Of the drawings that are shown as the nearest."""
GALLERY, PICTURE = f"{PAGE}.nearest", f"{PAGE}.match"
SHOWN: Final = 5
"""How many times larger than it ships a drawing is shown."""


def shown() -> None:
    """Type, read, then the nearest drawings beside the one that is open."""
    text = ask.text_box(TEXT, _("A word in English, French or Chinese"), (DRAWING, PIECE), 68)
    with st.container(horizontal=True):
        ask.send(_("Find"), TEXT)
        ask.examples(EXAMPLES, (DRAWING, PIECE), TEXT)
    if not text.strip():
        st.info(_("Type a word, or choose an example."), icon=":material/edit:")
        return
    found = ask.answered(lambda: load_reader().find(text), doing=_("Searching …"))
    if found is None:
        return
    with st.container():
        ask.answers(TEXT)
        answered(found)


@st.fragment(key=PAGE)
def answered(found: Found) -> None:
    """Everything that follows from one text."""
    unseen(found.unseen)
    drawing = opened(found)
    matched = load_reader().match(found, drawing)
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("The nearest drawings"), anchor=False)
        gallery(found, drawing)
    with right:
        prose.headline(titles(drawing))
        photo = photograph(drawing)
        matches(found.axis, matched, photo)
    inside.shown(matched.record, photo)
    link.publish(CHOICES)


def opened(found: Found) -> int:
    """The drawing that is open: the reader's, or the nearest."""
    chosen = link.value(DRAWING)
    return found.order[0] if chosen is None or chosen >= len(collection()) else chosen


def unseen(words: tuple[str, ...]) -> None:
    """Says which words training never had: nothing is claimed of what they mean."""
    if words:
        st.info(
            ask.literal(
                _(
                    "No text that the towers learnt from has {words}: what is nearest comes from "
                    "pieces that other words share with it, and may mean nothing."
                ).format(words=", ".join(f"“{word}”" for word in words))
            ),
            icon=":material/info:",
        )


def gallery(found: Found, drawing: int) -> None:
    """The nearest drawings side by side; a click opens one."""
    order = found.order[: ROWS * COLUMNS]

    def took() -> None:
        places = figures.state(GALLERY, "chosen")
        link.choose(DRAWING, order[places[-1]] if places else None)

    tiles = np.stack([tile(one) for one in order]).reshape(ROWS, COLUMNS, SIDE, SIDE, 3)
    whole = tiles.swapaxes(1, 2).reshape(ROWS * SIDE, COLUMNS * SIDE, 3)
    scenery.framed(
        whole, (ROWS, COLUMNS), torch.zeros(1, len(order)), GALLERY, "nearest", took,
        [order.index(drawing)] if drawing in order else [],
        _("The nearest first; click one to see where it matches."), plain=True,
    )  # fmt: skip
    prose.caption(
        prose.filled(
            _("Of {count} drawings, the nearest is {name} (cosine {cosine})."),
            count=len(collection()),
            name=prose.token(titles(order[0])),
            cosine=prose.number(float(found.cosines[order[0]])),
        )
    )


def tile(drawing: int) -> Pixels:
    """A drawing on white: (row, column, 3), 0 to 255."""
    pixels = sheet()[drawing].astype(np.float32)
    share = pixels[..., 3:] / 255
    light: Pixels = np.rint(pixels[..., :3] * share + 255 * (1 - share)).astype(np.uint8)
    return light


def photograph(drawing: int) -> Photograph:
    """A drawing as it is shown under a look."""
    side = SIDE * SHOWN
    large = Image.fromarray(tile(drawing)).resize((side, side), Image.Resampling.BICUBIC)
    return made(np.asarray(large))


def matches(axis: TextAxis, matched: Matched, photo: Photograph) -> None:
    """A picture under what each patch gives to the cosine, of the whole text or of one piece."""
    place = pieces(axis)
    terms = matched.terms
    shares = terms.sum(0) if place is None else terms[place]
    over(photo, shares)
    most = int(shares.argmax())
    prose.caption(
        prose.filled(
            _("The cosine {cosine} is the sum of what every piece and every patch give. {told}"),
            cosine=prose.number(matched.cosine),
            told=told(axis, place, shares, most),
        )
    )
    prose.note(
        prose.filled(
            _(
                "CLIP has no cross-attention: neither tower sees what the other one reads. This "
                "is no attention; coloured is what a patch adds, where it is above 0."
            )
        )
    )
    prose.badge(*sentences.integrity(matched.record.sites))


def over(photo: Photograph, shares: Tensor) -> None:
    """The picture under these numbers of its patches. shares (patch,)"""
    maps.over(
        photo, inside.over_picture(photo), shares.clamp_min(0)[None], PICTURE, plain=True,
        name="match", hint=_("Point at a patch to read what it adds."),
    )  # fmt: skip


def pieces(axis: TextAxis) -> int | None:
    """The piece of a word that the reader chose; None for the whole text."""
    names = {place: token.text for place, token in enumerate(axis.tokens)}
    if link.value(PIECE) not in names:
        link.choose(PIECE, None)
    if len(names) < 2:
        return None
    st.pills(
        _("What does this piece match?"), list(names), format_func=names.__getitem__,
        key=PIECE.key, persist_state="session",
    )  # fmt: skip
    return link.value(PIECE)


def told(axis: TextAxis, place: int | None, shares: Tensor, most: int) -> Markup:
    """What a piece gives in all, and which patch gives most."""
    where = prose.filled(
        _("row {row}, column {column}"), row=most // GRID + 1, column=most % GRID + 1
    )
    if place is None:
        return prose.filled(
            _("The most comes from {place} ({value})."),
            place=where,
            value=prose.number(float(shares[most])),
        )
    return prose.filled(
        _("{piece} gives {sum}; the most comes from {place} ({value})."),
        piece=prose.token(axis.tokens[place].text),
        sum=prose.number(float(shares.sum())),
        place=where,
        value=prose.number(float(shares[most])),
    )


@cache
def card() -> Mapping[str, Any]:
    """What evaluation wrote beside the weights."""
    written: Mapping[str, Any] = json.loads((CHECKPOINT / "card.json").read_text(encoding="utf-8"))
    return written


def measured() -> None:
    """How often it is right: on what it learnt, on what was held out, on another style."""
    found = card()["measured"]
    second = found["second_style"]
    prose.note(
        prose.filled(
            _(
                "A name that it learnt has its drawing among the 10 nearest of {count} in {taught} "
                "% of cases; a keyword that was held out, {keyword} %; a name in a language that "
                "was held out for that drawing, {name} %; a learnt name and drawings of another "
                "style (Twemoji), {style} %. By chance: {chance} %."
            ),
            count=found["drawings"],
            taught=percent(found["taught_name"]),
            keyword=percent(found["keyword"]),
            name=percent(found["name_in_another_language"]["all"]),
            style=percent(second["name_to_drawing"]),
            chance=prose.number(100 * found["taught_name"]["chance_at_10"], 1),
        )
    )
    prose.note(
        prose.filled(
            _(
                "{parameters} thousand parameters, trained here on drawings of Noto Emoji (Google, "
                "Apache-2.0) and on names and keywords of the Unicode CLDR (Unicode-3.0)."
            ),
            parameters=round(card()["parameters"] / 1000),
        )
    )


def percent(found: Mapping[str, Any]) -> Markup:
    """The share among the 10 nearest."""
    return prose.number(100 * found["at_10"]["share"], 1)


def language_names() -> dict[Language, str]:
    """What each language is called."""
    return dict(zip(LANGUAGES, (_("English"), _("French"), _("Chinese")), strict=True))
