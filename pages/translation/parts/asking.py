"""Asking for a sentence to translate, or for a sentence and its translation to follow."""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from pages.frame import ask, examples
from pages.frame.examples import Example
from pages.frame.language import _
from pages.frame.link import Choice, Kept
from pages.showing import choosing


def paired(mode: Choice[str]) -> bool:
    """Whether the reader brings both sides of a pair."""
    titles = {"translate": _("Translate"), "pair": _("Align my own pair")}
    return choosing.segments(mode, _("What to do"), titles) == "pair"


def sentence(
    source: Choice[str], target: Choice[str], languages: tuple[str, str], pair: bool,
    ready: Sequence[Example], about: Sequence[Kept],
) -> None:  # fmt: skip
    """The boxes, the button that sends them, and examples to fill them.

    languages  what stands above the boxes
    ready      examples of a sentence alone; those of pairs are the same for all
    about      choices about places in the sentences, forgotten when these change
    """
    ask.text_box(source, languages[0], about, 68)
    if pair:
        ask.text_box(target, languages[1], about, 68)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        ask.send(_("Align them") if pair else _("Translate"), source)
        if pair:
            ask.examples(examples.PAIRS, about, source, target)
        else:
            ask.examples(ready, about, source)
