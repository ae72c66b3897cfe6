"""Text as a reader may see it and as a model may read it.

>>> visible("word"), visible(chr(0x200B)), visible("\\n  ")
('word', '⟨200B⟩', '⏎␣␣')
>>> readable("  two   words "), typed("  two   words ")
('two words', '  two   words ')
"""

from __future__ import annotations

import unicodedata

from attention_core.errors import TextError

_BREAKS = str.maketrans({"\n": "⏎", "\r": "␍", "\t": "⇥"})
"""How what moves the writing on is drawn."""


def visible(text: str) -> str:
    """A reader's characters with the invisible ones named: U+200D alone becomes ⟨200D⟩.

    Blanks around visible characters are left out; line breaks and tabs are drawn. Joiners between
    visible characters stay, so that a joined emoji remains one picture.
    """
    shows = any(map(_shows, text))
    text = text.translate(_BREAKS)
    if shows:
        text = text.strip()
        return "".join(
            character if _harmless(character) else f"⟨{ord(character):04X}⟩" for character in text
        )
    return "".join(map(_drawn, text))


def _drawn(character: str) -> str:
    if _shows(character):
        return character
    return "␣" if character.isspace() else f"⟨{ord(character):04X}⟩"


def _shows(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS"


def _harmless(character: str) -> bool:
    category = unicodedata.category(character)
    joins = character in "\u200c\u200d\ufe0e\ufe0f" or "\U000e0020" <= character <= "\U000e007f"
    return category[0] not in "C" or category == "Co" or joins


def readable(text: str) -> str:
    """The text a translator reads: composed, on one line, without what cannot be encoded.

    Raises TextError when nothing is left.
    """
    text = typed(text).replace("\x00", "")
    return typed(" ".join(unicodedata.normalize("NFC", text).split()))


def typed(text: str) -> str:
    """The text as it was typed, without the halves of characters that cannot be encoded.

    Raises TextError when there is nothing to see in it.
    """
    text = "".join(c for c in text if unicodedata.category(c) != "Cs")
    if not any(map(_shows, text)):
        raise TextError("There is no word here yet; type at least one word.")
    return text
