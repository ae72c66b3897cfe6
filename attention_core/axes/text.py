"""Text as a reader may see it and as a model may read it.

>>> visible("word"), visible(chr(0x200B))
('word', '⟨200B⟩')
>>> readable("  two   words ")
'two words'
"""

from __future__ import annotations

import unicodedata

from attention_core.errors import TextError


def visible(text: str) -> str:
    """A reader's characters with the invisible ones named: U+200D alone becomes ⟨200D⟩.

    Joiners between visible characters stay, so that a joined emoji remains one picture.
    """
    if any(_shows(character) for character in text):
        text = text.strip() or text
        return "".join(
            character if _harmless(character) else f"⟨{ord(character):04X}⟩" for character in text
        )
    return "".join(f"⟨{ord(c):04X}⟩" if not c.isspace() else "␣" for c in text)


def _shows(character: str) -> bool:
    return unicodedata.category(character)[0] in "LNPS"


def _harmless(character: str) -> bool:
    category = unicodedata.category(character)
    joins = character in "\u200c\u200d\ufe0e\ufe0f" or "\U000e0020" <= character <= "\U000e007f"
    return category[0] not in "C" or category == "Co" or joins


def readable(text: str) -> str:
    """The text a model may read: composed, on one line, without what cannot be encoded.

    Raises TextError when nothing is left.
    """
    text = "".join(c for c in text if unicodedata.category(c) != "Cs" and c != "\x00")
    text = " ".join(unicodedata.normalize("NFC", text).split())
    if not any(map(_shows, text)):
        raise TextError("There is no word here yet; type at least one word.")
    return text
