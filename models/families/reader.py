"""Reading a text with a model while watching where every head looks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Literal

import torch
from torch import Tensor, nn

from attention_core.axes.tokens import Axis, readable
from attention_core.errors import AttentionError, ModelError, Superseded, TextError, TooLong
from attention_core.watching.capture import Call, capture, never
from attention_core.watching.edit import Edit, editing, placed
from attention_core.watching.record import AttentionRecord, Kind, Note
from models.families.sites import ATTENTION, Seen, captured, kinds, modules, sites, stored
from models.families.tokenization import Tokens, cut, decoder_input, tokens
from models.loading.checkpoint import Checkpoint
from models.settings import settings

LONGEST = 1_000_000
"""Characters that are tokenized at all; counting the tokens of more would take seconds."""
_OUTPUTS: tuple[tuple[str, Kind], ...] = (
    ("encoder_attentions", "encoder"),
    ("decoder_attentions", "decoder"),
    ("cross_attentions", "cross"),
)


class Reader:
    """One model that reads texts; many threads may use it at once.

    limit   the most tokens of one text (or pair) that are read
    second  what a second text is: the other `segment` of a pair, or what a `decoder` is given
    routed  True when attention is captured as it is computed and checked against the output;
            False when the model only reports its weights
    """

    def __init__(self, name: str, checkpoint: Checkpoint) -> None:
        self.name = name
        self._model = checkpoint.model
        self._model.config.use_cache = False  # a text is read once, so a cache would only cost
        self._tokenizer = checkpoint.tokenizer.backend_tokenizer
        self._tokenizer.no_truncation()
        self._tokenizer.no_padding()
        self._tokenizer.encode_special_tokens = True  # a typed "[SEP]" is text, not a command
        self._takes_types = getattr(self._model.config, "type_vocab_size", 0) > 1
        self.limit = min(checkpoint.limit, settings().max_tokens)
        paired = bool(self._model.config.is_encoder_decoder)
        self.second: Literal["segment", "decoder"] = "decoder" if paired else "segment"
        self._kinds = kinds(self._model) if paired else {}
        self._alone: Kind = "encoder"
        self.routed = True
        self._places: dict[str, nn.Module] = {}
        self._install()

    def axis(self, text: str, second: str = "") -> Axis:
        """The tokens of a text as the model would get them, however many; nothing is computed.

        Raises TextError when there is no word in it.
        """
        return self._tokens(text, second)[0].axis

    def read(
        self,
        text: str,
        second: str = "",
        cancelled: Callable[[], bool] = never,
        cut: bool = False,
        edits: Sequence[Edit] = (),
    ) -> AttentionRecord:
        """What every head of every layer looked at.

        second     the other text of a pair, or what the decoder is given; may be empty
        cancelled  asked before the pass and between layers; True raises Superseded
        cut        True reads the beginning of a text that is too long, and notes it
        edits      what is done to the attention meanwhile

        Raises TextError when there is no word to read, or too many tokens and cut is False;
        AttentionError when an edit names a site that this model has not or cannot change.
        """
        parts, notes = self._fitting(text, second, cut)
        if cancelled():
            raise Superseded
        with editing(placed(edits, self._places)):
            seen = self._see(parts, cancelled)
        if self.second == "decoder" and len(parts) == 1:
            notes = (*notes, Note("Only the encoder has read; a second text goes to the decoder."))
        if not self.routed:
            notes = (
                *notes,
                Note("This model only reports its weights; they cannot be checked against it."),
            )
        axes = tuple(part.axis for part in parts)
        found = sites(seen, axes[0], axes[-1], axes[-1])
        return AttentionRecord(self.name, found, axes, notes)

    def _tokens(self, text: str, second: str) -> tuple[Tokens, ...]:
        text = bounded(text)
        second = bounded(second) if second.strip() else ""
        if self.second == "segment":
            return (tokens(self._tokenizer, text, second),)
        source = tokens(self._tokenizer, text, name="source")
        if not second:
            return (source,)
        return source, self._decoder_tokens(second)

    def _decoder_tokens(self, text: str) -> Tokens:
        config = self._model.config
        start = getattr(config, "decoder_start_token_id", None)
        start = config.bos_token_id if start is None else start
        if start is None:
            raise ModelError(
                "{model} does not say which token starts its decoder; choose another model.",
                model=self.name,
            )
        end = getattr(config, "eos_token_id", None)
        ends = frozenset(end if isinstance(end, list) else [end])
        target = tokens(self._tokenizer, text, name="target")
        return decoder_input(target, start, self._tokenizer.id_to_token(start), ends)

    def _fitting(
        self, text: str, second: str, agreed: bool
    ) -> tuple[tuple[Tokens, ...], tuple[Note, ...]]:
        """Tokens within the limit, and a note where something was left out."""
        parts = self._tokens(text, second)
        longest = max(map(len, parts))
        if longest <= self.limit:
            return parts, ()
        if not agreed:
            raise TooLong(
                "The text has {tokens:,} tokens; this model reads at most {limit:,}. "
                "Shorten it, or read only its beginning.",
                tokens=longest,
                limit=self.limit,
            )
        parts = self._tokens(*self._cut(bounded(text), second))
        return parts, (
            Note(
                "Only the first {limit:,} of {tokens:,} tokens were read.",
                limit=self.limit,
                tokens=longest,
            ),
        )

    def _cut(self, text: str, second: str) -> tuple[str, str]:
        second = readable(second) if second.strip() else ""
        if self.second == "segment":
            return cut(self._tokenizer, text, second, self.limit)
        text, _ = cut(self._tokenizer, text, "", self.limit)
        shorter, _ = cut(self._tokenizer, second, "", self.limit - 1)
        return text, shorter

    def _inputs(self, parts: tuple[Tokens, ...]) -> dict[str, Tensor]:
        made = {"input_ids": torch.tensor([parts[0].ids])}
        made["attention_mask"] = torch.ones_like(made["input_ids"])
        if self._takes_types:
            made["token_type_ids"] = torch.tensor([parts[0].types])
        if len(parts) == 2:
            made["decoder_input_ids"] = torch.tensor([parts[1].ids])
        return made

    def _run(self, parts: tuple[Tokens, ...], **extra: bool) -> Any:
        model = self._model
        if self.second == "decoder" and len(parts) == 1:
            model = self._model.get_encoder()
        with torch.inference_mode():
            return model(**self._inputs(parts), return_dict=True, **extra)

    def _see(self, parts: tuple[Tokens, ...], cancelled: Callable[[], bool]) -> list[Seen]:
        if not self.routed:
            return list(self._reported(self._run(parts, output_attentions=True), len(parts)))
        with capture(cancelled) as collector:
            self._run(parts)
        return [self._captured(call) for call in collector.calls]

    def _captured(self, call: Call) -> Seen:
        return captured(call, self._kinds.get(id(call.module), self._alone))

    def _reported(self, outputs: Any, parts: int) -> Iterator[Seen]:
        """What the model says of itself, where it does not compute through our function."""
        paired = self.second == "decoder" and parts == 2
        for name, kind in _OUTPUTS if paired else (("attentions", self._alone),):
            for layer in getattr(outputs, name, None) or ():
                yield stored(kind, layer)

    def _install(self) -> None:
        """Choose once, for good, how this model is watched; raises ModelError when it cannot be."""
        parts = self._tokens("The cat sat.", "A dog ran." if self.second == "decoder" else "")
        try:
            self._model.set_attn_implementation(ATTENTION)
            seen = self._see(parts, never)
            if not seen:
                seen = self._report(parts)
        except AttentionError:
            raise
        except Exception as fault:
            raise ModelError(
                "{model} cannot read a plain text ({reason}); choose a model of language.",
                model=self.name,
                reason=f"{type(fault).__name__}: {fault}"[:200],
            ) from fault
        self._check(seen, parts)
        if self.second == "segment" and _only_back(seen):
            self._alone = "decoder"
            seen = [replace(one, kind=self._alone) for one in seen]
        self._places = modules(seen)

    def _report(self, parts: tuple[Tokens, ...]) -> list[Seen]:
        """Turn to what the model reports of itself, for good."""
        self._model.set_attn_implementation("eager")
        if self._model.config._attn_implementation != "eager":
            raise ModelError(
                "{model} neither lets its attention be captured nor reports it; "
                "choose another model.",
                model=self.name,
            )
        self.routed = False
        return self._see(parts, never)

    def _check(self, seen: list[Seen], parts: tuple[Tokens, ...]) -> None:
        sizes = {len(part) for part in parts}
        if not seen or any(not set(one.source.allowed().shape) <= sizes for one in seen):
            raise ModelError(
                "{model} does not give its attention as one weight for each pair of tokens, "
                "so it cannot be shown; choose another model.",
                model=self.name,
            )


def bounded(text: str) -> str:
    """The text as `readable` returns it; raises TextError when it is longer than LONGEST."""
    if len(text) > LONGEST:
        raise TextError(
            "The text has {characters:,} characters; at most {most:,} are looked at. "
            "Paste a shorter part.",
            characters=len(text),
            most=LONGEST,
        )
    return readable(text)


def _only_back(seen: list[Seen]) -> bool:
    """True when no query looks at a later key: the model is a decoder."""
    return not any(bool(one.source.allowed().triu(1).any()) for one in seen)
