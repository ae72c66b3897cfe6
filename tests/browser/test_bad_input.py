"""Whatever is typed shows as typed and runs nowhere; whatever is wrong gets its sentence."""

from __future__ import annotations

import re
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest
from playwright.sync_api import Dialog, Page, expect

from models.families import fake
from tests.browser.frame import opened, settled
from tests.browser.gestures import (
    explored,
    translated,
    type_text,
    typed,
    widget,
    word,
    words,
)
from tests.browser.server import Server, serving
from tests.test_models_hub import FakeHub

LITERAL = (
    "</script><img src=x onerror=alert(1)>",
    "<b>bold</b> &amp; <style>*{display:none}</style>",
    "$x^2$ and $$y$$",
    "**bold** __it__ `code` # no heading",
    "![](http://evil.example/x.png) [l](http://evil.example)",
    "{0} {x} %s {",
    "word",
    "[CLS] [MASK] [SEP]",
    "我喜欢机器学习。",
    "مرحبا שלום",
    "👩‍👩‍👧‍👦 🏳️‍🌈 👍🏽",
    "='; DROP TABLE x; -- =1+1",
)
"""Shown letter by letter as typed."""
INVISIBLE = ("a\u200bb \ufeffzero\u200d", "nul\x00byte", "\u202egnirts\u202c ok", "Z͑ͫ̓ͪ̂ͫ̽a ạ̈̊", "a\tb\nc")
"""Held and read, though some of it has no letter to show."""
NOTHING = ("", "   ", "\x00", "\u200b")
"""Holds no word."""


class Box(NamedTuple):
    """A page with a box for a text, and the words that its picture shows of it."""

    page: str
    box: str
    address: str
    picture: str
    side: str

    def open(self, page: Page, url: str) -> None:
        (explored if self.page == "explore" else translated)(page, f"{url}/{self.page}")

    def type(self, page: Page, text: str) -> None:
        """Types a text and waits until the page has answered it."""
        type_text(page, self.box, text)
        self.answered(page, text)

    def answered(self, page: Page, text: str) -> None:
        page.wait_for_function(
            "([name, text]) => (new URLSearchParams(location.search).get(name) ?? '') === text",
            arg=[self.address, text],
        )
        settled(page)

    def words(self, page: Page) -> list[str]:
        """What the picture shows, without the tokens that a model adds at both ends."""
        shown = words(page, self.picture, self.side)
        return shown[1:-1] if self.page == "explore" else shown


BOXES = (
    Box("explore", "explore.text", "text", "explore.lines", "looks"),
    Box("translate", "translate.source", "source", "translate.ribbons", "source"),
)


def expect_sound(page: Page, box: Box, text: str) -> None:
    """Nothing is broken, and what was typed is still there."""
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_text("BidiComponent Error").count() == 0
    assert page.get_by_text("Something went wrong").count() == 0
    assert typed(page, box.box) == text


