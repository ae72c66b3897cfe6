"""Every file format there is: those beside this file, and those that installed packages bring.

>>> {"csv", "marian", "npz"} <= set(attention())
True
>>> recognised(b",the,cat\\nle,0.9,0.1\\n").title
'CSV table'
>>> recognised(b"Once upon a time")  # doctest: +ELLIPSIS
Traceback (most recent call last):
    ...
attention_core.errors.TextError: None of the ... known formats recognises this file; ...

A module `attention_core/files/formats/*.py` is found by itself if it has a FORMAT. A package of
somebody else names its own in the entry points `attention_atlas.formats`:

    [project.entry-points."attention_atlas.formats"]
    mine = "my_package.my_module:FORMAT"
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from types import ModuleType
from typing import Final, TypeVar

from attention_core.errors import AttentionError, TextError
from attention_core.files import formats
from attention_core.files.coding import LOOKED_AT
from attention_core.files.format import AttentionFormat, Format, LinksFormat, PairsFormat
from attention_core.files.text import decoded
from attention_core.finding import found

Kind = TypeVar("Kind", bound=Format)
GROUP: Final = "attention_atlas.formats"


@cache
def every() -> tuple[Format, ...]:
    """In order of their titles.

    Raises AttentionError where an installed package's entry is no format, or its name is taken.
    """
    brought = [getattr(one, "FORMAT", one) for one in found(formats, GROUP)]
    return checked([one for one in brought if not isinstance(one, ModuleType)])


def checked(found: Sequence[object]) -> tuple[Format, ...]:
    """These formats in order of their titles, if they are formats and no two share a name."""
    made = dict[tuple[type, str], Format]()
    for one in found:
        if not isinstance(one, AttentionFormat | LinksFormat | PairsFormat):
            raise AttentionError(
                "“{found}” is no file format; an entry of {group} must name an AttentionFormat, "
                "a LinksFormat or a PairsFormat.",
                found=repr(one)[:80], group=GROUP,
            )  # fmt: skip
        if made.setdefault((type(one), one.name), one) is not one:
            raise AttentionError(
                "There are two file formats with the name “{name}”; rename one of them.",
                name=one.name,
            )
    return tuple(sorted(made.values(), key=lambda one: one.title.lower()))


def _of(kind: type[Kind]) -> dict[str, Kind]:
    return {one.name: one for one in every() if isinstance(one, kind)}


def attention() -> dict[str, AttentionFormat]:
    """Formats of attention by their names."""
    return _of(AttentionFormat)


def links() -> dict[str, LinksFormat]:
    """Formats of links by their names."""
    return _of(LinksFormat)


def pairs() -> dict[str, PairsFormat]:
    """Formats of pairs of sentences by their names."""
    return _of(PairsFormat)


def recognised(data: bytes) -> AttentionFormat:
    """The one format of attention that this file is in; never a guess.

    Raises TextError where none or several recognise it.
    """
    read = [one for one in attention().values() if one.read is not None]
    head = data[:LOOKED_AT]
    found = [one for one in read if one.recognise(head)]
    if len(found) > 1:
        raise TextError(
            "More than one format recognises this file ({formats}); choose its format.",
            formats=", ".join(one.name for one in found),
        )
    if not found:
        _named_otherwise(head)
        decoded(data)
        raise TextError(
            "None of the {count} known formats recognises this file; if you know its format, "
            "choose it.",
            count=len(read),
        )
    return found[0]


def _named_otherwise(head: bytes) -> None:
    """Raises TextError where a file holds something else that we know."""
    if any(one.recognise(head) for one in links().values()):
        raise TextError(
            "This file holds links between words, but no weights of attention; Find the head that "
            "aligns reads it together with its sentences."
        )
    if any(one.recognise(head) for one in pairs().values()):
        raise TextError(
            "This file holds pairs of sentences, but no weights of attention; Follow a corpus "
            "reads it."
        )
