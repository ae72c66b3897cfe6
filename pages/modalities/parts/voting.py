"""Parts vote for wholes: how routing shares the pieces of one or two digits, round by round."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from attention_core.pictures.contracts.picture import PictureMap, heat
from models.ours.digits.capsules import FIELD, KINDS, PLACES, ROUNDS
from models.ours.digits.reader import Vote, along, by_place, paper, towards, vote
from models.ours.digits.recipes import card
from models.ours.digits.scene import PAPER, SHIFT
from models.ours.digits.strokes import Ink
from pages.frame import ask, link, media, prose
from pages.frame.language import _
from pages.modalities.parts import drawing
from pages.modalities.parts.drawing import FIRST, PAGE, SECOND, percent
from pages.showing import choosing, sentences
from pages.showing.figures import said
from pages.widgets.mosaic import TEXT as MOSAIC_TEXT
from pages.widgets.mosaic import Mosaic, Panel, mosaic
from pages.widgets.picture import TEXT, picture_map

TIMES: Final = 32
TWO = link.flag(PAGE, "two", default=True)
APART = link.amount(PAGE, "apart", default=3, least=0, most=SHIFT)
ROUND = link.number(PAGE, "round", ROUNDS - 1)
CHOICES: Final = (TWO, APART, ROUND)
THERE: Final = 0.5
"""A digit capsule longer than this says that its digit is there."""


def shown() -> None:
    """Two papers, what the network makes of both laid over each other, and how its parts went."""
    prose.lead(
        _(
            "Two digits lie over each other. Each piece of ink sends itself to the digits it may "
            "belong to, and round by round sends more to where the other pieces agree."
        )
    )
    columns = st.columns(3, gap="medium")
    with columns[0]:
        st.subheader(_("One digit"), anchor=False)
        first = drawing.asked(FIRST, _("One digit"))
    with columns[1]:
        st.subheader(_("Another over it"), anchor=False)
        if choosing.switch(TWO, _("Two digits")):
            second = drawing.asked(SECOND, _("Another over it"))
            st.slider(
                _("Pixels apart, down and across"), 0, SHIFT, key=APART.key,
                persist_state="session",
            )  # fmt: skip
        else:
            second = None
    apart = link.value(APART)
    sheet = ask.answered(lambda: paper(first, second, (apart, apart)))
    if sheet is None:
        return
    found = vote("routing", sheet)
    with columns[2]:
        st.subheader(_("What it reads"), anchor=False)
        read(found, sheet)
    routed(found, sheet)
    prose.badge(*sentences.integrity(found.record.sites))
    table()


def read(found: Vote, sheet: Ink) -> None:
    """The paper as the network sees it, and how long each digit's capsule is."""
    order = found.lengths.argsort(descending=True).tolist()
    there = [digit for digit in order if found.lengths[digit] > THERE]
    prose.headline(
        " + ".join(f"{digit} ({float(found.lengths[digit]):.2f})" for digit in there)
        or _("No digit is longer than {least}").format(least=THERE)
    )
    st.image(shaded(sheet), width=240)
    prose.note(
        prose.filled(
            _(
                "{side} × {side} pixels. In brackets: the length of the digit’s capsule, which "
                "says from 0 to 1 how sure the network is. The next longest is {next} ({length})."
            ),
            side=PAPER, next=order[len(there)] if len(there) < len(order) else "–",
            length=prose.number(float(found.lengths[order[min(len(there), 9)]])),
        )
    )  # fmt: skip


def shaded(sheet: Ink) -> NDArray[np.uint8]:
    """A paper, ink on white, every pixel a square."""
    shades = (255 * (1 - sheet)).astype(np.uint8).repeat(TIMES, 0).repeat(TIMES, 1)
    return np.stack([shades] * 3, -1)


def routed(found: Vote, sheet: Ink) -> None:
    """For the two longest digits: what comes to them from where, in one round and in all."""
    st.subheader(_("Which pieces go where"), anchor=False)
    best = sorted(found.lengths.argsort(descending=True)[:2].tolist())
    round_ = drawing.steps(ROUND, _("Round of routing"), ROUNDS, lambda place: str(place + 1))
    for place, column in enumerate(st.columns(2, gap="large")):
        with column:
            mapped(found, sheet, best[place], round_, place)
    entropies = found.entropy.tolist()
    prose.caption(
        prose.filled(
            _(
                "How open the choice of a piece is, in nats, round by round: {entropies} (all ten "
                "digits alike: {even})."
            ),
            entropies=prose.Markup(" → ".join(prose.number(one) for one in entropies)),
            even=prose.number(math.log(10)),
        )
    )
    films(found)


