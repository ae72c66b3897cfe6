"""Questions about a clip: in which frame, and where in it, does the model look?"""

from __future__ import annotations

import random
from typing import Final

import numpy as np
import streamlit as st
import torch
from numpy.typing import NDArray

from models.ours.scenes.clips import CLIP_GRID, FRAMES, Clip, clip_questions, film, random_clip
from models.ours.scenes.moments import SPACE, TIME
from models.ours.scenes.reader import Reply, watch
from models.ours.scenes.recipes import measured
from pages.frame import ask as asking
from pages.frame import link, prose
from pages.frame.examples import Example
from pages.frame.language import _
from pages.modalities.parts import scenery
from pages.modalities.parts.asking import table
from pages.modalities.parts.scenery import PAGE
from pages.showing import choosing, figures, sentences

MOST: Final = 9999
CLIP = link.amount(PAGE, "clip", default=7, least=1, most=MOST)
ASKED = link.text(PAGE, "asked")
FRAME = link.perhaps(PAGE, "frame", most=FRAMES)
MIXED = link.flag(PAGE, "mixed")
CHOICES: Final = (CLIP, ASKED, FRAME, MIXED)
STRIP, PICTURE = f"{PAGE}.strip", f"{PAGE}.frame.shown"


def shown() -> None:
    """A clip, a question about it, then its frames under the look in time and one in space."""
    number = link.value(CLIP)
    clip = random_clip(random.Random(number))
    order = _order(number)
    questions = [one.text for one in clip_questions(clip)]
    if not link.value(ASKED):
        link.choose(ASKED, f"{questions[0][:1].upper()}{questions[0][1:]}?")
    asking.text_box(ASKED, _("Your question about the clip, in English"), (FRAME,), height=68)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        asking.send(_("Ask"), ASKED)
        ready = tuple(Example(f"{one[:1].upper()}{one[1:]}?") for one in questions)
        asking.examples(ready, (FRAME,), ASKED)
        st.button(_("Another clip"), icon=":material/casino:", on_click=another)
        choosing.switch(MIXED, _("Shuffle the frames"))
    text = link.value(ASKED)
    reply = None
    if not text.strip():
        st.info(_("Ask something about the clip."), icon=":material/help:")
    else:
        reply = asking.answered(lambda: watch(clip, text, order))
    strip(clip, order, reply)
    if reply is not None:
        answered(clip, order, reply, text)


def _order(number: int) -> list[int]:
    """The frames as they are shown: as they were, or in an order that the clip's number gives."""
    frames = list(range(FRAMES))
    if link.value(MIXED):
        random.Random(number).shuffle(frames)
    return frames


def another() -> None:
    link.choose(CLIP, random.randint(1, MOST))
    ASKED.forget()
    FRAME.forget()


def took() -> None:
    frames = figures.state(STRIP, "chosen")
    link.choose(FRAME, frames[-1] if frames else None)


def strip(clip: Clip, order: list[int], reply: Reply | None) -> None:
    """All frames side by side; what is bright is looked at most."""
    frames = film(clip)[order]
    frames[1:, :, 0] = 255  # a thin line between two frames
    weights = torch.zeros(1, FRAMES)
    if reply is not None:
        weights = reply.record.site(str(TIME)).weights()[0]
    frame = _frame(weights[0])
    side_by_side: NDArray[np.uint8] = np.concatenate(list(frames), 1)
    hint = _("Frames from left to right; click one to see where the model looks in it.")
    scenery.framed(
        side_by_side, (1, FRAMES), weights, STRIP, "clip", took, [frame], hint,
        title=_("The clip"),
    )  # fmt: skip
    if reply is None:
        prose.caption(prose.filled(_("The clip, before any question.")))
        return
    prose.caption(
        prose.filled(
            _("In time, {share} % of the look falls on frame {frame} of {frames}."),
            share=prose.number(100 * float(weights.max()), 0),
            frame=int(weights.argmax()) + 1,
            frames=FRAMES,
        )
    )


def _frame(weights: torch.Tensor) -> int:
    """The frame that is open: the reader's, or the one that is looked at most."""
    chosen = link.value(FRAME)
    return int(weights.argmax()) if chosen is None or chosen >= FRAMES else chosen


def answered(clip: Clip, order: list[int], reply: Reply, text: str) -> None:
    """One frame under the look in space, beside the answer."""
    time = reply.record.site(str(TIME)).weights()[0, 0]
    frame = _frame(time)
    space = reply.record.site(str(SPACE)).weights()[0, frame : frame + 1]
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("Frame {frame}").format(frame=frame + 1), anchor=False)
        grid = (CLIP_GRID, CLIP_GRID)
        scenery.framed(film(clip)[order[frame]], grid, space, PICTURE, "frame", None, [])
        most = int(space.argmax())
        prose.caption(
            prose.filled(
                _("In this frame, {share} % of the look falls on row {row}, column {column}."),
                share=prose.number(100 * float(space.max()), 0),
                row=most // CLIP_GRID + 1,
                column=most % CLIP_GRID + 1,
            )
        )
    with right:
        first = reply.answers[0]
        prose.headline(f"{first.text} · {100 * first.share:.0f} %")
        table(reply.answers)
        if link.value(MIXED):
            before = watch(clip, text).answers[0]
            prose.caption(
                prose.filled(
                    _("In the right order it answers {answer} ({share} %)."),
                    answer=prose.token(before.text),
                    share=prose.number(100 * before.share, 0),
                )
            )
        prose.badge(*sentences.integrity(reply.record.sites))
        told()


def told() -> None:
    """How often it is right, and what it rests on, on clips that it never saw."""
    found = measured("scenes-clips")
    prose.note(
        prose.filled(
            _(
                "Measured on {count} questions about clips that it never saw: {right} % right; "
                "{shuffled} % with the frames shuffled, when two answers are left to guess "
                "between. Of its look in time at a change of colour, {mass} % falls on the frame "
                "of the change and the one before (80 % was wanted; spread evenly, {even} %)."
            ),
            count=found["questions"],
            right=prose.number(100 * found["accuracy"], 1),
            shuffled=prose.number(100 * found["shuffled"], 1),
            mass=prose.number(100 * found["time"]["before"]["mass"], 0),
            even=prose.number(100 * found["time"]["before"]["uniform"], 0),
        )
    )
