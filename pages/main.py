"""The frame around every page: style, language, navigation, and a line of credits at the foot."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import streamlit as st

from pages import __version__
from pages.frame import language, link, site, theme
from pages.frame.language import _
from pages.widgets.hosts import habits

DAY: Final = timedelta(days=1)


def pages() -> dict[str, list[st.Page]]:
    """Every page behind its door; the first has the bare address."""
    menu: dict[str, list[st.Page]] = {}
    for place, one in enumerate(site.pages()):
        shown = st.Page(
            site.file(one.name), title=_(one.title), url_path=one.name, default=place == 0
        )
        menu.setdefault(_(site.DOORS[one.door].title) if one.door else "", []).append(shown)
    return menu


def foot() -> None:
    """The last line of every page: what this is, and which version of it."""
    with st.container(key="foot"):
        st.caption(
            _(
                "Attention Atlas {version} · Apache-2.0 · everything is computed on this server"
            ).format(version=__version__)
        )


@st.fragment(run_every=DAY)
def come_back() -> None:
    """Nothing; but a browser that finds its server again asks for a page that repeats itself.

    Of any other page it would show what it has, and a server that was started again would know
    neither the page nor its parts: the next click would do nothing.
    """


theme.apply()
habits.apply()
come_back()
link.restore([language.choice()])
language.settle()
with st.container(key="language"):
    language.switch()
link.publish([language.choice()], everywhere=True)
theme.speak()
menu = pages()
page = st.navigation(menu, position="top")
st.set_page_config(f"{page.title} · Attention Atlas", theme.ICON, layout="wide")
theme.mark(1 + next(at for at, shown in enumerate(menu.values()) if page in shown))
page.run()
foot()
