"""Measures a trained translator on held-out pairs and writes its card.

python -m models.ours.translator.evaluate bahdanau-en-fr --data eng-fra.tsv.gz --gold en-fr.jsonl

Without --data or --gold, what the card says of translations or of alignments stays as it is.
"""
# ruff: noqa: T201  (a command says what it measured)

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import torch

from attention_core.numbers.alignment import AlignedPair, Gold, Link
from models.families.translation import Search, Translating
from models.ours.translator import corpus, gold, quality
from models.ours.translator.reader import TranslatorReader, load_translator
from models.ours.translator.recipes import CHECKPOINTS, DATA, LICENCE, RECIPES

EVERY = 200
"""Sentences after which the command says how far it is."""


@dataclass(frozen=True)
class Result:
    """How well and how fast a split was translated.

    one_reference   each pair by itself, as figures for Tatoeba are published: the one to quote
    all_references  each source sentence once, against every translation of it in the split
    exact           share of source sentences translated exactly as one reference has it
    seconds         for all different source sentences, one after the other
    """

    split: str
    beam: int
    pairs: int
    sentences: int
    seconds: float
    one_reference: quality.Score
    all_references: quality.Score
    exact: float
    by_length: list[quality.Bin]


def main() -> None:
    options = _options()
    torch.set_num_threads(1)
    reader, report = load_translator(options.name), dict[str, Any]()
    if options.data:
        pairs = corpus.read(options.data, options.split, *reader.languages)
        found, seconds = translations(reader, pairs, options.beam)
        result = measured(found, pairs, reader.languages[1], options.split, options.beam, seconds)
        report["quality"] = asdict(result)
        for source, text in list(found.items())[:: max(1, len(found) // max(1, options.show))]:
            if options.show:
                print(f"{source} → {text}")
    if options.gold and reader.network.sites:
        linked = gold.read(options.gold)
        linked = [gold.turned(pair) for pair in linked] if options.turn_gold else linked
        reverse = load_translator(options.reverse) if options.reverse else None
        report["alignment"] = {
            "gold": options.gold.name, **alignment(reader, linked, reverse)
        }  # fmt: skip
    print(json.dumps(report, indent=1, ensure_ascii=False))
    if options.split == "test":
        write_card(options.name, reader, report)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("name", choices=RECIPES)
    parser.add_argument("--data", type=Path, help="tab-separated pairs to translate")
    parser.add_argument("--split", default="test", help="only test is written to the card")
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--gold", type=Path, help="word alignments, one JSON object a line")
    parser.add_argument(
        "--turn-gold", action="store_true", help="when src there is what this model writes"
    )
    parser.add_argument("--reverse", choices=RECIPES, help="a model of the other direction")
    parser.add_argument("--show", type=int, default=0, help="translations to print")
    return parser.parse_args()


def translations(
    reader: TranslatorReader, pairs: Sequence[corpus.Pair], width: int
) -> tuple[dict[str, str], float]:
    """The translation of every different source sentence, and the seconds it took."""
    began, found = time.monotonic(), dict[str, str]()
    sources = list(dict.fromkeys(pair.source for pair in pairs))
    for count, source in enumerate(sources, 1):
        found[source] = reader.translate(source, Search(width), cut=True).text
        if count % EVERY == 0:
            print(f"{count} of {len(sources)} sentences, {time.monotonic() - began:.0f} s",
                  flush=True)  # fmt: skip
    return found, time.monotonic() - began


def measured(
    found: dict[str, str], pairs: list[corpus.Pair], target: str, split: str, beam: int,
    seconds: float,
) -> Result:  # fmt: skip
    return Result(
        split, beam, len(pairs), len(found), round(seconds, 1),
        quality.one_reference(found, pairs, target),
        quality.all_references(found, corpus.references(pairs), target),
        round(quality.exact(found, pairs), 4),
        quality.by_length(found, pairs, target),
    )  # fmt: skip


class Aligner:
    """One translator as an aligner: its reading chosen on our own pairs, if there are any."""

    def __init__(self, reader: Translating, pairs: Sequence[AlignedPair]) -> None:
        own = gold.own(*reader.languages)
        self.name, self.own_gold = reader.name, [pair.gold for pair in own]
        own_looks, looks = gold.looks(reader, own), gold.looks(reader, pairs)
        chosen = gold.best_reading(own_looks) if own else gold.usual_reading(looks[0])
        self.reading = chosen
        self.own_links = [gold.links(look, chosen) for look in own_looks]
        self.links = [gold.links(look, chosen) for look in looks]

    @property
    def chosen(self) -> dict[str, Any]:
        """The reading, as a card says it; heads counted from 0, null for their mean."""
        reading = self.reading._asdict()
        return {"extraction" if name == "how" else name: one for name, one in reading.items()}

    def chosen_on(self) -> dict[str, Any] | None:
        """What the reading was chosen on, and its figures there."""
        if not self.own_gold:
            return None
        return {"sentences": len(self.own_gold), **figures(self.own_links, self.own_gold)}


def alignment(
    reader: Translating, pairs: list[AlignedPair], reverse: Translating | None = None
) -> dict[str, Any]:
    """The agreement with people's links: of the chosen reading, of the diagonal, of both ways."""
    forward, right = Aligner(reader, pairs), [pair.gold for pair in pairs]
    report = {
        "sentences": len(pairs),
        "chosen": forward.chosen,
        "chosen_on": forward.chosen_on(),
        **figures(forward.links, right),
        "diagonal": _rounded(gold.diagonal(pairs)),
    }
    if reverse is not None:
        report["symmetrised"] = symmetrised(forward, pairs, reverse)
    return report


def symmetrised(forward: Aligner, pairs: list[AlignedPair], reverse: Translating) -> dict[str, Any]:
    """Joined with a model of the other direction, in the way that is best on our own pairs."""
    back = Aligner(reverse, [gold.turned(pair) for pair in pairs])
    how = gold.best_symmetry(forward.own_links, back.own_links, forward.own_gold)
    both = gold.joined(forward.links, back.links, how)
    return {"reverse": back.name, "reverse_chosen": back.chosen, "how": how,
            **figures(both, [pair.gold for pair in pairs])}  # fmt: skip


def figures(found: Sequence[Sequence[Link]], right: Sequence[Gold]) -> dict[str, float]:
    return _rounded(gold.agreement(found, right))


def _rounded(agreement: gold.Agreement) -> dict[str, float]:
    return {name: round(value, 4) for name, value in agreement._asdict().items()}


def write_card(name: str, reader: TranslatorReader, report: dict[str, Any]) -> None:
    """Everything a reader may ask about the weights, beside the weights.

    What was not measured now is kept from the card that is there, if it is of the same training.
    """
    folder = CHECKPOINTS / name
    training = json.loads((folder / "config.json").read_text(encoding="utf-8"))["training"]
    card = {
        "parameters": reader.network.parameter_count(),
        "megabytes": round((folder / "model.safetensors").stat().st_size / 1e6, 1),
        "licence": LICENCE,
        "data": DATA,
        **training,
        **_kept(folder / "card.json", training),
        **report,
    }
    text = json.dumps(card, indent=1, ensure_ascii=False)
    (folder / "card.json").write_text(text + "\n", encoding="utf-8")


def _kept(path: Path, training: dict[str, Any]) -> dict[str, Any]:
    """What was measured before, of the same weights."""
    card = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    same = all(card.get(name) == value for name, value in training.items())
    return {name: card[name] for name in ("quality", "alignment") if same and name in card}


if __name__ == "__main__":
    main()
