"""Which one-byte coding a text beyond Latin is in: the one under which its letters are likely.

Such a coding gives the same bytes to other letters than its neighbours, so each makes another
language of them. We know how often each letter is written in a language; the bytes beyond ASCII
are taken as drawn by these chances, one by one, and the coding that makes them likeliest is the
answer, if it does so by far and as likely as a real text would be (a naive Bayes classifier).

>>> told("Я тебя очень люблю".encode("koi8-r")), told("Σε αγαπώ πολύ".encode("cp1253"))
('koi8_r', 'cp1253')
>>> told("l’été".encode("cp1252")) is None
True
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import cache
from math import log
from typing import Final

FEWEST: Final = 6
"""Bytes beyond ASCII without which nothing is told."""
MARGIN: Final = 6.0
"""By how much the likeliest must be likelier than any other that reads another text (nats)."""
LEAST: Final = -4.2
"""Nats of each byte; a text in its own language has about −3, in any other coding below −5."""
AKIN: Final = 0.1
"""The most characters in which two readings differ of which the likelier is simply taken."""
MIXED: Final = 0.2
"""The most of the bytes beyond ASCII that touch a Latin letter, in a text that is not Latin."""
_TOUCHING: Final = re.compile(rb"(?<=[A-Za-z])[\x80-\xff]|[\x80-\xff](?=[A-Za-z])")
_HIGH: Final = re.compile(rb"[\x80-\xff]")
_WORD: Final = re.compile(rb"[\x80-\xff]+")
_TURKISH: Final = re.compile(rb"[\xd0\xdd\xde\xf0\xfd\xfe]")
"""What Windows-1254 has in place of the Icelandic letters of Windows-1252."""
_CAPITALS, _SIGNS, _OTHERS = 0.05, 0.03, 1e-5
"""Chances of a capital letter, of a usual sign, and of each byte that is neither."""
_MARKS: Final = "«»°§·№\u00a0،؛؟ـ"
_TYPED: Final = "–—…“”„‘’\u200c\u200d"
"""Signs that texts of Windows have."""

CYRILLIC: Final = (
    "о100 е84 а86 и75 н67 т63 с52 р48 в45 л42 к36 м32 д30 п28 у27 я21 ы13 ь14 г17 з18 б16 ч14 й11 "
    "х9 ж9 ш7 ю6 ц6 щ4 э3 ф3 ъ4 ё1 і10 ї2 є2 ґ0.1 ј2 љ0.5 њ0.7 ћ0.5 ђ0.3 џ0.1 ў0.5"
)
GREEK: Final = (
    "α109 ο87 ι73 ε71 τ80 σ50 ν65 η44 υ36 ρ42 π41 κ41 μ33 λ30 ς41 ω18 γ19 δ18 θ12 χ11 φ9 β7 ξ5 ζ4 "
    "ψ2 ά15 ό18 ί23 έ15 ή13 ύ9 ώ8 ϊ1 ϋ0.3 ΐ0.2 ΰ0.1"
)
HEBREW: Final = (
    "י111 ו104 ה109 ל74 א63 ר56 ת50 ב47 מ46 ש44 נ29 ע32 ם33 ד26 ק21 ח25 פ17 כ27 ט12 ג12 ס15 ז13 "
    "צ12 ן20 ך8 ף3 ץ1"
)
ARABIC: Final = (
    "ا125 ل119 ي67 م65 و60 ن64 ر45 ت47 ب39 ة37 ع36 د30 س25 ف29 ه30 ك23 ق24 أ30 ح20 ج13 ش10 ط10 "
    "ص9 ى11 خ8 إ10 ض6 ز6 ذ9 ث6 ئ3 ء4 غ4 ظ2 ؤ2 آ2 پ2 چ1 ژ0.3 گ2 ً1 َ1 ُ1 ِ1 ّ1 ْ1"
)
THAI: Final = (
    "า70 น64 ร60 อ53 ่55 ก50 เ46 ง45 ั42 ้40 ม39 ี37 ย35 ว33 ล32 ด30 ท28 ส25 ต24 ค23 ิ22 ห22 ะ20 "
    "ป20 บ19 แ19 จ15 ไ15 ื15 ุ15 พ14 ็13 ู13 ใ13 ำ13 ข12 ช12 ์12 โ8 ถ7 ึ6 ผ5 ซ5 ศ5 ธ4 ณ4 ภ4 ญ3 "
    "ษ3 ฟ3 ๆ3 ฐ2 ฉ2 ฝ1 ฎ0.5 ฏ0.5 ฮ0.5 ฬ0.3 ๊1 ๋1"
)
TURKISH: Final = "ı51 ü19 ş18 ç12 ğ11 ö8 İ3 â0.5 î0.2 û0.2"
WESTERN: Final = (
    "ð44 á18 í16 þ15 ö8 æ9 ó10 é30 ú6 ý2 à8 è8 ê4 ç3 ä12 ü12 ß4 ñ5 å8 ø8 ã5 õ3 â2 ô2 î2 ë1 ï1 û1 ù1"
)
"""How often each letter is written, in any unit: small letters, rounded from counts of texts."""

_SCRIPTS: Final[Mapping[str, tuple[str, ...]]] = {
    CYRILLIC: ("cp1251", "koi8_r", "koi8_u", "iso8859_5", "cp866"),
    GREEK: ("cp1253", "iso8859_7"),
    HEBREW: ("cp1255",),
    ARABIC: ("cp1256", "iso8859_6"),
    THAI: ("cp874",),
}
"""The codings of each script, the more usual first."""


def told(data: bytes) -> str | None:
    """The codec of a text, of whose letters those beyond ASCII tell it; None where none does."""
    high = Counter(data.translate(None, bytes(range(128))))
    mixed = len(_TOUCHING.findall(data)) > MIXED * high.total()
    if high.total() < FEWEST or mixed or high.total() < 2 * len(_WORD.findall(data)):
        return None
    codecs = [codec for known in _SCRIPTS.values() for codec in known]
    chances = {codec: _chance(high, codec) for codec in codecs}
    best = max(chances, key=lambda codec: chances[codec])
    if chances[best] < LEAST * high.total():
        return None
    close = [one for one in codecs if chances[best] - chances[one] < MARGIN]
    texts = {codec: data.decode(codec, "replace") for codec in close}
    if any(_apart(text, texts[best]) > AKIN for text in texts.values()):
        return None
    return next(codec for codec in close if texts[codec] == texts[best])


def _apart(one: str, other: str) -> float:
    """The share of characters in which two readings of the same bytes differ."""
    return sum(a != b for a, b in zip(one, other, strict=True)) / len(other)


def turkish(data: bytes) -> bool:
    """Whether a text in Latin letters is likelier Turkish than of the west of Europe."""
    if not _TURKISH.search(data):
        return False
    high = Counter(_HIGH.findall(data))
    counted = Counter({letter[0]: count for letter, count in high.items()})
    ways = (("cp1254", TURKISH), ("cp1252", WESTERN))
    mine, theirs = (_sum(counted, _chances(codec, letters)) for codec, letters in ways)
    return mine > theirs


def _chance(high: Counter[int], codec: str) -> float:
    """The logarithm of how likely these bytes are as a text in that coding."""
    letters = next(script for script, known in _SCRIPTS.items() if codec in known)
    return _sum(high, _chances(codec, letters))


def _sum(high: Counter[int], chances: Sequence[float]) -> float:
    return sum(count * chances[byte] for byte, count in high.items())


@cache
def _chances(codec: str, letters: str) -> Sequence[float]:
    """The logarithm of the chance of each byte beyond ASCII, as a list of 256."""
    found = [_OTHERS] * 256
    weights = {one[0]: float(one[1:]) for one in letters.split()}
    whole = sum(weights.values())
    signs = _MARKS + (_TYPED if codec.startswith("cp") else "")
    for sign in signs:
        _add(found, codec, sign, _SIGNS / len(_MARKS + _TYPED))
    for letter, weight in weights.items():
        _add(found, codec, letter, weight / whole)
        if letter.upper() != letter:
            _add(found, codec, letter.upper(), _CAPITALS * weight / whole)
    return list(map(log, found))


def _add(found: list[float], codec: str, letter: str, chance: float) -> None:
    try:
        made = letter.encode(codec)
    except UnicodeEncodeError:
        return
    if len(made) == 1 and made[0] >= 128:
        found[made[0]] += chance
