"""Reactions: which atom of the product was which before, by one head of attention.

Ask for a reaction, let a model that read millions of them read it, link each atom of the product
with the one that a head looks at, and ask which of all heads does this.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
import streamlit as st

from attention_core.axes.tokens import Token
from attention_core.errors import ModelError
from attention_core.marking import N_
from attention_core.numbers.alignment import Link
from models.store import reactions
from models.store.carriers.formats.reactions import Mapped
from models.store.reactions import Atoms
from pages.frame import ask, link, prose, site
from pages.frame.examples import Example
from pages.frame.language import _
from pages.showing import sentences
from pages.showing.figures import said, state
from pages.showing.readings import Reading, read, scored_heads
from pages.widgets.alignment import TEXT, Alignment, alignment

PAGE: Final = "reactions"
CARD = site.Page(PAGE, N_("Reactions"), order=29)
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
        ribbons(reading, typed, atoms, layer, head)
    with right:
        st.subheader(_("Which of all heads does it?"), anchor=False)
        ranking()
    link.publish(CHOICES)


def ribbons(reading: Reading, typed: Mapped, atoms: Atoms, layer: int, head: int) -> None:
    """The product's atoms with ribbons to those that one head looks at."""
    tokens = reading.record.axes[0].tokens
    weights = atoms.looks(reading.record.sites[layer])[head].numpy()
    best = weights.argmax(-1)
    links = [Link(int(before), after) for after, before in enumerate(best)]
    alignment(
        Alignment(
            source=[f"{tokens[place].text} {n}" for n, place in enumerate(atoms.before, 1)],
            target=[f"{tokens[place].text} {n}" for n, place in enumerate(atoms.after, 1)],
            weights=weights.astype(np.float32),
            links=links,
            pins=link.value(PINS),
            title=typed.smiles,
            caption=sentences.where(layer, [head]),
            name="atoms",
        ),
        key=f"{PAGE}.ribbons",
        text={
            **said(TEXT),
            "target": _("after"),
            "source": _("before"),
            "hint": _("Point at an atom to see where it looked; click keeps it."),
            "note": _("A ribbon is as wide as its weight; outlined: the atom looked at most."),
        },
        on_pins_change=took_pins,
    )
    kinds = [kind(tokens[atoms.after[n]]) == kind(tokens[atoms.before[m]]) for m, n in links]
    parts = [
        prose.filled(
            _("{same} of {all} atoms of the product look most at an atom of their own kind."),
            same=sum(kinds),
            all=len(kinds),
        )
    ]
    if typed.maps:
        hits = sum(int(best[after]) == before for after, before in typed.maps)
        parts.append(
            prose.filled(
                _("By the numbers that you typed, {hits} of {all} links are right."),
                hits=hits,
                all=len(typed.maps),
            )
        )
    prose.caption(*parts)
    prose.note(
        prose.filled(
            _(
                "Only atoms are drawn, numbered on each side; each row is scaled to 1 over the "
                "atoms before. RXNMapper itself asks neighbours as well before it decides."
            )
        )
    )


def kind(atom: Token) -> str:
    """What an atom is, aromatic or not."""
    return atom.text.lower()


def took_pins() -> None:
    link.choose(PINS, state(f"{PAGE}.ribbons", "pins") or [])


def ranking() -> None:
    """All heads by how often they are right on mapped reactions; a click opens one."""
    right, count = scored_heads()
    ranked = sorted(
        ((float(share) / count, layer, head)
         for layer, row in enumerate(right) for head, share in enumerate(row)),
        reverse=True,
    )  # fmt: skip
    table = pd.DataFrame(
        {
            "layer": [layer + 1 for _share, layer, _head in ranked],
            "head": [head + 1 for _share, _layer, head in ranked],
            "right": [share for share, _layer, _head in ranked],
        }
    )

    def took() -> None:
        picked = state(f"{PAGE}.table", "selection")["rows"]
        if picked:
            link.choose(HEAD, list(ranked[picked[0]][1:]))

    st.dataframe(
        table, key=f"{PAGE}.table", hide_index=True, height=360, on_select=took,
        selection_mode="single-row",
        column_config={
            "layer": st.column_config.NumberColumn(_("layer"), width=80),
            "head": st.column_config.NumberColumn(_("head"), width=80),
            "right": st.column_config.ProgressColumn(
                _("right"), format="percent", min_value=0, max_value=1
            ),
        },
    )  # fmt: skip
    best, layer, head = ranked[0]
    prose.caption(
        prose.filled(
            _(
                "Of {count} atoms of {reactions} reactions with known maps, {place} finds {best} "
                "%; these are the tests of its authors, so the best head is chosen on them too. "
                "All layers of an ALBERT share one set of weights: a head that does it does it in "
                "every layer."
            ),
            count=count,
            reactions=len(reactions.known()),
            place=sentences.where(layer, [head]),
            best=prose.number(100 * best, 0),
        )
    )


if __name__ == "__main__":
    page()
