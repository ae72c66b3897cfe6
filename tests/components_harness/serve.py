"""Serves the gallery as the app is served: under the same strict policy."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st
from starlette.middleware import Middleware

sys.path.insert(0, str(Path(__file__).parents[2]))

from app import SecurityHeaders
from pages.widgets import addressed, serving

app = st.App(
    Path(__file__).with_name("gallery.py"),
    middleware=[Middleware(SecurityHeaders)],
    routes=[serving.ROUTE, *addressed.ROUTES],
)
