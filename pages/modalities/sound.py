"""Sound: which moment does each word of a transcript look at?

Ask for a sound, let a model write down what is said, and play it with the words lighting up; choose
which heads are looked at, and see which of them keep time with the voice.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, Literal

import numpy as np
import pandas as pd
import streamlit as st
import torch
from numpy.typing import NDArray

from attention_core.files.sound import Sound
from attention_core.marking import N_
from attention_core.numbers.alignment.segments import in_order
from models.families.sound import Heard
from models.families.sound.listener import FRAME, Spoken
from pages.frame import ask, downloads, link, media, prose, site
from pages.frame.language import _
from pages.modalities.parts import sounds
from pages.showing import choosing, sentences
from pages.showing.figures import said, state
from pages.showing.readings import listen
from pages.widgets.hearing import TEXT, Hearing, hearing
from pages.widgets.picture import heat

PAGE: Final = "sound"
CARD = site.Page(
    PAGE, N_("Sound"), order=27,
    invitation=site.Invitation(
        5, N_("Which moment does each word look at?"),
        N_("Speak a sentence and watch the attention of a speech model run under your words."),
        N_("Listen"),
    ),
)  # fmt: skip
Rows = NDArray[np.float64]
Which = Literal["timed", "named", "all", "one"]
TIMED: Final = 6
"""Heads that are averaged where those are asked for that keep time best."""
KEY: Final = f"{PAGE}.hearing"

SOUND = sounds.choices(PAGE)
MODEL = choosing.model(PAGE, "hear")
WHICH: link.Choice[Which] = link.one_of(PAGE, "which", ("timed", "named", "all", "one"), "timed")
HEAD = link.numbers(PAGE, "head", default=[0, 0], ordered=True)
WORD = link.perhaps(PAGE, "word")
ABOUT: list[link.Kept] = [WORD]
CHOICES = (*SOUND, MODEL, WHICH, HEAD, WORD)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Which moment does each word look at?"), anchor=False)
    left, right = st.columns([7, 4], gap="medium")
    with left:
        sound = sounds.chosen(SOUND, ABOUT)
    with right:
        model = choosing.choose_model(MODEL, "hear", ABOUT)
    link.publish(CHOICES)
    if sound is None:
        st.info(_("Record a sentence, bring a file, or choose an example."), icon=":material/mic:")
        return
    heard = ask.answered(lambda: listen(model, sound), doing=_("Listening …"))
    if heard is not None:
        shown(heard, sound)


@st.fragment
def shown(heard: Heard, sound: Sound) -> None:
    """Everything that follows from one sound."""
    order = kept_time(heard)
    heads = chosen(heard, order)
    prose.lead(_("The model heard: “{text}”").format(text=heard.text.strip()))
    prose.badge(*sentences.integrity(heard.record.sites))
    for note in heard.record.notes:
        prose.note(sentences.noted(note))
    picture(heard, sound, heads)
    table(heard, order)
    link.publish(CHOICES)


def kept_time(heard: Heard) -> dict[tuple[int, int], float]:
    """How well each head of cross-attention keeps time with the voice: (layer, head) to a share."""
    target = heard.record.axes[1].tokens
    spoken = [place for place, token in enumerate(target) if not token.special]
    return {
        (layer, head): float(share)
        for layer, one in enumerate(heard.cross)
        for head, share in enumerate(in_order(one.weights()[:, spoken, : heard.frames]))
    }


def best(order: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    """The heads that keep time best, the earlier ones first among equals."""
    known = [place for place, share in order.items() if not math.isnan(share)]
    return sorted(known, key=lambda place: (-order[place], place))


def chosen(heard: Heard, order: dict[tuple[int, int], float]) -> list[tuple[int, int]]:
    """The heads whose mean is shown."""
    titles: dict[str, str] = {
        "timed": _("the {count} that keep time best").format(count=min(TIMED, len(order))),
        "named": _("those that the model's files name"),
        "all": _("all heads"),
        "one": _("one head"),
    }
    if not heard.named:
        titles.pop("named")
        if link.value(WHICH) == "named":
            link.choose(WHICH, "timed")
    which = choosing.segments(WHICH, _("Which heads look"), titles)
    if which == "one":
        place = (*link.value(HEAD), 0, 0)[:2]
        return [place if place in order else best(order)[0]]
    if which == "named":
        return [place for place in heard.named if place in order]
    return best(order)[:TIMED] if which == "timed" else list(order)


def picture(heard: Heard, sound: Sound, heads: list[tuple[int, int]]) -> None:
    """The sound with its words under it, playing."""
    looks = heard.looks(heads)
    words = heard.words(looks)
    if not words:
        st.info(_("There are more words than moments in it; record it again, more slowly."))
        return
    rows = torch.stack([looks[list(word.tokens)].mean(0) for word in words]).numpy()
    rows = rows.astype(np.float64)
    named = ", ".join(sentences.where(layer, [head]) for layer, head in heads[:TIMED])
    spoken = told(words, rows)
    hearing(
        Hearing(
            sound=media.playing(sound, KEY),
            seconds=heard.seconds,
            words_heard=[word.text.strip() for word in words],
            starts=np.array([word.start for word in words]),
            ends=np.array([min(word.end, heard.seconds) for word in words]),
            heat=heat(rows),
            peaks=rows.max(-1),
            tones=len(heard.bands),
            bands=heard.bands,
            word=-1 if link.value(WORD) is None else link.value(WORD),
            title=heard.text.strip(),
            caption=prose.joined(spoken),
            name="hearing",
        ),
        key=KEY,
        text=said(TEXT),
        on_word_change=took_word,
    )
    prose.caption(spoken)
    prose.note(prose.filled(_("Shown is the mean of: {heads}."), heads=named))
    downloads.rows(
        [
            {"word": word.text.strip(), "start": f"{word.start:.2f}", "end": f"{word.end:.2f}"}
            for word in words
        ],
        "words.csv",
    )


def took_word() -> None:
    taken = state(KEY, "word")
    link.choose(WORD, None if taken is None or taken < 0 else taken)


def told(words: Sequence[Spoken], rows: Rows) -> prose.Markup:
    """How much of each word's look lies where it is said."""
    inside = [
        row[round(word.start / FRAME) : round(word.end / FRAME)].sum()
        for word, row in zip(words, rows, strict=True)
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


def table(heard: Heard, order: dict[tuple[int, int], float]) -> None:
    """Every head by how well it keeps time; a click shows it alone."""
    st.subheader(_("Which heads keep time with the voice?"), anchor=False)
    ranked = best(order)
    rows = pd.DataFrame(
        {
            "layer": [layer + 1 for layer, _head in ranked],
            "head": [head + 1 for _layer, head in ranked],
            "order": [order[place] for place in ranked],
            "named": [place in heard.named for place in ranked],
        }
    )

    def took() -> None:
        picked = state(f"{PAGE}.table", "selection")["rows"]
        if picked:
            link.choose(HEAD, list(ranked[picked[0]]))
            link.choose(WHICH, "one")

    st.dataframe(
        rows, key=f"{PAGE}.table", hide_index=True, height=300, on_select=took,
        selection_mode="single-row",
        column_config={
            "layer": st.column_config.NumberColumn(_("layer"), width=80),
            "head": st.column_config.NumberColumn(_("head"), width=80),
            "order": st.column_config.NumberColumn(
                _("in order"), format="%.2f",
                help=_("The share of pairs of tokens of which the later one looks later."),
            ),
            "named": st.column_config.CheckboxColumn(_("named by the model")),
        },
    )  # fmt: skip
    if heard.named and ranked:
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


if __name__ == "__main__":
    page()
