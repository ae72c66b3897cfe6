"""The process in which a tokenizer that somebody else made cuts texts; see `apart`.

A program: it reads one question a line and writes one answer a line, until there are no more. It
imports nothing of ours, so that it starts in a tenth of a second.

{"open": …}                 the tokenizer as JSON
{"file": …, "added": […]}   its file, and tokens that will be added to it: can it be read at all?
{"cut": […], "own": …}      a text or a pair; own: typed names of special tokens mean these
{"join": […]}               pieces, to be made a text again
"""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from typing import Any

from tokenizers import AddedToken, Tokenizer, decoders

try:
    import resource
except ImportError:  # Windows has no such limits
    resource = None  # type: ignore[assignment]

_GRACE = 2
"""Seconds of processor time after its time is over; by then whoever asked has ended it."""


def limited(memory: int) -> None:
    """Take no more bytes than these from now on, where the system can see to that."""
    if resource is None:
        return
    try:
        resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    except (ValueError, OSError):
        return  # no such limit here, as on macOS; the time is limited all the same


def timed(seconds: float) -> None:
    """End by itself when this much processor time has gone, in case nobody is left to do it."""
    if resource is None:
        return
    used = resource.getrusage(resource.RUSAGE_SELF)
    most = int(used.ru_utime + used.ru_stime + seconds) + _GRACE
    resource.setrlimit(resource.RLIMIT_CPU, (most, resource.getrlimit(resource.RLIMIT_CPU)[1]))


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


def main() -> None:
    """Answer until there are no more questions."""
    limited(int(sys.argv[1]))
    cutter = Cutter()
    for line in sys.stdin.buffer:
        question = json.loads(line)
        timed(question["seconds"])
        try:
            said = {"answer": cutter.answer(question)}
        except BaseException as fault:  # noqa: BLE001  # what panics in the library is no Exception
            said = {"fault": f"{type(fault).__name__}: {fault}"}
        sys.stdout.buffer.write(json.dumps(said).encode() + b"\n")
        sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
