"""A sound with its words under it, and the heads by how well they keep time with the voice."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd
import streamlit as st
import torch
from numpy.typing import NDArray

from attention_core.files.sound import Sound
from models.families.sound import Heard
from models.families.sound.listener import ALIGNED, FRAME, Spoken
from pages.frame import downloads, link, media, prose
from pages.frame.language import _, ngettext
from pages.frame.link import Choice
from pages.showing import sentences
from pages.showing.figures import said, state
from pages.widgets.hearing import TEXT, Hearing, hearing
from pages.widgets.picture import heat

Rows = NDArray[np.float64]
NAMED = 6
"""Heads that are named one by one under the picture."""


def picture(
    heard: Heard, sound: Sound, heads: Sequence[tuple[int, int]], key: str,
    word: Choice[int | None],
) -> None:  # fmt: skip
    """The sound with its words under it, playing."""
    looks = heard.looks(heads)
    words = heard.words(looks)
    if not words:
        st.info(_("There are more words than moments in it; record it again, more slowly."))
        return
    means = [looks[list(one.tokens)].mean(0) for one in words]
    rows = torch.stack(means).numpy().astype(np.float64)
    spoken = told(words, rows)

    def took() -> None:
        taken = state(key, "word")
        link.choose(word, None if taken is None or taken < 0 else taken)

    lit = link.value(word)
    hearing(
        Hearing(
            sound=media.playing(sound, key),
            seconds=heard.seconds,
            words_heard=[one.text.strip() for one in words],
            starts=np.array([one.start for one in words]),
            ends=np.array([min(one.end, heard.seconds) for one in words]),
            heat=heat(rows),
            peaks=rows.max(-1),
            tones=len(heard.bands),
            bands=heard.bands,
            word=-1 if lit is None else lit,
            title=heard.text.strip(),
            caption=prose.joined(spoken),
            name="hearing",
        ),
        key=key,
        text=said(TEXT),
        on_word_change=took,
    )
    named = ", ".join(sentences.where(layer, [head]) for layer, head in heads[:NAMED])
    more = " …" if len(heads) > NAMED else ""
    prose.caption(spoken)
    prose.note(prose.filled(_("Shown is the mean of: {heads}."), heads=named + more))
    downloads.rows([times(one) for one in words], "words.csv")


def times(word: Spoken) -> dict[str, object]:
    """A word and when it is said, for a table."""
    return {"word": word.text.strip(), "start": f"{word.start:.2f}", "end": f"{word.end:.2f}"}


def told(words: Sequence[Spoken], rows: Rows) -> prose.Markup:
    """How much of each word's look lies where it is said."""
    inside = [
        row[round(one.start / FRAME) : round(one.end / FRAME)].sum()
        for one, row in zip(words, rows, strict=True)
    ]
    share = float(np.mean(np.array(inside) / np.maximum(rows.sum(-1), 1e-12)))
    return prose.filled(
        _(
            "{count} words; on average {share} % of a word's look at the sound lies in the stretch "
            "of time that it is given here."
        ),
        count=len(words),
        share=prose.number(100 * share, 0),
    )


def table(heard: Heard, key: str, opened: Callable[[int, int], None]) -> None:
    """Every head by how well it keeps time; a click shows it alone."""
    st.subheader(_("Which heads keep time with the voice?"), anchor=False)
    ranked = heard.timed(len(heard.order))
    rows = pd.DataFrame(
        {
            "layer": [layer + 1 for layer, _head in ranked],
            "head": [head + 1 for _layer, head in ranked],
            "order": [heard.order[place] for place in ranked],
            "aligns": [place in heard.aligning for place in ranked],
            "named": [place in heard.named for place in ranked],
        }
    )

    def took() -> None:
        picked = state(key, "selection")["rows"]
        if picked:
            opened(*ranked[picked[0]])

    st.dataframe(
        rows, key=key, hide_index=True, height=300, on_select=took, selection_mode="single-row",
        column_config={
            "layer": st.column_config.NumberColumn(_("layer"), width=80),
            "head": st.column_config.NumberColumn(_("head"), width=80),
            "order": st.column_config.NumberColumn(
                _("in order"), format="%.2f",
                help=_("The share of pairs of tokens of which the later one looks later."),
            ),
            "aligns": st.column_config.CheckboxColumn(_("aligns"), width=70),
            "named": st.column_config.CheckboxColumn(_("named by the model")),
        },
    )  # fmt: skip
    aligning = heard.aligning
    prose.caption(
        prose.filled(
            ngettext(
                "{count} of {all} heads aligns: of two tokens the later one looks later in at "
                "least {least} % of pairs; 50 % is chance.",
                "{count} of {all} heads align: of two tokens the later one looks later in at least "
                "{least} % of pairs; 50 % is chance.",
                len(aligning),
            ),
            count=len(aligning), all=len(ranked), least=round(100 * ALIGNED),
        )
    )  # fmt: skip
    if heard.named:
        among = sum(place in heard.named for place in ranked[: len(heard.named)])
        prose.caption(
            prose.filled(
                _(
                    "Of the {count} heads that keep time best here, {among} are among the {named} "
                    "that the model's own files name."
                ),
                count=len(heard.named),
                among=among,
                named=len(heard.named),
            )
        )
