"""The numbers of one picture as one JSON object, readable by eye.

>>> text = '{"weights": [[0.9, 0.1]], "queries": ["chat"], "keys": ["the", "cat"]}'
>>> (found,) = from_json(text)
>>> found.source, found.target
(('the', 'cat'), ('chat',))
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np

from attention_core.errors import TextError
from attention_core.files.format import AttentionFormat
from attention_core.files.imported import Imported, by_head, imported
from attention_core.files.text import beginning, decoded
from attention_core.marking import N_
from attention_core.pictures.views import View

_WEIGHTS: Final = ("weights", "attention")
_TARGET: Final = ("target", "queries")
_SOURCE: Final = ("source", "keys")


def recognised(data: bytes) -> bool:
    """An object from its first character on that names weights or tokens near its beginning."""
    head = "\n".join(beginning(data))
    named = (f'"{name}"' in head for name in (*_WEIGHTS, *_TARGET, *_SOURCE))
    return head.lstrip().startswith("{") and '"src"' not in head and any(named)


def from_json(text: str) -> Iterator[Imported]:
    """One object with weights and both lists of tokens, as `as_json` and others write it.

    weights            (target, source), (head, target, source) or (layer, head, target, source)
    target or queries  strings
    source or keys     strings
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as fault:
        raise TextError("This is no JSON that can be read; save it again.") from fault
    if not isinstance(found, dict):
        raise TextError("This JSON is no object; it needs one with weights, source and target.")
    weights = _numbers(_named(found, _WEIGHTS))
    source, target = _tokens(found, _SOURCE), _tokens(found, _TARGET)
    yield imported(source, target, by_head(weights))


def _named(found: dict[str, Any], options: Sequence[str]) -> object:
    name = next((option for option in options if option in found), None)
    if name is None:
        raise TextError(
            "The object has {found} but no “{needed}”; it needs weights, source and target.",
            found=", ".join(sorted(found))[:200] or "nothing", needed=options[0],
        )  # fmt: skip
    return found[name]


def _numbers(found: object) -> np.ndarray[Any, np.dtype[np.float64]]:
    try:
        made = np.array(found)
        if made.dtype.kind in "fiu" and 2 <= made.ndim <= 4:
            return made.astype(np.float64)
    except (ValueError, OverflowError, RecursionError):
        pass
    raise TextError(
        "The “weights” of this object are no table of numbers; they need 2 to 4 dimensions, the "
        "last two target and source, with rows of equal length."
    )


def _tokens(found: dict[str, Any], options: Sequence[str]) -> list[str]:
    tokens = _named(found, options)
    if not isinstance(tokens, list) or not all(isinstance(token, str) for token in tokens):
        raise TextError(
            "The object has something other than strings under “{name}”; it needs one list of "
            "strings.",
            name=next(option for option in options if option in found),
        )  # fmt: skip
    return tokens


def as_json(view: View) -> bytes:
    """The same as in an NPZ, readable by eye."""
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


FORMAT: Final = AttentionFormat(
    name="json",
    title="JSON",
    endings=("json",),
    looks=N_(
        "One object with weights (target × source, or head × target × source), source and target; "
        "what Translate writes as JSON is read too."
    ),
    recognise=recognised,
    read=lambda data, _sources: from_json(decoded(data)),
    write=as_json,
    mime="application/json",
)
