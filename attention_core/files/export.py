"""The numbers behind a picture, as files that other programs read."""

from __future__ import annotations

import csv
import io
import json

import numpy as np

from attention_core.pictures.views import View

FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the start of a formula; full-width signs count in East Asia."""


def as_csv(view: View) -> bytes:
    """One line a cell: head (from 1), query, key, their positions (from 1), weight, allowed."""
    out = io.StringIO()
    lines = csv.writer(out)
    lines.writerow(["head", "query_position", "query", "key_position", "key", "weight", "allowed"])
    for index, head in enumerate(view.heads):
        for row, query in enumerate(view.rows):
            for column, key in enumerate(view.columns):
                lines.writerow([
                    head + 1, row + 1, cell(query.text), column + 1, cell(key.text),
                    f"{view.weights[index, row, column]:.9g}", int(view.allowed[row, column]),
                ])  # fmt: skip
    return ("\ufeff" + out.getvalue()).encode()


def cell(text: str) -> str:
    """A spreadsheet runs what begins with = + - @; an apostrophe keeps it text."""
    return "'" + text if text.startswith(FORMULA) else text


def as_npz(view: View) -> bytes:
    """weights (head, query, key), allowed (query, key), queries, keys, heads (from 0)."""
    out = io.BytesIO()
    np.savez_compressed(
        out,
        weights=view.weights,
        allowed=view.allowed,
        heads=np.array(view.heads),
        queries=np.array([token.text for token in view.rows]),
        keys=np.array([token.text for token in view.columns]),
    )
    return out.getvalue()


def as_json(view: View) -> bytes:
    """The same as `as_npz`, readable by eye."""
    return json.dumps(
        {
            "site": view.site,
            "heads": list(view.heads),
            "queries": [token.text for token in view.rows],
            "keys": [token.text for token in view.columns],
            "grain": view.grain,
            "specials": view.specials,
            "weights": view.weights.astype(str).astype(float).tolist(),  # 0.1, not 0.10000000149
            "allowed": view.allowed.tolist(),
        },
        ensure_ascii=False,
    ).encode()
