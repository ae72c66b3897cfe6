"""The frame around every page: style, language, navigation, and a line of credits at the foot."""

from __future__ import annotations

import streamlit as st

from pages import __version__
from pages.parts import language, link, theme
from pages.parts.language import _


def pages() -> dict[str, list[st.Page]]:
    """Every page, in the order of the story; those about translation under one heading."""
    return {
        "": [
            st.Page("home.py", title=_("Home"), url_path="home", default=True),
            st.Page("explore.py", title=_("Explore"), url_path="explore"),
            st.Page("why.py", title=_("Why attention?"), url_path="why"),
            st.Page("translate.py", title=_("Translate"), url_path="translate"),
            st.Page("compare.py", title=_("Compare"), url_path="compare"),
        ],
        _("Mechanisms"): [
            st.Page("story.py", title=_("The story"), url_path="story"),
            st.Page("lab.py", title=_("Step by step"), url_path="lab"),
            st.Page("words.py", title=_("Side by side"), url_path="words"),
            st.Page("cost.py", title=_("Cost"), url_path="cost"),
        ],
        _("Alignments"): [
            st.Page("heads.py", title=_("Find the head that aligns"), url_path="heads"),
            st.Page("corpus.py", title=_("Follow a corpus"), url_path="corpus"),
            st.Page("imports.py", title=_("Open a file of attention"), url_path="imports"),
        ],
    }


def foot() -> None:
    """The last line of every page: what this is, and which version of it."""
    with st.container(key="foot"):
        st.caption(
            _(
                "Attention Atlas {version} · Apache-2.0 · everything is computed on this server"
            ).format(version=__version__)
        )


theme.apply()
link.restore([language.choice()])
with st.container(key="language"):
    language.switch()
link.publish([language.choice()])
page = st.navigation(pages(), position="top")
st.set_page_config(f"{page.title} · Attention Atlas", theme.ICON, layout="wide")
page.run()
foot()
