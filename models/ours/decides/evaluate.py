"""Measures the trained translator on words in frames that it never saw, and writes its card.

python -m models.ours.decides.evaluate --drawings training/drawings

Ambiguous words are translated in their held-out frames beside a drawing of the sense that is meant,
with two others on the paper that have nothing to do with it. The same canvas is then given with the
drawing of another sense, with one that shows no sense, blank, and not at all.
"""
# ruff: noqa: T201  (a command says what it measured)

from __future__ import annotations

import argparse
import json
import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import torch
from torch import Tensor

from attention_core.numbers.share import wilson
from models.ours.decides.canvas import composed, covering, scattered
from models.ours.decides.nouns import Language, Sense, senses
from models.ours.decides.reader import CHECKPOINT, LIMIT, Decider
from models.ours.decides.sentences import Sentence, frames, held_out, sentence
from models.ours.decides.train import Bank, padded
from models.ours.decides.vocabulary import END_ID, LANGUAGES

BATCH: Final = 64
SEED: Final = 7
MOST: Final = 160
"""Cases of one kind: drawn by chance, the same ones at every run."""
LICENCE: Final = "Apache-2.0"
DATA: Final = (
    "sentences written for this project; drawings of Noto Emoji (Google, Apache-2.0), "
    "by npm @iconify-json/noto 1.2.9"
)
Picture = Literal["right", "other", "neither", "blank", "none"]
"""The drawing of this sense, of another one, of no sense; white paper; no picture at all."""


@dataclass(frozen=True)
class Case:
    """One sentence with what lies on its canvas.

    right, other  drawings of this sense and of another one of the same word
    beside        two drawings that have nothing to do with it, and one to put in place of `right`
    where         (drawing, 4)    of the three on the canvas, `right` first
    """

    sentence: Sentence
    language: Language
    right: int
    other: int
    beside: tuple[int, int, int]
    where: Tensor

    @property
    def rival(self) -> Sense:
        """The other sense."""
        return next(one for one in senses()[self.sentence.sense.english]
                    if one != self.sentence.sense)  # fmt: skip

    def shown(self, picture: Picture) -> list[int]:
        """The three drawings on the canvas."""
        first = {"right": self.right, "other": self.other}.get(picture, self.beside[2])
        return [first, *self.beside[:2]]


@dataclass(frozen=True)
class Outcome:
    """What was written. words and gates of each step; mass of the picture's look on `right`."""

    case: Case
    words: tuple[str, ...]
    gates: tuple[float, ...]
    mass: tuple[float, ...]

    def says(self, sense: Sense) -> bool:
        """Whether the translation has this sense's noun."""
        noun = sense.said(self.case.language).split()
        return any(
            list(self.words[place : place + len(noun)]) == noun for place in range(len(self.words))
        )

    @property
    def exact(self) -> bool:
        wanted = self.case.sentence.target(self.case.language)
        return self.words == tuple(word.text for word in wanted)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drawings", type=Path, required=True, help="what `fetch` rendered")
    folder: Path = parser.parse_args().drawings
    torch.set_num_threads(1)
    decider = Decider()
    styles = {name: Bank(folder / f"{name}.npz") for name in ("noto", "twemoji")}
    report = measured(decider, styles)
    print(json.dumps(report, indent=1, ensure_ascii=False))
    write_card(decider, report)


def measured(decider: Decider, styles: dict[str, Bank]) -> dict[str, Any]:
    """All figures, for each language and for both styles of drawing."""
    noto, second = styles["noto"], styles["twemoji"]
    report: dict[str, Any] = {"split": "words in frames that training never had with them"}
    for language in LANGUAGES:
        unseen = cases(noto, language, unseen=True)
        report[language] = {
            **decided(decider, noto, unseen),
            "seen_frames": right(run(decider, noto, cases(noto, language, unseen=False), "right")),
            "second_style": drawn_otherwise(decider, second, cases(second, language, unseen=True)),
            "clear": clear(decider, noto, language),
        }
    return report


