"""Every page tells what it is once, and all that leads to it says the same."""

from __future__ import annotations

from itertools import pairwise
from types import ModuleType

import pytest
from streamlit.testing.v1 import AppTest

from pages.frame import site
from tests.browser.server import ROOT


@pytest.mark.parametrize("name", site.files())
def test_every_page_file_says_which_page_it_is(name: str) -> None:
    assert [page.name for page in site.pages()].count(name) == 1


def test_no_two_pages_stand_in_one_place() -> None:
    assert len({page.order for page in site.pages()}) == len(site.pages())
    invitations = [page.invitation for page in site.pages() if page.invitation]
    assert len({one.place for one in invitations}) == len(invitations)


def test_pages_of_one_heading_stand_together() -> None:
    groups = [page.group for page in site.pages()]
    changes = sum(one != other for one, other in pairwise(groups))
    assert changes == len(set(groups)) - 1


def test_home_leads_to_every_page_that_invites() -> None:
    app = AppTest.from_file(ROOT / "pages" / "main.py", default_timeout=120).run()
    assert not app.exception
    inviting = [page for page in site.pages() if page.invitation]
    assert inviting
    links = {link.proto.page: link.proto.label for link in app.get("page_link")}
    assert links == {one.name: one.invitation.label for one in inviting if one.invitation}


def test_a_file_that_says_nothing_or_names_another_page_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    silent = ModuleType("silent")
    monkeypatch.setattr(site, "import_module", lambda _name: silent)
    with pytest.raises(LookupError, match=r"home/home\.py does not say which page it is"):
        site._card("home")
    monkeypatch.setattr(silent, "CARD", site.Page("other", "Other", 1), raising=False)
    with pytest.raises(LookupError, match=r"home/home\.py"):
        site._card("home")


def test_an_unknown_page_lists_the_known_ones() -> None:
    with pytest.raises(LookupError, match=r"There is no page nowhere; there are: .*home"):
        site.file("nowhere")
