"""What a reader must know of how their text was read: whatever a model does not read as typed.

>>> len(joined("A line.\\nAnother one.")), len(joined("A line. Another one."))
(1, 0)
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from attention_core.axes.text import visible
from attention_core.watching.record import Note
from models.families.cutting import Cutter
from models.families.tokenization import Tokens, left_out

BLANK = "▁"
SHOWN = 6
"""Words that a remark names; more would not be read."""
_LAID_OUT = re.compile(r"\S(?:\s*[^\S ]\s*| {2,})\S")
"""A line break, a tab or several blanks between two words."""


def remarks(
    tokenizer: Cutter, texts: Sequence[str], parts: Iterable[Tokens], unknown: int | None,
    own: bool,
) -> Iterator[Note]:  # fmt: skip
    """In which ways these texts were not read as they were typed.

    parts    the texts as tokens
    unknown  the number that stands for whatever a model does not know; None where it has none
    own      True where typed names of the model's tokens were read as these tokens
    """
    names = named(tokenizer, texts)
    if names and own:
        yield Note("Read as the model's own tokens: {tokens}.", tokens=_listed(names))
    elif names:
        yield as_text(names)
    yield from as_blank(tokenizer, texts)
    parts = tuple(parts)
    strange = [
        token.text
        for part in parts
        for token, number in zip(part.axis.tokens, part.ids, strict=True)
        if number == unknown and not token.special and token.text != token.piece
    ]
    if unknown is not None and strange:
        yield Note(
            "This model does not know {words}: it reads {unknown} in their place.",
            words=_listed(strange),
            unknown=tokenizer.id_to_token(unknown),
        )
    lost = [visible(run) for part in parts for run in left_out(part.axis)]
    if lost:
        yield Note(
            "The tokenizer of this model leaves out {characters}: the model does not read them.",
            characters=_listed(lost),
        )
    if any(_flattened(tokenizer, text) for text in texts):
        yield Note(
            "The tokenizer of this model does not tell line breaks and indentation from "
            "single blanks."
        )


def as_text(names: Iterable[str]) -> Note:
    """What is said of typed names of special tokens that were read as letters."""
    return Note(
        "Read as plain text, and not as the model's own tokens: {tokens}.", tokens=_listed(names)
    )


def as_blank(tokenizer: Cutter, texts: Iterable[str]) -> Iterator[Note]:
    """What is said of a typed sign that pieces write for a blank, where it is read as one."""
    for text in texts:
        if BLANK in text:
            both = (text, text.replace(BLANK, " "))
            ids = [tokenizer.encode(one, add_special_tokens=False).ids for one in both]
            if ids[0] == ids[1]:
                yield Note("Read as a blank, which this model writes so: {sign}.", sign=BLANK)
                return


def joined(*texts: str) -> tuple[Note, ...]:
    """What is said of texts that a translator reads on one line, where they were laid out."""
    if not any(map(_LAID_OUT.search, texts)):
        return ()
    return (Note("Line breaks and several blanks were read as one blank."),)


def named(tokenizer: Cutter, texts: Iterable[str]) -> tuple[str, ...]:
    """The names of special tokens that stand in these texts."""
    added = tokenizer.get_added_tokens_decoder().values()
    names = sorted({token.content for token in added if token.special})
    texts = tuple(texts)
    return tuple(name for name in names if any(name in text for text in texts))


def _flattened(tokenizer: Cutter, text: str) -> bool:
    """Whether a text that is laid out has the same tokens as without."""
    if not _LAID_OUT.search(text):
        return False
    flat = " ".join(text.split())
    ids = (tokenizer.encode(one, add_special_tokens=False).ids for one in (text.strip(), flat))
    return next(ids) == next(ids)


def _listed(words: Iterable[str]) -> str:
    """Each word once, the first few of them."""
    kept = list(dict.fromkeys(words))
    return ", ".join([*kept[:SHOWN], *(["…"] if len(kept) > SHOWN else [])])
