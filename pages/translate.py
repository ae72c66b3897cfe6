"""Translate: the page is being built."""

from __future__ import annotations

import streamlit as st

from pages.parts.language import _

st.title(_("Translate"))
