"""The look that `.streamlit/config.toml` cannot set: widths, spacing, the switch's place."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

STYLES: Final = tuple(Path(__file__).with_name(name) for name in ("theme.css", "prose.css"))
LOGO: Final = Path(__file__).with_name("wordmark.svg")
ICON: Final = Path(__file__).with_name("mark.svg")


def apply() -> None:
    """Give the whole page its style sheet and its wordmark."""
    for style in STYLES:
        st.html(style)
    st.logo(LOGO.read_text(), size="large")
