"""The tokenizer of somebody else's model: its texts are cut in a process with limits.

What such a tokenizer does with a text is written in its file: expressions, replacements, tables.
Some take for ever, some take all memory, some end the process. Names and numbers of its pieces
are looked up here as ever; a text is cut next door (`models.work.apart`).
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any, Final, Protocol

from tokenizers import AddedToken, Tokenizer, decoders

from attention_core.errors import TextError
from models.work import cutter
from models.work.apart import MEMORY, Apart, GivenUp, Purse

log = logging.getLogger("attention_atlas")

SECONDS: Final = 10.0
"""For one text; the longest that is looked at, a million characters, takes about two."""


TOGETHER: Final = 30.0
"""For all cuts of one reading: a text is cut anew to count, to shorten it, and to remark on it."""
_PURSE: ContextVar[Purse | None] = ContextVar("purse", default=None)
REMEMBERED: Final = 4096
"""Lists of pieces whose text is kept: a search makes the same beginnings again and again."""


@contextmanager
def one_reading() -> Iterator[None]:
    """Somebody else's tokenizer has TOGETHER seconds for all that it is asked in this block."""
    token = _PURSE.set(_PURSE.get() or Purse(TOGETHER))
    try:
        yield
    finally:
        _PURSE.reset(token)


class Cut(Protocol):
    """A text as a tokenizer cuts it: one entry for each token."""

    @property
    def ids(self) -> Sequence[int]: ...
    @property
    def tokens(self) -> Sequence[str]: ...
    @property
    def offsets(self) -> Sequence[Sequence[int]]: ...
    @property
    def type_ids(self) -> Sequence[int]: ...
    @property
    def sequence_ids(self) -> Sequence[int | None]: ...
    @property
    def special_tokens_mask(self) -> Sequence[int]: ...


class Cutter(Protocol):
    """What is asked of a tokenizer here; one of the library's is such a one."""

    def encode(
        self, sequence: str, pair: str | None = None, *, add_special_tokens: bool = True
    ) -> Cut: ...
    def num_special_tokens_to_add(self, is_pair: bool) -> int: ...
    def get_vocab(self) -> Mapping[str, int]: ...
    def get_added_tokens_decoder(self) -> Mapping[int, AddedToken]: ...
    def id_to_token(self, id: int) -> str | None: ...
    def token_to_id(self, token: str) -> int | None: ...


@dataclass(frozen=True)
class _Answer:
    ids: Sequence[int]
    tokens: Sequence[str]
    offsets: Sequence[Sequence[int]]
    type_ids: Sequence[int]
    sequence_ids: Sequence[int | None]
    special_tokens_mask: Sequence[int]


class Distant:
    """A tokenizer whose texts are cut in a process with limits.

    known  the same tokenizer here: its pieces are looked up, and it is given no text
    name   of the model, for sentences
    own    True reads a typed "[SEP]" as the model's own token
    """

    def __init__(
        self, known: Tokenizer, name: str, own: bool = False, apart: Apart | None = None
    ) -> None:
        self.num_special_tokens_to_add = known.num_special_tokens_to_add
        self.get_vocab = known.get_vocab
        self.get_added_tokens_decoder = known.get_added_tokens_decoder
        self.id_to_token = known.id_to_token
        self.token_to_id = known.token_to_id
        self._known = known
        self._name = name
        self._own = own
        self._apart = apart or Apart(cutter.__name__, {"open": known.to_str()})
        self._said = lru_cache(REMEMBERED)(partial(_joined, self._apart, name))

    def commanded(self) -> Distant:
        """The same one, for which a typed "[SEP]" is the model's own token."""
        return Distant(self._known, self._name, True, self._apart)

    def encode(
        self, sequence: str, pair: str | None = None, *, add_special_tokens: bool = True
    ) -> Cut:
        """The text, or the pair, in tokens.

        Raises TextError when the tokenizer does not come to an end within its limits.
        """
        asked = {"cut": [sequence, pair], "own": self._own, "special": add_special_tokens}
        return _Answer(**_asked(self._apart, self._name, asked))

    def decode(self, pieces: Sequence[str]) -> str:
        """What these pieces say; raises TextError as `encode` does."""
        return self._said(tuple(pieces))


def _joined(apart: Apart, name: str, pieces: tuple[str, ...]) -> str:
    """No method: what a tokenizer remembers must not keep it, and with it its process, alive."""
    return str(_asked(apart, name, {"join": pieces}))


def _asked(apart: Apart, name: str, question: Mapping[str, Any]) -> Any:
    """What the process of a model's tokenizer answers."""
    purse = _PURSE.get() or Purse(SECONDS)
    try:
        return apart.ask(question, SECONDS, purse=purse).said
    except GivenUp as fault:
        log.warning("The tokenizer of %s was given up: %s", name, fault.reason)
        raise TextError(
            "The tokenizer of {model} breaks off with this text, or needs more than {seconds} "
            "seconds or {memory} GiB of memory for it, and was stopped. "
            "Try another text, or choose another model.",
            model=name,
            seconds=round(SECONDS if purse.left > 0 else max(SECONDS, TOGETHER)),
            memory=MEMORY >> 30,
        ) from fault


def for_readers(tokenizer: Cutter, name: str, foreign: bool) -> Cutter:
    """The tokenizer, so set that it reads a whole text, and a typed "[SEP]" as plain text.

    name     of the model, for sentences
    foreign  True where somebody else made it, so that it is given no text in this process
    """
    if not isinstance(tokenizer, Tokenizer):
        return tokenizer
    tokenizer.no_truncation()
    tokenizer.no_padding()
    tokenizer.encode_special_tokens = True
    return Distant(tokenizer, name) if foreign else tokenizer


def commanded(tokenizer: Cutter) -> Cutter:
    """The tokenizer that takes a typed "[SEP]" for the model's own token."""
    if isinstance(tokenizer, Distant):
        return tokenizer.commanded()
    return Tokenizer.from_str(tokenizer.to_str()) if isinstance(tokenizer, Tokenizer) else tokenizer


def joined(tokenizer: Cutter, pieces: Sequence[str]) -> str:
    """The text that these pieces are of."""
    if isinstance(tokenizer, Distant):
        return tokenizer.decode(pieces)
    decoder = tokenizer.decoder if isinstance(tokenizer, Tokenizer) else None
    return str((decoder or decoders.WordPiece()).decode(list(pieces)))
