"""A trained translator as the pages use it: text in; translation, alignment and candidates out.

>>> reader = load_translator("bahdanau-en-fr")
>>> made = reader.translate("I love machine learning.")
>>> made.text
"J'aime l'apprentissage automatique."
>>> made.cross[0].weights().shape  # (head, target piece, source piece)
torch.Size([1, 7, 6])
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path
from weakref import WeakValueDictionary

import torch
from safetensors.torch import load_file
from tokenizers import Encoding, Tokenizer

from attention_core.axes.text import readable, visible
from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import Superseded, TextError, TooLong
from attention_core.watching.capture import (
    WEIGHTS,
    Collector,
    Want,
    announced,
    capture,
    editing,
    never,
)
from attention_core.watching.edit import Edit, placed
from attention_core.watching.intervention import Intervention, intervening
from attention_core.watching.record import AttentionRecord, Note, Site
from models.families.remarks import as_text
from models.families.translation import USUAL, Alternative, Candidate, Node, Search, Translation
from models.ours.looks import Traced, site
from models.ours.translator import vocabulary
from models.ours.translator.network import Followed
from models.ours.translator.recipes import CHECKPOINTS, RECIPES, shape_of
from models.ours.translator.search import Found, beam_search
from models.ours.translator.vocabulary import (
    END,
    END_ID,
    SPECIALS,
    START,
    START_ID,
    UNKNOWN,
    UNKNOWN_ID,
)

CANDIDATES = 5
SPACE = "▁"
"""How a piece says that a space stands before it; alone it stands for no character."""
LIMIT = 60
"""Pieces of a source sentence: the longest the network saw in training."""


class TranslatorReader:
    """One trained translator, loaded from its checkpoint folder."""

    def __init__(self, name: str, folder: Path, pieces: Path, languages: tuple[str, str]) -> None:
        config = json.loads((folder / "config.json").read_text())
        self.name = name
        self.languages = languages
        self.limit = LIMIT
        self.network = shape_of(config["family"], config["shape"]).build()
        weights = load_file(folder / "model.safetensors")
        self.network.load_state_dict({key: value.float() for key, value in weights.items()})
        self.network.eval()
        announced(self.network.layers)
        self.source = vocabulary.load(pieces, languages[0])
        self.target = vocabulary.load(pieces, languages[1])

    def axis(self, text: str) -> TextAxis:
        """The source as the network will see it; used to count pieces before reading."""
        text = readable(text)
        return self._axis("source", self._encode(self.source, text), text, self.languages[0])

    def translate(
        self, text: str, search: Search = USUAL, cut: bool = False,
        edits: Sequence[Edit] = (), cancelled: Callable[[], bool] = never,
    ) -> Translation:  # fmt: skip
        """The best translation of a text found with a beam, and its alignment.

        Raises TextError when there is nothing to read or more than `limit` pieces.
        """
        source, pieces = self.source_pieces(text, cut)
        with self.editing(edits):
            found = beam_search(self.network, pieces, search.width, search.strength, cancelled)
            best = found.hypotheses[0]
            ids = best.pieces if best.pieces[-1:] == [END_ID] else [*best.pieces, END_ID]
            made = self._follow(source, pieces, self._written(ids), ids, cut, (source,))
        return replace(
            made, alternatives=self._alternatives(found, made.text), tree=self._tree(found)
        )

    def align(
        self, text: str, target: str, cut: bool = False, edits: Sequence[Edit] = (),
        cancelled: Callable[[], bool] = never,
    ) -> Translation:  # fmt: skip
        """How the network aligns a translation that the reader gives.

        Raises TextError when either side is empty or longer than `limit` pieces.
        """
        source, pieces, axis, ids = self.pieces(text, target, cut)
        if cancelled():
            raise Superseded
        with self.editing(edits):
            return self._follow(source, pieces, axis, ids, cut, (source, axis))

    def probe(
        self, text: str, target: str, want: Want = WEIGHTS, edits: Sequence[Edit] = ()
    ) -> tuple[Followed, Collector]:
        """One pass over a given pair, with everything kept that is wanted.

        Raises as `align` does.
        """
        _, pieces, _, ids = self.pieces(text, target)
        with (
            self.editing(edits),
            capture(want=want) as seen,
            torch.inference_mode(not want.gradients),
        ):
            return self._passed(pieces, ids), seen

    def _passed(self, pieces: list[int], ids: list[int]) -> Followed:
        """What the network makes of a pair when it is given every piece of the target."""
        device = self.network.embedding.weight.device
        given = torch.tensor([[START_ID, *ids[:-1]]], device=device)
        return self.network.follow(torch.tensor([pieces], device=device), given)

    def pieces(
        self, text: str, target: str, cut: bool = False
    ) -> tuple[TextAxis, list[int], TextAxis, list[int]]:
        """Both sides of a pair: the axis and the numbers of its pieces, </s> at the end of each.

        Raises TextError when either side is empty or longer than `limit` pieces.
        """
        source, pieces = self.source_pieces(text, cut)
        given = readable(target)
        encoding = self._encode(self.target, given)
        axis = self._axis("target", encoding, given, self.languages[1])
        ids = [*encoding.ids, END_ID]
        if len(ids) > self.limit:
            if not cut:
                raise self._too_long(len(ids))
            ids = [*ids[: self.limit - 1], END_ID]
            axis = _shortened(axis, self.limit)
        return source, pieces, axis, ids

    def editing(self, edits: Sequence[Edit]) -> AbstractContextManager[None]:
        """These edits on the network's attention, inside the block and in this thread only.

        Raises AttentionError when an edit names a site that this network has not.
        """
        return editing(placed(edits, self.network.sites))

    def intervening(self, interventions: Sequence[Intervention]) -> AbstractContextManager[None]:
        """These changes of what heads, attention and layers give on, inside the block and in this
        thread only; see `attention_core.watching.intervention`.
        """
        return intervening(interventions, self.network.sites, self.network.layers)

    def source_pieces(self, text: str, cut: bool) -> tuple[TextAxis, list[int]]:
        """A source: the axis and the numbers of its pieces, </s> at the end.

        Raises TextError when it is empty or longer than `limit` pieces.
        """
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

    def _axis(self, name: str, encoding: Encoding, text: str, language: str) -> TextAxis:
        tokens = []
        for piece, (first, end) in zip(encoding.tokens, encoding.offsets, strict=True):
            start = first + len(text[first:end]) - len(text[first:end].lstrip())
            tokens.append(_token(text, start, start if piece == SPACE else end, piece))
        return TextAxis(name, text, (*tokens, _end_token(text)), language)

    def _written(self, ids: list[int]) -> TextAxis:
        """The target axis of pieces the network chose; the text is their concatenation."""
        text, tokens = "", []
        for index in ids[:-1]:
            piece = str(self.target.id_to_token(index))
            shown = piece.replace(SPACE, " " if text else "")
            start = len(text) + (len(shown) - len(shown.lstrip()))
            text += shown
            tokens.append(_token(text, start, len(text), piece))
        return TextAxis("target", text, (*tokens, _end_token(text)), self.languages[1])

    def _alternatives(self, found: Found, best: str) -> tuple[Alternative, ...]:
        """What else was found. One text, cut into pieces in several ways, is shown once."""
        scores: dict[str, float] = {}
        for hypothesis in found.hypotheses:
            text = self.target.decode([i for i in hypothesis.pieces if i != END_ID]).strip()
            scores.setdefault(text, hypothesis.score)
        return tuple(Alternative(text, score) for text, score in scores.items() if text != best)

    def _tree(self, found: Found) -> tuple[Node, ...]:
        best = set(found.way(found.hypotheses[0].leaf))
        return tuple(
            Node(
                branch.parent, self.shown(branch.piece), branch.log_probability, branch.total,
                branch.score, place in best, self._way(found, place),
            )
            for place, branch in enumerate(found.tree)
        )  # fmt: skip

    def _way(self, found: Found, place: int) -> str:
        pieces = [found.tree[branch].piece for branch in found.way(place)]
        return str(self.target.decode([piece for piece in pieces if piece != END_ID]).strip())

    @torch.inference_mode()
    def _follow(
        self, source: TextAxis, pieces: list[int], target: TextAxis, ids: list[int], cut: bool,
        typed: Sequence[TextAxis],
    ) -> Translation:  # fmt: skip
        """One teacher-forced pass: the weights and the chances at every step.

        typed  those of both texts that a reader gave
        """
        logits, looks = self._passed(pieces, ids)
        sites = tuple(_site(look, source, target, _given(target)) for look in looks)
        chances = logits[0].log_softmax(-1)
        note = Note("Only the first {limit} pieces were read.", limit=self.limit)
        full = cut and self.limit in (len(source), len(target))
        notes = (*((note,) if full else ()), *_remarks(axis.text for axis in typed))
        best = chances.topk(CANDIDATES)
        chosen = chances[range(len(ids)), ids]
        return Translation(
            record=AttentionRecord(self.name, sites, (source, target), notes),
            text=target.text,
            candidates=tuple(
                tuple(
                    self._candidate(index, probability)
                    for index, probability in zip(row, share, strict=True)
                )
                for row, share in zip(
                    best.indices.tolist(), best.values.exp().tolist(), strict=True
                )
            ),
            chosen=tuple(chosen.exp().tolist()),
            score=float(chosen.mean()),
            unknown=_unknown(source, pieces),
        )

    def shown(self, index: int) -> str:
        """A piece as a reader sees it; a space that stands alone is drawn."""
        if index == END_ID:
            return END
        return str(self.target.id_to_token(index)).replace(SPACE, " ").strip() or "␣"

    def _candidate(self, index: int, probability: float) -> Candidate:
        piece = str(self.target.id_to_token(index))
        return Candidate(self.shown(index), probability, piece)


_IN_MEMORY: WeakValueDictionary[Path, TranslatorReader] = WeakValueDictionary()
_LOADING = threading.Lock()


def load_translator(name: str) -> TranslatorReader:
    """The translator of that recipe, from its shipped checkpoint; one for all who hold it."""
    folder = CHECKPOINTS / name
    with _LOADING:
        found = _IN_MEMORY.get(folder)
        if found is None:
            recipe = RECIPES[name]
            pieces = CHECKPOINTS / "vocabularies" / recipe.vocabulary
            languages = recipe.source, recipe.target
            found = TranslatorReader(name, folder, pieces, languages)
            _IN_MEMORY[folder] = found
        return found


def _token(text: str, start: int, end: int, piece: str) -> Token:
    return Token(visible(text[start:end]) or "␣", start, end, piece=piece)


def _end_token(text: str) -> Token:
    return Token(END, len(text), len(text), special=True, piece=END)


def _shortened(axis: TextAxis, limit: int) -> TextAxis:
    tokens = axis.tokens[: limit - 1]
    text = axis.text[: tokens[-1].end]
    return TextAxis(axis.name, text, (*tokens, _end_token(text)), axis.language)


def _given(target: TextAxis) -> TextAxis:
    """What a decoder is given to write the target: <s>, and every piece but the last."""
    start = Token(START, 0, 0, special=True, piece=START)
    return replace(target, name="written", tokens=(start, *target.tokens[:-1]))


def _site(look: Traced, source: TextAxis, target: TextAxis, given: TextAxis) -> Site:
    """Row i of a decoder's look belongs to the step that writes piece i, given those before it."""
    reads = look.place.stack == "encoder"
    queries, keys = (source, source) if reads else (target, source if look.place.crosses else given)
    return site(look, queries, keys)


def _remarks(texts: Iterable[str]) -> Iterator[Note]:
    """In which ways typed texts are not read as they stand."""
    text = "\n".join(texts)
    names = [name for name in SPECIALS if name in text]
    if names:
        yield as_text(names)
    changed = vocabulary.changed(text)
    if changed:
        yield Note(
            "Read as plainer characters, which this model knows: {characters}.",
            characters=", ".join(f"{one} → {vocabulary.normalised(one)}" for one in changed),
        )


def _unknown(source: TextAxis, pieces: list[int]) -> tuple[str, ...]:
    shown = (
        token.text
        for token, index in zip(source.tokens, pieces, strict=True)
        if index == UNKNOWN_ID or token.piece == UNKNOWN
    )
    return tuple(dict.fromkeys(shown))
