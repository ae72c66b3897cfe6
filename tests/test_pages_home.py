"""Home, without a browser: a sentence of the reader's own, and what is said of it."""

from __future__ import annotations

from typing import Any

import pytest

from models.ours.translator.reader import TranslatorReader
from models.store import shelf
from pages.showing import figures
from pages.showing.readings import DEFAULTS
from tests.test_pages_state import address, html, opened

OWN = "My daughter is very old."


def ribbons(app: Any) -> list[Any]:
    return [one for one in app.get("bidi_component") if "ribbons" in one.proto.id]


def test_a_sentence_of_the_readers_own_is_translated_and_stays_in_the_address(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn: list[str] = []
    monkeypatch.setattr(figures, "alignment", lambda *_, title, **__: drawn.append(title))
    app = opened("home")
    app.text_area(key="home.text").set_value(OWN).run()
    assert not app.exception
    reader = shelf.load(DEFAULTS["translate"])
    assert isinstance(reader, TranslatorReader)
    french = reader.translate(OWN).text
    assert drawn[-1] == f"{OWN} → {french}"
    assert drawn[-1] != drawn[0]
    assert address(app, "text") == OWN


@pytest.mark.parametrize("text", ["", "  \n "])
def test_no_sentence_is_an_invitation_and_the_doors_stay(text: str) -> None:
    app = opened("home", text=text)
    app.text_area(key="home.text").set_value(text).run()
    assert not app.exception
    assert [one.value for one in app.info] == ["Type a sentence, or choose an example."]
    assert not ribbons(app)
    assert app.get("page_link")


def test_a_word_that_the_translator_does_not_know_is_said() -> None:
    app = opened("home", text="Naïve café ≈ 東京")
    assert not app.exception
    assert "has never seen" in html(app)


def test_a_sentence_that_is_too_long_can_be_cut() -> None:
    app = opened("home", text="the cat " * 400)
    assert not app.exception
    assert app.warning
    app.button(key="home.cut.agree").click().run()
    assert not app.exception
    assert len(ribbons(app)) == 1
