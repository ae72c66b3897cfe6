"""How many heads a translator can do without: BLEU against the heads that are left."""

from __future__ import annotations

from collections.abc import Hashable
from typing import Final, NamedTuple

import streamlit as st

from attention_core.files.format import Reading
from attention_core.files.pairs import Pairs
from attention_core.marking import N_
from attention_core.pictures import figures
from models.corpora.pairs import ready_gold
from models.ours.translator.corpus import Pair
from models.ours.translator.pruning import Pruning, Step, halves
from models.ours.translator.reader import TranslatorReader
from models.ours.translator.transformer import Transformer
from models.store import shelf
from models.work.jobs import JOBS, Job
from models.work.uploads import UPLOADS
from pages.explore.parts import changing
from pages.frame import ask, background, downloads, link, prose
from pages.frame.background import Counted
from pages.frame.language import _, ngettext
from pages.frame.link import Choice
from pages.showing import bringing, charts, choosing

ENDINGS: Final = ["tsv", "csv", "txt"]
MEGABYTES: Final = 5
"""The largest file that the browser sends; as server.maxUploadSize in .streamlit/config.toml."""
MOST: Final = 128
"""Pairs of a reader's file: half to choose on, half to translate at every step."""
TRIED: Final = 8
"""Heads that are tried in a step."""
REDRAW: Final = 4.0
"""Seconds between two drawings of a curve that still grows."""
LITTLE: Final = 1.0
"""BLEU that may be lost before one would notice."""
HEADS: Final = Counted(
    N_("{done} of {total} steps, one head less in each"),
    N_("Stopped after {done} of {total} steps; what was done is kept."),
    N_("Something went wrong on our side at step {done} of {total}; what was done is kept."),
)


def translator(model: str) -> TranslatorReader | None:
    """The translator of that name, if its heads can be left out."""
    found = shelf.load(model)
    if isinstance(found, TranslatorReader) and isinstance(found.network, Transformer):
        return found
    return None


class Choices(NamedTuple):
    """On which pairs it is done, and the work."""

    origin: Choice[str]
    job: Choice[str]
    cut: Choice[bool]


def choices(page: str) -> Choices:
    """Those of one page; our own pairs at first."""
    return Choices(
        link.one_of(page, "pairs", ("ready", "own"), "ready"),
        link.text(page, "prune"),
        link.flag(page, "cut"),
    )


def asked(model: str, chosen: Choices, page: str) -> None:
    """The work, started by a button, and its curve."""
    reader = translator(model)
    ready = None if reader is None else ready_gold(*reader.languages)
    if reader is None:
        return
    st.subheader(_("How many heads can it do without?"), anchor=False)
    titles = {"ready": _("ready ones"), "own": _("my own file")}
    origin = choosing.segments(chosen.origin, _("Pairs"), titles, (chosen.job,))
    name = background.key(page, "prune", model)
    pairs = [Pair(pair.source, pair.target) for pair in ready.rows] if ready is not None else []
    if origin == "own":
        pairs = own(chosen, page)
        if not pairs:
            work = background.remembered(chosen.job, Pruning)
            if work is not None and work.reader.name == model:
                _found(JOBS.find(link.value(chosen.job)), model, page)
            return
        name = background.key(page, "prune", model, repr(pairs))
    elif not pairs:
        prose.note(prose.filled(_("We have no pairs in the languages of this translator.")))
        return
    halved = ask.answered(lambda: halves(pairs), place="halves")
    if halved is None:
        return
    told(len(halved[0]), len(halved[1]), origin == "own")
    found = background.worked(
        chosen.job, name, False, lambda: Pruning(reader, *halved, tried=TRIED), None,
        _("Switch its heads off one after another"), "prune.",
    )  # fmt: skip
    _found(found, model, page)


def _found(found: Job[Step] | None, model: str, page: str) -> None:
    """The curve, and beside that of a reader's file the one of our pairs, where it is known."""
    if found is None:
        return
    usual = JOBS.find(background.key(page, "prune", model))

    def drawn(job: Job[Step]) -> None:
        shown(job, page, usual if usual is not job else None)

    background.shown(found, drawn, REDRAW, HEADS, "prune.")


