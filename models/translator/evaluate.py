"""Measures a trained translator on held-out pairs and writes its card.

python -m models.translator.evaluate bahdanau-en-fr --data eng-fra.tsv.gz --gold en-fr.jsonl
"""
# ruff: noqa: T201  (a command says what it measured)

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, cast

import torch
from sacrebleu.metrics.bleu import BLEU
from sacrebleu.metrics.chrf import CHRF

from models.translator import corpus, gold
from models.translator.reader import TranslatorReader, load_translator
from models.translator.recipes import CHECKPOINTS, DATA, LICENCE, RECIPES


@dataclass(frozen=True)
class Score:
    """Of one set of translations, with the signatures that let others repeat the figures."""

    bleu: float
    chrf: float
    bleu_signature: str
    chrf_signature: str


@dataclass(frozen=True)
class Result:
    """How well and how fast a split was translated.

    one_reference   each pair by itself, as figures for Tatoeba are published: the one to quote
    all_references  each source sentence once, against every translation of it in the split
    seconds         for all different source sentences, one after the other
    """

    split: str
    beam: int
    pairs: int
    sentences: int
    seconds: float
    one_reference: Score
    all_references: Score


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--data", type=Path, required=True, help="tab-separated pairs")
    parser.add_argument("--split", default="test", help="only test is written to the card")
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--gold", type=Path, help="word alignments, one JSON object a line")
    parser.add_argument("--show", type=int, default=0, help="translations to print")
    options = parser.parse_args()
    torch.set_num_threads(1)

    reader = load_translator(options.name)
    pairs = corpus.read(options.data, options.split)
    found, seconds = translations(reader, pairs, options.beam)
    one, every = one_reference(found, pairs), all_references(found, corpus.references(pairs))
    result = Result(
        options.split, options.beam, len(pairs), len(found), round(seconds, 1), one, every
    )
    report: dict[str, Any] = {"quality": asdict(result)}
    if options.gold:
        report["alignment"] = alignment(reader, options.gold)
    print(json.dumps(report, indent=1))
    for source, text in list(found.items())[:: max(1, len(found) // max(1, options.show))]:
        if options.show:
            print(f"{source} → {text}")
    if options.split == "test":
        write_card(options.name, reader, report)


def translations(
    reader: TranslatorReader, pairs: list[corpus.Pair], width: int
) -> tuple[dict[str, str], float]:
    """The translation of every different source sentence, and the seconds it took."""
    began = time.monotonic()
    found = {
        source: reader.translate(source, width, cut=True).text
        for source in dict.fromkeys(pair.source for pair in pairs)
    }
    return found, time.monotonic() - began


def one_reference(found: dict[str, str], pairs: list[corpus.Pair]) -> Score:
    return score([found[pair.source] for pair in pairs], [[pair.target for pair in pairs]])


def all_references(found: dict[str, str], known: dict[str, list[str]]) -> Score:
    most = max(map(len, known.values()))
    streams = [
        [known[source][place] if place < len(known[source]) else None for source in found]
        for place in range(most)
    ]
    return score(list(found.values()), streams)


def score(found: list[str], references: Sequence[Sequence[str | None]]) -> Score:
    """Corpus BLEU and chrF, 0 to 100. Both sides have plain apostrophes and quotation marks.

    references  (reference, sentence); None where a sentence has fewer: an empty text would count
                as a reference of length 0 and lift the brevity penalty
    """
    bleu, chrf = BLEU(), CHRF()
    streams = cast("list[list[str]]", references)  # sacrebleu takes None but does not say so
    return Score(
        round(bleu.corpus_score(found, streams).score, 2),
        round(chrf.corpus_score(found, streams).score, 2),
        str(bleu.get_signature()),
        str(chrf.get_signature()),
    )


def alignment(reader: TranslatorReader, path: Path) -> dict[str, Any]:
    pairs = gold.read(path)
    figures = {
        name: {key: round(value, 4) for key, value in asdict(agreement).items()}
        for name, agreement in gold.agreements(reader, pairs).items()
    }
    return {"gold": path.name, "sentences": len(pairs), **figures}


def write_card(name: str, reader: TranslatorReader, report: dict[str, Any]) -> None:
    """Everything a reader may ask about the weights, beside the weights."""
    folder = CHECKPOINTS / name
    training = json.loads((folder / "config.json").read_text(encoding="utf-8"))["training"]
    card = {
        "parameters": reader.network.parameter_count(),
        "megabytes": round((folder / "model.safetensors").stat().st_size / 1e6, 1),
        "licence": LICENCE,
        "data": DATA,
        **training,
        **report,
    }
    text = json.dumps(card, indent=1, ensure_ascii=False)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
