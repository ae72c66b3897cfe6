"""From a row of a table to Translate, with everything there chosen as the row says."""

from __future__ import annotations

from typing import NoReturn

import streamlit as st

from attention_core.axes.text import readable
from attention_core.axes.words import word_spans
from attention_core.errors import AttentionError
from attention_core.files.formats.pharaoh import pharaoh
from attention_core.files.recut import carried, composed, parts
from attention_core.numbers.alignment import AlignedPair, Gold
from attention_core.numbers.heads import Ranked
from attention_core.watching.place import places
from models.store import catalogue
from pages.frame import ask, link, prose, site
from pages.frame.language import _, ngettext
from pages.showing import looking
from pages.showing.looking import EVERY, Layer

PAGE = "translate"
FORGOTTEN = ("words", "cell", "cut", "gold", "first", "links", "edits", "node", "part", "heads",
             "layer", "shift", "how", "least")  # fmt: skip
"""What the reader chose about another sentence."""


def offered(
    model: str, source: str, target: str,
    aligned: AlignedPair | None = None, head: Ranked | None = None,
) -> None:  # fmt: skip
    """The way to Translate, and what becomes of the links there."""
    gold = None
    if aligned is not None:
        try:
            cut, gold = _kept(aligned, source, target, model)
        except AttentionError as problem:
            st.info(ask.said(problem), icon=":material/info:")
        else:
            _otherwise(cut)
    if st.button(_("Open it in Translate"), icon=":material/arrow_forward:"):
        _to_translate(model, source, target, gold, head)


def _kept(aligned: AlignedPair, source: str, target: str, model: str) -> tuple[list[str], Gold]:
    """The words that Translate cuts otherwise, and the links between its own words."""
    languages = (*catalogue.entry(model).card.languages, "", "")
    texts = readable(source), readable(target)
    one, other = (
        word_spans(text, language) for text, language in zip(texts, languages, strict=False)
    )
    gold = carried(aligned, (one, other), texts)
    cut = [
        word
        for words, spans, text in zip(aligned[:2], (one, other), texts, strict=True)
        for word, places in zip(words, parts(words, spans, text), strict=True)
        if [text[slice(*spans[place])] for place in places] != [composed(word)]
    ]
    return cut, gold


def _otherwise(cut: list[str]) -> None:
    if cut:
        prose.note(
            prose.filled(
                ngettext(
                    "Translate cuts {count} word of this pair otherwise: {words}. Its links go to "
                    "every part of it.",
                    "Translate cuts {count} words of this pair otherwise, such as {words}. Their "
                    "links go to every part of them.",
                    len(cut),
                ),
                count=len(cut),
                words=prose.listed(cut[:3]),
            )
        )


def _to_translate(
    model: str, source: str, target: str,
    gold: Gold | None, head: Ranked | None,
) -> NoReturn:  # fmt: skip
    """Opens Translate on a pair; with its links, and with one head in one reading, where given."""
    for name in FORGOTTEN:
        st.session_state.pop(f"{PAGE}.{name}", None)
    for name, text in (("source", source), ("target", target), ("mode", "pair"), ("model", model)):
        link.choose(link.text(PAGE, name), text)
    if gold is not None:
        link.choose(link.text(PAGE, "gold"), pharaoh(*gold))
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