def own(chosen: Choices, page: str) -> list[Pair]:
    """The reader's pairs, evenly out of the file; none while there is no file."""
    UPLOADS.warm()
    given = st.file_uploader(
        _("Sentences and their translations"), ENDINGS, key=f"{page}.file",
        max_upload_size=MEGABYTES,
    )  # fmt: skip
    prose.note(
        prose.filled(
            _(
                "A table of two columns: a sentence that the translator reads, a tab, and a "
                "translation. Of more than {most} pairs as many are taken, evenly out of the file."
            ),
            most=MOST,
        )
    )

    def read(reader: Hashable, data: bytes) -> Pairs:
        return UPLOADS.pairs(reader, "table", (data,), Reading(cut=True))

    found = bringing.brought(given, read, f"{page}.brought", (chosen.job,))
    if found is None:
        return []
    whole = [
        Pair(pair.source.strip(), pair.target.strip())
        for pair in found.rows
        if pair.source.strip() and pair.target.strip()
    ]
    count = min(MOST, len(whole))
    return [whole[at * len(whole) // count] for at in range(count)]


def told(chosen: int, reported: int, brought: bool) -> None:
    """What is done, and on how many pairs."""
    prose.note(
        prose.filled(
            _(
                "The head whose absence costs the translations of {chosen} sentences least is "
                "switched off, then the next, until none is left; after the first, only the "
                "{tried} heads are tried that cost least before. After each step {reported} other "
                "sentences are translated anew, and held against one translation each."
            ),
            chosen=chosen, tried=TRIED, reported=reported,
        ),
    )  # fmt: skip
    if not brought:
        prose.note(
            prose.filled(
                _(
                    "All were written for this project; so few of them show the shape, not the "
                    "second digit."
                )
            )
        )


def shown(job: Job[Step], page: str, usual: Job[Step] | None = None) -> None:
    """The curve so far. usual: that of our own pairs, where this is of a reader's"""
    steps = list(job.rows)
    if not isinstance(job.work, Pruning) or not steps:
        return
    known = [(step.left, step.bleu) for step in steps if step.bleu is not None]
    first, bleu = known[0]
    spared = first
    for left, now in known:
        if now < bleu - LITTLE:
            break
        spared = left
    prose.caption(
        prose.filled(
            ngettext(
                "With all {count} head BLEU is {bleu}. {off} of them can be switched off before "
                "it falls by more than {little}.",
                "With all {count} heads BLEU is {bleu}. {off} of them can be switched off before "
                "it falls by more than {little}.",
                first,
            ),
            count=first, bleu=prose.number(bleu, 1), off=first - spared,
            little=f"{LITTLE:g}",
        ),
        prose.filled(
            _("With {left} heads left it is {bleu}."),
            left=known[-1][0], bleu=prose.number(known[-1][1], 1),
        ),
    )  # fmt: skip
    drawn = [figures.Curve("BLEU", [step.bleu for step in steps])]
    if usual is not None and usual.rows:
        more = [step.bleu for step in list(usual.rows)[: len(steps)]]
        drawn = [
            figures.Curve(_("your pairs"), drawn[0].values),
            figures.Curve(_("our pairs"), [*more, *[None] * (len(steps) - len(more))], False),
        ]
    figure = figures.curves(
        [str(step.left) for step in steps], drawn, (_("heads left"), "BLEU"), charts.theme()
    )
    figure.update_xaxes(tickmode="auto", nticks=10, tickvals=None, ticktext=None)
    charts.chart(figure, f"{page}.prune.curve", "bleu-and-heads")
    downloads.rows(rows(steps), "heads-left.csv")


def rows(steps: list[Step]) -> list[dict[str, object]]:
    """The curve as a table."""
    return [
        {
            "left": step.left,
            "off": "" if step.off is None
            else f"{changing.place(step.off[0])} / {step.off[1] + 1}",
            "loss": repr(step.loss),
            "bleu": repr(step.bleu),
        }
        for step in steps
    ]  # fmt: skip
