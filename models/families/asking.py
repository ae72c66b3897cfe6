"""What an output of a reader's model was made of: the outputs it has, and each as a function of the
vectors that the tokens enter as.

Nothing is left on the model: gradients are asked for by name and gathered on no parameter, so many
threads may ask one model at once.

>>> from models.families import fake
>>> asker = Asker(Reader("fake", fake.checkpoint()))
>>> asker.kinds, asker.blanks
(('similarity',), ('padding', 'mean', 'zero', 'mask'))
>>> output = asker.output("The cat sat.", Wanted("similarity", other="The dog sat."))
>>> output.given.shape, len(output.layers), output.layers[0].weights.shape
(torch.Size([6, 32]), 2, torch.Size([4, 6, 6]))
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from inspect import signature
from typing import Any, Final, Literal, NamedTuple, Protocol

import torch
from torch import Tensor, nn

from attention_core.axes.tokens import TextAxis
from attention_core.errors import AttentionError, TextError
from attention_core.numbers.attribution import Output
from attention_core.watching.acts import Body, Seat
from attention_core.watching.capture import never
from models.families.layers import features, layers, taken
from models.families.reader import Reader
from models.families.tokenization import Tokens
from models.families.untouched import FOREIGN, embeddings
from models.families.watch import Watch

Kind = Literal["next", "mask", "class", "translation", "similarity"]
KINDS: Final[tuple[Kind, ...]] = ("next", "mask", "class", "translation", "similarity")
Blank = Literal["mask", "padding", "mean", "zero"]
BLANKS: Final[tuple[Blank, ...]] = ("mask", "padding", "mean", "zero")
MASKS: Final = ("[MASK]", "<mask>")
"""How models call a word that is hidden."""
OFFERED: Final = 24
"""Words that are offered as what may come next."""
SAME: Final = 1e-3
"""How far the number may be from what the model makes of the tokens themselves."""


@dataclass(frozen=True)
class Wanted:
    """Which number of a run.

    kind    the log-probability of the next word, of a masked one, of a class of texts or of a word
            of the translation; or the cosine of the text's mean vector with that of another text
    word    its number in the vocabulary, or that of the class; None: the likeliest
    rather  the number of a word it is held against: the difference of both log-probabilities
    place   which [MASK] of several, or which piece of the translation, from 0
    other   the other text, for the similarity
    blank   what stands where a token is taken away: the vector of [MASK], the mean of the
            vocabulary, or zeros; None: the first that the model has
    """

    kind: Kind
    word: int | None = None
    rather: int | None = None
    place: int = 0
    other: str = ""
    blank: Blank | None = None


class Candidate(NamedTuple):
    """A word that the model may say. share: its probability"""

    number: int
    text: str
    share: float


class Asking(Protocol):
    """Whoever can be asked what an output of a model was made of."""

    @property
    def kinds(self) -> tuple[Kind, ...]:
        """The outputs that there are."""

    @property
    def blanks(self) -> tuple[Blank, ...]:
        """What may stand where a token is taken away, the best first."""

    @property
    def mask(self) -> str:
        """How a masked word is written; empty where there is none."""

    def masks(self, text: str) -> int:
        """How many masked words there are in a text."""

    def written(self, text: str) -> tuple[str, ...]:
        """The pieces of its translation; empty where it does not translate."""

    def piece(self, number: int) -> str:
        """What a token says; raises TextError where there is none."""

    def candidates(self, text: str, kind: Kind, place: int = 0) -> list[Candidate]:
        """What it may say there, its own choice first."""

    def output(self, text: str, wanted: Wanted, cancelled: Callable[[], bool] = never) -> Output:
        """That number of one text."""

    def body(self, text: str) -> Body:
        """What of the model can be acted upon while it reads the text."""

    def shares(self, text: str, kind: Kind, place: int = 0) -> Tensor:
        """(vocabulary,), float64: the probability of every word there."""

    def loss(self, text: str) -> float | None:
        """The mean of −log p over the tokens of the text, each after those before it, or of its
        translation as the model writes it; None where the model gives no such number.
        """

    def translated(self, text: str) -> str:
        """Its translation; empty where it does not translate."""


@dataclass(frozen=True)
class _Asked:
    """One text before the model.

    inputs  what the model is called with
    run     the module that is called
    at      the place in its logits that is read; None where it is not words that are read
    classes True where its logits are those of the text's classes
    several True where a text may be of several classes, each yes or no
    """

    watch: Watch
    tokens: Tokens
    inputs: Mapping[str, Any]
    run: nn.Module
    place: int = 0
    at: int | None = None
    classes: bool = False
    several: bool = False

    def logits(self, outputs: Any) -> Tensor:
        """(batch, word or class), of what the module gave."""
        found: Tensor = outputs.logits if self.classes else outputs.logits[:, self.at]
        return found

    def logarithms(self, outputs: Any) -> Tensor:
        """(batch, word or class): the logarithm of each one's probability."""
        logits = self.logits(outputs)
        return nn.functional.logsigmoid(logits) if self.several else logits.log_softmax(-1)

    def outputs(self, vectors: Tensor | None = None) -> Any:
        """What the module gives, for the tokens or for vectors (batch, token, width) in place."""
        return self.run(**self.given(vectors), return_dict=True)

    def given(self, vectors: Tensor | None) -> dict[str, Any]:
        """The inputs, with vectors in place of the numbers of tokens."""
        if vectors is None:
            return dict(self.inputs)
        kept = {
            name: one.expand(len(vectors), *one.shape[1:]) if isinstance(one, Tensor) else one
            for name, one in self.inputs.items()
            if name != "input_ids"
        }
        return {**kept, "inputs_embeds": vectors}


