"""The Transformer against PyTorch's own layers, given the same weights."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attention_core.mechanisms.families.dot_product import MultiHead
from models.ours.translator.transformer import Transformer, TransformerShape, waves
from tests.toy_networks import LONG, SHORT, TARGET, batch, tiny


def copy(ours: nn.Module, theirs: Any) -> None:
    """Weights and bias of one module into another."""
    theirs.weight.data.copy_(ours.weight)
    theirs.bias.data.copy_(ours.bias)


def copy_attention(ours: MultiHead, theirs: nn.MultiheadAttention) -> None:
    """PyTorch keeps query, key and value projections in one matrix."""
    parts = ours.query_projection, ours.key_projection, ours.value_projection
    theirs.in_proj_weight.data.copy_(torch.cat([part.weight for part in parts]))
    theirs.in_proj_bias.data.copy_(torch.cat([part.bias for part in parts]))
    copy(ours.output_projection, theirs.out_proj)


def sizes(shape: TransformerShape) -> dict[str, Any]:
    return {
        "d_model": shape.embedding, "nhead": shape.heads, "dim_feedforward": shape.feed_forward,
        "dropout": 0.0, "batch_first": True, "norm_first": True,
    }  # fmt: skip


def encoder_layer(ours: Any, shape: TransformerShape) -> nn.TransformerEncoderLayer:
    theirs = nn.TransformerEncoderLayer(**sizes(shape))
    copy_attention(ours.attention, theirs.self_attn)
    copy(ours.feed_forward.widen, theirs.linear1)
    copy(ours.feed_forward.narrow, theirs.linear2)
    copy(ours.attention_norm, theirs.norm1)
    copy(ours.feed_forward_norm, theirs.norm2)
    return theirs


def decoder_layer(ours: Any, shape: TransformerShape) -> nn.TransformerDecoderLayer:
    theirs = nn.TransformerDecoderLayer(**sizes(shape))
    copy_attention(ours.attention, theirs.self_attn)
    copy_attention(ours.cross, theirs.multihead_attn)
    copy(ours.feed_forward.widen, theirs.linear1)
    copy(ours.feed_forward.narrow, theirs.linear2)
    copy(ours.attention_norm, theirs.norm1)
    copy(ours.cross_norm, theirs.norm2)
    copy(ours.feed_forward_norm, theirs.norm3)
    return theirs


def by_the_library(model: Transformer, source: Tensor, target: Tensor) -> Tensor:
    """(batch, target, vocabulary): the logits, by PyTorch's layers."""
    padding, states = source == 0, model.placed(model.embed(source))
    for layer in model.encoder:
        states = encoder_layer(layer, model.shape)(states, src_key_padding_mask=padding)
    memory = model.encoder_norm(states)
    later = torch.ones(target.shape[1], target.shape[1], dtype=torch.bool).triu(1)
    written = model.placed(model.embed(target))
    for layer in model.decoder:
        written = decoder_layer(layer, model.shape)(
            written, memory, tgt_mask=later, memory_key_padding_mask=padding
        )
    normed: Tensor = model.decoder_norm(written)
    return normed @ model.embedding.weight.T + model.output_bias


@pytest.mark.parametrize("seed", range(3))
def test_the_transformer_computes_what_pytorchs_layers_compute(seed: int) -> None:
    model = tiny("transformer", seed=seed)
    assert isinstance(model, Transformer)
    source, target = batch(LONG, SHORT), batch(TARGET, TARGET[::-1])
    torch.testing.assert_close(
        model(source, target), by_the_library(model, source, target), atol=1e-5, rtol=1e-5
    )


def test_each_head_looks_as_pytorchs_does() -> None:
    model = tiny("transformer")
    assert isinstance(model, Transformer)
    looks = model.follow(batch(LONG), batch(TARGET)).looks
    first: Any = model.encoder[0]
    theirs = encoder_layer(first, model.shape).self_attn
    normed = first.attention_norm(model.placed(model.embed(batch(LONG))))
    _, weights = theirs(normed, normed, normed, average_attn_weights=False)
    torch.testing.assert_close(looks[0].trace.weights, weights)


def test_what_is_written_looks_back_only() -> None:
    for look in tiny("transformer").follow(batch(LONG), batch(TARGET)).looks:
        if look.kind == "decoder":
            assert (look.trace.weights.triu(1) == 0).all()
            assert (look.trace.weights.tril()[look.trace.weights.tril() > 0]).numel() == 3 * 15


def test_positions_are_waves_by_hand() -> None:
    """Section 3.5: PE(pos, 2i) = sin(pos / 10000^(2i/d)), PE(pos, 2i + 1) the cosine."""
    found = waves(torch.tensor([0, 3]), 4)
    slow = 3 / 10_000 ** (2 / 4)
    assert found[0].tolist() == [0, 1, 0, 1]
    assert found[1].tolist() == pytest.approx(
        [math.sin(3), math.cos(3), math.sin(slow), math.cos(slow)]
    )


def test_a_word_at_another_place_is_another_input() -> None:
    model = tiny("transformer")
    assert isinstance(model, Transformer)
    placed = model.placed(model.embed(batch([4, 4, 4])))
    assert not torch.allclose(placed[0, 0], placed[0, 1])
    torch.testing.assert_close(model.placed(model.embed(batch([4, 4])), first=1), placed[:, 1:])
