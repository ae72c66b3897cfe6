"""A window around each token, and tokens that look everywhere and are seen from everywhere.

Longformer (Beltagy, Peters, Cohan 2020, §3.1) and LED. A token that looks everywhere does so with
queries, keys and values of its own; what others see of it are the ordinary ones.

>>> import torch
>>> within(torch.tensor([0, 3]), torch.arange(4), 1, torch.tensor([1, 0, 0, 0]).bool()).tolist()
[[True, True, False, False], [True, False, True, True]]
"""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn

from attention_core.watching.parted import Parted
from attention_core.watching.record import Note
from models.families.unfolding.layout import Heard, Layout, Look, checked, mixed, split, true


def within(at: Tensor, keys: Tensor, reach: int, everywhere: Tensor) -> Tensor:
    """(query, key): not farther than `reach`, or a key that is seen from everywhere."""
    near: Tensor = (at[:, None] - keys).abs() <= reach
    return near | everywhere


def _takes(module: nn.Module) -> bool:
    return hasattr(module, "one_sided_attn_window_size") and hasattr(module, "query_global")


def _look(heard: Heard) -> Look:
    module, hidden = heard.module, heard.given["hidden_states"]
    kept = true(~heard.given["is_index_masked"][0])  # the library pads a text to whole windows
    wide: Tensor = heard.given["is_index_global_attn"][0][kept]
    taken = split(heard.made[0], module.num_heads)[:, kept]
    hidden = hidden[:, kept]

    def near(at: Tensor) -> Tensor:
        return within(kept[at], kept, int(module.one_sided_attn_window_size), wide)

    def anywhere(at: Tensor) -> Tensor:
        return wide.new_ones(len(at), len(kept))

    ways = [(~wide, near, module.query, module.key, module.value)]
    if bool(wide.any()):
        ways.append((wide, anywhere, *_global(module)))
    looks = []
    for flags, rule, *projections in ways:
        query, key, value = (split(made(hidden), module.num_heads) for made in projections)
        rows = true(flags)
        source = Parted(
            query[:, rows], key, module.head_dim**-0.5, rule, len(kept), places=rows
        )  # fmt: skip
        looks.append(checked(source, value, taken[:, rows]))
    return mixed(looks)


def _global(module: Any) -> tuple[Any, Any, Any]:
    return module.query_global, module.key_global, module.value_global


def _note(module: Any) -> Note:
    return Note(
        "Each token looks at the {reach:,} tokens before and behind it; the first one looks at "
        "all, and all look at it, as this model is used for a whole text.",
        reach=module.one_sided_attn_window_size,
    )


LAYOUT = Layout(_takes, _look, _note)
