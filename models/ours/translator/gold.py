"""How well a translator's attention agrees with word alignments that people made.

Which head, how links are taken from it and by how many steps it is shifted is chosen on pairs of
our own and measured on others: a choice made on the test itself would flatter the model.

>>> pair = own("en", "fr")[0]
>>> [(pair.source[left], pair.target[right]) for left, right in sorted(pair.gold.sure)][2:4]
[('machine', 'automatique'), ('learning', 'apprentissage')]
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import TextError
from attention_core.files.formats.json_pairs import json_pairs
from attention_core.numbers.alignment import (
    AlignedPair,
    Extraction,
    Gold,
    Link,
    crossing,
    diagonal_links,
    extract,
    scores,
    symmetrised,
)
from attention_core.numbers.heads import AttendedPair, HeadRanking, at_words
from attention_core.watching.record import Site, together
from models.families.translation import Translating, Translation
from models.ours.translator.corpus import CLASSROOM
from models.ours.translator.vocabulary import normalised, tidy

Matrix = NDArray[np.float32]
Symmetry = Literal["intersection", "grow-diag-final-and"]
SYMMETRIES: Final[tuple[Symmetry, ...]] = ("grow-diag-final-and", "intersection")


class Reading(NamedTuple):
    """How links are read out of a model: where it looks, and what is made of that.

    site   one attention, or several with + between them: the mean of all their heads
    head   None for the mean of the heads
    how    an extraction of the core
    least  links of less weight are left out
    shift  decoding steps: 1 takes a word's look from the step after it was written
    """

    site: str
    head: int | None
    how: Extraction = "argmax"
    least: float = 0.0
    shift: int = 0


class Agreement(NamedTuple):
    """Figures from 0 to 1 over all sentences; `crossing_recall` of sure links that cross."""

    error_rate: float
    precision: float
    recall: float
    f1: float
    crossing_recall: float


def read(path: Path) -> list[AlignedPair]:
    """One JSON object a line: src, tgt, raw (both texts), sure and possible [src, tgt] from 0.

    Raises TextError when a line is not so.
    """
    pairs = json_pairs(path.read_text(encoding="utf-8"))
    for line, pair in enumerate(pairs, 1):
        if pair.texts is None:
            raise TextError(
                "Pair {line} of {file} has no texts under “raw”; give both sentences as they are "
                "written.",
                line=line,
                file=path.name,
            )
    return pairs


def own(source: str, target: str) -> list[AlignedPair]:
    """Our own pairs between two languages (ISO 639-1); none where we have none."""
    straight, back = (
        CLASSROOM / f"gold.{one}-{other}.jsonl"
        for one, other in ((source, target), (target, source))
    )
    if straight.is_file():
        return read(straight)
    return [turned(pair) for pair in read(back)] if back.is_file() else []


def turned(pair: AlignedPair) -> AlignedPair:
    """The same pair for a translator of the other direction."""
    sure, possible = (frozenset(map(_turned, links)) for links in pair.gold)
    texts = pair.texts and (pair.texts[1], pair.texts[0])
    return AlignedPair(pair.target, pair.source, Gold(sure, possible), texts)


def _turned(link: Link) -> Link:
    return Link(link.target, link.source)


def looks(reader: Translating, pairs: Sequence[AlignedPair]) -> list[AttendedPair]:
    """What the model looked at while it was made to write each target (forced decoding)."""
    return [_look(reader, pair) for pair in pairs]


def _look(reader: Translating, pair: AlignedPair) -> AttendedPair:
    texts = pair.texts or (" ".join(pair.source), " ".join(pair.target))
    made = reader.align(*texts)
    deep = len(made.cross)
    several = [made.cross[-count:] for count in range(2, deep + 1)]  # the last two, three, …
    return attended(made, pair, several)


def attended(
    made: Translation, pair: AlignedPair, joined: Sequence[Sequence[Site]] = ()
) -> AttendedPair:
    """What each layer looked at, and each of these joined ones, beside the links of people.

    Raises TextError when a word of the pair is not in its text.
    """
    sites = [*made.cross, *map(together, joined)]
    return AttendedPair(
        [(site.name, site.weights()) for site in sites],
        places(made.target, pair.target),
        places(made.source, pair.source),
        pair.gold,
    )


def best_reading(found: Sequence[AttendedPair]) -> Reading:
    """The reading with the lowest error rate of these pairs.

    Raises TextError when there are none.
    """
    ranking = HeadRanking()
    for look in found:
        ranking.add(look)
    best = ranking.best()
    return Reading(best.site, best.head, *best.method, best.shift)


def usual_reading(look: AttendedPair) -> Reading:
    """The mean of all that looks at the source, where no pairs are there to choose a part on."""
    name, weights = look.sites[-1]
    return Reading(name, 0 if len(weights) == 1 else None)


def links(look: AttendedPair, reading: Reading) -> list[Link]:
    """The links of one sentence, read in one way."""
    weights = word_weights(look, reading)
    return extract(weights, reading.how, reading.least)


def word_weights(look: AttendedPair, reading: Reading) -> Matrix:
    """(target word, source word): added over keys, averaged over queries."""
    heads = dict(look.sites)[reading.site]
    chosen = heads.mean(0) if reading.head is None else heads[reading.head]
    return at_words(chosen, look, reading.shift)


def best_symmetry(
    forward: Sequence[list[Link]], reverse: Sequence[list[Link]], gold: Sequence[Gold]
) -> Symmetry:
    """The way of joining two directions that has the lowest error rate of these pairs."""
    return min(
        SYMMETRIES, key=lambda how: agreement(joined(forward, reverse, how), gold).error_rate
    )


def joined(
    forward: Sequence[list[Link]], reverse: Sequence[list[Link]], how: Symmetry
) -> list[list[Link]]:
    """Both directions of every sentence made into one; the reverse ones as their model has them."""
    return [
        symmetrised(one, list(map(_turned, other)), how)
        for one, other in zip(forward, reverse, strict=True)
    ]


def diagonal(pairs: Sequence[AlignedPair]) -> Agreement:
    """What any aligner must beat."""
    found = [diagonal_links(len(pair.source), len(pair.target)) for pair in pairs]
    return agreement(found, [pair.gold for pair in pairs])


def agreement(found: Sequence[Sequence[Link]], gold: Sequence[Gold]) -> Agreement:
    """How right the links of all sentences are; recall of crossing links is 0 where none cross."""
    crossed = [crossing(one.sure) for one in gold]
    hits = sum(len(one & set(made)) for one, made in zip(crossed, found, strict=True))
    scored = scores(zip(found, gold, strict=True))
    return Agreement(
        scored.error_rate, scored.precision, scored.recall, scored.f1,
        hits / max(1, sum(map(len, crossed))),
    )  # fmt: skip


def places(axis: TextAxis, words: tuple[str, ...]) -> list[list[int]]:
    """For each word the positions of the tokens that share characters with it.

    A word of nothing but blanks has none. Raises TextError when a word is not in the text, in this
    order.
    """
    text, found, start = normalised(axis.text), list[list[int]](), 0
    for word in words:
        read = tidy(word)
        start = text.find(read, start)
        if start < 0:
            raise TextError(
                "The word “{word}” is not in “{text}” where its alignment needs it; "
                "correct the gold file.",
                word=word,
                text=axis.text,
            )
        end = start + len(read)
        found.append([place for place, token in enumerate(axis.tokens) if _in(token, start, end)])
        start = end
    return found


def _in(token: Token, start: int, end: int) -> bool:
    """Whether a token shares characters with a word; a lone space belongs to the word it leads."""
    return start < end and (token.start == start or (token.start < end and token.end > start))
