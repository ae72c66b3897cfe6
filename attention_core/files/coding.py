"""In which coding the bytes of a text are, told by what they hold and never by replacing any.

>>> coding("été".encode()).title, coding("l’été".encode("cp1252")).title
('UTF-8', 'Windows-1252')
>>> coding("私はここにいます".encode("cp932")).title
'Shift JIS'
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from attention_core.errors import TextError
from attention_core.files import letters

LOOKED_AT: Final = 100_000
"""Bytes at the beginning of a file that are looked at to recognise it."""
USUAL: Final = 0.9
"""The share of bytes beyond ASCII that must be usual characters of a coding."""
FEWEST: Final = 12
"""Bytes beyond ASCII that tell one coding of two bytes a character from another."""


class Coding(NamedTuple):
    """A coding of text.

    codec    its name in Python
    title    its name for a reader
    certain  whether a mark or the form of the bytes says so; otherwise it is the likeliest
    """

    codec: str
    title: str
    certain: bool = True


class _Script(NamedTuple):
    """A coding and the bytes of its usual characters; `needed` is in each text of some length."""

    coding: Coding
    usual: re.Pattern[bytes]
    needed: re.Pattern[bytes] = re.compile(b"")
    fewest: int = FEWEST


_MARKED: Final = (
    (codecs.BOM_UTF8, Coding("utf-8-sig", "UTF-8")),
    (codecs.BOM_UTF32_LE, Coding("utf-32", "UTF-32")),
    (codecs.BOM_UTF32_BE, Coding("utf-32", "UTF-32")),
    (codecs.BOM_UTF16_LE, Coding("utf-16", "UTF-16")),
    (codecs.BOM_UTF16_BE, Coding("utf-16", "UTF-16")),
)
_UTF8: Final = Coding("utf-8-sig", "UTF-8")
_UNMARKED: Final = (Coding("utf-16-le", "UTF-16", False), Coding("utf-16-be", "UTF-16", False))
_BY_LETTERS: Final = {
    "cp1251": "Windows-1251", "koi8_r": "KOI8-R", "koi8_u": "KOI8-U", "iso8859_5": "ISO 8859-5",
    "cp866": "IBM 866", "cp1253": "Windows-1253", "iso8859_7": "ISO 8859-7",
    "cp1255": "Windows-1255", "cp1256": "Windows-1256", "iso8859_6": "ISO 8859-6",
    "cp874": "Windows-874 (TIS-620)", "cp1254": "Windows-1254",
}  # fmt: skip
"""Codings of one byte a letter that `letters` tells, and their names for a reader."""
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_SIGNS: Final = rb"\x80\x85\x91-\x97\xa0\xa1\xa3\xa7\xab\xb0\xb7\xbb\xbf"
_LETTERS: Final = rb"\x8c\x9c\xc0-\xd6\xd8-\xf6\xf8-\xff"
"""Usual ones of Windows-1252. Where no Latin letter is beside them, few stand together."""
_WESTERN: Final = Coding("cp1252", "Windows-1252", False)
_SCRIPTS: Final = (
    _Script(
        Coding("euc_jp", "EUC-JP", False),
        re.compile(rb"[\xa1-\xa5\xb0-\xcf][\xa1-\xfe]"),
        re.compile(rb"(?:[\xa4\xa5][\xa1-\xf6]){2}"),
    ),
    _Script(
        Coding("cp932", "Shift JIS", False),
        re.compile(rb"[\x81-\x84\x88-\x98][\x40-\x7e\x80-\xfc]"),
        re.compile(rb"(?:\x82[\x9f-\xf1]|\x83[\x40-\x96]){2}"),
    ),
    _Script(
        Coding("euc_kr", "EUC-KR", False),
        re.compile(rb"[\xa1-\xa3\xb0-\xc8][\xa1-\xfe]"),
        re.compile(rb"\A(?!.*(?:\xa1\xa3|\xa3\xac))", re.DOTALL),  # no Chinese stop or comma
    ),
    _Script(Coding("gb18030", "GB18030", False), re.compile(rb"[\xa1-\xa3\xb0-\xd7][\xa1-\xfe]")),
    _Script(Coding("big5", "Big5", False), re.compile(rb"[\xa1-\xc6][\x40-\x7e\xa1-\xfe]")),
    _Script(
        _WESTERN,
        re.compile(
            rb"(?<![\x80-\xff])"
            rb"(?:(?<=[A-Za-z])%(all)b{1,3}|%(all)b{1,3}(?=[A-Za-z])"
            rb"|%(signs)b{1,2}%(letters)b?%(signs)b{0,2}|%(letters)b%(signs)b{0,2}|[\xde\xfe]\xfa)"
            rb"(?![\x80-\xff])"
            % {
                b"all": b"[" + _SIGNS + _LETTERS + b"]",
                b"signs": b"[" + _SIGNS + b"]",
                b"letters": b"[" + _LETTERS + b"]",
            }
        ),
        fewest=1,
    ),
)
"""Narrow ones first: what is usual in Korean is usual in Chinese too, but hardly the reverse."""
CHOSEN: Final = {
    "utf_8": "UTF-8", **{one.codec.replace("-", "_"): f"{one.title} {order}" for one, order in
    zip(_UNMARKED, ("LE", "BE"), strict=True)}, "cp1252": "Windows-1252", "cp1250": "Windows-1250",
    **_BY_LETTERS, **{one.coding.codec: one.coding.title for one in _SCRIPTS},
}  # fmt: skip
"""Codings that a reader may name, by their names in Python."""


def coding(data: bytes) -> Coding:
    """The coding of a text, which may be cut off in the middle of a character.

    A mark at the beginning decides, then whether it is UTF-8, then on which side zeros stand, then
    whether what is beyond ASCII is usual in one of the old codings, by its letters in those of
    one byte, by its form in those of two. Raises TextError, with the
    line, where nothing speaks for any of them.
    """
    for mark, marked in _MARKED:
        if data.startswith(mark):
            return marked
    wrong = _broken(data, _UTF8)
    if wrong is None and b"\0" not in data:
        return _UTF8
    for known in _likely(data[max(0, (wrong or 0) - LOOKED_AT // 2) :][:LOOKED_AT]):
        if _broken(data, known) is None:
            return known
    if wrong is None:
        return _UTF8
    raise TextError(
        "Line {line} of this file is not UTF-8 text, and no other coding fits it well; choose its "
        "coding, or save the file as UTF-8.",
        line=data.count(b"\n", 0, wrong) + 1,
    )


def _broken(data: bytes, known: Coding) -> int | None:
    """Where the bytes are not in this coding; None where all are."""
    try:
        codecs.getincrementaldecoder(known.codec)().decode(data)
    except UnicodeDecodeError as fault:
        return fault.start
    return None


def _likely(data: bytes) -> Iterator[Coding]:
    """What a part of a text may be in, the likeliest first."""
    if zeros := data.count(b"\0"):
        for side, one in zip((1, 0), _UNMARKED, strict=True):
            if data[side::2].count(b"\0") > USUAL * zeros:
                yield one
        return
    by_letters = letters.told(data)
    if by_letters is not None:
        yield _lettered(by_letters)
    high = len(_HIGH.findall(data))
    for script in _SCRIPTS:
        if high < script.fewest or not script.needed.search(data) or _share(data, script) < USUAL:
            continue
        turkish = script.coding is _WESTERN and letters.turkish(data)
        yield _lettered("cp1254") if turkish else script.coding


def _lettered(codec: str) -> Coding:
    return Coding(codec, _BY_LETTERS[codec], False)


def _share(data: bytes, script: _Script) -> float:
    """Of the bytes beyond ASCII, those of usual characters."""
    left = script.usual.sub(b"", data)
    return 1 - len(_HIGH.findall(left)) / len(_HIGH.findall(data))
