"""Two maps that take many runs: every head switched off once, and every state taken once from the
other sentence. A click on a cell is a change of the model.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import streamlit as st
from torch import Tensor

from attention_core.errors import AttentionError
from attention_core.files.spreadsheet import cell
from attention_core.marking import N_
from attention_core.numbers.acting import INPUT, STREAMS, Stream
from attention_core.pictures import figures
from attention_core.watching.acts import NOWHERE, Act
from models.families.asking import Wanted
from models.store import catalogue
from models.work.jobs import JOBS, Job
from pages.explore.parts import acting, attributing, changing, effects
from pages.explore.parts.acting import HeadsOff, Patching
from pages.explore.parts.changing import Choices
from pages.frame import ask, background, downloads, prose, session
from pages.frame.background import Counted
from pages.frame.language import _, ngettext
from pages.frame.link import Choice
from pages.showing import charts

REDRAW: Final = 2.0
"""Seconds between two drawings of a map that is still computed."""
AT_ONCE: Final = 100
"""Heads of a model whose map is made without being asked for."""
LAYERS: Final = Counted(
    N_("{done} of {total} layers"),
    N_("Stopped after {done} of {total} layers; what was done is kept."),
    N_("Something went wrong on our side at layer {done} of {total}; what was done is kept."),
)


def heads(
    model: str, text: str, wanted: Wanted, done: Sequence[Act], besides: bool, other: str,
    chosen: Choices, job: Choice[str], page: str,
) -> None:  # fmt: skip
    """The map of all heads. besides: on top of the changes that are made already"""
    acts = tuple(done) if besides else ()
    name = background.key(page, "heads", model, text, repr(wanted), *map(str, acts),
                          other if acts else "")  # fmt: skip
    count = sum(acting.offered(model, text).heads.values())
    if not count:
        nowhere = AttentionError(NOWHERE["attention"], model=catalogue.entry(model).card.title)
        st.info(ask.said(nowhere), icon=":material/info:")
        return
    _latest(f"{page}.heads.running", name)
    found = background.worked(
        job, name, 0 < count <= AT_ONCE,
        lambda: HeadsOff(
            attributing.output_of(model, text, wanted), acting.body_of(model, text), acts,
            acting.lent(model, other, acts),
        ),
        None,
        ngettext("Switch off every head once: {count} run", "Switch off every head once: {count} "
                 "runs", count).format(count=count),
        "heads.",
    )  # fmt: skip
    if found is not None:

        def drawn(job: Job[list[float]]) -> None:
            changing.drawn_anew(chosen, done)
            _heads(job, done, chosen, page)

        background.shown(found, drawn, REDRAW, LAYERS, "heads.")


def _latest(key: str, name: str) -> None:
    """Stops what this page computed of this kind for an older question."""
    older = st.session_state.get(key)
    st.session_state[key] = name
    if older is not None and older != name:
        job = JOBS.find(older)
        if job is not None and job.running and job.owner == session.reader():
            job.cancel()


def _heads(job: Job[list[float]], done: Sequence[Act], chosen: Choices, page: str) -> None:
    work = job.work
    if not isinstance(work, HeadsOff) or not job.rows:
        return
    table = work.table(list(job.rows))
    columns = [str(at + 1) for at in range(table.shape[1])]
    rows = [changing.place(site) for site in work.sites]
    prose.caption(_strongest(table, rows, not job.running))
    ringed = [
        (work.sites.index(act.site), act.head)
        for act in done
        if act.kind == "head" and act.site in work.sites and act.head is not None
    ]
    key = f"{page}.heads.map"

    def took() -> None:
        place = charts.point(key)
        if place is not None:
            row, column = figures.cells(table)[place]
            changing.add(chosen, Act("head", work.sites[row], column))

    figure = figures.grid(
        table, (rows, columns), (_("head"), ""), _("{row}, head {column}"), charts.theme(),
        chosen=ringed,
    )  # fmt: skip
    charts.chart(figure, key, "every-head-off", took)
    prose.note(
        prose.filled(
            _(
                "Each cell: by how much the output changes when this head alone is off; red is "
                "less, blue is more. Click a cell to switch that head off above."
            )
        )
    )
    downloads.rows(_head_rows(work, table), "every-head-off.csv")


def _strongest(table: Tensor, rows: Sequence[str], whole: bool) -> prose.Markup:
    """Which head matters most, as far as is known."""
    places = figures.cells(table)
    row, column = max(places, key=lambda place: abs(float(table[place])))
    sizes = [abs(float(table[place])) for place in places]
    few = sum(size >= max(sizes) / 2 for size in sizes)
    sentence = (
        ngettext(
            "Of {count} heads, {place}, head {head} changes the output most: by {change}. No other "
            "one changes it half as much.",
            "Of {count} heads, {place}, head {head} changes the output most: by {change}. {few} "
            "heads change it at least half as much.",
            few,
        )
        if whole
        else _("So far, {place}, head {head} changes the output most: by {change}.")
    )
    return prose.filled(
        sentence, count=len(places), place=rows[row], head=column + 1, few=few,
        change=effects.signed(float(table[row, column])),
    )  # fmt: skip


def _head_rows(work: HeadsOff, table: Tensor) -> list[dict[str, object]]:
    return [
        {
            "site": work.sites[row], "head": column + 1,
            "output": repr(float(table[row, column]) + work.value),
            "change": repr(float(table[row, column])),
        }
        for row, column in figures.cells(table)
    ]  # fmt: skip


def answer(model: str, text: str, clean: str, wanted: Wanted) -> Wanted:
    """The output that is followed from one text to the other: what the model says after the clean
    text rather than what it says after this one; the same output where both say the same.
    """
    if wanted.kind == "similarity":
        return wanted
    mine = attributing.candidates(model, text, wanted.kind, wanted.place)[0].number
    own = mine if wanted.word is None else wanted.word
    theirs = attributing.candidates(model, clean, wanted.kind, wanted.place)[0].number
    return Wanted(wanted.kind, theirs, None if theirs == own else own, wanted.place)


def patches(
    model: str, text: str, clean: str, wanted: Wanted, stream: Stream, chosen: Choices,
    done: Sequence[Act], job: Choice[str], boxed: bool, page: str,
) -> None:  # fmt: skip
    """The map of all states. boxed: a box is drawn over several, instead of a click on one"""
    followed = ask.answered(lambda: answer(model, text, clean, wanted), place="answer")
    if followed is None:
        return
    work = ask.answered(
        lambda: _patching(model, text, clean, followed, stream), place="patching",
        doing=_("Reading both sentences …"),
    )  # fmt: skip
    if work is None:
        return
    prose.caption(_followed(model, followed, work.ends))
    name = background.key(page, "patch", model, text, clean, repr(followed), stream)
    _latest(f"{page}.patch.running", name)
    count = len(work) * len(work.tokens)
    found = background.worked(
        job, name, len(work) <= 12, lambda: work, None,
        ngettext("Put every state in once: {count} run", "Put every state in once: {count} runs",
                 count).format(count=count),
        "patch.",
    )  # fmt: skip
    if found is not None:

        def drawn(job: Job[list[float]]) -> None:
            changing.drawn_anew(chosen, done)
            _patches(job, chosen, done, boxed, page)

        background.shown(found, drawn, REDRAW, LAYERS, "patch.")


@st.cache_resource(max_entries=16, show_spinner=False)
def _patching(model: str, text: str, clean: str, wanted: Wanted, stream: Stream) -> Patching:
    body = acting.body_of(model, text)
    one = attributing.output_of(model, text, wanted)
    place = Wanted(wanted.kind, other=wanted.other)
    other = attributing.output_of(model, clean, place)
    return attributing.working(lambda: Patching(one, other, body, stream))


def _followed(model: str, wanted: Wanted, ends: tuple[float, float]) -> prose.Markup:
    clean, corrupted = (prose.number(one, 2) for one in ends)
    if wanted.kind == "similarity":
        return prose.filled(
            _("Followed: the similarity, {clean} for the other sentence and {own} for yours."),
            clean=clean, own=corrupted,
        )  # fmt: skip
    word = prose.token(attributing.piece(model, wanted.word or 0))
    if wanted.rather is None:
        return prose.filled(
            _(
                "Both sentences have {word} as their likeliest word. Followed: its "
                "log-probability, {clean} after the other sentence and {own} after yours."
            ),
            word=word, clean=clean, own=corrupted,
        )  # fmt: skip
    return prose.filled(
        _(
            "Followed: {word} rather than {other}, as the difference of their logits: {clean} for "
            "the other sentence, {own} for yours."
        ),
        word=word, other=prose.token(attributing.piece(model, wanted.rather)),
        clean=clean, own=corrupted,
    )  # fmt: skip


def _patches(
    job: Job[list[float]], chosen: Choices, done: Sequence[Act], boxed: bool, page: str
) -> None:  # fmt: skip
    work = job.work
    if not isinstance(work, Patching) or not job.rows:
        return
    table = work.table(list(job.rows))
    rows = [_("input") if site == INPUT else changing.place(site) for site in work.sites]
    columns = [mine if mine == theirs else f"{mine} ← {theirs}" for mine, theirs in work.tokens]
    prose.caption(*_moved(table, rows, columns, not job.running))
    key = f"{page}.states.map"
    took: Callable[[], None] | None = None
    if work.stream == "hidden":

        def took() -> None:
            cells = [figures.cells(table)[place] for place in charts.points(key)]
            _taken(chosen, [
                Act("patch", work.sites[row], query=column)
                for row, column in cells
                if work.sites[row] != INPUT
            ], len(cells) == 1)  # fmt: skip

    ringed = [
        (work.sites.index(act.site), act.query)
        for act in done
        if act.kind == "patch" and act.site in work.sites and act.query is not None
    ]
    figure = figures.grid(
        table, (rows, columns), (_("token"), ""), _("{row}, {column}"), charts.theme(),
        largest=1.0, chosen=ringed,
    )  # fmt: skip
    charts.chart(figure, key, "states-of-the-other-sentence", took, several=boxed)
    if ringed:
        _returning(job.key, work, done)
    if took is not None:
        prose.note(
            prose.filled(
                _(
                    "Click a cell to put its state in, and again to take it out. They stand above, "
                    "with all other changes."
                )
            )
        )
    prose.note(
        prose.filled(
            _(
                "Each cell: how much of the way from your sentence’s output (0) to the other’s (1) "
                "is gone when this one state is the other sentence’s; below 0 it goes the other "
                "way. The rest is computed from your sentence."
            )
        )
    )
    downloads.rows(_patch_rows(work, table), "states.csv")


def _taken(chosen: Choices, acts: Sequence[Act], clicked: bool) -> None:
    """States that were clicked or boxed; a click on one that is in takes it out."""
    if clicked and acts:
        changing.turn(chosen, acts[0])
        return
    left = changing.crowded(chosen, acts)
    changing.add(chosen, *acts)
    if left:
        st.toast(
            ngettext(
                "At most {most} changes are made at once; {count} state was left out.",
                "At most {most} changes are made at once; {count} states were left out.", left,
            ).format(most=changing.MOST, count=left)
        )  # fmt: skip


def _returning(key: str, work: Patching, done: Sequence[Act]) -> None:
    """How much of the answer returns with all states that were put in together."""
    states = tuple(act for act in done if act.kind == "patch")
    share = ask.answered(lambda: _together(key, states, work), place="together")
    if share is None:
        return
    said = [
        prose.filled(
            ngettext(
                "The {count} state that is put in brings back {share} of the answer.",
                "The {count} states that are put in together bring back {share} of the answer.",
                len(states),
            ),
            count=len(states), share=prose.number(share),
        )
    ]  # fmt: skip
    if len(states) < len(done):
        every = ask.answered(lambda: _together(key, tuple(done), work), place="all")
        if every is not None:
            said.append(
                prose.filled(
                    _("With all other changes above as well it is {share}."),
                    share=prose.number(every),
                )
            )
    prose.caption(*said)


@st.cache_resource(max_entries=64, show_spinner=False)
def _together(key: str, acts: tuple[Act, ...], _work: Patching) -> float:
    """How much of the answer returns with these acts; raises AttentionError as acts do."""
    return attributing.working(lambda: _work.together(acts))


def _moved(
    table: Tensor, rows: Sequence[str], columns: Sequence[str], whole: bool
) -> list[prose.Markup]:
    """Where the answer is on its way through the layers."""
    best = [int(row.argmax()) for row in table if bool(row.isfinite().all())]
    said = [
        prose.filled(
            _("At the input it is at {token}: {share} of the answer returns from there."),
            token=prose.token(columns[best[0]]), share=prose.number(float(table[0, best[0]])),
        )
    ]  # fmt: skip
    moved = next((at for at, token in enumerate(best) if token != best[0]), None)
    if moved is not None:
        said.append(
            prose.filled(
                _("From {place} on, most of it returns at {token} ({share})."),
                place=rows[moved],
                token=prose.token(columns[best[moved]]),
                share=prose.number(float(table[moved, best[moved]])),
            )
        )
    elif whole:
        said.append(prose.filled(_("It stays there in every layer.")))
    return said


def _patch_rows(work: Patching, table: Tensor) -> list[dict[str, object]]:
    return [
        {
            "site": work.sites[row], "token": column + 1, "own": cell(work.tokens[column][0]),
            "other": cell(work.tokens[column][1]), "returned": repr(float(table[row, column])),
        }
        for row, column in figures.cells(table)
    ]  # fmt: skip


def streams(names: Sequence[Stream] = STREAMS) -> dict[str, str]:
    """What is taken from the other sentence, in words."""
    titles: dict[str, str] = {
        "hidden": _("the state that leaves a layer"),
        "attention": _("what attention adds"),
        "mlp": _("what the MLP adds"),
    }
    return {name: titles[name] for name in names}
