"""The head finder: which head of this translator aligns words as people do?

Ask for pairs whose words people linked, read every head in every way in the background, rank them,
and open one in Translate.
"""

from __future__ import annotations

from collections.abc import Sequence

import streamlit as st

from attention_core.errors import AttentionError
from attention_core.files.pairs import Pair, Pairs
from attention_core.marking import N_
from attention_core.numbers.heads import Ranked
from models.corpora.head_search import HeadSearch
from models.corpora.pairs import ready_gold
from models.families.translation import Translation
from models.work.jobs import Job
from pages.alignments.parts import handover, ranking, triaging, uploading
from pages.frame import ask, background, link, prose, site
from pages.frame.language import _, ngettext
from pages.showing import choosing, figures
from pages.showing.readings import align, translator

PAGE = "heads"
CARD = site.Page(
    PAGE, N_("Find the head that aligns"), order=100, door="files",
    promise=N_("Every head of a translator, ranked by how well it aligns words as people do."),
)  # fmt: skip
REDRAW = 3.0
"""Seconds between two drawings of a ranking that still changes."""

MODEL = choosing.model(PAGE, "translate")
FILE = uploading.choices(PAGE)
JOB = background.choice(PAGE)
SPLIT = link.flag(PAGE, "split")
PLACE = link.text(PAGE, "reading")
CHOICES = (MODEL, *FILE.all, JOB, SPLIT, PLACE)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Which head aligns?"), anchor=False)
    prose.lead(
        _(
            "Every head of a translator is read as a word alignment, in every way, and compared "
            "with links that people have set."
        )
    )
    model, pairs = asked()
    job = worked(model, pairs)
    link.publish(CHOICES)
    if job is not None:
        background.shown(job, shown, REDRAW)


def asked() -> tuple[str, Pairs | None]:
    """Of whom, and on which pairs: a file, our own, or those of the work in the address."""
    given, side = st.columns([7, 4], gap="medium")
    with side:
        model = choosing.choose_model(MODEL, "translate", (PLACE,))
        choosing.switch(SPLIT, _("Choose on one half, report on the other"))
    with given:
        pairs = uploading.asked(FILE, lambda: ready(model), True, (JOB, PLACE))
    if pairs is None and link.value(FILE.origin) == "own":
        work = background.remembered(JOB, HeadSearch)
        pairs = Pairs(tuple(work.pairs)) if work is not None else None
    if pairs is not None and not pairs.linked:
        st.info(
            _(
                "None of these pairs has links, so no head can be scored; add a column or a file "
                "of links such as 0-0 1-2."
            ),
            icon=":material/info:",
        )
        return model, None
    return model, pairs


def ready(model: str) -> Pairs | None:
    """Our own linked pairs in the languages of the translator, or that there are none."""
    languages = ask.answered(lambda: translator(model).languages, FILE.cut)
    pairs = ready_gold(*languages) if languages else None
    if pairs is None and languages:
        st.info(
            _("There are no ready links in the languages of this translator; bring a file."),
            icon=":material/info:",
        )
    return pairs


def worked(model: str, pairs: Pairs | None) -> Job[AttentionError | None] | None:
    """The search on these pairs in this translator."""
    if pairs is None:
        return None
    label = ngettext("Score the heads on {count} pair", "Score the heads on {count} pairs",
                     pairs.linked)  # fmt: skip
    return background.worked(
        JOB,
        background.key(PAGE, pairs.key, model),
        link.value(FILE.origin) == "ready",
        lambda: HeadSearch(translator(model), pairs.rows),
        FILE.cut,
        label.format(count=f"{pairs.linked:,}"),
    )


def shown(job: Job[AttentionError | None]) -> None:
    """The ranking so far."""
    search, split = job.work, bool(link.value(SPLIT))
    if not isinstance(search, HeadSearch):
        return
    unused(list(job.rows))
    report, table = search.report(split), search.table(split)
    if report is None:
        if not job.running:
            prose.caption(prose.filled(_("There are too few pairs that can be scored.")))
        return
    chosen, pairs = opened(table), usable(search.pairs)
    heads, best = st.columns([5, 6], gap="large")
    with best:
        st.subheader(_("The best head"), anchor=False)
        prose.caption(*ranking.winner(report, split))
        for warning in ranking.warnings(report, split):
            prose.note(warning)
        show_way(chosen, pairs)
    with heads:
        st.subheader(_("How well each head aligns"), anchor=False)
        show_grid(table, chosen, pairs)
    st.subheader(_("Every reading, best first"), anchor=False)
    show_table(table)
    link.publish(CHOICES)


def unused(problems: list[AttentionError | None]) -> None:
    """How many pairs were of no use, and why the first of them was not."""
    wrong = [problem for problem in problems if problem is not None]
    if wrong:
        prose.note(
            prose.filled(
                ngettext(
                    "{count} pair was left out: {reason}",
                    "{count} pairs were left out; the first of them: {reason}",
                    len(wrong),
                ),
                count=len(wrong),
                reason=triaging.plainly(wrong[0]),
            )
        )


def opened(table: list[Ranked]) -> Ranked:
    """The reading that was clicked, or the best one."""
    return next((one for one in table if named(one) == link.value(PLACE)), table[0])


def named(one: Ranked) -> str:
    """A reading in the address, such as cross.0/3/1/argmax/0 from 0; a mean has no head."""
    head = "" if one.head is None else one.head
    return f"{one.site}/{head}/{one.shift}/{one.method.how}/{one.method.least:g}"


def open_reading(one: Ranked | None) -> None:
    if one is not None:
        link.choose(PLACE, named(one))


def usable(pairs: Sequence[Pair]) -> list[Pair]:
    """Those that people linked."""
    return [pair for pair in pairs if pair.aligned is not None]


def show_grid(table: list[Ranked], chosen: Ranked, pairs: list[Pair]) -> None:
    """All heads on the first pair, each with its best error rate as a bar."""
    found = followed(pairs)
    if found is None:
        return

    def took() -> None:
        open_reading(ranking.of_head(table, *figures.state(f"{PAGE}.grid", "head")))

    ranking.grid(table, found, chosen, f"{PAGE}.grid", took)


def followed(pairs: list[Pair]) -> Translation | None:
    """The first pair as the translator aligns it: something for the thumbnails to show."""
    return ask.answered(
        lambda: align(link.value(MODEL), pairs[0].source, pairs[0].target), FILE.cut
    )


def show_table(table: list[Ranked]) -> None:
    def took() -> None:
        open_reading(ranking.table_row(f"{PAGE}.table", table))

    ranking.ranked(table, f"{PAGE}.table", took)


def show_way(chosen: Ranked, pairs: list[Pair]) -> None:
    """The chosen reading in words, and the way to see it at work."""
    prose.caption(
        prose.filled(_("Chosen: {place}, AER {aer}."), place=ranking.reading(chosen),
                     aer=prose.number(chosen.scores.error_rate, 3))
    )  # fmt: skip
    pair = pairs[0]
    handover.offered(link.value(MODEL), pair.source, pair.target, pair.aligned, chosen)


if __name__ == "__main__":
    page()
