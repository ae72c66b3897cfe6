"""Texts in pieces of words: byte-pair encoding (Sennrich et al. 2016) of the taught texts.

>>> known = read_pieces()
>>> [piece for piece, _start, _end in cut(known, "bats")]
['bat', 's']
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Final

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, trainers
from torch import Tensor

from models.ours.emoji.towers import LONGEST, PAD

CHECKPOINT: Final = Path(__file__).parent / "checkpoint"
FILE: Final = "tokenizer.json"
MOST: Final = 4000
FORGOTTEN: Final = 0.1
"""The share of merges that are left out while it learns (Provilkov et al. 2020, BPE-dropout)."""
SPECIALS: Final = ("<pad>", "<?>")


def learnt(texts: Iterable[str]) -> Tokenizer:
    """Pieces of these texts, MOST of them; what stands between words belongs to none."""
    made = Tokenizer(models.BPE(unk_token=SPECIALS[1]))
    made.normalizer = normalizers.Sequence([normalizers.NFC(), normalizers.Lowercase()])
    made.pre_tokenizer = pre_tokenizers.Whitespace()
    trainer = trainers.BpeTrainer(
        vocab_size=MOST, special_tokens=list(SPECIALS), min_frequency=2, show_progress=False
    )
    made.train_from_iterator(texts, trainer)
    return made


@cache
def read_pieces(folder: Path = CHECKPOINT) -> Tokenizer:
    """Those that ship."""
    return Tokenizer.from_file(str(folder / FILE))


def shipped() -> bool:
    """Whether the towers are here, measured."""
    return (CHECKPOINT / "card.json").is_file()


def cut(known: Tokenizer, text: str) -> list[tuple[str, int, int]]:
    """The pieces of a text, each with its first and last character in it."""
    return [(text[start:end], start, end) for start, end in known.encode(text).offsets]


def numbered(known: Tokenizer, texts: Sequence[str]) -> Tensor:
    """(text, piece): the numbers of pieces, LONGEST at most, the shorter texts filled up."""
    rows = [one.ids[:LONGEST] for one in known.encode_batch(list(texts))]
    longest = max(1, *map(len, rows))
    return torch.tensor([row + [PAD] * (longest - len(row)) for row in rows])
