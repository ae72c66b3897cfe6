"""From a row of a table to Translate, with everything there chosen as the row says."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from attention_core.axes.words import word_spans
from attention_core.files.formats.pharaoh import pharaoh
from attention_core.numbers.alignment import AlignedPair
from attention_core.numbers.heads import Ranked
from attention_core.watching.place import places
from models.store import catalogue
from pages.frame import link, site
from pages.showing import looking
from pages.showing.looking import EVERY, Layer

PAGE = "translate"
FORGOTTEN = ("words", "cell", "cut", "gold", "first", "links", "edits", "node", "part", "heads",
             "layer", "shift", "how", "least")  # fmt: skip
"""What the reader chose about another sentence."""


def to_translate(
    model: str, source: str, target: str,
    aligned: AlignedPair | None = None, head: Ranked | None = None,
) -> NoReturn:  # fmt: skip
    """Opens Translate on a pair; with its links, and with one head in one reading, where given."""
    for name in FORGOTTEN:
        st.session_state.pop(f"{PAGE}.{name}", None)
    for name, text in (("source", source), ("target", target), ("mode", "pair"), ("model", model)):
        link.choose(link.text(PAGE, name), text)
    if aligned is not None and _cut_alike(aligned, source, target, model):
        link.choose(link.text(PAGE, "gold"), pharaoh(*aligned.gold))
        link.choose(link.text(PAGE, "part"), "gold")
    if head is not None:
        chosen = looking.choices(PAGE)
        place: Layer | None = layer(head)
        link.choose(chosen.layer, place)
        whole = head.head is None or len(places(head.site)) > 1
        link.choose(chosen.heads, [] if head.head is None or whole else [head.head])
        link.choose(chosen.shift, str(head.shift))
        link.choose(chosen.how, head.method.how)
        link.choose(chosen.least, round(head.method.least * 100))
    st.switch_page(site.file(PAGE))


def layer(head: Ranked) -> Layer:
    """The layer of a reading, counted from 0, or EVERY: sites are called cross.0, cross.1, …"""
    read = places(head.site)
    return EVERY if len(read) > 1 else read[0].layer


def _cut_alike(aligned: AlignedPair, source: str, target: str, model: str) -> bool:
    """Whether the page would cut the texts into the words that the links count."""
    languages = (*catalogue.entry(model).card.languages, "", "")
    return all(
        tuple(text[start:end] for start, end in word_spans(text, language)) == words
        for text, words, language in zip(
            (source, target), (aligned.source, aligned.target), languages, strict=False
        )
    )
