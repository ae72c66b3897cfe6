"""People's links: drawn by clicking in the matrix or written as text, and what they say."""

from __future__ import annotations

import streamlit as st

from attention_core.alignment import Gold, Link, golds, pharaoh, scores
from attention_core.errors import AttentionError
from attention_core.views import View
from models.translation import Translation
from pages.parts import downloads, figures, link, prose
from pages.parts.ask import said
from pages.parts.language import _
from pages.parts.link import Choice
from pages.parts.looking import Look


def of(choice: Choice | str, picture: View) -> Gold | None:
    """The links that were drawn, or None with a sentence on the page where they do not fit."""
    written = choice if isinstance(choice, str) else str(link.value(choice))
    sizes = [(len(picture.columns), len(picture.rows))]
    try:
        return golds(" ".join(written.split()) or "\n", sizes=sizes)[0]
    except AttentionError as problem:
        st.info(said(problem), icon=":material/info:")
        return None


def over(choice: Choice, picture: View) -> Gold | None:
    """The links that were drawn, where the picture shows the same words; never a sentence."""
    if picture.grain != "words" or picture.specials == "shown" or not link.value(choice):
        return None
    sizes = [(len(picture.columns), len(picture.rows))]
    try:
        return golds(" ".join(str(link.value(choice)).split()), sizes=sizes)[0]
    except AttentionError:
        return None


def show(found: Translation, look: Look, chosen: Choice, key: str) -> None:
    """The matrix to draw in, the links as text, and precision, recall, F1 and AER."""
    picture = look.view("words", "hidden")
    gold = of(chosen, picture)
    links = look.links(picture)
    cells, numbers = st.columns([6, 5], gap="large")
    with cells:
        prose.caption(
            prose.filled(
                _(
                    "Click a cell: once for a sure link, twice for a possible one, "
                    "a third time to take it away."
                )
            )
        )

        def took() -> None:
            drawn = figures.state(f"{key}.matrix", "gold") or {"sure": [], "possible": []}
            sure, possible = (
                [Link(column, row) for row, column in drawn[kind]] for kind in ("sure", "possible")
            )
            link.choose(chosen, pharaoh(sure, possible))

        figures.gold_matrix(
            picture, gold or Gold(frozenset(), frozenset()), links, f"{key}.matrix", took
        )
    with numbers:
        st.text_input(
            _("Links as text (source-target, counted from 0; p = possible)"),
            key=chosen.key,
            persist_state="session",
        )
        report(links, gold)
        downloads.file(_("My links (Pharaoh)"), lambda: str(link.value(chosen)), "gold.pharaoh.txt")


def report(links: list[Link], gold: Gold | None) -> None:
    """How well links agree with people's, in four numbers."""
    if gold is None or not (gold.sure or gold.possible):
        prose.caption(
            prose.filled(_("Draw or write some links, and the alignment is scored against them."))
        )
        return
    result = scores([(links, gold)])
    with st.container(horizontal=True, gap="medium"):
        st.metric(_("Precision"), f"{result.precision:.2f}")
        st.metric(_("Recall"), f"{result.recall:.2f}")
        st.metric("F1", f"{result.f1:.2f}")
        st.metric("AER", f"{result.error_rate:.2f}")
    prose.note(
        prose.filled(
            _(
                "{found} links found, {sure} sure and {possible} possible ones given. "
                "AER is the alignment error rate: 0 is perfect."
            ),
            found=result.found,
            sure=result.sure,
            possible=result.possible,
        )
    )
