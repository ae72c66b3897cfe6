"""Every page opens, in every language, without a browser."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from pages.frame.language import LANGUAGES
from tests.browser.frame import FILES, PAGES
from tests.browser.server import ROOT


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_opens(name: str, code: str) -> None:
    app = AppTest.from_file(ROOT / "pages" / "main.py", default_timeout=120)
    app.query_params["lang"] = code
    app.run()
    app.switch_page(FILES[name]).run()
    assert not app.exception
    assert len(app.title) == 1
