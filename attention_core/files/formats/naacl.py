"""Links as the shared tasks on word alignment write them, one a line: NAACL/WPT 2003.

>>> found = from_naacl(b"<s snum=0018> the cat </s>\\n", b"<s snum=0018> le chat </s>\\n",
...                    b"0018 1 1 S\\n0018 2 2 P\\n")
>>> found.rows[0].aligned.gold
Gold(sure=frozenset({Link(source=0, target=0)}), possible=frozenset({Link(source=1, target=1)}))
>>> naacl([found.rows[0].aligned])
'0001 1 1 S\\n0001 2 2 P\\n'

Source: Mihalcea & Pedersen 2003, An Evaluation Exercise for Word Alignment, and its guidelines.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Final, NamedTuple

from attention_core.errors import TextError
from attention_core.files.format import PairsFormat, Part, Reading
from attention_core.files.formats.pharaoh import in_range
from attention_core.files.imported import check_line
from attention_core.files.pairs import Pair, Pairs, few, lines, trimmed
from attention_core.files.text import beginning, words_of
from attention_core.marking import N_
from attention_core.numbers.alignment.links import AlignedPair, Gold, Link

ENDINGS: Final = ("txt", "wa", "naacl", "gold", "ali")
SENTENCES: Final = ("txt", "e", "f", "en", "fr", "de", "zh", "ro", "sgm")

_LINK: Final = re.compile(
    r"[ \t]*(\d{1,9})[ \t]+(\d{1,6})[ \t]+(\d{1,6})(?:[ \t]+([SP]))?(?:[ \t]+\d*\.?\d+)?[ \t]*",
    re.ASCII,
)
_SENTENCE: Final = re.compile(
    r"\s*<s\s+snum=\"?(\d{1,9})\"?\s*>(.*)</s>\s*", re.ASCII | re.IGNORECASE
)

Sides = Mapping[int, tuple[str, str]]
"""Both sentences by their number."""


class Marked(NamedTuple):
    """A line of the file of links: which sentence, which words, whether it is sure."""

    line: int
    sentence: int
    link: Link
    sure: bool


def recognised(data: bytes) -> bool:
    """Nothing but links, and at least one that says whether it is sure."""
    found = [_LINK.fullmatch(row) for row in beginning(data)]
    return all(found) and any(match[4] for match in found if match)


def from_naacl(
    source: bytes, target: bytes, links: bytes | None = None, cut: bool = False
) -> Pairs:
    """Sentences, their translations, and perhaps their links, which count words from 1.

    Sentences stand between <s snum=1> and </s>, or a line each, numbered from 1. A pair that no
    line of links names is one that nobody linked. Raises TextError, TooLong.
    """
    sides = _sides(source, target, cut)
    gold = {} if links is None else golds(links, sides, cut)
    return Pairs(
        tuple(
            Pair(*texts, _aligned(texts, gold[number]) if number in gold else None)
            for number, texts in sides.items()
        )
    )


def golds(links: bytes, sides: Sides, cut: bool = False) -> dict[int, Gold]:
    """The links of each sentence that has any; a link that is sure and possible is sure.

    cut  True passes over links of sentences that were not read

    Raises TextError for what is no link, or leads to no word.
    """
    found = dict[int, tuple[set[Link], set[Link]]]()
    for number, row in enumerate(trimmed(lines(links)), 1):
        check_line(row, number)
        if not row.strip():
            continue
        marked = _marked(row, number)
        if marked.sentence not in sides:
            if cut:
                continue
            raise TextError(
                "Line {line} of the links is of sentence {number}, which the files of sentences "
                "do not have.",
                line=number, number=marked.sentence,
            )  # fmt: skip
        sure, possible = found.setdefault(marked.sentence, (set(), set()))
        if min(marked.link) < 0:
            continue  # position 0 says that a word is linked to none
        source, target = (len(words_of(text)) for text in sides[marked.sentence])
        in_range(Gold(frozenset([marked.link]), frozenset()), source, target, number, first=1)
        (sure if marked.sure else possible).add(marked.link)
    return {
        number: Gold(frozenset(sure), frozenset(possible - sure))
        for number, (sure, possible) in found.items()
    }


def _marked(row: str, line: int) -> Marked:
    match = _LINK.fullmatch(row)
    if match is None:
        raise TextError(
            "Line {line} has “{found}” where a link should stand; write the number of the "
            "sentence, the places of both words, counted from 1, and S or P: 0001 1 2 S.",
            line=line, found=row.strip()[:40],
        )  # fmt: skip
    link = Link(int(match[2]) - 1, int(match[3]) - 1)
    return Marked(line, int(match[1]), link, match[4] != "P")


def _sides(source: bytes, target: bytes, cut: bool) -> dict[int, tuple[str, str]]:
    left, right = _numbered(source), _numbered(target)
    if alone := left.keys() ^ right.keys():
        raise TextError(
            "Sentence {number} stands in one file only; both files need the same sentences.",
            number=min(alone),
        )
    return dict(few([(number, (left[number], right[number])) for number in left], cut))


def _numbered(data: bytes) -> dict[int, str]:
    """Sentences by the number that stands with them, or by their line."""
    rows = trimmed(lines(data))
    if not _SENTENCE.fullmatch(next(row for row in rows if row.strip())):
        return {number: row.strip() for number, row in enumerate(rows, 1)}
    found = dict[int, str]()
    for line, row in enumerate(rows, 1):
        match = _SENTENCE.fullmatch(row)
        if match is None and not row.strip():
            continue
        if match is None or int(match[1]) in found:
            raise TextError(
                "Line {line} is no sentence with a number of its own; write "
                "<s snum=0001> words </s>.",
                line=line,
            )
        found[int(match[1])] = match[2].strip()
    return found


def _aligned(texts: tuple[str, str], gold: Gold) -> AlignedPair:
    source, target = (tuple(words_of(text)) for text in texts)
    return AlignedPair(source, target, gold, texts)


def naacl(pairs: Iterable[AlignedPair]) -> str:
    """The links of these pairs, which are numbered from 1; their words are not written."""
    return "".join(
        f"{number:04} {link.source + 1} {link.target + 1} {mark}\n"
        for number, pair in enumerate(pairs, 1)
        for link, mark in sorted(
            [
                *((link, "S") for link in pair.gold.sure),
                *((link, "P") for link in pair.gold.possible),
            ]
        )
    )


def _read(files: Sequence[bytes | None], how: Reading) -> Pairs:
    source, target, links = files
    return from_naacl(source or b"", target or b"", links, how.cut)


FORMAT: Final = PairsFormat(
    name="naacl",
    title="NAACL/WPT 2003",
    endings=ENDINGS,
    looks=N_(
        "A link a line: the number of the sentence, the places of both words, counted from 1, and "
        "S for sure or P for possible. Sentences as <s snum=1> … </s>, or a line each; words are "
        "what spaces separate."
    ),
    recognise=recognised,
    parts=(
        Part("source", N_("Sentences"), SENTENCES),
        Part("target", N_("Translations"), SENTENCES),
        Part("gold", N_("Links"), ENDINGS, links=True),
    ),
    read=_read,
    write=naacl,
    counted=False,
)
