"""Explore: what does each head of a model look at?

Ask for a text, read it, choose heads in the overview, and see them as lines, matrix and numbers.
"""

from __future__ import annotations

from functools import partial

import streamlit as st

from attention_core.marking import N_
from attention_core.pictures.views import View
from pages.explore.parts import ranking
from pages.frame import ask, downloads, examples, link, prose, site
from pages.frame.language import _
from pages.showing import choosing, figures, naming, sentences
from pages.showing.kept import view
from pages.showing.readings import Part, Reading, read
from pages.widgets.hosts.streamlit import sent

PAGE = "explore"
CARD = site.Page(
    PAGE, N_("Explore"), order=20, door="inside",
    promise=N_(
        "Type any text and walk from all heads of a model to one head, one row, one number."
    ),
)  # fmt: skip
LINES = 160
"""Tokens whose lines can still be told apart; of longer texts the lines show the beginning."""
PICTURES = "pictures"
"""The part of the page that a click on a head draws again."""

TEXT = link.text(PAGE, "text", examples.EXPLORE[0].text)
SECOND = link.text(PAGE, "second")
PAIR = link.flag(PAGE, "pair")
MODEL = choosing.model(PAGE)
CUT = link.flag(PAGE, "cut")
OWN = link.flag(PAGE, "own")
KIND = link.one_of(PAGE, "kind", ("encoder", "decoder", "cross"), "encoder")
LAYER = link.number(PAGE, "layer", default=3)
HEADS = link.numbers(PAGE, "heads", default=[1])
PINS = link.numbers(PAGE, "pins")
CELL = link.numbers(PAGE, "cell", ordered=True)
GRAIN = choosing.grain(PAGE, "tokens")
SPECIALS = choosing.specials(PAGE, "shown")
SCALE = choosing.scale(PAGE)
LABEL = naming.choice(PAGE)
PLACES = (PINS, CELL, CUT)
CHOICES = (
    TEXT, SECOND, PAIR, MODEL, CUT, OWN, KIND, LAYER, HEADS, PINS, CELL, GRAIN, SPECIALS, SCALE,
    LABEL,
)  # fmt: skip


def page() -> None:
    link.restore(CHOICES)
    st.title(_("What does each head look at?"), anchor=False)
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
        with st.container():  # there even when empty: what follows keeps its place and its focus
            if reading.named:
                choosing.switch(OWN, _("Read typed special tokens as the model's own"))
        with st.container():
            ask.answers(TEXT, *((SECOND,) if second else ()))
            shown(reading)


def asked() -> tuple[str, str, str]:
    """What the reader wants read, and by which model."""
    boxes, side = st.columns([7, 4], gap="medium")
    with boxes:
        text = ask.text_box(TEXT, _("Your text"), PLACES)
        pair = link.value(PAIR) or bool(link.value(SECOND))
        second = ask.text_box(SECOND, _("Second text"), PLACES, 68) if pair else ""
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            ask.send(_("Read it"), TEXT)
            ask.examples(examples.EXPLORE, PLACES, TEXT, SECOND)
            choosing.switch(PAIR, _("Read two texts together"))
    with side:
        model = choosing.choose_model(MODEL, "read")
    return text, second, model


@st.fragment
def shown(reading: Reading) -> None:
    """Everything that follows from one reading."""
    kind = choosing.kind(KIND, tuple(reading.parts))
    part = reading.parts[kind]
    settle(part)
    choosing.grain_and_specials(GRAIN, SPECIALS)
    prose.badge(*sentences.integrity(part.sites))
    for note in reading.record.notes:
        prose.note(sentences.noted(note))
    pictures(part, kind)
    statistics(part)


@st.fragment(key=PICTURES)
def pictures(part: Part, kind: str) -> None:
    """All heads, and the chosen ones as lines and as a matrix; a choice redraws this part alone.

    The matrix comes first, since it is what a click waits for.
    """
    layer, heads = link.value(LAYER), link.value(HEADS)
    here = part.sites[layer]
    every = partial(view, here, None, link.value(GRAIN), link.value(SPECIALS))
    some = partial(view, here, heads, link.value(GRAIN), link.value(SPECIALS))
    chosen = some()
    place = sentences.where(layer, heads)

    left, right = st.columns(2, gap="large")
    overview = left.container()
    with left:
        st.subheader(_("The matrix of {place}").format(place=place), anchor=False)
        show_matrix(chosen, place)
    sent()
    with overview:
        st.subheader(_("All heads"), anchor=False)
        show_overview(part, (layer, heads[0]))
    with left, st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        downloads.numbers(some, f"attention-{chosen.site}")
        elsewhere(kind, layer, heads[0])
        asking(part, layer, kind)
    with right:
        st.subheader(_("Layer {layer}: who looks at whom").format(layer=layer + 1), anchor=False)
        picture = every()
        show_lines(picture, chosen, place)
        downloads.numbers(every, f"attention-{picture.site}-all-heads")
        beginning(picture)
    link.publish(CHOICES)


def elsewhere(kind: str, layer: int, head: int) -> None:
    """The same reading in the views of BertViz, for whoever knows them."""
    asked = {
        "model": link.value(MODEL), "text": link.value(TEXT), "second": link.value(SECOND),
        "cut": str(int(link.value(CUT))), "own": str(int(link.value(OWN))), "kind": kind,
        "layer": str(layer + 1), "head": str(head + 1),
    }  # fmt: skip
    given = {name: said for name, said in asked.items() if said}
    st.page_link(
        site.file("bertviz"), label="BertViz", icon=":material/open_in_new:", query_params=given
    )


