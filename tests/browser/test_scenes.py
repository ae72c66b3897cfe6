"""Pictures and words in a real browser: an answer and what it rests on; a clip; a drawing."""

from __future__ import annotations

import random
import re

import pytest
from playwright.sync_api import Page, Position, expect

from models.ours.emoji import pieces
from models.ours.emoji.reader import load_reader, titles
from models.ours.scenes.clips import clip_questions, random_clip
from models.ours.scenes.reader import ask, watch
from models.ours.scenes.recipes import shipped
from models.ours.scenes.scene import parsed
from tests.browser.frame import PATIENCE, opened
from tests.browser.gestures import caption, choose, in_address, type_text, widget
from tests.browser.server import Server

PICTURE = "1-small-red-circle.5-large-blue-square.9-small-green-star"
ASKED = "scenes.asked"


def drawn(page: Page, server: Server, address: str, key: str) -> None:
    """Opens an address and waits until its picture is there."""
    opened(page, f"{server.url}/{address}")
    widget(page, key).locator("canvas.base").wait_for(timeout=PATIENCE)


def cell(page: Page, key: str, row: int, column: int, columns: int) -> Position:
    """The middle of a square cell of a picture on the page, counted from 1."""
    box = widget(page, key).locator("canvas.base").bounding_box()
    assert box is not None
    side = box["width"] / columns
    return {"x": (column - 0.5) * side, "y": (row - 0.5) * side}


def headline(page: Page, text: str) -> None:
    expect(page.locator(".atlas-headline").first).to_contain_text(text)


def test_a_hidden_cell_changes_the_answer(page: Page, server: Server) -> None:
    drawn(page, server, f"scenes?lang=en&scene={PICTURE}", ASKED)
    scene = parsed(PICTURE)
    assert scene is not None
    question = "What colour is the star?"
    before = ask("scenes-co-attention", scene, question).answers[0]
    headline(page, f"{before.text} · {100 * before.share:.0f} %")
    assert before.text == "green"

    picture = widget(page, ASKED).locator("canvas.base")
    picture.click(position=cell(page, ASKED, 3, 3, 3))
    expect(page).to_have_url(re.compile(r"hidden=9"))
    after = ask("scenes-co-attention", scene, question, [8]).answers[0]
    headline(page, f"{after.text} · {100 * after.share:.0f} %")
    expect(caption(page, "With nothing hidden it answers", "green")).to_be_visible()

    page.get_by_role("button", name="Show all cells").click()
    headline(page, f"{before.text} · {100 * before.share:.0f} %")


def test_another_question_is_answered(page: Page, server: Server) -> None:
    drawn(page, server, f"scenes?lang=en&scene={PICTURE}", ASKED)
    type_text(page, "scenes.question", "Is there a yellow star?")
    headline(page, "no · ")
    assert in_address(page)["question"] == "Is there a yellow star?"
    choose(page, "scenes.how", "cross-attention")
    headline(page, "no · ")
    expect(caption(page, "of the look falls on")).to_be_visible()


@pytest.mark.skipif(not shipped("scenes-clips"), reason="the model of clips does not ship")
def test_a_frame_is_opened_and_shuffling_takes_the_answer_away(page: Page, server: Server) -> None:
    clip = random_clip(random.Random(7))
    text = clip_questions(clip)[0].text
    text = f"{text[:1].upper()}{text[1:]}?"
    drawn(page, server, "scenes?lang=en&show=clips&clip=7", "scenes.strip")
    found = watch(clip, text).answers[0]
    headline(page, f"{found.text} · {100 * found.share:.0f} %")
    strip = widget(page, "scenes.strip").locator("canvas.base")
    strip.click(position=cell(page, "scenes.strip", 1, 2, 8))
    expect(page.get_by_role("heading", name="Frame 2", exact=True)).to_be_visible()
    page.get_by_text("Shuffle the frames").click()
    expect(caption(page, "In the right order it answers", found.text)).to_be_visible()


@pytest.mark.skipif(not pieces.shipped(), reason="the towers do not ship")
def test_a_word_opens_its_nearest_drawing_and_a_click_another(page: Page, server: Server) -> None:
    drawn(page, server, "emoji?lang=en&text=red+heart", "emoji.match")
    found = load_reader().find("red heart")
    headline(page, titles(found.order[0]))
    gallery = widget(page, "emoji.nearest").locator("canvas.base")
    gallery.click(position=cell(page, "emoji.nearest", 1, 3, 4))
    headline(page, titles(found.order[2]))
    assert in_address(page)["drawing"] == str(found.order[2] + 1)
    type_text(page, "emoji.text", "чай")
    expect(page.get_by_text("never saw “ч”")).to_be_visible()


@pytest.mark.skipif(not pieces.shipped(), reason="the towers do not ship")
def test_a_picture_gets_its_words(page: Page, server: Server) -> None:
    drawn(page, server, "emoji?lang=en&from=picture", "emoji.match")
    expect(page.get_by_text("The nearest words")).to_be_visible()
    expect(caption(page, "is the sum of what every piece and every patch give")).to_be_visible()
