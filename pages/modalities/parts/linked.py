"""Atoms of a reaction linked by one head, and all heads by how often they are right."""

from __future__ import annotations

import numpy as np
import pandas as pd
import streamlit as st
from numpy.typing import NDArray

from attention_core.axes.tokens import Token
from attention_core.numbers.alignment import Link
from models.store import reactions
from models.store.carriers.formats.reactions import Mapped
from models.store.reactions import Atoms
from pages.frame import link, prose
from pages.frame.language import _
from pages.frame.link import Choice
from pages.showing import sentences
from pages.showing.figures import said, state
from pages.showing.readings import Reading, scored_heads
from pages.widgets.alignment import TEXT, Alignment, alignment


def ribbons(
    reading: Reading, typed: Mapped, atoms: Atoms, place: tuple[int, int], key: str,
    pins: Choice[list[int]],
) -> None:  # fmt: skip
    """The product's atoms with ribbons to those that one head, (layer, head), looks at."""
    layer, head = place
    tokens = reading.record.axes[0].tokens
    weights = atoms.looks(reading.record.sites[layer])[head].numpy()
    best = weights.argmax(-1)
    links = [Link(int(before), after) for after, before in enumerate(best)]

    def took() -> None:
        link.choose(pins, state(key, "pins") or [])

    alignment(
        Alignment(
            source=[f"{tokens[place].text} {n}" for n, place in enumerate(atoms.before, 1)],
            target=[f"{tokens[place].text} {n}" for n, place in enumerate(atoms.after, 1)],
            weights=weights.astype(np.float32),
            links=links,
            pins=link.value(pins),
            title=typed.smiles,
            caption=sentences.where(layer, [head]),
            name="atoms",
        ),
        key=key,
        text={
            **said(TEXT),
            "target": _("after"),
            "source": _("before"),
            "hint": _("Point at an atom to see where it looked; click keeps it."),
            "note": _("A ribbon is as wide as its weight; outlined: the atom looked at most."),
        },
        on_pins_change=took,
    )
    counted(reading, typed, atoms, best)


def counted(reading: Reading, typed: Mapped, atoms: Atoms, best: NDArray[np.intp]) -> None:
    """How many atoms look at one of their own kind, and how many at the one that was typed.

    best  (atom after,): the atom before that it looks at most
    """
    tokens = reading.record.axes[0].tokens
    same = [
        kind(tokens[atoms.after[after]]) == kind(tokens[atoms.before[before]])
        for after, before in enumerate(best)
    ]
    parts = [
        prose.filled(
            _("{same} of {all} atoms of the product look most at an atom of their own kind."),
            same=sum(same),
            all=len(same),
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


def ranking(key: str, opened: Choice[list[int]]) -> None:
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
        picked = state(key, "selection")["rows"]
        if picked:
            link.choose(opened, list(ranked[picked[0]][1:]))

    st.dataframe(
        table, key=key, hide_index=True, height=360, on_select=took,
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