def mapped(found: Vote, sheet: Ink, digit: int, round_: int, place: int) -> None:
    """How much of the pieces at each place goes to one digit."""
    shares = towards(found, digit, round_)
    axis = along()
    drawn = shares.double().numpy()[None]
    most = int(shares.argmax())
    spoken = prose.filled(
        _(
            "Round {round}: {mean} % of all pieces go to {digit}, most from row {row}, column "
            "{column} ({most} %)."
        ),
        round=round_ + 1, mean=percent(float(by_place(found) @ shares), 0), digit=digit,
        row=most // PLACES + 1, column=most % PLACES + 1, most=percent(float(shares[most])),
    )  # fmt: skip
    st.subheader(_("To {digit}").format(digit=digit), anchor=False)
    picture_map(
        PictureMap(
            picture=media.drawn(shaded(sheet), 1), width=PAPER, height=PAPER,
            grid=(PLACES, PLACES), crop=axis.crop, looks=["·"], heat=heat(drawn),
            peaks=drawn.max(-1), beside=np.zeros((1, 0)), picks=False,
            title=_("To {digit}").format(digit=digit), caption=prose.joined(spoken),
            name=f"routed-{digit}-{round_ + 1}",
        ),
        key=f"{PAGE}.routed.{place}",
        text={**said(TEXT), "hint": _("Point at a place to read how much of it goes there.")},
    )  # fmt: skip
    prose.caption(spoken)


def films(found: Vote) -> None:
    """All rounds beside each other: digits by places; and the agreement that made the last."""
    places = [f"{place // PLACES + 1}, {place % PLACES + 1}" for place in range(PLACES**2)]
    digits = list("0123456789")
    panels = [
        Panel(
            _("round {round}").format(round=number + 1), "", digits, places,
            np.stack([towards(found, digit, number).numpy() for digit in range(10)]),
            np.ones((10, PLACES**2), np.uint8), "places",
        )
        for number in range(len(found.rounds))
    ]  # fmt: skip
    mosaic(
        Mosaic(panels=panels, name="rounds"), key=f"{PAGE}.rounds",
        text={**said(MOSAIC_TEXT), "note": ""},
    )  # fmt: skip
    prose.note(
        prose.filled(
            _(
                "Rows are digits, columns the {places} places from the upper left. At each place "
                "{kinds} kinds of piece see {field} × {field} pixels; shown is their mean, by "
                "their lengths. Elsewhere a row sums to 1; here every column does."
            ),
            places=PLACES**2, kinds=KINDS, field=FIELD,
        )
    )  # fmt: skip


def table() -> None:
    """How often it is right on digits that nobody trained on, and with fewer rounds or more."""
    found = card("routing")["measured"]
    apart = found["pair_apart"]
    rows = [
        {
            _("Read from {papers} papers").format(papers=f"{found['papers']:,}"): name,
            _("right"): drawing.interval(one, one["right"]),
            _("wanted"): wanted,
        }
        for name, one, wanted in (
            (_("one digit"), found["one"], "97 %"),
            (_("both of a pair"), found["pair"], "85 %"),
            (_("both, {least} pixels apart or more").format(least=apart["pixels"]), apart, "–"),
        )
    ]
    st.table(rows, border="horizontal")
    rounds = found["rounds"]
    prose.note(
        prose.filled(
            _(
                "{digits} handwritten digits that were not trained on; intervals of 95 %, counted "
                "by digits. Trained with {usual} rounds; with {list} rounds the same network finds "
                "both of a pair in {shares} %."
            ),
            digits=found["digits"], usual=ROUNDS, list=prose.listed(list(rounds)),
            shares=prose.Markup(
                prose.listed([prose.number(100 * one["pair"], 1) for one in rounds.values()])
            ),
        )
    )  # fmt: skip
