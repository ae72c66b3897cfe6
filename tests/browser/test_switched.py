"""What if it were switched off, in a real browser: changes are made by click and taken back."""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlencode

from playwright.sync_api import Page, expect

from tests.browser.frame import opened, settled, sideways
from tests.browser.gestures import widget
from tests.browser.server import Server

LOST = "Le chat blanc dort sur la chaise."
WHOLE = "Le chat blanc dort sur la chaise rouge."


def switched(page: Page, server: Server, **asked: str) -> None:
    opened(page, f"{server.url}/switched?{urlencode({'lang': 'en', **asked})}")
    expect(page.get_by_text("What becomes of the output")).to_be_visible()


def test_what_is_switched_off_is_put_back_by_a_click(page: Page, server: Server) -> None:
    switched(page, server)
    sentences = page.locator(".atlas-sentence")
    expect(sentences).to_have_text([WHOLE, LOST])
    chip = widget(page, "undo.0").get_by_role("button")
    expect(chip).to_have_text(re.compile("attention off: cross 3"))
    chip.click()
    expect(sentences).to_have_text([WHOLE])
    expect(page.get_by_text("Nothing is switched off")).to_be_visible()
    widget(page, "act.add").get_by_role("button").click()
    expect(chip).to_have_text(re.compile("head off: encoder 1 · head 1"))
    expect(sentences).to_have_text([WHOLE, WHOLE])
    expect(page).to_have_url(re.compile("acts=head%3Aencoder.1%3A1"))


def test_a_click_on_the_map_switches_that_head_off(page: Page, server: Server) -> None:
    switched(page, server)
    expect(page.get_by_text("Of 72 heads,")).to_be_visible()
    chart = widget(page, "switched.heads.map").locator(".js-plotly-plot")
    expect(chart).to_be_visible()
    chart.scroll_into_view_if_needed()
    dot = chart.locator(".scatterlayer .point").nth(8 * 7)  # cross 2, head 1
    box = dot.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(chart.locator(".hovertext")).to_contain_text("cross 2, head 1: −0.3".replace("−", "-"))
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    expect(widget(page, "undo.1").get_by_role("button")).to_have_text(
        re.compile("head off: cross 2 · head 1")
    )
    expect(page).to_have_url(re.compile("attention%3Across.3%2Chead%3Across.2%3A1"))
    expect(page.get_by_role("link", name="See in Explore")).to_be_visible()


def test_a_box_puts_states_in_together_and_a_click_takes_one_out(
    page: Page, server: Server
) -> None:
    text, other = "The soup was very cold.", "The soup was very warm."
    switched(page, server, model="minilm", text=text, other=other, like="Ice is cold.", acts="")
    chart = widget(page, "switched.states.map").locator(".js-plotly-plot")
    dots = chart.locator(".scatterlayer .point")
    expect(dots).to_have_count(7 * 8)
    page.get_by_text("Draw a box to put several states in").click()
    settled(page)
    chart.scroll_into_view_if_needed()
    first, last = (dots.nth(place).bounding_box() for place in (8 + 5, 2 * 8 + 6))
    assert first is not None
    assert last is not None
    page.mouse.move(first["x"] - 3, first["y"] - 3)
    page.mouse.down()
    page.mouse.move(last["x"] + last["width"] + 3, last["y"] + last["height"] + 3, steps=8)
    page.mouse.up()
    chip = widget(page, "undo.states").get_by_role("button")
    expect(chip).to_have_text(re.compile("4 states from the other sentence"))
    expect(page.get_by_text("The 4 states that are put in together bring back")).to_be_visible()
    expect(page).to_have_url(re.compile("patch%3Aencoder.1%3A%3A6%2Cpatch%3Aencoder.1%3A%3A7"))
    page.get_by_text("Draw a box to put several states in").click()
    settled(page)
    chart.scroll_into_view_if_needed()
    one = dots.nth(8 + 5).bounding_box()
    assert one is not None
    page.mouse.click(one["x"] + one["width"] / 2, one["y"] + one["height"] / 2)
    expect(chip).to_have_count(0)
    expect(page.get_by_text("The 3 states that are put in together bring back")).to_be_visible()
    expect(page).to_have_url(re.compile("acts=patch%3Aencoder.1%3A%3A7%2C"))


def test_a_link_restores_the_changes_and_both_maps(page: Page, server: Server) -> None:
    switched(page, server, acts="mlp:decoder.1", other="The white cat sleeps on the blue chair.")
    expect(widget(page, "undo.0")).to_contain_text("MLP off: decoder 1")
    expect(page.locator(".atlas-sentence").last).to_have_text(
        "Le chat blanc dort sur sur la chaise rouge rouge."
    )
    expect(widget(page, "switched.states.map").locator(".js-plotly-plot")).to_be_visible()
    expect(page.get_by_text("It stays there in every layer.")).to_be_visible()


def test_on_a_telephone_nothing_is_wider_than_the_window(
    server: Server, visit: Callable[..., Page]
) -> None:
    page = visit(viewport={"width": 390, "height": 844})
    switched(page, server)
    expect(widget(page, "switched.states.map").locator(".js-plotly-plot")).to_be_visible()
    assert sideways(page) <= 0
