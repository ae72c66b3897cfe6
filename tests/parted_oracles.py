"""Who looks where in windows and blocks, written from the papers, slowly, in double precision."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def projected(part: Any, states: Array, heads: int) -> Array:
    """(head, token, width) of a linear layer."""
    weight = part.weight.detach().double().numpy()
    bias = 0.0 if part.bias is None else part.bias.detach().double().numpy()
    made: Array = states @ weight.T + bias
    return np.asarray(made.reshape(len(states), heads, -1).transpose(1, 0, 2))


def attention(query: Array, key: Array, allowed: Flags, bias: Array | float = 0.0) -> Array:
    """(head, query, key): softmax over what is allowed."""
    scores = np.where(allowed, query @ key.transpose(0, 2, 1) + bias, -np.inf)
    shares = np.exp(scores - scores.max(-1, keepdims=True))
    return np.asarray(shares / shares.sum(-1, keepdims=True))


def longformer(module: Any, states: Array) -> Array:
    """Longformer, §3.1: a window of w tokens to each side; the first token is a global one."""
    heads, size, reach = module.num_heads, len(states), module.one_sided_attn_window_size
    scale = 1 / math.sqrt(module.head_dim)
    allowed = np.zeros((size, size), dtype=bool)
    for i in range(size):
        for j in range(size):
            allowed[i, j] = abs(i - j) <= reach or j == 0
    query, key = (projected(part, states, heads) for part in (module.query, module.key))
    made = attention(query * scale, key, allowed)
    far = projected(module.query_global, states[:1], heads) * scale
    every = projected(module.key_global, states, heads)
    made[:, :1] = attention(far, every, np.ones((1, size), dtype=bool))
    return made


def bigbird(module: Any, states: Array) -> Array:
    """BigBird, §2, by lists of blocks; random ones are the first one, as the library has it."""
    heads, size = module.num_attention_heads, module.block_size
    query, key = (projected(part, states, heads) for part in (module.query, module.key))
    blocks = -(-len(states) // size)
    made = np.zeros((heads, len(states), len(states)))
    for i in range(len(states)):
        mine = i // size
        looks = [0, mine - 1, mine, mine + 1, blocks - 1]
        looks = list(range(blocks)) if mine in (0, blocks - 1) else sorted(set(looks))
        looks += [0] * module.num_random_blocks * (mine not in (0, blocks - 1))
        keys = [j for block in looks for j in range(block * size, (block + 1) * size)]
        keys = [j for j in keys if j < len(states)]
        scores = np.einsum("hd,hkd->hk", query[:, i], key[:, keys])
        shares = np.exp(scores / math.sqrt(module.attention_head_size))
        for place, j in enumerate(keys):
            made[:, i, j] += shares[:, place] / shares.sum(-1)
    return made


def bucket(distance: int, buckets: int, most: int) -> int:
    """T5, §2.1: half the buckets for keys behind; half of each exact, the rest logarithmic."""
    half = buckets // 2
    start, far = (half if distance > 0 else 0), abs(distance)
    exact = half // 2
    if far < exact:
        return start + far
    grown = exact + int(math.log(far / exact) / math.log(most / exact) * (half - exact))
    return start + min(grown, half - 1)


def positions(module: Any, first: Any, table: str, distances: NDArray[np.int64]) -> Array:
    """(head, query, key): what the first layer's table adds for each distance."""
    buckets, most = module.relative_attention_num_buckets, module.relative_attention_max_distance
    learned = getattr(first, table).weight.detach().double().numpy()
    places = np.vectorize(lambda d: bucket(int(d), buckets, most))(distances)
    return np.asarray(learned[places].transpose(2, 0, 1))


def longt5(module: Any, first: Any, states: Array) -> Array:
    """LongT5, §3.1: r tokens to each side, and with transient globals the sum of each block."""
    heads, size = module.n_heads, len(states)
    at = np.arange(size)
    distances = at[None] - at[:, None]
    allowed = np.abs(distances) <= module.local_radius
    bias = positions(module, first, "relative_attention_bias", distances)
    behind = states
    if hasattr(module, "global_block_size"):
        count = size // module.global_block_size
        block = np.minimum(at // module.global_block_size, count - 1)  # what is left joins the last
        sums = np.stack([states[block == one].sum(0) for one in range(count)])
        norm = module.global_input_layer_norm
        sums /= np.sqrt((sums**2).mean(-1, keepdims=True) + norm.variance_epsilon)
        behind = np.concatenate([states, sums * norm.weight.detach().double().numpy()])
        side = np.arange(count)[None] - block[:, None]
        far = positions(module, first, "global_relative_attention_bias", side)
        bias = np.concatenate([bias, far], -1)
        allowed = np.concatenate([allowed, np.ones((size, count), dtype=bool)], -1)
    query, key = projected(module.q, states, heads), projected(module.k, behind, heads)
    return attention(query, key, allowed, bias)


def pegasus_x(module: Any, states: Array, places: Array, shift: int) -> Array:
    """Pegasus-X, §3: blocks, begun half a block earlier in staggered layers, and global tokens."""
    heads, size = module.num_heads, len(states)
    block = (np.arange(size) + shift) // module.block_size
    allowed = np.concatenate(
        [block[:, None] == block[None], np.ones((size, len(places)), dtype=bool)], -1
    )
    query = projected(module.q_proj, states, heads) / math.sqrt(module.head_dim)
    key = projected(module.k_proj, np.concatenate([states, places]), heads)
    return attention(query, key, allowed)


def states(made: torch.Tensor, tokens: int, start: int = 0) -> Array:
    """The states of one text's tokens, without what the library pads."""
    return np.asarray(made[0, start : start + tokens].detach().double().numpy())
