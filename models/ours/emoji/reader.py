"""The towers as a page uses them: a text or a picture in; what is nearest, where they match, and a
record of both towers out.

>>> reader = load_reader()
>>> found = reader.find("bat")
>>> len(found.cosines) == len(reader.pictures)
True
>>> matched = reader.match(found, found.order[0])
>>> bool((matched.terms.sum() - found.cosines[found.order[0]]).abs() < 1e-4)
True
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any, Final, NamedTuple

import torch
from safetensors.torch import load_file
from torch import Tensor

from attention_core.axes.patches import PatchAxis, patches
from attention_core.axes.text import readable, visible
from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import TextError, TooLong
from attention_core.watching.record import AttentionRecord
from models.ours.emoji.collection import (
    LANGUAGES,
    Language,
    collection,
    every,
    plain,
    sheet,
    taught,
    words,
)
from models.ours.emoji.pieces import CHECKPOINT, cut, numbered, read_pieces
from models.ours.emoji.showing import Pixels, drawn, squared, whitened
from models.ours.emoji.towers import GRID, LONGEST, WIDTH, Shape, Side, Towers
from models.ours.looks import site

AT_ONCE: Final = 512
NAME: Final = "emoji"


@dataclass(frozen=True)
class Found:
    """A text and how near each drawing is.

    cosines  (drawing,)
    unseen   words that no taught text has: what is found for them comes from their pieces
    """

    axis: TextAxis
    side: Side
    cosines: Tensor
    unseen: tuple[str, ...]

    @cached_property
    def order(self) -> list[int]:
        """The drawings, the nearest first."""
        found: list[int] = self.cosines.argsort(descending=True).tolist()
        return found


class Matched(NamedTuple):
    """A text and one picture.

    terms  (piece, patch): what each pair gives; their sum is the cosine
    """

    record: AttentionRecord[Any]
    terms: Tensor

    @property
    def cosine(self) -> float:
        return float(self.terms.sum())


class Named(NamedTuple):
    """A text near a picture, and their cosine."""

    text: str
    cosine: float


class Reader:
    """Both towers in memory with every drawing; many threads may use it at once."""

    name, limit = NAME, LONGEST

    def __init__(self, folder: Path = CHECKPOINT) -> None:
        config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
        self.known = read_pieces(folder)
        self.towers: Towers = Shape(**config["shape"]).build()
        weights = load_file(folder / "model.safetensors")
        self.towers.load_state_dict({key: one.float() for key, one in weights.items()})
        self.towers.eval().requires_grad_(False)

    @cached_property
    def pictures(self) -> Tensor:
        """(drawing, width): every drawing that ships."""
        return self.seen(whitened(drawn(sheet())))

    @cached_property
    def _said(self) -> dict[Language, list[str]]:
        """Every taught text of each language, once."""
        return {
            language: list(
                dict.fromkeys(
                    one.text for one in every() if one.part == "taught" and one.language == language
                )
            )
            for language in LANGUAGES
        }

    @cached_property
    def _heard(self) -> dict[Language, Tensor]:
        return {language: self.heard(texts) for language, texts in self._said.items()}

    @property
    def texts(self) -> Tensor:
        """(text, width): every taught text of every language."""
        return torch.cat(list(self._heard.values()))

    @torch.inference_mode()
    def seen(self, pictures: Tensor) -> Tensor:
        """(picture, width). pictures (picture, 3, WIDTH, WIDTH)"""
        parts = torch.split(pictures, AT_ONCE)
        return torch.cat([self.towers.see(some).whole for some in parts])

    @torch.inference_mode()
    def heard(self, texts: Sequence[str]) -> Tensor:
        """(text, width)"""
        parts = [texts[start : start + AT_ONCE] for start in range(0, len(texts), AT_ONCE)]
        return torch.cat(
            [self.towers.hear(numbered(self.known, list(map(plain, some)))).whole for some in parts]
        )

    def axis(self, text: str) -> TextAxis:
        """A text along its pieces.

        Raises TextError where there is no word or a letter that the towers never saw; TooLong.
        """
        text = " ".join(readable(text).replace("’", "'").split())
        if not words(text):
            raise TextError(
                "There is no word in this text; type one in English, French or Chinese."
            )
        odd = [letter for letter in dict.fromkeys(plain(text)) if self._odd(letter)]
        if odd:
            raise TextError(
                "The towers learnt English, French and Chinese and never saw {letters}; "
                "write it with other letters.",
                letters=", ".join(f"“{visible(letter)}”" for letter in odd[:8]),
            )
        found = cut(self.known, text)
        if len(found) > LONGEST:
            raise TooLong(
                "This text has {count} pieces of words; the towers read at most {most}. "
                "Shorten it.",
                count=len(found),
                most=LONGEST,
            )
        return TextAxis(NAME, text, tuple(Token(*one) for one in found), "")

    def _odd(self, letter: str) -> bool:
        return letter.isalpha() and self.known.token_to_id(letter) is None

    @torch.inference_mode()
    def find(self, text: str) -> Found:
        """How near every drawing is to a text; raises as `axis` does."""
        axis = self.axis(text)
        side = self.towers.hear(numbered(self.known, [axis.text]))
        known = taught()
        unseen = (word for word in words(plain(axis.text)) if word not in known)
        return Found(axis, side, self.pictures @ side.whole[0], tuple(dict.fromkeys(unseen)))

    def match(self, found: Found, drawing: int) -> Matched:
        """A text and a drawing of the sheet, part by part."""
        return self._matched(found, whitened(drawn(sheet()[drawing : drawing + 1])))

    @torch.inference_mode()
    def _matched(self, found: Found, picture: Tensor) -> Matched:
        seen = self.towers.see(picture)
        cells = _cells()
        sites = (
            *(site(look, cells, cells) for look in seen.looks),
            *(site(look, found.axis, found.axis) for look in found.side.looks),
        )
        record: AttentionRecord[Any] = AttentionRecord(NAME, sites, (cells, found.axis))
        return Matched(record, found.side.parts[0] @ seen.parts[0].mT)

    @torch.inference_mode()
    def called(self, pixels: Pixels, most: int = 8) -> dict[Language, list[Named]]:
        """The nearest taught texts in each language. pixels (row, column, 3), 0 to 255"""
        whole = self.towers.see(squared(pixels)).whole[0]
        made: dict[Language, list[Named]] = {}
        for language, texts in self._heard.items():
            near = (texts @ whole).topk(most)
            made[language] = [
                Named(self._said[language][at], value)
                for at, value in zip(near.indices.tolist(), near.values.tolist(), strict=True)
            ]
        return made

    def matched(self, found: Found, pixels: Pixels) -> Matched:
        """A text and any picture, part by part. pixels (row, column, 3), 0 to 255"""
        return self._matched(found, squared(pixels))


def _cells() -> PatchAxis:
    return patches(GRID, GRID, WIDTH, WIDTH)


@cache
def load_reader() -> Reader:
    """The towers from their checkpoint that ships; one for all."""
    return Reader()


def titles(drawing: int) -> str:
    """What a drawing is called in each language."""
    names = collection()[drawing].names
    return " · ".join(names[language] for language in LANGUAGES)
