"""Every page tells what it is once, and all that leads to it says the same."""

from __future__ import annotations

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


def test_every_door_leads_somewhere_and_all_of_them_stand_in_the_header() -> None:
    assert len(site.DOORS) <= 6
    assert all(site.behind(door) for door in site.DOORS)
    assert [page.name for page in site.behind("")] == ["home"]
    assert [page.door for page in site.pages() if page.door] == [
        door for door in site.DOORS for _ in site.behind(door)
    ]


def test_home_leads_to_every_page_by_the_name_that_the_navigation_has() -> None:
    app = AppTest.from_file(ROOT / "pages" / "main.py", default_timeout=120).run()
    assert not app.exception
    links = {link.proto.page: link.proto.label for link in app.get("page_link")}
    assert links == {one.name: f"**{one.title}**" for one in site.pages() if one.door}
    said = [one.value for one in app.markdown]
    assert [page.promise for page in site.pages() if page.door] == [
        text for text in said if text in {page.promise for page in site.pages()}
    ]
    assert all(page.promise for page in site.pages() if page.door)


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


def test_a_page_behind_no_door_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    lost = ModuleType("lost")
    monkeypatch.setattr(lost, "CARD", site.Page("home", "Home", 1, door="back"), raising=False)
    monkeypatch.setattr(site, "import_module", lambda _name: lost)
    with pytest.raises(LookupError, match=r"home/home\.py has no door back; there are: inside, "):
        site._card("home")


def test_an_unknown_page_lists_the_known_ones() -> None:
    with pytest.raises(LookupError, match=r"There is no page nowhere; there are: .*home"):
        site.file("nowhere")
