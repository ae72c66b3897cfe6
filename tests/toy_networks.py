"""Small networks of every kind with lively random weights, for tests of what all must keep."""

from __future__ import annotations

import gzip
from dataclasses import replace
from pathlib import Path
from typing import Final, get_args

import torch
from torch import Tensor, nn

from models.ours.translator.network import Network, Shape
from models.ours.translator.reader import TranslatorReader
from models.ours.translator.recipes import CHECKPOINTS
from models.ours.translator.recurrent import Looks, RecurrentShape
from models.ours.translator.train import padded, write_checkpoint
from models.ours.translator.transformer import TransformerShape
from models.ours.translator.vocabulary import END_ID, START_ID

# Sizes are different where they may be, so that no axis can stand in for another.
TINY: Final[dict[str, Shape]] = {
    **{
        looks: RecurrentShape(
            vocabulary=13, embedding=6, dropout=0.0, encoder=5,
            decoder=10 if looks == "dot" else 7, attention=3, looks=looks, reach=1, positions=8,
        )
        for looks in get_args(Looks)
    },
    "transformer": TransformerShape(
        vocabulary=13, embedding=6, dropout=0.0, heads=3, layers=2, feed_forward=11
    ),
}  # fmt: skip
LOOKING: Final = [name for name in TINY if name != "none"]
LUONG: Final = [name for name in LOOKING if name not in ("additive", "transformer")]

LONG: Final = [4, 7, 9, 12, 5, END_ID]
SHORT: Final = [8, 6, END_ID]
TARGET: Final = [START_ID, 10, 4, 11, 6]


def tiny(kind: str | Shape, spread: float = 0.7, seed: int = 3) -> Network:
    """No weight is near zero by chance, nor any norm's 1."""
    torch.manual_seed(seed)
    shape = TINY[kind] if isinstance(kind, str) else kind
    model = shape.build().eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=spread)
    return model


def batch(*rows: list[int]) -> Tensor:
    return padded(list(rows))


def forced(model: Network, source: list[int], pieces: list[int]) -> list[float]:
    """The log-probability of each piece, by teacher forcing."""
    with torch.inference_mode():
        logits = model(batch(source), batch([START_ID, *pieces[:-1]]))[0]
    chances: list[float] = logits.log_softmax(-1)[range(len(pieces)), pieces].tolist()
    return chances


def toy_corpus(folder: Path) -> Path:
    """A corpus file of thirty pairs to learn from and one each to judge and test by."""
    path = folder / "toy.tsv.gz"
    lines = ["eng\tfra\tsplit"]
    lines += [f"I see {n} cats.\tJe vois {n} chats.\ttrain" for n in range(30)]
    lines += ["I see a cat.\tJe vois un chat.\tdev", "Hi.\tSalut.\ttest"]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


def toy_reader(kind: str, folder: Path) -> TranslatorReader:
    """A reader of a network that knows nothing, over the vocabulary that ships."""
    pieces = CHECKPOINTS / "vocabularies" / "en-fr.json"
    (folder / kind).mkdir()
    write_checkpoint(folder / kind, tiny(replace(TINY[kind], vocabulary=6000), 0.5), {})
    return TranslatorReader(kind, folder / kind, pieces, ("en", "fr"))
