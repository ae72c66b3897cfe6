"""Two translators, one for each direction, asked about the same pair; their links made into one."""

from __future__ import annotations

import streamlit as st

from attention_core.files.formats.pharaoh import pharaoh
from attention_core.numbers.alignment import SYMMETRIES, Link, symmetrised
from attention_core.pictures.views import View
from models.families.translation import Translation
from models.store import catalogue
from pages.frame import ask, downloads, link, prose
from pages.frame.language import _
from pages.frame.link import Choice
from pages.showing import choosing, figures, looking
from pages.showing.looking import Look
from pages.showing.readings import align
from pages.translation.parts import golden
from pages.translation.parts.golden import Written

_CUT = link.flag("reverse", "cut")


def choice(page: str) -> Choice[str]:
    """How the two sets of links become one."""
    return link.one_of(page, "joined", tuple(SYMMETRIES), "grow-diag-final-and")


def translators(model: str) -> list[str]:
    """The translators of the catalogue that go the other way and have attention."""
    reads, writes = catalogue.entry(model).card.languages or ("", "")
    return [
        one.card.name
        for one in catalogue.entries()
        if one.task == "translate" and one.card.languages == (writes, reads)
    ]


def show(
    found: Translation, model: str, look: Look, how: Choice[str], gold: Written, key: str
) -> None:
    """Links of both directions and of the two joined, with the score of each."""
    others = translators(model)
    if not others:
        prose.caption(
            prose.filled(
                _("No translator of the catalogue goes the other way; choose another model.")
            )
        )
        return
    other = others[0]
    cut = link.value(_CUT)
    back = ask.answered(
        lambda: align(other, found.text, found.source.text, cut), _CUT, doing=_("Translating …")
    )
    returned = looking.settled(back, other) if back is not None else None
    if back is None or returned is None:
        return
    picture = look.view("words", "hidden")
    forward = look.links(picture)
    backward = turned(returned, picture)
    choosing.segments(how, _("Join the two directions by"), {name: name for name in SYMMETRIES})
    joined = symmetrised(forward, backward, link.value(how))
    left, right = st.columns([6, 5], gap="large")
    with left:
        known = golden.of(gold, picture)
        figures.gold_matrix(picture, known, joined, f"{key}.matrix", None)
    with right:
        counted = {
            _("This translator"): forward,
            _("The other direction"): backward,
            _("Joined"): joined,
        }
        for title, links in counted.items():
            st.subheader(title, anchor=False)
            prose.note(prose.filled(_("{count} links"), count=len(links)))
            if known is not None and (known.sure or known.possible):
                golden.report(links, known)
        downloads.file(_("Joined links (Pharaoh)"), lambda: pharaoh(joined), "joined.pharaoh.txt")


def turned(look: Look, picture: View) -> list[Link]:
    """The other translator's links as source-target of this one, where the words are the same."""
    back = look.view("words", "hidden")
    rows, columns = len(picture.rows), len(picture.columns)
    return [
        Link(one.target, one.source)
        for one in look.links(back)
        if one.target < columns and one.source < rows
    ]
