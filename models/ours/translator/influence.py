"""How much each source piece mattered to each target piece, by the network's own gradient.

Attention says where a network looked; the gradient says what its answer depended on, looked at or
not. A network without attention has gradients too: they show what its one vector still holds of an
early word when the last one is written.

>>> from models.ours.translator.reader import load_translator
>>> found = influence(load_translator("bahdanau-en-fr"), "I see a cat.", "Je vois un chat.")
>>> words, shares = found.of_last_word()
>>> words, round(sum(shares), 6)
(['I', 'see', 'a', 'cat', '.'], 1.0)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from tokenizers import Tokenizer
from torch import Tensor

from attention_core.axes.merging import merge_keys
from attention_core.axes.tokens import TextAxis
from attention_core.errors import Superseded
from attention_core.watching.capture import never
from models.ours.translator.network import Network
from models.ours.translator.reader import TranslatorReader
from models.ours.translator.vocabulary import START_ID, UNKNOWN_ID

Matrix = NDArray[np.float32]


class Influence(NamedTuple):
    """The norms (target, source) of ∂ log p(target piece) / ∂ embedding(source piece), in nats.

    The pieces before it are given, as in training; the embedding is that of one place in the
    sentence, so a word that occurs twice has two.
    """

    source: TextAxis
    target: TextAxis
    norms: Matrix

    def of_last_word(self) -> tuple[list[str], list[float]]:
        """The words of the source, and the share of each in the last word's gradient.

        The pieces of a word are added up; special pieces are left out.
        """
        row = torch.from_numpy(self.norms[_last_word(self.target)])
        tokens = self.source.words.tokens
        sums = merge_keys(row, self.source.groups).tolist()
        kept = [place for place, token in enumerate(tokens) if not token.special]
        whole = sum(sums[place] for place in kept) or 1.0
        return [tokens[place].text for place in kept], [sums[place] / whole for place in kept]


class Distance(NamedTuple):
    """What source pieces at one distance from the end of their sentence mattered to the last word.

    pieces  from the end of the source, 0 = the last before </s>
    norm    mean of the gradient's norm, in nats
    share   mean of its share among all pieces of the source, 0 to 1
    """

    pieces: int
    sentences: int
    norm: float
    share: float


def influence(
    reader: TranslatorReader, text: str, target: str, cut: bool = False,
    cancelled: Callable[[], bool] = never,
) -> Influence:  # fmt: skip
    """What each target piece depended on; raises what `reader.align` raises."""
    given = _given(reader, text, target, cut, cancelled)
    steps = range(len(given.target))
    return given._replace(norms=_norms(reader.network, *_ids(reader, given), steps).numpy())


def by_distance(
    reader: TranslatorReader,
    pairs: Iterable[tuple[str, str]],
    cancelled: Callable[[], bool] = never,
) -> list[Distance]:
    """How the last word's dependence on a source piece falls with its distance from the end.

    The last word is the last target piece with a letter or a digit: a full stop follows anything.
    Each pair is (source, target).
    """
    found = defaultdict[int, list[tuple[float, float]]](list)
    for text, target in pairs:
        given = _given(reader, text, target, True, cancelled)
        norms = _norms(reader.network, *_ids(reader, given), [_last_word(given.target)])[0, :-1]
        shares = norms / norms.sum().clamp_min(1e-30)
        rows = zip(norms.tolist(), shares.tolist(), strict=True)
        for place, row in enumerate(rows, 1):
            found[len(norms) - place].append(row)
    return [
        Distance(distance, len(rows), *np.mean(rows, 0).tolist())
        for distance, rows in sorted(found.items())
    ]


def gradients(
    network: Network, source: list[int], target: list[int], steps: Sequence[int]
) -> Tensor:
    """∂ log p(target[step]) / ∂ embedding of each source piece, (step, source, embedding).

    The sentence is read once for each step, side by side in one batch: the sum of one
    log-probability of each row then has the gradients of all in one pass.
    """
    rows = len(steps)
    tokens = torch.tensor([source]).expand(rows, -1)
    given = torch.tensor([[START_ID, *target[:-1]]]).expand(rows, -1)
    with torch.enable_grad():
        embedded = network.embed(tokens).detach().requires_grad_()
        logits = network.follow(tokens, given, embedded).logits
        pieces = [target[step] for step in steps]
        chances = logits[range(rows), list(steps)].log_softmax(-1)[range(rows), pieces]
        (found,) = torch.autograd.grad(chances.sum(), embedded)
    scaled: Tensor = found * network.shape.embedding**0.5  # `embed` scales what the table holds
    return scaled


def _norms(network: Network, source: list[int], target: list[int], steps: Sequence[int]) -> Tensor:
    norms: Tensor = gradients(network, source, target, steps).norm(dim=-1)
    return norms


def _given(
    reader: TranslatorReader, text: str, target: str, cut: bool, cancelled: Callable[[], bool]
) -> Influence:
    if cancelled():
        raise Superseded
    made = reader.align(text, target, cut, cancelled=cancelled)
    return Influence(made.source, made.target, np.zeros((0, 0), dtype=np.float32))


def _ids(reader: TranslatorReader, given: Influence) -> tuple[list[int], list[int]]:
    return _numbers(reader.source, given.source), _numbers(reader.target, given.target)


def _numbers(tokenizer: Tokenizer, axis: TextAxis) -> list[int]:
    numbers = (tokenizer.token_to_id(token.piece) for token in axis.tokens)
    return [UNKNOWN_ID if number is None else number for number in numbers]


def _last_word(target: TextAxis) -> int:
    """The last piece with a letter or a digit; the first where there is none."""
    return max(
        (
            place
            for place, token in enumerate(target.tokens)
            if not token.special and any(map(str.isalnum, token.text))
        ),
        default=0,
    )
