"""Looking for a translation with the generation of the transformers library."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor
from transformers import (
    DynamicCache,
    EncoderDecoderCache,
    GenerationConfig,
    PreTrainedModel,
    StoppingCriteria,
    StoppingCriteriaList,
)

from attention_core.errors import Superseded
from attention_core.watching.capture import never
from models.families.seq2seq.languages import Frame
from models.families.translation import Search


@dataclass(frozen=True)
class Hypothesis:
    """One translation that the beam found. Each row of numbers has one for each piece.

    pieces             without the decoder's start token, with the ending
    log_probabilities  in nats
    rows               the row of the batch that the piece was written from
    score              log-probability divided by length ** strength
    """

    pieces: tuple[int, ...]
    log_probabilities: tuple[float, ...]
    rows: tuple[int, ...]
    score: float


@torch.inference_mode()
def hypotheses(
    model: PreTrainedModel, frame: Frame, source: Sequence[int], wanted: Search, most: int,
    cached: bool = True, cancelled: Callable[[], bool] = never,
) -> list[Hypothesis]:  # fmt: skip
    """The best translations found, best first.

    source  the numbers of the source's pieces
    most    pieces of a translation
    cached  False works every step out from the beginning, so that steps have their place

    Raises Superseded when `cancelled` says between two steps that nobody waits any more.
    """
    ids = torch.tensor([source])
    extra: dict[str, Any] = {}
    if cached:  # a cache of our own: the library's has as many layers as the encoder
        extra["past_key_values"] = EncoderDecoderCache(DynamicCache(), DynamicCache())
    generating: Any = model
    found = generating.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        generation_config=_plan(frame, wanted, most, cached),
        stopping_criteria=StoppingCriteriaList([_Cancellation(cancelled)]),
        **extra,
    )
    beams = None if wanted.width == 1 else found.beam_indices
    steps = generating.compute_transition_scores(found.sequences, found.scores, beams).tolist()
    rows = [[0] * len(steps[0])] if beams is None else beams.tolist()
    made = [
        _hypothesis(pieces[1:], shares, places, frame.ends, wanted.strength)
        for pieces, shares, places in zip(found.sequences.tolist(), steps, rows, strict=True)
    ]
    return sorted(made, key=lambda one: -one.score)


def _hypothesis(
    pieces: list[int], steps: list[float], rows: list[int], ends: frozenset[int], strength: float
) -> Hypothesis:
    """Without the padding after the ending."""
    length = next((at for at, piece in enumerate(pieces, 1) if piece in ends), len(pieces))
    return Hypothesis(
        tuple(pieces[:length]),
        tuple(steps[:length]),
        tuple(rows[:length]),
        sum(steps[:length]) / length**strength,
    )


def _plan(frame: Frame, wanted: Search, most: int, cached: bool) -> GenerationConfig:
    """Probabilities are shared among the pieces that may come: `renormalize_logits`."""
    return GenerationConfig(  # type: ignore[no-untyped-call]
        num_beams=wanted.width,
        num_return_sequences=wanted.width,
        length_penalty=wanted.strength if wanted.width > 1 else 1.0,  # greedy has none
        max_new_tokens=most,
        min_new_tokens=least(frame),
        do_sample=False,
        renormalize_logits=True,
        use_cache=cached,
        return_dict_in_generate=True,
        output_scores=True,
        decoder_start_token_id=frame.start,
        forced_bos_token_id=frame.forced,
        suppress_tokens=sorted(frame.banned) or None,
        eos_token_id=sorted(frame.ends) or None,
        pad_token_id=min(frame.banned | frame.ends, default=0),
    )


def least(frame: Frame) -> int:
    """Pieces before the ending of the shortest translation: the forced one and one of its own."""
    return 1 if frame.forced is None else 2


def chances(logits: Tensor, frame: Frame) -> Tensor:
    """Log-probabilities as the search has them: among the pieces that may come at each step.

    logits   (..., target, vocabulary)
    returns  (..., target, vocabulary), in nats
    """
    logits = logits.to(torch.promote_types(logits.dtype, torch.float32), copy=True)
    logits[..., sorted(frame.banned)] = -torch.inf
    logits[..., : least(frame), sorted(frame.ends)] = -torch.inf
    if frame.forced is not None:
        logits[..., 0, :] = -torch.inf
        logits[..., 0, frame.forced] = 0
    return logits.log_softmax(-1)


class _Cancellation(StoppingCriteria):
    """Asks between two steps whether somebody still waits."""

    def __init__(self, cancelled: Callable[[], bool]) -> None:
        self.cancelled = cancelled

    def __call__(self, input_ids: Tensor, scores: Tensor, **kwargs: object) -> Any:
        if self.cancelled():
            raise Superseded
        return torch.zeros(len(input_ids), dtype=torch.bool)
