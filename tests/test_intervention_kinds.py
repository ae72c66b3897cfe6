"""Interventions in T5, BART, Llama, Mistral and Gemma 2: in pairs, in grouped heads, in a window."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attention_core.watching.capture import Want
from attention_core.watching.intervention import Intervention, Part
from models.families import fake
from models.families.reader import Reader
from models.families.watch import Run
from models.loading.checkpoint import Checkpoint
from tests import tiny_models

TEXT, OTHER, SECOND = "the cat sat on the mat", "a dog was on the street", "it was"
SITES = [
    *((kind, site) for kind in ("t5", "bart") for site in ("encoder.1", "decoder.0", "cross.1")),
    *((kind, site) for kind in ("llama", "mistral", "gemma2") for site in ("decoder.0", "decoder.1")),
]  # fmt: skip
LAYERS = [(kind, site) for kind, site in SITES if not site.startswith("cross")]
JOINING = ("o", "out_proj", "o_proj")
"""What the matrix is called that joins the heads."""


@pytest.fixture(scope="module")
def made() -> Callable[[str], Reader]:
    return cache(lambda kind: opened(kind, tiny_models.build(kind).double()))


def opened(kind: str, model: Any) -> Reader:
    return Reader(kind, Checkpoint(model, fake.tokenizer()))


def run(reader: Reader, *interventions: Intervention, text: str = TEXT) -> Run:
    second = SECOND if reader.second == "decoder" else ""
    with reader.watch.intervening(interventions):
        return reader.probe(text, second, want=Want(hidden=True, outputs=True))


def said(run: Run) -> Tensor:
    found: Tensor = run.outputs.last_hidden_state
    return found


def joining(reader: Reader, site: str) -> nn.Linear:
    attention = reader.watch.places[site]
    (found,) = [part for name, part in attention.named_children() if name in JOINING]
    assert isinstance(found, nn.Linear)
    return found


def without(kind: str, site: str, columns: slice) -> Reader:
    """The same model in which that output projection does not see these columns."""
    reader = opened(kind, tiny_models.build(kind).double())
    with torch.no_grad():
        joining(reader, site).weight[:, columns] = 0
    return reader


@pytest.mark.parametrize(("kind", "site"), SITES)
def test_an_output_replaced_by_itself_changes_nothing(
    kind: str, site: str, made: Callable[[str], Reader]
) -> None:
    reader, joined = made(kind), list[Tensor]()
    handle = joining(reader, site).register_forward_hook(lambda *given: joined.append(given[2]))
    before = run(reader)
    handle.remove()
    call = next(c for c in before.collector.calls if c.module is reader.watch.places[site])
    given: dict[Part, Tensor] = {"heads": call.outputs[0], "attention": joined[0]}
    if not site.startswith("cross"):
        hidden = next(one for one in before.collector.hidden if str(one.place) == site)
        given["hidden"] = hidden.leaving
    for part, value in given.items():
        after = run(reader, Intervention(site, part, "replace", value))
        assert torch.equal(said(after), said(before)), part


@pytest.mark.parametrize(("kind", "site"), SITES)
def test_a_head_at_zero_is_its_columns_of_the_output_projection_at_zero(
    kind: str, site: str, made: Callable[[str], Reader]
) -> None:
    """Of grouped heads too, each by itself: those of a group share keys and values only."""
    reader, before = made(kind), run(made(kind))
    call = next(c for c in before.collector.calls if c.module is reader.watch.places[site])
    heads = len(call.outputs[0])
    each = joining(reader, site).in_features // heads
    for head in {0, heads - 2, heads - 1}:
        found = run(reader, Intervention(site, "heads", "zero", heads=(head,)))
        oracle = without(kind, site, slice(head * each, (head + 1) * each))
        torch.testing.assert_close(said(found), said(run(oracle)), rtol=0, atol=1e-12)
        assert not torch.allclose(said(found), said(before), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("kind", "site"), SITES)
def test_attention_at_zero_is_its_whole_output_projection_at_zero(
    kind: str, site: str, made: Callable[[str], Reader]
) -> None:
    found = run(made(kind), Intervention(site, "attention", "zero"))
    oracle = without(kind, site, slice(None))
    with torch.no_grad():
        if joining(oracle, site).bias is not None:
            joining(oracle, site).bias.zero_()
    torch.testing.assert_close(said(found), said(run(oracle)), rtol=0, atol=1e-12)
    assert not torch.allclose(said(found), said(run(made(kind))), rtol=0, atol=1e-6)


@pytest.mark.parametrize(("kind", "site"), LAYERS)
def test_all_states_of_another_run_go_on_from_where_they_are_put(
    kind: str, site: str, made: Callable[[str], Reader]
) -> None:
    reader, other = made(kind), run(made(kind), text=OTHER)
    theirs = {str(one.place): one for one in other.collector.hidden}
    found = run(reader, Intervention(site, "hidden", "replace", theirs[site].leaving))
    mine = {str(one.place): one for one in found.collector.hidden}
    assert torch.equal(mine[site].leaving, theirs[site].leaving)
    stack, number = site.split(".")
    after = mine.get(f"{stack}.{int(number) + 1}")
    assert after is None or torch.equal(after.entering, theirs[site].leaving)
    if stack == "encoder" or reader.second != "decoder":  # a decoder reads the encoder besides
        assert torch.equal(said(found), said(other))
