"""Blocks that look at their neighbours, at the first and the last block, and at random ones.

BigBird (Zaheer and others 2020, §2). In use, the library draws no random blocks: it takes the first
block for each of them, so that its tokens enter once more for every random block.

>>> import torch
>>> seen(torch.tensor([0, 2]), torch.arange(6), 6).long().tolist()
[[1, 1, 1, 1, 1, 1], [1, 1, 1, 1, 0, 1]]
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from torch import Tensor, nn

from attention_core.watching.parted import Parted
from attention_core.watching.record import Note
from models.families.unfolding.layout import Heard, Layout, Look, checked, split, true


def seen(block: Tensor, keys: Tensor, blocks: int) -> Tensor:
    """(query, key): whether a query of a block may look at a key of another, by their numbers."""
    mine, last = block[:, None], blocks - 1
    edge = (keys == 0) | (keys == last) | (mine == 0) | (mine == last)
    return edge | ((mine - keys).abs() <= 1)


def _takes(module: nn.Module) -> bool:
    return hasattr(module, "num_random_blocks") and hasattr(
        module, "bigbird_block_sparse_attention"
    )


def _look(heard: Heard) -> Look:
    module, hidden = heard.module, heard.given["hidden_states"]
    heads, size = module.num_attention_heads, int(module.block_size)
    kept = true(heard.given["to_mask"].flatten() > 0)  # the library pads a text to whole blocks
    blocks, keys = hidden.shape[1] // size, kept // size
    projections = (module.query, module.key, module.value)
    query, key, value = (split(made(hidden[:, kept]), heads) for made in projections)

    def rule(at: Tensor) -> Tensor:
        return seen(keys[at], keys, blocks)

    def bias(_heads: Sequence[int], at: Tensor) -> Tensor:
        inner = (keys[at] > 0) & (keys[at] < blocks - 1)
        again: Tensor = (inner[:, None] & (keys == 0)).to(query)
        return again * math.log(1 + int(module.num_random_blocks))

    source = Parted(query, key, module.attention_head_size**-0.5, rule, len(kept), bias)
    return checked(source, value, split(heard.made[0], heads)[:, kept])


def _note(module: Any) -> Note:
    return Note(
        "The text is read in blocks of {size:,} tokens: each token looks at its own block, the "
        "one before, the one behind, the first and the last. The first counts {times} times: in "
        "use, the model has it in place of its random blocks.",
        size=module.block_size,
        times=1 + module.num_random_blocks,
    )


LAYOUT = Layout(_takes, _look, _note)
