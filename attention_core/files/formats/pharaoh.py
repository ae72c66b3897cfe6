"""Word alignments as lines of links: the Pharaoh format, with marks for possible ones.

>>> from attention_core.numbers.alignment.links import Link
>>> pharaoh([Link(0, 0), Link(2, 1)], possible=[Link(1, 1)])
'0-0 1p1 2-1'
>>> golds("0-0 1p1\\n2-1\\n")[1].sure
frozenset({Link(source=2, target=1)})
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from attention_core.errors import TextError
from attention_core.files.format import LinksFormat
from attention_core.files.imported import check_line
from attention_core.files.pairs import Pair, Pairs
from attention_core.files.text import beginning, lines_of, words_of
from attention_core.marking import N_
from attention_core.numbers.alignment.links import AlignedPair, Direction, Gold, Link

_LINK: Final = re.compile(r"(\d{1,6})([-p?])(\d{1,6})", re.ASCII)


def recognised(data: bytes) -> bool:
    """Nothing but links, and at least one."""
    words = [word for row in beginning(data) for word in row.split()]
    return bool(words) and all(map(_LINK.fullmatch, words[:-1] or words))


def pharaoh(
    links: Iterable[Link],
    possible: Iterable[Link] = (),
    first: int = 0,
    direction: Direction = "source-target",
) -> str:
    """Links as `i-j i-j ipj …`, in order of the source; `p` marks those that are only possible.

    first  the number of a sentence's first word, 0 or 1
    """
    marked = {**dict.fromkeys(possible, "p"), **dict.fromkeys(links, "-")}
    made = []
    for link, mark in sorted(marked.items()):
        one, other = link if direction == "source-target" else reversed(link)
        made.append(f"{one + first}{mark}{other + first}")
    return " ".join(made)


def golds(
    text: str,
    first: int = 0,
    direction: Direction = "source-target",
    sizes: Sequence[tuple[int, int]] | None = None,
) -> list[Gold]:
    """Pharaoh lines, one for each sentence: `i-j` is a sure link, `ipj` or `i?j` a possible one.

    first   the number of a sentence's first word, 0 or 1
    sizes   for each sentence its source and target words; without them no range is checked

    A link that is both sure and possible is sure. Raises TextError for what is no link, for a link
    out of range and for a file with another number of lines than there are sentences.
    """
    rows = lines_of(text)
    if sizes is not None:
        rows = _fitting(rows, len(sizes))
    made = []
    for number, row in enumerate(rows, 1):
        check_line(row, number)
        links = [_marked(word, number, first, direction) for word in row.split()]
        sure = frozenset(link for link, mark in links if mark == "-")
        gold = Gold(sure, frozenset(link for link, _ in links) - sure)
        if sizes is not None:
            in_range(gold, *sizes[number - 1], number, first)
        made.append(gold)
    return made


def _fitting(rows: list[str], sentences: int) -> list[str]:
    """The rows without empty ones at the end that stand for no sentence."""
    while len(rows) > sentences and not rows[-1].strip():
        rows = rows[:-1]
    if len(rows) != sentences:
        raise TextError(
            "The file of links has {lines} lines but there are {sentences} sentences; each "
            "sentence needs one line, empty where it has no links.",
            lines=len(rows), sentences=sentences,
        )  # fmt: skip
    return rows


def _marked(word: str, line: int, first: int, direction: Direction) -> tuple[Link, str]:
    match = _LINK.fullmatch(word)
    if match is None:
        raise TextError(
            "Line {line} has “{found}” where a link should stand; write links as 0-1 where they "
            "are sure and as 0p1 or 0?1 where they are possible.",
            line=line, found=word[:40],
        )  # fmt: skip
    one, other = int(match[1]) - first, int(match[3]) - first
    if min(one, other) < 0:
        raise TextError(
            "Line {line} has the link “{found}”, but the file is said to count words from "
            "{first}; choose 0.",
            line=line, found=word, first=first,
        )  # fmt: skip
    return Link(one, other) if direction == "source-target" else Link(other, one), match[2]


def in_range(gold: Gold, sources: int, targets: int, line: int, first: int = 0) -> None:
    """Raises TextError where a link leads to a word that the sentences lack."""
    for link in sorted(gold.sure | gold.possible):
        if link.source >= sources or link.target >= targets:
            raise TextError(
                "Line {line} links source word {source} and target word {target}, counted from "
                "{first}, but its sentences have {sources} and {targets} words; check whether the "
                "file counts from 0 or 1, and which language comes first.",
                line=line, source=link.source + first, target=link.target + first, first=first,
                sources=sources, targets=targets,
            )  # fmt: skip


def linked(
    texts: Sequence[tuple[str, str]], links: str, first: int, direction: Direction, headed: int = 0
) -> Pairs:
    """Pairs with their links; words are what spaces separate, and a header has none."""
    words = [(tuple(words_of(source)), tuple(words_of(target))) for source, target in texts]
    sizes = [*[(0, 0)] * headed, *((len(source), len(target)) for source, target in words)]
    found = golds(links + "\n", first, direction, sizes)[headed:]
    return Pairs(
        tuple(
            Pair(source.strip(), target.strip(), AlignedPair(*pair, gold, (source, target)))
            for (source, target), pair, gold in zip(texts, words, found, strict=True)
        )
    )


FORMAT: Final = LinksFormat(
    name="pharaoh",
    title="Pharaoh",
    endings=("txt", "align", "pharaoh", "gold", "talp"),
    looks=N_(
        "A line for each sentence: links such as 0-0 1-2 with the source first, 0p1 or 0?1 where "
        "they are only possible."
    ),
    recognise=recognised,
    read=golds,
    write=pharaoh,
)
