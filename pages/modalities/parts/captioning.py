"""Captions and a picture: word by word by stacked cross attention, or whole by two towers."""

from __future__ import annotations

from typing import Final, Literal

import streamlit as st
import torch

from models.ours.scenes.reader import Fit, Likeness, compare, match
from models.ours.scenes.recipes import shipped
from models.ours.scenes.scene import CELLS
from pages.frame import ask as asking
from pages.frame import link, prose
from pages.frame.examples import Example
from pages.frame.language import _
from pages.modalities.parts import scenery
from pages.modalities.parts.scenery import PAGE, SCENE, WORD
from pages.showing import choosing, sentences

How = Literal["scenes-stacked-cross", "scenes-clip"]
CAPTION = link.text(PAGE, "caption", "a small red circle left of a large green square")
HOW: link.Choice[How] = link.one_of(
    PAGE, "by", ("scenes-stacked-cross", "scenes-clip"), "scenes-stacked-cross"
)
CHOICES: Final = (CAPTION, HOW)
PICTURE: Final = f"{PAGE}.matched"
SHOWN: Final = 6
"""Captions that are listed."""
EXAMPLES: Final = (
    Example("a small red circle left of a large green square"),
    Example("a large blue square below a large yellow triangle"),
    Example("a small green star and a small red star"),
)


def shown() -> None:
    """Write, read, then the picture beside what fits."""
    left, right = st.columns([6, 5], gap="large")
    with right:
        asking.text_box(CAPTION, _("Your caption, in English"), (WORD,), height=68)
        with st.container(horizontal=True, gap="small"):
            asking.send(_("Match"), CAPTION)
            asking.examples(EXAMPLES, (WORD,), CAPTION)
        titles = {
            "scenes-stacked-cross": _("stacked cross attention"),
            "scenes-clip": _("two towers (CLIP)"),
        }
        titles = {name: title for name, title in titles.items() if shipped(name)}
        if link.value(HOW) not in titles:
            link.choose(HOW, HOW.default)
        how = choosing.segments(HOW, _("The model matches by"), titles, (WORD,))
        found = _found(how)
    with left:
        scenery.tools()
    if found is None:
        with left:
            scenery.over(torch.zeros(1, CELLS), PICTURE, "picture", scenery.click_hint())
            prose.caption(prose.filled(_("The picture, before any caption.")))
    elif isinstance(found, Fit):
        with right:
            word = fitted(found)
        with left:
            fitting(found, word)
    else:
        with right:
            word = likened(found)
        with left:
            alike(found, word)


def _found(how: How) -> Fit | Likeness | None:
    """What the model makes of caption and picture; None after saying what is amiss."""
    text, scene, hidden = link.value(CAPTION), link.value(SCENE), scenery.covered()
    if not text.strip():
        st.info(_("Write what is in the picture, or what is not."), icon=":material/edit:")
        return None
    if how == "scenes-clip":
        return asking.answered(lambda: compare(scene, text, hidden))
    return asking.answered(lambda: match(scene, text, hidden))


def fitted(found: Fit) -> int | None:
    """How well the caption fits, the word that fits least; returns the word that is chosen."""
    texts = [token.text for token in found.text.tokens]
    least = int(found.words.argmin())
    prose.headline(_("Fit {fit}").format(fit=f"{found.fit:.2f}"))
    prose.caption(
        prose.filled(
            _("The word that matches least is {word} ({fit}); 1 would be the same direction."),
            word=prose.token(texts[least]),
            fit=prose.number(float(found.words[least])),
        )
    )
    st.dataframe(
        {_("word"): texts, _("fit"): found.words.tolist()},
        hide_index=True,
        column_config={
            _("fit"): st.column_config.ProgressColumn(format="%.2f", min_value=-1, max_value=1)
        },
        height=min(38 + 35 * len(texts), 320),
    )
    whole = _("Shown: where all words look, on average. Choose one to see its own look.")
    return scenery.words(found.text, _("Where does this word look?"), whole)


def fitting(found: Fit, word: int | None) -> None:
    """The picture under the look of a word, or of all."""
    site = found.record.sites[0]
    rows = site.weights()[0]
    looks = rows if word is None else rows[word : word + 1]
    mean = looks.mean(0)
    said = prose.filled(
        _("{share} % of the look falls on {place}."),
        share=prose.number(100 * float(mean.max()), 0),
        place=scenery.cell(int(mean.argmax())),
    )
    scenery.over(looks, PICTURE, "match", scenery.click_hint(), caption=prose.joined(said))
    prose.caption(said)
    prose.badge(*sentences.integrity(found.record.sites))


def likened(found: Likeness) -> int | None:
    """The caption among its neighbours; returns the word that is chosen."""
    order = found.shares.argsort(descending=True).tolist()
    rank = order.index(0) + 1
    prose.headline(
        _("Place {rank} of {count} captions").format(rank=rank, count=len(order))
        if len(order) > 1
        else _("Cosine {cosine}").format(cosine=f"{float(found.cosines[0]):.2f}")
    )
    prose.caption(
        prose.filled(
            _("Yours, and the same with one size, colour or shape exchanged: which goes with it?")
        )
    )
    listed = order[:SHOWN] if 0 in order[:SHOWN] else [*order[: SHOWN - 1], 0]
    st.dataframe(
        {
            _("share"): [100 * float(found.shares[one]) for one in listed],
            _("caption"): [found.captions[one] for one in listed],
            _("cosine"): [float(found.cosines[one]) for one in listed],
        },
        hide_index=True,
        column_config={
            _("share"): st.column_config.ProgressColumn(
                format="%.1f %%", min_value=0, max_value=100
            ),
            _("cosine"): st.column_config.NumberColumn(format="%.2f"),
        },
    )
    whole = _("Shown: how alike each patch and the whole caption are.")
    return scenery.words(found.text, _("How alike are the patches up to this word?"), whole)


def alike(found: Likeness, word: int | None) -> None:
    """The picture under the likeness of its patches: no attention, for there is none across."""
    towards = found.patches if word is None else found.words[word]
    scenery.over(
        towards.clamp_min(0).unsqueeze(0), PICTURE, "alike", scenery.click_hint(), plain=True
    )
    prose.caption(
        prose.filled(
            _(
                "CLIP has no cross-attention: neither tower sees what the other one reads. "
                "Coloured is the cosine of each patch and of the text, where it is above 0; only "
                "whole pictures and whole captions were trained to be alike. The most is {most}, "
                "at {place}."
            ),
            most=prose.number(float(towards.max())),
            place=scenery.cell(int(towards.argmax())),
        )
    )
    prose.badge(*sentences.integrity(found.record.sites))
