"""The page on which a picture decides, without a browser: what is chosen is what is translated."""

from __future__ import annotations

import pytest

from models.ours.decides.nouns import senses
from models.ours.decides.reader import canvas, load_decider
from models.ours.decides.scene import scene
from pages.modalities.decides import EXAMPLES
from pages.modalities.parts.canvases import MOST_SENSES
from tests.test_pages_state import address, html, opened


def said(kind: int, place: int = 0, text: str = "I see a bat.", word: str = "bat") -> list[str]:
    """What the translator itself makes of a sentence beside the drawing of a sense."""
    picture = canvas(scene(senses()[word][kind].drawings[0], place, word))
    decider = load_decider()
    return [decider.translate(text, language, picture).text for language in ("fr", "zh")]


def headlines(page: str) -> list[str]:
    """The two large translations."""
    return [part.split("<")[0] for part in page.split('class="atlas-headline" dir="auto">')[1:]]


@pytest.mark.parametrize(("show", "place"), [("1", 0), ("2", 0), ("1", 3)])
def test_the_drawing_that_is_chosen_is_the_one_translated_by(show: str, place: int) -> None:
    app = opened("decides", show=show, place=str(place + 1))
    assert headlines(html(app)) == said(int(show) - 1, place)


def test_every_picture_stands_side_by_side() -> None:
    page = html(opened("decides"))
    both = [text for kind in (0, 1) for text in said(kind)]
    sentences = page.split('class="atlas-sentence" dir="auto">')[1:]
    assert len(sentences) == 10  # two senses, another drawing, white paper, none; two languages
    assert [part.split("<")[0] for part in sentences][:4] == both


def test_without_a_picture_the_page_says_that_every_gate_is_shut() -> None:
    app = opened("decides", show="none")
    assert "β = 0" in html(app)
    decider = load_decider()
    assert headlines(html(app))[0] == decider.translate("I see a bat.", "fr", None).text


def test_any_other_drawing_can_be_put_on_the_paper() -> None:
    app = opened("decides", show="other", drawing="1f3cf")
    assert headlines(html(app)) == said(1)  # the drawing of the stick is the stick


def test_a_word_that_it_does_not_know_is_named() -> None:
    app = opened("decides", text="I see a dinosaur.")
    assert any("dinosaur" in info.value for info in app.info)
    assert not app.exception


@pytest.mark.parametrize(
    ("name", "raw"),
    [("show", "9"), ("show", "4"), ("drawing", "../x"), ("place", "0"), ("word", "9,9"),
     ("word", "2,900"), ("alone", "x"), ("text", "<b>cat</b>"), ("text", "I like this cat.")],
)  # fmt: skip
def test_nonsense_in_the_address_leaves_the_page_usable(name: str, raw: str) -> None:
    app = opened("decides", **{name: raw})
    assert not app.error
    app.text_area[0].set_value("I see a bat.").run()
    assert len(headlines(html(app))) == 2


def test_another_sentence_forgets_the_word_that_was_open() -> None:
    app = opened("decides", word="2,3")
    assert address(app, "word") == "2,3"
    app.text_area[0].set_value("Where is the mouse?").run()
    assert address(app, "word") is None
    assert not app.exception


def test_every_example_is_understood() -> None:
    for one in EXAMPLES:
        assert load_decider().axis(one.text)


def test_no_word_has_more_senses_than_the_page_offers() -> None:
    assert max(map(len, senses().values())) <= MOST_SENSES
