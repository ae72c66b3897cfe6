"""Sparse mechanisms against transformers' Longformer and BigBird, flex_attention, and limits."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.attention.flex_attention import create_mask, flex_attention
from transformers import BigBirdConfig, BigBirdModel, LongformerConfig
from transformers.models.longformer.modeling_longformer import LongformerSelfAttention

from attention_core.errors import ShapeError
from attention_core.mechanisms.families.dot_product import MultiHead, ScaledDotProduct
from attention_core.mechanisms.families.sparse import BigBird, Longformer, SlidingWindow
from attention_core.mechanisms.mechanism import Mechanism
from tests.mechanisms.arithmetic import matrix, scaled_by_hand
from tests.mechanisms.builder import HEADS, Array, by_hand


def within(i: int, j: int, window: int, dilation: int) -> bool:
    """j is one of the window's steps away from i, or i itself."""
    return j in {i + dilation * step for step in range(-(window // 2), window // 2 + 1)}


@by_hand(
    "sliding_window",
    lambda: SlidingWindow(4),
    query=11,
    key=11,
    value=19,
    placed=True,
    windowed=True,
)
def sliding_window_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    """Scaled dot products inside the window, nothing outside."""
    assert isinstance(m, SlidingWindow)
    near = [
        [within(i, j, m.window, m.dilation) for j in range(len(key))] for i in range(len(query))
    ]
    return scaled_by_hand(m, query, key, value, allowed & np.array(near))


@by_hand(
    "longformer",
    lambda: Longformer(33, HEADS, 2, 1, 2),
    query=33,
    key=33,
    value=33,
    heads=2 * HEADS,
    head_width=11,
    placed=True,
    windowed=True,
    biased=True,
)
def longformer_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    """Each word by itself: a global word with its own matrices over all, another over its few."""
    assert isinstance(m, Longformer)
    d = query.shape[1] // m.heads
    ordinary = (m.query_projection, m.key_projection, m.value_projection)
    broad = (m.global_query, m.global_key, m.global_value)
    rows = []
    for i in range(len(query)):
        layers = broad if i < m.global_tokens else ordinary
        seen = [
            bool(allowed[i, j])
            and (min(i, j) < m.global_tokens or within(i, j, m.window, m.dilation))
            for j in range(len(key))
        ]
        parts = []
        for h in range(m.heads):
            q, k, v = projected(layers, query[[i]], key, value, h, d)
            parts.append(scaled_by_hand(m, q, k, v, np.array([seen])))
        rows.append(np.concatenate(parts, 1)[0])
    last = m.output_projection
    return np.asarray(np.stack(rows) @ matrix(last).T + np.asarray(last.bias.detach().numpy()))


def projected(
    layers: tuple[nn.Linear, ...], query: Array, key: Array, value: Array, head: int, width: int
) -> tuple[Array, Array, Array]:
    """Queries, keys and values of one head, each through its own matrix."""
    mine = slice(head * width, (head + 1) * width)
    q, k, v = (
        np.asarray(rows @ matrix(layer)[mine].T + np.asarray(layer.bias.detach().numpy())[mine])
        for layer, rows in zip(layers, (query, key, value), strict=True)
    )
    return q, k, v


@by_hand(
    "big_bird", lambda: BigBird(1, 1, 2, 1), query=11, key=11, value=19, placed=True, windowed=True
)
def big_bird_by_hand(m: Mechanism, query: Array, key: Array, value: Array, allowed: Array) -> Array:
    """Near and global blocks by their numbers; the random ones are read off the pattern's kinds,
    of which `test_patterns` proves that they are as many as wanted, and others than these."""
    assert isinstance(m, BigBird)
    drawn = m.kinds(as_tensor(allowed), 0).numpy() == 3
    near = np.zeros_like(allowed)
    for i in range(len(query)):
        for j in range(len(key)):
            mine, other = i // m.block, j // m.block
            near[i, j] = (
                abs(mine - other) <= (m.window - 1) / 2
                or min(mine, other) < m.global_blocks
                or drawn[i, j]
            )
    return scaled_by_hand(m, query, key, value, allowed & near)


def as_tensor(allowed: Array) -> torch.Tensor:
    return torch.from_numpy(np.array(allowed))


WIDTH, HEADS, WINDOW = 24, 3, 8


def rows(length: int, width: int = WIDTH, seed: int = 3) -> Tensor:
    return torch.randn(length, width, generator=torch.Generator().manual_seed(seed))


# Longformer


def longformers(global_tokens: int) -> tuple[Longformer, LongformerSelfAttention]:
    """Ours and transformers' with the same numbers, which differ between the two sets."""
    torch.manual_seed(5)
    config = LongformerConfig(
        hidden_size=WIDTH, num_attention_heads=HEADS, attention_window=[WINDOW],
        attention_probs_dropout_prob=0.0, num_hidden_layers=1, intermediate_size=8, vocab_size=9,
    )  # fmt: skip
    theirs = LongformerSelfAttention(config, layer_id=0).eval()  # type: ignore[no-untyped-call]
    ours = Longformer(WIDTH, HEADS, WINDOW, global_tokens=global_tokens)
    pairs = {
        "query_projection": theirs.query, "key_projection": theirs.key,
        "value_projection": theirs.value, "global_query": theirs.query_global,
        "global_key": theirs.key_global, "global_value": theirs.value_global,
    }  # fmt: skip
    for name, layer in pairs.items():
        getattr(ours, name).load_state_dict(layer.state_dict())
    ours.output_projection.load_state_dict({"weight": torch.eye(WIDTH), "bias": torch.zeros(WIDTH)})
    return ours, theirs


@pytest.mark.parametrize("global_tokens", [0, 1, 2, 5])
def test_longformer_equals_transformers_longformer(global_tokens: int) -> None:
    ours, theirs = longformers(global_tokens)
    words = rows(4 * WINDOW)
    broad = (torch.arange(len(words)) < global_tokens).unsqueeze(0)
    with torch.no_grad():
        wanted = theirs(
            words.unsqueeze(0),
            attention_mask=torch.where(broad, 10000.0, 0.0),
            is_index_masked=torch.zeros_like(broad),
            is_index_global_attn=broad,
            is_global_attn=bool(broad.any()),
        )[0][0]
        found = ours(words, words).context
    torch.testing.assert_close(found, wanted, atol=2e-6, rtol=0)


def test_a_global_word_looks_with_its_own_matrices() -> None:
    ours, _ = longformers(1)
    words = rows(12)
    before = ours(words, words).context.detach()
    with torch.no_grad():
        ours.global_query.weight.mul_(2)
    after = ours(words, words).context.detach()
    assert not torch.allclose(before[0], after[0])
    assert torch.equal(before[1:], after[1:])


def test_global_matrices_begin_as_a_copy_and_then_only_the_pattern_differs() -> None:
    words = rows(10)
    ours = Longformer(WIDTH, HEADS, WINDOW, global_tokens=10)
    full = MultiHead(WIDTH, HEADS)
    full.load_state_dict(
        {key: value for key, value in ours.state_dict().items() if not key.startswith("global")}
    )
    torch.testing.assert_close(ours(words, words).context, full(words, words).context)


def test_no_global_word_and_a_window_over_all_is_multi_head_attention() -> None:
    words = rows(9)
    ours = Longformer(WIDTH, HEADS, 16, global_tokens=0)
    full = MultiHead(WIDTH, HEADS)
    full.load_state_dict(
        {key: value for key, value in ours.state_dict().items() if not key.startswith("global")}
    )
    torch.testing.assert_close(ours(words, words).context, full(words, words).context)


def test_each_row_is_in_one_half_of_the_heads() -> None:
    weights = Longformer(WIDTH, HEADS, 2, global_tokens=2)(rows(7), rows(7)).weights
    ordinary, broad = weights.chunk(2)
    assert (ordinary[:, :2] == 0).all()
    assert (broad[:, 2:] == 0).all()
    assert (broad[:, :2] > 0).all()


# Sliding window


@pytest.mark.parametrize(("window", "dilation"), [(2, 1), (6, 1), (4, 2), (2, 5), (8, 3)])
def test_a_window_equals_flex_attention(window: int, dilation: int) -> None:
    query, key, value = (rows(40, 16, seed) for seed in range(3))

    def near(batch: Tensor, head: Tensor, i: Tensor, j: Tensor) -> Tensor:
        del batch, head
        apart = i - j
        return (apart.abs() <= window // 2 * dilation) & (apart % dilation == 0)

    mask = create_mask(near, 1, 1, 40, 40, device="cpu")
    wanted = torch.nn.functional.scaled_dot_product_attention(
        query[None, None], key[None, None], value[None, None], mask
    )[0, 0]
    found = SlidingWindow(window, dilation)(query, key, value).context
    torch.testing.assert_close(found, wanted, atol=2e-6, rtol=0)


def test_flex_attention_itself_agrees_on_scores() -> None:
    query, key, value = (rows(24, 16, seed) for seed in range(3))

    def near(score: Tensor, batch: Tensor, head: Tensor, i: Tensor, j: Tensor) -> Tensor:
        del batch, head
        return torch.where((i - j).abs() <= 3, score, -torch.inf)

    wanted = flex_attention(query[None, None], key[None, None], value[None, None], score_mod=near)
    assert isinstance(wanted, Tensor)
    found = SlidingWindow(6)(query, key, value).context
    torch.testing.assert_close(found, wanted[0, 0], atol=2e-6, rtol=0)


def test_a_window_over_all_is_full_attention() -> None:
    query, key = rows(9, 8, 1), rows(9, 8, 2)
    assert torch.equal(
        SlidingWindow(16)(query, key).weights, ScaledDotProduct()(query, key).weights
    )


@pytest.mark.parametrize("layers", [1, 2, 3])
def test_layers_reach_as_many_half_windows_as_there_are_layers(layers: int) -> None:
    words = rows(31, 8).double().requires_grad_()
    states = words
    for _ in range(layers):
        states = SlidingWindow(4)(states, states).context
    states[15].sum().backward()  # type: ignore[no-untyped-call]
    assert words.grad is not None
    felt = (words.grad.abs() > 0).any(-1).nonzero().flatten().tolist()
    assert felt == list(range(15 - 2 * layers, 15 + 2 * layers + 1))


def test_two_layers_with_a_global_word_reach_everything() -> None:
    torch.manual_seed(2)
    words = rows(31).double().requires_grad_()
    states = words
    for _ in range(2):
        states = Longformer(WIDTH, HEADS, 2, global_tokens=1).double()(states, states).context
    states[15].sum().backward()  # type: ignore[no-untyped-call]
    assert words.grad is not None
    assert (words.grad.abs() > 0).any(-1).all()


# BigBird


def test_big_bird_equals_transformers_on_the_blocks_that_it_draws() -> None:
    """Its own random blocks are drawn otherwise, so its support is given to ours as the mask."""
    torch.manual_seed(7)
    block, length = 4, 64
    config = BigBirdConfig(
        hidden_size=WIDTH, num_attention_heads=HEADS, num_hidden_layers=1, intermediate_size=8,
        vocab_size=50, block_size=block, num_random_blocks=2, attention_type="block_sparse",
        hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, max_position_embeddings=length,
    )  # fmt: skip
    model = BigBirdModel(config).train()  # at rest its random blocks are all the first one
    attention = model.encoder.layer[0].attention.self
    seen: list[Tensor] = []
    model.encoder.layer[0].attention.register_forward_pre_hook(
        lambda _module, given: seen.append(given[0].detach())
    )
    ids = torch.arange(length).remainder(50).unsqueeze(0)
    with torch.no_grad():
        theirs = model(ids, output_attentions=True).attentions[0][0]
        queries, keys = (
            layer(seen[0][0]).unflatten(-1, (HEADS, -1)).transpose(0, 1)
            for layer in (attention.query, attention.key)
        )
    for head in range(HEADS):
        support = theirs[head] > 0
        found = ScaledDotProduct()(queries[head], keys[head], None, support).weights[0].detach()
        torch.testing.assert_close(found, theirs[head], atol=1e-6, rtol=0)
        near = BigBird(block, 3, 0, 1)(queries[head], keys[head]).allowed[0]
        assert (support | ~near).all(), "what ours calls near or global is seen by theirs too"
        fewest = support.sum(-1)[block * 2 : -block * 2].min()
        assert int(fewest) >= (3 + 2 + 1) * block


def test_as_many_random_blocks_as_there_are_is_full_attention() -> None:
    query, key = rows(20, 8, 1), rows(20, 8, 2)
    full = BigBird(2, 1, 99, 0)(query, key)
    assert torch.equal(full.weights, ScaledDotProduct()(query, key).weights)


def test_the_picture_says_why_each_pair_is_seen() -> None:
    trace = BigBird(1, 3, 1, 1)(rows(9, 8), rows(9, 8))
    kind = next(extra.tensor for extra in trace.extras if extra.name == "kind")[0]
    assert torch.equal(kind > 0, trace.allowed[0])
    assert (kind.diagonal() == 1).all()
    assert (kind[5:, 0] == 2).all()
    assert ((kind == 3).sum(-1)[1:] == 1).all()


# Masks and knobs

PATTERNED = (SlidingWindow(2), Longformer(WIDTH, HEADS, 2), BigBird(2, 1, 1, 1))


@pytest.mark.parametrize("mechanism", PATTERNED)
@pytest.mark.parametrize("shape", [(1, 9), (9, 1), (1, 1)])
def test_a_mask_of_one_row_or_column_means_it_for_all(
    mechanism: Mechanism, shape: tuple[int, int]
) -> None:
    allowed = torch.ones(shape, dtype=torch.bool)
    allowed[-1, -1] = shape == (1, 1)
    words = rows(9)
    short = mechanism(words, words, words, allowed)
    whole = mechanism(words, words, words, allowed.expand(9, 9))
    assert torch.equal(short.weights, whole.weights)
    assert torch.equal(short.context, whole.context)


@pytest.mark.parametrize("kind", [SlidingWindow, Longformer, BigBird])
@pytest.mark.parametrize("window", range(14))
def test_a_window_knob_never_stands_where_a_window_has_no_middle(
    kind: type[Mechanism], window: int
) -> None:
    words = rows(5, 8)
    assert kind.of_width(8, window=window)(words, words).context.shape == (5, 8)


# Refusals


def test_a_number_of_global_words_below_zero_is_refused() -> None:
    with pytest.raises(ShapeError, match="There cannot be -1 global words; use 0 or more"):
        Longformer(12, 2, 2, global_tokens=-1)


def test_a_draw_below_zero_is_refused() -> None:
    with pytest.raises(ShapeError, match="A draw counts from 0; -3 is below"):
        BigBird(1, draw=-3)
