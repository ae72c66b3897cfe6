"""Our own treebanks, for a page that needs one at once.

>>> [(name, len(ready(name))) for name in READY]
[('english', 104), ('chinese', 35), ('grammar', 240)]
>>> source("english").splitlines()[1]
'# text = The old woman feeds the birds every morning.'
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Final, Literal

from attention_core.files.treebank import Treebank, treebank
from attention_core.numbers.labels.judged import NAMELESS
from attention_core.numbers.syntax import OffsetCounts, Tree, spaced
from attention_core.numbers.syntax.study import LEAST
from models.ours.grammar.rules import Sentence, unseen

Ready = Literal["english", "chinese", "grammar"]
READY: Final[tuple[Ready, ...]] = ("english", "chinese", "grammar")
FOLDER: Final = Path(__file__).parent / "trees"
DRAWN: Final = 240
SEED: Final = 2_024
ASKED: Final = 128
"""Sentences at most when heads are only to be named: a reader waits for it."""
TAUGHT: Final = "grammar"
"""The model that was taught our rules."""


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


def suited(model: str, languages: Sequence[str]) -> Ready | None:
    """Our treebank for a model that reads these languages: English where they are not known, and
    None where none of ours suits.
    """
    if model == TAUGHT:
        return "grammar"
    if not languages or "en" in languages:
        return "english"
    return "chinese" if "zh" in languages else None


@cache
def frequent(name: Ready) -> tuple[str, ...]:
    """The relations that are frequent enough in every other of its sentences to be reported."""
    counts = OffsetCounts()
    for tree in ready(name).trees[1:ASKED:2]:
        counts.add(tree)
    return tuple(
        one for one in counts.relations if one not in NAMELESS and counts.all(one) >= LEAST
    )


def source(name: Ready) -> str:
    """The file of a treebank of ours that was written; "" of one that is drawn."""
    file = FOLDER / f"{name}.conllu"
    return file.read_text(encoding="utf-8") if file.is_file() else ""


def grown(sentence: Sentence) -> Tree:
    """A sentence of the rules as a tree."""
    return spaced(sentence.words, sentence.heads, sentence.relations)
