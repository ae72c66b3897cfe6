"""What a file format says about itself: one value a file in `attention_core/files/formats/`.

>>> form = LinksFormat(
...     name="dots", title="Dots", endings=("dots",), looks="A dot for each link.",
...     recognise=lambda data: data.startswith(b"."), write=lambda links: "." * len(list(links)),
... )
>>> form.recognise(b"..."), form.recognise(b"???")
(True, False)
>>> form.ways
('out',)
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Literal, NamedTuple

from attention_core.files.imported import Imported
from attention_core.files.pairs import Pairs
from attention_core.numbers.alignment import AlignedPair, Direction, Gold, Link
from attention_core.pictures.views import View

Way = Literal["in", "out"]


@dataclass(frozen=True, kw_only=True)
class Format:
    """A kind of file that is read, written, or both.

    name       stands in addresses
    title      what people call it, marked for translation where it is no name
    endings    of file names, without the dot, the usual one first
    looks      what such a file looks like, in a sentence for whoever brings one
    recognise  whether a file may be one, judged by its first bytes (at most `coding.LOOKED_AT`);
               it says yes only where something speaks for it, and to no file of another format
    mime       what a browser is told when it is saved
    """

    name: str
    title: str
    endings: tuple[str, ...]
    looks: str
    recognise: Callable[[bytes], bool]
    mime: str = "text/plain"

    @property
    def ways(self) -> tuple[Way, ...]:
        """Whether it is read, written or both."""
        ways: tuple[Way, ...] = ("in", "out")
        return tuple(
            way
            for way, does in zip(ways, ("read", "write"), strict=True)
            if getattr(self, does, None) is not None
        )


@dataclass(frozen=True, kw_only=True)
class AttentionFormat(Format):
    """Weights of attention with the tokens they belong to.

    read     every sentence of a file; sources are the lines that were translated, for formats that
             lack them (`lacks_sources`). Raises TextError
    write    the numbers of one picture
    binary   whether a file is no text
    """

    read: Callable[[bytes, str], Iterator[Imported]] | None = None
    write: Callable[[View], bytes] | None = None
    lacks_sources: bool = False
    binary: bool = False


@dataclass(frozen=True, kw_only=True)
class LinksFormat(Format):
    """Word alignments without their words.

    read   for each line its links: text, the number of a first word, which side comes first
    write  the links of one pair of sentences, on one line
    """

    read: Callable[[str, int, Direction], list[Gold]] | None = None
    write: Callable[[Iterable[Link]], str] | None = None


class Part(NamedTuple):
    """One of the files that pairs come in; one that holds `links` may be missing."""

    name: str
    title: str
    endings: tuple[str, ...]
    links: bool = False


class Columns(NamedTuple):
    """Which columns of a table hold what, counted from 0; links is −1 where none does."""

    source: int = 0
    target: int = 1
    links: int = -1


class Table(NamedTuple):
    """A table before it is read: the beginning of each column, and which of them are likely."""

    beginnings: tuple[str, ...]
    likely: Columns


class Reading(NamedTuple):
    """How pairs are to be read.

    cut        True reads the beginning of a file that is too long
    first      the number that links give to a sentence's first word, 0 or 1
    direction  which side the first number of a link counts
    columns    of a table; None takes the likely ones
    """

    cut: bool = False
    first: int = 0
    direction: Direction = "source-target"
    columns: Columns | None = None


@dataclass(frozen=True, kw_only=True)
class PairsFormat(Format):
    """Sentences with their translations and perhaps links.

    parts    the files it comes in
    read     the content of each part, None for one that is missing. Raises TextError, TooLong
    write    pairs that people linked
    declares whether a file itself names its coding
    counted  whether its links may count from 0 or 1, words being what spaces separate
    table    looks into a file whose columns may be in any order; None for other files
    """

    parts: tuple[Part, ...]
    read: Callable[[Sequence[bytes | None], Reading], Pairs] | None = None
    write: Callable[[Iterable[AlignedPair]], str] | None = None
    declares: bool = False
    counted: bool = True
    table: Callable[[bytes], Table] | None = None
