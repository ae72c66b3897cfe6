"""How far each mechanism is from what others compute: a literal loop of its equations, a library.

python -m benchmarks.oracles

Double precision, random numbers; the largest difference of any number of the context. Where no
library has a mechanism, the literal loop (tests/mechanisms) is the only oracle; the tests of each
family hold further ones.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Final, cast

import torch
from entmax import entmax_bisect, sparsemax
from torch import Tensor, nn
from torch.nn.attention.flex_attention import flex_attention
from torch.nn.functional import bilinear, conv1d, cosine_similarity, scaled_dot_product_attention
from transformers import LongformerConfig
from transformers.models.llama.modeling_llama import apply_rotary_pos_emb
from transformers.models.longformer.modeling_longformer import LongformerSelfAttention

from attention_core import mechanisms
from attention_core.mechanisms import patterns
from attention_core.mechanisms.families.convolution import DynamicConv, LightConv
from attention_core.mechanisms.families.crossmodal import TwoTower
from attention_core.mechanisms.families.dot_product import MultiHead
from attention_core.mechanisms.families.entmax import Entmax
from attention_core.mechanisms.families.grouped import GroupedQuery
from attention_core.mechanisms.families.luong import General
from attention_core.mechanisms.families.position import Alibi, RelativeBias, Rotary
from attention_core.mechanisms.families.span import AdaptiveSpan
from attention_core.mechanisms.families.sparse import BigBird, Longformer, SlidingWindow
from attention_core.mechanisms.mechanism import Mechanism, split
from tests.mechanisms.found import BY_HAND
from tests.mechanisms.inputs import inputs, made

TOKENS: Final = 48
Oracle = Callable[[Mechanism, Tensor, Tensor, Tensor], Tensor]


def main() -> None:
    print("| mechanism | literal loop | library | largest difference |\n|---|---|---|---|")
    for name, kind in mechanisms.ALL.items():
        library, oracle = LIBRARIES.get(name, ("none installed has it", None))
        apart = f"{against(oracle, name):.1e}" if oracle else "–"
        print(f"| {kind.card.title} | {by_hand(name):.1e} | {library} | {apart} |")


def by_hand(name: str) -> float:
    """The largest difference from the literal loop, on the inputs of the tests."""
    mechanism, given = made(name), inputs(name, ())
    slow = BY_HAND[name](mechanism, *(part.numpy() for part in given))
    return float((mechanism(*given).context.detach() - torch.from_numpy(slow)).abs().max())


@torch.no_grad()
def against(oracle: Oracle, name: str) -> float:
    """The largest difference from a library, on 48 tokens that all look at all."""
    torch.manual_seed(11)
    turned = {"window": 8} if name == "longformer" else {}  # transformers' needs 4 or more
    mechanism = mechanisms.ALL[name].of_width(24, **turned).double()
    query, key, value = (torch.randn(TOKENS, 24, dtype=torch.float64) for _ in range(3))
    if name == "longformer":
        key = value = query
    found: Tensor = mechanism(query, key, value).context
    return float((found - oracle(mechanism, query, key, value)).abs().max())


def fused(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    mask: Tensor | None = None,
    scale: float | None = None,
) -> Tensor:
    """torch's own attention over (head, token, d), heads side by side again."""
    found = scaled_dot_product_attention(query, key, value, mask, scale=scale)
    return found.transpose(-3, -2).flatten(-2)


def one(
    m: Mechanism, query: Tensor, key: Tensor, value: Tensor, scale: float | None = None
) -> Tensor:
    del m
    return fused(query[None], key[None], value[None], scale=scale)


