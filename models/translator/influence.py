"""How strongly each word of a translation still depends on each word of the source.

The size of the gradient of one target piece's log-probability with respect to the embedding of one
source piece: exact, by automatic differentiation. Without attention everything must pass through
one vector and through every step of the writer, and early words fade; with it there is a short way.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from attention_core.tokens import Axis
from models.translator.reader import TranslatorReader
from models.translator.vocabulary import START_ID

Matrix = NDArray[np.float32]


@dataclass(frozen=True)
class Influence:
    """norms  (target piece, source piece): nats for a step of length 1 in the embedding"""

    source: Axis
    target: Axis
    norms: Matrix

    def of_last_word(self) -> tuple[list[str], list[float]]:
        """The words of the source, and the share that each has in the last word's gradient.

        The last word is the last one that is no mark and no special token; pieces of a word are
        added up.
        """
        words = [token.text for token in self.source.words.tokens]
        sums = [float(self.norms[self._last()][list(group)].sum()) for group in self.source.groups]
        kept = [i for i, token in enumerate(self.source.words.tokens) if not token.special]
        whole = sum(sums[i] for i in kept) or 1.0
        return [words[i] for i in kept], [sums[i] / whole for i in kept]

    def _last(self) -> int:
        """The first piece of the last word: where the word is decided."""
        words = zip(self.target.groups, self.target.words.tokens, strict=True)
        spoken = [
            group[0]
            for group, token in words
            if not token.special and any(letter.isalnum() for letter in token.text)
        ]
        return spoken[-1] if spoken else len(self.target) - 1


def influence(reader: TranslatorReader, text: str, target: str, cut: bool = False) -> Influence:
    """How each piece of a given translation depends on each piece of the source.

    Raises TextError as `reader.align` does.
    """
    source, left, written, right = reader.pieces(text, target, cut)
    network = reader.network
    with torch.enable_grad():
        tokens = torch.tensor([left])
        embedded = network.embed(tokens).detach().requires_grad_()
        given = torch.tensor([[START_ID, *right[:-1]]])
        chances = network.follow(tokens, given, embedded).logits[0].log_softmax(-1)
        rows = [
            torch.autograd.grad(chances[step, piece], embedded, retain_graph=True)[0][0].norm(
                dim=-1
            )
            for step, piece in enumerate(right)
        ]
    return Influence(source, written, torch.stack(rows).numpy())
