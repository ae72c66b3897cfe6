"""What every page does with the keyboard and the browser's history, whatever stands on it."""

from __future__ import annotations

from typing import Final

import streamlit as st

from pages.widgets import serving

HABITS: Final = "hosts/habits.js"


def apply() -> None:
    """Give the page its habits, once; they stay while the reader goes from page to page."""
    script = f'<script type="module" src="{serving.path(HABITS)}"></script>'
    st.html(script, unsafe_allow_javascript=True)
