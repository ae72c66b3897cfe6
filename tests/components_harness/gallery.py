"""All widgets on one page with readable data, for the browser tests and for the eye.

The address chooses: ?show=head_grid (or another name; none = all), &long=160 tokens, &nice=1
without the troublemakers, &nasty=1 with them in the alignment and the tree too, &steps=40 of a wide
beam, &still=1 gold that cannot be drawn.
"""

from __future__ import annotations

import base64
import io
import json
import sys
from pathlib import Path

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from PIL import Image, ImageDraw

sys.path.insert(0, str(Path(__file__).parents[2]))

from pages.widgets.alignment import Alignment, alignment
from pages.widgets.head_grid import HeadGrid, head_grid
from pages.widgets.head_view import HeadView, head_view
from pages.widgets.matrix import Links, Matrix, matrix
from pages.widgets.picture import PictureMap, heat, picture_map
from pages.widgets.tree import Tree, tree
from tests.components_harness.data import (
    ENGLISH,
    NASTY,
    SOURCE,
    TARGET,
    causal_heads,
    large_tree,
    small_tree,
)


def tokens() -> list[str]:
    """The sentence, the troublemakers, and as many repetitions as the address asks for."""
    wanted = int(st.query_params.get("long", "0"))
    once = list(ENGLISH) if st.query_params.get("nice") else [*ENGLISH, *NASTY]
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
        HeadGrid(
            sites=[str(layer + 1) for layer in range(layers)],
            thumbnails=list(np.rint(thumbs * 255).astype(np.uint8)),
            head=chosen,
            values=list(random.random((layers, heads))),
            title="All heads of a small model",
            caption="Layer 3, head 7 is open.",
        ),
        key="grid",
    )
    st.code(json.dumps({"head": result.head}), language=None)


def show_picture() -> None:
    """A drawing under 6 × 9 patches, the middle of it seen; every place looks at its neighbours."""
    rows, columns, special = 6, 9, 2
    places = np.stack(np.meshgrid(np.arange(rows), np.arange(columns), indexing="ij"), -1)
    places = places.reshape(-1, 2)
    apart = np.abs(places[:, None] - places[None]).max(-1)
    looks = np.exp(-apart.astype(float))
    looks = np.concatenate([np.full((special, len(places)), 1.0), looks])
    looks = 0.8 * looks / looks.sum(-1, keepdims=True)
    chosen = st.session_state.setdefault("places", {"chosen": [0]})

    def take() -> None:
        chosen["chosen"] = st.session_state["picture"]["chosen"]

    picture_map(
        PictureMap(
            picture=drawing(),
            width=640,
            height=360,
            grid=(rows, columns),
            crop=(50, 0, 590, 360),
            specials=["[CLS]", "register"],
            looks=["look"] * len(looks),
            heat=heat(looks),
            peaks=looks.max(-1),
            beside=np.full((len(looks), special), 0.1),
            own=True,
            boxes=[[110, 60, 290, 240]] if st.query_params.get("boxes") else [],
            chosen=chosen["chosen"],
            title="Where a patch looks",
        ),
        key="picture",
        on_chosen_change=take,
    )
    st.code(json.dumps(chosen), language=None)


def drawing() -> str:
    """A small picture as an address that holds it."""
    canvas = Image.new("RGB", (640, 360), "#7fb2e5")
    pen = ImageDraw.Draw(canvas)
    pen.rectangle((0, 250, 640, 360), fill="#5d8f3a")
    pen.ellipse((500, 30, 570, 100), fill="#ffd84d")
    pen.polygon([(110, 150), (200, 60), (290, 150)], fill="#8a3b2a")
    pen.rectangle((130, 150, 270, 280), fill="#d9c7a0")
    made = io.BytesIO()
    canvas.save(made, "PNG")
    return "data:image/png;base64," + base64.b64encode(made.getvalue()).decode()


def show_head_view() -> None:
    words = tokens()
    special = [i for i, word in enumerate(words) if word.startswith("[")]
    chosen = st.session_state.setdefault("chosen", {"pins": [9], "active": [0, 1, 3, 6]})

    def take_pins() -> None:
        chosen["pins"] = st.session_state["view"]["pins"]

    def take_active() -> None:
        chosen["active"] = st.session_state["view"]["active"]

    if st.button("Pin the first"):
        chosen["pins"] = [0]
    head_view(
        HeadView(
            rows=words,
            columns=words,
            heads=range(12),
            weights=causal_heads(len(words), 12),
            allowed=np.tri(len(words), dtype=bool),
            special_rows=special,
            special_columns=special,
            active=chosen["active"],
            pins=chosen["pins"],
            title="Layer 3, all heads",
            caption="Each token of the sentence and the tokens before it.",
        ),
        key="view",
        on_pins_change=take_pins,
        on_active_change=take_active,
    )
    st.code(json.dumps(chosen), language=None)


