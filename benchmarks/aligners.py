"""A statistical word aligner beside our translators, on the same pairs and the same gold links.

pip install eflomal
python -m benchmarks.aligners --data eng-fra.tsv.gz --gold en-fr.tatoeba-hand50.jsonl

eflomal (Östling & Tiedemann 2016) aligns only what it was trained on, so the gold sentences are
added to its training text, as is usual; our translators never saw them. It draws samples, so its
figures move by about half a point from run to run.
"""

from __future__ import annotations

import argparse
import importlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import ModuleType

from tokenizers.models import BPE

from attention_core.files.formats.pharaoh import golds
from attention_core.numbers.alignment import SYMMETRIES, Link, symmetrised
from models.ours.translator import corpus, gold, vocabulary
from models.ours.translator.recipes import CHECKPOINTS, RECIPES, shipped

Words = Sequence[Sequence[str]]
HEADER = f"{'':42} {'AER':>6} {'prec.':>6} {'recall':>6} {'F1':>6} {'cross.':>6}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="tab-separated pairs")
    parser.add_argument("--gold", type=Path, required=True, help="one JSON object a line")
    options = parser.parse_args()
    peer = _peer()

    test, languages = gold.read(options.gold), ("en", "fr")
    pairs = corpus.read(options.data, "train", *languages)
    sources = [*cut([pair.source for pair in pairs], "en"), *(pair.source for pair in test)]
    targets = [*cut([pair.target for pair in pairs], "fr"), *(pair.target for pair in test)]
    began = time.monotonic()
    forward, reverse = directions(peer, sources, targets, len(test))
    print(f"eflomal: {len(sources):,} pairs in {time.monotonic() - began:.0f} s, one thread")
    print(HEADER)
    print(line("the diagonal", gold.diagonal(test)))
    for name, found in peer_links(forward, reverse).items():
        print(line(f"eflomal, {name}", gold.agreement(found, [pair.gold for pair in test])))
    for name, figures in card_figures(options.gold.name).items():
        print(line(name, figures))


def _peer() -> ModuleType:
    """Ends with a sentence where the aligner is not installed."""
    os.environ["OMP_NUM_THREADS"] = "1"  # it would take every core
    try:
        return importlib.import_module("eflomal")
    except ImportError:
        sys.exit("This benchmark compares with eflomal, which is not here: pip install eflomal")


def cut(texts: list[str], language: str) -> list[list[str]]:
    """Words as the gold file has them: English keeps don't whole, French cuts after J'."""
    cutter = vocabulary.tokenizer(BPE(), language).pre_tokenizer
    found = []
    for text in texts:
        pieces = (piece.removeprefix("▁") for piece, _ in cutter.pre_tokenize_str(text))
        found.append([piece for piece in pieces if piece])
    return found


def directions(
    peer: ModuleType, sources: Words, targets: Words, last: int
) -> tuple[list[list[Link]], list[list[Link]]]:
    """Links (source, target) of the last sentences: one source for each target, and the reverse."""
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("forward", "reverse")]
        peer.Aligner().align(
            [" ".join(words) + "\n" for words in sources],
            [" ".join(words) + "\n" for words in targets],
            links_filename_fwd=str(files[0]), links_filename_rev=str(files[1]),
        )  # fmt: skip
        forward, reverse = (_links(file, last) for file in files)
    return forward, reverse


def _links(file: Path, last: int) -> list[list[Link]]:
    """Of the last lines of a Pharaoh file."""
    lines = file.read_text().splitlines()[-last:]
    return [sorted(one.sure) for one in golds("\n".join(lines) + "\n")]


def peer_links(forward: list[list[Link]], reverse: list[list[Link]]) -> dict[str, list[list[Link]]]:
    both = list(zip(forward, reverse, strict=True))
    found = {"forward": forward, "reverse": reverse}
    for how in SYMMETRIES:
        found[how] = [symmetrised(*pair, how) for pair in both]
    return found


def card_figures(file: str) -> dict[str, gold.Agreement]:
    """What the cards of our translators say of the same gold file."""
    found = {}
    for name, _ in shipped():
        card = json.loads((CHECKPOINTS / name / "card.json").read_text(encoding="utf-8"))
        measured = card.get("alignment", {})
        if measured.get("gold") != file or "chosen" not in measured:
            continue
        found[name] = _agreement(measured)
        if "symmetrised" in measured:
            how, reverse = measured["symmetrised"]["how"], measured["symmetrised"]["reverse"]
            short = RECIPES[reverse].short.lower()
            found[f"{name} + {short}, {how}"] = _agreement(measured["symmetrised"])
    return found


def _agreement(figures: dict[str, float]) -> gold.Agreement:
    return gold.Agreement(*(figures[name] for name in gold.Agreement._fields))


def line(name: str, agreement: gold.Agreement) -> str:
    return f"{name:42} " + " ".join(f"{100 * figure:6.1f}" for figure in agreement)


if __name__ == "__main__":
    main()