def general(m: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    weight = cast(General, m).key_projection.weight
    rows = [bilinear(row.expand_as(key), key, weight[None])[:, 0] for row in query]
    return torch.softmax(torch.stack(rows), -1) @ value


def multi_head(m: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    ours = cast(MultiHead, m)
    theirs = nn.MultiheadAttention(24, ours.heads).double()
    parts = (ours.query_projection, ours.key_projection, ours.value_projection)
    theirs.in_proj_weight.copy_(torch.cat([part.weight for part in parts]))
    theirs.in_proj_bias.copy_(torch.cat([part.bias for part in parts]))
    theirs.out_proj.load_state_dict(ours.output_projection.state_dict())
    return cast(Tensor, theirs(query, key, value, need_weights=False)[0])


def grouped(m: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    ours = cast(GroupedQuery, m)
    queries = split(ours.query_projection(query), ours.heads)[None]
    keys = split(ours.key_projection(key), ours.groups)[None]
    values = split(ours.value_projection(value), ours.groups)[None]
    found = scaled_dot_product_attention(queries, keys, values, enable_gqa=True)[0]
    projected: Tensor = ours.output_projection(found.transpose(0, 1).flatten(1))
    return projected


def rotary(m: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Llama turns the first half of the numbers against the second: ours are put in its order."""
    width = query.shape[-1]
    order = torch.cat([torch.arange(0, width, 2), torch.arange(1, width, 2)])
    places = torch.arange(width // 2, dtype=query.dtype)
    angles = torch.arange(TOKENS, dtype=query.dtype)[:, None] * cast(Rotary, m).base ** (
        -2 * places / width
    )
    both = torch.cat([angles, angles], -1)[None]
    queries, keys = apply_rotary_pos_emb(
        query[None, None, :, order], key[None, None, :, order], both.cos(), both.sin()
    )
    return fused(queries[0], keys[0], value[None])


def distance() -> Tensor:
    return torch.arange(TOKENS) - torch.arange(TOKENS)[:, None]


def alibi(m: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    heads = cast(Alibi, m).heads
    slopes = torch.tensor([2 ** (-8 * (h + 1) / heads) for h in range(heads)], dtype=query.dtype)
    bias = -slopes[:, None, None] * distance().abs()
    q, k, v = (split(part, heads) for part in (query, key, value))
    return fused(q, k, v, bias)


def relative(m: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    ours = cast(RelativeBias, m)
    bias = ours.biases[:, distance().clamp(-ours.reach, ours.reach) + ours.reach]
    q, k, v = (split(part, ours.heads) for part in (query, key, value))
    return fused(q, k, v, bias)


def window(m: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    ours = cast(SlidingWindow, m)
    apart = distance()
    mask = (apart.abs() <= ours.window // 2 * ours.dilation) & (apart % ours.dilation == 0)
    return fused(query[None], key[None], value[None], mask)


def longformer(m: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Self-attention only, so the queries are keys and values as well."""
    del key, value
    ours = cast(Longformer, m)
    config = LongformerConfig(
        hidden_size=24, num_attention_heads=ours.heads, attention_window=[ours.window],
        attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    theirs = LongformerSelfAttention(config, layer_id=0).double().eval()  # type: ignore[no-untyped-call]
    theirs.query, theirs.key = ours.query_projection, ours.key_projection
    theirs.value, theirs.query_global = ours.value_projection, ours.global_query
    theirs.key_global, theirs.value_global = ours.global_key, ours.global_value
    broad = (torch.arange(TOKENS) < ours.global_tokens)[None]
    found = theirs(
        query[None],
        attention_mask=torch.where(broad, 10000.0, 0.0).double(),
        is_index_masked=torch.zeros_like(broad),
        is_index_global_attn=broad,
        is_global_attn=True,
    )
    projected: Tensor = ours.output_projection(found[0][0])
    return projected


def big_bird(m: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    ours = cast(BigBird, m)
    rows = patterns.drawn_blocks(
        TOKENS, ours.block, ours.window, ours.global_blocks, ours.random, ours.draw
    )
    mask = torch.zeros(TOKENS, TOKENS, dtype=torch.bool)
    for row, seen in enumerate(rows):
        for column in seen:
            mask[row * ours.block : (row + 1) * ours.block,
                 column * ours.block : (column + 1) * ours.block] = True  # fmt: skip
    mask[: ours.block * ours.global_blocks] = True
    return fused(query[None], key[None], value[None], mask)


def sparse_shares(
    shares: Callable[[Tensor], Tensor], query: Tensor, key: Tensor, value: Tensor
) -> Tensor:
    return shares(query @ key.mT / query.shape[-1] ** 0.5) @ value


def entmax(m: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    shares = partial(entmax_bisect, alpha=cast(Entmax, m).alpha, dim=-1)
    return sparse_shares(shares, query, key, value)


def adaptive_span(m: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    ours = cast(AdaptiveSpan, m)

    def soft(score: Tensor, batch: Tensor, head: Tensor, i: Tensor, j: Tensor) -> Tensor:
        del batch
        ramp = (ours.ramp + ours.spans[head] - (i - j - 1)) / ours.ramp
        return score + torch.where(i > j, ramp.clamp(0, 1), 0).log()

    parts = [split(part, ours.heads)[None] for part in (query, key, value)]
    found = flex_attention(parts[0], parts[1], parts[2], score_mod=soft)
    return found[0].transpose(0, 1).flatten(1)


def light_conv(m: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    del query, key
    ours = cast(LightConv, m)
    kernel = torch.softmax(ours.kernels, -1).repeat_interleave(24 // ours.heads, 0)[:, None]
    return conv1d(value.mT[None], kernel, padding=ours.kernel // 2, groups=24)[0].mT


def dynamic_conv(m: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    del key
    ours = cast(DynamicConv, m)
    made_: Tensor = ours.kernel_projection(query)
    kernels = torch.softmax(made_.reshape(len(query), ours.heads, -1), -1)
    seen = nn.functional.pad(value, (0, 0, ours.kernel // 2, ours.kernel // 2))
    seen = seen.unfold(0, ours.kernel, 1)  # (token, width, place)
    seen = seen.reshape(len(query), ours.heads, -1, ours.kernel)
    return torch.einsum("thdk,thk->thd", seen, kernels).flatten(1)


def two_tower(m: Mechanism, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    cosines = cosine_similarity(query[:, None], key[None], dim=-1)
    return torch.softmax(cast(TwoTower, m).scale * cosines, -1) @ value


LIBRARIES: Final[Mapping[str, tuple[str, Oracle]]] = {
    "luong_dot": ("torch SDPA, scale 1", partial(one, scale=1.0)),
    "luong_general": ("torch bilinear", general),
    "scaled_dot_product": ("torch SDPA", one),
    "multi_head": ("torch MultiheadAttention", multi_head),
    "grouped_query": ("torch SDPA, enable_gqa", grouped),
    "rotary": ("transformers' Llama", rotary),
    "alibi": ("torch SDPA with biases", alibi),
    "relative_bias": ("torch SDPA with biases", relative),
    "sliding_window": ("torch SDPA, masked", window),
    "longformer": ("transformers' Longformer", longformer),
    "big_bird": ("torch SDPA, masked", big_bird),
    "sparsemax": ("entmax", lambda _m, q, k, v: sparse_shares(sparsemax, q, k, v)),
    "entmax": ("entmax", entmax),
    "adaptive_span": ("torch flex_attention", adaptive_span),
    "light_conv": ("torch conv1d", light_conv),
    "dynamic_conv": ("torch unfold", dynamic_conv),
    "two_tower": ("torch cosine_similarity", two_tower),
}

if __name__ == "__main__":
    main()
