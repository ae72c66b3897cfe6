"""Do attention, rollout and flow say what leaving a word out says, and how does that change with
depth? After Abnar & Zuidema 2020, https://arxiv.org/abs/2005.00928, section 5, tables 1 and 2.

python -m benchmarks.depth

For each sentence and layer, Spearman's correlation over the sentence's own words between what a
method says from the place where the output is read, looking at that layer or up to it, and how much
the output changes without each word. Printed are the mean over sentences and its 95 % interval.

- The small BERT that was taught a grammar: a verb is hidden; the output is the log-probability of
  the right number rather than the wrong one.
- MiniLM: the output is the likeness of a sentence to the next one of our treebank.
"""

from __future__ import annotations

import logging
import random
from collections.abc import Iterator
from itertools import pairwise
from math import isnan, sqrt
from statistics import fmean, stdev
from typing import Final

import torch

from attention_core.numbers.attribution import ALL, Knobs, Output
from attention_core.numbers.attribution.flow import flow
from attention_core.numbers.combined import spearman
from attention_core.numbers.rollout import rollout
from models.corpora.treebanks import ready
from models.families.asking import Asker, Wanted
from models.families.reader import Reader
from models.ours.grammar.evaluate import SEED
from models.ours.grammar.lexicon import other_number
from models.ours.grammar.rules import unseen
from models.ours.grammar.train import vocabulary
from models.store import shelf

SENTENCES: Final = 200
LIKENESSES: Final = 63


def main() -> None:
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    for name, outputs in (("grammar", agreement()), ("minilm", likeness())):
        print(name)
        found: dict[tuple[str, int], list[float]] = {}
        for output in outputs:
            for key, value in correlations(output).items():
                found.setdefault(key, []).append(value)
        print(f"{len(found['attention', 1])} sentences")
        depth = max(layer for _method, layer in found)
        for method in ("attention", "rollout", "flow"):
            cells = [written(found[method, layer]) for layer in range(1, depth + 1)]
            print(f"| {method} | {' | '.join(cells)} |")


def written(values: list[float]) -> str:
    """The mean and its interval, of the sentences where there is a correlation."""
    known = [value for value in values if not isnan(value)]
    return f"{fmean(known):.2f} ± {1.96 * stdev(known) / sqrt(len(known)):.2f}"


def correlations(output: Output) -> dict[tuple[str, int], float]:
    """By method and layer, counted from 1."""
    own = output.own
    wanted = ALL["leave-one-out"].of(output).scores.abs()[own]
    weights = [layer.weights for layer in output.layers]
    found = {}
    for layer in range(1, len(weights) + 1):
        raw = ALL["attention"].of(output, Knobs(layer=layer - 1)).scores
        rolled = output.reads.float() @ rollout(weights[:layer])
        flown = flow(weights[:layer], output.reads)
        for name, scores in (("attention", raw), ("rollout", rolled), ("flow", flown)):
            found[name, layer] = spearman(scores[own].double(), wanted)
    return found


def agreement() -> Iterator[Output]:
    """A verb hidden in sentences of shapes that were not taught."""
    reader = opened("grammar")
    asker = Asker(reader)
    known, others, dice = vocabulary(), other_number(), random.Random(SEED)
    for _ in range(SENTENCES):
        sentence = unseen(dice)
        at = sentence.verbs[0]
        verb = sentence.words[at]
        text = " ".join([*sentence.words[:at], asker.mask, *sentence.words[at + 1 :]])
        yield asker.output(text, Wanted("mask", known[verb], known[others[verb]]))


def likeness() -> Iterator[Output]:
    """Each sentence of ours and the one after it."""
    asker = Asker(opened("minilm"))
    texts = [" ".join(tree.words) for tree in ready("english").trees]
    for text, other in list(pairwise(texts))[:LIKENESSES]:
        yield asker.output(text, Wanted("similarity", other=other))


def opened(name: str) -> Reader:
    """The reader of a model of this machine."""
    found = shelf.load(name)
    if not isinstance(found, Reader):
        raise SystemExit(f"{name} reads no text")
    return found


if __name__ == "__main__":
    main()
