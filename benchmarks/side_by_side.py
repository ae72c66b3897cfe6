"""How long the side-by-side page works before each of its pictures, against each translator alone.

python -m benchmarks.side_by_side

A figure is the median over SENTENCES; every translator is warm. The page fills panel after panel,
so its first picture is there as soon as the first translator has answered.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import median

import torch

from attention_core.pictures.views import view
from models.families.translation import Translating, Translation
from models.ours.translator.reader import load_translator
from models.ours.translator.recipes import shipped

SENTENCES = (
    "The white cat sleeps on the red chair.",
    "I don't know where she lives.",
    "When the rain stopped, we walked home along the river and talked about the summer.",
    "He said that he would come back tomorrow, but nobody in the house believed him any more.",
)
SIX = (
    "fixed-en-fr", "bahdanau-en-fr", "luong-general-en-fr", "local-p-en-fr",
    "luong-location-en-fr", "transformer-en-fr",
)  # fmt: skip


def main() -> None:
    torch.set_num_threads(1)
    names = [name for name, _recipe in shipped() if name in SIX]
    readers = {name: load_translator(name) for name in names}
    for reader in readers.values():
        picture(reader, SENTENCES[0])
    alone = {
        name: median(seconds(lambda text=text, reader=reader: picture(reader, text))  # type: ignore[misc]
                     for text in SENTENCES)
        for name, reader in readers.items()
    }  # fmt: skip
    for name, took in alone.items():
        print(f"{name:24} alone {1000 * took:7.0f} ms")
    first, whole = zip(
        *(side_by_side(list(readers.values()), text) for text in SENTENCES), strict=True
    )
    slowest = max(alone.values())
    print(
        f"first picture {1000 * median(first):.0f} ms, {median(first) / slowest:.2f} × the slowest"
    )
    print(f"all {len(readers)} pictures {1000 * median(whole):.0f} ms, "
          f"{median(whole) / slowest:.2f} × the slowest")  # fmt: skip


def side_by_side(readers: list[Translating], text: str) -> tuple[float, float]:
    """Seconds until the first picture and until the last."""
    began = time.perf_counter()
    moments = list[float]()
    for reader in readers:
        picture(reader, text)
        moments.append(time.perf_counter() - began)
    return moments[0], moments[-1]


def picture(reader: Translating, text: str) -> Translation:
    """What a panel needs: the translation and the numbers of its ribbons."""
    found = reader.translate(text)
    if found.cross:
        view(found.cross[-1], None, "words", "hidden")
    return found


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
