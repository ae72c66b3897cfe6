"""The trained translator as a page uses it: a sentence and a canvas in; a translation, how far it
needed the picture, and both attentions out.

>>> from models.ours.decides.canvas import in_place
>>> decider = load_decider()
>>> decider.translate("I see a bat.", "fr", canvas([in_place("1f987", 0)])).text
'Je vois une chauve-souris.'
>>> decider.translate("I see a bat.", "zh", canvas([in_place("1f3cf", 3)])).text
'我看见一根球棒。'
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Final

import numpy as np
import torch
from safetensors.torch import load_file
from torch import Tensor

from attention_core.axes.patches import PatchAxis, patches
from attention_core.axes.text import readable, visible
from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import TextError, TooLong
from attention_core.watching.capture import announced, editing
from attention_core.watching.edit import Edit, placed
from attention_core.watching.record import AttentionRecord, Site
from models.ours.decides.canvas import GRID, WIDTH, Placed, composed, placed_tensor
from models.ours.decides.drawings import drawing, small
from models.ours.decides.network import PICTURE_LOOK, TEXT_LOOK, Followed, Network, Shape
from models.ours.decides.nouns import Language
from models.ours.decides.sentences import spoken, words
from models.ours.decides.vocabulary import END, END_ID, Vocabulary
from models.ours.looks import Traced, site

CHECKPOINT: Final = Path(__file__).parent / "checkpoint"
LIMIT: Final = 20
"""Words of a sentence, and of a translation."""
SHOWN: Final = 3
"""Words that it considered, of each step."""

Sides = TextAxis | PatchAxis


@dataclass(frozen=True)
class Considered:
    """A word that the network might have written, and its probability from 0 to 1."""

    text: str
    probability: float


@dataclass(frozen=True)
class Decided:
    """A translation, and what decided each of its words.

    record      the site `cross.0` over the words, and `picture-cross.0` over the cells
    text        as a reader writes it
    gates       for each target word, β: how far the picture was let in, from 0 to 1
    considered  for each target word, the likeliest words at that step, best first
    """

    record: AttentionRecord[Sides]
    text: str
    gates: tuple[float, ...]
    considered: tuple[tuple[Considered, ...], ...]

    @property
    def words(self) -> TextAxis:
        """The words of the translation, </s> at the end."""
        axis = self.record.axes[2]
        assert isinstance(axis, TextAxis)  # noqa: S101  (for the type checker: `_record` made it)
        return axis


class Decider:
    """The translator in memory; many threads may use it at once."""

    name = "decides"
    limit = LIMIT

    def __init__(self, folder: Path = CHECKPOINT) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        known = json.loads((folder / "words.json").read_text(encoding="utf-8"))
        self.known = Vocabulary(tuple(known["source"]), tuple(known["target"]))
        self.network = Network(Shape(**config["shape"]))
        weights = load_file(folder / "model.safetensors")
        self.network.load_state_dict(
            {key: one.float() if one.is_floating_point() else one for key, one in weights.items()}
        )
        self.network.eval().requires_grad_(False)
        announced(self.network.layers)

    def axis(self, text: str) -> TextAxis:
        """The English words as the network reads them, </s> at the end.

        Raises TextError where there is no word, or one that the network does not know; TooLong.
        """
        text = readable(text)
        found = words(text)
        if not found:
            raise TextError("There is no word in this text; type an English sentence.")
        unknown = [word for word, _, _ in found if word not in self.known.source_ids]
        if unknown:
            raise TextError(
                "This translator knows {count} English words; not among them: {words}. "
                "Choose an example, or use words that it knows.",
                count=len(self.known.source) - 2,
                words=", ".join(f"“{visible(word)[:40]}”" for word in dict.fromkeys(unknown)),
            )
        if len(found) >= LIMIT:
            raise TooLong(
                "This sentence has {words} words; this translator reads at most {limit}. "
                "Shorten it.",
                words=len(found),
                limit=LIMIT - 1,
            )
        tokens = [Token(text[start:end], start, end, piece=word) for word, start, end in found]
        return TextAxis("source", text, (*tokens, _end(text)), "en")

    def translate(
        self, text: str, language: Language, canvas: Tensor | None, edits: Sequence[Edit] = ()
    ) -> Decided:
        """The likeliest translation, word by word.

        canvas  (3, row, column), light from 0 to 1; None for no picture at all: no gate opens

        Raises as `axis` does.
        """
        source = self.axis(text)
        with self.editing(edits), torch.inference_mode():
            return self._record(source, language, *self._written(source, language, canvas))

    def editing(self, edits: Sequence[Edit]) -> AbstractContextManager[None]:
        """These edits on the network's attention, inside the block and in this thread only."""
        return editing(placed(edits, self.network.sites))

    def _written(
        self, source: TextAxis, language: Language, canvas: Tensor | None
    ) -> tuple[list[int], Followed]:
        """The numbers of the likeliest words, </s> at the end, and the pass that follows them."""
        ids = torch.tensor([self.known.reads([token.piece for token in source.tokens[:-1]])])
        cells, open = self.seen(canvas)
        read = self.network.read(ids, cells, open)
        state, word, made = read.begun, self.known.starts[language], list[int]()
        while len(made) < LIMIT and word != END_ID:
            step = self.network.step(
                read, self.network.written(torch.tensor([word])), state, len(made)
            )
            state, word = step.state, int(step.logits.argmax())
            made.append(word)
        if made[-1] != END_ID:
            made[-1] = END_ID
        given = torch.tensor([[self.known.starts[language], *made[:-1]]])
        return made, self.network.follow(ids, given, cells, open)

    def seen(self, canvas: Tensor | None) -> tuple[Tensor, Tensor]:
        """The cells of a canvas (1, cell, cells), and whether a gate may open (1, 1)."""
        blank = torch.ones(3, WIDTH, WIDTH) if canvas is None else canvas
        return self.network.see(blank[None]), torch.tensor([[float(canvas is not None)]])

    def _record(
        self, source: TextAxis, language: Language, ids: list[int], made: Followed
    ) -> Decided:
        said = [self.known.target[number] for number in ids[:-1]]
        target = _spoken(said, language)
        picture = patches(GRID, GRID, WIDTH, WIDTH)
        chances = made.logits[0].softmax(-1).topk(SHOWN)
        text = Traced(TEXT_LOOK, self.network.attention, made.text)
        seen = Traced(PICTURE_LOOK, self.network.picture_attention, made.picture)
        sites: tuple[Site[Sides], ...] = (site(text, target, source), site(seen, target, picture))
        return Decided(
            AttentionRecord(self.name, sites, (source, picture, target)),
            target.text,
            tuple(made.gates[0].tolist()),
            tuple(
                tuple(
                    Considered(self.known.target[number], chance)
                    for number, chance in zip(numbers, shares, strict=True)
                )
                for numbers, shares in zip(
                    chances.indices.tolist(), chances.values.tolist(), strict=True
                )
            ),
        )


@cache
def load_decider() -> Decider:
    """The translator from its shipped checkpoint; one for all."""
    return Decider()


def canvas(many: Sequence[Placed]) -> Tensor:
    """(3, WIDTH, WIDTH), light from 0 to 1: a white canvas with these shipped drawings on it."""
    if not many:
        return torch.ones(3, WIDTH, WIDTH)
    pixels = small(np.stack([drawing(one.name) for one in many]))
    return composed(pixels[None], placed_tensor(many))[0]


def _end(text: str) -> Token:
    return Token(END, len(text), len(text), special=True, piece=END)


def _spoken(said: list[str], language: Language) -> TextAxis:
    """The words with their places in the sentence as it is written."""
    text, place, tokens = spoken(said, language), 0, list[Token]()
    for word in said:
        start = text.lower().index(word, place)
        place = start + len(word)
        tokens.append(Token(text[start:place], start, place, piece=word))
    return TextAxis("target", text, (*tokens, _end(text)), language)
