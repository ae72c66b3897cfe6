"""Reading a text with a model while watching where every head looks.

>>> from models.families import fake
>>> reader = Reader("fake", fake.checkpoint())
>>> record = reader.read("The cat sat on the mat.")
>>> [str(site.place) for site in record.sites], record.sites[0].weights().shape
(['encoder.0', 'encoder.1'], torch.Size([4, 9, 9]))
>>> reader.probe("The cat sat.", want=Want(hidden=True)).collector.hidden[1].leaving.shape
torch.Size([1, 6, 32])
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cached_property
from inspect import signature
from typing import Literal

import torch
from tokenizers import Tokenizer
from torch import Tensor

from attention_core.axes.text import typed, visible
from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import AttentionError, ModelError, Superseded, TextError
from attention_core.watching.capture import WEIGHTS, Want, never
from attention_core.watching.edit import Edit
from attention_core.watching.record import AttentionRecord, Note
from models.families.cutting import Cutter, commanded, for_readers, joined, one_reading
from models.families.limits import limit
from models.families.remarks import named, remarks
from models.families.sites import Sides, pair_sides, sites, sound
from models.families.tokenization import Tokens, cut, decoder_input, guarded, tokens
from models.families.untouched import padded, pairs, parting, shapes, steady, stepped
from models.families.watch import Example, Run, Watch, plain
from models.loading.checkpoint import Checkpoint
from models.loading.writing import Writer, writer

_SHORT, _LONG = 7, 65
"""Tokens of the texts on which a model is compared with itself."""
LONGEST = 1_000_000
"""Characters that are tokenized at all; counting the tokens of more would take seconds."""


class Reader:
    """One model that reads texts; many threads may use it at once.

    limit   the most tokens of one text (or pair) that are read
    second  what a second text is: the other `segment` of a pair, or what a `decoder` is given
    routed  True when attention is captured as it is computed and checked against the output;
            False when the model only reports its weights
    """

    def __init__(self, name: str, checkpoint: Checkpoint, asks: bool = True) -> None:
        """asks: False for a model whose attention is known to be captured, as that of ours is."""
        self.name = name
        self._asks = asks
        self._notes = checkpoint.notes
        self._folder = checkpoint.folder
        self._model = checkpoint.model
        self._model.config.use_cache = False  # a text is read once, so a cache would only cost
        known = _guarded(checkpoint.tokenizer.backend_tokenizer)
        self._plain = for_readers(known, name, checkpoint.foreign)
        self._unknown = getattr(checkpoint.tokenizer, "unk_token_id", None)
        self._takes_types = getattr(self._model.config, "type_vocab_size", 0) > 1
        self._takes_global = "global_attention_mask" in signature(self._model.forward).parameters
        self._steady = steady(self._model)
        self._limit = limit(checkpoint)
        self.limit = self._limit.tokens
        paired = pairs(self._model)
        self.second: Literal["segment", "decoder"] = "decoder" if paired else "segment"
        self.watch = Watch(name, self._model, self._example())

    @property
    def routed(self) -> bool:
        return self.watch.routed

    @cached_property
    def _far(self) -> Watch:
        """How texts are watched that are too long for the way in which short ones are computed."""
        given = self._given(self._ordinary, self._steady + 1)
        return Watch(self.name, parting(self._model), Example(given, shapes(given)))

    def _watching(self, parts: tuple[Tokens, ...]) -> Watch:
        return self.watch if len(parts[0]) <= self._steady else self._far

    @cached_property
    def _commanded(self) -> Cutter:
        """The tokenizer that takes a typed "[SEP]" for the model's own token."""
        return commanded(self._plain)

    def named(self, text: str, second: str = "") -> tuple[str, ...]:
        """The names of the model's special tokens that stand in the texts, such as [MASK]."""
        return named(self._plain, (text, second))

    @one_reading()
    def axis(self, text: str, second: str = "") -> TextAxis:
        """The tokens of a text as the model would get them, however many; nothing is computed.

        Raises TextError when there is no word in it.
        """
        return self._tokens(self._plain, text, second)[0].axis

    @one_reading()
    def read(
        self,
        text: str,
        second: str = "",
        cancelled: Callable[[], bool] = never,
        cut: bool = False,
        edits: Sequence[Edit] = (),
        own: bool = False,
    ) -> AttentionRecord:
        """What every head of every layer looked at.

        second     the other text of a pair, or what the decoder is given; may be empty
        cancelled  asked before the pass and between layers; True raises Superseded
        cut        True reads the beginning of a text that is too long, and notes it
        edits      what is done to the attention meanwhile
        own        True reads a typed "[MASK]" as the model's own token, not as plain text

        Raises TextError when there is no word to read, or too many tokens and cut is False;
        AttentionError when an edit names a site that this model has not or cannot change.
        """
        parts, notes = self._fitting(text, second, cut, own)
        if cancelled():
            raise Superseded
        watch = self._watching(parts)
        with watch.changing(edits):
            seen = self._run(watch, parts, cancelled).seen
        if self.second == "decoder" and len(parts) == 1:
            notes = (*notes, Note("Only the encoder has read; a second text goes to the decoder."))
        axes = tuple(part.axis for part in parts)
        kept, left_out = sound(seen)
        found = sites(kept, self._sides(axes))
        said = (*notes, *left_out, *self._notes, *watch.notes)
        return AttentionRecord(self.name, found, axes, said)

    @one_reading()
    def probe(
        self, text: str, second: str = "", want: Want = WEIGHTS, edits: Sequence[Edit] = ()
    ) -> Run:
        """One pass with everything kept that is wanted: values, hidden states, gradients, ….

        Raises as `read` does.
        """
        parts, _ = self._fitting(text, second, False)
        watch = self._watching(parts)
        with watch.changing(edits):
            return self._run(watch, parts, never, want)

    @one_reading()
    def repeated(
        self, count: int = 24, times: int = 3, seed: int = 7, cancelled: Callable[[], bool] = never
    ) -> AttentionRecord:
        """What every head looks at in tokens by chance that are said several times over.

        count  different tokens; fewer where the model's vocabulary or its limit is small

        Raises ModelError where the model reads too few tokens.
        """
        around = self._plain.encode("a").special_tokens_mask
        room = (self.limit - sum(around)) // times
        known = self._spoken
        count = min(count, room, len(known))
        if count < 2:
            raise ModelError("{model} reads too few tokens to repeat any.", model=self.name)
        ids = random.Random(seed).sample(known, count) * times
        made = _between(tokens(self._plain, "a"), ids, [self.piece(one) for one in ids])
        seen = self._run(self._watching((made,)), (made,), cancelled).seen
        axes = (made.axis,)
        return AttentionRecord(self.name, sites(sound(seen)[0], self._sides(axes)), axes)

    @cached_property
    def _spoken(self) -> Sequence[int]:
        """The numbers of tokens that say something on their own: letters alone."""
        kept = [one for one in self._ordinary if self._saying(one)]
        return kept if len(kept) > 1 else self._ordinary

    def _saying(self, number: int) -> bool:
        name = (self._plain.id_to_token(number) or "").lstrip("▁Ġ")
        return len(name) > 1 and name.isalpha()

    @one_reading()
    def given(self, text: str) -> tuple[Watch, Tokens, dict[str, Tensor]]:
        """One text as the model is called with it, its typed special tokens being the model's own,
        and who watches the model meanwhile. Raises as `read` does.
        """
        parts, _ = self._fitting(text, "", False, own=True)
        return self._watching(parts), parts[0], self._inputs(parts[0].ids, parts[0].types)

    @cached_property
    def writer(self) -> Writer | None:
        """The model with the layer that names words; None where it was saved without one."""
        return writer(self._folder, self._model)

    def piece(self, number: int) -> str:
        """What the token of that number says; raises TextError when there is no such token."""
        name = self._plain.id_to_token(number)
        if name is None:
            raise TextError(
                "{model} has no token number {number}; choose one of the words it offers.",
                model=self.name,
                number=number,
            )
        return joined(self._plain, [name]).strip() or visible(name)

    def number(self, piece: str) -> int | None:
        """The number of a token by its name in the vocabulary."""
        return self._plain.token_to_id(piece)

    def _sides(self, axes: tuple[TextAxis, ...]) -> Sides[TextAxis]:
        if self.second == "decoder":
            return pair_sides(axes[0], axes[-1], axes[-1])
        return dict.fromkeys(("encoder", "decoder"), (axes[0], axes[0]))

    def _tokens(self, tokenizer: Cutter, text: str, second: str) -> tuple[Tokens, ...]:
        text = bounded(text)
        second = bounded(second) if second.strip() else ""
        if self.second == "segment":
            return (tokens(tokenizer, text, second),)
        source = tokens(tokenizer, text, name="source")
        if not second:
            return (source,)
        return source, self._decoder_tokens(tokenizer, second)

    def _decoder_tokens(self, tokenizer: Cutter, text: str) -> Tokens:
        start = self._start()
        end = getattr(self._model.config, "eos_token_id", None)
        ends = frozenset(end if isinstance(end, list) else [end])
        target = tokens(tokenizer, text, name="target")
        return decoder_input(target, start, tokenizer.id_to_token(start) or f"#{start}", ends)

    def _start(self) -> int:
        """The number that the decoder is given before the first token."""
        config = self._model.config
        start = getattr(config, "decoder_start_token_id", None)
        start = getattr(config, "bos_token_id", None) if start is None else start
        if start is None:
            raise ModelError(
                "{model} does not say which token starts its decoder; choose another model.",
                model=self.name,
            )
        return int(start)

    def _fitting(
        self, text: str, second: str, agreed: bool, own: bool = False
    ) -> tuple[tuple[Tokens, ...], tuple[Note, ...]]:
        """Tokens within the limit, and notes on what was not read as it was typed."""
        tokenizer = self._commanded if own else self._plain
        parts = self._tokens(tokenizer, text, second)
        longest = max(map(len, parts))
        notes: tuple[Note, ...] = ()
        if longest > self.limit:
            if not agreed:
                raise self._limit.exceeded(longest)
            text, second = self._cut(tokenizer, bounded(text), second)
            parts = self._tokens(tokenizer, text, second)
            notes = (
                Note(
                    "Only the first {limit:,} of {tokens:,} tokens were read.",
                    limit=self.limit,
                    tokens=longest,
                ),
            )
        told = remarks(tokenizer, (text, second), parts, self._unknown, own)
        return parts, (*notes, *told)

    def _cut(self, tokenizer: Cutter, text: str, second: str) -> tuple[str, str]:
        second = bounded(second) if second.strip() else ""
        if self.second == "segment":
            return cut(tokenizer, text, second, self.limit)
        text, _ = cut(tokenizer, text, "", self.limit)
        shorter, _ = cut(tokenizer, second, "", self.limit - 1)
        return text, shorter

    def _inputs(
        self, ids: Sequence[int], types: Sequence[int], written: Sequence[int] = ()
    ) -> dict[str, Tensor]:
        """What the model is called with; `written` is what its decoder is given."""
        device = self._model.device
        made = {"input_ids": torch.tensor([ids], device=device)}
        made["attention_mask"] = torch.ones_like(made["input_ids"])
        if self._takes_global:
            made["global_attention_mask"] = torch.zeros_like(made["input_ids"])
            made["global_attention_mask"][:, 0] = 1
        if self._takes_types:
            made["token_type_ids"] = torch.tensor([types], device=device)
        if written:
            made["decoder_input_ids"] = torch.tensor([written], device=device)
        return made

    def _run(
        self, watch: Watch, parts: tuple[Tokens, ...], cancelled: Callable[[], bool],
        want: Want = WEIGHTS,
    ) -> Run:  # fmt: skip
        alone = self.second == "decoder" and len(parts) == 1
        if alone and "encoder" not in watch.kinds:
            raise AttentionError(
                "The encoder of {model} does not give one weight for each pair of tokens, so it "
                "cannot be shown; give a second text, and its decoder will be.",
                model=self.name,
            )
        written = parts[1].ids if len(parts) == 2 else ()
        inputs = self._inputs(parts[0].ids, parts[0].types, written)
        return watch.run(inputs, cancelled, want, watch.model.get_encoder() if alone else None)

    @cached_property
    def _ordinary(self) -> Sequence[int]:
        """The numbers of the tokens that are no special ones."""
        special = {piece.content for piece in self._plain.get_added_tokens_decoder().values()}
        numbers = self._plain.get_vocab().items()
        return sorted(number for piece, number in numbers if piece not in special) or [0]

    def _example(self) -> Example:
        """Some tokens of the model's own, in whatever language or notation they are."""
        most = min(_LONG, self._steady)
        short, long = (self._given(self._ordinary, count) for count in (_SHORT, most))
        longer = Example(long, shapes(long))
        more = [padded(long, short)], stepped(short)
        return Example(short, shapes(short), more=more, longer=longer, asks=self._asks)

    def _given(self, ordinary: Sequence[int], most: int) -> dict[str, Tensor]:
        """So many tokens of the model's own; of two segments, or with something to write."""
        ids = plain(ordinary, min(most, self.limit))
        types = [int(2 * place >= len(ids)) for place in range(len(ids))]
        if self.second == "segment":
            return self._inputs(ids, types)
        return self._inputs(ids, types, [self._start(), *plain(ordinary, min(4, self.limit - 1))])


