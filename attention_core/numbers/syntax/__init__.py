"""What heads know of grammar: trees, attention between their words, and which head follows what.

>>> found = Study()
>>> found.table()
[]
"""

from attention_core.numbers.syntax.between import between, others, pieces
from attention_core.numbers.syntax.offsets import OffsetCounts
from attention_core.numbers.syntax.study import DIRECTIONS, Direction, Found, Study, named
from attention_core.numbers.syntax.tree import EVERY, ROOT, Tree, relations, spaced

__all__ = [
    "DIRECTIONS", "EVERY", "ROOT", "Direction", "Found", "OffsetCounts", "Study", "Tree",
    "between", "named", "others", "pieces", "relations", "spaced",
]  # fmt: skip
