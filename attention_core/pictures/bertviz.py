"""BertViz's head view, model view and neuron view of a record, each one page that stands by itself.

BertViz draws with scripts of its own; around them it asks other servers for three libraries, and it
writes tokens into a script as they are. Here its scripts and the libraries come out of installed
packages and stand in the page, and tokens are data that cannot end the element they stand in. So
the page needs no network, and nothing that a token spells is run.

>>> from attention_core.axes.tokens import spaced
>>> from attention_core.watching.place import Place
>>> from attention_core.watching.record import Integrity, Site, Stored
>>> axis, weights = spaced("a <b>"), torch.tensor([[[0.25, 0.75], [1.0, 0.0]]])
>>> site = Site((Place("encoder", 0),), 1, axis, axis, Stored(weights), Integrity(0.0, 0.0))
>>> shown = heads([site])
>>> shown["attention"][0]["attn"], shown["include_layers"]
([[[[0.25, 0.75], [1.0, 0.0]]]], [1])
>>> "<b>" in page("head", shown, title="two words")
False

Source: Vig 2019, https://arxiv.org/abs/1906.05714; the scripts of the package bertviz 1.4.1.
"""

from __future__ import annotations

import base64
import hashlib
import html
import math
from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final, Literal, get_args

import torch
from torch import Tensor

from attention_core.axes.axis import Axis
from attention_core.errors import AttentionError, ShapeError
from attention_core.pictures.embedding import escaped
from attention_core.watching.record import QueryKey, Site

Kind = Literal["head", "model", "neuron"]
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
MOST: Final[dict[Kind, int]] = {"head": 128, "model": 32, "neuron": 32}
"""Tokens of each side that are shown; more than these its scripts draw too slowly, or too small."""
HEADS: Final = 400
"""Heads of a model view; more are too many thumbnails for a browser."""
DIGITS: Final = 7
"""Decimals of a number in the page: half a unit of the last is 5e-8."""
ROOT: Final = "bertviz"
POLICY: Final = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data:; "
    "base-uri 'none'; form-action 'none'"
)
"""Only these scripts run, each known by the digest of its text, and nothing is fetched."""
NEAR: Final = 1e-4

PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<meta name="viewport" content="width=device-width">
<title>{title}</title>
<style>
body {{ margin: 0; background: {paper}; color: {ink}; font-family: system-ui, sans-serif; }}
.choices {{ display: none; }}
</style>
</head>
<body>
<div id="{root}">
<span class="choices"><select id="layer"></select><select id="att_head"></select></span>
<div id="vis"></div>
</div>
<script id="data" type="application/json">{data}</script>
{scripts}
</body>
</html>
"""
SHIM: Final = """\
window.require = { config() {} };
window.requirejs = (_names, draw) => draw(jQuery, d3);
const PYTHON_PARAMS = JSON.parse(document.getElementById("data").textContent);
window.bertviz_params = PYTHON_PARAMS;
"""
"""For the loader that BertViz asks for, and for what its Python writes into its scripts."""


def heads(
    sites: Sequence[Site[Any]], layer: int = 0, chosen: Sequence[int] | None = None
) -> dict[str, Any]:
    """What the head view needs: lines of all heads of one layer, one colour each.

    layer   the place of a site among these
    chosen  heads whose lines are drawn at first; None = all
    """
    site = sites[layer]
    return {
        **_common([site]),
        "layer": layer + 1,
        "heads": None if chosen is None else list(chosen),
        "include_layers": [layer + 1],
    }


def model(sites: Sequence[Site[Any]], dark: bool = False) -> dict[str, Any]:
    """What the model view needs: a thumbnail of every head of every layer.

    Raises ShapeError where layers differ in their heads, or there are more heads than can be shown.
    """
    counts = {site.heads for site in sites}
    if len(counts) != 1:
        raise ShapeError(
            "The layers of this model have {counts} heads, and BertViz's model view wants the same "
            "number in each; look at one layer in the head view.",
            counts=", ".join(map(str, sorted(counts))),
        )
    (count,) = counts
    if count * len(sites) > HEADS:
        raise ShapeError(
            "BertViz's model view shows at most {most} heads, and this model has {heads}; look at "
            "one layer in the head view.",
            most=HEADS,
            heads=count * len(sites),
        )
    return {
        **_common(sites, MOST["model"]),
        "display_mode": "dark" if dark else "light",
        "include_layers": list(range(1, len(sites) + 1)),
        "include_heads": list(range(1, count + 1)),
        "total_heads": count,
    }


def neurons(site: Site[Any], head: int, dark: bool = False) -> dict[str, Any]:
    """What the neuron view needs: the query, the keys, their products and the weights of one head.

    Its scripts divide a product by √width; where a model scales otherwise, the query carries the
    difference.

    Raises AttentionError where the weights are not made of queries and keys alone.
    """
    source = site.source
    if type(source) is not QueryKey or _more(source):
        raise AttentionError(
            "The weights of this model are not made of queries and keys alone, or it does not show "
            "them, so BertViz's neuron view has nothing true to draw; look at the head view."
        )
    rows, columns = (min(len(axis), MOST["neuron"]) for axis in (site.queries, site.keys))
    width = source.query.shape[-1]
    group = len(source.query) // len(source.key)
    query = source.query[head].double() * source.scaling * math.sqrt(width)
    key = source.key[head // group].double()
    _check(query, key, site, head)
    given = {
        **_sides(site, MOST["neuron"]),
        "attn": [[_rounded(_weights(site, MOST["neuron"])[head])]],
        "queries": [[_rounded(query[:rows])]],
        "keys": [[_rounded(key[:columns])]],
    }
    return {
        "attention": {"all": given},
        "default_filter": "all",
        "root_div_id": ROOT,
        "bidirectional": not bool((~site.allowed()).triu(1).any()),
        "display_mode": "dark" if dark else "light",
        "layer": 0,
        "head": 0,
    }


def page(kind: Kind, shown: dict[str, Any], title: str = "") -> str:
    """The whole page as one string: a file, a frame, or a notebook's output.

    shown  what `heads`, `model` or `neurons` made
    """
    scripts = (
        _script("xstatic.pkg.jquery", "data/jquery.min.js"),
        _script("mpld3", "js/d3.v5.min.js"),
        SHIM,
        _script("bertviz", f"{kind}_view.js"),
    )
    dark = shown.get("display_mode") == "dark"
    return PAGE.format(
        policy=POLICY.format(scripts=" ".join(map(_digest, scripts))),
        title=html.escape(title),
        root=ROOT,
        paper="black" if dark else "white",
        ink="white" if dark else "black",
        data=escaped(shown),
        scripts="\n".join(f"<script>{script}</script>" for script in scripts),
    )


@cache
def _digest(script: str) -> str:
    """A script as a policy names it."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}'"


