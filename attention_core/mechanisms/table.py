"""The README's table of mechanisms, made from their cards.

python -m attention_core.mechanisms.table README.md

>>> between("see <!-- here --> old <!-- /here -->", "here", "new").splitlines()
['see <!-- here -->', 'new', '<!-- /here -->']
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Final

from attention_core.mechanisms import ALL, USES, Use
from attention_core.mechanisms.mechanism import Card

MARK: Final = "mechanisms"
HEAD: Final = (
    "| mechanism | where it comes from | weights sum to 1 over | equations held against |",
    "|---|---|---|---|",
)
USED: Final = ("", "| name of a use | mechanism | what it says |", "|---|---|---|")
CHECKED: Final = {
    "paper": "the paper's text",
    "code": "the authors' program",
    "unread": "memory: the paper was out of reach",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("readme", type=Path)
    path: Path = parser.parse_args().readme
    path.write_text(filled(path.read_text(encoding="utf-8")), encoding="utf-8")


def filled(text: str) -> str:
    """The text with the table of mechanisms brought up to date."""
    return between(text, MARK, table())


def between(text: str, mark: str, content: str) -> str:
    """The text with `content` on the lines between <!-- mark --> and <!-- /mark -->."""
    start, end = f"<!-- {mark} -->", f"<!-- /{mark} -->"
    before, _, rest = text.partition(start)
    _, _, after = rest.partition(end)
    return f"{before}{start}\n{content}\n{end}{after}"


def table() -> str:
    """One line for each mechanism, in the order of the story."""
    lines = [*HEAD, *(_line(mechanism.card) for mechanism in ALL.values())]
    return "\n".join([*lines, *USED, *(_used(use) for use in USES.values())])


def _line(card: Card) -> str:
    source = f"[{card.source}]({card.link})"
    return f"| {card.title} | {source} | {card.sums_to_one_over} | {CHECKED[card.checked]} |"


def _used(use: Use) -> str:
    title = ALL[use.mechanism].card.title
    return f"| {use.title} | {title} | {use.means} [{use.source}]({use.link}) |"


if __name__ == "__main__":
    main()
