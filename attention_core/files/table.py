"""The README's table of file formats, made from what they say about themselves.

>>> "| CSV table | attention | `csv` `tsv` | in, out |" in table().splitlines()
True

python -m attention_core.files.table README.md
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from attention_core.files import registry
from attention_core.files.format import AttentionFormat, Format, LinksFormat, PairsFormat
from attention_core.mechanisms.table import between

MARK: Final = "formats"
HOLDS: Final = {
    AttentionFormat: "attention",
    LinksFormat: "links between words",
    PairsFormat: "pairs of sentences",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readme", type=Path)
    path: Path = parser.parse_args().readme
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


def filled(text: str) -> str:
    """The text with the table of formats brought up to date."""
    return between(text, MARK, table())


def table() -> str:
    """One line for each format: those of attention first, then links, then pairs."""
    kinds = list(HOLDS)
    every = sorted(registry.every(), key=lambda form: kinds.index(type(form)))
    head = ("| format | what it holds | endings | in, out |", "|---|---|---|---|")
    return "\n".join([*head, *map(_line, every)])


def _line(form: Format) -> str:
    endings = " ".join(f"`{ending}`" for ending in form.endings)
    return f"| {form.title} | {HOLDS[type(form)]} | {endings} | {', '.join(form.ways)} |"


if __name__ == "__main__":
    main()
