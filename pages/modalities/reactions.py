"""Reactions: which atom of the product was which before, by one head of attention.

Ask for a reaction, let a model that read millions of them read it, link each atom of the product
with the one that a head looks at, and ask which of all heads does this.
"""

from __future__ import annotations

from typing import Final

import streamlit as st

from attention_core.errors import ModelError
from attention_core.marking import N_
from models.store import reactions
from models.store.carriers.formats.reactions import Mapped
from models.store.reactions import Atoms
from pages.frame import ask, link, prose, site
from pages.frame.examples import Example
from pages.frame.language import _
from pages.modalities.parts import linked
from pages.showing import sentences
from pages.showing.readings import Reading, read

PAGE: Final = "reactions"
CARD = site.Page(
    PAGE, N_("Reactions"), order=55, door="senses",
    promise=N_("Which atom was which before? One head of a model that reads reactions tells."),
)  # fmt: skip
EXAMPLES: Final = (
    Example("CC(C)S.Fc1cccnc1F>>CC(C)Sc1ncccc1F"),
    Example("CC(=O)O.OCC>>CC(=O)OCC.O"),
    Example("C1CCCCC1Br.[OH-]>>C1CCCCC1O.[Br-]"),
)
"""Written for this page: a thiol and a pyridine, an ester, a substitution."""

SMILES = link.text(PAGE, "smiles", EXAMPLES[0].text)
HEAD = link.numbers(PAGE, "head", default=[10, 5], ordered=True)
PINS = link.numbers(PAGE, "pins")
CHOICES = (SMILES, HEAD, PINS)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Which atom was which?"), anchor=False)
    text = ask.text_box(SMILES, _("A reaction as SMILES: before >> after"), (PINS,), 68)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        ask.send(_("Read it"), SMILES)
        ask.examples(EXAMPLES, (PINS,), SMILES)
    link.publish(CHOICES)
    found = ask.answered(lambda: answered(text), doing=_("Reading …"))
    if found is not None:
        shown(*found)


def answered(text: str) -> tuple[Reading, Mapped, Atoms]:
    """The reaction read, as it was typed, and where its atoms are."""
    if not reactions.known():
        raise ModelError(
            "RXNMapper is not on this machine; the operator of this server fetches it with "
            "{command}.",
            command="python -m models.store.carriers reactions",
        )
    typed = reactions.typed(text)
    reading = read(reactions.MODEL, typed.smiles)
    return reading, typed, reactions.atoms(reading.record)


@st.fragment
def shown(reading: Reading, typed: Mapped, atoms: Atoms) -> None:
    """Everything that follows from one reaction."""
    sites = reading.record.sites
    layer, head = (*link.value(HEAD), 0, 0)[:2]
    layer, head = min(layer, len(sites) - 1), min(head, sites[0].heads - 1)
    prose.badge(*sentences.integrity([sites[layer]]))
    for note in reading.record.notes:
        prose.note(sentences.noted(note))
    left, right = st.columns([7, 4], gap="large")
    with left:
        st.subheader(
            _("What {place} looks at").format(place=sentences.where(layer, [head])), anchor=False
        )
        linked.ribbons(reading, typed, atoms, (layer, head), f"{PAGE}.ribbons", PINS)
    with right:
        st.subheader(_("Which of all heads does it?"), anchor=False)
        linked.ranking(f"{PAGE}.table", HEAD)
    link.publish(CHOICES)


if __name__ == "__main__":
    page()
