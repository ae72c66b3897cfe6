"""Home: what this is, and where each question leads."""

from __future__ import annotations

import streamlit as st

from pages.parts.language import _

st.title(_("See what a model looks at"))
st.markdown(
    _(
        "Attention Atlas opens trained translation and language models while they read your sentence, "
        "and shows every attention weight: which word looked at which, and how strongly."
    )
)


def card(question: str, answer: str, page: str, link: str) -> None:
    """One question of a reader and the page that answers it."""
    with st.container(border=True, height="stretch"):
        st.subheader(question, anchor=False)
        st.markdown(answer)
        st.page_link(page, label=link, icon=":material/arrow_forward:")


cards = st.columns(2)
with cards[0]:
    card(
        _("Which word became which?"),
        _("Translate an English sentence into French and follow the alignment, word by word."),
        "translate.py",
        _("Translate a sentence"),
    )
with cards[1]:
    card(
        _("What does each head do?"),
        _("Walk from all heads of a model to one head, one row, one number."),
        "explore.py",
        _("Explore the heads"),
    )
