"""Mechanisms over one sentence as panels, and the numbers that sum them up."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np
import streamlit as st
import torch

from attention_core.files.spreadsheet import cell
from attention_core.mechanisms import ALL, cost
from attention_core.mechanisms.mechanism import Extra, Trace
from attention_core.numbers.spread import entropy, shares
from models.ours.imitation.head import Words, words
from models.ours.imitation.student import WIDTH, learns, missed, student
from pages.frame import ask, examples, link, prose
from pages.frame.language import _
from pages.frame.link import Choice
from pages.widgets.lab import stage_name
from pages.widgets.mosaic import Panel


def labels(read: Words) -> list[str]:
    """The words as they stand beside a matrix."""
    return [token.text or "␣" for token in read.axis.tokens]


def panel(name: str, trace: Trace, words: list[str]) -> Panel:
    """The mean of the heads of one mechanism, of those that may look at anything."""
    allowed = trace.allowed.expand_as(trace.weights)
    looking = allowed.any(-1, keepdim=True).sum(-3).clamp_min(1)
    mean = trace.weights.sum(-3) / looking
    return Panel(
        _(ALL[name].card.title), note(name, trace), words, words, mean.numpy(),
        allowed.any(-3).numpy(), "words",
    )  # fmt: skip


def note(name: str, trace: Trace) -> str:
    """What stands under a picture's title."""
    looked = {"bits": f"{bits(trace):.2f}", "support": f"{support(trace):.1f}"}
    apart = missed().get(name)
    if apart is None:
        return str(_("{bits} bits · {support} words looked at").format(**looked))
    said: str = _("{bits} bits · {support} words looked at · {apart} apart")
    return said.format(**looked, apart=f"{apart:.2f}")


def untrained(names: Iterable[str]) -> None:
    """Which of these were never held against the head, and which of them has invented numbers."""
    new = [name for name in names if name not in missed()]
    for sentence, found in (
        (
            _(
                "Not trained to imitate the head, so that the numbers it should have learnt are "
                "invented: {names}."
            ),
            [name for name in new if learns(name)],
        ),
        (
            _("Not yet measured, how far it is from the head: {names}."),
            [name for name in new if not learns(name)],
        ),
    ):
        if found:
            titles = prose.listed([_(ALL[name].card.title) for name in found])
            prose.note(prose.filled(sentence, names=titles))


def numbers(traces: Mapping[str, Trace], words: list[str]) -> list[dict[str, object]]:
    """Every weight of every head as a line of a table, positions and heads counted from 1."""
    return [
        {
            "mechanism": name, "head": head + 1, "query_position": row + 1,
            "query": cell(words[row]), "key_position": column + 1,
            "key": cell(words[column]), "weight": f"{weight:.9g}",
            "allowed": int(trace.allowed.expand_as(trace.weights)[head, row, column]),
        }
        for name, trace in traces.items()
        for head, matrix in enumerate(trace.weights.tolist())
        for row, line in enumerate(matrix)
        for column, weight in enumerate(line)
    ]  # fmt: skip


def asked(text: Choice[str], cut: Choice[bool]) -> Words | None:
    """The sentence in a box, with examples, as the head sees it; None while there is none."""
    ask.text_box(text, _("English"), (cut,), 68)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        ask.send(_("Read it"), text)
        ask.examples(examples.WORDS, (cut,), text)
    if not link.value(text).strip():
        st.info(_("Type a sentence, or choose an example."), icon=":material/edit:")
        return None
    return ask.answered(lambda: words(link.value(text), link.value(cut)), cut)


def bits(trace: Trace) -> float:
    """Entropy of a row that looks at anything, averaged over those rows and heads."""
    found = entropy(shares(trace.weights.clamp_min(0)))[trace.weights.sum(-1) > 0]
    return float(found.mean()) if found.numel() else 0.0


def support(trace: Trace) -> float:
    """Keys of a row that weigh more than nothing, averaged over rows that may look and heads."""
    return _mean(trace, (trace.weights > 0).sum(-1))


def reach(trace: Trace) -> float:
    """Keys of a row that may be looked at, averaged over rows that may look and heads."""
    return _mean(trace, trace.allowed.expand_as(trace.weights).sum(-1))


def operations(name: str, count: int) -> int:
    """Multiplications and additions for the scores and values of a sentence of so many words."""
    return round(cost.of(student(name), count, WIDTH))


def _mean(trace: Trace, counts: torch.Tensor) -> float:
    looking = trace.allowed.expand_as(trace.weights).any(-1)
    found = counts.expand_as(looking)[looking].float()
    return float(found.mean()) if found.numel() else 0.0


def parts(trace: Trace, words: list[str]) -> list[Panel]:
    """Every head, and what a mechanism keeps beside its weights: spans, kernels, rounds."""
    allowed = trace.allowed.expand_as(trace.weights).numpy()
    heads = [
        Panel(
            title(head, len(trace.weights)), "", words, words, matrix.numpy(), allowed[head],
            "words",
        )
        for head, matrix in enumerate(trace.weights)
    ]  # fmt: skip
    return [*heads, *(one for extra in trace.extras for one in pictures(extra, words))]


def title(head: int, heads: int) -> str:
    said: str = _("weights") if heads == 1 else _("head {head}").format(head=head + 1)
    return said


def pictures(extra: Extra, words: list[str]) -> list[Panel]:
    """An extra as panels, one for each head: matrices, or one row or column of numbers."""
    letters = extra.axes.split()
    if letters[0] != "h":
        return []
    tensor = extra.tensor.float()
    tensor = tensor.unsqueeze(-1) if len(letters) == 2 else tensor
    if tensor.ndim != 3:
        return []
    known = {"q": words, "k": words}
    rows = known.get(letters[1]) or [str(place + 1) for place in range(tensor.shape[1])]
    columns = known.get(letters[-1]) if len(letters) == 3 else None
    columns = columns or [str(place + 1) for place in range(tensor.shape[2])]
    return [
        Panel(
            called(extra.name, head, len(tensor)), "", rows, columns,
            one.numpy(), np.ones(one.shape, bool),
            "words" if letters[1:] == ["q", "k"] else extra.name,
        )
        for head, one in enumerate(tensor)
    ]  # fmt: skip


def called(name: str, head: int, heads: int) -> str:
    """What an extra is called, and whose it is where there are several heads."""
    sentence, places = stage_name(name)
    said: str = _(sentence).format(**places)
    return said if heads == 1 else f"{said} · {head + 1}"
