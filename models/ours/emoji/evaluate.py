"""Measures the towers on texts that were held out and on a second style; writes the card.

python -m models.ours.emoji.evaluate --second training/drawings/twemoji-all.npz

A text asks for its drawing among all of them; others that have the same text are taken out of the
ranking. Beside each figure stands the same with the drawings exchanged by chance.
"""

# ruff: noqa: T201  (a command says what it measured)

from __future__ import annotations

import argparse
import json
from collections import defaultdict
from collections.abc import Sequence
from math import sqrt
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from models.ours.emoji.collection import (
    LANGUAGES,
    Said,
    collection,
    every,
    number_of,
    words,
)
from models.ours.emoji.pieces import CHECKPOINT
from models.ours.emoji.reader import Reader
from models.ours.emoji.showing import drawn, whitened

SEED: Final = 7
LICENCE: Final = "Apache-2.0"
DATA: Final = (
    "drawings of Noto Emoji (Google, Apache-2.0), by npm @iconify-json/noto 1.2.9; names and "
    "keywords of the Unicode CLDR 48.2 (Unicode-3.0)"
)
Figures = dict[str, Any]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--second", type=Path, required=True, help="what `fetch` rendered")
    second: Path = parser.parse_args().second
    torch.set_num_threads(1)
    reader = Reader()
    report = measured(reader, second)
    print(json.dumps(report, indent=1, ensure_ascii=False))
    write_card(reader, report)


@torch.inference_mode()
def measured(reader: Reader, second: Path) -> Figures:
    """All figures."""
    mine = reader.pictures
    held_out = [one for one in every() if one.part == "held_out"]
    taught = [one for one in every() if one.part == "taught"]
    unheard = [one for one in held_out if one.kind == "name"]
    kept = [one for one in held_out if not _silent(one)]
    which, theirs = drawn_otherwise(reader, second)
    return {
        "drawings": len(mine),
        "taught_texts": len(taught),
        "taught_name": recalled(reader, [one for one in taught if one.kind == "name"], mine),
        "name_in_another_language": {
            "all": recalled(reader, unheard, mine),
            **{
                language: recalled(reader, [one for one in unheard if one.language == language],
                                   mine)
                for language in LANGUAGES
            },
            "new_to_training": recalled(
                reader, [one for one in unheard if one.text not in _texts(taught)], mine
            ),
        },
        "keyword": recalled(reader, kept, mine),
        "keyword_sharing_no_word": recalled(reader, _sharing_nothing(kept, taught), mine),
        "second_style": second_style(reader, taught, which, theirs),
        "nearest": {
            "first_style": _nearest(reader, mine),
            "second_style": _nearest(reader, theirs),
            "noise": _nearest(reader, reader.seen(noise())),
        },
    }  # fmt: skip


def _silent(one: Said) -> bool:
    silent = collection()[one.drawing].silent
    return silent is not None and silent[0] == one.language


def _texts(many: Sequence[Said]) -> set[str]:
    return {one.text for one in many}


def _sharing_nothing(asked: Sequence[Said], taught: Sequence[Said]) -> list[Said]:
    """Those without a word that training had for the same drawing in the same language."""
    had: dict[tuple[int, str], set[str]] = defaultdict(set)
    for one in taught:
        had[one.drawing, one.language] |= set(words(one.text))
    return [one for one in asked if not had[one.drawing, one.language] & set(words(one.text))]


