"""Listening with a model that writes down what is said, while watching where every head looks.

>>> from models.families.sound import untrained
>>> from attention_core.files.sound import made
>>> listener = Listener("untrained", untrained.ear())
>>> heard = listener.listen(made(np.sin(np.arange(16000) * 0.1) / 2))
>>> sorted(heard.record.kinds), heard.frames
(['cross', 'decoder', 'encoder'], 50)
"""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from transformers import GenerationConfig

from attention_core.axes.axis import Axis
from attention_core.axes.frames import FrameAxis, frames
from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import Superseded, TextError
from attention_core.files.sound import RATE, Sound
from attention_core.marking import N_
from attention_core.numbers.alignment.segments import in_order, segments
from attention_core.watching.capture import never
from attention_core.watching.edit import Edit
from attention_core.watching.record import AttentionRecord, Note, Site
from models.families.sites import Sides, sites, sound
from models.families.watch import Example, Watch
from models.loading.hearing import Ear

FRAME: Final = 0.02
"""Seconds of one place of the encoder: two of the 10 ms that the sound is cut into."""
ALIGNED: Final = 0.9
"""Of pairs of words in order, by which a head aligns; 0.5 is chance."""
_MOST: Final = 220
"""Tokens of a transcript of 30 seconds; nobody speaks faster."""
_FAULT: Final = N_(
    "{model} cannot listen: it stops with an error when it is given a sound. Save it again with "
    "the program that made it, or choose another model."
)
_NOTHING: Final = N_("The model heard no words in it; speak louder, or nearer to the microphone.")


@dataclass(frozen=True)
class Spoken:
    """A word of a transcript: which tokens it is made of, and when it is said, in seconds."""

    text: str
    tokens: tuple[int, ...]
    start: float
    end: float


@dataclass(frozen=True)
class Heard:
    """A sound as a model heard it.

    record  every site: encoder frames, decoder tokens, and tokens that look at frames
    text    what it wrote down
    bands   (band, frame of 10 ms), 0 … 1: the sound as the model is given it
    frames  of the encoder that hold sound; those after them are silence that the model adds
    named   heads of cross-attention that the model's own files call aligned: (layer, head)
    """

    record: AttentionRecord[Axis]
    text: str
    bands: NDArray[np.float32]
    frames: int
    seconds: float
    named: tuple[tuple[int, int], ...]

    @property
    def cross(self) -> tuple[Site[Axis], ...]:
        return self.record.of("cross")

    def looks(self, heads: Sequence[tuple[int, int]]) -> Tensor:
        """(token, frame): the mean of some heads (layer, head) over the frames that hold sound."""
        found = [self.cross[layer].weights([head])[0, :, : self.frames] for layer, head in heads]
        return torch.stack(found).mean(0)

    @cached_property
    def order(self) -> dict[tuple[int, int], float]:
        """How well each head of cross-attention keeps time: (layer, head) to the share of pairs of
        words of which the later one looks later; 0.5 where there are not two words.
        """
        spoken = [place for place, one in enumerate(self.record.axes[1].tokens) if not one.special]
        return {
            (layer, head): 0.5 if math.isnan(share) else float(share)
            for layer, one in enumerate(self.cross)
            for head, share in enumerate(in_order(one.weights()[:, spoken, : self.frames]))
        }

    @property
    def aligning(self) -> list[tuple[int, int]]:
        """The heads that are called so: the later of two words nearly always looks later."""
        return [place for place in self.timed(len(self.order)) if self.order[place] >= ALIGNED]

    def timed(self, most: int) -> list[tuple[int, int]]:
        """The heads that keep time best, the earlier ones first among equals."""
        return sorted(self.order, key=lambda place: (-self.order[place], place))[:most]

    def words(self, looks: Tensor) -> tuple[Spoken, ...]:
        """When each word is said, by how its tokens look. looks (token, frame)

        Rows are scaled to sum to 1, so that no token has more to say than another.
        """
        axis = self.record.axes[1]
        spoken = [place for place, token in enumerate(axis.tokens) if not token.special]
        if not spoken or len(spoken) > looks.shape[1]:
            return ()
        rows = looks[spoken]
        ways = segments(rows / rows.sum(-1, keepdim=True).clamp_min(1e-12))
        at = dict(zip(spoken, ways, strict=True))
        groups = [[place for place in group if place in at] for group in axis.groups]
        return tuple(
            Spoken(
                "".join(axis.tokens[place].text for place in group),
                tuple(group),
                at[group[0]][0] * FRAME,
                at[group[-1]][1] * FRAME,
            )
            for group in filter(None, groups)
        )


