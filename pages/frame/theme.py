"""The look that `.streamlit/config.toml` cannot set: widths, spacing, the switch's place."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

import streamlit as st

from pages.frame.language import _

STYLES: Final = tuple(Path(__file__).with_name(name) for name in ("theme.css", "prose.css"))
LOGO: Final = Path(__file__).with_name("wordmark.svg")
ICON: Final = Path(__file__).with_name("mark.svg")


def apply() -> None:
    """Give the whole page its style sheet and its wordmark."""
    for style in STYLES:
        st.html(style)
    st.logo(LOGO.read_text(), size="large")


def speak() -> None:
    """In the reader's language what Streamlit says in English only."""
    words = {
        "lines": _("Enter sends it · Shift + Enter begins a new line"),
        "line": _("Enter sends it"),
        "connecting": _("Connecting …"),
        "silence": _("The server does not answer"),
        "patience": _(
            "What you see stays here. The page goes on by itself as soon as the server is back; "
            "if it does not come back, ask whoever runs it."
        ),
    }
    quoted = {name: json.dumps(text, ensure_ascii=False) for name, text in words.items()}
    said = " ".join(f"--atlas-{name}: {text};" for name, text in quoted.items())
    st.html(f"<style>:root {{ {said} }}</style>")


def mark(place: int) -> None:
    """Marks one thing in the header, counted from 1, as Streamlit marks the page that is open.

    It marks no heading whose menu is closed, though the page that is open stands in it.
    """
    st.html(
        f"<style>[data-testid=stTopNav] > .rc-overflow-item:nth-child({place}) > button "
        "{ background: color-mix(in srgb, currentColor 9%, transparent); font-weight: 600; }"
        "</style>"
    )
