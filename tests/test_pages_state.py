"""Choices and the address, page by page, without a browser: what is chosen holds and is written."""

from __future__ import annotations

import time
from typing import Final

import pytest
from streamlit.testing.v1 import AppTest

from pages.frame import link
from pages.frame.examples import EXPLORE, TRANSLATE
from pages.frame.language import LANGUAGES
from tests.browser.frame import FILES, PAGES
from tests.browser.server import ROOT

MODEL = {"model": "fake"}
"""An untrained model is enough to see that choices hold."""


LESS: Final[dict[str, dict[str, str]]] = {
    "explanation": {"text": "I see a cat."},
    "made": {"steps": "8"},
    "spoke": {"steps": "2"},
}
"""Pages whose pictures take seconds are opened with less to work out."""


def opened(page: str, **address: str) -> AppTest:
    """A page as it opens at an address."""
    app = AppTest.from_file(ROOT / "pages" / "main.py", default_timeout=120)
    app.switch_page(FILES[page])
    for name, raw in address.items():
        app.query_params[name] = raw
    app.run()
    assert not app.exception
    return app


def address(app: AppTest, name: str) -> str | None:
    """A choice as the address has it."""
    found: str | list[str] | None = app.query_params.get(name)
    return found[-1] if isinstance(found, list) else found


def headings(app: AppTest) -> list[str]:
    return [heading.value for heading in app.subheader]


def html(app: AppTest) -> str:
    """Captions, notes and headlines of the page."""
    return " ".join(str(block.proto.body) for block in app.get("html"))


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("name", PAGES)
def test_every_page_shows_its_pictures_in_every_language(name: str, code: str) -> None:
    app = opened(name, lang=code, **LESS.get(name, {}))
    assert not app.error
    assert len(app.title) == 1
    for _attempt in range(100):  # some pages show what a job in the background has found
        kinds = ("bidi_component", "plotly_chart", "iframe")
        pictures = [one for kind in kinds for one in app.get(kind)]
        if pictures:
            break
        time.sleep(0.3)
        app.run()
    assert pictures
    assert ("atlas-caption" in html(app)) is True


def test_an_address_restores_what_was_chosen_and_stays() -> None:
    asked = {
        **MODEL, "text": "the cat sat", "layer": "2", "heads": "1,3", "pins": "2,4",
        "cell": "3,2", "grain": "words", "specials": "renormalised", "scale": "row",
    }  # fmt: skip
    app = opened("explore", **asked)
    assert "The matrix of layer 2, the mean of heads 1, 3" in headings(app)
    assert {name: address(app, name) for name in asked} == asked
    assert app.text_area[0].value == "the cat sat"
    app.run()
    assert {name: address(app, name) for name in asked} == asked


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("layer", "999"), ("layer", "-1"), ("layer", "0"), ("layer", "9" * 30), ("layer", "٣"),
        ("heads", "abc"), ("heads", "99"), ("heads", ""), ("heads", ",,,"),
        ("pins", "-1,99999"), ("pins", "9999"), ("cell", "1"), ("cell", "1,2,3"),
        ("cell", "900,900"), ("grain", "letters"), ("specials", "x"), ("scale", "\x00"),
        ("kind", "zzz"), ("kind", "cross"), ("pair", "maybe"), ("cut", "2"),
        ("model", "../../etc/passwd"), ("model", "hub:../x"), ("lang", "xx"), ("lang", ""),
    ],
)  # fmt: skip
def test_nonsense_in_the_address_leaves_a_page_usable(name: str, raw: str) -> None:
    app = opened("explore", **{**MODEL, "text": "the cat sat", name: raw})
    assert not app.error
    assert app.text_area[0].value == "the cat sat"
    app.text_area[0].set_value("a dog ran").run()
    assert not app.exception
    assert any(title.startswith("The matrix of layer") for title in headings(app))


def test_a_model_that_does_something_else_says_so_and_leaves_the_choice_open() -> None:
    app = opened("translate", model="fake", source="The cat sleeps.")
    assert any("choose another one" in info.value for info in app.info)
    app.selectbox[0].set_value("bahdanau-en-fr").run()
    assert not app.info
    assert "Le chat dort." in html(app)


def test_a_new_text_forgets_the_places_of_the_old_one() -> None:
    app = opened("explore", **MODEL, pins="2,3", cell="2,2", layer="2")
    app.text_area[0].set_value("a dog ran").run()
    assert [address(app, name) for name in ("pins", "cell", "layer")] == [None, None, "2"]
    assert address(app, "text") == "a dog ran"


def test_an_address_from_before_the_last_gesture_does_not_undo_it() -> None:
    app = opened("explore", **MODEL, text="the cat sat")
    app.text_area[0].set_value("a dog ran").run()
    app.query_params["text"] = "the cat sat"
    app.toggle[0].set_value(True).run()
    assert app.text_area[0].value == "a dog ran"
    assert address(app, "text") == "a dog ran"


