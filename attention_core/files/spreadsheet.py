"""Cells that a spreadsheet shows as they are, instead of running them.

>>> cell("=1+1"), cell("cat")
("'=1+1", 'cat')
>>> shown("'=1+1"), shown("'cat'")
('=1+1', "'cat'")
"""

from __future__ import annotations

from typing import Final

FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet may take for the start of a formula; full-width signs count in East Asia."""


def cell(text: str) -> str:
    """A spreadsheet runs what begins with = + - @; an apostrophe keeps it text."""
    return "'" + text if text.startswith(FORMULA) else text


def shown(text: str) -> str:
    """The text without the apostrophe that `cell` put before it."""
    return text[1:] if text.startswith("'") and text[1:].startswith(FORMULA) else text
