"""BertViz's views: what they are given is what its own Python gives them, and ours to 1e-6."""

from __future__ import annotations

import base64
import hashlib
import json
import math
import re
from dataclasses import replace
from html.parser import HTMLParser
from typing import Any

import bertviz as library
import pytest
import torch
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.testclient import TestClient

from app import SecurityHeaders
from attention_core.axes.tokens import spaced
from attention_core.errors import AttentionError, ShapeError
from attention_core.pictures import bertviz
from attention_core.watching.place import Place
from attention_core.watching.record import Integrity, QueryKey, Site, Stored
from pages.frame import framed

SOUND = Integrity(0.0, 0.0)
TEXT = "the cat </script><img src=x onerror=alert(1)> \u2028 & sat"


def site(layer: int = 0, heads: int = 3, text: str = TEXT, causal: bool = False) -> Site:
    """One whose weights are made of queries and keys, two heads to a key."""
    axis = spaced(text)
    dice = torch.Generator().manual_seed(layer)
    query, key = (torch.randn(count, len(axis), 8, generator=dice) for count in (heads, 1))
    return Site(
        (Place("encoder", layer),),
        heads,
        axis,
        axis,
        QueryKey(query, key, 0.7, causal=causal),
        SOUND,
    )


SITES = [site(layer) for layer in range(4)]


def source(one: Site) -> QueryKey:
    assert isinstance(one.source, QueryKey)
    return one.source


class Read(HTMLParser):
    """The elements of a page, and what stands in its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.scripts: list[tuple[dict[str, str | None], str]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "script":
            self.scripts.append((dict(attrs), ""))

    def handle_endtag(self, tag: str) -> None:
        self.tags.append(f"/{tag}")

    def handle_data(self, data: str) -> None:
        if self.scripts and self.tags[-1] == "script":
            self.scripts[-1] = self.scripts[-1][0], self.scripts[-1][1] + data


def data(page: str) -> Any:
    """What the scripts of a page are given."""
    (found,) = (text for kind, text in Read(page).scripts if kind.get("id") == "data")
    return json.loads(found)


def theirs(html: str) -> Any:
    """What the package's own Python writes into its script."""
    found = re.search(r"const params = (\{.*\}); // HACK", html)
    assert found is not None
    return json.loads(found[1])


def plain(sites: list[Site]) -> list[torch.Tensor]:
    return [one.weights()[None] for one in sites]


WORDS = [token.text for token in SITES[0].keys.tokens]


def test_the_head_view_is_given_what_the_packages_own_python_gives_it() -> None:
    ours = data(bertviz.page("head", bertviz.heads(SITES, 2)))
    html = library.head_view(plain(SITES[2:3]), WORDS, html_action="return", prettify_tokens=False)
    wanted = theirs(html.data)
    assert ours["attention"][0]["left_text"] == wanted["attention"][0]["left_text"] == WORDS
    found, own = (torch.tensor(one["attention"][0]["attn"]).double() for one in (ours, wanted))
    torch.testing.assert_close(found, own, rtol=0, atol=1e-7)
    torch.testing.assert_close(found[0], SITES[2].weights().double(), rtol=0, atol=1e-7)
    assert set(ours) == set(wanted)
    assert ours["layer"] == 3
    assert ours["include_layers"] == [3]


def test_the_model_view_is_given_what_the_packages_own_python_gives_it() -> None:
    ours = data(bertviz.page("model", bertviz.model(SITES, dark=True)))
    html = library.model_view(
        plain(SITES), WORDS, html_action="return", prettify_tokens=False, display_mode="dark"
    )
    wanted = theirs(html.data)
    assert set(ours) == set(wanted)
    found, own = (torch.tensor(one["attention"][0]["attn"]).double() for one in (ours, wanted))
    torch.testing.assert_close(found, own, rtol=0, atol=1e-7)
    assert (ours["display_mode"], ours["total_heads"]) == ("dark", 3)
    assert ours["include_layers"] == [1, 2, 3, 4]
    assert ours["include_heads"] == [1, 2, 3]


