"""What a translator considered at each step, as small tables of words and bars."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

import streamlit as st

from attention_core.pictures.views import View
from models.families.translation import Translation
from pages.frame.language import _
from pages.frame.prose import caption, filled, number, token

SHOWN = 14
"""Steps that fit on a page before the reader has chosen a word."""


def candidates(found: Translation, pins: Sequence[int], picture: View | None) -> None:
    """For each piece of the chosen words, or of the beginning, the likeliest pieces there."""
    groups = () if picture is None else picture.row_places
    wanted = [place for group in groups if set(group) & set(pins) for place in group]
    steps = wanted or list(range(min(SHOWN, len(found.candidates))))
    lines = "".join(_line(found, place) for place in steps)
    st.html(f'<div class="atlas-steps" role="table">{lines}</div>')
    if not wanted and picture is not None:
        caption(filled(_("Choose a word of the translation above to see its pieces alone.")))


def _line(found: Translation, place: int) -> str:
    written = found.target.tokens[place]
    cells = "".join(
        f'<span role="cell" class="{"atlas-taken" if one.piece == written.piece else ""}" '
        f'style="--share:{one.probability:.4f}"><bdi>{escape(one.text)}</bdi>'
        f"<small>{one.probability:.2f}</small></span>"
        for one in found.candidates[place]
    )
    return (
        f'<div role="row"><b role="rowheader" dir="auto">{escape(written.text)}</b>'
        f'<span class="atlas-choices">{cells}</span></div>'
    )


def alternatives(found: Translation) -> None:
    """Other whole translations the beam found, best first."""
    if not found.alternatives:
        return
    st.subheader(_("Other translations"), anchor=False)
    for other in found.alternatives:
        caption(
            filled(_("{text} (score {score})"), text=token(other.text), score=number(other.score))
        )
    caption(filled(_("The score is the log-probability, divided by a penalty for length.")))