def recalled(
    reader: Reader, asked: Sequence[Said], pictures: Tensor, which: Sequence[int] | None = None
) -> Figures:
    """How often the drawing of a text is among the 1, 5, 10 nearest, and with drawings exchanged.

    pictures  (picture, width)
    which     the number of each picture's drawing, where they are not all in their order
    """
    column = {drawing: at for at, drawing in enumerate(which or range(len(pictures)))}
    same: dict[str, set[int]] = defaultdict(set)
    for one in every():
        same[one.text].add(one.drawing)
    asked = [one for one in asked if one.drawing in column]
    alike = reader.heard([one.text for one in asked]) @ pictures.mT
    dice = np.random.default_rng(SEED)
    ranks, mixed = list[int](), list[int]()
    for row, one in zip(alike, asked, strict=True):
        others = [column[n] for n in same[one.text] if n != one.drawing and n in column]
        left = row.clone()
        left[others] = -2.0
        ranks.append(int((left > row[column[one.drawing]]).sum()))
        free = [at for at in (int(dice.integers(len(row))),) if at not in others]
        mixed += [int((left > row[at]).sum()) for at in free]
    return {
        **{f"at_{most}": share(ranks, most) for most in (1, 5, 10)},
        "median_rank": int(np.median(ranks)) + 1,
        "chance_at_10": round(10 / len(pictures), 4),
        "exchanged_at_10": share(mixed, 10),
    }


def share(ranks: Sequence[int], most: int) -> Figures:
    """The share of ranks, counted from 0, below `most`, with Wilson's interval of 95 %."""
    count, z = len(ranks), 1.96
    part = sum(rank < most for rank in ranks) / count
    middle = (part + z * z / (2 * count)) / (1 + z * z / count)
    reach = z * sqrt(part * (1 - part) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return {
        "share": round(part, 4), "of": count,
        "interval": [round(max(0.0, middle - reach), 4), round(min(1.0, middle + reach), 4)],
    }  # fmt: skip


def drawn_otherwise(reader: Reader, path: Path) -> tuple[list[int], Tensor]:
    """The drawings of the second style: which each is, and (picture, width)."""
    with np.load(path) as kept:
        which = [number_of(str(name)) for name in kept["names"]]
        tiles = whitened(drawn(kept["pixels"]))
    return which, reader.seen(tiles)


def second_style(
    reader: Reader, taught: Sequence[Said], which: list[int], theirs: Tensor
) -> Figures:
    """A taught name asks for a drawing of the second style among all of it; such a drawing asks
    for its name in each language among all taught names of that language."""
    names = [one for one in taught if one.kind == "name"]
    found: Figures = {
        "drawings": len(which),
        "name_to_drawing": recalled(reader, names, theirs, which),
    }
    for language in LANGUAGES:
        said = [one for one in names if one.language == language]
        texts = list(dict.fromkeys(one.text for one in said))
        right = {one.drawing: texts.index(one.text) for one in said}
        alike = theirs @ reader.heard(texts).mT
        ranks = [
            int((row > row[right[drawing]]).sum())
            for row, drawing in zip(alike, which, strict=True)
            if drawing in right
        ]
        found[f"drawing_to_name_{language}"] = {
            **{f"at_{most}": share(ranks, most) for most in (1, 5, 10)},
            "chance_at_10": round(10 / len(texts), 4),
        }
    return found


def _nearest(reader: Reader, pictures: Tensor) -> Figures:
    """The cosine of each picture and the nearest of all taught texts: quantiles."""
    nearest = (pictures @ reader.texts.mT).amax(1)
    return {
        name: round(float(nearest.quantile(at)), 3)
        for name, at in (("p05", 0.05), ("median", 0.5), ("p95", 0.95))
    }


def noise(count: int = 200) -> Tensor:
    """Pictures that are no drawings: (picture, 3, WIDTH, WIDTH) of smooth colours by chance."""
    dice = torch.Generator().manual_seed(SEED)
    rough = torch.rand(count, 3, 6, 6, generator=dice)
    return torch.nn.functional.interpolate(rough, (48, 48), mode="bicubic").clamp(0, 1)


def write_card(reader: Reader, report: Figures) -> None:
    """What the weights are, how they were made, and what was measured of them."""
    config = json.loads((CHECKPOINT / "config.json").read_text(encoding="utf-8"))
    size = (CHECKPOINT / "model.safetensors").stat().st_size
    card = {
        "parameters": reader.towers.parameter_count(),
        "megabytes": round(size / 1e6, 2),
        "licence": LICENCE,
        "data": DATA,
        **config["training"],
        "measured": report,
    }
    text = json.dumps(card, indent=1, ensure_ascii=False) + "\n"
    (CHECKPOINT / "card.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