def cases(bank: Bank, language: Language, unseen: bool, ambiguous: bool = True) -> list[Case]:
    """Words in frames of that kind by chance, each with all of its senses: about MOST in all.

    ambiguous  words whose senses are said differently in that language; else those of one sense
    """
    luck, dice = random.Random(SEED), torch.Generator().manual_seed(SEED)
    asked = [
        (many, frame)
        for word, many in senses().items()
        for frame in frames()
        if held_out(frame, word) == unseen
        and all(map(frame.fits, many))
        and ambiguous == (len({sense.said(language) for sense in many}) > 1)
        and (ambiguous or len(many) == 1)
    ]
    wanted = MOST // 2 if ambiguous else MOST
    made = list[Case]()
    for many, frame in luck.sample(asked, min(wanted, len(asked))):
        taken = {number for one in many for number in bank.of(one.drawings)}
        free = [number for number in range(len(bank.names)) if number not in taken]
        for sense in many:
            rival = next((one for one in many if one != sense), sense)
            first, second, third = luck.sample(free, 3)
            made.append(Case(
                sentence(frame, sense), language, luck.choice(bank.of(sense.drawings)),
                luck.choice(bank.of(rival.drawings)), (first, second, third),
                scattered(3, 1, dice)[0],
            ))  # fmt: skip
    return made


def run(decider: Decider, bank: Bank, many: Sequence[Case], picture: Picture) -> list[Outcome]:
    """What is written for each case under that picture."""
    made = list[Outcome]()
    for first in range(0, len(many), BATCH):
        made += _run(decider, bank, many[first : first + BATCH], picture)
    return made


@torch.inference_mode()
def _run(decider: Decider, bank: Bank, many: Sequence[Case], picture: Picture) -> list[Outcome]:
    network, known = decider.network, decider.known
    source = padded([known.reads(one.sentence.source) for one in many])
    where = torch.stack([one.where for one in many])
    where[..., 3] = 0
    laid = where.clone()
    laid[..., 2] *= picture not in ("blank", "none")
    drawn = bank.pixels[torch.tensor([one.shown(picture) for one in many])]
    cells = network.see(composed(drawn, laid))
    open = cells.new_full((len(many), 1), float(picture != "none"))
    read = network.read(source, cells, open)
    state, word = read.begun, torch.tensor([known.starts[one.language] for one in many])
    words, gates, looks = list[Tensor](), list[Tensor](), list[Tensor]()
    ended = torch.zeros(len(many), dtype=torch.bool)
    for number in range(LIMIT):
        step = network.step(read, network.written(word), state, number)
        state, word = step.state, step.logits.argmax(-1)
        words.append(word)
        ended |= word == END_ID
        gates.append(step.gate[:, 0])
        looks.append(step.picture.weights[:, 0, 0])
        if bool(ended.all()):
            break
    inside = covering(where[:, 0]).float()
    mass = torch.einsum("tbc,bc->bt", torch.stack(looks), inside)
    return [
        _outcome(one, [known.target[word] for word in row], gate, share)
        for one, row, gate, share in zip(
            many, torch.stack(words, 1).tolist(), torch.stack(gates, 1).tolist(), mass.tolist(),
            strict=True,
        )
    ]  # fmt: skip


def _outcome(case: Case, words: list[str], gates: list[float], mass: list[float]) -> Outcome:
    end = words.index("</s>") if "</s>" in words else len(words)
    return Outcome(case, tuple(words[:end]), tuple(gates[:end]), tuple(mass[:end]))


def decided(decider: Decider, bank: Bank, many: Sequence[Case]) -> dict[str, Any]:
    """What the picture does to ambiguous words."""
    made = {
        picture: run(decider, bank, many, picture)
        for picture in ("right", "other", "neither", "blank", "none")
    }
    return {
        "cases": len(many),
        "words": len({one.sentence.sense.english for one in many}),
        "right_picture": right(made["right"]),
        "exact_sentences": share(one.exact for one in made["right"]),
        "no_picture": right(made["none"]),
        "blank_picture": right(made["blank"]),
        "picture_of_neither": right(made["neither"]),
        "follows_the_other": share(one.says(one.case.rival) for one in made["other"]),
        "gates": gates(made["right"]),
        "mass": mass(made["right"]),
        "mistaken": mistaken(made["right"]),
    }


def drawn_otherwise(decider: Decider, bank: Bank, many: Sequence[Case]) -> dict[str, Any]:
    """What drawings of a style do that training never had."""
    shown, swapped = (run(decider, bank, many, one) for one in ("right", "other"))
    return {
        "cases": len(many),
        "right_picture": right(shown),
        "follows_the_other": share(one.says(one.case.rival) for one in swapped),
        "mass": mass(shown),
        "mistaken": mistaken(shown),
    }


def right(many: Iterable[Outcome]) -> dict[str, Any]:
    """The share of translations with the noun of the sense that was meant."""
    return share(one.says(one.case.sentence.sense) for one in many)


