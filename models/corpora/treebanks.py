"""Our own treebanks, for a page that needs one at once.

>>> [(name, len(ready(name))) for name in READY]
[('english', 64), ('chinese', 35), ('grammar', 240)]
>>> source("english").splitlines()[1]
'# text = The old woman feeds the birds every morning.'
"""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Final, Literal

from attention_core.files.treebank import Treebank, treebank
from attention_core.numbers.syntax import Tree, spaced
from models.ours.grammar.rules import Sentence, unseen

Ready = Literal["english", "chinese", "grammar"]
READY: Final[tuple[Ready, ...]] = ("english", "chinese", "grammar")
FOLDER: Final = Path(__file__).parent / "trees"
DRAWN: Final = 240
SEED: Final = 2_024


@cache
def ready(name: Ready) -> Treebank:
    """A treebank of ours by its name.

    english, chinese  sentences that were written and annotated for this project
    grammar           sentences drawn from our rules, of shapes that our small BERT was not taught
    """
    if name != "grammar":
        return treebank(source(name).encode())
    dice = random.Random(SEED)
    found: dict[str, Tree] = {}
    while len(found) < DRAWN:
        tree = grown(unseen(dice))
        found[tree.text] = tree
    return Treebank(tuple(found.values()))


def source(name: Ready) -> str:
    """The file of a treebank of ours that was written; "" of one that is drawn."""
    file = FOLDER / f"{name}.conllu"
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def grown(sentence: Sentence) -> Tree:
    """A sentence of the rules as a tree."""
    return spaced(sentence.words, sentence.heads, sentence.relations)
