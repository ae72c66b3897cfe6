"""The tokens near by, and for each block of the text one summary of it.

LongT5 (Guo and others 2022, §3.1): local attention reaches `r` tokens to both sides; with transient
global attention, every token also looks at the sum of each block, normalised, as at one more key.
The library hands on what it adds to the scores, block by block; it is read from there.

>>> bias = torch.arange(12.0).reshape(1, 2, 1, 1, 6)  # two blocks of 1, three in a row, 3 summaries
>>> added(bias, 1, 2, [0], torch.tensor([0, 1]))[..., :2].tolist()
[[[1.0, 2.0], [6.0, 7.0]]]
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch
from torch import Tensor, nn

from attention_core.watching.parted import Parted
from attention_core.watching.record import Note
from models.families.unfolding.layout import Heard, Layout, Look, checked, split

_FORBIDDEN = -1e9
"""Scores that lie below have been forbidden by the library, which adds -1e10."""
_SUMMARIES = "global_input_layer_norm"


def added(blocks: Tensor, size: int, tokens: int, heads: Sequence[int], at: Tensor) -> Tensor:
    """(head, query, key or summary): what is added to the scores of these queries.

    blocks  (1, block or 1, head or 1, place in the block, three blocks of keys and the summaries)
    size    tokens of a block
    """
    block = at // size if blocks.shape[1] > 1 else torch.zeros_like(at)
    rows = blocks[0, block, :, at % size]
    rows = (rows if rows.shape[1] == 1 else rows[:, list(heads)]).transpose(0, 1)
    start = (at // size - 1) * size
    column = torch.arange(tokens, device=at.device) - start[:, None]
    near = rows.gather(-1, column.clamp(0, 3 * size - 1).expand(len(rows), -1, -1))
    return torch.cat([near, rows[..., 3 * size :]], -1)


def _takes(module: nn.Module) -> bool:
    return all(hasattr(module, name) for name in ("local_radius", "block_len", "q", "o"))


def _look(heard: Heard) -> Look:
    module, hidden, blocks = heard.module, heard.given["hidden_states"], heard.made[1]
    size, tokens = int(module.block_len), int(hidden.shape[1])
    summaries = heard.gave.get(_SUMMARIES, hidden[:, :0])
    query = split(module.q(hidden), module.n_heads)
    behind = torch.cat([hidden, summaries], 1)
    key, value = (split(made(behind), module.n_heads) for made in (module.k, module.v))

    def bias(heads: Sequence[int], at: Tensor) -> Tensor:
        return added(blocks, size, tokens, heads, at)

    def rule(at: Tensor) -> Tensor:
        keys = torch.arange(key.shape[1], device=at.device)
        far: Tensor = (at[:, None] - keys).abs() >= size
        opened: Tensor = bias([0], at)[0] > _FORBIDDEN
        within: Tensor = ~far | (keys >= tokens)
        return opened & within

    source = Parted(query, key, 1.0, rule, tokens, bias)
    return checked(source, value, split(heard.took["o"], module.n_heads))


def _note(module: Any) -> Note:
    if not hasattr(module, _SUMMARIES):
        return Note(
            "Each token of the text looks at the {reach:,} tokens before and behind it.",
            reach=module.local_radius,
        )
    return Note(
        "Each token of the text looks at the {reach:,} tokens before and behind it, and at a "
        "summary of every {size:,} tokens; what goes to summaries is the column ⊕.",
        reach=module.local_radius,
        size=module.global_block_size,
    )


LAYOUT = Layout(_takes, _look, _note, ("o", _SUMMARIES))
