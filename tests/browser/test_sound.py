"""The page of sound in a real browser: words are walked, a head is opened, a file is heard."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from models.families.sound import Listener
from models.store import shelf, sounds
from tests.browser.frame import PATIENCE, opened
from tests.browser.gestures import caption, choose, in_address, pictures, widget
from tests.browser.server import Server
from tests.test_files_sound import file, tone

HEARING = "sound.hearing"


@pytest.fixture(scope="module")
def words() -> list[tuple[str, float, float]]:
    """What the untrained ear hears in the first sound with all its heads, worked out here."""
    listener = shelf.load("fake-ear")
    assert isinstance(listener, Listener)
    heard = listener.listen(sounds.sound("listening"))
    every = [(layer, head) for layer in range(2) for head in range(4)]
    found = heard.words(heard.looks(every))
    return [(word.text.strip(), word.start, min(word.end, heard.seconds)) for word in found]


def heard(page: Page, server: Server, more: str = "") -> None:
    """Opens the page with the untrained ear and waits until its picture is drawn."""
    opened(page, f"{server.url}/sound?model=fake-ear&lang=en{more}")
    widget(page, HEARING).locator("canvas.base").wait_for(timeout=PATIENCE)


def test_words_are_walked_by_keyboard_and_their_times_are_the_models(
    page: Page, server: Server, words: list[tuple[str, float, float]]
) -> None:
    heard(page, server, "&which=all")
    widget(page, HEARING).locator(".scroller").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    word, start, end = words[1]
    status = widget(page, HEARING).get_by_role("status")
    expect(status).to_contain_text(f"{start:.2f} to {end:.2f} s")
    expect(status).to_contain_text(word)
    page.wait_for_timeout(800)
    assert in_address(page)["word"] == "2"
    page.keyboard.press("Escape")
    expect(status).to_contain_text("Play it, or click a word")


def test_a_click_on_a_word_plays_from_where_it_is_said(
    page: Page, server: Server, words: list[tuple[str, float, float]]
) -> None:
    heard(page, server, "&which=all")
    canvas = widget(page, HEARING).locator("canvas.base")
    row = 28 if len(words) <= 40 else 20
    canvas.click(position={"x": 300, "y": 146 + 2 * row + row / 2})
    audio = widget(page, HEARING).locator("audio")
    for _attempt in range(100):
        if audio.evaluate("one => one.currentTime") > 0:
            break
        page.wait_for_timeout(50)
    played = audio.evaluate("one => one.currentTime")
    assert played >= words[2][1] - 0.05
    assert abs(audio.evaluate("one => one.duration") - 2.91) < 0.02


def test_a_head_is_opened_from_the_table_and_the_picture_taken_home(
    page: Page, server: Server, tmp_path: Path
) -> None:
    heard(page, server, "&which=one&head=2,3")
    expect(page.get_by_text("Shown is the mean of: layer 2, head 3.")).to_be_visible()
    inscribed, png = pictures(page, HEARING, tmp_path)
    assert "0.5" in inscribed
    assert png.startswith(b"\x89PNG")


def test_the_microphone_is_heard(visit: Callable[..., Page], server: Server) -> None:
    page = visit(permissions=["microphone"])
    opened(page, f"{server.url}/sound?model=fake-ear&lang=en&from=voice")
    page.get_by_role("button", name="Record", exact=True).click()
    page.wait_for_timeout(4000)
    page.get_by_role("button", name="Stop recording").click()
    widget(page, HEARING).locator("canvas.base").wait_for(timeout=PATIENCE)


def test_a_file_of_ones_own_is_heard(page: Page, server: Server) -> None:
    heard(page, server)
    choose(page, "sound.from", "A file")
    data = file(tone(8_000, 4.0).astype("float32"), 8_000)
    page.locator("input[type=file]").set_input_files(
        {"name": "mine.wav", "mimeType": "audio/wav", "buffer": data}
    )
    expect(page.get_by_text("nothing above 4,000 Hz is in it")).to_be_visible()
    expect(caption(page, "of a word's look at the sound lies in the stretch")).to_be_visible()
