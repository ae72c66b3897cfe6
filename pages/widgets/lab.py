"""Attention step by step: every stage of a small computation, with numbers a reader may change."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from streamlit.components.v2.bidi_component.state import ComponentResult
from torch import Tensor

from attention_core.marking import N_
from attention_core.mechanisms import experiment as lab
from attention_core.mechanisms.experiment import Experiment
from attention_core.mechanisms.mechanism import Extra, Knob, Mechanism, Trace
from attention_core.pictures.contracts.files import FILES
from pages.widgets.hosts.streamlit import Callback, mount, registered

TEXT: Mapping[str, str] = {
    **FILES,
    "label": N_("The computation; arrow keys move from cell to cell, Enter changes a number"),
    "equation": N_("The equation; a piece is lit while its stage is looked at"),
    "hint": N_(
        "Point at a number to see where it comes from; click a number of q, k or v to change it."
    ),
    "step": N_("Step {step} of {steps}"),
    "all": N_("All {steps} steps"),
    "back": N_("Step back"),
    "next": N_("Next step"),
    "reset": N_("As it began"),
    "head": N_("Head shown"),
    "looks": N_("Who looks"),
    "cross": N_("q at other words (cross)"),
    "self": N_("every word at all (self)"),
    "mask": N_("Mask"),
    "none": N_("no mask"),
    "causal": N_("causal: nothing later"),
    "last": N_("the last key is padding"),
    "may": N_("may look"),
    "blocked": N_("not allowed to look"),
    "checking": N_("Python is checking …"),
    "checked": N_("Python computed the same; the largest difference is {apart}."),
    "differs": N_("Python's result differs by {apart}; please report it."),
    "python": N_("Computed by Python."),
    "refused": N_("“{text}” is no number to compute with; type one between −{most} and {most}."),
    "query": N_("queries q"),
    "key": N_("keys k"),
    "value": N_("values v"),
    "queries": N_("queries, prepared"),
    "keys": N_("keys, prepared"),
    "values": N_("values, prepared"),
    "scores": N_("scores"),
    "scaled": N_("scores, scaled"),
    "bias": N_("bias of the distance"),
    "biased": N_("scores with bias"),
    "allowed": N_("who may look"),
    "shares": N_("softmax in the window"),
    "gaussian": N_("bell around the centre"),
    "centre": N_("centre"),
    "weights": N_("weights"),
    "heads": N_("heads side by side"),
    "context": N_("context"),
    "probabilities": N_("probabilities"),
    "noise": N_("noise"),
    "ramp": N_("ramp"),
    "kernel": N_("kernel"),
    "round": N_("round {round}"),
    "length": N_("length"),
    "similarity": N_("similarity"),
    "affinity": N_("affinity"),
    "words": N_("shares of the words"),
    "relaxed": N_("the soft look behind"),
    "log_probability": N_("log-probability of the draw"),
    "threshold": N_("threshold"),
    "kind": N_("why it may be looked at"),
    "about_query": N_("A query asks: what am I looking for? One row for each word that looks."),
    "about_key": N_("A key answers: what am I? One row for each word that is looked at."),
    "about_value": N_("A value is what is taken away from a word that is looked at."),
    "about_queries": N_("The queries after this mechanism's own step; its matrix is learnt."),
    "about_keys": N_("The keys after this mechanism's own step; its matrix is learnt."),
    "about_values": N_("The values, cut into heads or sent through a learnt matrix."),
    "about_scores": N_("How well each query and key go together: large means look here."),
    "about_scaled": N_(
        "Divided by √d, so that wide vectors do not make the softmax all or nothing."
    ),
    "about_bias": N_("What the distance alone adds, whatever the words are."),
    "about_biased": N_("Content and distance together."),
    "about_allowed": N_("Hatched: forbidden. The softmax never sees these."),
    "about_weights": N_(
        "The scores as shares: hatched is forbidden, ○ is allowed but exactly zero."
    ),
    "about_shares": N_("Shares of 1 among the keys inside the window."),
    "about_gaussian": N_("Nearer to the predicted centre counts more."),
    "about_centre": N_("Where each query expects what it needs, counted from 0."),
    "about_heads": N_("What each head takes away, one after the other."),
    "about_noise": N_("Python draws it; another draw, another noise."),
    "about_probabilities": N_("The chances of every key before one is drawn."),
    "about_ramp": N_("How much of a key so far back still counts."),
    "about_kernel": N_("The weights of a neighbourhood, whatever stands there."),
    "about_similarity": N_("The cosine of each word and each region: 1 = the same direction."),
    "about_affinity": N_("How well each word and each region go together, from −1 to 1."),
    "about_context": N_("What each query takes away: the weighted sum of the values."),
    "note": "",
}
"""What the widget says."""

_RENDERER = registered("lab")
_LETTERS: Final = {"q": "query", "k": "key"}


def stage_name(name: str) -> tuple[str, dict[str, str]]:
    """The sentence that names a stage, and what belongs into its places."""
    if name.startswith("round "):
        return TEXT["round"], {"round": name.removeprefix("round ")}
    return TEXT.get(name, name), {}


def lab_bench(
    *,
    key: str,
    given: Experiment,
    trace: Trace,
    mechanism: Mechanism,
    knobs: Sequence[tuple[Knob, str]],
    title: str = "",
    text: Mapping[str, str] = TEXT,
    on_state_change: Callback = None,
) -> ComponentResult:
    """The widget; the result has `state`: knobs, looks, mask and edits as the reader set them.

    given      what the reader wants now
    trace      Python's own computation of it, against which the browser's is held
    mechanism  the module that computed it: the browser needs its parameters
    knobs      what may be turned, each with its title in the reader's language
    """
    data: dict[str, Any] = {
        "mechanism": given.mechanism,
        "base": {part: _base(given, part) for part in lab.PARTS},
        **_made(mechanism, trace),
        "knobs": [_knob(knob, shown) for knob, shown in knobs],
        "trace": stages(given, trace),
        "trace_of": state(given),
        "title": title,
        "caption": "",
        "name": given.mechanism,
        "text": {**TEXT, **text},
    }
    callbacks: dict[str, Callback] = {"state": on_state_change, "head": None}
    return mount(_RENDERER, key, data, {"state": state(given)}, callbacks)


def given_to_browser(given: Experiment) -> dict[str, Any]:
    """All that the browser's recipe of a mechanism computes with, for one experiment."""
    mechanism = lab.mechanism(given)
    trace = lab.run(given, mechanism)
    knobs = {knob.name: given.knob(knob.name) for knob in lab.KNOBS}
    return {
        "mechanism": given.mechanism,
        **{part: lab.rows(given, part).tolist() for part in lab.PARTS},
        "allowed": lab.allowed(given).tolist(),
        "knobs": {**mechanism.settings(given.knobs), **knobs},
        "temperature": knobs["temperature"],
        **_made(mechanism, trace),
    }


