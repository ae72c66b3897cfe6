"""Sparse attention in linear time against torch's masked attention and transformers' own.

python -m benchmarks.sparse [--longest 32768]

One layer of WIDTH with HEADS heads and its projections, forward only, one thread, single
precision. All contenders take turns within every round; a figure is the median over ROUNDS. Peak
memory is what a fresh process needs on top of its inputs.
"""

from __future__ import annotations

import argparse
import math
import multiprocessing
import re
import time
from collections.abc import Callable
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any, Final

import torch
from torch import Tensor, nn
from torch.nn.functional import scaled_dot_product_attention
from transformers import BigBirdConfig, LongformerConfig
from transformers.models.big_bird.modeling_big_bird import BigBirdBlockSparseAttention, BigBirdModel
from transformers.models.longformer.modeling_longformer import LongformerSelfAttention

from attention_core.mechanisms import linear, patterns
from attention_core.mechanisms.mechanism import split

WIDTH, HEADS, WINDOW, BLOCK, RANDOM = 256, 4, 256, 64, 3
ROUNDS: Final = 3
LENGTHS: Final = (1024, 2048, 4096, 8192, 16384, 32768)
MOST_MASK: Final = 1.5e9
"""Bytes of a mask in single precision beyond which the masked form is left out."""

Contender = Callable[[Tensor], Tensor]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--longest", type=int, default=LENGTHS[-1])
    longest: int = parser.parse_args().longest
    torch.set_num_threads(1)
    torch.manual_seed(3)
    lengths = [length for length in LENGTHS if length <= longest]
    found: dict[str, list[tuple[int, float, float]]] = {name: [] for name in NAMES}
    with torch.inference_mode():
        for length in lengths:
            for name, (seconds, peak) in measured(length).items():
                found[name].append((length, seconds, peak))
                print(
                    f"{length:6} {name:34} {1000 * seconds:9.1f} ms {peak / 1e6:8.0f} MB",
                    flush=True,
                )
    print_ratios(found)
    print_slopes(found)


def measured(length: int) -> dict[str, tuple[float, float]]:
    """Seconds and bytes of every contender at one length, taking turns."""
    words = torch.randn(1, length, WIDTH)
    runners = {name: make(length) for name, make in NAMES.items() if fits(name, length)}
    took: dict[str, list[float]] = {name: [] for name in runners}
    for round_ in range(ROUNDS + 1):
        for name, run in runners.items():
            began = time.perf_counter()
            run(words)
            if round_:  # the first round warms up
                took[name].append(time.perf_counter() - began)
    return {name: (median(took[name]), peak(name, length)) for name in runners}


def fits(name: str, length: int) -> bool:
    return name != MASKED or 4 * length**2 <= MOST_MASK


