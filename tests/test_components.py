"""The widgets in a real browser: gestures reach Python, and what people type stays text."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from attention_core.errors import ShapeError
from pages.components.widget import flat
from tests.browser.server import serving
from tests.components_harness.data import ENGLISH, NASTY, causal_heads

HARNESS = Path(__file__).parent / "components_harness" / "serve.py"
WIDGETS = ("head_grid", "head_view", "matrix", "alignment")
Open = Callable[..., Page]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The harness, served on a free port of this machine."""
    log = tmp_path_factory.mktemp("widgets") / "log.txt"
    with serving(log, HARNESS, "/_stcore/health") as running:
        yield running.url


@pytest.fixture
def show(visit: Callable[..., Page], address: str) -> Open:
    """Opens a widget under the strict policy; a dialog is an error."""

    def open_(widget: str, width: int = 1280, **query: object) -> Page:
        page = visit(viewport={"width": width, "height": 1000})
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
        asked = "".join(f"&{name}={value}" for name, value in query.items())
        page.goto(f"{address}/?show={widget}{asked}")
        expect(page.locator(".widget canvas").first).to_be_visible(timeout=30_000)
        return page

    return open_


def given_back(page: Page, expected: dict[str, object]) -> None:
    """What the harness prints is what Python received."""
    expect(page.get_by_test_id("stCode")).to_have_text(json.dumps(expected), timeout=15_000)


def parsed(svg: bytes) -> ElementTree.Element:
    return ElementTree.fromstring(svg)  # noqa: S314  written by our own widget


def query(page: Page, index: int) -> Locator:
    return page.locator(".token").nth(index)


def downloaded(page: Page, kind: str) -> tuple[str, bytes]:
    with page.expect_download() as waiting:
        page.get_by_role("button", name=f"Download as {kind.upper()}").click()
    return waiting.value.suggested_filename, waiting.value.path().read_bytes()


def test_a_click_on_a_thumbnail_tells_python_which_head(show: Open) -> None:
    page = show("head_grid")
    page.locator(".base").click(position={"x": 150, "y": 60})
    given_back(page, {"head": [0, 1]})
    expect(page.get_by_role("status")).to_contain_text("layer 1 · head 2")


def test_the_grid_is_walked_with_arrows_and_enter(show: Open) -> None:
    page = show("head_grid")
    page.locator(".scroller").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    given_back(page, {"head": [3, 8]})


def test_several_queries_are_pinned_and_escape_lets_go(show: Open) -> None:
    page = show("head_view")
    query(page, 2).click()
    query(page, 4).click()
    given_back(page, {"pins": [2, 4, 9], "active": [0, 1, 3, 6]})
    page.keyboard.press("Escape")
    given_back(page, {"pins": [], "active": [0, 1, 3, 6]})


def test_tokens_are_walked_and_pinned_by_keyboard(show: Open) -> None:
    page = show("head_view")
    query(page, 0).focus()
    page.keyboard.press("ArrowDown")
    expect(query(page, 1)).to_be_focused()
    page.keyboard.press("Enter")
    given_back(page, {"pins": [1, 9], "active": [0, 1, 3, 6]})
    page.keyboard.press("ArrowRight")
    words = len(ENGLISH) + len(NASTY)
    expect(query(page, words)).to_be_focused()
    expect(page.get_by_role("status")).to_contain_text("←")


def test_python_may_change_its_mind_about_the_pins(show: Open) -> None:
    page = show("head_view")
    query(page, 2).click()
    given_back(page, {"pins": [2, 9], "active": [0, 1, 3, 6]})
    for _ in range(2):
        page.get_by_role("button", name="Pin the first").click()
        given_back(page, {"pins": [0], "active": [0, 1, 3, 6]})
        expect(page.locator(".token[aria-pressed=true]")).to_have_count(1)
        expect(query(page, 0)).to_have_attribute("aria-pressed", "true")
        query(page, 2).click()
        given_back(page, {"pins": [0, 2], "active": [0, 1, 3, 6]})


def test_a_choice_that_python_took_back_does_not_return_with_the_next_one(show: Open) -> None:
    page = show("head_view")
    query(page, 2).click()
    given_back(page, {"pins": [2, 9], "active": [0, 1, 3, 6]})
    page.get_by_role("button", name="Pin the first").click()
    given_back(page, {"pins": [0], "active": [0, 1, 3, 6]})
    page.locator(".chip").nth(0).click()
    given_back(page, {"pins": [0], "active": [1, 3, 6]})
    expect(page.locator(".token[aria-pressed=true]")).to_have_count(1)


def test_heads_are_shown_hidden_and_shown_alone(show: Open) -> None:
    page = show("head_view")
    page.locator(".chip").nth(0).click()
    given_back(page, {"pins": [9], "active": [1, 3, 6]})
    page.locator(".chip").nth(7).dblclick()
    given_back(page, {"pins": [9], "active": [7]})
    page.locator(".chip").nth(2).click(modifiers=["Shift"])
    given_back(page, {"pins": [9], "active": [2]})


