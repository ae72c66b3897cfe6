"""A model of the Hugging Face hub: named by the reader, fetched only when they say so."""

from __future__ import annotations

import streamlit as st

from attention_core.errors import AttentionError
from models.loading import hub
from models.settings import settings
from models.store.catalogue import WRITES
from pages.frame import link
from pages.frame.ask import literal, said
from pages.frame.language import _
from pages.frame.link import Choice


def another_model(choice: Choice, writes: bool = False) -> None:
    """A small menu that names a model of the hub, says how large it is, and fetches it.

    writes  True where the model is to translate
    """
    with st.popover(_("Another model"), icon=":material/add:", type="tertiary"):
        st.write(
            _("Any encoder–decoder of the Hugging Face hub, such as Helsinki-NLP/opus-mt-en-fr.")
            if writes
            else _("Any model of the Hugging Face hub by name, such as bert-base-uncased.")
        )
        name = st.text_input(_("Name on the hub"), key=f"{choice.key}.hub", max_chars=200)
        if not name:
            if not settings().downloads:
                st.caption(_("Models on this machine only: this server does not download."))
            return
        try:
            offered(choice, hub.checked_name(name.strip()), WRITES if writes else "")
        except AttentionError as problem:
            st.info(said(problem), icon=":material/info:")


def offered(choice: Choice, name: str, before: str) -> None:
    """Opens the model if it is here; otherwise shows its size and a button that fetches it."""
    if hub.cached(name) is not None:
        st.button(_("Open it"), on_click=link.choose, args=(choice, f"{before}hub:{name}"))
        return
    plan = _plan(name)
    size = f"{plan.bytes / 1e6:,.0f} MB"
    st.write(
        _("{name}: {size} in {count} files.").format(
            name=literal(name), size=size, count=len(plan.files)
        )
    )
    if st.button(_("Download {size}").format(size=size), type="primary"):
        bar = st.progress(0.0, text=_("Downloading …"))

        def progress(done: int, whole: int) -> None:
            bar.progress(min(1.0, done / max(1, whole)), text=_("Downloading …"))

        hub.download(plan, progress)
        st.button(_("Open it"), on_click=link.choose, args=(choice, f"{before}hub:{name}"))


@st.cache_data(ttl=600, max_entries=32, show_spinner=False)
def _plan(name: str) -> hub.DownloadPlan:
    return hub.plan(name)
