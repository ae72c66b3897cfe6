"""Translate: which word became which?

Ask for a sentence (or a pair), translate or follow it, show the alignment as ribbons, and then one
of: step by step as a matrix, the beam as a tree, against people's links, joined with a translator
of the other direction, or with the attention changed by the reader.
"""

from __future__ import annotations

from functools import partial

import streamlit as st

from attention_core.files.formats.pharaoh import pharaoh
from attention_core.marking import N_
from attention_core.pictures.views import View
from models.families.translation import Search, Translation
from pages.frame import ask, downloads, examples, link, prose, site
from pages.frame.language import _
from pages.showing import choosing, figures, looking, sentences
from pages.showing.looking import Look
from pages.showing.readings import align, translate
from pages.translation.parts import asking, changes, golden, reverse, steps, which

PAGE = "translate"
CARD = site.Page(
    PAGE, N_("Translate"), order=40, door="languages",
    promise=N_("Type an English sentence, see its French, and where each French word looked."),
)  # fmt: skip
UNMARKED = -1
"""What the tree in the browser says when no piece is marked."""

SOURCE = link.text(PAGE, "source", examples.TRANSLATE[0].text)
TARGET = link.text(PAGE, "target")
MODE = link.one_of(PAGE, "mode", ("translate", "pair"), "translate")
MODEL = choosing.model(PAGE, "translate")
CUT = link.flag(PAGE, "cut")
PINS = link.numbers(PAGE, "words")
CELL = link.numbers(PAGE, "cell", ordered=True)
GRAIN = choosing.grain(PAGE, "words")
SPECIALS = choosing.specials(PAGE, "hidden")
SCALE = choosing.scale(PAGE)
WIDTH = link.amount(PAGE, "beam", 5, 1, 10)
STRENGTH = link.amount(PAGE, "penalty", 80, 0, 200)
LOOK = looking.choices(PAGE)
PART = link.one_of(PAGE, "part", ("steps", "beam", "gold", "both", "change"), "steps")
GOLD = golden.choices(PAGE)
HOW = reverse.choice(PAGE)
EDITS = changes.choice(PAGE)
ACTION = changes.action(PAGE)
SCOPE = link.one_of(PAGE, "scope", ("cell", "row", "column", "all"), "cell")
REACH = link.one_of(PAGE, "reach", ("shown", "layer", "every"), "every")
SHARE = link.amount(PAGE, "share", 100, 0, 100)
NODE = link.perhaps(PAGE, "node", most=2000)
PLACES = (PINS, CELL, CUT, GOLD.links, EDITS, NODE)
CHOICES = (
    SOURCE, TARGET, MODE, MODEL, CUT, PINS, CELL, GRAIN, SPECIALS, SCALE, WIDTH, STRENGTH, *LOOK,
    PART, *GOLD, HOW, EDITS, ACTION, SCOPE, REACH, SHARE, NODE,
)  # fmt: skip


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Which word became which?"), anchor=False)
    model = asked()
    link.publish(CHOICES)
    source, target = link.value(SOURCE), link.value(TARGET)
    pair = link.value(MODE) == "pair"
    if not source.strip() or (pair and not target.strip()):
        st.info(_("Type a sentence on each side, or choose an example."), icon=":material/edit:")
        return
    found = ask.answered(lambda: worked_out(model), CUT, doing=_("Translating …"))
    if found is not None:
        with st.container():
            ask.answers(SOURCE, *((TARGET,) if pair else ()))
            shown(found, model)


def worked_out(model: str, edited: bool = False) -> Translation:
    """The translation that the choices ask for; with the reader's changes where asked."""
    source, cut = link.value(SOURCE), link.value(CUT)
    edits = tuple(link.value(EDITS)) if edited else ()
    if link.value(MODE) == "pair":
        return align(model, source, link.value(TARGET), cut, edits)
    search = Search(link.value(WIDTH), link.value(STRENGTH) / 100)
    return translate(model, source, cut, search, edits)


