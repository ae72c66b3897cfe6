"""What spoke for a caption's fit with a picture: their cosine as a function of the patches' pixels,
and as one of the words' vectors. The towers never see each other, so each side is asked with the
other one as it is.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import Any, Final, Protocol

import torch
from torch import Tensor

from attention_core.files.photograph import Photograph
from attention_core.numbers.attribution import Output
from attention_core.watching.capture import never
from models.families import asking
from models.families.asking import BLANKS, Asker, Kind, Wanted
from models.families.layers import features, layers
from models.families.matching.matcher import Matcher, direction, instead
from models.families.pictures.asking import Blank, about

WORDS: Final[asking.Blank] = "mean"
"""What stands where a word is taken away, in every model: the mean of all words."""


class AskingMatches(Protocol):
    """Whoever can be asked what spoke for the cosine of a picture and a text."""

    def shown(self, photo: Photograph) -> Photograph:
        """The picture whose patches are asked about."""

    def picture(
        self, photo: Photograph, text: str, blank: Blank, cancelled: Callable[[], bool] = never
    ) -> Output:
        """The cosine as a function of the picture; raises TextError or AttentionError."""

    def words(self, photo: Photograph, text: str, cancelled: Callable[[], bool] = never) -> Output:
        """The cosine as a function of the text; raises in the same way."""


class _Words(Asker):
    """The tower that reads: it names no words."""

    @cached_property
    def kinds(self) -> tuple[Kind, ...]:
        return ("similarity",)


class MatcherAsker:
    """The cosines of one model of two towers; many threads may ask at once."""

    def __init__(self, matcher: Matcher) -> None:
        self.matcher = matcher
        self._words = _Words(matcher.reader)

    def shown(self, photo: Photograph) -> Photograph:
        """The picture itself."""
        return photo

    def picture(
        self, photo: Photograph, text: str, blank: Blank, cancelled: Callable[[], bool] = never
    ) -> Output:
        """The cosine as a function of the picture, seen as the model learned to see.

        Raises TextError when there is nothing to read.
        """
        matcher = self.matcher
        _seen, read = matcher.vectors(photo, text)
        prepared = matcher.viewer.prepared(photo, "learned")

        def measure(outputs: Any) -> Tensor:
            return direction(outputs) @ read

        outputs = matcher.seeing(**matcher.viewer.intake.inputs(prepared.pixels))
        return about(
            matcher.viewer, photo, prepared, blank, matcher.seeing, measure,
            _reads(outputs, measure(outputs)[0]), cancelled,
        )  # fmt: skip

    def words(self, photo: Photograph, text: str, cancelled: Callable[[], bool] = never) -> Output:
        """The cosine as a function of the words; raises as `picture` does."""
        matcher = self.matcher
        seen, _read = matcher.vectors(photo, text)
        tokens, inputs = matcher.text(text)
        watch, size = matcher.reader.watch, len(tokens)

        def measure(outputs: Any) -> Tensor:
            return direction(outputs) @ seen

        def answer(vectors: Tensor) -> Tensor:
            many = {name: one.expand(len(vectors), -1) for name, one in inputs.items()}
            with instead(vectors):
                return measure(matcher.reading(**many))

        given = self._words._vectors(inputs["input_ids"])[0]
        special = torch.tensor([token.special for token in tokens.axis.tokens])[:, None]
        outputs = matcher.reading(**inputs)
        return Output(
            tokens.axis, given, torch.where(special, given, self._none(given)),
            _reads(outputs, measure(outputs)[0]), answer,
            lambda: layers(watch, inputs, matcher.reading, size, measure), matcher.name, cancelled,
            features=lambda: features(matcher.reading, inputs, size, measure),
        )  # fmt: skip

    def _none(self, given: Tensor) -> Tensor:
        blank = WORDS if WORDS in self._words.blanks else BLANKS[-1]
        return self._words._blank(Wanted("similarity", blank=blank), given)


def _reads(outputs: Any, number: Tensor) -> Tensor:
    """(token,), sums to 1: how much the number hangs on each place of the last layer, by the length
    of the gradient; all alike where it cannot be followed so far.

    CLIP reads one place of each tower; SigLIP's eye weighs them all.
    """
    states = outputs.last_hidden_state
    count = states.shape[-2]
    if number.requires_grad and states.requires_grad:
        (felt,) = torch.autograd.grad(number, states, allow_unused=True)
        if felt is not None and bool(felt.any()):
            lengths: Tensor = felt[0].norm(dim=-1).double()
            return lengths / lengths.sum()
    return torch.full((count,), 1 / count, dtype=torch.float64)
