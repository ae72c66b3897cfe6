"""A model of two towers: a picture and a text in, and how near their vectors are.

The towers are those that other pages look into one by one; here they end in the space in which the
model compares them.

>>> class Halves(nn.Module):
...     def get_text_features(self, numbers: Tensor) -> Tensor:
...         return numbers / 2
>>> Side(nn.Identity(), Halves(), "get_text_features")(numbers=torch.ones(1)).item()
0.5
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import replace
from typing import Any, Final

import torch
from torch import Tensor, nn

from attention_core.axes.tokens import Token
from attention_core.errors import ModelError, TextError
from attention_core.files.photograph import Photograph
from models.families.pictures.intake import Pixels
from models.families.pictures.viewer import Viewer
from models.families.reader import Reader
from models.families.tokenization import Tokens
from models.families.untouched import embeddings
from models.loading.both import Both
from models.loading.towers import FILLED

_INSTEAD: ContextVar[Tensor | None] = ContextVar("vectors_of_tokens", default=None)


class Side(nn.Module):
    """One tower with what follows it, called as a module of its own.

    tower    its layers, found first in it
    command  of the whole model, which gives the vector
    """

    def __init__(self, tower: nn.Module, whole: nn.Module, command: str) -> None:
        super().__init__()
        self.tower, self.whole, self.command = tower, whole, command

    def forward(self, return_dict: bool = True, **inputs: Any) -> Any:
        """`pooler_output` (batch, width) is the vector, `last_hidden_state` what it is made of."""
        del return_dict
        return getattr(self.whole, self.command)(**inputs)


class Matcher:
    """One model of two towers; many threads may use it at once.

    limit   the most tokens of one text
    viewer  the tower that sees; reader: the tower that reads
    """

    def __init__(self, name: str, both: Both) -> None:
        self.name = name
        self.viewer, self.reader = Viewer(name, both.eye), Reader(name, both.checkpoint)
        self.limit = self.reader.limit
        if not isinstance(self.viewer.intake, Pixels):
            raise ModelError(
                "{model} is handed a picture in pieces of its own, so it cannot be asked what an "
                "output was made of; choose a vision transformer such as ViT, DINOv2 or CLIP.",
                model=name,
            )
        self.seeing = Side(both.eye.model, both.model, "get_image_features")
        self.reading = Side(both.checkpoint.model, both.model, "get_text_features")
        self._fill = _filling(both.checkpoint)
        table = embeddings(both.checkpoint.model)
        if table is None:
            raise ModelError(
                "{model} does more with a token than to look up its vector, so it cannot be asked "
                "what an output was made of; choose another model.",
                model=name,
            )
        table.register_forward_hook(_replaced)

    def pixels(self, photo: Photograph) -> Tensor:
        """(1, channel, row, column): a picture as it was prepared while the model learned."""
        return self.viewer.prepared(photo, "learned").pixels

    def text(self, text: str) -> tuple[Tokens, dict[str, Tensor]]:
        """A text, and what the tower is called with; one that learned from texts filled up with
        padding gets it so.

        Raises TextError when there is no word in it, TooLong when it is too long.
        """
        _watch, tokens, inputs = self.reader.given(text)
        if self._fill is None:
            return tokens, inputs
        number, length = self._fill
        missing, end = length - len(tokens), len(tokens.axis.text)
        if missing < 0:
            raise TextError("The text is too long for {model}; shorten it.", model=self.name)
        empty = Token(self.reader.piece(number), end, end, special=True)
        axis = replace(tokens.axis, tokens=(*tokens.axis.tokens, *[empty] * missing))
        ids = nn.functional.pad(inputs["input_ids"], (0, missing), value=number)
        whole = Tokens(axis, tuple(ids[0].tolist()), (0,) * length)
        return whole, {"input_ids": ids}

    @torch.no_grad()
    def vectors(self, photo: Photograph, text: str) -> tuple[Tensor, Tensor]:
        """(width,) of both, each of length 1: their product is the cosine."""
        seen = self.seeing(**self.viewer.intake.inputs(self.pixels(photo)))
        read = self.reading(**self.text(text)[1])
        return direction(seen)[0], direction(read)[0]


def direction(outputs: Any) -> Tensor:
    """(batch, width), of length 1."""
    return nn.functional.normalize(outputs.pooler_output, dim=-1)


@contextmanager
def instead(vectors: Tensor) -> Iterator[None]:
    """These vectors (batch, token, width) in place of those of the tokens, in this thread."""
    token = _INSTEAD.set(vectors)
    try:
        yield
    finally:
        _INSTEAD.reset(token)


def _replaced(_table: nn.Module, _given: Any, made: Tensor) -> Tensor:
    found = _INSTEAD.get()
    return made if found is None else found


_ROWS: Final = "max_position_embeddings"


def _filling(checkpoint: Any) -> tuple[int, int] | None:
    """(number of the padding, length) of a tower whose texts were all filled up; else None."""
    config = checkpoint.model.config
    if config.model_type not in FILLED:
        return None
    padding = checkpoint.tokenizer.pad_token_id
    return (config.pad_token_id if padding is None else padding), int(getattr(config, _ROWS))