def peak(name: str, length: int) -> float:
    """Bytes that a fresh process needs for one run beyond its inputs and its layer."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    child = context.Process(target=watched, args=(name, length, theirs))
    child.start()
    found: float = ours.recv()
    child.join()
    return found


def watched(name: str, length: int, answer: Connection) -> None:
    torch.set_num_threads(1)
    with torch.inference_mode():
        run, words = NAMES[name](length), torch.randn(1, length, WIDTH)
        Path("/proc/self/clear_refs").write_text("5")  # Linux forgets the peak so far
        before = highest()
        run(words)
    answer.send(highest() - before)


def highest() -> float:
    """Bytes: the most that this process has held since the peak was last forgotten (Linux)."""
    status = Path("/proc/self/status").read_text()
    found = re.search(r"VmHWM:\s+(\d+) kB", status)
    if found is None:
        raise SystemExit("This measurement needs /proc, as Linux has it.")
    return 1024.0 * int(found.group(1))


class Layer(nn.Module):
    """Projections around one of our linear forms, or around torch's masked attention."""

    def __init__(self, attend: Callable[[Tensor, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.attend = attend
        self.projections = nn.ModuleList(nn.Linear(WIDTH, WIDTH) for _ in range(3))

    def forward(self, words: Tensor) -> Tensor:
        query, key, value = (split(layer(words), HEADS) for layer in self.projections)
        return self.attend(query, key, value).transpose(-3, -2).flatten(-2)


def masked(length: int) -> Contender:
    allowed = patterns.sliding_window(length, length, WINDOW)
    allowed |= patterns.global_tokens(length, length, 1)
    return Layer(partial(scaled_dot_product_attention, attn_mask=allowed))


def band(length: int) -> Contender:
    del length
    return Layer(lambda query, key, value: linear.banded(query, key, value, WINDOW))


def band_and_global(length: int) -> Contender:
    del length
    return Layer(lambda query, key, value: linear.window_and_global(query, key, value, WINDOW, 1))


def blocks(length: int) -> Contender:
    del length
    return Layer(
        lambda query, key, value: linear.block_sparse(query, key, value, BLOCK, 3, RANDOM, 2)
    )


def longformer(length: int) -> Contender:
    config = LongformerConfig(
        hidden_size=WIDTH, num_attention_heads=HEADS, attention_window=[WINDOW],
        num_hidden_layers=1,
    )  # fmt: skip
    attention: Any = LongformerSelfAttention(config, layer_id=0).eval()  # type: ignore[no-untyped-call]
    broad = (torch.arange(length) < 1).unsqueeze(0)
    given = {
        "attention_mask": torch.where(broad, 10000.0, 0.0),
        "is_index_masked": torch.zeros_like(broad),
        "is_index_global_attn": broad,
        "is_global_attn": True,
    }
    return lambda words: attention(words, **given)[0]


def big_bird(length: int) -> Contender:
    config = BigBirdConfig(
        hidden_size=WIDTH, num_attention_heads=HEADS, block_size=BLOCK, num_random_blocks=RANDOM,
        max_position_embeddings=length, attention_probs_dropout_prob=0.0,
    )  # fmt: skip
    attention: Any = BigBirdBlockSparseAttention(config, seed=0).train()  # type: ignore[no-untyped-call]
    blocked, near, rows, columns = BigBirdModel.create_masks_for_block_sparse_attn(
        torch.ones(1, length), BLOCK
    )
    return lambda words: attention(words, near, rows, columns, blocked, blocked)[0]


MASKED: Final = "torch, masked (window + global)"
THEIRS: Final = {"transformers' Longformer": longformer, "transformers' BigBird": big_bird}
NAMES: Final[dict[str, Callable[[int], Contender]]] = {
    "ours: window": band,
    "ours: window + global": band_and_global,
    "ours: blocks": blocks,
    MASKED: masked,
    **THEIRS,
}
PEERS: Final = (
    ("ours: window + global", MASKED),
    ("ours: window + global", "transformers' Longformer"),
    ("ours: blocks", MASKED),
    ("ours: blocks", "transformers' BigBird"),
)


def print_ratios(found: dict[str, list[tuple[int, float, float]]]) -> None:
    """How many times faster ours is than each peer."""
    print("\ntimes faster than the peer")
    for ours, peer in PEERS:
        mine = {length: seconds for length, seconds, _ in found[ours]}
        line = "  ".join(f"{length}: {took / mine[length]:.1f}" for length, took, _ in found[peer])
        print(f"{ours} / {peer}   {line}")


def print_slopes(found: dict[str, list[tuple[int, float, float]]]) -> None:
    """The power of the length by which time and memory grow, fitted to all lengths."""
    print("\ngrowth with the length, as a power")
    for name, points in found.items():
        time_, memory = (slope([(one[0], one[at]) for one in points]) for at in (1, 2))
        print(f"{name:34} time {time_:.2f}  memory {memory:.2f}")


def slope(points: list[tuple[int, float]]) -> float:
    """Of the straight line through the logarithms (least squares)."""
    across = [math.log(length) for length, _ in points]
    upwards = [math.log(max(value, 1e-9)) for _, value in points]
    centre, height = sum(across) / len(across), sum(upwards) / len(upwards)
    spread = sum((x - centre) ** 2 for x in across)
    return sum((x - centre) * (y - height) for x, y in zip(across, upwards, strict=True)) / spread


if __name__ == "__main__":
    main()