def gates(many: Sequence[Outcome]) -> dict[str, float]:
    """Mean β by what a word is to the picture, in sentences that came out as they should.

    first    the first word that differs between the senses: often an article or a measure word
    noun     the first word of the noun
    others   the words that are the same whatever the sense
    ratio    first / others; ratio_noun: noun / others
    """
    first, noun, others = list[float](), list[float](), list[float]()
    for one in (outcome for outcome in many if outcome.exact):
        place, start, same = _places(one.case)
        first.append(one.gates[place])
        noun.append(one.gates[start])
        others += [one.gates[number] for number in same]
    means = [sum(part) / max(1, len(part)) for part in (first, noun, others)]
    names = ("first", "noun", "others")
    return {
        **{name: round(mean, 4) for name, mean in zip(names, means, strict=True)},
        "ratio": round(means[0] / max(means[2], 1e-9), 2),
        "ratio_noun": round(means[1] / max(means[2], 1e-9), 2),
    }


def _places(case: Case) -> tuple[int, int, list[int]]:
    """Of the right translation: its first word that only this sense has, its noun, and the words
    of the frame."""
    mine = case.sentence.target(case.language)
    rival = sentence(case.sentence.frame, case.rival).target(case.language)
    pairs = zip(mine, rival, strict=False)
    first = next((place for place, (one, other) in enumerate(pairs) if one.text != other.text), 0)
    noun = next(place for place, word in enumerate(mine) if word.role == "noun")
    return first, noun, [place for place, word in enumerate(mine) if word.role == "frame"]


def mass(many: Sequence[Outcome]) -> dict[str, float]:
    """How much of the look at the picture rests on the drawing that decides.

    first, noun  at the first word that differs between the senses, and at the noun
    uniform      what a look that is spread evenly would have: the drawing's share of the canvas
    """
    exact = [one for one in many if one.exact]
    first = [one.mass[_places(one.case)[0]] for one in exact]
    noun = [one.mass[_places(one.case)[1]] for one in exact]
    area = [float(covering(one.case.where[0]).float().mean()) for one in exact]
    names = ("first", "noun", "uniform")
    return {
        name: round(sum(part) / max(1, len(part)), 4)
        for name, part in zip(names, (first, noun, area), strict=True)
    }


def mistaken(many: Sequence[Outcome]) -> dict[str, float]:
    """The words that came out wrong most often, with the share of right ones."""
    found: dict[str, list[bool]] = {}
    for one in many:
        sense = one.case.sentence.sense
        found.setdefault(sense.name, []).append(one.says(sense))
    worst = sorted((sum(rows) / len(rows), name) for name, rows in found.items())
    return {name: round(value, 3) for value, name in worst[:5] if value < 1}


def clear(decider: Decider, bank: Bank, language: Language) -> dict[str, Any]:
    """Words that need no picture: are they translated, and does white paper leave them alone?"""
    many = cases(bank, language, unseen=True, ambiguous=False)
    shown, blank, none = (run(decider, bank, many, one) for one in ("right", "blank", "none"))
    inner = [outcome.gates[_places_of_noun(outcome.case)] for outcome in shown if outcome.exact]
    return {
        "exact_sentences": share(one.exact for one in shown),
        "exact_without_picture": share(one.exact for one in none),
        "unchanged_by_white_paper": share(
            one.words == other.words for one, other in zip(shown, blank, strict=True)
        ),
        "gate_at_noun": round(sum(inner) / max(1, len(inner)), 4),
    }


def _places_of_noun(case: Case) -> int:
    words = case.sentence.target(case.language)
    return next(place for place, word in enumerate(words) if word.role == "noun")


def share(many: Iterable[bool]) -> dict[str, Any]:
    """A share with its interval of 95 %."""
    found = list(many)
    count, hits = len(found), sum(found)
    if not count:
        return {"share": None, "of": 0}
    low, high = wilson(hits, count)
    return {
        "share": round(hits / count, 4), "of": count,
        "interval": [round(max(0.0, low), 4), round(min(1.0, high), 4)],
    }  # fmt: skip


def write_card(decider: Decider, report: dict[str, Any]) -> None:
    """What the weights are, how they were made, and what was measured of them."""
    config = json.loads((CHECKPOINT / "config.json").read_text(encoding="utf-8"))
    size = (CHECKPOINT / "model.safetensors").stat().st_size
    card = {
        "parameters": decider.network.parameter_count(),
        "megabytes": round(size / 1e6, 2),
        "licence": LICENCE,
        "data": DATA,
        **config["training"],
        "measured": report,
    }
    text = json.dumps(card, indent=1, ensure_ascii=False)
    (CHECKPOINT / "card.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
