"""The words of captions and questions, and how a text becomes numbers.

>>> axis, numbers = read("Is there a red circle?", 14)
>>> [token.text for token in axis.tokens]
['<s>', 'Is', 'there', 'a', 'red', 'circle', '</s>']
>>> numbers[0] == START, numbers[-1] == END
(True, True)
"""

from __future__ import annotations

import re
from typing import Final

from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import TextError
from models.ours.scenes.scene import COLOURS, SHAPES, SIZES

RELATIONS: Final = ("left of", "right of", "above", "below")
WAYS: Final = ("left", "right", "up", "down")
PAD, START, END = 0, 1, 2
SPECIALS: Final = ("<pad>", "<s>", "</s>")
THING: Final = "thing"
"""What stands for any shape."""
PLURALS: Final = {shape + "s": shape for shape in (*SHAPES, THING)}
WORDS: Final = (
    "a", "the", "and", *SIZES, *COLOURS, *SHAPES, THING, *PLURALS,
    "left", "right", "of", "above", "below",
    "what", "colour", "shape", "is", "are", "how", "many", "there",
    "was", "before", "it", "turned", "which", "way", "does", "move", "appears", "last",
)  # fmt: skip
NUMBERS: Final = {word: number for number, word in enumerate((*SPECIALS, *WORDS))}
ALIASES: Final = {
    "color": "colour", "an": "a", "object": THING, "objects": "things",
    "big": "large", "moves": "move", "little": "small",
}  # fmt: skip
"""What is read as another word."""


def read(text: str, limit: int) -> tuple[TextAxis, list[int]]:
    """A text along its words, and their numbers, with <s> before and </s> behind.

    limit  places of both marks and all words

    Raises TextError where there is no word, an unknown one, or too many.
    """
    found = list(re.finditer(r"[^\W_]+(?:['’-][^\W_]+)*", text))
    if not found:
        raise TextError("There is nothing to read; write a few words.")
    unknown = [one.group() for one in found if known(one.group()) is None]
    if unknown:
        raise TextError(
            "The model was trained on a few words only and does not know “{unknown}”. It knows: "
            "{known}.",
            unknown="”, “".join(dict.fromkeys(unknown)),
            known=", ".join(WORDS),
        )
    if len(found) + 2 > limit:
        raise TextError(
            "This text has {count} words; the model reads at most {most}.",
            count=len(found),
            most=limit - 2,
        )
    tokens = (
        Token(SPECIALS[START], 0, 0, special=True),
        *(Token(one.group(), *one.span()) for one in found),
        Token(SPECIALS[END], len(text), len(text), special=True),
    )
    numbers = [NUMBERS[str(known(one.group()))] for one in found]
    return TextAxis("text", text, tokens, "en"), [START, *numbers, END]


def known(word: str) -> str | None:
    """The word as the models know it; None where they do not."""
    lower = word.lower()
    lower = ALIASES.get(lower, lower)
    return lower if lower in NUMBERS else None


def plain(text: str) -> list[str]:
    """The words of a text of ours, none of which is unknown."""
    return text.replace("?", "").split()


def numbered(text: str) -> list[int]:
    """The numbers of a text of ours, with <s> before and </s> behind."""
    return [START, *(NUMBERS[word] for word in plain(text)), END]