Measure = Callable[[Any], Tensor]
"""From what a model gives to the number of each text, (batch,)."""


class Asker:
    """The outputs of one reader's model; many threads may ask at once."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        """The outputs that this model has."""
        writer = self.reader.writer
        return ("similarity",) if writer is None else (writer.kind, "similarity")

    @cached_property
    def blanks(self) -> tuple[Blank, ...]:
        """What may stand where a token is taken away, the one that is least strange to the model
        first: a masked word where it learned to guess those.
        """
        tokens = {"mask": self._mask, "padding": self._padding}
        known = [one for one in BLANKS if tokens.get(one, 0) is not None]
        return tuple(sorted(known, key=lambda one: one == "mask" and "mask" not in self.kinds))

    @cached_property
    def _padding(self) -> int | None:
        config: Any = self.reader.watch.model.config
        rows: Any = self._table.weight
        for found in (getattr(config, name, None) for name in ("pad_token_id", "eos_token_id")):
            if isinstance(found, int) and 0 <= found < len(rows):
                return found
        return None

    @cached_property
    def _mask(self) -> int | None:
        numbers = map(self.reader.number, MASKS)
        return next((number for number in numbers if number is not None), None)

    @property
    def mask(self) -> str:
        """How a masked word is written; empty where the model knows none."""
        return next((name for name in MASKS if self.reader.number(name) is not None), "")

    @cached_property
    def _table(self) -> nn.Module:
        found = embeddings(self.reader.watch.model)
        if found is None:
            raise self._unable()
        return found

    @cached_property
    @torch.no_grad()
    def _mean(self) -> Tensor:
        """(width,): the mean vector of the vocabulary."""
        rows: Any = self._table.weight
        made: Tensor = self._table(torch.arange(len(rows), device=rows.device))
        return made.mean(0)

    def masks(self, text: str) -> int:
        """How many masked words there are in a text."""
        return len(self._masked(self.reader.given(text)[1]))

    def written(self, _text: str) -> tuple[str, ...]:
        """It does not translate."""
        return ()

    def piece(self, number: int) -> str:
        """What a token says, or what a class is called; raises TextError where there is none."""
        writer = self.reader.writer
        if writer is None or writer.kind != "class":
            return self.reader.piece(number)
        config: Any = writer.model.config
        if not 0 <= number < config.num_labels:
            raise TextError(
                "{model} has {count} classes and none of number {number}; choose one of them.",
                model=self.reader.name, count=config.num_labels, number=number,
            )  # fmt: skip
        return str(config.id2label.get(number, number))

    def _masked(self, tokens: Tokens) -> list[int]:
        return [place for place, number in enumerate(tokens.ids) if number == self._mask]

    @torch.no_grad()
    def candidates(self, text: str, kind: Kind, place: int = 0) -> list[Candidate]:
        """The likeliest words, the likeliest first; none where the output is no word.

        Raises AttentionError when the model has no such output.
        """
        shares = self.shares(text, kind, place)
        best = shares.topk(min(OFFERED, len(shares)))
        pairs = zip(best.indices.tolist(), best.values.tolist(), strict=True)
        return [
            Candidate(number, self.piece(number), share)
            for number, share in pairs
            if self._named(number)
        ]

    @torch.no_grad()
    def shares(self, text: str, kind: Kind, place: int = 0) -> Tensor:
        """(word or class,), float64: the probability of each; empty where there are none.

        Raises AttentionError when the model has no such output.
        """
        asked = self._asked(text, Wanted(kind, place=place))
        if asked.at is None:
            return torch.zeros(0, dtype=torch.float64)
        logits = asked.logits(asked.outputs())[0].double()
        return logits.sigmoid() if asked.several else logits.softmax(-1)

    @torch.no_grad()
    def loss(self, text: str) -> float | None:
        """The mean of −log p over the tokens of a text, each after those before it."""
        writer = self.reader.writer
        _watch, tokens, inputs = self.reader.given(text)
        if writer is None or writer.kind != "next" or len(tokens) < 2:
            return None
        logits = writer.model(**inputs, return_dict=True).logits[0, :-1].double()
        return float(nn.functional.cross_entropy(logits, inputs["input_ids"][0, 1:]))

    def translated(self, _text: str) -> str:
        """It does not translate."""
        return ""

    def body(self, text: str) -> Body:
        """What of the model can be acted upon while it reads the text.

        Raises TextError when there is nothing to read.
        """
        watch, _tokens, _inputs = self.reader.given(text)
        read = self.reader.read(text, own=True).sites
        seats = {
            str(site.place): Seat(
                watch.places[str(site.place)], site.heads, len(site.queries.tokens),
                len(site.keys.tokens), causal=site.place.kind == "decoder",
            )
            for site in read
            if str(site.place) in watch.places
        }  # fmt: skip
        stacks = {site.place.stack for site in read}
        layers, mlps = (
            {place: module for place, module in found.items() if place.stack in stacks}
            for found in (watch.layers, watch.mlps)
        )
        return Body(seats, layers, mlps, self.reader.name)

    def _named(self, number: int) -> bool:
        """Models have rows that no piece has."""
        try:
            return bool(self.piece(number))
        except TextError:
            return False

    def output(self, text: str, wanted: Wanted, cancelled: Callable[[], bool] = never) -> Output:
        """That number of one text.

        cancelled  asked between passes; True raises Superseded

        Raises TextError when there is nothing to read; AttentionError when the model has no such
        output, or does not take vectors in place of tokens.
        """
        asked = self._asked(text, wanted)
        measure = self._measure(asked, wanted)
        with torch.no_grad():
            given = self._vectors(asked.inputs["input_ids"])[0].clone()
            plain = float(measure(asked.outputs())[0])
        output = Output(
            _staying(asked.tokens, self._masked(asked.tokens)), given, given,
            _reads(asked, measure), lambda vectors: measure(asked.outputs(vectors)),
            lambda: layers(asked.watch, asked.given(given[None]), asked.run, len(given), measure),
            self.reader.name, cancelled,
            features=lambda: features(asked.run, asked.given(given[None]), len(given), measure),
        )  # fmt: skip
        blank = torch.where(output.own[:, None], self._blank(wanted, given), given)
        output = replace(output, blank=blank)
        try:
            again = output.value
        except FOREIGN as fault:
            raise self._unable() from fault
        if not math.isfinite(plain):
            output.check()
        if not abs(again - plain) <= SAME * max(1.0, abs(plain)):
            raise self._unable()
        return output

    def _unable(self) -> AttentionError:
        return AttentionError(
            "{model} does more with a token than to look up its vector, so it cannot be asked what "
            "an output was made of; choose another model.",
            model=self.reader.name,
        )

    def _without(self, kind: Kind) -> AttentionError:
        if kind == "translation":
            return AttentionError(
                "{model} does not translate; choose one of the translators.",
                model=self.reader.name,
            )
        if self.reader.writer is None:
            return AttentionError(
                "{model} has no layer that names words or classes; ask it how similar two texts "
                "are, or choose a model that has one.",
                model=self.reader.name,
            )
        if kind == "class":
            return AttentionError(
                "{model} does not sort texts into classes; ask it for a word, or how similar two "
                "texts are.",
                model=self.reader.name,
            )
        if self.reader.writer.kind == "class":
            return AttentionError(
                "{model} sorts texts into classes and names no words; ask it for the class.",
                model=self.reader.name,
            )
        if kind == "next":
            return AttentionError(
                "{model} guesses masked words and does not say which word comes next; write "
                "{mask} where it is to guess.",
                model=self.reader.name,
                mask=self.mask,
            )
        return AttentionError(
            "{model} says which word comes next and does not guess masked ones; end the text where "
            "it is to go on.",
            model=self.reader.name,
        )

    def _asked(self, text: str, wanted: Wanted) -> _Asked:
        if wanted.kind not in self.kinds:
            raise self._without(wanted.kind)
        watch, tokens, plain = self.reader.given(text)
        inputs: dict[str, Any] = {**plain}
        writer = self.reader.writer
        base: Any = watch.model
        if wanted.kind == "similarity" or writer is None:
            run = base.get_encoder() if self.reader.second == "decoder" else base
            return _Asked(watch, tokens, inputs, run)
        if wanted.kind == "class":
            config: Any = writer.model.config
            several = config.problem_type == "multi_label_classification"
            return _Asked(watch, tokens, inputs, writer.model, 0, 0, True, several)
        if wanted.kind == "next":
            last = "logits_to_keep" in signature(writer.model.forward).parameters
            inputs = {**inputs, "logits_to_keep": 1} if last else inputs
            return _Asked(watch, tokens, inputs, writer.model, len(tokens) - 1, -1)
        masked = self._masked(tokens)
        if wanted.place >= len(masked):
            raise TextError(
                "The text has {count} masked words, so there is no masked word {place}; write "
                "{mask} where a word is to be guessed.",
                count=len(masked),
                place=wanted.place + 1,
                mask=self.mask,
            )
        place = masked[wanted.place]
        return _Asked(watch, tokens, inputs, writer.model, place, place)

    def _measure(self, asked: _Asked, wanted: Wanted) -> Measure:
        """From what the model gives to the wanted number."""
        if asked.at is None:
            _watch, _tokens, inputs = self.reader.given(wanted.other)
            with torch.no_grad():
                other = _direction(replace(asked, inputs=inputs).outputs())
            return lambda outputs: (_direction(outputs) * other).sum(-1)
        word = self._word(asked, wanted.word)
        if wanted.rather is None:
            return lambda outputs: asked.logarithms(outputs)[:, word]
        against = self._word(asked, wanted.rather)
        if against == word:
            raise AttentionError(
                "Both words are the same, so nothing speaks for one rather than the other; choose "
                "two words."
            )
        return lambda outputs: asked.logits(outputs)[:, word] - asked.logits(outputs)[:, against]

    def _word(self, asked: _Asked, number: int | None) -> int:
        """The number of a word that there is; the likeliest one where none is named."""
        if number is None:
            with torch.no_grad():
                return int(asked.logits(asked.outputs())[0].argmax())
        self.piece(number)
        return number

    def _vectors(self, ids: Tensor) -> Tensor:
        """(batch, token, width)"""
        return torch.as_tensor(self._table(ids)).detach()

    def _blank(self, wanted: Wanted, given: Tensor) -> Tensor:
        blank = wanted.blank or self.blanks[0]
        if blank not in self.blanks:
            raise AttentionError(
                "{model} has no such token to put in place of a missing word; choose the mean of "
                "all words or zeros.",
                model=self.reader.name,
            )
        if blank == "zero":
            return torch.zeros_like(given)
        if blank == "mean":
            return self._mean.expand_as(given)
        token = self._mask if blank == "mask" else self._padding
        return self._vectors(torch.tensor([[token]], device=given.device))[0].expand_as(given)


def _staying(tokens: Tokens, masked: Sequence[int]) -> TextAxis:
    """The tokens' axis, on which a masked word counts as special: it stays what it is."""
    shown = list(tokens.axis.tokens)
    for place in masked:
        shown[place] = replace(shown[place], special=True)
    return replace(tokens.axis, tokens=tuple(shown))


def _reads(asked: _Asked, measure: Measure) -> Tensor:
    """(token,): the place whose word is read, or all alike where their mean is."""
    count = len(asked.tokens)
    if asked.classes:
        found = taken(asked.run, asked.given(None), count, measure)
        return torch.full((count,), 1 / count, dtype=torch.float64) if found is None else found
    if asked.at is None:
        return torch.full((count,), 1 / count, dtype=torch.float64)
    return torch.eye(count, dtype=torch.float64)[asked.place]


def _direction(outputs: Any) -> Tensor:
    """(batch, width), of length 1: where the mean of a text's vectors points."""
    return nn.functional.normalize(outputs.last_hidden_state.mean(1), dim=-1)
