"""Any encoder–decoder of the transformers library as a translator: text in, text and looks out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any, Final

import torch
from torch import Tensor

from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import Superseded
from attention_core.marking import N_
from attention_core.watching.capture import never
from attention_core.watching.edit import Edit
from attention_core.watching.record import AttentionRecord, Note
from models.families.cutting import one_reading
from models.families.limits import limit
from models.families.reader import bounded
from models.families.remarks import as_blank, as_text
from models.families.seq2seq.languages import Wish, framed
from models.families.seq2seq.search import Hypothesis, chances, hypotheses
from models.families.seq2seq.vocabulary import Vocabulary
from models.families.sites import Seen, pair_sides, sites, sound
from models.families.tokenization import Tokens, decoder_input
from models.families.translation import Alternative, Candidate, Node, Search, Translation
from models.families.untouched import padded, shapes, steady, stepped
from models.families.watch import Example, Watch, plain
from models.loading.checkpoint import Checkpoint

CANDIDATES = 5
USUAL = Search()


ROOM: Final = 20
"""Pieces that a translation may have beyond twice those of its source."""


class Seq2Seq:
    """One encoder–decoder that translates; many threads may use it at once.

    name       the catalogue's
    languages  ISO 639-1 of what it reads and what it writes; "" where that is not known
    limit      the most pieces of a source or target
    routed     True when attention is captured as it is computed and checked against the output;
               False when the model only reports its weights, so that they cannot be edited
    frame      what stands around its texts
    """

    def __init__(
        self, name: str, checkpoint: Checkpoint, source_language: str = "",
        target_language: str = "", prefix: str = "",
    ) -> None:  # fmt: skip
        """The model with its languages chosen.

        source_language  the model's own code or ISO 639-1; the model's own choice when empty
        target_language  the same for what it writes
        prefix           put before every text, such as ``translate English to French: ``

        Raises ModelError when there is no such language, or when attention cannot be watched.
        """
        self.name = name
        self._notes = checkpoint.notes
        self._model: Any = checkpoint.model
        wish = Wish(source_language, target_language, prefix)
        self.frame = framed(name, checkpoint, wish)
        self.languages = self.frame.languages
        self._limit = limit(checkpoint).within(steady(checkpoint.model))
        self.limit = self._limit.tokens
        self._model.generation_config = type(self._model.generation_config)()  # ours alone decides
        self.watch = Watch(name, checkpoint.model, self._example())

    @property
    def routed(self) -> bool:
        return self.watch.routed

    @one_reading()
    def axis(self, text: str) -> TextAxis:
        """The source as the network will see it; nothing is computed.

        Raises TextError when there is no word in it.
        """
        return self._read(self.frame.source, text, "source").axis

    @one_reading()
    def translate(
        self, text: str, search: Search = USUAL, cut: bool = False,
        edits: Sequence[Edit] = (), cancelled: Callable[[], bool] = never,
    ) -> Translation:  # fmt: skip
        """The best translation found with a beam, and how it was aligned.

        cut        True reads the beginning of a text that is too long, and notes it
        edits      what is done to the attention while it translates
        cancelled  asked at every step; True raises Superseded

        Raises TextError when there is nothing to read, TooLong when it is too much,
        AttentionError when an edit names a site that the model has not.
        """
        source, notes = self._fitting(self.frame.source, text, "source", cut)
        with self.watch.changing(edits):
            found = self._search(source, search, not any(map(_of_steps, edits)), cancelled)
            target = self.frame.target.written(found[0].pieces, "target")
            made = self._follow(source, target, notes, cancelled)
        others = self._alternatives(found, target.axis.text)
        return replace(made, alternatives=others, tree=tuple(self._tree(found)))

    @one_reading()
    def align(
        self, text: str, target: str, cut: bool = False, edits: Sequence[Edit] = (),
        cancelled: Callable[[], bool] = never,
    ) -> Translation:  # fmt: skip
        """How the network aligns a translation that the reader gives (forced decoding).

        Raises TextError when either side is empty, TooLong when one is too long,
        AttentionError when an edit names a site that the model has not.
        """
        source, notes = self._fitting(self.frame.source, text, "source", cut)
        given, more = self._fitting(self.frame.target, target, "target", cut)
        with self.watch.changing(edits):
            return self._follow(source, given, (*notes, *more), cancelled)

    @one_reading()
    def pair(self, text: str) -> tuple[Tokens, Tokens]:
        """A text and the translation that it writes of it, as the network takes both.

        Raises as `translate` does.
        """
        source, _notes = self._fitting(self.frame.source, text, "source", False)
        best = self._search(source, USUAL, True, never)[0]
        return source, self.frame.target.written(best.pieces, "target")

    def inputs(self, source: Tokens, target: Tokens) -> dict[str, Tensor]:
        """What the network is called with to write the target: the decoder has each piece before
        the next one.
        """
        return self._inputs(source.ids, self._given(target).ids)

    def _read(self, side: Vocabulary, text: str, name: str) -> Tokens:
        made = side.read(bounded(text), name)
        return made if name == "source" else self._as_written(made)

    def _as_written(self, target: Tokens) -> Tokens:
        """The reader's target as the model would write it: forced piece first, ending last."""
        frame, ids, shown = self.frame, list(target.ids), list(target.axis.tokens)
        length = next((at for at, number in enumerate(ids) if number in frame.ends), len(ids))
        ids, shown = ids[:length], shown[:length]
        if frame.forced is not None and ids[:1] != [frame.forced]:
            ids, shown = [frame.forced, *ids], [self._special(frame.forced, 0), *shown]
        if frame.ends:
            end = min(frame.ends)
            ids, shown = [*ids, end], [*shown, self._special(end, len(target.axis.text))]
        axis = replace(target.axis, tokens=tuple(shown))
        return Tokens(axis, tuple(ids), (0,) * len(ids))

    def _special(self, number: int, place: int) -> Token:
        piece = self.frame.target.piece(number)
        return Token(piece, place, place, special=True, piece=piece)

    def _fitting(
        self, side: Vocabulary, text: str, name: str, agreed: bool
    ) -> tuple[Tokens, tuple[Note, ...]]:
        """Tokens within the limit, and notes on what was left out or read in another way."""
        made = self._read(side, text, name)
        typed = sorted(piece for piece in side.special if piece and piece in text)
        told = (*((as_text(typed),) if typed else ()), *as_blank(side.tokenizer, (text,)))
        if len(made) <= self.limit:
            return made, told
        if not agreed:
            raise self._limit.exceeded(len(made))
        shorter = self._read(side, side.cut(text, self.limit - 2), name)
        return shorter, (
            *told,
            Note(
                "Only the first {limit:,} of {tokens:,} tokens were read.",
                limit=len(shorter),
                tokens=len(made),
            ),
        )

    def _search(
        self, source: Tokens, wanted: Search, cached: bool, cancelled: Callable[[], bool]
    ) -> list[Hypothesis]:
        if cancelled():
            raise Superseded
        most = min(self.limit, 2 * len(source) + ROOM)
        return hypotheses(self._model, self.frame, source.ids, wanted, most, cached, cancelled)

    def _alternatives(self, found: list[Hypothesis], best: str) -> tuple[Alternative, ...]:
        """What else was found. One text, cut into pieces in several ways, is shown once."""
        scores: dict[str, float] = {}
        for hypothesis in found:
            scores.setdefault(self.frame.target.text(hypothesis.pieces), hypothesis.score)
        return tuple(Alternative(text, score) for text, score in scores.items() if text != best)

    def _tree(self, found: list[Hypothesis]) -> Iterator[Node]:
        """The ways to the translations found; the library keeps no others."""
        places: dict[tuple[int, ...], int] = {}
        for rank, one in enumerate(found):
            total = 0.0
            for step, (piece, share) in enumerate(
                zip(one.pieces, one.log_probabilities, strict=True), start=1
            ):
                total += share
                way = one.pieces[:step]
                if way in places:
                    continue
                places[way] = len(places)
                score = one.score if step == len(one.pieces) else None
                parent = places.get(way[:-1], -1)
                shown, so_far = self.frame.target.shown(piece), self.frame.target.text(way)
                yield Node(parent, shown, share, total, score, rank == 0, so_far)

    def _follow(
        self, source: Tokens, target: Tokens, notes: tuple[Note, ...],
        cancelled: Callable[[], bool],
    ) -> Translation:  # fmt: skip
        """One teacher-forced pass: row i is the step at which piece i of the target is chosen."""
        seen, logits = self._see(source, target, cancelled)
        shares = chances(logits, self.frame)
        chosen = shares[range(len(target)), target.ids]
        own = chosen[1:] if self.frame.forced is not None else chosen
        given = self._given(target).axis
        axes = source.axis, target.axis
        kept, left_out = sound(seen)
        found = sites(kept, pair_sides(*axes, given))
        told = (*notes, *left_out, *self._notes, *self.watch.notes)
        return Translation(
            record=AttentionRecord(self.name, found, axes, told),
            text=target.axis.text,
            candidates=tuple(self._candidates(shares)),
            chosen=tuple(chosen.exp().tolist()),
            score=float(own.mean()),
            unknown=self._unknown(source),
        )

    def _candidates(self, shares: Tensor) -> Iterator[tuple[Candidate, ...]]:
        best = shares.topk(min(CANDIDATES, shares.shape[-1]))
        side = self.frame.target
        for numbers, values in zip(best.indices.tolist(), best.values.exp().tolist(), strict=True):
            yield tuple(
                Candidate(side.shown(number), share, side.piece(number))
                for number, share in zip(numbers, values, strict=True)
                if share > 0
            )

    def _unknown(self, source: Tokens) -> tuple[str, ...]:
        """What the reader typed that the vocabulary does not have."""
        side = self.frame.source
        nothing = side.number(side.unknown)
        pairs = zip(source.axis.tokens, source.ids, strict=True)
        shown = (t.text for t, number in pairs if number == nothing and not t.special)
        return tuple(dict.fromkeys(shown))

    def _given(self, target: Tokens) -> Tokens:
        """What the decoder is given to write the target: its start token first."""
        start = self.frame.start
        whole = decoder_input(target, start, self.frame.target.piece(start), frozenset())
        axis = replace(whole.axis, tokens=whole.axis.tokens[: len(target)])
        return Tokens(axis, whole.ids[: len(target)], whole.types[: len(target)])

    def _see(
        self, source: Tokens, target: Tokens, cancelled: Callable[[], bool]
    ) -> tuple[list[Seen], Tensor]:
        """Every attention call of one pass, and its logits (target, vocabulary)."""
        run = self.watch.run({**self.inputs(source, target), "use_cache": False}, cancelled)
        return run.seen, run.outputs.logits[0]

    def _inputs(self, source: Sequence[int], written: Sequence[int]) -> dict[str, Tensor]:
        device = self._model.device
        ids = torch.tensor([source], device=device)
        return {
            "input_ids": ids,
            "attention_mask": torch.ones_like(ids),
            "decoder_input_ids": torch.tensor([written], device=device),
        }

    def _example(self) -> Example:
        """Some pieces of the model's own on either side, in whatever languages it has."""
        frame, no = self.frame, self.frame.banned | self.frame.ends
        source = plain(sorted(frame.source.known - no) or [0], 6)
        written = [frame.start, *plain(sorted(frame.target.known - no) or [0], 3)]
        long = plain(sorted(frame.source.known - no) or [0], min(65, self.limit))
        inputs, longer = self._inputs(source, written), self._inputs(long, written)
        return Example(
            inputs, shapes(inputs), frozenset({"cross"}),
            N_("{model} cannot write a text from a plain text: it stops with an error. Choose a "
               "model that translates."),
            (stepped(inputs), [padded(longer, inputs)]), Example(longer, shapes(longer)),
        )  # fmt: skip


def _of_steps(edit: Edit) -> bool:
    """True when an edit is of some steps of the decoder only, so that steps must be counted."""
    return edit.queries is not None and edit.place.stack != "encoder"
