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
from collections.abc import Iterator
from itertools import pairwise
from typing import Final

import torch

from attention_core.numbers.attribution import Output
from models.corpora.treebanks import ready
from models.families.asking import Asker, Wanted
from models.families.reader import Reader
from models.ours.grammar.depth import by_depth, outputs
from models.ours.grammar.evaluate import SEED
from models.store import shelf

LIKENESSES: Final = 63


def main() -> None:
    logging.disable(logging.WARNING)
    torch.set_num_threads(1)
    for name, found in (("grammar", outputs(opened("grammar"), SEED)), ("minilm", likeness())):
        print(name)
        for method, layers in by_depth(found).items():
            cells = [f"{mean:.2f} ± {half:.2f}" for mean, half in layers]
            print(f"| {method} | {' | '.join(cells)} |")


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
