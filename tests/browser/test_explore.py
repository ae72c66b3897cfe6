"""Explore in a real browser: a choice in one picture moves the others, and every number is true."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from attention_core.pictures.views import View, view
from attention_core.watching.record import Site
from models.families.reader import Reader
from models.store import shelf
from pages.frame.examples import EXPLORE
from tests.browser.gestures import (
    caption,
    choose,
    explored,
    heads_on,
    in_address,
    inscriptions,
    numbers_button,
    pictures,
    pinned,
    saved,
    type_text,
    typed,
    widget,
    word,
    words,
)
from tests.browser.server import Server

TEXT = EXPLORE[0].text
OPENED = re.compile(r"The matrix of layer (\d+), head (\d+)")
IT, ANIMAL = 11, 3
"""Places of two words of TEXT among its tokens, counted from 1."""


@pytest.fixture(scope="module")
def sites() -> tuple[Site, ...]:
    """What MiniLM does with TEXT, worked out here, apart from the server."""
    reader = shelf.load("minilm")
    assert isinstance(reader, Reader)
    return reader.read(TEXT).sites


def said(head: View, place: int) -> str:
    """What the caption must say of a pinned word; its place counted from 1."""
    look = head.strongest(place - 1)
    there = head.columns[look.column].text
    return f"{head.rows[place - 1].text} looks mostly at {there} ({look.weight:.2f})."


def opened_head(page: Page) -> tuple[int, int]:
    """Layer and head in the title over the matrix, counted from 1."""
    found = OPENED.search(page.get_by_role("heading", name=OPENED).inner_text())
    assert found
    return int(found[1]), int(found[2])


def expect_everywhere(page: Page, sites: tuple[Site, ...], layer: int, head: int) -> None:
    """Every picture shows this head, and says what is true of it."""
    look = view(sites[layer - 1], [head - 1]).telling()
    assert look is not None
    expect(
        page.get_by_role("heading", name=f"The matrix of layer {layer}, head {head}", exact=True)
    ).to_be_visible()
    expect(page.get_by_role("heading", name=f"Layer {layer}: who looks at whom")).to_be_visible()
    expect(
        caption(page, f"In layer {layer}, head {head}, the strongest look", f"({look.weight:.2f})")
    ).to_be_visible()
    expect(widget(page, "explore.grid").locator(".readout")).to_have_text(
        f"layer {layer} · head {head}"
    )
    expect(widget(page, "explore.lines").locator(".chip[aria-pressed=true]")).to_have_text(
        [str(head)]
    )
    page.wait_for_function(
        "([layer, head]) => location.search.includes(`layer=${layer}`)"
        " && location.search.includes(`heads=${head}`)",
        arg=[layer, head],
    )


def test_a_head_chosen_in_one_picture_is_opened_in_all_others(
    page: Page, server: Server, sites: tuple[Site, ...]
) -> None:
    explored(page, f"{server.url}/explore")
    assert opened_head(page) == (4, 2)

    thumbnails = widget(page, "explore.grid").locator("canvas.base")
    box = thumbnails.bounding_box()
    assert box is not None
    thumbnails.click(position={"x": box["width"] * 0.56, "y": box["height"] * 0.45})
    named = widget(page, "explore.grid").locator(".readout").inner_text()
    layer, head = map(int, re.findall(r"\d+", named))
    page.mouse.move(5, 5)
    assert (layer, head) != (4, 2)
    expect_everywhere(page, sites, layer, head)

    dot = widget(page, "explore.map").locator(".scatterlayer .trace").first.locator(".point").nth(2)
    dot.scroll_into_view_if_needed()
    spot = dot.bounding_box()
    assert spot is not None
    page.mouse.click(spot["x"] + spot["width"] / 2, spot["y"] + spot["height"] / 2)
    expect_everywhere(page, sites, 1, 3)

    table = widget(page, "explore.table").locator(".dvn-scroller")
    table.click(position={"x": 16, "y": 36 + 35 * 4 + 17})  # the mark before the fifth row
    expect_everywhere(page, sites, 1, 5)

    grid = widget(page, "explore.grid").locator(".scroller")
    grid.focus()
    for key in ("ArrowDown", "ArrowRight", "Enter", "Escape"):
        grid.press(key)
    expect_everywhere(page, sites, 2, 6)


def test_heads_toggled_in_the_lines_are_averaged_in_the_matrix(
    page: Page, server: Server, sites: tuple[Site, ...]
) -> None:
    explored(page, f"{server.url}/explore?layer=4&heads=2")
    chip = widget(page, "explore.lines").locator(".chip")
    chip.nth(6).click()
    chip.nth(9).click()
    title = "The matrix of layer 4, the mean of heads 2, 7, 10"
    expect(page.get_by_role("heading", name=title, exact=True)).to_be_visible()
    look = view(sites[3], [1, 6, 9]).telling()
    assert look is not None
    expect(caption(page, "the mean of heads 2, 7, 10", f"({look.weight:.2f})")).to_be_visible()
    page.wait_for_url("**heads=2%2C7%2C10*")

    chip.nth(6).dblclick()
    expect(
        page.get_by_role("heading", name="The matrix of layer 4, head 7", exact=True)
    ).to_be_visible()
    assert heads_on(page) == [7]


def test_pinned_words_are_spoken_of_and_a_cell_gives_its_exact_weight(
    page: Page, server: Server, sites: tuple[Site, ...]
) -> None:
    head = view(sites[3], [1])
    explored(page, f"{server.url}/explore")
    word(page, "explore.lines", IT).click()
    word(page, "explore.lines", ANIMAL).click()
    expect(caption(page, said(head, ANIMAL), said(head, IT))).to_be_visible()

    word(page, "explore.lines", IT).focus()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(caption(page, *(said(head, place) for place in (ANIMAL, IT - 1, IT)))).to_be_visible()
    assert pinned(page, "explore.lines") == [ANIMAL, IT - 1, IT]
    page.wait_for_url("**pins=3%2C10%2C11*")

    matrix = widget(page, "explore.matrix").locator(".plot")
    matrix.focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight"):
        matrix.press(key)
    weight, rank = head.mean[1, 1], int((head.mean[1] > head.mean[1, 1]).sum()) + 1
    expect(
        caption(page, f"The gives The {weight:.4f} of its attention: number {rank} of 16")
    ).to_be_visible()
    page.wait_for_url("**cell=2%2C2*")

    page.keyboard.press("Escape")
    word(page, "explore.lines", IT).focus()
    page.keyboard.press("Escape")
    expect(caption(page, "In layer 4, head 2, the strongest look").nth(0)).to_be_visible()
    page.wait_for_function("!/pins|cell/.test(location.search)")


def test_the_picture_says_how_its_numbers_were_made(
    page: Page, server: Server, sites: tuple[Site, ...]
) -> None:
    explored(page, f"{server.url}/explore?pins={IT}")
    note = page.locator(".atlas-note").first
    expect(note).to_have_text("the model's own tokens · every row adds up to 1")

    choose(page, "explore.specials", "hidden")
    kept = 100 * view(sites[3], [1], "tokens", "hidden").kept
    expect(note).to_contain_text(f"special tokens hidden: the rows keep {kept:.0f} %")
    assert "[CLS]" not in words(page, "explore.lines")

    choose(page, "explore.specials", "hidden, rest = 1")
    scaled = view(sites[3], [1], "tokens", "renormalised")
    expect(note).to_contain_text(f"scaled up to 1; {100 * scaled.kept:.0f} %")
    look = scaled.strongest(IT - 2)
    expect(caption(page, f"it looks mostly at animal ({look.weight:.2f})")).to_be_visible()

    choose(page, "explore.grain", "words")
    expect(note).to_contain_text("words (sub-words added up)")
    page.wait_for_function("/grain=words/.test(location.search)")
    assert in_address(page)["specials"] == "renormalised"
    shown = [token.text for token in view(sites[3], [1], "words", "renormalised").rows]
    assert words(page, "explore.lines") == shown


def test_files_hold_the_records_own_numbers_and_words(
    page: Page, server: Server, sites: tuple[Site, ...], tmp_path: Path
) -> None:
    explored(page, f"{server.url}/explore")
    weights = sites[3].weights().numpy()

    file = saved(page, numbers_button(page, "attention-encoder.3-all-heads", "CSV"), tmp_path)
    lines = list(csv.DictReader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    assert len(lines) == weights.size
    found = np.array([float(line["weight"]) for line in lines]).reshape(weights.shape)
    assert np.abs(found - weights).max() <= 1e-6
    assert [line["query"] for line in lines[:256:16]] == [t.text for t in sites[3].queries.tokens]
    page.keyboard.press("Escape")

    file = saved(page, numbers_button(page, "attention-encoder.3", "NPZ"), tmp_path)
    with np.load(file) as kept:
        assert kept["heads"].tolist() == [1]
        assert np.abs(kept["weights"][0] - weights[1]).max() <= 1e-6
    page.keyboard.press("Escape")

    for key, *expected in (
        ("explore.lines", "layer 4, head 2", "animal", "it → animal (0.68)"),
        ("explore.matrix", "layer 4, head 2", "animal", "it → animal (0.68)"),
        ("explore.grid", "All heads"),
    ):
        written, image = pictures(page, key, tmp_path)
        assert [text for text in expected if text not in written] == []
        assert image.startswith(b"\x89PNG\r\n\x1a\n")
        assert len(image) > 10_000

    file = saved(page, widget(page, "download.heads.csv").get_by_role("button"), tmp_path)
    rows = list(csv.DictReader(io.StringIO(file.read_text())))
    assert len(rows) == 72
    row = next(line for line in rows if (line["layer"], line["head"]) == ("4", "2"))
    shares = weights[1, 1:-1].astype(np.float64)  # the reader's own tokens
    spread = -(shares * np.log2(np.maximum(shares, 1e-30))).sum(1).mean()
    assert float(row["entropy"]) == pytest.approx(spread, abs=1e-4)

    heads_map = widget(page, "explore.map")
    file = saved(page, heads_map.get_by_role("button", name="Save as SVG"), tmp_path)
    assert file.name == "heads-map.svg"
    assert "distance (tokens)" in inscriptions(file)
    assert "spread (bits)" in inscriptions(file)
    assert file.read_text().count('class="point"') == 72

    page.get_by_role("button", name="Picture", exact=True).click()
    choose(page, "explore.map.form", "PNG")
    page.keyboard.press("Escape")
    file = saved(page, heads_map.get_by_role("button", name="Save as PNG"), tmp_path)
    assert file.read_bytes().startswith(b"\x89PNG\r\n\x1a\n")


def test_two_texts_are_read_together_and_a_new_text_forgets_the_pins(
    page: Page, server: Server
) -> None:
    explored(page, f"{server.url}/explore?pins=3,5&cell=2,4")
    page.get_by_role("button", name="Examples").click()
    page.get_by_text("How old are you? / What is your age?").click()
    expect(word(page, "explore.lines", 8)).to_have_text("What")
    assert typed(page, "explore.second") == "What is your age?"
    assert pinned(page, "explore.lines") == []
    page.wait_for_function("!/pins|cell/.test(location.search)")

    type_text(page, "explore.second", "He is forty.")
    expect(word(page, "explore.lines", 8)).to_have_text("He")
    assert words(page, "explore.lines")[-2:] == [".", "[SEP]"]
    assert in_address(page)["second"] == "He is forty."

    type_text(page, "explore.second", "")
    expect(word(page, "explore.lines", 8)).to_have_count(0)
    assert words(page, "explore.lines")[-1] == "[SEP]"
