"""The README's table of carriers, made from what is written down of each.

>>> table().splitlines()[2].split(" | ")[0]
'| SmolLM2-135M-Instruct'

python -m models.store.carriers.table README.md
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from attention_core.mechanisms.table import between
from models.store.carriers.carrier import Carrier
from models.store.carriers.registry import carriers

MARK: Final = "carriers"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readme", type=Path)
    path: Path = parser.parse_args().readme
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


def filled(text: str) -> str:
    """The text with the table of carriers brought up to date."""
    return between(text, MARK, table())


def table() -> str:
    """One line for each carrier."""
    head = ("| model | fetched from | MB fetched, kept | licence | by |", "|---|---|---|---|---|")
    return "\n".join([*head, *map(_line, carriers())])


def _line(one: Carrier) -> str:
    wheels = ", ".join(
        f"[{wheel}](https://pypi.org/project/{wheel.package}/{wheel.version}/)"
        for wheel in one.wheels
    )
    size = f"{one.fetched / 1e6:.0f}, {one.megabytes:.0f}"
    return f"| {one.title} | {wheels} | {size} | {one.licence} | {one.credit} |"


if __name__ == "__main__":
    main()
