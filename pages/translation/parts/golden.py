"""People's links: drawn by clicking in the matrix or written as text, and what they say."""

from __future__ import annotations

from typing import NamedTuple

import streamlit as st

from attention_core.errors import AttentionError
from attention_core.files.formats.pharaoh import golds, pharaoh
from attention_core.numbers.alignment import Direction, Gold, Link, scores
from attention_core.pictures.views import View
from models.families.translation import Translation
from pages.frame import downloads, link, prose
from pages.frame.ask import said
from pages.frame.language import _
from pages.frame.link import Choice
from pages.showing import choosing, figures
from pages.showing.looking import Look


class Written(NamedTuple):
    """Links as the reader writes them.

    links      the text of the links
    first      the number of a sentence's first word, 0 or 1
    direction  which side the first number of a link counts
    """

    links: Choice[str]
    first: Choice[str]
    direction: Choice[Direction]

    @property
    def convention(self) -> tuple[int, Direction]:
        """How the numbers of a link are to be read."""
        return int(link.value(self.first)), link.value(self.direction)


def choices(page: str) -> Written:
    """No links at first; words count from 0, the source comes first."""
    return Written(
        link.text(page, "gold"),
        choosing.first(page),
        choosing.direction(page),
    )


def of(written: Written, picture: View) -> Gold | None:
    """The links that were drawn, or None with a sentence on the page where they do not fit."""
    try:
        return _read(written, picture)
    except AttentionError as problem:
        st.info(said(problem), icon=":material/info:")
        return None


def over(written: Written, picture: View) -> Gold | None:
    """The links that were drawn, where the picture shows the same words; never a sentence."""
    if picture.grain != "words" or picture.specials == "shown" or not link.value(written.links):
        return None
    try:
        return _read(written, picture)
    except AttentionError:
        return None


def _read(written: Written, picture: View) -> Gold:
    sizes = [(len(picture.columns), len(picture.rows))]
    text = " ".join(link.value(written.links).split())
    return golds(text or "\n", *written.convention, sizes=sizes)[0]


def show(found: Translation, look: Look, written: Written, key: str) -> None:
    """The matrix to draw in, the links as text, and precision, recall, F1 and AER."""
    picture = look.view("words", "hidden")
    gold = of(written, picture)
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
            link.choose(written.links, pharaoh(sure, possible, *written.convention))

        figures.gold_matrix(
            picture, gold or Gold(frozenset(), frozenset()), links, f"{key}.matrix", took
        )
    with numbers:
        st.text_input(
            _("Links as text, such as 0-0 1-2 2p3; p = possible"),
            key=written.links.key,
            persist_state="session",
        )
        choosing.convention(written.first, written.direction)
        report(links, gold)
        downloads.file(
            _("My links (Pharaoh)"),
            lambda: link.value(written.links),
            "gold.pharaoh.txt",
        )


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
