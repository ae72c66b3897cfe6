"""Choosing what is done to a model: one act after another, each of which can be taken back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Final, NamedTuple

import streamlit as st

from attention_core.watching.acts import EVERY, KINDS, Act, Where, counted
from pages.explore.parts.acting import Offered
from pages.explore.parts.outputs import NONE
from pages.frame import ask, link, prose, site
from pages.frame.language import _, ngettext
from pages.frame.link import Choice, Kept
from pages.showing import choosing

USUAL: Final = "usual"
"""Instead of acts in an address: what the page opens with."""
MOST: Final = 64
"""Acts at once: as many as a box over the states of another sentence may take."""
FEW: Final = 3
"""States of another sentence that have a button each; of more, all have one together."""
SHORT: Final = 14
"""Letters of a token that a button shows."""


class Choices(NamedTuple):
    """What is chosen of the next act, and all acts so far."""

    acts: Choice[list[str]]
    kind: Choice[str]
    place: Choice[str]
    head: Choice[int]
    query: Choice[int]
    key: Choice[int]

    @property
    def next(self) -> tuple[Kept, ...]:
        """Those of the next act."""
        return (self.kind, self.place, self.head, self.query, self.key)


def choices(page: str) -> Choices:
    """Those of one page."""
    return Choices(
        link.names(page, "acts", (USUAL,), MOST),
        link.one_of(page, "do", KINDS, "head"),
        Choice("at", "", _parsed, lambda name: counted(name) if name else "", page),
        Choice("head", NONE, link.place, lambda chosen: str(chosen + 1), page),
        link.number(page, "from", default=0),
        link.number(page, "to", default=0),
    )


def _parsed(raw: str) -> str | None:
    """A place of an address, which counts layers from 1, as the models count them."""
    act = Act.parse(f"mlp:{raw}")
    return None if act is None else act.site


def acts(chosen: Choices, usual: Sequence[str]) -> tuple[Act, ...]:
    """The acts in their order; says which of an address are none.

    usual  those that the page opens with
    """
    named = link.value(chosen.acts)
    if named == [USUAL]:
        named = list(usual)
        link.choose(chosen.acts, named or [USUAL])
    found = {name: Act.parse(name) for name in named}
    wrong = [name for name, act in found.items() if act is None]
    if wrong:
        link.choose(chosen.acts, [name for name in named if name not in wrong])
        sentence = _("The address names what is no change and was left out: {names}.")
        st.info(sentence.format(names=ask.literal(", ".join(wrong))), icon=":material/info:")
    return tuple(act for act in found.values() if act is not None)


def add(chosen: Choices, *more: Act) -> None:
    """Acts more, behind the others, as long as there is room; none stands there twice."""
    link.choose(chosen.acts, _with(chosen, more)[:MOST])


def crowded(chosen: Choices, more: Sequence[Act]) -> int:
    """How many of these would find no room."""
    return max(0, len(_with(chosen, more)) - MOST)


def _with(chosen: Choices, more: Sequence[Act]) -> list[str]:
    named = [name for name in link.value(chosen.acts) if name != USUAL]
    return list(dict.fromkeys([*named, *map(str, more)]))


def turn(chosen: Choices, act: Act) -> None:
    """An act more, or, where it is there already, one less."""
    if str(act) in link.value(chosen.acts):
        _undo(chosen, str(act))
    else:
        add(chosen, act)


def drawn_anew(chosen: Choices, done: Sequence[Act]) -> None:
    """Draws the whole page where a click in a part of it has added an act since."""
    if [name for name in link.value(chosen.acts) if name != USUAL] != list(map(str, done)):
        st.rerun()


def place(name: str) -> str:
    """A place of a model in a few words, counted from 1."""
    stack, _dot, layer = name.rpartition(".")
    if layer == EVERY:
        titles = {
            "encoder": _("encoder, all layers"),
            "decoder": _("decoder, all layers"),
            "cross": _("decoder to encoder, all layers"),
        }
        return titles.get(stack, name)
    titles = {
        "encoder": _("encoder {number}"),
        "decoder": _("decoder {number}"),
        "cross": _("cross {number}"),
    }
    return titles.get(stack, f"{stack} {{number}}").format(number=int(layer) + 1)


def chips(chosen: Choices, done: Sequence[Act], offer: Offered) -> None:
    """Every act as a button that takes it back."""
    states = [act for act in done if act.kind == "patch"]
    alone = done if len(states) <= FEW else [act for act in done if act.kind != "patch"]
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        for at, act in enumerate(alone):
            st.button(
                ask.literal(said(act, offer)), icon=":material/close:", key=f"undo.{at}",
                on_click=_undo, args=(chosen, str(act)), help=_("Take it back"),
            )  # fmt: skip
        if len(states) > FEW:
            label = ngettext(
                "{count} state from the other sentence", "{count} states from the other sentence",
                len(states),
            )  # fmt: skip
            st.button(
                label.format(count=len(states)), icon=":material/close:", key="undo.states",
                on_click=_undo, args=(chosen, *map(str, states)), help=_("Take them back"),
            )  # fmt: skip
        if len(done) > 1:
            st.button(
                _("Take all back"), type="tertiary", icon=":material/undo:", key="undo.all",
                on_click=link.choose, args=(chosen.acts, []),
            )  # fmt: skip
        if not done:
            prose.note(prose.filled(_("Nothing is switched off: the model is as it is.")))


def _undo(chosen: Choices, *names: str) -> None:
    link.choose(chosen.acts, [one for one in link.value(chosen.acts) if one not in names])


def said(act: Act, offer: Offered) -> str:
    """An act in words."""
    parts = [place(act.site)]
    if act.head is not None:
        parts.append(_("head {number}").format(number=act.head + 1))
    first = _first(act, offer)
    query = _token(offer.axis(first, "query"), act.query)
    if act.key is not None:
        key = _token(offer.axis(first, "key"), act.key)
        parts.append(f"{query or '*'} → {key}")
    elif query:
        parts.append(query)
    return _("{change}: {place}").format(change=_(KINDS[act.kind].title), place=" · ".join(parts))


def _first(act: Act, offer: Offered) -> str:
    """The place of an act, or the first of those that it means."""
    stack, _dot, layer = act.site.rpartition(".")
    return act.site if layer != EVERY else f"{stack}.0"


def _token(axis: Sequence[str], at: int | None) -> str:
    if at is None:
        return ""
    shown = axis[at] if at < len(axis) else "?"
    return f"{shown if len(shown) <= SHORT else shown[: SHORT - 1] + '…'} ({at + 1})"


def asked(chosen: Choices, offer: Offered) -> None:
    """What to do next, and where."""
    kinds = {name: _(kind.title) for name, kind in KINDS.items() if offer.places[name]}
    if not kinds:
        prose.note(prose.filled(_("Nothing of this model can be changed while it runs.")))
        return
    if link.value(chosen.kind) not in kinds:
        link.choose(chosen.kind, next(iter(kinds)))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = choosing.dropdown(
            chosen.kind, _("What to do"), kinds, (chosen.place, chosen.head), 240
        )
        act = _placed(chosen, offer, kind)
        st.button(
            _("Do it"), type="primary", icon=":material/add:", key="act.add",
            on_click=partial(add, chosen, act), disabled=len(link.value(chosen.acts)) >= MOST,
        )  # fmt: skip
    prose.note(prose.filled(_(KINDS[kind].explanation)))


def _placed(chosen: Choices, offer: Offered, kind: str) -> Act:
    """The act that the choices now name."""
    takes, needs = KINDS[kind].takes, KINDS[kind].needs
    known = offer.places[kind]
    stacks = dict.fromkeys(name.rpartition(".")[0] for name in known)
    titles = {name: place(name) for name in known}
    titles |= {f"{stack}.{EVERY}": place(f"{stack}.{EVERY}") for stack in stacks}
    if link.value(chosen.place) not in titles:
        link.choose(chosen.place, known[0])
    where = choosing.dropdown(chosen.place, _("Where"), titles, (), 240)
    first = where if where in offer.heads else f"{where.rpartition('.')[0]}.0"
    heads = [str(at + 1) for at in range(offer.heads.get(first, 0))]
    head = _one(chosen.head, _("Head"), heads, "head", takes, needs)
    query = _one(
        chosen.query, _("Token that looks") if "key" in takes else _("Token"),
        offer.axis(first, "query"), "query", takes, needs,
    )  # fmt: skip
    key = _one(chosen.key, _("Token looked at"), offer.axis(first, "key"), "key", takes, needs)
    return Act(kind, where, head, query, key)


def _one(
    choice: Choice[int], label: str, names: Sequence[str], what: Where,
    takes: Sequence[Where], needs: Sequence[Where],
) -> int | None:  # fmt: skip
    """A head or a token; None where the act heeds none, or means all."""
    if what not in takes or not names:
        return None
    every = {} if what in needs else {NONE: _("all")}
    titles: Mapping[int, str] = {
        **every,
        **{
            at: name if what == "head" else f"{at + 1} · {name}"
            for at, name in enumerate(names)
        },
    }  # fmt: skip
    if link.value(choice) not in titles:
        link.choose(choice, next(iter(titles)))
    taken = choosing.dropdown(choice, label, titles, (), 170)
    return None if taken == NONE else taken


def elsewhere(model: str, text: str, done: Sequence[Act]) -> None:
    """The way to Explore, at the last place that was changed."""
    for act in reversed(done):
        stack, _dot, layer = act.site.rpartition(".")
        if KINDS[act.kind].at == "attention" and layer != EVERY:
            given = {"model": model, "text": text, "kind": stack, "layer": str(int(layer) + 1)}
            if act.head is not None:
                given["heads"] = str(act.head + 1)
            st.page_link(
                site.file("explore"), icon=":material/open_in_new:", query_params=given,
                label=_("See in Explore what {place} looks at").format(
                    place=place(act.site) if act.head is None
                    else f"{place(act.site)} · {_('head {number}').format(number=act.head + 1)}"
                ),
            )  # fmt: skip
            return
