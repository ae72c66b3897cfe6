"""The frame around every page: style, language, navigation, and a line of credits at the foot."""

from __future__ import annotations

import streamlit as st

from pages import __version__
from pages.frame import language, link, site, theme
from pages.frame.language import _
from pages.widgets.hosts import habits


def pages() -> dict[str, list[st.Page]]:
    """Every page under its heading, in the order of the story; the first has the bare address."""
    menu: dict[str, list[st.Page]] = {}
    for place, one in enumerate(site.pages()):
        shown = st.Page(
            site.file(one.name), title=_(one.title), url_path=one.name, default=place == 0
        )
        menu.setdefault(_(one.group) if one.group else "", []).append(shown)
    return menu


def foot() -> None:
    """The last line of every page: what this is, and which version of it."""
    with st.container(key="foot"):
        st.caption(
            _(
                "Attention Atlas {version} · Apache-2.0 · everything is computed on this server"
            ).format(version=__version__)
        )


theme.apply()
habits.apply()
link.restore([language.choice()])
with st.container(key="language"):
    language.switch()
link.publish([language.choice()], everywhere=True)
theme.speak()
page = st.navigation(pages(), position="top")
st.set_page_config(f"{page.title} · Attention Atlas", theme.ICON, layout="wide")
page.run()
foot()
