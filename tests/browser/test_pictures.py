"""The page of pictures in a real browser: point, click, drag, bring a picture, take one home."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, Position, expect

from models.families.pictures.viewer import Viewer
from models.store import photographs, shelf
from tests.browser.frame import PATIENCE, opened
from tests.browser.gestures import caption, choose, in_address, pictures, widget
from tests.browser.server import Server

EYE = "pictures?model=fake-eye&picture=drawing&lang=en"
MAP = "pictures.map"
ROWS, COLUMNS = 16, 24


def looked(page: Page, server: Server, address: str = EYE, key: str = MAP) -> None:
    """Opens an address of the page and waits until its picture is drawn."""
    opened(page, f"{server.url}/{address}")
    widget(page, key).locator("canvas.base").wait_for(timeout=PATIENCE)


def patch(page: Page, row: int, column: int, key: str = MAP) -> Position:
    """Where a patch lies in the picture on the page, counted from 1."""
    box = widget(page, key).locator("canvas.base").bounding_box()
    assert box is not None
    scale = (box["height"] - 34) / 427
    return {
        "x": (column - 0.5) * 640 * scale / COLUMNS,
        "y": (row - 0.5) * 427 * scale / ROWS,
    }


@pytest.fixture(scope="module")
def weights() -> np.ndarray:
    """(head, query, key) of the last layer, worked out here, apart from the server."""
    viewer = shelf.load("fake-eye")
    assert isinstance(viewer, Viewer)
    found: np.ndarray = (
        viewer.see(photographs.photograph("drawing")).record.sites[1].weights().numpy()
    )
    return found


def test_pointing_follows_a_look_and_its_number_is_the_models(
    page: Page, server: Server, weights: np.ndarray
) -> None:
    looked(page, server, f"{EYE}&head=2")
    canvas = widget(page, MAP).locator("canvas.base")
    canvas.hover(position=patch(page, 5, 7))
    row = weights[1, 1 + 4 * COLUMNS + 6, 1:]
    most = int(row.argmax())
    there = f"row {most // COLUMNS + 1}, column {most % COLUMNS + 1}"
    status = widget(page, MAP).get_by_role("status")
    expect(status).to_contain_text(f"row 5, column 7 looks most at {there}")
    expect(status).to_contain_text(f"({100 * row[most]:.1f} %)" if row[most] < 0.1 else "%)")


def test_a_click_keeps_a_patch_and_everything_follows_it(page: Page, server: Server) -> None:
    looked(page, server)
    widget(page, MAP).locator("canvas.base").click(position=patch(page, 9, 12))
    expect(caption(page, "From row 9, column 12, the strongest look")).to_be_visible()
    assert in_address(page)["places"] == str(1 + 1 + 8 * COLUMNS + 11)
    page.reload()
    expect(caption(page, "From row 9, column 12, the strongest look")).to_be_visible()
    widget(page, MAP).get_by_role("button", name="[CLS]").click()
    expect(caption(page, "From [CLS], the strongest look")).to_be_visible()


def test_a_region_is_dragged_and_a_head_opened(page: Page, server: Server) -> None:
    looked(page, server)
    box = widget(page, MAP).locator("canvas.base").bounding_box()
    assert box is not None
    for (row, column), step in (((3, 4), page.mouse.down), ((5, 6), page.mouse.up)):
        at = patch(page, row, column)
        page.mouse.move(box["x"] + at["x"], box["y"] + at["y"], steps=5)
        step()
    expect(caption(page, "From a region of 9 patches")).to_be_visible()
    grid = widget(page, "pictures.grid").locator(".scroller")
    grid.focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Layer 1, head 3")).to_be_visible()
    expect(caption(page, "From a region of 9 patches")).to_be_visible()


PASTED = """() => {
  const paint = document.createElement("canvas");
  [paint.width, paint.height] = [200, 100];
  return new Promise((done) => paint.toBlob((blob) => {
    const carried = new DataTransfer();
    carried.items.add(new File([blob], "image.png", { type: "image/png" }));
    const given = { clipboardData: carried, bubbles: true, cancelable: true };
    done(document.body.dispatchEvent(new ClipboardEvent("paste", given)));
  }));
}"""


def test_a_picture_that_is_pasted_is_seen(page: Page, server: Server) -> None:
    looked(page, server)
    assert page.evaluate(PASTED), "nobody asked for a file"
    choose(page, "pictures.picture-from", "Your own picture")
    expect(page.locator("input[type=file]")).to_be_attached()
    assert not page.evaluate(PASTED)
    expect(page.get_by_text("image.png")).to_be_visible()
    expect(caption(page, "From [CLS], the strongest look")).to_be_visible()


def test_a_picture_of_ones_own_is_seen_and_taken_home(
    page: Page, server: Server, tmp_path: Path
) -> None:
    looked(page, server)
    choose(page, "pictures.picture-from", "Your own picture")
    made = io.BytesIO()
    Image.new("RGB", (300, 100), "purple").save(made, "PNG")
    page.locator("input[type=file]").set_input_files(
        {"name": "mine.png", "mimeType": "image/png", "buffer": made.getvalue()}
    )
    expect(caption(page, "From [CLS], the strongest look")).to_be_visible()
    canvas = widget(page, MAP).locator("canvas.base")
    for _attempt in range(100):
        box = canvas.bounding_box()
        if box is not None and abs(box["width"] / (box["height"] - 34) - 3) < 0.1:
            break
        page.wait_for_timeout(100)
    else:
        pytest.fail("the picture did not come")
    colour = canvas.evaluate(
        "c => [...c.getContext('2d').getImageData(c.width / 2, c.height / 3, 1, 1).data]"
    )
    assert colour[2] > colour[1]
    _words, png = pictures(page, MAP, tmp_path)
    with Image.open(io.BytesIO(png)) as found:
        assert found.width >= 900


def test_the_camera_takes_a_picture_that_is_seen(
    visit: Callable[..., Page], server: Server
) -> None:
    page = visit(permissions=["camera"])
    opened(page, f"{server.url}/{EYE}&picture-from=camera")
    video = page.locator("video")
    for _attempt in range(300):
        if video.count() and video.evaluate("one => one.readyState > 2 && one.videoWidth > 0"):
            break
        page.wait_for_timeout(100)
    page.get_by_role("button", name="Take Photo").click()
    expect(caption(page, "From [CLS], the strongest look")).to_be_visible(timeout=PATIENCE)


def test_the_first_special_place_is_named_for_everybody(page: Page, server: Server) -> None:
    looked(page, server)
    chip = widget(page, MAP).get_by_role("button", name="[CLS]")
    expect(chip).to_have_attribute(
        "title", "[CLS] lies nowhere in the picture; click to look from there"
    )
    slider = widget(page, MAP).get_by_role("slider", name="Heat")
    slider.fill("0")
    expect(widget(page, MAP).locator(".scroller")).to_have_attribute(
        "aria-label",
        "The picture; arrow keys move, Enter chooses, Shift with arrows marks a region",
    )
