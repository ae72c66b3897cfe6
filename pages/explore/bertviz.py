"""BertViz: the head, model and neuron view that many know, of the present reading, offline."""

from __future__ import annotations

from typing import Final

import streamlit as st

from attention_core.marking import N_
from attention_core.pictures import bertviz
from attention_core.pictures.bertviz import KINDS, MOST, Kind
from pages.frame import ask, examples, framed, link, prose, site
from pages.frame.language import _
from pages.showing import charts, choosing, sentences
from pages.showing.readings import Part, read

PAGE = "bertviz"
CARD = site.Page(
    PAGE, N_("BertViz"), order=66, door="inside",
    promise=N_("The three views that many know, of your own sentence, without the network."),
)  # fmt: skip
LINE: Final = 23
"""Pixels of a token in BertViz's pictures."""

TEXT = link.text(PAGE, "text", examples.EXPLORE[0].text)
SECOND = link.text(PAGE, "second")
PAIR = link.flag(PAGE, "pair")
MODEL = choosing.model(PAGE)
CUT = link.flag(PAGE, "cut")
OWN = link.flag(PAGE, "own")
KIND = link.one_of(PAGE, "kind", ("encoder", "decoder", "cross"), "encoder")
VIEW: link.Choice[Kind] = link.one_of(PAGE, "view", KINDS, "head")
LAYER = link.number(PAGE, "layer", default=3)
HEAD = link.number(PAGE, "head", default=1)
CHOICES = (TEXT, SECOND, PAIR, MODEL, CUT, OWN, KIND, VIEW, LAYER, HEAD)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("BertViz, on this reading"), anchor=False)
    text, second, model = asked()
    link.publish(CHOICES)
    if not text.strip():
        st.info(_("Type a sentence, or choose an example."), icon=":material/edit:")
        return
    reading = ask.answered(
        lambda: read(model, text, second, link.value(CUT), link.value(OWN)), CUT,
        doing=_("Reading …"),
    )  # fmt: skip
    if reading is not None:
        ask.answers(TEXT, *((SECOND,) if second else ()))
        kind = choosing.kind(KIND, tuple(reading.parts))
        shown(reading.parts[kind])


def asked() -> tuple[str, str, str]:
    """What the reader wants read, and by which model."""
    boxes, side = st.columns([7, 4], gap="medium")
    with boxes:
        text = ask.text_box(TEXT, _("Your text"), (CUT,))
        pair = link.value(PAIR) or bool(link.value(SECOND))
        second = ask.text_box(SECOND, _("Second text"), (CUT,), 68) if pair else ""
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            ask.send(_("Read it"), TEXT)
            ask.examples(examples.EXPLORE, (CUT,), TEXT, SECOND)
            choosing.switch(PAIR, _("Read two texts together"))
    with side:
        model = choosing.choose_model(MODEL, "read")
    return text, second, model


@st.fragment
def shown(part: Part) -> None:
    """One of the three views, in a frame of its own."""
    titles = {
        "head": _("Head view"), "model": _("Model view"), "neuron": _("Neuron view"),
    }  # fmt: skip
    link.choose(LAYER, min(link.value(LAYER), len(part.sites) - 1))
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        view = choosing.segments(VIEW, _("View"), titles)
        layer = 0 if view == "model" else choosing.numbered(LAYER, _("Layer"), len(part.sites))
        head = (
            choosing.numbered(HEAD, _("Head"), part.sites[layer].heads) if view == "neuron" else 0
        )
    prose.badge(*sentences.integrity(part.sites))
    prose.note(prose.filled(said(view)))
    made = ask.answered(lambda: drawn(part, view, layer, head))
    if made is not None:
        if longer(part, view):
            prose.caption(
                prose.filled(_("BertViz shows the first {most} tokens here."), most=MOST[view])
            )
        framed.show(made, height(part, view), titles[view])
        st.download_button(
            _("This view as one page"), made, f"bertviz-{view}.html", "text/html",
            on_click="ignore", type="tertiary", icon=":material/download:",
        )  # fmt: skip
    link.publish(CHOICES)


def said(view: Kind) -> str:
    """What the view shows, and what to do with it."""
    return {
        "head": _(
            "Lines of all heads of one layer, one colour a head. Point at a token on either side; "
            "click a colour to hide a head, twice to see it alone."
        ),
        "model": _("Every head of every layer. Click a thumbnail to see it large."),
        "neuron": _(
            "Why one head looks where it looks: point at a token on the left and press +. The "
            "products of query and key add up to the scores, and these become the weights."
        ),
    }[view]


def drawn(part: Part, view: Kind, layer: int, head: int) -> str:
    """The page of that view; raises AttentionError where BertViz has nothing true to show."""
    dark = charts.theme() == "dark"
    if view == "head":
        given = bertviz.heads(part.sites, layer)
    elif view == "model":
        given = bertviz.model(part.sites, dark)
    else:
        given = bertviz.neurons(part.sites[layer], head, dark)
    return bertviz.page(view, given, "BertViz")


def longer(part: Part, view: Kind) -> bool:
    """Whether tokens are left out."""
    site = part.sites[0]
    return max(len(site.queries), len(site.keys)) > MOST[view]


def height(part: Part, view: Kind) -> int:
    """Pixels of the frame, so that it needs no scroll bar of its own where that can be."""
    site = part.sites[0]
    tokens = min(max(len(site.queries), len(site.keys)), MOST[view])
    if view == "head":
        return 60 + LINE * tokens
    alone = 120 + (LINE + 3) * tokens
    thumbnail = 10 + 84 * tokens // site.heads
    return alone if view == "neuron" else max(alone, 60 + thumbnail * len(part.sites))


if __name__ == "__main__":
    page()