def show_matrix() -> None:
    words = tokens()
    kept = st.session_state.get("matrix", {})
    weights = causal_heads(len(words), 12)[5]
    weights[3, 1] = 0.0
    result = matrix(
        Matrix(
            rows=words,
            columns=words,
            weights=weights,
            allowed=np.tri(len(words), dtype=bool),
            scale=kept.get("scale") or "matrix",
            cell=kept.get("cell") if kept.get("cell") is not None else [9, 6],
            pins=[9],
            title="Layer 3 · head 6",
            caption="Rows look, columns are looked at.",
        ),
        key="matrix",
    )
    st.code(json.dumps({"cell": result.cell, "scale": result.scale}), language=None)


def show_gold() -> None:
    """A matrix in which gold links are drawn; the page keeps them, as a page of the app would."""
    gold = st.session_state.setdefault("gold", {"sure": [[0, 0], [1, 1]], "possible": [[3, 2]]})

    def take() -> None:
        st.session_state["gold"] = st.session_state["drawn"]["gold"]

    if st.button("Start anew"):
        gold = st.session_state["gold"] = {"sure": [[5, 4]], "possible": []}
    result = matrix(
        Matrix(
            rows=TARGET,
            columns=SOURCE,
            weights=looks(),
            gold=Links(
                sure=gold["sure"],
                possible=gold["possible"],
            ),
            found=[(0, 0), (1, 1), (3, 3), (4, 2)],
            drawing=not st.query_params.get("still"),
            title="Gold links and found ones",
            caption="Squares are gold, dots are found.",
        ),
        key="drawn",
        on_gold_change=take,
    )
    st.code(json.dumps({"gold": gold, "cell": result.cell}), language=None)


def looks() -> NDArray[np.float64]:
    """(target, source): where the translation of the sentence looked."""
    weights = np.full((6, 5), 0.02)
    for looks, looked_at, share in [
        (0, 0, 0.92), (1, 1, 0.88), (2, 2, 0.3), (2, 3, 0.6),
        (3, 3, 0.83), (3, 2, 0.1), (4, 2, 0.86), (5, 4, 0.9),
    ]:  # fmt: skip
        weights[looks, looked_at] = share
    shares: NDArray[np.float64] = weights / weights.sum(1, keepdims=True)
    return shares


def show_alignment() -> None:
    kept = st.session_state.get("alignment", {})
    source, target = list(SOURCE), list(TARGET)
    if st.query_params.get("nasty"):
        source, target = list(NASTY[:5]), list(NASTY[4:])
    result = alignment(
        Alignment(
            source=source,
            target=target,
            weights=looks(),
            links=LINKS,
            pins=kept.get("pins") or [],
            title="I love machine learning.",
            caption="apprentissage looks mostly at learning (0.86).",
        ),
        key="alignment",
    )
    st.code(json.dumps({"pins": result.pins}), language=None)


def show_panels() -> None:
    """Six small alignments of one sentence; a source word kept in one is kept in all."""
    sources = st.session_state.setdefault("sources", [])
    grid = st.columns(3)
    for number in range(6):

        def take(key: str = f"panel-{number}") -> None:
            st.session_state["sources"] = st.session_state[key]["sources"]

        with grid[number % 3]:
            alignment(
                Alignment(
                    source=SOURCE,
                    target=TARGET,
                    weights=np.roll(looks(), number // 2, axis=1),
                    links=LINKS,
                    sources=sources,
                    group="apart" if number == 5 else "together",
                    compact=True,
                    title=f"Model {number + 1}",
                    name=f"panel-{number + 1}",
                ),
                key=f"panel-{number}",
                on_sources_change=take,
            )
    st.code(json.dumps({"sources": sources}), language=None)


def show_tree() -> None:
    steps = int(st.query_params.get("steps", "0"))
    beam = large_tree(10, steps) if steps else small_tree()
    texts = list(NASTY) if st.query_params.get("nasty") else beam.texts
    result = tree(
        Tree(
            **{**beam._asdict(), "texts": texts},
            node=st.session_state.get("tree", {}).get("node"),
            title="Beam of I sleep.",
            caption="Je dors. was chosen.",
        ),
        key="tree",
    )
    st.code(json.dumps({"node": result.node}), language=None)


LINKS = [(0, 0), (1, 1), (3, 2), (3, 3), (2, 4), (4, 5)]
WIDGETS = {
    "head_grid": show_head_grid,
    "picture": show_picture,
    "head_view": show_head_view,
    "matrix": show_matrix,
    "gold": show_gold,
    "alignment": show_alignment,
    "panels": show_panels,
    "tree": show_tree,
}

st.set_page_config(page_title="Widgets", layout="wide")
asked = st.query_params.get("show")
for name, show in WIDGETS.items():
    if asked in (None, name):
        st.subheader(name)
        show()
