"""Pairs as text files side by side: sentences, translations and perhaps links, line by line.

>>> found = from_texts(b"the cat\\n", b"le chat\\n", b"0-0 1-1\\n")
>>> found.rows[0].target, found.linked
('le chat', 1)
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attention_core.errors import TextError
from attention_core.files.format import PairsFormat, Part, Reading
from attention_core.files.formats import pharaoh
from attention_core.files.formats.pharaoh import golds, linked
from attention_core.files.pairs import Pairs, few, lines, trimmed, unlinked
from attention_core.files.text import lines_of, words_of
from attention_core.marking import N_
from attention_core.numbers.alignment.links import AlignedPair, Direction

ENDINGS: Final = ("txt", "text", "tok", "en", "fr", "de", "zh", "src", "tgt")


def from_texts(
    source: bytes,
    target: bytes,
    links: bytes | None = None,
    cut: bool = False,
    first: int = 0,
    direction: Direction = "source-target",
) -> Pairs:
    """Two files side by side, a sentence a line, and perhaps a third with Pharaoh links.

    Raises TextError when they have unequal numbers of lines, TooLong when there are too many.
    """
    left, right = lines(source), lines(target)
    left, right = trimmed(left, len(right)), trimmed(right, len(left))
    if len(left) != len(right):
        raise TextError(
            "The first file has {sources:,} lines but the second {targets:,}; line by line they "
            "must be translations of each other.",
            sources=len(left), targets=len(right),
        )  # fmt: skip
    texts = few(list(zip(left, right, strict=True)), cut)
    if links is None:
        return unlinked(texts)
    marked = trimmed(lines(links), len(left))
    if len(texts) < len(left):
        marked = marked[: len(texts)]
    return linked(texts, "\n".join(marked), first, direction)


def aligned_pairs(
    sources: str,
    targets: str,
    links: str,
    first: int = 0,
    direction: Direction = "source-target",
) -> list[AlignedPair]:
    """Three files side by side: words separated by spaces, one sentence a line, and Pharaoh lines.

    Raises TextError when the files have unequal numbers of lines, and as `golds` does.
    """
    source_words, target_words = (
        [tuple(words_of(line)) for line in lines_of(text.rstrip(" \t\r\n"))]
        for text in (sources, targets)
    )
    if len(source_words) != len(target_words):
        raise TextError(
            "The source file has {sources} lines but the target file {targets}; line by line they "
            "must be translations of each other.",
            sources=len(source_words), targets=len(target_words),
        )  # fmt: skip
    pairs = list(zip(source_words, target_words, strict=True))
    sizes = [(len(source), len(target)) for source, target in pairs]
    found = golds(links, first, direction, sizes)
    return [AlignedPair(*pair, gold) for pair, gold in zip(pairs, found, strict=True)]


def _read(files: Sequence[bytes | None], how: Reading) -> Pairs:
    source, target, links = files
    return from_texts(source or b"", target or b"", links, how.cut, how.first, how.direction)


FORMAT: Final = PairsFormat(
    name="texts",
    title=N_("text files"),
    endings=ENDINGS,
    looks=N_("Text, best in UTF-8; a sentence a line, the same number of lines in each file."),
    recognise=lambda _data: False,  # one of the files alone is any text
    parts=(
        Part("source", N_("Sentences"), ENDINGS),
        Part("target", N_("Translations"), ENDINGS),
        Part("gold", N_("Links"), pharaoh.FORMAT.endings, links=True),
    ),
    read=_read,
)
