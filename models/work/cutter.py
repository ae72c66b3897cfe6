"""The tokenizer that somebody else made, as it cuts texts in a process with limits; see `apart`.

It imports nothing but the library of tokenizers, so that it is there in a tenth of a second.

{"open": …}                 the tokenizer as JSON
{"file": …, "added": […]}   its file, and tokens that will be added to it: can it be read at all?
{"cut": […], "own": …}      a text or a pair; own: typed names of special tokens mean these
{"join": […]}               pieces, to be made a text again
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders


def answering() -> Callable[[Mapping[str, Any], list[bytes]], tuple[Any, list[bytes]]]:
    """What answers the questions of one process."""
    cutter = Cutter()
    return lambda question, _parts: (cutter.answer(question), [])


class Cutter:
    """Answers questions about one tokenizer."""

    def __init__(self) -> None:
        self.tokenizer: Tokenizer | None = None

    def answer(self, question: Mapping[str, Any]) -> Any:
        if "file" in question:
            return _tried(Tokenizer.from_file(question["file"]), question["added"])
        if "open" in question:
            return self._open(question["open"])
        if self.tokenizer is None:
            raise ValueError("there is no tokenizer yet")
        if "join" in question:
            return (self.tokenizer.decoder or decoders.WordPiece()).decode(question["join"])
        self.tokenizer.encode_special_tokens = not question["own"]
        text, second = question["cut"]
        made = self.tokenizer.encode(text, second, add_special_tokens=question["special"])
        return {
            "ids": made.ids,
            "tokens": made.tokens,
            "offsets": made.offsets,
            "type_ids": made.type_ids,
            "sequence_ids": made.sequence_ids,
            "special_tokens_mask": made.special_tokens_mask,
        }

    def _open(self, text: str) -> int:
        """Read a tokenizer; how many pieces it has."""
        self.tokenizer = Tokenizer.from_str(text)
        self.tokenizer.no_truncation()
        self.tokenizer.no_padding()
        return self.tokenizer.get_vocab_size()


def _tried(tokenizer: Tokenizer, added: list[str]) -> int:
    """Whatever reading it will do, expressions that are run over added tokens included."""
    for normalized in (True, False):
        tokenizer.add_tokens([AddedToken(one, normalized=normalized) for one in added])
    return Tokenizer.from_str(tokenizer.to_str()).get_vocab_size()
