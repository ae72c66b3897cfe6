"""Where the words of a text are, in any script.

>>> text = "J'aime l'eau."
>>> [text[start:end] for start, end in word_spans(text, "fr")]
["J'", 'aime', "l'", 'eau', '.']
>>> [place for place in word_spans("我爱你")]
[(0, 1), (1, 2), (2, 3)]
"""

from __future__ import annotations

import regex  # type: ignore[import-untyped]

_ALONE = r"\u2e80-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
"""Blocks of Han, kana and Hangul with their marks: no blanks stand between their words."""
_LETTER = rf"(?![{_ALONE}])[\p{{L}}\p{{N}}_]"  # regex's own \w lacks the 2 of H₂O and the ½
_SIGN = r"[^\p{L}\p{N}_\s\x1c-\x1f]"
_MARK = r"[\p{M}\p{Emoji_Modifier}\U000e0020-\U000e007f]"
_INNER = rf"(?:{_LETTER}|{_MARK}|[\u200c\u200d])*+"  # Persian and Indic words hold joiners
_WORD = regex.compile(
    rf"(?!\s)[{_ALONE}]{_MARK}*+"  # an ideograph or a syllable stands for itself
    rf"|{_LETTER}{_INNER}(?:['’-]{_LETTER}{_INNER})*+"
    r"|\p{RI}\p{RI}"  # a flag
    rf"|{_SIGN}{_MARK}*+(?:\u200d{_SIGN}{_MARK}*+)*+"  # one mark, or one joined emoji
)
_FRENCH = regex.compile(
    rf"aujourd['’]hui|(?:{_LETTER})+['’](?={_LETTER})|.+", regex.IGNORECASE | regex.DOTALL
)


def word_spans(text: str, language: str = "") -> list[tuple[int, int]]:
    """Start and end of each word or mark; an ideograph is a word, French elides: J' | aime."""
    spans = [match.span() for match in _WORD.finditer(text)]
    if language != "fr":
        return spans
    return [match.span() for span in spans for match in _FRENCH.finditer(text, *span)]