def _common(sites: Sequence[Site[Any]], most: int = MOST["head"]) -> dict[str, Any]:
    """What head view and model view both need."""
    weights = [_rounded(_weights(site, most)) for site in sites]
    given = {"name": None, "attn": weights, **_sides(sites[0], most)}
    return {"attention": [given], "default_filter": "0", "root_div_id": ROOT}


def _sides(site: Site[Any], most: int) -> dict[str, list[str]]:
    return {"left_text": _texts(site.queries, most), "right_text": _texts(site.keys, most)}


def _texts(axis: Axis, most: int) -> list[str]:
    return [token.text or " " for token in axis.tokens[:most]]


def _weights(site: Site[Any], most: int) -> Tensor:
    """(head, query, key) of the first tokens of each side, whether or not the model sinks more."""
    columns = min(len(site.keys), most)
    return site.weights(queries=slice(0, most))[..., :columns]


def _rounded(numbers: Tensor) -> Any:
    """Nested lists of what a reader of the page gets: DIGITS decimals."""
    return (numbers.double() * 10**DIGITS).round().div(10**DIGITS).tolist()


def _more(source: QueryKey) -> bool:
    """Whether anything else than queries and keys has a part in the weights."""
    return not (source.bias is None and source.softcap is None and source.sinks is None)


def _check(query: Tensor, key: Tensor, site: Site[Any], head: int) -> None:
    """Raises AttentionError unless these numbers make the weights."""
    scores = (query @ key.mT / math.sqrt(query.shape[-1])).masked_fill(~site.allowed(), -math.inf)
    made = torch.nan_to_num(torch.softmax(scores, -1))
    if float((made - site.weights([head])[0].double()).abs().max()) > NEAR:
        raise AttentionError(
            "The queries and keys of this head do not make its weights, so BertViz's neuron view "
            "has nothing true to draw; look at the head view."
        )


@cache
def _script(package: str, path: str) -> str:
    """A script out of an installed package, without importing what it does besides."""
    found = find_spec(package)
    folders = found.submodule_search_locations if found is not None else None
    if not folders:
        raise AttentionError(
            "The package {package} is missing; install it with pip install -r requirements.txt.",
            package=package,
        )
    return (Path(folders[0]) / path).read_text(encoding="utf-8")
