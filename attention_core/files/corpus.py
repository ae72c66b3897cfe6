"""A file of pairs as a reader brings it: read, tidied, and what is to be said of it.

>>> found = read("table", [b"I &apos;m cold\\tJ&apos; ai froid\\t1-1\\n"])
>>> found.rows[0].source, len(found.notes)
("I 'm cold", 2)
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Final

from attention_core.errors import AttentionError
from attention_core.files import registry
from attention_core.files.format import Reading
from attention_core.files.pairs import Pair, Pairs
from attention_core.files.text import assumed
from attention_core.watching.record import Note

ESCAPES: Final = {
    "&apos;": "'", "&quot;": '"', "&lt;": "<", "&gt;": ">", "&#124;": "|", "&#91;": "[",
    "&#93;": "]", "&amp;": "&",
}  # fmt: skip
"""What the tokenizer of Moses writes for signs that its other programs need; & comes last.

Source: scripts/tokenizer/tokenizer.perl of https://github.com/moses-smt/mosesdecoder
"""
FROM_ZERO: Final = Reading()


def read(form: str, files: Sequence[bytes | None], how: Reading = FROM_ZERO) -> Pairs:
    """The pairs of a file with the signs that Moses escapes, and notes on what was assumed.

    Raises TextError for whatever is not as the format needs it, TooLong for too many pairs.
    """
    known = registry.pairs().get(form)
    if known is None or known.read is None:
        raise AttentionError(
            "“{form}” is no format that pairs are read from; there are {known}.",
            form=form, known=", ".join(registry.pairs()),
        )  # fmt: skip
    found = known.read(files, how)
    plain = Pairs(tuple(_each(pair, unescaped) for pair in found.rows))
    texts = () if known.declares else [data for data in files if data is not None]
    notes = dict.fromkeys(filter(None, map(assumed, texts)))
    return replace(plain, notes=(*notes, *_remarks(found, plain, known.counted and not how.first)))


def unescaped(text: str) -> str:
    """The text as it was before the tokenizer of Moses escaped it."""
    if "&" in text:
        for escape, sign in ESCAPES.items():
            text = text.replace(escape, sign)
    return text


def _each(pair: Pair, made: Callable[[str], str]) -> Pair:
    """The pair with every text and word of it made into another."""
    linked = pair.aligned
    if linked is not None:
        texts = linked.texts and (made(linked.texts[0]), made(linked.texts[1]))
        source, target = tuple(map(made, linked.source)), tuple(map(made, linked.target))
        linked = linked._replace(source=source, target=target, texts=texts)
    return Pair(made(pair.source), made(pair.target), linked)


def _remarks(found: Pairs, plain: Pairs, counted: bool) -> Iterator[Note]:
    escaped = sum(one != other for one, other in zip(found.rows, plain.rows, strict=True))
    if escaped:
        yield Note(
            "In {count} of {all} pairs signs are escaped as the tokenizer of Moses does it, such "
            "as &apos; for an apostrophe; they were read as the signs themselves.",
            count=escaped, all=len(found),
        )  # fmt: skip
    apart = sum(not unicodedata.is_normalized("NFC", row.source + row.target) for row in plain.rows)
    if apart:
        yield Note(
            "In {count} of {all} pairs a letter and its mark are two characters; models are given "
            "the one character that they form.",
            count=apart, all=len(found),
        )  # fmt: skip
    if counted and from_one(found):
        yield Note(
            "No link of this file names word 0, so its links seem to count words from 1, not "
            "from 0."
        )


def from_one(pairs: Pairs) -> bool:
    """Whether links read from 0 never name a first word, which links that count from 1 cannot."""
    golds = [pair.aligned.gold for pair in pairs.rows if pair.aligned is not None]
    links = [link for gold in golds for kind in gold for link in kind]
    return bool(links) and all(min(link) > 0 for link in links)
