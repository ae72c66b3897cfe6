"""The look that `.streamlit/config.toml` cannot set: widths, spacing and the place of the switch."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import streamlit as st

STYLE: Final = Path(__file__).with_suffix(".css")
LOGO: Final = Path(__file__).with_name("wordmark.svg")
MARK: Final = Path(__file__).with_name("mark.svg")


def apply() -> None:
    """Give the whole page its style sheet and its wordmark."""
    st.html(STYLE)
    st.logo(LOGO.read_text(), size="large", icon_image=MARK.read_text())
