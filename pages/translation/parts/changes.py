"""Changing the attention of a translator, and seeing what becomes of the translation."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from difflib import SequenceMatcher
from html import escape
from typing import get_args

import streamlit as st

from attention_core.axes.tokens import TextAxis
from attention_core.pictures.views import View
from attention_core.watching.edit import Action, Edit
from models.families.translation import Translation
from pages.frame import link, prose
from pages.frame.language import _
from pages.frame.link import Choice
from pages.showing import choosing
from pages.showing.looking import Look

MOST = 12
"""Changes in one experiment; more could not be read."""
_WRITTEN = re.compile(
    r"(zero|uniform|set)@([a-z_]+(?:-cross)?\.\d{1,3})(?:h([\d-]{1,80}))?(?:q([\d-]{1,400}))?"
    r"(?:k([\d-]{1,400}))?(?:v(\d{1,3}))?"
)


def action(page: str) -> Choice[Action]:
    """What to do with the chosen weights."""
    return link.one_of(page, "action", get_args(Action), "zero")


def choice(page: str) -> Choice[tuple[Edit, ...]]:
    """The changes of an experiment, in the address as `zero@cross.0h2q3-4k1;…`, from 0."""
    return Choice("edits", (), read, written, page)


def read(raw: str) -> tuple[Edit, ...] | None:
    """The changes that an address names; None where it cannot be read."""
    made = []
    for part in raw.split(";")[:MOST]:
        match = _WRITTEN.fullmatch(part)
        if match is None:
            return None
        action, site, heads, queries, keys, value = match.groups()
        named: Action = "zero" if action == "zero" else "uniform" if action == "uniform" else "set"
        share = min(int(value), 100) / 100 if value else 1.0
        made.append(Edit(site, named, _places(heads), _places(queries), _places(keys), share))
    return tuple(made)


def written(edits: Sequence[Edit]) -> str:
    return ";".join(map(_one, edits))


def _one(edit: Edit) -> str:
    parts = [
        f"{letter}{'-'.join(map(str, places))}"
        for letter, places in (("h", edit.heads), ("q", edit.queries), ("k", edit.keys))
        if places is not None
    ]
    value = f"v{round(edit.value * 100)}" if edit.action == "set" else ""
    return f"{edit.action}@{edit.site}{''.join(parts)}{value}"


def _places(raw: str | None) -> tuple[int, ...] | None:
    return None if raw is None else tuple(int(part) for part in raw.split("-") if part)


def controls(
    edits: Choice[tuple[Edit, ...]], action: Choice[Action], scope: Choice[str],
    reach: Choice[str], share: Choice[int],
    look: Look, found: Translation, picture: View, cell: Sequence[int],
) -> None:  # fmt: skip
    """What to change and where: the reader has pointed at a cell of the matrix, or at none."""
    choosing.segments(
        action,
        _("What to do"),
        {"zero": _("set to 0"), "uniform": _("make equal"), "set": _("set to a share")},
    )
    with st.container():  # there even when empty: what follows keeps its place and its focus
        if link.value(action) == "set":
            st.slider(_("Share of the row (%)"), 0, 100, key=share.key, persist_state="session")
    choosing.segments(
        scope,
        _("Where, around the chosen cell"),
        {
            "cell": _("the cell"),
            "row": _("its row"),
            "column": _("its column"),
            "all": _("everywhere"),
        },
    )
    if len(found.cross) * found.cross[0].heads > 1:
        choosing.segments(
            reach,
            _("In which heads"),
            {"shown": _("those shown"), "layer": _("their layer"), "every": _("all layers")},
        )
    where = link.value(scope)
    ready = where == "all" or bool(cell)
    with st.container():
        if not ready:
            prose.caption(prose.filled(_("Click on a cell of the matrix to say which one.")))

    def add() -> None:
        made = _edits(
            look, found, picture, cell, link.value(action), where, link.value(reach),
            link.value(share) / 100,
        )  # fmt: skip
        link.choose(edits, (*link.value(edits), *made)[-MOST:])

    def undo() -> None:
        link.choose(edits, undone(link.value(edits)))

    def clear() -> None:
        link.choose(edits, ())

    with st.container(horizontal=True, gap="small"):
        st.button(
            _("Change it"), on_click=add, disabled=not ready, type="primary",
            key=f"{edits.key}.add", icon=":material/edit:",
        )  # fmt: skip
        some = bool(link.value(edits))
        st.button(_("Undo"), on_click=undo, disabled=not some, key=f"{edits.key}.undo",
                  icon=":material/undo:")  # fmt: skip
        st.button(_("Undo all"), on_click=clear, disabled=not some, key=f"{edits.key}.clear")


def undone(edits: Sequence[Edit]) -> tuple[Edit, ...]:
    """All but what one press of the button made: the same change, in one layer or in several."""
    kept, layers = list(edits), set[str]()
    while (
        kept and kept[-1].site not in layers and replace(kept[-1], site=edits[-1].site) == edits[-1]
    ):
        layers.add(kept.pop().site)
    return tuple(kept)


def _edits(
    look: Look, found: Translation, picture: View, cell: Sequence[int],
    action: Action, scope: str, reach: str, value: float,
) -> list[Edit]:  # fmt: skip
    """One change for each layer it is made in."""
    queries = keys = None
    if scope in ("cell", "row"):
        steps = [place + look.shift for place in picture.row_places[cell[0]]]
        queries = tuple(min(max(step, 0), len(found.target) - 1) for step in steps)
    if scope in ("cell", "column"):
        keys = picture.column_places[cell[1]]
    sites = [site.name for site in found.cross] if reach == "every" else map(str, look.site.places)
    whole = reach != "shown" or len(look.heads) == look.site.heads
    heads = None if whole else look.heads
    return [Edit(site, action, heads, queries, keys, value) for site in sites]


def told(edits: Sequence[Edit], found: Translation) -> None:
    """The changes in words, in the order in which they were made."""
    actions = {
        "zero": _("set to 0"),
        "uniform": _("made equal"),
        "set": _("set to {share} %"),
    }
    lines = []
    for number, edit in enumerate(edits, 1):
        steps = _named(edit.queries, found.target) or _("every word")
        words = _named(edit.keys, found.source) or _("every word")
        heads = "" if edit.heads is None else ", ".join(str(head + 1) for head in edit.heads)
        layer = edit.place.layer + 1
        place = (
            _("layer {layer}, heads {heads}").format(layer=layer, heads=heads)
            if heads
            else _("layer {layer}").format(layer=layer)
        )
        lines.append(
            prose.filled(
                _("{number}. {target} → {source}: {what} ({place})"),
                number=number,
                target=prose.token(steps),
                source=prose.token(words),
                what=actions[edit.action].format(share=round(edit.value * 100)),
                place=place,
            )
        )
    for line in lines:
        prose.note(line)


def _named(places: Sequence[int] | None, axis: TextAxis) -> str:
    if places is None:
        return ""
    return " ".join(axis.tokens[place].text for place in places if place < len(axis)) or "…"


def difference(before: Translation, after: Translation) -> None:
    """The changed translation, what is new in it marked and what is gone struck out."""
    old, new = _words(before.target), _words(after.target)
    words = [word for word, _gap in old], [word for word, _gap in new]
    parts = []
    for kind, first, last, start, end in SequenceMatcher(None, *words, False).get_opcodes():
        if kind == "equal":
            parts.append(_run(new[start:end]))
            continue
        if last > first:
            parts.append(f" <del>{_run(old[first:last])}</del>")
        if end > start:
            parts.append(f" <ins>{_run(new[start:end])}</ins>")
    st.html(f'<p class="atlas-headline atlas-diff" dir="auto">{"".join(parts)}</p>')


def _words(axis: TextAxis) -> list[tuple[str, str]]:
    """Each word of a text, and the space before it."""
    tokens = [token for token in axis.words.tokens if not token.special]
    starts = [0, *(token.end for token in tokens)]
    return [
        (token.text, axis.text[end : token.start])
        for token, end in zip(tokens, starts, strict=False)
    ]


def _run(words: list[tuple[str, str]]) -> str:
    return escape("".join(gap + word for word, gap in words))


def deltas(before: Translation, forced: Translation) -> None:
    """For each word of the unchanged translation, how much likelier or unlikelier it has become.

    forced  the same target, followed with the changes
    """
    boxes = []
    for group, token in zip(before.target.groups, before.target.words.tokens, strict=True):
        old = sum(math.log(max(before.chosen[place], 1e-30)) for place in group)
        new = sum(math.log(max(forced.chosen[place], 1e-30)) for place in group)
        strength = min(abs(new - old) / 4, 1)
        kind = "loss" if new < old else "gain"
        boxes.append(
            f'<span class="atlas-delta atlas-{kind}" style="--strength:{strength:.3f}">'
            f"<bdi>{escape(token.text)}</bdi><small>{round(new - old, 2) + 0.0:+.2f}</small></span>"
        )
    st.html(f'<p class="atlas-deltas">{"".join(boxes)}</p>')
