"""Windows and blocks are laid out as the papers say, held against slow sums, and checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, Final

import numpy as np
import pytest
import torch

from attention_core.errors import AttentionError
from attention_core.pictures.views import view
from attention_core.watching.edit import Edit
from attention_core.watching.parted import Mixed, Parted
from attention_core.watching.record import AttentionRecord
from models.families import fake
from models.families.reader import Reader
from models.families.unfolding import unfolding
from models.families.unfolding.layout import Layout, Look
from models.loading.checkpoint import Checkpoint
from pages.showing import sentences
from tests import architectures
from tests import parted_oracles as oracles

LONG: Final = " ".join(["the cat sat on the mat and it was a dog"] * 6)
TOLERANCE: Final = 2e-5
KINDS: Final[dict[str, tuple[str, dict[str, Any]]]] = {
    "longformer": ("longformer", {}),
    "led": ("led", {}),
    "big_bird": ("big_bird", {"num_random_blocks": 2}),
    "bigbird_pegasus": ("bigbird_pegasus", {"num_random_blocks": 1}),
    "longt5": ("longt5", {"local_radius": 3}),
    "longt5 with summaries": (
        "longt5",
        {"local_radius": 3, "global_block_size": 5,
         "encoder_attention_type": "transient-global"},
    ),
    "pegasus_x": ("pegasus_x", {"num_global_tokens": 3}),
    "pegasus_x in step": ("pegasus_x", {"num_global_tokens": 3, "stagger_local_blocks": False}),
}  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        yield


def built(name: str) -> Any:
    kind, own = KINDS[name]
    return architectures.build(kind, **own)


@cache
def reader_of(name: str) -> Reader:
    return Reader(name, Checkpoint(built(name), fake.tokenizer()))


@cache
def record_of(name: str) -> AttentionRecord:
    return reader_of(name).read(LONG)


@torch.inference_mode()
def calls(model: Any, reader: Reader, text: str) -> list[tuple[Any, dict[str, Any]]]:
    """Each parted call of the untouched model's encoder, and what it was called with."""
    found = []

    def hear(module: Any, given: tuple[Any, ...], named: dict[str, Any]) -> None:
        names = ("hidden_states", "attention_mask")
        found.append((module, {**dict(zip(names, given, strict=False)), **named}))

    parts = [part for part in model.modules() if unfolding.layout(part) is not None]
    for part in parts:
        part.register_forward_pre_hook(hear, with_kwargs=True)
    tokens = reader._tokens(reader._plain, text, "")[0]
    encoder = model.get_encoder() if reader.second == "decoder" else model
    encoder(**reader._inputs(tokens.ids, tokens.types))
    return found


def expected(model: Any, found: list[tuple[Any, dict[str, Any]]], tokens: int) -> list[Any]:
    """What the slow sums make of what entered each layer."""
    made = []
    for layer, (module, given) in enumerate(found):
        if "token_hidden_states" in given:
            shift = module.block_size // 2 * (layer % 2) * model.config.stagger_local_blocks
            entered = oracles.states(given["token_hidden_states"], tokens, shift)
            places = given["global_hidden_states"][0].double().numpy()
            made.append(oracles.pegasus_x(module, entered, places, shift))
            continue
        entered = oracles.states(given["hidden_states"], tokens)
        if hasattr(module, "query_global"):
            made.append(oracles.longformer(module, entered))
        elif hasattr(module, "num_random_blocks"):
            made.append(oracles.bigbird(module, entered))
        else:
            made.append(oracles.longt5(module, found[0][0], entered))
    return made


@pytest.mark.parametrize("name", KINDS)
def test_looks_at_parts_of_a_text_are_those_of_the_paper(name: str) -> None:
    model, reader, record = built(name), reader_of(name), record_of(name)
    sites = record.of("encoder")
    if hasattr(model, "set_attention_type"):
        model.set_attention_type("block_sparse")
    truths = expected(model, calls(model, reader, LONG), len(record.axes[0]))
    assert len(sites) == len(truths) == 2
    for site, truth in zip(sites, truths, strict=True):
        size = len(site.keys)
        assert np.abs(site.weights().numpy() - truth[..., :size]).max() < TOLERANCE
        assert site.integrity.verified
        assert not bool(site.weights()[:, ~site.allowed()].any())
        assert 0 < int((~site.allowed()).sum()) < size * size
        beside = truth[..., size:].sum(-1)
        assert isinstance(site.source, Parted | Mixed)
        if beside.any():
            assert isinstance(site.source, Parted)
            mine = site.source.beside(range(site.heads), slice(None))
            assert mine is not None
            assert np.abs(mine.numpy() - beside).max() < TOLERANCE


@pytest.mark.parametrize("name", KINDS)
def test_rows_asked_for_alone_are_those_of_the_whole(name: str) -> None:
    site = record_of(name).sites[0]
    whole = site.weights()
    assert torch.allclose(site.weights([2, 0], slice(3, 9)), whole[[2, 0], 3:9], atol=1e-6)


def test_what_goes_to_no_token_is_a_column_and_is_said() -> None:
    record = record_of("pegasus_x")
    shown = view(record.sites[0])
    assert shown.columns[-1].text == "⊕"
    assert shown.weights.sum(-1) == pytest.approx(1, abs=1e-5)
    assert shown.sink is None
    assert shown.beside == pytest.approx(float(shown.weights[..., -1].mean()))
    assert "to places of the model that are no tokens (⊕)" in sentences.shown(shown)
    assert view(record_of("longformer").sites[0]).beside is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("longformer", "the 2 tokens before and behind it; the first one looks at all"),
        ("longt5", "the 3 tokens before and behind it."),
        ("longt5 with summaries", "a summary of every 5 tokens"),
        ("pegasus_x", "blocks of 4 tokens"),
        ("big_bird", "The first counts 3 times"),
    ],
)
def test_how_a_text_is_parted_is_said(name: str, said: str) -> None:
    notes = " ".join(record_of(name).notes)
    assert said in notes
    assert "made here from its queries and keys" in notes


@pytest.mark.parametrize("name", ["longformer", "longt5", "pegasus_x"])
def test_looks_at_parts_cannot_be_changed(name: str) -> None:
    reader = reader_of(name)
    with pytest.raises(AttentionError):
        reader.read(LONG, edits=[Edit("encoder.0", "zero", heads=(0,))])


def test_a_short_text_of_big_bird_is_read_whole_whatever_was_read_before() -> None:
    reader = reader_of("big_bird")
    before = reader.read("the cat sat").sites[0]
    assert not bool(reader.read(LONG).sites[0].allowed().all())
    after = reader.read("the cat sat").sites[0]
    assert bool(before.allowed().all())
    assert torch.equal(before.weights(), after.weights())


def test_a_wrong_layout_is_noticed_and_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    right = next(one for one in unfolding.layouts() if one.takes(_window(built("longformer"))))

    def narrow(change: Callable[[Any], None]) -> Callable[[Any], Look]:
        def look(heard: Any) -> Look:
            reach = heard.module.one_sided_attn_window_size
            change(heard.module)
            made = right.look(heard)
            heard.module.one_sided_attn_window_size = reach
            return made

        return look

    def less(module: Any) -> None:
        module.one_sided_attn_window_size -= 1

    wrong = Layout(right.takes, narrow(less), right.note)
    monkeypatch.setattr(unfolding, "layouts", lambda: (wrong,))
    with pytest.raises(AttentionError, match="one weight for each pair"):
        Reader("wrong", Checkpoint(built("longformer"), fake.tokenizer()))


def _window(model: Any) -> Any:
    return next(part for part in model.modules() if hasattr(part, "query_global"))
