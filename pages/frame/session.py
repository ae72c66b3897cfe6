"""Who asks: one browser tab is one reader."""

from __future__ import annotations

from streamlit.runtime.scriptrunner import get_script_run_ctx


def reader() -> str:
    """The same for whatever one browser tab asks for."""
    context = get_script_run_ctx(suppress_warning=True)
    return context.session_id if context else "no session"