def solid(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("box", BOXES, ids=lambda box: box.page)
def test_what_is_typed_shows_as_typed_and_runs_nowhere(
    box: Box, page: Page, server: Server
) -> None:
    spoken: list[str] = []

    def heard(dialog: Dialog) -> None:
        spoken.append(dialog.message)
        dialog.dismiss()

    page.on("dialog", heard)
    box.open(page, server.url)
    for text in LITERAL:
        box.type(page, text)
        expect_sound(page, box, text)
        assert solid("".join(box.words(page))) == solid(text)
        shown = page.inner_text("[data-testid=stMain]")
        assert "atlas-token" not in shown
        assert (
            page.locator("main img[src*='evil'], main a[href*='//evil'], main .katex").count() == 0
        )
    for text in INVISIBLE:
        box.type(page, text)
        expect_sound(page, box, text)
        assert box.words(page)
    assert spoken == []


@pytest.mark.parametrize("box", BOXES, ids=lambda box: box.page)
def test_a_text_without_a_word_is_an_invitation_and_a_very_long_one_is_cut_on_request(
    box: Box, page: Page, server: Server
) -> None:
    box.open(page, server.url)
    for text in NOTHING:
        box.type(page, text)
        expect_sound(page, box, text)
        expect(page.get_by_test_id("stAlert")).to_contain_text("ype")
        assert word(page, box.picture, 1, box.side).count() == 0

    long = "a dog ran " * 3333 + "home"
    type_text(page, box.box, long)
    expect(page.get_by_test_id("stAlert")).to_contain_text(re.compile("10,?00"))
    expect_sound(page, box, long)
    page.get_by_role("button", name="Read only the beginning").click()
    expect(page.get_by_text("Only the first")).to_be_visible()
    expect(word(page, box.picture, 3, box.side)).to_be_visible()
    expect_sound(page, box, long)

    box.type(page, "A short one.")
    expect(page.get_by_text("Only the first")).to_have_count(0)
    assert solid("".join(box.words(page))) == "Ashortone."


@pytest.mark.parametrize("box", BOXES, ids=lambda box: box.page)
def test_half_a_letter_becomes_the_sign_of_a_lost_one(box: Box, page: Page, server: Server) -> None:
    box.open(page, server.url)
    area = widget(page, box.box).locator("textarea")
    area.evaluate(
        """(area) => {
            const own = Object.getOwnPropertyDescriptor(HTMLTextAreaElement.prototype, "value");
            own.set.call(area, "half \\ud800 letter");
            area.dispatchEvent(new Event("input", { bubbles: true }));
        }"""
    )
    area.press("Enter")
    box.answered(page, "half � letter")
    expect_sound(page, box, "half � letter")
    assert "half" in "".join(box.words(page))


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small model as transformers writes it."""
    folder = tmp_path_factory.mktemp("saved") / "good"
    fake.model().save_pretrained(folder)
    fake.tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture(scope="module")
def hub(saved: Path) -> Iterator[FakeHub]:
    """A hub on this machine that has the small model as owner/tiny."""
    running = FakeHub(saved)
    threading.Thread(target=running.serve_forever, daemon=True).start()
    yield running
    running.shutdown()


@pytest.fixture(scope="module")
def generous(
    saved: Path, hub: FakeHub, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """A server with folders good and bad, whose readers may download."""
    root = tmp_path_factory.mktemp("models")
    for name in ("good", "pickled", "torn", "unheard"):
        shutil.copytree(saved, root / name)
    (root / "pickled" / "model.safetensors").rename(root / "pickled" / "pytorch_model.bin")
    torn = root / "torn" / "model.safetensors"
    torn.write_bytes(torn.read_bytes()[:5000])
    config = root / "unheard" / "config.json"
    config.write_text(config.read_text().replace('"bert"', '"made-up"'))
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ATLAS_MODELS_DIR", str(root))
        environment.setenv("ATLAS_ALLOW_DOWNLOADS", "1")
        environment.setenv("HF_ENDPOINT", hub.address)
        environment.setenv("HF_HUB_CACHE", str(root.parent / "cache"))
        environment.delenv("HF_HUB_OFFLINE", raising=False)
        with serving(tmp_path_factory.mktemp("generous") / "log.txt") as running:
            yield running


def pick(page: Page, title: str) -> None:
    """Chooses a model from the list."""
    widget(page, "explore.model").locator("input").click()
    page.get_by_role("option", name=title, exact=True).click()


def test_a_good_folder_opens_and_a_bad_one_says_what_is_wrong(page: Page, generous: Server) -> None:
    opened(page, f"{generous.url}/explore?text=the%20cat%20sat")
    for title, sentence in (
        ("pickled", "pickled has its weights as a pickle only (pytorch_model.bin)"),
        ("torn", "model.safetensors of torn is incomplete or damaged"),
        ("unheard", "The architecture of unheard (“made-up” in config.json) is not known here"),
    ):
        pick(page, title)
        expect(page.get_by_test_id("stAlert")).to_contain_text(sentence)
        expect_sound(page, BOXES[0], "the cat sat")
        assert "/models" not in page.get_by_test_id("stAlert").inner_text()
        pick(page, "good")
        expect(word(page, "explore.lines", 3)).to_have_text("cat")
        expect(page.get_by_test_id("stAlert")).to_have_count(0)


def ask_hub(page: Page, name: str) -> None:
    """Types a name into the menu of other models, which is opened where it is not."""
    field = widget(page, "explore.model.hub").locator("input")
    if not field.count():
        page.get_by_role("button", name="Another model").click()
    field.fill(name)
    field.press("Enter")


def test_a_model_of_the_hub_is_fetched_when_asked_and_every_failure_has_its_sentence(
    page: Page, generous: Server, hub: FakeHub
) -> None:
    opened(page, f"{generous.url}/explore?text=the%20cat%20sat")
    menu = page.get_by_test_id("stPopoverBody")
    for name, sentence in (
        ("owner/nobody", "The hub has no public model owner/nobody"),
        ("owner/pickle", "owner/pickle has no safetensors weights on the hub"),
        ("../../etc/passwd", "“../../etc/passwd” is not the name of a model"),
    ):
        ask_hub(page, name)
        expect(menu.get_by_test_id("stAlert")).to_contain_text(sentence)

    ask_hub(page, "owner/tiny")
    menu.get_by_role("button", name="Download").click()
    menu.get_by_role("button", name="Open it").click()
    expect(widget(page, "explore.lines").locator(".chip")).to_have_count(4)
    page.wait_for_function("location.search.includes('model=hub%3Aowner%2Ftiny')")

    hub.shutdown()
    hub.server_close()
    page.keyboard.press("Escape")
    ask_hub(page, "owner/elsewhere")
    expect(menu.get_by_test_id("stAlert")).to_contain_text("The hub cannot be reached")
    page.keyboard.press("Escape")
    BOXES[0].type(page, "a dog ran")
    expect(word(page, "explore.lines", 3)).to_have_text("dog")


def test_a_server_that_does_not_download_says_so(page: Page, server: Server) -> None:
    explored(page, f"{server.url}/explore")
    ask_hub(page, "owner/tiny")
    menu = page.get_by_test_id("stPopoverBody")
    expect(menu.get_by_test_id("stAlert")).to_contain_text("Downloads are not allowed")
    page.keyboard.press("Escape")
    opened(page, f"{server.url}/explore?model=hub:owner/tiny&text=the%20cat%20sat")
    expect(page.get_by_test_id("stAlert")).to_contain_text("downloads are not allowed")
    expect_sound(page, BOXES[0], "the cat sat")
