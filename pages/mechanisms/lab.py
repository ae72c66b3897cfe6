"""One mechanism, step by step, with real numbers that the reader may change."""

from __future__ import annotations

import json
import math
from typing import Any, Final

import streamlit as st

from attention_core.errors import AttentionError
from attention_core.marking import N_
from attention_core.mechanisms import ALL, USES, Use
from attention_core.mechanisms import experiment as lab
from attention_core.mechanisms.experiment import Experiment
from pages.frame import ask, downloads, link, prose, site
from pages.frame.language import _
from pages.showing import choosing, figures
from pages.widgets import lab as bench

PAGE: Final = "lab"
CARD = site.Page(
    PAGE, N_("Step by step"), order=70, door="mechanisms",
    promise=N_("One mechanism in numbers: change queries, keys and masks, and follow each step."),
)  # fmt: skip
START: Final = bench.state(Experiment("scaled_dot_product"))
CHECKED: Final = {
    "paper": N_("The equations were held against the paper's own text."),
    "code": N_(
        "The equations were held against the authors' program; the paper's text was out of reach."
    ),
    "unread": N_(
        "The equations are written from memory: the paper was out of reach, so the numbers of its "
        "equations are not confirmed. The computation itself is held against another library."
    ),
}
BENCH: Final = f"{PAGE}.bench"


def parsed(raw: str) -> dict[str, Any] | None:
    """A state written in an address; None where it makes no sense."""
    try:
        return bench.state(experiment("scaled_dot_product", json.loads(raw)))
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        return None


def experiment(name: str, state: dict[str, Any]) -> Experiment:
    """What the browser or an address says, as an experiment; raises ValueError for nonsense."""
    looks, mask = state.get("looks", "cross"), state.get("mask", "none")
    if looks not in ("cross", "self") or mask not in ("none", "causal", "last"):
        raise ValueError
    edits: dict[lab.Part, dict[tuple[int, int], float]] = {}
    for part, cells in state.get("edits", {}).items():
        if part not in lab.PARTS or len(cells) > 200:
            raise ValueError
        edits[part] = {cell(place): finite(number) for place, number in cells.items()}
    knobs = {str(knob): finite(number) for knob, number in state.get("knobs", {}).items()}
    return Experiment(name, knobs, looks, mask, edits)


def written(state: dict[str, Any]) -> str:
    return json.dumps(state, separators=(",", ":"))


def cell(place: str) -> tuple[int, int]:
    row, column = place.split(",")
    return int(row), int(column)


def finite(number: object) -> float:
    """A number that may be computed with."""
    if isinstance(number, bool) or not isinstance(number, int | float):
        raise TypeError
    if not math.isfinite(number):
        raise ValueError
    return number


MECHANISM = link.one_of(PAGE, "mechanism", ALL, "scaled_dot_product")
STATE = link.Choice("numbers", START, parsed, written, PAGE)
CHOICES = (MECHANISM, STATE)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Attention, step by step"), anchor=False)
    prose.lead(
        _(
            "Choose a mechanism, turn what can be turned, and change any number of q, k and v: "
            "every step follows at once."
        )
    )
    choosing.dropdown(
        MECHANISM, _("Mechanism"), {name: _(one.card.title) for name, one in ALL.items()}
    )
    uses()
    workbench()
    about()
    link.publish(CHOICES)


def uses() -> None:
    """Names of the field that are no mechanism of their own: one click sets the lab up for them."""
    with st.container(horizontal=True):
        for use in USES.values():
            st.button(
                _(use.title), key=f"{PAGE}.use.{use.name}", type="tertiary", help=_(use.means),
                on_click=used, args=(use,),
            )  # fmt: skip


def used(use: Use) -> None:
    link.choose(MECHANISM, use.mechanism)
    link.choose(STATE, {**link.value(STATE), "looks": use.looks})


@st.fragment
def workbench() -> None:
    """The widget, and Python's own computation of what it shows."""
    name = link.value(MECHANISM)
    given = experiment(name, link.value(STATE))
    try:
        mechanism = lab.mechanism(given)
        _trace, shown = lab.worked(given, mechanism)
    except AttentionError as problem:
        st.warning(ask.said(problem), icon=":material/edit:")
        given = Experiment(name)
        mechanism = lab.mechanism(given)
        _trace, shown = lab.worked(given, mechanism)
    knobs = [(knob, _(knob.title)) for knob in given.turnable()]
    bench.bench(
        bench.drawn(given, shown, mechanism, knobs, _(ALL[name].card.title)),
        key=BENCH,
        text=figures.said(bench.TEXT),
        on_state_change=took,
    )
    downloads.file(
        _("Numbers (JSON)"), lambda: json.dumps(bench.written(given, shown)), f"{name}.json"
    )
    learnt({name: tensor.tolist() for name, tensor in mechanism.state_dict().items()})
    link.publish(CHOICES)


def learnt(matrices: dict[str, Any]) -> None:
    """The parameters of this small mechanism, by the names of the code."""
    if not matrices:
        return
    with st.expander(_("The learnt numbers (here invented from the seed)")):
        for name, rows in matrices.items():
            st.caption(name)
            st.dataframe(table(rows), hide_index=True, width="content")


def table(numbers: Any) -> list[dict[str, float | str]]:
    """Numbers of one, two or three axes as rows of a table."""
    if not isinstance(numbers[0], list):
        numbers = [numbers]
    if isinstance(numbers[0][0], list):
        numbers = [row for matrix in numbers for row in matrix]
    return [{str(at + 1): number for at, number in enumerate(row)} for row in numbers]


def took() -> None:
    """The reader turned or typed something; what cannot be read changes nothing."""
    found = parsed(json.dumps(st.session_state[BENCH]["state"]))
    if found is not None:
        link.choose(STATE, found)


def about() -> None:
    """Where the mechanism comes from."""
    card = ALL[link.value(MECHANISM)].card
    with st.container(border=True):
        st.latex(card.equation)
        st.markdown(f"[{card.source}]({card.link})")
        prose.note(prose.filled(_(CHECKED[card.checked])))


if __name__ == "__main__":
    page()