def asked() -> str:
    """What the reader wants translated, and by whom."""
    boxes, side = st.columns([7, 4], gap="medium")
    with side:
        pair = asking.paired(MODE)
        model = choosing.choose_model(
            MODEL, "translate", (*LOOK, *PLACES), None if pair else search
        )
    languages = choosing.languages(model)
    with boxes:
        asking.sentence(SOURCE, TARGET, languages, pair, examples.TRANSLATE, PLACES)
    return model


def search() -> None:
    """How the best translation is looked for."""
    with st.popover(_("Search"), icon=":material/account_tree:", type="tertiary"):
        st.slider(_("Beam width (1 is greedy)"), 1, 10, key=WIDTH.key, persist_state="session")
        st.slider(_("Length penalty (%)"), 0, 200, key=STRENGTH.key, persist_state="session")


@st.fragment
def shown(found: Translation, model: str) -> None:
    """Everything that follows from one translation."""
    prose.headline(found.text)
    for sentence in sentences.doubts(found, choosing.languages(model)[0]):
        prose.caption(sentence)
    for note in found.record.notes:
        prose.note(sentences.noted(note))
    look = looking.settled(found, model, LOOK)
    if look is None:
        prose.caption(*sentences.no_attention(found))
    else:
        prose.badge(*sentences.integrity(found.record.sites))
        with st.expander(
            sentences.reading(found, looking.where(look)),
            key=f"{PAGE}.look",  # it stays open when its title changes
            icon=":material/tune:",
        ):
            which.choose(found, model, LOOK, PAGE)
            choosing.grain_and_specials(GRAIN, SPECIALS)
        look = looking.settled(found, model, LOOK) or look
        picture = look.view(link.value(GRAIN), link.value(SPECIALS))
        show_ribbons(found, look, picture, figures.rows(picture, link.value(PINS)))
    part = choosing.segments(
        PART,
        _("And now"),
        {
            "steps": _("step by step"),
            "beam": _("the beam"),
            "gold": _("score it"),
            "both": _("both directions"),
            "change": _("change the attention"),
        },
    )
    PARTS[part](found, model, look)
    link.publish(CHOICES)


def show_ribbons(found: Translation, look: Look, picture: View, pins: list[int]) -> None:
    """The two sentences with ribbons from each word to where it looked."""
    links, rows = look.links(picture), picture.row_places
    spoken = sentences.pinned(picture, pins) or [sentences.alignment(picture)]

    def took() -> None:
        link.choose(PINS, figures.places(rows, figures.state(f"{PAGE}.ribbons", "pins")))

    figures.alignment(
        picture, links, pins, f"{PAGE}.ribbons", took,
        title=f"{link.value(SOURCE)} → {found.text}",
        caption=prose.joined(*spoken, sentences.shown(picture)),
    )  # fmt: skip
    prose.caption(*spoken)
    with st.container(horizontal=True):
        downloads.numbers(partial(look.view, picture.grain, picture.specials), "alignment")
        downloads.file(_("Links (Pharaoh)"), lambda: pharaoh(links), "alignment.pharaoh.txt")


def show_steps(found: Translation, model: str, look: Look | None) -> None:
    """The alignment as a matrix, and what else was considered at every step."""
    cells, considered = st.columns([6, 5], gap="large")
    picture = None
    if look is not None:
        picture = look.view(link.value(GRAIN), link.value(SPECIALS))
        with cells:
            st.subheader(_("The alignment as a matrix"), anchor=False)
            show_matrix(picture)
    with considered:
        st.subheader(_("What else it considered"), anchor=False)
        steps.candidates(found, link.value(PINS), picture)


