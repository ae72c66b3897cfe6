"""Sentences about what is on the screen: our words, the reader's tokens, never mixed up.

A reader's text may hold anything (tags, markdown, right-to-left letters). Here it is escaped and
isolated once, so that no page has to think of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import reduce
from html import escape, unescape

import streamlit as st

from pages.frame.language import _


class Markup(str):
    """Text that is already safe to show."""

    __slots__ = ()


def token(text: str) -> Markup:
    """A reader's token as typed, set apart from our words."""
    return Markup(f'<em class="atlas-token" dir="auto">{escape(text)}</em>')


def number(value: float, digits: int = 2) -> Markup:
    """A number as the pictures print it."""
    return Markup(f'<b class="atlas-number">{value:.{digits}f}</b>')


def filled(sentence: str, **parts: object) -> Markup:
    """A translated sentence with its {places} filled; what is not markup is escaped."""
    safe = {
        name: part if isinstance(part, Markup) else escape(str(part))
        for name, part in parts.items()
    }
    return Markup(escape(sentence, quote=False).format_map(safe))


def listed(parts: Iterable[str]) -> str:
    """Things one after the other, by the comma of the reader's language."""
    return reduce(lambda one, other: _("{before}, {after}").format(before=one, after=other), parts)


def caption(*sentences: Markup) -> None:
    """The sentence under a picture."""
    st.html(f'<p class="atlas-caption">{" ".join(sentences)}</p>')


def note(sentence: Markup) -> None:
    """How a picture was made, quieter than what it shows."""
    st.html(f'<p class="atlas-note">{sentence}</p>')


def headline(text: str) -> None:
    """A sentence of the reader or of a model, large, as the thing the page is about."""
    st.html(f'<p class="atlas-headline" dir="auto">{escape(text)}</p>')


def sentence(text: str) -> None:
    """A sentence of a model in one of several panels."""
    st.html(f'<p class="atlas-sentence" dir="auto">{escape(text)}</p>')


def lead(text: str) -> None:
    """A paragraph of ours, a little larger than the rest."""
    st.html(f'<p class="atlas-lead">{escape(text)}</p>')


def facts(title: str, listed: Mapping[str, str]) -> None:
    """A few named facts under a title."""
    lines = "".join(
        f"<dt>{escape(name)}</dt><dd dir='auto'>{escape(fact)}</dd>"
        for name, fact in listed.items()
    )
    st.html(f'<dl class="atlas-facts"><b>{escape(title)}</b>{lines}</dl>')


def badge(good: bool, sentence: Markup) -> None:
    """A small sign of how far a number may be trusted."""
    kind = "good" if good else "unsure"
    mark = "✓" if good else "?"
    st.html(f'<p class="atlas-badge atlas-{kind}"><span>{mark}</span> {sentence}</p>')


def joined(*sentences: Markup) -> str:
    """The sentences without their tags, for the caption inside a downloaded picture."""
    return " ".join(unescape(re.sub(r"<[^<>]*>", "", sentence)) for sentence in sentences)