def asking(part: Part, layer: int, kind: str) -> None:
    """From a cell that was pressed to all heads in the order of that weight."""
    pressed = link.value(CELL)
    if len(pressed) != 2 or link.value(SECOND):
        return
    words = ranking.seen(part, layer)
    row, column = words.row_of(pressed[0]), words.column_of(pressed[1])
    if row is None or column is None:
        return
    given = {
        "model": link.value(MODEL), "text": link.value(TEXT), "cut": str(int(link.value(CUT))),
        "kind": kind, "from": str(row + 1), "to": str(column + 1),
    }  # fmt: skip
    st.page_link(
        site.file("which"), label=_("Which heads look so?"), icon=":material/search:",
        query_params={name: said for name, said in given.items() if said},
    )  # fmt: skip


@st.fragment
def statistics(part: Part) -> None:
    """Every head in numbers, as dots and as a table; a click opens a head in the pictures."""
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("How far and how widely each head looks"), anchor=False)
        show_map(part)
    with right:
        st.subheader(_("Heads in numbers"), anchor=False)
        show_numbers(part)


def settle(part: Part) -> None:
    """Brings choices that this model does not have back into its range."""
    heads = part.sites[0].heads
    link.choose(LAYER, min(link.value(LAYER), len(part.sites) - 1))
    link.choose(HEADS, [head for head in link.value(HEADS) if head < heads] or [0])


def show_overview(part: Part, opened: tuple[int, int]) -> None:
    """A thumbnail of every head; a click opens it."""

    def took() -> None:
        open_head(*figures.state(f"{PAGE}.grid", "head"))

    marked = naming.asked(LABEL, part, link.value(MODEL))
    if marked is None:
        figures.head_grid(part, opened, f"{PAGE}.grid", took)
    else:
        said = _("The bar under a head is its score for this label, 0 to 1.")
        figures.head_grid(part, opened, f"{PAGE}.grid", took, marked.scores, said)
        prose.caption(marked.said)
    prose.caption(sentences.measured(part.measures, *opened))
    prose.caption(*naming.called(part, link.value(MODEL), *opened))
    naming.unheard(part, link.value(MODEL))


def show_map(part: Part) -> None:
    """Every head as a dot; a click opens it. Texts that differ have no distance to show."""

    def took() -> None:
        open_elsewhere(figures.map_point(f"{PAGE}.map", part))

    if part.sites[0].kind == "cross":
        prose.caption(prose.filled(_("Between two texts there is no distance to measure.")))
        return
    figures.heads_map(part, f"{PAGE}.map", took)
    prose.caption(sentences.extremes(part.measures))
    prose.note(prose.filled(_("Each dot is a head; a stronger colour is a later layer.")))


def show_numbers(part: Part) -> None:
    """Every head in numbers, sortable; a click on a row opens the head."""

    def took() -> None:
        open_elsewhere(figures.table_row(f"{PAGE}.table", part))

    figures.head_table(part, f"{PAGE}.table", took)


def open_head(layer: int, head: int) -> None:
    link.choose(LAYER, layer)
    link.choose(HEADS, [head])


def open_elsewhere(place: tuple[int, int] | None) -> None:
    """Opens a head from among the statistics: only the pictures are drawn again."""
    if place is not None:
        open_head(*place)
        st.rerun(PICTURES)


def show_lines(picture: View, chosen: View, place: str) -> None:
    """The lines of every head of the layer, those of the chosen heads drawn."""
    pins, rows = figures.rows(picture, link.value(PINS)), picture.row_places
    pinned = sentences.pinned(chosen, pins)
    spoken = pinned or [sentences.telling(chosen, place)]

    def took_pins() -> None:
        link.choose(PINS, figures.places(rows, figures.state(f"{PAGE}.lines", "pins")))

    def took_heads() -> None:
        link.choose(HEADS, figures.state(f"{PAGE}.lines", "active") or link.value(HEADS))

    figures.head_view(
        picture.beginning(LINES), link.value(HEADS), pins, f"{PAGE}.lines", took_pins, took_heads,
        title=place, caption=prose.joined(*spoken, sentences.shown(chosen)),
    )  # fmt: skip
    if pinned:  # otherwise the matrix says it
        prose.caption(*pinned)


def beginning(picture: View) -> None:
    """Says that the lines leave out the end of a long text."""
    if len(picture.rows) > LINES:
        prose.caption(
            prose.filled(
                _("The lines show the first {shown} of {all} tokens; the matrix shows all."),
                shown=LINES,
                all=len(picture.rows),
            )
        )


def show_matrix(chosen: View, place: str) -> None:
    """The chosen heads as a matrix, their mean when there are several."""
    cell = figures.cell(chosen, link.value(CELL))
    rows, columns = chosen.row_places, chosen.column_places
    spoken = sentences.cell(chosen, *cell) if cell else sentences.telling(chosen, place)

    def took_cell() -> None:
        taken = figures.state(f"{PAGE}.matrix", "cell") or []
        link.choose(CELL, figures.cell_places(rows, columns, taken))

    def took_scale() -> None:
        link.choose(SCALE, figures.state(f"{PAGE}.matrix", "scale"))

    pins = figures.rows(chosen, link.value(PINS))
    figures.matrix(
        chosen, cell, pins, link.value(SCALE), f"{PAGE}.matrix", took_cell, took_scale,
        title=place, caption=prose.joined(spoken, sentences.shown(chosen)),
    )  # fmt: skip
    prose.caption(spoken)
    prose.note(sentences.shown(chosen))


if __name__ == "__main__":
    page()
