"""All four widgets on one page with readable data, for the browser tests and for the eye.

The address chooses: ?show=head_grid (or another name; none = all), &theme=dark, &long=160.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray

sys.path.insert(0, str(Path(__file__).parents[2]))

from pages.components import alignment, head_grid, head_view, matrix  # noqa: E402

NASTY = (
    "</script><img src=x onerror=alert(1)>",
    "<b>",
    "$x^2$",
    "**bold**",
    "مرحبا",
    "שלום",
    "👩‍👩‍👧",
    "e\u0301",
    "2020",
    "\x00",
)
ENGLISH = "[CLS] The animal did not cross the street because it was too tired . [SEP]".split()
SOURCE = "I love machine learning .".split()
TARGET = "J' aime l' apprentissage automatique .".split()


def causal_heads(length: int, heads: int) -> NDArray[np.float64]:
    """(head, query, key): each head with a habit of its own, none looking ahead."""
    random = np.random.default_rng(7)
    distance = np.arange(length)[:, None] - np.arange(length)[None, :]
    sharp = np.linspace(0.2, 3.0, heads)[:, None, None]
    wish = (np.arange(heads) % 4)[:, None, None]
    scores = -sharp * np.abs(distance[None] - wish) + random.normal(size=(heads, length, length))
    scores[::3, :, 0] += 3.0
    scores = np.where(distance[None] >= 0, scores, -np.inf)
    raised = np.exp(scores - scores.max(-1, keepdims=True))
    return raised / raised.sum(-1, keepdims=True)


def tokens() -> list[str]:
    """The sentence, the troublemakers, and as many repetitions as the address asks for."""
    wanted = int(st.query_params.get("long", "0"))
    once = ENGLISH if st.query_params.get("nice") else [*ENGLISH, *NASTY]
    return (once * (wanted // len(once) + 1))[:wanted] if wanted else once


def show_head_grid() -> None:
    random = np.random.default_rng(3)
    layers = int(st.query_params.get("layers", "6"))
    heads = int(st.query_params.get("heads", "12"))
    weights = np.concatenate([causal_heads(20, heads)[random.permutation(heads)]] * layers)
    thumbs = weights.reshape(layers, heads, 20, 20)
    thumbs = thumbs / thumbs.max(axis=(2, 3), keepdims=True)
    chosen = st.session_state.get("grid", {}).get("head") or [2, 6]
    result = head_grid(
        key="grid",
        sites=[str(layer + 1) for layer in range(layers)],
        thumbnails=np.rint(thumbs * 255).astype(np.uint8),
        chosen=chosen,
        values=random.random((layers, heads)),
        title="All heads of a small model",
        caption="Layer 3, head 7 is open.",
    )
    st.code(json.dumps({"head": result.head}), language=None)


def show_head_view() -> None:
    words = tokens()
    kept = st.session_state.get("view", {})
    result = head_view(
        key="view",
        rows=words,
        columns=words,
        weights=causal_heads(len(words), 12),
        allowed=np.tri(len(words), dtype=bool),
        special_rows=[i for i, word in enumerate(words) if word.startswith("[")],
        special_columns=[i for i, word in enumerate(words) if word.startswith("[")],
        active=kept.get("active") if kept.get("active") is not None else [0, 1, 3, 6],
        pins=kept.get("pins") if kept.get("pins") is not None else [9],
        title="Layer 3, all heads",
        caption="it looks mostly at because (0.41).",
    )
    st.code(json.dumps({"pins": result.pins, "active": result.active}), language=None)


def show_matrix() -> None:
    words = tokens()
    kept = st.session_state.get("matrix", {})
    weights = causal_heads(len(words), 12)[5]
    weights[3, 1] = 0.0
    result = matrix(
        key="matrix",
        rows=words,
        columns=words,
        weights=weights,
        allowed=np.tri(len(words), dtype=bool),
        scale=kept.get("scale") or "matrix",
        cell=kept.get("cell") if kept.get("cell") is not None else [9, 6],
        pins=[9],
        title="Layer 3 · head 6",
        caption="Rows look, columns are looked at.",
    )
    st.code(json.dumps({"cell": result.cell, "scale": result.scale}), language=None)


def show_alignment() -> None:
    weights = np.full((6, 5), 0.02)
    for target, source, share in [
        (0, 0, 0.92), (1, 1, 0.88), (2, 2, 0.3), (2, 3, 0.6),
        (3, 3, 0.83), (3, 2, 0.1), (4, 2, 0.86), (5, 4, 0.9),
    ]:  # fmt: skip
        weights[target, source] = share
    kept = st.session_state.get("alignment", {})
    source, target = list(SOURCE), list(TARGET)
    if st.query_params.get("nasty"):
        source, target = list(NASTY[:5]), list(NASTY[4:])
    result = alignment(
        key="alignment",
        source=source,
        target=target,
        weights=weights / weights.sum(1, keepdims=True),
        links=[(0, 0), (1, 1), (3, 2), (3, 3), (2, 4), (4, 5)],
        pins=kept.get("pins") or [],
        title="I love machine learning.",
        caption="apprentissage looks mostly at learning (0.86).",
    )
    st.code(json.dumps({"pins": result.pins}), language=None)


WIDGETS = {
    "head_grid": show_head_grid,
    "head_view": show_head_view,
    "matrix": show_matrix,
    "alignment": show_alignment,
}

st.set_page_config(page_title="Widgets", layout="wide")
asked = st.query_params.get("show")
for name, show in WIDGETS.items():
    if asked in (None, name):
        st.subheader(name)
        show()