def _made(mechanism: Mechanism, trace: Trace) -> dict[str, Any]:
    """What only Python knows: invented parameters, and what a trace holds beside its weights."""
    return {
        "parameters": {name: tensor.tolist() for name, tensor in mechanism.state_dict().items()},
        "extras": {extra.name: extra.tensor.tolist() for extra in trace.extras},
    }


def stages(given: Experiment, trace: Trace) -> list[dict[str, Any]]:
    """Python's stages as the browser draws them: id, heads (head, row, column), what they count."""
    parts = [_stage(part, lab.rows(given, part)[None], part, "width") for part in lab.PARTS]
    matrices = [
        ("scores", trace.scores), ("allowed", trace.allowed.expand_as(trace.weights)),
        ("weights", trace.weights),
    ]  # fmt: skip
    return [
        *parts,
        *(stage for extra in trace.extras if (stage := _extra(extra)) is not None),
        *(_stage(name, tensor, "query", "key") for name, tensor in matrices),
        _stage("context", trace.context[None], "query", "width"),
    ]


def written(given: Experiment, trace: Trace) -> dict[str, Any]:
    """The whole computation as a file: what was asked, and every stage as Python computed it."""
    return {"mechanism": given.mechanism, **state(given), "stages": stages(given, trace)}


def state(given: Experiment) -> dict[str, Any]:
    """An experiment without its mechanism, as the browser keeps it."""
    return {
        "knobs": dict(given.knobs),
        "looks": given.looks,
        "mask": given.mask,
        "edits": {
            part: {f"{row},{column}": number for (row, column), number in cells.items()}
            for part, cells in given.edits.items()
        },
    }


def _base(given: Experiment, part: lab.Part) -> list[list[float]]:
    """The invented numbers without edits, as many rows as there may ever be."""
    width, seed = int(given.knob("width")), int(given.knob("numbers"))
    return lab.invented(seed, part, lab.LONGEST, width).tolist()


def _knob(knob: Knob, title: str) -> dict[str, Any]:
    return {
        "name": knob.name, "title": title, "least": knob.least, "most": knob.most,
        "start": knob.start, "step": knob.step, "stops": list(knob.stops),
    }  # fmt: skip


def _extra(extra: Extra) -> dict[str, Any] | None:
    """An extra as a picture: h q k a matrix for each head, h q a column, h w one row a head."""
    letters, tensor = extra.axes.split(), extra.tensor
    if letters[0] != "h" or len(letters) not in (2, 3):
        return None
    if len(letters) == 3:
        rows, columns = (_LETTERS.get(letter, "width") for letter in letters[1:])
        return _stage(extra.name, tensor, rows, columns)
    if letters[1] in _LETTERS:
        return _stage(extra.name, tensor.unsqueeze(-1), _LETTERS[letters[1]], "one")
    return _stage(extra.name, tensor.unsqueeze(0), "heads", "width")


def _stage(name: str, tensor: Tensor, rows: str, columns: str) -> dict[str, Any]:
    return {"id": name, "heads": tensor.tolist(), "rows": rows, "columns": columns}
