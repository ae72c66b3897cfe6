"""The frame around every page: style, language, navigation, and a line of credits at the foot."""

from __future__ import annotations

import streamlit as st

from pages import __version__
from pages.frame import language, link, theme
from pages.frame.language import _


def pages() -> dict[str, list[st.Page]]:
    """Every page, in the order of the story; those about translation under one heading."""
    return {
        "": [
            st.Page("home/home.py", title=_("Home"), url_path="home", default=True),
            st.Page("explore/explore.py", title=_("Explore"), url_path="explore"),
            st.Page("translation/why.py", title=_("Why attention?"), url_path="why"),
            st.Page("translation/translate.py", title=_("Translate"), url_path="translate"),
            st.Page("translation/compare.py", title=_("Compare"), url_path="compare"),
        ],
        _("Mechanisms"): [
            st.Page("mechanisms/story.py", title=_("The story"), url_path="story"),
            st.Page("mechanisms/lab.py", title=_("Step by step"), url_path="lab"),
            st.Page("mechanisms/words.py", title=_("Side by side"), url_path="words"),
            st.Page("mechanisms/cost.py", title=_("Cost"), url_path="cost"),
        ],
        _("Alignments"): [
            st.Page("alignments/heads.py", title=_("Find the head that aligns"), url_path="heads"),
            st.Page("alignments/corpus.py", title=_("Follow a corpus"), url_path="corpus"),
            st.Page(
                "alignments/imports.py", title=_("Open a file of attention"), url_path="imports"
            ),
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
