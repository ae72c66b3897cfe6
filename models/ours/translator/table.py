"""The README's table of translators, made from their cards.

python -m models.ours.translator.table README.md
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from attention_core.mechanisms.table import between
from attention_core.watching.place import places
from models.ours.translator.recipes import CHECKPOINTS, Recipe, shipped

MARK = "translators"
HEAD = (
    "| translator | parameters | training | BLEU | chrF | AER | crossing links | looks best at |",
    "|---|---|---|---|---|---|---|---|",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readme", type=Path)
    path: Path = parser.parse_args().readme
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


def filled(text: str) -> str:
    """The text with the table between its two marks brought up to date."""
    return between(text, MARK, table())


def table() -> str:
    """One line for each translator that ships, in the order of the story."""
    return "\n".join([*HEAD, *(_line(name, recipe) for name, recipe in shipped())])


def _line(name: str, recipe: Recipe) -> str:
    card = json.loads((CHECKPOINTS / name / "card.json").read_text(encoding="utf-8"))
    quality = card["quality"]["one_reference"]
    aligned = card.get("alignment")
    figures = (
        f"{card['parameters'] / 1e6:.1f} M",
        f"{card['minutes']:.0f} min, {card['epochs']} epochs"
        + (f", from {card['start']}" if card.get("start") else ""),
        f"{quality['bleu']:.1f}",
        f"{quality['chrf']:.1f}",
        f"{aligned['error_rate']:.3f}" if aligned else "–",
        f"{aligned['crossing_recall']:.2f}" if aligned else "–",
        _look(aligned["chosen"]) if aligned else "–",
    )
    title = f"[{recipe.title}](models/ours/checkpoints/{name}/card.json)"
    return f"| {' | '.join((title, *figures))} |"


def _look(chosen: dict[str, Any]) -> str:
    """Where and how the alignment is read best, counted from 1."""
    layers = [place.layer + 1 for place in places(chosen["site"])]
    place = f"layer {layers[0]}" if len(layers) == 1 else f"layers {layers[0]}–{layers[-1]}"
    mean = chosen["head"] is None or len(layers) > 1
    head = "mean" if mean else f"head {chosen['head'] + 1}"
    step = {0: "same step", 1: "step after", -1: "step before"}[chosen["shift"]]
    return f"{place}, {head}, {step}, {chosen['extraction']}"


if __name__ == "__main__":
    main()
