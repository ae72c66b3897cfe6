"""Our own treebanks, for a page that needs one at once.

>>> ready("grammar").trees[0].text == ready("grammar").trees[0].text
True
>>> len(ready("grammar")) == DRAWN
True
"""

from __future__ import annotations

import random
from functools import cache
from typing import Final, Literal

from attention_core.files.treebank import Treebank
from attention_core.numbers.syntax import Tree, spaced
from models.ours.grammar.rules import Sentence, unseen

Ready = Literal["grammar"]
READY: Final[tuple[Ready, ...]] = ("grammar",)
DRAWN: Final = 240
SEED: Final = 2_024


@cache
def ready(name: Ready) -> Treebank:
    """A treebank of ours by its name.

    grammar  sentences drawn from our rules, of shapes that our small BERT was not taught
    """
    dice = random.Random(SEED)
    found: dict[str, Tree] = {}
    while len(found) < DRAWN:
        tree = grown(unseen(dice))
        found[tree.text] = tree
    return Treebank(tuple(found.values()))


def grown(sentence: Sentence) -> Tree:
    """A sentence of the rules as a tree."""
    return spaced(sentence.words, sentence.heads, sentence.relations)
