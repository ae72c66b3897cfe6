"""How many heads a translator can do without: BLEU against the heads that are left."""

from __future__ import annotations

from typing import Final

import streamlit as st

from attention_core.marking import N_
from attention_core.pictures import figures
from models.corpora.pairs import ready_gold
from models.ours.translator.corpus import Pair
from models.ours.translator.pruning import Pruning, Step, halves
from models.ours.translator.reader import TranslatorReader
from models.ours.translator.transformer import Transformer
from models.store import shelf
from models.work.jobs import Job
from pages.explore.parts import changing
from pages.frame import background, downloads, prose
from pages.frame.background import Counted
from pages.frame.language import _, ngettext
from pages.frame.link import Choice
from pages.showing import charts

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


def asked(model: str, job: Choice[str], page: str) -> None:
    """The work, started by a button, and its curve."""
    reader = translator(model)
    ready = None if reader is None else ready_gold(*reader.languages)
    if reader is None or ready is None:
        return
    st.subheader(_("How many heads can it do without?"), anchor=False)
    chosen, reported = halves([Pair(pair.source, pair.target) for pair in ready.rows])
    prose.note(
        prose.filled(
            _(
                "The head whose absence costs the translations of {chosen} sentences least is "
                "switched off, then the next, until none is left; after the first, only the "
                "{tried} heads are tried that cost least before. After each step {reported} other "
                "sentences are translated anew. All were written for this project; so few of them "
                "show the shape, not the second digit."
            ),
            chosen=len(chosen),
            tried=TRIED,
            reported=len(reported),
        )
    )
    found = background.worked(
        job, background.key(page, "prune", model), False,
        lambda: Pruning(reader, chosen, reported, tried=TRIED), None,
        _("Switch its heads off one after another"), "prune.",
    )  # fmt: skip
    if found is not None:

        def drawn(job: Job[Step]) -> None:
            shown(job, page)

        background.shown(found, drawn, REDRAW, HEADS, "prune.")


def shown(job: Job[Step], page: str) -> None:
    """The curve so far."""
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
    figure = figures.curves(
        [str(step.left) for step in steps],
        [figures.Curve("BLEU", [step.bleu for step in steps])],
        (_("heads left"), "BLEU"), charts.theme(),
    )  # fmt: skip
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