def test_a_pin_does_not_send_the_weights_again(show: Open) -> None:
    page = show("head_view")
    given_back(page, {"pins": [9], "active": [0, 1, 3, 6]})
    received: list[int] = []
    with page.expect_event("websocket") as waiting:
        page.reload()
    waiting.value.on("framereceived", lambda frame: received.append(len(frame)))
    expect(page.locator(".token").first).to_be_visible(timeout=30_000)
    given_back(page, {"pins": [9], "active": [0, 1, 3, 6]})
    opening = sum(received)
    received.clear()
    query(page, 2).click()
    given_back(page, {"pins": [2, 9], "active": [0, 1, 3, 6]})
    assert 0 < sum(received) < 8_000 < opening


def test_the_matrix_reads_the_exact_weight(show: Open) -> None:
    page = show("matrix", nice=1)
    weights = causal_heads(len(ENGLISH), 12)[5]
    page.locator(".plot").focus()
    for key in ("ArrowUp", "ArrowLeft"):
        page.keyboard.press(key)
    given_back(page, {"cell": [8, 5], "scale": None})
    expect(page.get_by_role("status")).to_have_text(f"because → cross  {weights[8, 5]:.4f}")
    for _ in range(4):
        page.keyboard.press("ArrowRight")
    expect(page.get_by_role("status")).to_have_text("because → it  not allowed to look")


def test_a_click_on_a_cell_and_on_the_scale_reach_python(show: Open) -> None:
    page = show("matrix", nice=1)
    page.locator(".base").click(position={"x": 110, "y": 110})
    expect(page.get_by_test_id("stCode")).to_contain_text('"cell": [0, 0]')
    page.get_by_role("button", name="each row").click()
    given_back(page, {"cell": [0, 0], "scale": "row"})


def test_a_target_word_is_pinned_and_says_where_it_looked(show: Open) -> None:
    page = show("alignment")
    page.get_by_role("button", name="apprentissage").click()
    given_back(page, {"pins": [3]})
    expect(page.get_by_role("status")).to_contain_text("apprentissage  →  learning")
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("button", name="automatique")).to_be_focused()
    page.keyboard.press("Space")
    given_back(page, {"pins": [3, 4]})


@pytest.mark.parametrize("widget", ["head_view", "alignment"])
def test_troublesome_tokens_stay_text(show: Open, widget: str) -> None:
    page = show(widget, nasty=1)
    shown = page.locator(".token").all_text_contents()
    for token in NASTY:
        assert token.replace("\x00", "\ufffd") in shown
    assert page.locator(".widget img, .widget b, .widget script, .widget strong").count() == 0


@pytest.mark.parametrize("widget", ["head_view", "matrix", "alignment"])
def test_an_svg_is_well_formed_and_holds_every_token(show: Open, widget: str) -> None:
    name, source = downloaded(show(widget, nasty=1), "svg")
    text = "\n".join(parsed(source).itertext())
    assert name.endswith(".svg")
    for token in NASTY:
        assert token.replace("\x00", "\ufffd") in text


@pytest.mark.parametrize("widget", WIDGETS)
def test_a_png_is_twice_the_size_of_a_screen_picture(show: Open, widget: str) -> None:
    page = show(widget)
    _, vector = downloaded(page, "svg")
    _, pixels = downloaded(page, "png")
    width, height = struct.unpack(">II", pixels[16:24])
    sheet = parsed(vector).attrib
    assert pixels.startswith(b"\x89PNG\r\n\x1a\n")
    assert len(pixels) > 20_000
    assert abs(width - 2 * float(sheet["width"])) <= 2
    assert abs(height - 2 * float(sheet["height"])) <= 2


@pytest.mark.parametrize("widget", WIDGETS)
def test_nothing_is_wider_than_a_phone(show: Open, widget: str) -> None:
    page = show(widget, width=390)
    page.wait_for_timeout(300)
    inner, outer = page.evaluate(
        """() => {
          const host = [...document.querySelectorAll("*")].find((e) => e.shadowRoot);
          const parts = [...host.shadowRoot.querySelectorAll(".widget *")];
          const rights = parts.map((e) => e.getBoundingClientRect().right);
          return [Math.max(...rights), host.getBoundingClientRect().right];
        }"""
    )
    assert inner <= outer + 1


def test_a_theme_switch_redraws_in_the_new_colours(show: Open) -> None:
    page = show("matrix", nice=1)
    root = page.locator(".widget")
    expect(root).to_have_attribute("data-mode", "light")
    page.emulate_media(color_scheme="dark")
    expect(root).to_have_attribute("data-mode", "dark")
    expect(root).to_have_count(1)


def test_labels_that_do_not_fit_the_numbers_are_named() -> None:
    with pytest.raises(ShapeError, match=r"\(2, 3\).*\(2, 4\)"):
        flat(np.zeros((2, 3)), np.float32, 2, 4)
