"""Which heads of the real models follow which relations, beside the best fixed offset, and how long
it takes.

python -m benchmarks.syntax en_ewt-ud-dev.conllu.gz --models minilm wheel:e5 wheel:smollm2

Heads and offsets are chosen on every other sentence and reported on the rest.
"""

from __future__ import annotations

import argparse
import logging
import time
from pathlib import Path
from typing import Final

import torch

from attention_core.files.treebank import MOST, Treebank, treebank
from attention_core.numbers import labels
from attention_core.numbers.syntax import EVERY, OffsetCounts, pieces
from attention_core.numbers.syntax.probe import Probe
from models.corpora.grammar import GrammarStudy, within
from models.families.reader import Reader
from models.store import catalogue, shelf

SHOWN: Final = 16
"""Relations that are printed."""
PROBED: Final = 500
"""Sentences of the probe, half to learn from."""
NAMED: Final = 100
"""Sentences off which labels are read."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("treebanks", type=Path, nargs="+")
    parser.add_argument("--models", nargs="+", default=["minilm"])
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--relations", nargs="*", default=[])
    parser.add_argument("--only", action="store_true", help="neither the probe nor labels")
    parser.add_argument("--most", type=int, default=MOST, help="sentences, evenly out of each file")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    torch.set_num_threads(asked.threads)
    here = {entry.card.name for entry in catalogue.entries()}
    for name in asked.models:
        if name not in here:
            print(f"{name} is not on this machine")
            continue
        reader = shelf.load(name)
        if not isinstance(reader, Reader):
            raise SystemExit(f"{name} reads no text")
        for path in asked.treebanks:
            bank = treebank(path.read_bytes(), asked.most)
            measured(reader, path.name, bank, asked.relations)
        if asked.only:
            continue
        probed(reader, treebank(asked.treebanks[0].read_bytes(), PROBED))
        called(reader, treebank(asked.treebanks[0].read_bytes()))


def measured(reader: Reader, file: str, bank: Treebank, relations: list[str]) -> None:
    """One model on one treebank."""
    work = GrammarStudy(reader, bank.trees)
    began, used = time.perf_counter(), time.process_time()
    problems = [work.row(place, lambda: False) for place in range(len(work))]
    took, used = time.perf_counter() - began, time.process_time() - used
    counted, lost = work.counted()
    print(
        f"\n{reader.name} on {file}: {counted} sentences, {lost} words not counted, "
        f"{sum(one is not None for one in problems)} sentences not read; "
        f"{took:.0f} s, {used:.0f} s of processor time"
    )
    table = [one for one in work.table() if not relations or one.relation in relations]
    for one in table[:SHOWN]:
        head = work.heads[one.head]
        low, high = one.interval
        print(
            f"  {one.relation or 'ALL':12s} layer {head.layer + 1:2d} head {head.number + 1:2d} "
            f"{one.direction:9s} {100 * one.accuracy:5.1f} [{100 * low:.1f}, {100 * high:.1f}] of "
            f"{one.all:5d} | offset {one.offset:+d} {100 * one.baseline:5.1f} | "
            f"gain {100 * one.gain:+.1f} [{100 * one.gain_interval[0]:+.1f}, "
            f"{100 * one.gain_interval[1]:+.1f}]"
        )


def probed(reader: Reader, bank: Treebank) -> None:
    """What all heads know together, and what the best offset and the word before do."""
    probe, offsets = Probe(), OffsetCounts()
    for at, tree in enumerate(bank.trees):
        record = reader.read(tree.text, cut=True)
        weights = torch.cat([site.weights() for site in within(record)])
        probe.add(tree, weights, pieces(tree, record.axes[0]))
        if at % 2:
            offsets.add(tree)
    probe.fit()
    best, all_ = offsets.best(EVERY), offsets.all(EVERY)
    print(
        f"  probe of all heads: UAS {probe.right / probe.all:.3f} of {probe.all} words in "
        f"{len(bank) // 2} sentences | offset {best:+d} {offsets.right(EVERY, best) / all_:.3f} | "
        f"the word before {offsets.right(EVERY, -1) / all_:.3f}"
    )


def called(reader: Reader, bank: Treebank) -> None:
    """How many heads have each label: the mean score over sentences, and on repeated tokens."""
    total: dict[str, torch.Tensor] = {}
    count: dict[str, torch.Tensor] = {}
    for tree in bank.trees[:NAMED]:
        for name, one in labels.scores(reader.read(tree.text, cut=True).sites).items():
            known = one.values.isfinite()
            total[name] = total.get(name, 0) + one.values.nan_to_num()
            count[name] = count.get(name, 0) + known
    means = {name: total[name] / count[name].clamp_min(1) for name in labels.ALL if name in total}
    repeated = labels.scores(reader.repeated().sites, repeats=True)
    means |= {name: one.values for name, one in repeated.items()}
    heads = sum(site.heads for site in reader.read(bank.trees[0].text, cut=True).sites)
    print(f"  labels of its {heads} heads, as means over {NAMED} sentences, or on repeated tokens:")
    for name, values in means.items():
        having = int((values >= labels.ALL[name].least).sum())
        layer, head = divmod(int(values.nan_to_num().argmax()), values.shape[1])
        best = f"layer {layer + 1} head {head + 1}: {float(values.nan_to_num().max()):.2f}"
        print(f"    {labels.ALL[name].title:20s} {having:3d}   strongest {best}")


if __name__ == "__main__":
    main()
