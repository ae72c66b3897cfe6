"""Blocks of a text, each looking at itself and at places that belong to the model.

Pegasus-X (Phang, Zhao, Liu 2022, §3). In every other layer the blocks begin half a block earlier,
so that what one layer keeps apart the next one joins. The places look at the whole text in turn.

>>> together(torch.tensor([0, 3]), torch.arange(4), 2, 1).tolist()
[[True, True, False, False, True], [False, False, True, True, True]]
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from attention_core.watching.parted import Parted
from attention_core.watching.record import Note
from models.families.unfolding.layout import Heard, Layout, Look, checked, split, true


def together(at: Tensor, keys: Tensor, size: int, own: int) -> Tensor:
    """(query, key or place): in the same block of that size, or one of the model's own places."""
    same = at[:, None] // size == keys // size
    return nn.functional.pad(same, (0, own), value=True)


def _takes(module: nn.Module) -> bool:
    return hasattr(module, "block_size") and hasattr(
        module, "compute_global_attention_representations"
    )


def _look(heard: Heard) -> Look:
    module, hidden = heard.module, heard.given["token_hidden_states"]
    places, mask = heard.given["global_hidden_states"], heard.given["attention_mask"]
    kept = true(mask[0] == 0)  # the library pads a text to whole blocks, and to move them
    behind = torch.cat([hidden[:, kept], places], 1)
    query = split(module.q_proj(hidden[:, kept]), module.num_heads)
    key, value = (split(made(behind), module.num_heads) for made in (module.k_proj, module.v_proj))

    def rule(at: Tensor) -> Tensor:
        return together(kept[at], kept, module.block_size, places.shape[1])

    source = Parted(query, key, module.scaling, rule, len(kept))
    return checked(source, value, split(heard.took["out_proj"], module.num_heads)[:, kept])


def _note(module: Any) -> Note:
    return Note(
        "The text is read in blocks of {size:,} tokens, moved by half a block in every other "
        "layer. Each token looks at those of its block and at places of the model that stand for "
        "no token; what goes to these is the column ⊕.",
        size=module.block_size,
    )


LAYOUT = Layout(_takes, _look, _note, ("out_proj",))