def test_going_back_to_an_older_address_restores_it(monkeypatch: pytest.MonkeyPatch) -> None:
    app = opened("explore", **MODEL, text="the cat sat")
    app.text_area[0].set_value("a dog ran").run()
    monkeypatch.setattr(link, "ECHO", 0.0)
    app.query_params["text"] = "the cat sat"
    app.run()
    assert app.text_area[0].value == "the cat sat"


def test_choices_survive_a_visit_to_another_page() -> None:
    app = opened("explore", **MODEL, text="the cat sat", layer="2", heads="3", grain="words")
    for page in ("translate", "home", "explore"):
        app.query_params.clear()
        app.switch_page(FILES[page]).run()
        assert not app.exception
    assert app.text_area[0].value == "the cat sat"
    assert "The matrix of layer 2, head 3" in headings(app)
    assert [address(app, name) for name in ("layer", "grain", "model")] == ["2", "words", "fake"]


def test_a_text_too_long_for_an_address_is_still_read() -> None:
    text = "word " * 900
    app = opened("explore", **MODEL, text=text)
    assert app.text_area[0].value == text
    assert address(app, "text") is None
    assert len(app.warning) == 1


def test_a_text_that_is_too_long_is_cut_only_when_the_reader_agrees() -> None:
    app = opened("explore", **MODEL, text="word " * 600)
    assert "2,402 tokens; this model reads at most 128" in app.warning[0].value
    assert not app.get("bidi_component")
    next(button for button in app.button if "beginning" in button.label).click().run()
    assert not app.warning
    assert app.get("bidi_component")
    assert "Only the first 128 of 2,402 tokens were read." in html(app)


@pytest.mark.parametrize("text", ["", "   ", "\n\t"])
def test_an_empty_text_is_an_invitation(text: str) -> None:
    app = opened("explore", **MODEL)
    app.text_area[0].set_value(text).run()
    assert [info.value for info in app.info] == ["Type a sentence, or choose an example."]
    assert not app.warning


def test_an_own_sentence_is_translated_and_an_own_pair_aligned() -> None:
    app = opened("translate")
    assert app.text_area[0].value == TRANSLATE[0].text
    before = html(app)
    app.text_area[0].set_value("The cat sleeps.").run()
    assert html(app) != before
    app.segmented_control[1].set_value("pair").run()
    app.text_area[1].set_value("Le chat dort.").run()
    assert not app.exception
    assert "Le chat dort." in html(app)
    assert [address(app, name) for name in ("mode", "target")] == ["pair", "Le chat dort."]


def test_another_model_is_opened_from_the_list() -> None:
    app = opened("explore")
    assert "72 heads checked" in html(app)
    app.selectbox[0].set_value("fake").run()
    assert not app.exception
    assert "72 heads" not in html(app)
    assert address(app, "model") == "fake"
    assert app.text_area[0].value == EXPLORE[0].text


def test_a_sentence_that_is_too_long_for_both_translators_is_said_once_and_cut_for_both() -> None:
    app = opened("why", source="word " * 700)
    assert len(app.warning) == 1
    next(button for button in app.button if "beginning" in button.label).click().run()
    assert not app.exception
    assert not app.warning
    assert "What the last word depends on" in headings(app)


def test_a_question_is_answered_from_the_picture_and_hiding_changes_it() -> None:
    app = opened("scenes", scene="5-large-blue-star", question="What colour is the star?")
    assert "blue · " in html(app)
    assert "row 2, column 2" in html(app)
    hidden = opened(
        "scenes", scene="5-large-blue-star", question="What colour is the star?", hidden="5"
    )
    assert "With nothing hidden it answers" in html(hidden)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        ("", "Ask something"), ("What colour is the banana?", "does not know"),
        ("?!", "nothing to read"), ("What colour is the circle?", "There is no circle"),
        ("red " * 40, "at most 14"),
    ],
)  # fmt: skip
def test_a_question_that_cannot_be_answered_gets_a_sentence(question: str, said: str) -> None:
    app = opened("scenes", scene="5-large-blue-star", question=question)
    asks = app.text_area[0].set_value(question).run()
    assert not asks.exception
    assert any(said in info.value.replace("\\", "") for info in asks.info)


@pytest.mark.parametrize("scene", ["x", "99-small-red-circle", "", "1-a-b-c"])
def test_a_picture_that_an_address_cannot_say_leaves_the_page_usable(scene: str) -> None:
    app = opened("scenes", scene=scene, word="99", hidden="77", layer="99", show="matching")
    assert not app.error
    assert "atlas-caption" in html(app)