def _between(sample: Tokens, ids: Sequence[int], pieces: Sequence[str]) -> Tokens:
    """Tokens by their numbers, between the special ones of a sample."""
    axis, first = sample.axis, next(at for at, one in enumerate(sample.axis.tokens)
                                    if not one.special)  # fmt: skip
    last = max(at for at, one in enumerate(axis.tokens) if not one.special) + 1
    text, own = "", list[Token]()
    for piece in pieces:
        start = len(text) + bool(text)
        text = f"{text} {piece}" if text else piece
        own.append(Token(piece, start, len(text), piece=piece))
    closing = [replace(one, start=len(text), end=len(text)) for one in axis.tokens[last:]]
    opening = [replace(one, start=0, end=0) for one in axis.tokens[:first]]
    made = TextAxis(axis.name, text, (*opening, *own, *closing))
    types = sample.types[first]
    return Tokens(
        made, (*sample.ids[:first], *ids, *sample.ids[last:]),
        (*sample.types[:first], *[types] * len(ids), *sample.types[last:]),
    )  # fmt: skip


def _guarded(tokenizer: Tokenizer) -> Tokenizer:
    """The tokenizer, so changed that typed text never becomes one of its special pieces."""
    added = tokenizer.get_added_tokens_decoder().values()
    return guarded(tokenizer, {piece.content for piece in added if piece.special})


def bounded(text: str) -> str:
    """The text as `typed` returns it; raises TextError when it is longer than LONGEST."""
    if len(text) > LONGEST:
        raise TextError(
            "The text has {characters:,} characters; at most {most:,} are looked at. "
            "Paste a shorter part.",
            characters=len(text),
            most=LONGEST,
        )
    return typed(text)