@pytest.mark.parametrize("causal", [False, True])
def test_the_products_of_the_neuron_view_add_up_to_the_weights(causal: bool) -> None:
    one = site(heads=4, causal=causal)
    one = replace(one, source=replace(source(one), key=torch.randn(2, len(one.keys), 8)))
    shown = data(bertviz.page("neuron", bertviz.neurons(one, 3)))
    given = shown["attention"]["all"]
    query, key, weights = (
        torch.tensor(given[name], dtype=torch.float64)[0, 0] for name in ("queries", "keys", "attn")
    )
    assert shown["bidirectional"] is not causal
    for row in range(len(query)):
        scores = [
            sum(a * b for a, b in zip(query[row].tolist(), other.tolist(), strict=True))
            / math.sqrt(8)
            for other in key
        ]
        seen = [math.exp(score) for score in scores[: row + 1 if causal else None]]
        made = [share / sum(seen) for share in seen] + [0.0] * (len(key) - len(seen))
        assert weights[row].tolist() == pytest.approx(made, abs=1e-5)
    torch.testing.assert_close(weights, one.weights([3])[0].double(), rtol=0, atol=1e-7)


@pytest.mark.parametrize("kind", bertviz.KINDS)
def test_no_token_becomes_an_element_or_a_script_and_nothing_is_fetched(kind: Any) -> None:
    given = {
        "head": lambda: bertviz.heads(SITES),
        "model": lambda: bertviz.model(SITES),
        "neuron": lambda: bertviz.neurons(SITES[0], 0),
    }[kind]()
    page = bertviz.page(kind, given, title="<b>&")
    read = Read(page)
    assert "img" not in read.tags
    assert "b" not in read.tags
    assert not any("src" in kind for kind, _text in read.scripts)
    policy = re.search(r'Policy" content="([^"]*)"', page)
    assert policy is not None
    for attributes, text in read.scripts:
        if "id" not in attributes:
            sum_ = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{sum_}'" in policy[1]
    assert "default-src 'none'" in policy[1]
    assert WORDS[2] in json.dumps(data(page), ensure_ascii=False)


def test_long_texts_are_cut_to_what_the_scripts_can_draw() -> None:
    long = site(text=" ".join(map(str, range(200))))
    for kind, given in (("head", bertviz.heads([long])), ("model", bertviz.model([long]))):
        assert len(given["attention"][0]["left_text"]) == bertviz.MOST[kind]  # type: ignore[index]
        assert len(given["attention"][0]["attn"][0][0][0]) == bertviz.MOST[kind]  # type: ignore[index]
    given = bertviz.neurons(long, 1)["attention"]["all"]
    assert len(given["keys"][0][0]) == len(given["attn"][0][0][0]) == bertviz.MOST["neuron"]


def test_what_bertviz_cannot_show_truly_is_said() -> None:
    axis = spaced("a b")
    stored = Site((Place("encoder", 0),), 1, axis, axis, Stored(torch.eye(2)[None]), SOUND)
    sources = (stored.source, replace(source(SITES[0]), softcap=3.0))
    for one in (replace(SITES[0], source=other) for other in sources):
        with pytest.raises(AttentionError, match="look at the head view"):
            bertviz.neurons(one, 0)
    with pytest.raises(ShapeError, match="have 2, 3 heads"):
        bertviz.model([SITES[0], site(heads=2)])
    with pytest.raises(ShapeError, match="at most 400 heads, and this model has 402"):
        bertviz.model([SITES[0]] * 134)


def test_numbers_that_do_not_make_the_weights_are_not_shown() -> None:
    """Heads that may look at different places: the view knows only where any of them may."""
    mask = torch.ones(3, len(WORDS), len(WORDS), dtype=torch.bool)
    mask[1] = mask[1].tril()
    one = replace(SITES[0], source=replace(source(SITES[0]), mask=mask))
    bertviz.neurons(one, 0)
    with pytest.raises(AttentionError, match="do not make its weights"):
        bertviz.neurons(one, 1)


def test_a_frame_has_no_origin_and_an_address_that_says_nothing() -> None:
    page = bertviz.page("head", bertviz.heads(SITES))
    address = framed.FRAMES.put(page)
    assert address == framed.FRAMES.put(bertviz.page("head", bertviz.heads(SITES)))
    assert hashlib.blake2b(page.encode(), digest_size=16).hexdigest() != address
    server = Starlette(routes=[framed.ROUTE], middleware=[Middleware(SecurityHeaders)])
    client = TestClient(server)
    found = client.get(f"/framed/{address}")
    assert found.text == page
    assert found.headers.get_list("content-security-policy") == [
        "sandbox allow-scripts allow-downloads; frame-ancestors 'self'"
    ]
    assert found.headers["x-content-type-options"] == "nosniff"
    assert client.get("/framed/0").status_code == 404
