"""BLEU of a translator against the heads that it has left, each head chosen by the loss.

python -m benchmarks.pruning transformer-en-fr --data eng-fra.tsv.gz

Heads are chosen on pairs of the dev split and BLEU is reported on pairs of the test split, drawn by
a fixed seed; the interval is the 95 % of 1,000 bootstrap samples of the reported pairs (Koehn
2004),
as sacrebleu computes it.
"""

from __future__ import annotations

import argparse
import json
import random
import time
from pathlib import Path

import torch
from sacrebleu.metrics.bleu import BLEU

from models.ours.translator import corpus
from models.ours.translator.pruning import Pruning, never
from models.ours.translator.reader import load_translator
from models.ours.translator.recipes import RECIPES


def main() -> None:
    options = _options()
    torch.set_num_threads(1)
    reader = load_translator(options.name)
    chosen, reported = (
        _drawn(options.data, split, count, *reader.languages)
        for split, count in (("dev", options.choose), ("test", options.report))
    )
    pruning, began = (
        Pruning(reader, chosen, reported, options.every, options.tried),
        time.monotonic(),
    )
    bleu = BLEU(tokenize="zh" if reader.languages[1] == "zh" else "13a")
    for place in range(len(pruning)):
        step = pruning.row(place, never)
        references = [[pair.target for pair in reported]]
        if step.bleu is None:
            continue
        score = bleu.corpus_score(list(step.translations), references, n_bootstrap=1000)
        print(
            json.dumps(
                {
                    "left": step.left, "off": pruning.off, "loss": round(step.loss, 4),
                    "bleu": round(score.score, 2), "interval": round(float(score._ci), 2),
                    "seconds": round(time.monotonic() - began),
                }
            ),
            flush=True,
        )  # fmt: skip


def _drawn(path: Path, split: str, count: int, source: str, target: str) -> list[corpus.Pair]:
    """So many pairs with different sources."""
    pairs = {pair.source: pair for pair in corpus.read(path, split, source, target)}
    return random.Random(7).sample(list(pairs.values()), min(count, len(pairs)))


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--data", type=Path, required=True, help="tab-separated pairs")
    parser.add_argument("--choose", type=int, default=128, help="pairs that heads are chosen on")
    parser.add_argument("--report", type=int, default=500, help="pairs that are translated")
    parser.add_argument("--every", type=int, default=1, help="heads between two measurements")
    parser.add_argument("--tried", type=int, help="heads tried in a step; all by default")
    return parser.parse_args()


if __name__ == "__main__":
    main()
