"""The lesson on explanations: what it says is what was computed, and bad input gets a sentence."""

from __future__ import annotations

from html import escape

from pages.explore.parts import evidence
from tests.test_pages_state import address, headings, html, opened

ASKED = {"text": "The cat sleeps."}


def test_the_lesson_shows_its_evidence() -> None:
    app = opened("explanation", **ASKED)
    assert not app.error
    assert len(headings(app)) == 5
    assert len(app.get("plotly_chart")) == 1
    assert len(app.get("bidi_component")) == 1
    found = evidence.translation("luong-dot-en-fr", ASKED["text"])
    free = max(found.tried, key=lambda one: one.found.apart)
    chosen = next(box for box in app.selectbox if box.label == "Piece of the translation")
    assert str(chosen.value) == str(found.tried.index(free))
    assert escape(free.piece) in html(app)
    assert all(0 <= one.moved <= 1 and one.found.change <= 0.0101 for one in found.tried)


def test_the_even_model_is_computed_from_what_is_typed() -> None:
    app = opened("explanation", **ASKED, even="good good bad")
    assert "says <b>1</b>" in html(app) or ">1<" in html(app)
    assert "0.33" in html(app)
    one = opened("explanation", **ASKED, even="good")
    assert "at least two words" in " ".join(str(each.value) for each in one.info)


def test_a_text_that_is_too_long_is_said() -> None:
    app = opened("explanation", text="The cat sees a dog, and the dog sees a cat, and " * 3)
    assert not app.exception
    assert "are tried" in " ".join(str(one.value) for one in [*app.info, *app.warning])


def test_what_an_address_names_that_is_not_there_is_left_out() -> None:
    app = opened("explanation", **ASKED, piece="99", model="nobody")
    assert not app.error
    assert address(app, "model") is None
    assert not opened("explanation", text=" ").exception
