"""A picture as a page of its own: offline, under a strict policy, and what people type is text."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from attention_core.errors import AttentionError
from attention_core.mechanisms import experiment as lab
from attention_core.mechanisms.experiment import Experiment
from attention_core.pictures.contracts import (
    PICTURES,
    Alignment,
    Canvas,
    HeadGrid,
    HeadView,
    Hearing,
    Matrix,
    Mosaic,
    Panel,
    Picture,
    PictureMap,
    Tree,
)
from pages.widgets.hosts import html
from pages.widgets.lab import drawn
from tests.components_harness.data import NASTY, causal_heads, small_tree

WORDS = [*NASTY, "cat"]
SIZE = len(WORDS)
HEADS = causal_heads(SIZE, 3)
ALLOWED = np.tri(SIZE, dtype=bool)
SHOWN: dict[type[Picture], Picture] = {
    Canvas: Canvas(side=4, levels=15, reach=1.0, ink="000f00f00f00f000", title=NASTY[0]),
    Alignment: Alignment(source=WORDS, target=WORDS, weights=HEADS[0]),
    HeadGrid: HeadGrid(sites=["1", "2"], thumbnails=[HEADS * 255, HEADS[:2] * 255]),
    HeadView: HeadView(rows=WORDS, columns=WORDS, heads=[0, 1, 2], weights=HEADS, title=NASTY[0]),
    Hearing: Hearing(
        sound="data:,",
        seconds=2.0,
        words_heard=WORDS,
        starts=np.arange(SIZE) / SIZE,
        ends=(np.arange(SIZE) + 1) / SIZE,
        heat=HEADS[0],
        peaks=HEADS[0].max(-1),
        tones=4,
        bands=np.zeros((4, 9)),
        word=1,
    ),
    Matrix: Matrix(rows=WORDS, columns=WORDS, weights=HEADS[1], allowed=ALLOWED, cell=[3, 1]),
    Mosaic: Mosaic(panels=[Panel("one", "", WORDS, WORDS, HEADS[0], ALLOWED)]),
    PictureMap: PictureMap(
        picture="data:image/gif;base64,R0lGODlhAQABAAAAACwAAAAAAQABAAACAkQBADs=",
        width=9,
        height=3,
        grid=(1, SIZE),
        crop=(0, 0, 9, 3),
        looks=WORDS,
        specials=NASTY[:1],
        heat=HEADS[0],
        peaks=HEADS[0].max(-1),
        beside=HEADS[0][:, :1],
        own=False,
        chosen=[0],
    ),
    Tree: Tree(**small_tree()._asdict()),
}


@pytest.fixture
def opened(visit: Callable[..., Page], tmp_path: Path) -> Callable[[Picture], Page]:
    """Opens a picture's page from a file; any request but for the file fails the test."""

    def open_(picture: Picture) -> Page:
        file = tmp_path / "picture.html"
        file.write_text(html.page(picture), encoding="utf-8")
        page = visit()
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
        page.goto(file.as_uri())
        expect(page.locator(".widget canvas").first).to_be_visible()
        assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
        return page

    return open_


ALONE = [kind for kind in PICTURES if not kind.asks]


@pytest.mark.parametrize("kind", ALONE, ids=lambda kind: kind.__name__)
def test_every_picture_opens_from_a_file_and_stays_text(
    kind: type[Picture], opened: Callable[[Picture], Page]
) -> None:
    page = opened(SHOWN[kind])
    assert page.locator("img, .widget b, .widget strong").count() == 0
    assert page.locator(".widget").bounding_box() is not None


def test_the_page_is_walked_by_keyboard_and_read_by_pointer(
    opened: Callable[[Picture], Page],
) -> None:
    page = opened(SHOWN[Matrix])
    status = page.get_by_role("status")
    expect(status).to_contain_text(f"{HEADS[1, 3, 1]:.4f}")
    page.locator(".plot").focus()
    page.keyboard.press("ArrowDown")
    expect(status).to_contain_text(f"{HEADS[1, 4, 1]:.4f}")
    box = page.locator(".base").bounding_box()
    assert box is not None
    page.locator(".base").hover(position={"x": box["width"] / 2, "y": box["height"] - 20})
    expect(status).to_contain_text("cat")


def test_the_page_gives_files_too(opened: Callable[[Picture], Page]) -> None:
    page = opened(SHOWN[HeadGrid])
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Download as SVG").click()
    assert waiting.value.path().read_bytes().count(b"<image") == 3 + 2


def test_a_notebook_shows_the_page_in_a_frame(visit: Callable[..., Page]) -> None:
    page = visit()
    page.set_content(html.Notebook(SHOWN[Alignment])._repr_html_())
    frame = page.frame_locator("iframe")
    expect(frame.locator(".widget canvas").first).to_be_visible()
    assert frame.locator(".token").all_text_contents()[0] == NASTY[0]


def test_a_picture_that_asks_the_app_says_that_it_cannot_stand_by_itself() -> None:
    given = Experiment("scaled_dot_product")
    mechanism = lab.mechanism(given)
    with pytest.raises(AttentionError, match="open it in the app"):
        html.page(drawn(given, lab.worked(given, mechanism)[1], mechanism, ()))


@pytest.mark.parametrize("text", NASTY)
def test_nothing_typed_ends_an_element(text: str) -> None:
    source = html.page(Matrix(rows=[text], columns=["a"], weights=np.ones((1, 1)), title=text))
    assert len(re.findall("<(?:script|img|b)[ >]", source)) == 3
    assert "http:" not in source.replace("http://www.w3.org", "")


def test_numbers_arrive_as_they_are() -> None:
    sent: Any = html.encoded(np.array([0.1, np.nan], np.float32))
    assert sent == {"dtype": "float32", "base64": "zczMPQAAwH8="}


def test_a_page_needs_no_streamlit() -> None:
    code = "import sys, pages.widgets.hosts.html; sys.exit('streamlit' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[1])  # noqa: S603