def show_matrix(picture: View) -> None:
    """One row for each target word, one column for each source word."""
    rows, columns = picture.row_places, picture.column_places
    pins = figures.rows(picture, link.value(PINS))
    cell = figures.cell(picture, link.value(CELL))
    spoken = sentences.cell(picture, *cell) if cell else sentences.alignment(picture)

    def took_cell() -> None:
        chosen = figures.state(f"{PAGE}.matrix", "cell") or []
        link.choose(CELL, figures.cell_places(rows, columns, chosen))

    def took_scale() -> None:
        link.choose(SCALE, figures.state(f"{PAGE}.matrix", "scale"))

    figures.matrix(
        picture, cell, pins, link.value(SCALE), f"{PAGE}.matrix", took_cell, took_scale,
        title=_("Alignment"), caption=prose.joined(spoken, sentences.shown(picture)),
        gold=golden.over(GOLD, picture),
    )  # fmt: skip
    prose.caption(spoken)
    prose.note(sentences.shown(picture))


def show_beam(found: Translation, model: str, look: Look | None) -> None:
    """Everything the search kept on its way, and the other translations it found."""
    if not found.tree:
        prose.caption(*sentences.no_tree(link.value(MODE) == "pair"))
    else:

        def took() -> None:
            taken = figures.state(f"{PAGE}.tree", "node")
            link.choose(NODE, None if taken == UNMARKED else taken)

        node = link.value(NODE)
        figures.tree(found, UNMARKED if node is None else node, f"{PAGE}.tree", took)
    steps.alternatives(found)


def show_gold(found: Translation, model: str, look: Look | None) -> None:
    """The reader's own links against those of the attention."""
    if look is None:
        prose.caption(*sentences.no_attention(found))
        return
    golden.show(found, look, GOLD, f"{PAGE}.gold")


def show_both(found: Translation, model: str, look: Look | None) -> None:
    """The links of this translator and of one of the other direction, made into one set."""
    if look is None:
        prose.caption(*sentences.no_attention(found))
        return
    reverse.show(found, model, look, HOW, GOLD, f"{PAGE}.both")


def show_change(found: Translation, model: str, look: Look | None) -> None:
    """The attention as the reader changes it, and the translation that follows."""
    if look is None:
        prose.caption(*sentences.no_attention(found))
        return
    picture = look.view(link.value(GRAIN), link.value(SPECIALS))
    left, right = st.columns([6, 5], gap="large")
    with right:
        changes.controls(
            EDITS, ACTION, SCOPE, REACH, SHARE, look, found, picture,
            figures.cell(picture, link.value(CELL)),
        )  # fmt: skip
        edits = tuple(link.value(EDITS))
        changes.told(edits, found)
    with left:
        show_matrix(picture)
    if edits:
        show_consequences(found, model)


def show_consequences(found: Translation, model: str) -> None:
    """The new translation, and what each word of the old one would now be worth."""
    answer = ask.answered(lambda: consequences(found, model), CUT, doing=_("Translating again …"))
    if answer is None:
        return
    after, followed = answer
    st.subheader(_("With the changed attention"), anchor=False)
    if link.value(MODE) == "translate":
        changes.difference(found, after)
        prose.caption(sentences.changed(found, after))
    if followed:
        prose.caption(
            prose.filled(
                _(
                    "How the log-probability of each word of the unchanged translation has moved "
                    "(nats):"
                )
            )
        )
        changes.deltas(*followed)


def consequences(
    found: Translation, model: str
) -> tuple[Translation, tuple[Translation, Translation] | None]:
    """The changed translation, and the old one followed without and with the changes.

    An empty translation cannot be followed: None.
    """
    after = worked_out(model, edited=True)
    if not found.text.strip():
        return after, None
    source, cut = found.source.text, link.value(CUT)
    return after, (
        align(model, source, found.text, cut),
        align(model, source, found.text, cut, tuple(link.value(EDITS))),
    )


PARTS = {
    "steps": show_steps,
    "beam": show_beam,
    "gold": show_gold,
    "both": show_both,
    "change": show_change,
}

if __name__ == "__main__":
    page()
