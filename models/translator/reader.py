"""A trained translator as the pages use it: text in; translation, alignment and candidates out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors.torch import load_file
from tokenizers import Encoding, Tokenizer
from torch import Tensor

from attention_core.errors import TextError, TooLong
from attention_core.record import AttentionRecord, Integrity, Note, Site, Stored
from attention_core.tokens import Axis, Token, readable, visible
from models.translator import vocabulary
from models.translator.network import Shape, Translator
from models.translator.recipes import CHECKPOINTS, RECIPES
from models.translator.search import Hypothesis, beam_search
from models.translator.vocabulary import END, END_ID, START_ID, UNKNOWN, UNKNOWN_ID

CANDIDATES = 5
SPACE = "▁"
"""How a piece says that a space stands before it; alone it stands for no character."""
LIMIT = 60
"""Pieces of a source sentence: the longest the network saw in training."""


@dataclass(frozen=True)
class Candidate:
    """A piece the network considered, and its probability from 0 to 1."""

    text: str
    probability: float
    piece: str
    """The vocabulary's own name for it."""


@dataclass(frozen=True)
class Alternative:
    """Another translation that the beam found, and its score (log-probability per length)."""

    text: str
    score: float


@dataclass(frozen=True)
class Translation:
    """A target text, how the network aligned it, and what else it considered.

    record       one site, ``cross.0``: target pieces look at source pieces
    candidates   for each target piece, the likeliest pieces at that step, best first
    chosen       for each target piece, the probability of the piece itself
    """

    record: AttentionRecord
    text: str
    candidates: tuple[tuple[Candidate, ...], ...]
    chosen: tuple[float, ...]
    alternatives: tuple[Alternative, ...]
    unknown: tuple[str, ...]
    """Source characters the network has never seen."""

    @property
    def site(self) -> Site:
        return self.record.sites[0]


