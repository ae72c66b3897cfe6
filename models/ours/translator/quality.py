"""How good translations are: BLEU, chrF and exact matches, by the length of the source too.

>>> pairs = [Pair("Hello.", "Bonjour."), Pair("Thanks.", "Merci.")]
>>> exact({"Hello.": "Bonjour.", "Thanks.": "Merci !"}, pairs)
0.5
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, cast

from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from models.ours.translator.corpus import Pair
from models.ours.translator.vocabulary import tidy

STARTS: Final = (1, 4, 7, 10, 13, 17)
"""Words of the source with which a bin of lengths begins."""
FEWEST: Final = 30
"""Pairs of a bin; a smaller one is joined to its neighbour."""


@dataclass(frozen=True)
class Score:
    """Of one set of translations, with the signatures that let others repeat the figures."""

    bleu: float
    chrf: float
    bleu_signature: str
    chrf_signature: str


@dataclass(frozen=True)
class Bin:
    """Pairs whose sources have `first` to `last` words; last is None where there is no end.

    bleu   of each pair by itself, 0 to 100
    exact  share of different sentences translated exactly as one reference has it, 0 to 1
    """

    first: int
    last: int | None
    pairs: int
    sentences: int
    bleu: float
    exact: float


def one_reference(found: dict[str, str], pairs: Sequence[Pair], target: str = "fr") -> Score:
    """Each pair by itself, as figures for Tatoeba are published.

    found   the translation of each source
    target  ISO 639-1 of the language of the translations
    """
    return score([found[pair.source] for pair in pairs], [[pair.target for pair in pairs]], target)


def all_references(found: dict[str, str], known: dict[str, list[str]], target: str = "fr") -> Score:
    """Each source once, against all its translations."""
    most = max(map(len, known.values()))
    streams = [
        [known[source][place] if place < len(known[source]) else None for source in found]
        for place in range(most)
    ]
    return score(list(found.values()), streams, target)


def score(
    found: list[str], references: Sequence[Sequence[str | None]], target: str = "fr"
) -> Score:
    """Corpus BLEU and chrF, 0 to 100. Both sides have plain apostrophes and quotation marks.

    references  (reference, sentence); None where a sentence has fewer: an empty text would count
                as a reference of length 0 and lift the brevity penalty
    target      ISO 639-1; Chinese has no spaces, so BLEU counts its characters
    """
    bleu, chrf = BLEU(tokenize="zh" if target == "zh" else "13a"), CHRF()
    streams = cast("list[list[str]]", references)  # sacrebleu takes None but does not say so
    return Score(
        round(bleu.corpus_score(found, streams).score, 2),
        round(chrf.corpus_score(found, streams).score, 2),
        str(bleu.get_signature()),
        str(chrf.get_signature()),
    )


def exact(found: dict[str, str], pairs: Iterable[Pair]) -> float:
    """Share of different sources whose translation is one of the references, letter for letter."""
    sources, right = set[str](), set[str]()
    for pair in pairs:
        sources.add(pair.source)
        if tidy(found[pair.source]) == pair.target:
            right.add(pair.source)
    return len(right) / len(sources) if sources else 0.0


def by_length(found: dict[str, str], pairs: Sequence[Pair], target: str = "fr") -> list[Bin]:
    """The same measures for short and for long sources."""
    made = []
    for first, last in bins([words(pair.source) for pair in pairs]):
        inside = [pair for pair in pairs if first <= words(pair.source) <= (last or 10**9)]
        made.append(
            Bin(
                first, last, len(inside), len({pair.source for pair in inside}),
                one_reference(found, inside, target).bleu, round(exact(found, inside), 4),
            )
        )  # fmt: skip
    return made


def words(text: str) -> int:
    return len(text.split())


def bins(lengths: Sequence[int]) -> list[tuple[int, int | None]]:
    """First and last number of words of each bin, with FEWEST sentences or more in each."""
    made, last = list[tuple[int, int | None]](), cast("int | None", None)
    for first in reversed(STARTS):
        inside = sum(first <= length <= (last or 10**9) for length in lengths)
        if inside >= FEWEST:
            made.append((first, last))
            last = first - 1
    if last and made:  # too few before the shortest bin: they join it
        made[-1] = (STARTS[0], made[-1][1])
    return made[::-1] or [(STARTS[0], None)]
