"""Imports: what did another program look at?

Ask for a file of attention written elsewhere, say what was recognised in it, choose a sentence and
a head, and show them as ribbons, as a matrix and as links.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from attention_core.files.formats.pharaoh import pharaoh
from attention_core.files.judging import on_its_side, told
from attention_core.files.reading import Imported, axis, record, turned
from attention_core.marking import N_
from attention_core.numbers.alignment import EXTRACTIONS, Link, extract
from attention_core.pictures.reading_order import mirrored, mirrored_links, right_to_left
from attention_core.pictures.views import View, view
from attention_core.watching.record import Site
from models.work.uploads import UPLOADS
from pages.alignments.parts import codings, foreign
from pages.alignments.parts.foreign import Foreign
from pages.alignments.parts.uploading import MEGABYTES
from pages.frame import ask, downloads, link, prose, site
from pages.frame.language import _, ngettext
from pages.showing import choosing, figures, sentences

PAGE = "imports"
CARD = site.Page(
    PAGE, N_("Open a file of attention"), order=120, door="files",
    promise=N_("Open weights that another program wrote, and check them."),
)  # fmt: skip
FROM = link.one_of(PAGE, "from", ("ready", "own"), "ready")
FORM = link.one_of(PAGE, "form", ("", *foreign.formats()), "")
FILE = link.text(PAGE, "file")
CODING = codings.choice(PAGE)
CUT = link.flag(PAGE, "cut")
SENTENCE = link.number(PAGE, "sentence", 0)
HEADS = link.numbers(PAGE, "heads")
PINS = link.numbers(PAGE, "words")
CELL = link.numbers(PAGE, "cell", ordered=True)
GRAIN = choosing.grain(PAGE, "tokens")
SPECIALS = choosing.specials(PAGE, "shown")
SCALE = choosing.scale(PAGE)
TURN = link.flag(PAGE, "swap")
ORDER = link.one_of(PAGE, "order", ("", "left", "right"), "")
HOW = link.one_of(PAGE, "how", tuple(EXTRACTIONS), "argmax")
LEAST = link.amount(PAGE, "least", 20, 0, 100)
PLACES = (PINS, CELL)
CHOICES = (
    FROM, FORM, FILE, CODING, CUT, SENTENCE, HEADS, PINS, CELL, GRAIN, SPECIALS, SCALE, TURN,
    ORDER, HOW, LEAST,
)  # fmt: skip
LISTED = 200
"""Sentences that are offered by their words; a list of more would weigh on every message."""


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Attention from another program"), anchor=False)
    prose.lead(
        _(
            "Bring a file of attention that another translator wrote, and see it as ribbons, as a "
            "matrix and as links."
        )
    )
    file = asked()
    link.publish(CHOICES)
    if file is not None and file.sentences:
        shown(file)


def asked() -> Foreign | None:
    """The example, or the file of the reader; None while there is none."""
    titles = {"ready": _("an example"), "own": _("my own file")}
    about = (FILE, CODING, CUT, SENTENCE, HEADS, TURN, *PLACES)
    if choosing.segments(FROM, _("Attention"), titles, about) == "ready":
        return foreign.ready()
    UPLOADS.warm()
    form = choosing.segments(FORM, _("Format"), foreign.titles())
    explained(form)
    given, beside = st.columns(2)
    with given:
        data = st.file_uploader(
            _("File of attention"), key=f"{PAGE}.upload", on_change=ask.forget,
            args=(about,), max_upload_size=MEGABYTES,
        )  # fmt: skip
    with beside:
        sources = (
            st.file_uploader(
                _("What was translated (for files without it)"), key=f"{PAGE}.sources",
                max_upload_size=MEGABYTES,
            )
            if not form or foreign.formats()[form].lacks_sources
            else None
        )  # fmt: skip
    if data is None:
        return remembered()
    lines = None if sources is None else sources.getvalue()
    cut, content = bool(link.value(CUT)), data.getvalue()
    coded = codings.asked(CODING, foreign.texts(content, form, lines))
    file = ask.answered(lambda: foreign.opened(content, form, lines, cut, coded), CUT)
    link.choose(FILE, "" if file is None else file.key)
    return file


def explained(form: str) -> None:
    """What a file must look like."""
    known = foreign.formats()
    shown = {form: known[form]} if form else known
    titles = foreign.titles()
    with st.expander(_("What a file looks like"), icon=":material/help:", expanded=bool(form)):
        prose.facts(_("Formats"), {titles[name]: _(one.looks) for name, one in shown.items()})


def remembered() -> Foreign | None:
    """The file that the address names; says so where the server has let it go."""
    if not link.value(FILE):
        return None
    file = foreign.kept(link.value(FILE))
    if file is None:
        st.info(
            _("The server no longer has the file that this address names. Give it the file again."),
            icon=":material/history:",
        )
    return file


@st.fragment
def shown(file: Foreign) -> None:
    """One sentence of the file."""
    recognised(file)
    sentence = chosen(file)
    if on_its_side(sentence.weights):
        swapped = choosing.switch(TURN, _("Swap rows and columns"))
        sentence = turned(sentence) if swapped else sentence
    found = record(sentence)
    site = found.sites[0]
    prose.badge(
        False,
        prose.filled(_("Not verified: these weights come from a file, nothing can be recomputed.")),
    )
    for note in (*file.notes, *found.notes):
        prose.note(sentences.noted(note))
    heads = chosen_heads(site)
    choosing.grain_and_specials(GRAIN, SPECIALS)
    backwards = from_right(sentence)
    picture = view(site, heads, link.value(GRAIN), link.value(SPECIALS))
    links = linked(picture)
    show_ribbons(picture, links, sentence, backwards)
    show_matrix(picture, links, backwards)
    link.publish(CHOICES)


def from_right(sentence: Imported) -> tuple[bool, bool]:
    """Whether the target and the source are laid out from right to left."""
    titles = {"": _("as detected"), "left": _("left to right"), "right": _("right to left")}
    asked = choosing.segments(ORDER, _("Text runs"), titles)
    if asked:
        return asked == "right", asked == "right"
    return right_to_left(spelt(sentence.target)), right_to_left(spelt(sentence.source))


def recognised(file: Foreign) -> None:
    """Which format it is, and how much it holds."""
    count = len(file.sentences)
    prose.caption(
        prose.filled(
            ngettext(
                "Read as {form}: {count} sentence.", "Read as {form}: {count} sentences.", count
            ),
            form=foreign.titles()[file.form],
            count=f"{count:,}",
        )
    )


def chosen(file: Foreign) -> Imported:
    """The sentence asked for, by its words or, where there are many, by its number."""
    most = len(file.sentences)
    link.choose(SENTENCE, min(link.value(SENTENCE), most - 1))
    if most > LISTED:
        numbered(most)
    elif most > 1:
        st.selectbox(
            _("Sentence"),
            range(most),
            format_func=lambda place: f"{place + 1}. {spelt(file.sentences[place].target)[:90]}",
            key=SENTENCE.key,
            on_change=ask.forget,
            args=(PLACES,),
            persist_state="session",
        )
    place = link.value(SENTENCE)
    return file.sentences[place]


def numbered(most: int) -> None:
    """Asks for a sentence by its number, from 1."""
    key = f"{PAGE}.number"

    def took() -> None:
        ask.forget(PLACES)
        link.choose(SENTENCE, st.session_state[key] - 1)

    st.session_state[key] = link.value(SENTENCE) + 1
    st.number_input(
        _("Sentence, from 1 to {most}").format(most=f"{most:,}"), 1, most, key=key, width=220,
        on_change=took,
    )  # fmt: skip


def spelt(tokens: Sequence[str]) -> str:
    """The text of tokens without the marks of their tokenizer."""
    return axis("", tokens).text or " ".join(tokens)


def chosen_heads(site: Site) -> list[int] | None:
    """The heads asked for; all of them, and their mean, where none is."""
    if site.heads == 1:
        return None
    link.choose(HEADS, [head for head in link.value(HEADS) if head < site.heads])
    st.pills(
        _("Heads (their mean where several are chosen; all where none is)"),
        range(site.heads),
        format_func=lambda head: str(head + 1),
        selection_mode="multi",
        key=HEADS.key,
        persist_state="session",
    )
    return list(link.value(HEADS)) or None


def linked(picture: View) -> list[Link]:
    """The links that the picture stands for, as the reader wants them taken."""
    with st.container(horizontal=True, gap="medium"):
        how = choosing.segments(
            HOW,
            _("Links"),
            {name: _(way.title) for name, way in EXTRACTIONS.items()},
        )
        weighed = EXTRACTIONS[how].weighed
        if weighed:
            st.slider(
                _("Least weight (%)"), 1, 100, key=LEAST.key, width=220, persist_state="session"
            )
    least = link.value(LEAST) / 100 if weighed else 0.0
    return [
        one
        for one in told(extract(picture.mean, link.value(HOW), least), picture.mean)
        if not picture.rows[one.target].special and not picture.columns[one.source].special
    ]


def show_ribbons(
    picture: View, links: list[Link], sentence: Imported, backwards: tuple[bool, bool]
) -> None:
    """Both sentences with ribbons between them."""
    drawn = mirrored(picture, *backwards)
    rows = drawn.row_places
    pins = figures.rows(drawn, link.value(PINS))
    spoken = sentences.pinned(drawn, pins) or [sentences.alignment(picture)]

    def took() -> None:
        link.choose(PINS, figures.places(rows, figures.state(f"{PAGE}.ribbons", "pins")))

    figures.alignment(
        drawn, mirrored_links(links, picture, *backwards), pins, f"{PAGE}.ribbons", took,
        title=f"{spelt(sentence.source)} → {spelt(sentence.target)}"[:300],
        caption=prose.joined(*spoken, sentences.shown(picture)),
    )  # fmt: skip
    prose.caption(*spoken)
    with st.container(horizontal=True):
        downloads.numbers(lambda: picture, "imported")
        downloads.file(_("Links (Pharaoh)"), lambda: pharaoh(links), "imported.pharaoh.txt")


def show_matrix(picture: View, links: list[Link], backwards: tuple[bool, bool]) -> None:
    """One row for each target token, one column for each source token."""
    drawn = mirrored(picture, False, backwards[1])
    rows, columns = drawn.row_places, drawn.column_places
    cell = figures.cell(drawn, link.value(CELL))
    spoken = sentences.cell(drawn, *cell) if cell else sentences.alignment(picture)

    def took_cell() -> None:
        taken = figures.state(f"{PAGE}.matrix", "cell") or []
        link.choose(CELL, figures.cell_places(rows, columns, taken))

    def took_scale() -> None:
        link.choose(SCALE, figures.state(f"{PAGE}.matrix", "scale"))

    st.subheader(_("The alignment as a matrix"), anchor=False)
    figures.matrix(
        drawn, cell, figures.rows(drawn, link.value(PINS)), link.value(SCALE),
        f"{PAGE}.matrix", took_cell, took_scale,
        title=_("Alignment"), caption=prose.joined(spoken, sentences.shown(picture)),
    )  # fmt: skip
    prose.caption(spoken)
    prose.note(sentences.shown(picture))
    prose.note(
        prose.filled(
            ngettext("{count} link: {links}", "{count} links: {links}", len(links)),
            count=len(links),
            links=pharaoh(links)[:400],
        )
    )


if __name__ == "__main__":
    page()
