"""A corpus: which of these pairs deserve a look?

Ask for a file of pairs, follow every one with a translator in the background, put each into
numbers that sort and filter, and show one of them.
"""

from __future__ import annotations

import streamlit as st

from attention_core.files.pairs import Pairs
from attention_core.marking import N_
from attention_core.pictures.reading_order import mirrored, mirrored_links, right_to_left
from models.corpora.pairs import ready_classroom
from models.corpora.triage import Row, Triage, Way, as_csv, summary
from models.work.jobs import Job
from pages.alignments.parts import handover, triaging, uploading
from pages.frame import ask, background, downloads, link, prose, site
from pages.frame.language import _, ngettext
from pages.showing import choosing, figures, looking, sentences
from pages.showing.readings import align, translator

PAGE = "corpus"
CARD = site.Page(
    PAGE, N_("Follow a corpus"), order=110, door="files",
    promise=N_("Bring a file of translations, and see which pairs deserve a look."),
)  # fmt: skip
REDRAW = 4.0
"""Seconds between two drawings of a table that grows; of a large file four times as many."""
LARGE = 1000

MODEL = choosing.model(PAGE, "translate")
FILE = uploading.choices(PAGE)
JOB = background.choice(PAGE)
ROW = link.perhaps(PAGE, "row")
FIND = link.text(PAGE, "find")
BY = link.one_of(PAGE, "by", triaging.NAMES, "score")
RANGE = triaging.span(PAGE)
PLACES = (JOB, ROW, RANGE)
CHOICES = (MODEL, *FILE.all, JOB, ROW, FIND, BY, RANGE)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Which pairs deserve a look?"), anchor=False)
    prose.lead(
        _(
            "A translator follows every pair of a file. Sort by what it finds unlikely, by words "
            "that were passed over, by a length that does not fit."
        )
    )
    model, pairs = asked()
    job = worked(model, pairs)
    link.publish(CHOICES)
    if job is not None:
        background.shown(job, shown, REDRAW if job.total <= LARGE else 4 * REDRAW)


def asked() -> tuple[str, Pairs | None]:
    """By whom, and which pairs: a file, our own lines, or those of the work in the address."""
    given, side = st.columns([7, 4], gap="medium")
    with side:
        model = choosing.choose_model(MODEL, "translate")
    with given:
        pairs = uploading.asked(FILE, lambda: ready(model), False, PLACES)
    if pairs is None and link.value(FILE.origin) == "own":
        work = background.remembered(JOB, Triage)
        pairs = Pairs(tuple(work.pairs)) if work is not None else None
    return model, pairs


def ready(model: str) -> Pairs | None:
    """Our own lines in the languages of the translator, or a sentence that there are none."""
    languages = ask.answered(lambda: translator(model).languages, FILE.cut)
    pairs = ready_classroom(*languages) if languages else None
    if pairs is None and languages:
        st.info(
            _("There are no ready pairs in the languages of this translator; bring a file."),
            icon=":material/info:",
        )
    return pairs


def worked(model: str, pairs: Pairs | None) -> Job[Row] | None:
    """The work on these pairs by this translator."""
    if pairs is None:
        return None
    label = ngettext("Follow {count} pair", "Follow {count} pairs", len(pairs))
    return background.worked(
        JOB,
        background.key(PAGE, pairs.key, model),
        link.value(FILE.origin) == "ready",
        lambda: Triage(translator(model), pairs.rows, aligned_by(model)),
        FILE.cut,
        label.format(count=f"{len(pairs):,}"),
    )


def aligned_by(model: str) -> Way:
    """The look of the translator's card; where that is all layers together, the last one."""
    layer, heads, shift, how, least = looking.best(model)
    return Way(layer if isinstance(layer, int) else -1, heads, shift, how, least)


def shown(job: Job[Row]) -> None:
    """Everything that is known so far."""
    rows = list(job.rows)
    if not rows:
        return
    triaging.means(summary(rows))
    found = triaging.filters(FIND, BY, RANGE, rows)
    said(found, rows)
    show_table(found)
    opened = chosen(found)
    link.publish(CHOICES)
    if opened is None:
        return
    pair, dots = st.columns([6, 5], gap="large")
    with pair:
        show_pair(opened)
    with dots:
        show_dots(found, opened)


def said(found: list[Row], rows: list[Row]) -> None:
    """How much of the file the filters leave."""
    prose.caption(
        prose.filled(
            ngettext(
                "{count} of {all} pair. Click a row to see it, a column to sort.",
                "{count} of {all} pairs. Click a row to see it, a column to sort.",
                len(rows),
            ),
            count=f"{len(found):,}",
            all=f"{len(rows):,}",
        )
    )


def show_table(found: list[Row]) -> None:
    def took() -> None:
        open_row(triaging.table_row(f"{PAGE}.table", found))

    triaging.table(found, f"{PAGE}.table", took)
    downloads.file(_("All numbers (CSV)"), lambda: as_csv(found), "pairs.csv")


def open_row(row: Row | None) -> None:
    if row is not None:
        link.choose(ROW, row.number - 1)


def chosen(found: list[Row]) -> Row | None:
    """The pair that was clicked; before that, the one that the model finds least likely."""
    wanted = link.value(ROW)
    read = [row for row in found if row.problem is None]
    least = min(read, key=lambda row: row.score, default=None)
    return next((row for row in found if row.number - 1 == wanted), least)


def show_pair(row: Row) -> None:
    """One pair with its alignment, and the way to Translate."""
    st.subheader(_("Pair {number}").format(number=row.number), anchor=False)
    if row.problem is not None:
        st.info(ask.said(row.problem), icon=":material/info:")
        return
    model = link.value(MODEL)
    found = ask.answered(lambda: align(model, row.source, row.target), FILE.cut)
    if found is None:
        return
    look = looking.settled(found, model)
    if look is None:
        prose.headline(row.source)
        prose.headline(row.target)
        prose.caption(*sentences.no_attention(found))
    else:
        picture = look.view("words", "hidden")
        backwards = right_to_left(row.target), right_to_left(row.source)
        figures.alignment(
            mirrored(picture, *backwards),
            mirrored_links(look.links(picture), picture, *backwards),
            [], f"{PAGE}.ribbons", lambda: None,
            title=f"{row.source} → {row.target}", caption=prose.joined(sentences.shown(picture)),
        )  # fmt: skip
        prose.caption(sentences.alignment(picture))
    handover.offered(model, row.source, row.target, row.pair.aligned)


def show_dots(found: list[Row], opened: Row) -> None:
    """Every pair as a dot: by the model's score, and by the measure that the filters name."""
    upwards = link.value(BY)
    across = "score" if upwards != "score" else "ratio"

    def took() -> None:
        open_row(triaging.scatter_row(f"{PAGE}.map", found, across, upwards))

    st.subheader(_("Every pair as a dot"), anchor=False)
    triaging.scatter(found, across, upwards, opened.number, f"{PAGE}.map", took)


if __name__ == "__main__":
    page()
