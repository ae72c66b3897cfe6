"""Mechanisms in a real browser: numbers typed, knobs turned, Python asked, links and files."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Position, Route, expect

from attention_core.mechanisms import ALL
from attention_core.mechanisms import experiment as lab
from attention_core.mechanisms.experiment import Experiment
from tests.browser.frame import opened, settled
from tests.browser.gestures import saved, widget
from tests.browser.server import Server
from tests.browser.visit import Visit

SAME = re.compile("Python computed the same")
SCALED = Experiment("scaled_dot_product")
CELL, LEFT, TOP = (54, 36), 9 + 32, 9 + 50 + 20 + 6
"""A cell of the first panel at full width: its size, and where the first one begins."""


def bench(page: Page) -> Locator:
    return widget(page, "lab.bench")


def ready(page: Page, url: str) -> None:
    """Opens the lab and waits until Python agrees with what is drawn."""
    opened(page, url)
    expect(bench(page).locator(".check")).to_have_text(SAME)


def place(row: int, column: int) -> Position:
    return {"x": LEFT + CELL[0] * (column + 0.5), "y": TOP + CELL[1] * (row + 0.5)}


def change(page: Page, row: int, column: int, text: str) -> None:
    """Types a number over one of the first panel, the queries."""
    ground = bench(page).locator(".ground")
    ground.click(position=place(row, column))
    editor = bench(page).locator(".editor")
    expect(editor).to_be_visible()
    editor.fill(text)
    editor.press("Enter")


def kept(page: Page) -> dict[str, object]:
    """The state in the address."""
    found = parse_qs(urlsplit(page.url).query)
    return dict(json.loads(found["numbers"][0])) if "numbers" in found else {}


def slide(page: Page, name: str, value: float) -> None:
    bench(page).get_by_label(name, exact=True).evaluate(
        "(input, value) => { input.value = value; input.dispatchEvent(new Event('input')); }", value
    )


@pytest.fixture(scope="module")
def window(browser: Browser, server: Server) -> Iterator[Page]:
    """One window on the lab, for tests that turn from one mechanism to the next."""
    visit = Visit(browser)
    ready(visit.page, f"{server.url}/lab")
    yield visit.page
    assert visit.closed() == []


@pytest.mark.parametrize("name", list(ALL))
def test_python_agrees_with_the_browser_on_every_mechanism(name: str, window: Page) -> None:
    title = ALL[name].card.title
    box = widget(window, "lab.mechanism").get_by_role("combobox")
    box.fill(title)
    window.get_by_role("option", name=title, exact=True).click()
    equation = re.sub("[_^{}]", "", "".join(term.text for term in ALL[name].terms))
    expect(bench(window).locator(".equation")).to_have_text(equation)
    expect(bench(window).locator(".check")).to_have_text(SAME)


def test_a_number_that_is_typed_changes_the_context_and_the_address(
    page: Page, server: Server
) -> None:
    ready(page, f"{server.url}/lab")
    change(page, 0, 1, "2.5")
    expect(bench(page).get_by_role("status")).to_contain_text("queries q [q1, 2]")
    expect(bench(page).get_by_role("status")).to_contain_text("= 2.500")
    page.wait_for_url(re.compile("numbers="))
    expect(bench(page).locator(".check")).to_have_text(SAME)
    assert kept(page)["edits"] == {"query": {"0,1": 2.5}}


@pytest.mark.parametrize("text", ["abc", "NaN", "Infinity", "1e9", "", "<b>1</b>"])
def test_what_is_no_number_is_refused_in_a_sentence(text: str, page: Page, server: Server) -> None:
    ready(page, f"{server.url}/lab")
    change(page, 1, 1, text)
    expect(bench(page).locator(".check")).to_contain_text("is no number to compute with; type one")
    assert kept(page) == {}
    change(page, 1, 1, "−0,5")
    expect(bench(page).locator(".check")).to_have_text(SAME)
    page.wait_for_url(re.compile("numbers="))
    assert kept(page)["edits"] == {"query": {"1,1": -0.5}}


def test_a_link_brings_back_numbers_knobs_and_mask(page: Page, server: Server) -> None:
    state = {
        "knobs": {"keys": 8, "window": 4, "dilation": 2}, "looks": "self", "mask": "causal",
        "edits": {"query": {"2,0": 9.0}},
    }  # fmt: skip
    numbers = quote(json.dumps(state))
    ready(page, f"{server.url}/lab?mechanism=sliding_window&numbers={numbers}")
    bench(page).locator(".ground").hover(position=place(2, 0))
    expect(bench(page).get_by_role("status")).to_contain_text("= 9.000")
    expect(bench(page).locator(".knob .value").first).to_have_text("4")
    expect(bench(page).get_by_label("Mask")).to_have_value("causal")


@pytest.mark.parametrize(
    "raw", ["{", "[]", '{"edits":{"query":{"a":1}}}', '{"knobs":{"keys":1e999}}', '{"looks":"x"}']
)
def test_an_address_that_makes_no_sense_opens_the_lab_as_it_begins(
    raw: str, page: Page, server: Server
) -> None:
    ready(page, f"{server.url}/lab?numbers={quote(raw)}")


@pytest.mark.parametrize(
    ("mechanism", "knob", "value"),
    [
        ("scaled_dot_product", "Temperature", 0.2),
        ("sliding_window", "Window", 4),
        ("entmax", "Sharpness α", 2),
        ("light_conv", "Kernel width", 2),
        ("big_bird", "Another draw", 7),
        ("adaptive_span", "Span", 6),
        ("routing", "Rounds of routing", 6),
    ],
)
def test_a_knob_changes_the_picture_and_python_agrees(
    mechanism: str, knob: str, value: float, page: Page, server: Server
) -> None:
    ready(page, f"{server.url}/lab?mechanism={mechanism}")
    canvas = bench(page).locator("canvas.lab")
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    slide(page, knob, value)
    page.wait_for_url(re.compile("numbers="))
    expect(bench(page).locator(".check")).to_have_text(SAME)
    assert canvas.evaluate("canvas => canvas.toDataURL()") != before


def test_what_the_browser_cannot_do_is_computed_by_python(page: Page, server: Server) -> None:
    def strange(route: Route) -> None:
        program = route.fetch().json()
        program["steps"][0][0] = "fft_fft"
        route.fulfill(json=program)

    page.route("**/programs/**", strange)
    opened(page, f"{server.url}/lab")
    expect(bench(page).locator(".check")).to_have_text("✓ Computed by Python.")
    change(page, 0, 1, "2.5")
    expect(bench(page).get_by_role("status")).to_contain_text("= 2.500")
    expect(bench(page).locator(".check")).to_have_text("✓ Computed by Python.")


def test_a_cell_lights_what_it_comes_from(page: Page, server: Server) -> None:
    ready(page, f"{server.url}/lab?mechanism=multi_head")
    canvas = bench(page).locator("canvas.lab")
    bench(page).locator(".ground").focus()
    page.keyboard.press("PageUp")
    before = canvas.evaluate("canvas => canvas.toDataURL()")
    page.keyboard.press("ArrowDown")
    expect(bench(page).get_by_role("status")).to_contain_text(re.compile(r"context .*·.*= "))
    assert canvas.evaluate("canvas => canvas.toDataURL()") != before


def test_stepping_lights_the_term_of_the_equation(page: Page, server: Server) -> None:
    ready(page, f"{server.url}/lab")
    following = bench(page).get_by_role("button", name="Next step")
    lit = bench(page).locator(".term.lit")
    said = []
    for _ in range(8):
        following.click()
        said.append(bench(page).locator(".which").inner_text())
        expect(lit.first).to_be_visible()
    assert said == [f"Step {step} of 8" for step in range(1, 9)]
    bench(page).get_by_role("button", name="Step back").click()
    expect(bench(page).locator(".which")).to_have_text("Step 7 of 8")


def test_the_sum_behind_a_score_is_written_out_and_right(page: Page, server: Server) -> None:
    ready(page, f"{server.url}/lab")
    bench(page).locator(".ground").focus()
    for key in ("PageDown", "PageDown", "PageDown", "PageDown", "ArrowDown"):
        page.keyboard.press(key)
    status = bench(page).get_by_role("status")
    expect(status).to_contain_text("scores [q1, k1]")
    _, terms, result = status.inner_text().replace("−", "-").split("=")
    factors = re.findall(r"\(?(-?[\d.]+)\)?·\(?(-?[\d.]+)\)?", terms)
    assert len(factors) == 4
    assert sum(float(a) * float(b) for a, b in factors) == pytest.approx(float(result), abs=1e-6)
    first = lab.rows(SCALED, "query")[0] @ lab.rows(SCALED, "key")[0]
    assert float(result) == pytest.approx(float(first), abs=1e-4)


def test_on_a_low_screen_a_step_brings_its_panel_and_keeps_the_equation(
    page: Page, server: Server
) -> None:
    page.set_viewport_size({"width": 1280, "height": 640})
    ready(page, f"{server.url}/lab")
    for _ in range(7):
        bench(page).get_by_role("button", name="Next step").click()
    expect(bench(page).locator(".equation")).to_be_in_viewport()
    expect(bench(page).get_by_role("status")).to_be_in_viewport()
    expect(bench(page).locator(".here")).to_be_in_viewport(ratio=0.9)


def test_the_keyboard_moves_and_types(page: Page, server: Server) -> None:
    ready(page, f"{server.url}/lab")
    bench(page).locator(".ground").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "7", "Enter"):
        page.keyboard.press(key)
    expect(bench(page).get_by_role("status")).to_contain_text("queries q [q2, 2]  = 7.000")
    page.keyboard.press("Escape")
    expect(bench(page).get_by_role("status")).to_contain_text("Point at a number")


def test_numbers_stay_when_another_mechanism_is_chosen_and_can_begin_anew(
    page: Page, server: Server
) -> None:
    ready(page, f"{server.url}/lab")
    change(page, 0, 0, "3")
    page.wait_for_url(re.compile("numbers="))
    page.get_by_role("combobox").first.click()
    page.get_by_role("option", name="Dot-product attention (Luong)").click()
    page.wait_for_url(re.compile("luong_dot"))
    settled(page)
    expect(bench(page).locator(".check")).to_have_text(SAME)
    bench(page).locator(".ground").hover(position=place(0, 0))
    expect(bench(page).get_by_role("status")).to_contain_text("= 3.000")
    bench(page).get_by_role("button", name="As it began").click()
    first = float(lab.rows(Experiment("luong_dot"), "query")[0, 0])
    bench(page).locator(".ground").hover(position=place(0, 0))
    expect(bench(page).get_by_role("status")).to_contain_text(f"= {first:.4g}".replace("-", "−"))


def test_the_picture_is_a_file_with_every_number(
    page: Page, server: Server, tmp_path: Path
) -> None:
    ready(page, f"{server.url}/lab")
    button = bench(page).get_by_role("button", name="Download as SVG")
    source = saved(page, button, tmp_path).read_text()
    weight = float(lab.run(Experiment("scaled_dot_product")).weights[0, 0, 0])
    assert f"{weight:.2f}" in source
    assert "Scaled dot-product attention" in source


def test_a_use_sets_the_lab_up_for_it(page: Page, server: Server) -> None:
    ready(page, f"{server.url}/lab?mechanism=hard")
    page.get_by_role("button", name="Self-attention").click()
    page.wait_for_url(re.compile("self"))
    settled(page)
    expect(bench(page).locator(".check")).to_have_text(SAME)
    expect(bench(page).get_by_label("Who looks")).to_have_value("self")
    expect(bench(page).locator(".equation")).not_to_contain_text("sample")


def test_the_numbers_are_a_file_too(page: Page, server: Server, tmp_path: Path) -> None:
    ready(page, f"{server.url}/lab?mechanism=sparsemax")
    change(page, 0, 0, "4")
    page.wait_for_url(re.compile("numbers="))
    expect(bench(page).locator(".check")).to_have_text(SAME)
    settled(page)
    button = page.get_by_role("button", name="Numbers (JSON)")
    written = json.loads(saved(page, button, tmp_path).read_text())
    given = Experiment("sparsemax", edits={"query": {(0, 0): 4.0}})
    found = {stage["id"]: stage["heads"] for stage in written["stages"]}
    assert written["edits"] == {"query": {"0,0": 4}}
    assert found["weights"] == lab.run(given).weights.tolist()


@pytest.mark.parametrize("where", ["words?mechanisms=additive", "story?stop=additive"])
def test_weights_on_words_are_a_file(
    where: str, page: Page, server: Server, tmp_path: Path
) -> None:
    opened(page, f"{server.url}/{where}&text={quote('=1+1 red cats')}")
    button = page.get_by_role("button", name="Numbers (CSV)")
    text = saved(page, button, tmp_path).read_text()
    lines = list(csv.DictReader(io.StringIO(text)))
    rows = [line for line in lines if line["query"] == "'="]  # no formula for a spreadsheet
    assert {line["query_position"] for line in rows} == {rows[0]["query_position"]}
    assert sum(float(line["weight"]) for line in rows) == pytest.approx(1, abs=1e-6)
    assert not [line for line in lines if line["query"].startswith("=")]


# On words


def panels(page: Page, key: str) -> Locator:
    return widget(page, key).locator(".ground")


def test_a_cell_is_read_in_all_mechanisms_at_once(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/words")
    ground = panels(page, "words.mosaic")
    ground.scroll_into_view_if_needed()
    ground.focus()
    for key in ("ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    status = widget(page, "words.mosaic").get_by_role("status")
    expect(status).to_contain_text("sister")
    for title in ("Additive attention", "Scaled dot-product attention", "Sparsemax attention"):
        expect(status).to_contain_text(re.compile(rf"{title} \d\.\d{{3}}"))


def test_a_set_of_mechanisms_is_one_click(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/words")
    page.get_by_role("button", name="full and sparse").click()
    page.wait_for_url(re.compile("big_bird"))
    settled(page)
    found = page.get_by_test_id("stMultiSelect").first
    for title in ("Scaled dot-product", "Sliding-window", "Longformer", "BigBird"):
        expect(found).to_contain_text(title)


@pytest.mark.parametrize("where", ["words", "story?stop=luong"])
def test_a_sentence_of_five_thousand_words_is_met_with_a_sentence(
    where: str, page: Page, server: Server
) -> None:
    opened(page, f"{server.url}/{where}")
    box = page.get_by_label("English", exact=True)
    box.fill("word " * 5000)
    box.press("Control+Enter")
    expect(page.get_by_role("button", name="Read only the beginning")).to_be_visible()
    page.get_by_role("button", name="Read only the beginning").click()
    expect(page.locator(".widget canvas").first).to_be_visible()


def test_tokens_are_text_and_never_tags(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/words?text={quote('<img src=x onerror=alert(1)> cats')}")
    expect(page.locator(".widget canvas").first).to_be_visible()
    assert page.locator("img[src=x]").count() == 0


# The story


def test_the_story_goes_from_stop_to_stop_and_opens_the_lab(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/story")
    page.get_by_role("button", name="2014 · Looking back: additive").last.click()
    page.wait_for_url(re.compile("stop=additive"))
    expect(page.get_by_role("heading", name="2014 · Looking back: additive")).to_be_visible()
    settled(page)
    page.get_by_role("button", name="Additive attention, step by step").click()
    page.wait_for_url(re.compile("/lab"))
    expect(bench(page).locator(".check")).to_have_text(SAME)
    expect(bench(page).locator(".equation")).to_contain_text("tanh")