class Listener:
    """One model that hears; many threads may use it at once. limit: tokens of a transcript"""

    limit = _MOST

    def __init__(self, name: str, ear: Ear) -> None:
        self.name = name
        self._model = ear.model
        self._frames = ear.frames
        self._tokenizer: Any = ear.tokenizer
        self._start = int(self._model.config.decoder_start_token_id)
        self.watch = Watch(name, self._model, self._example())

    @property
    def routed(self) -> bool:
        """True when attention is captured as it is computed and checked against the output."""
        return self.watch.routed

    def listen(
        self, given: Sound, cancelled: Callable[[], bool] = never, edits: Sequence[Edit] = ()
    ) -> Heard:
        """What is said, and where every head of every layer looked while it was written down.

        cancelled  asked before each token and between layers; True raises Superseded
        edits      what is done to the attention meanwhile

        Raises TextError where the model hears no words.
        """
        bands = self._bands(given)
        with self.watch.changing(edits):
            written = self._written(bands, cancelled)
            inputs = {"input_features": bands, "decoder_input_ids": written[:, :-1]}
            run = self.watch.run(inputs, cancelled)
        kept, left_out = sound(run.seen)
        filled = min(int(np.ceil(given.seconds / FRAME)), self._places)
        hears, target = self._time(filled), self._axis(written[0, 1:].tolist(), "target")
        before = self._axis(written[0, :-1].tolist(), "written")
        sides: Sides[Axis] = {
            "encoder": (hears, hears), "decoder": (target, before), "cross": (target, hears)
        }  # fmt: skip
        notes = (*given.notes, *left_out, *self.watch.notes, self._silence(given))
        record = AttentionRecord[Axis](self.name, sites(kept, sides), (hears, target), notes)
        shown = bands[0, :, : 2 * filled].numpy()
        shown = (shown - shown.min()) / max(float(np.ptp(shown)), 1e-9)
        return Heard(record, target.text, shown, filled, given.seconds, self._named())

    def _bands(self, given: Sound) -> Tensor:
        """(1, band, frame of 10 ms), 30 seconds of it."""
        made = self._frames(given.samples, sampling_rate=RATE, return_tensors="pt")
        found: Tensor = made["input_features"]
        return found

    @property
    def _places(self) -> int:
        """Frames of the encoder."""
        return int(self._model.config.max_source_positions)

    def _written(self, bands: Tensor, cancelled: Callable[[], bool]) -> Tensor:
        """(1, token): the most likely transcript, with the tokens that begin and end it."""

        def gone(ids: Tensor, _scores: Tensor, **_more: Any) -> Tensor:
            if cancelled():
                raise Superseded
            return torch.zeros(len(ids), dtype=torch.bool)

        with torch.inference_mode():
            made = self._model.generate(
                input_features=bands,
                generation_config=self._greedy(),
                stopping_criteria=[gone],
                return_dict_in_generate=True,
                force_unique_generate_call=True,
            )
        found: Tensor = made.sequences
        words = self._tokenizer.decode(found[0], skip_special_tokens=True)
        if not words.strip():
            raise TextError(_NOTHING)
        return found

    def _greedy(self) -> GenerationConfig:
        """How the model's own files say that it writes, the likeliest token at each step."""
        found = copy.deepcopy(self._model.generation_config)
        found.max_new_tokens = min(_MOST, int(self._model.config.max_target_positions) - 8)
        found.max_length, found.num_beams, found.do_sample = None, 1, False
        found.return_timestamps = False
        return found  # type: ignore[no-any-return]

    def _axis(self, numbers: Sequence[int], name: str) -> TextAxis:
        """The tokens of a transcript over its text."""
        special, text, made = set(self._tokenizer.all_special_ids), "", []
        read: list[int] = []
        for number in numbers:
            piece = str(self._tokenizer.convert_ids_to_tokens(number))
            if number in special or piece.startswith("<|"):
                made.append(Token(piece, len(text), len(text), special=True, piece=piece))
                continue
            read.append(number)
            longer = self._tokenizer.decode(read, skip_special_tokens=False)
            start, text = len(text), longer
            made.append(Token(longer[start:], start, len(longer), piece=piece))
        trimmed = (
            replace(token, text=token.text.strip() or token.text) if not token.special else token
            for token in made
        )
        return TextAxis(name, text, tuple(trimmed))

    def _time(self, filled: int) -> FrameAxis:
        """The frames of the encoder; those after the sound are the model's own."""
        whole = frames(self._places, FRAME)
        marked = (replace(one, special=n >= filled) for n, one in enumerate(whole.tokens))
        return replace(whole, tokens=tuple(marked))

    def _silence(self, given: Sound) -> Note:
        return Note(
            N_(
                "The model always hears {whole:.0f} seconds; after the {seconds:.1f} seconds of "
                "the sound it hears silence, which is not drawn."
            ),
            whole=self._places * FRAME,
            seconds=given.seconds,
        )

    def _named(self) -> tuple[tuple[int, int], ...]:
        """The heads that the model's own files call aligned, if they name any."""
        said = getattr(self._model.generation_config, "alignment_heads", None) or ()
        return tuple((int(layer), int(head)) for layer, head in said)

    def _example(self) -> Example:
        """Noise, and a few tokens written to it."""
        dice = torch.Generator().manual_seed(0)
        config = self._model.config
        bands = torch.randn(1, config.num_mel_bins, 2 * self._places, generator=dice)
        ids = [self._start, *range(5, 9)]
        inputs = {"input_features": bands, "decoder_input_ids": torch.tensor([ids])}
        count, places = len(ids), self._places
        shapes = {
            "encoder": frozenset({(places, places)}),
            "decoder": frozenset({(count, count)}),
            "cross": frozenset({(count, places)}),
        }
        return Example(inputs, shapes, needs=frozenset(shapes), fault=_FAULT, asks=False)