class TranslatorReader:
    """One trained translator, loaded from its checkpoint folder."""

    def __init__(self, name: str, folder: Path, languages: tuple[str, str]) -> None:
        config = json.loads((folder / "config.json").read_text())
        self.name = name
        self.languages = languages
        self.limit = LIMIT
        self.network = Translator(Shape(**config["shape"]))
        weights = load_file(folder / "model.safetensors")
        self.network.load_state_dict({key: value.float() for key, value in weights.items()})
        self.network.eval()
        vocabulary_file = folder / "vocabulary.json"
        self.source = vocabulary.load(vocabulary_file, languages[0])
        self.target = vocabulary.load(vocabulary_file, languages[1])

    def axis(self, text: str) -> Axis:
        """The source as the network will see it; used to count pieces before reading."""
        text = readable(text)
        return self._axis("source", self._encode(self.source, text), text, self.languages[0])

    def translate(
        self, text: str, width: int = 5, strength: float = 0.8, cut: bool = False,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> Translation:  # fmt: skip
        """The best translation of a text found with a beam, and its alignment.

        Raises TextError when there is nothing to read or more than `limit` pieces.
        """
        source, pieces = self._source(text, cut)
        found = beam_search(self.network, pieces, width, strength, cancelled)
        best = found[0]
        ids = best.pieces if best.pieces[-1:] == [END_ID] else [*best.pieces, END_ID]
        target = self._written(ids)
        return self._follow(
            source, pieces, target, ids, self._alternatives(found, target.text), cut
        )

    def align(self, text: str, target: str, cut: bool = False) -> Translation:
        """How the network aligns a translation that the reader gives.

        Raises TextError when either side is empty or longer than `limit` pieces.
        """
        source, pieces = self._source(text, cut)
        given = readable(target)
        encoding = self._encode(self.target, given)
        axis = self._axis("target", encoding, given, self.languages[1])
        ids = [*encoding.ids, END_ID]
        if len(ids) > self.limit:
            if not cut:
                raise self._too_long(len(ids))
            ids = [*ids[: self.limit - 1], END_ID]
            axis = _shortened(axis, self.limit)
        return self._follow(source, pieces, axis, ids, (), cut)

    def _source(self, text: str, cut: bool) -> tuple[Axis, list[int]]:
        axis = self.axis(text)
        ids = [*self._encode(self.source, axis.text).ids, END_ID]
        if len(ids) <= self.limit:
            return axis, ids
        if not cut:
            raise self._too_long(len(ids))
        return _shortened(axis, self.limit), [*ids[: self.limit - 1], END_ID]

    def _too_long(self, pieces: int) -> TextError:
        return TooLong(
            "This sentence has {pieces} pieces; the translator reads at most {limit}. "
            "Shorten it, or read only its beginning.",
            pieces=pieces,
            limit=self.limit,
        )

    def _encode(self, tokenizer: Tokenizer, text: str) -> Encoding:
        return tokenizer.encode(vocabulary.normalised(text))

    def _axis(self, name: str, encoding: Encoding, text: str, language: str) -> Axis:
        tokens = []
        for piece, (first, end) in zip(encoding.tokens, encoding.offsets, strict=True):
            start = first + len(text[first:end]) - len(text[first:end].lstrip())
            tokens.append(_token(text, start, start if piece == SPACE else end, piece))
        return Axis(name, text, (*tokens, _end_token(text)), language)

    def _written(self, ids: list[int]) -> Axis:
        """The target axis of pieces the network chose; the text is their concatenation."""
        text, tokens = "", []
        for index in ids[:-1]:
            piece = str(self.target.id_to_token(index))
            shown = piece.replace(SPACE, " " if text else "")
            start = len(text) + (len(shown) - len(shown.lstrip()))
            text += shown
            tokens.append(_token(text, start, len(text), piece))
        return Axis("target", text, (*tokens, _end_token(text)), self.languages[1])

    def _alternatives(self, found: list[Hypothesis], best: str) -> tuple[Alternative, ...]:
        """What else was found. One text, cut into pieces in several ways, is shown once."""
        scores: dict[str, float] = {}
        for hypothesis in found:
            text = self.target.decode([i for i in hypothesis.pieces if i != END_ID]).strip()
            scores.setdefault(text, hypothesis.score)
        return tuple(Alternative(text, score) for text, score in scores.items() if text != best)

    @torch.inference_mode()
    def _follow(
        self, source: Axis, pieces: list[int], target: Axis, ids: list[int],
        alternatives: tuple[Alternative, ...], cut: bool,
    ) -> Translation:  # fmt: skip
        """One teacher-forced pass: the weights and the chances at every step."""
        given = torch.tensor([[START_ID, *ids[:-1]]])
        logits, weights, contexts = self.network.follow(torch.tensor([pieces]), given)
        values = self.network.encode(torch.tensor([pieces])).annotations[0]
        site = Site(
            "cross.0", "cross", 0, 1, target, source, Stored(weights),
            _integrity(weights[0], values, contexts[0]),
        )  # fmt: skip
        chances = logits[0].softmax(-1)
        note = Note("Only the first {limit} pieces were read.", limit=self.limit)
        full = self.limit in (len(source), len(target))
        best = chances.topk(CANDIDATES)
        return Translation(
            record=AttentionRecord(
                self.name, (site,), (source, target), (note,) if cut and full else ()
            ),
            text=target.text,
            candidates=tuple(
                tuple(
                    self._candidate(index, probability)
                    for index, probability in zip(row, share, strict=True)
                )
                for row, share in zip(best.indices.tolist(), best.values.tolist(), strict=True)
            ),
            chosen=tuple(chances[range(len(ids)), ids].tolist()),
            alternatives=alternatives,
            unknown=_unknown(source, pieces),
        )

    def _candidate(self, index: int, probability: float) -> Candidate:
        piece = str(self.target.id_to_token(index))
        return Candidate(piece.replace(SPACE, " ").strip() or "␣", probability, piece)


def load_translator(name: str) -> TranslatorReader:
    """The translator of that recipe, from its shipped checkpoint."""
    recipe = RECIPES[name]
    return TranslatorReader(name, CHECKPOINTS / name, (recipe.source, recipe.target))


def _token(text: str, start: int, end: int, piece: str) -> Token:
    return Token(visible(text[start:end]) or "␣", start, end, piece=piece)


def _end_token(text: str) -> Token:
    return Token(END, len(text), len(text), special=True, piece=END)


def _shortened(axis: Axis, limit: int) -> Axis:
    tokens = axis.tokens[: limit - 1]
    text = axis.text[: tokens[-1].end]
    return Axis(axis.name, text, (*tokens, _end_token(text)), axis.language)


def _integrity(weights: Tensor, values: Tensor, contexts: Tensor) -> Integrity:
    """weights (target, source), values (source, width), contexts (target, width)."""
    rows = float((weights.sum(-1) - 1).abs().max())
    gap = float((weights @ values - contexts).abs().max())
    return Integrity(rows, gap / max(float(contexts.abs().max()), 1e-12))


def _unknown(source: Axis, pieces: list[int]) -> tuple[str, ...]:
    shown = (
        token.text
        for token, index in zip(source.tokens, pieces, strict=True)
        if index == UNKNOWN_ID or token.piece == UNKNOWN
    )
    return tuple(dict.fromkeys(shown))
