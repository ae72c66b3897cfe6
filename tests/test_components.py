"""The widgets in a real browser: gestures reach Python, and what people type stays text."""

from __future__ import annotations

import json
import re
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest
from playwright.sync_api import Browser, Locator, Page, Position, WebSocket, expect

from attention_core.errors import ShapeError
from attention_core.pictures.contracts import PICTURES, Links, Matrix
from attention_core.pictures.contracts import Tree as TreePicture
from attention_core.pictures.contracts.packing import flat
from pages.widgets import serving as scripts
from tests.browser.server import serving
from tests.browser.wire import Wire, listened
from tests.components_harness.data import ENGLISH, NASTY, Tree, causal_heads, large_tree, small_tree

HARNESS = Path(__file__).parent / "components_harness" / "serve.py"
ROWS = Path(__file__).parents[1] / "pages" / "widgets" / "tree" / "rows.js"
WIDGETS = ("head_grid", "head_view", "matrix", "gold", "alignment", "tree", "picture")
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


def cells(page: Page) -> Callable[[int, int], Position]:
    """Where a patch of the drawing lies on the page: 6 × 9 of them over 540 of its 640 pixels."""
    box = page.locator(".base").bounding_box()
    assert box is not None
    scale = (box["height"] - 34) / 360

    def middle(row: int, column: int) -> Position:
        return {"x": (50 + 60 * (column + 0.5)) * scale, "y": 60 * (row + 0.5) * scale}

    return middle


def test_a_patch_is_followed_kept_and_let_go(show: Open) -> None:
    page = show("picture")
    at = cells(page)
    page.locator(".base").hover(position=at(2, 3))
    expect(page.get_by_role("status")).to_contain_text("row 3, column 4 looks most at row 3")
    page.locator(".base").click(position=at(2, 3))
    given_back(page, {"chosen": [2 + 2 * 9 + 3]})
    page.locator(".base").hover(position=at(2, 4))
    expect(page.get_by_role("status")).to_contain_text("row 3, column 5: ")
    page.locator(".base").click(position=at(2, 3))
    given_back(page, {"chosen": [0]})


def test_a_region_is_dragged_over_a_picture(show: Open) -> None:
    page = show("picture")
    box, at = page.locator(".base").bounding_box(), cells(page)
    assert box is not None
    for place, step in ((at(1, 1), page.mouse.down), (at(2, 2), page.mouse.up)):
        page.mouse.move(box["x"] + place["x"], box["y"] + place["y"], steps=4)
        step()
    given_back(page, {"chosen": [12, 13, 21, 22]})
    expect(page.get_by_role("status")).to_contain_text("row 3, column 3: ")


def test_a_picture_is_walked_by_keyboard_and_its_special_places_are_buttons(show: Open) -> None:
    page = show("picture")
    page.locator(".scroller").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    given_back(page, {"chosen": [3]})
    page.keyboard.press("Shift+ArrowDown")
    given_back(page, {"chosen": [3, 12]})
    page.keyboard.press("Escape")
    given_back(page, {"chosen": [0]})
    page.get_by_role("button", name="register").click()
    given_back(page, {"chosen": [1]})
    expect(page.get_by_role("button", name="register")).to_have_attribute("aria-pressed", "true")


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
    wire = listened(page)  # before it opens: no frame may be missed
    page.reload()
    expect(page.locator(".token").first).to_be_visible(timeout=30_000)
    given_back(page, {"pins": [9], "active": [0, 1, 3, 6]})
    wire.clear()
    query(page, 2).click()
    given_back(page, {"pins": [2, 9], "active": [0, 1, 3, 6]})
    assert 0 < wire.total < 3_000


def test_what_was_fetched_once_is_not_fetched_again(show: Open) -> None:
    page = show("head_view")
    wire = listened(page)
    page.reload()
    expect(page.locator(".token").first).to_be_visible(timeout=30_000)
    given_back(page, {"pins": [9], "active": [0, 1, 3, 6]})
    first, again = (fetched(page, wire, head) for head in (7, 7))
    assert (first, again) == (1, 0)


def fetched(page: Page, wire: Wire, head: int) -> int:
    """How many requests it takes to show a head alone, and then others."""
    wire.clear()
    for one in (head, 0):
        page.locator(".chip").nth(one).dblclick()
        given_back(page, {"pins": [9], "active": [one]})
    return len(wire.answers)


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


def test_a_large_matrix_is_drawn_from_shades_and_reads_the_exact_weight(show: Open) -> None:
    page = show("matrix", nice=1, long=160)
    weights = causal_heads(160, 12)[5]
    status = page.get_by_role("status")
    expect(status).to_have_text(f"it → the  {weights[9, 6]:.4f}")
    page.locator(".plot").focus()
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    expect(status).to_have_text(f"tired → the  {weights[12, 6]:.4f}")
    before = page.locator(".base").screenshot()
    page.get_by_role("button", name="each row").click()
    given_back(page, {"cell": [12, 6], "scale": "row"})
    expect(page.locator(".waiting")).to_have_count(0)
    assert page.locator(".base").screenshot() != before


def test_lines_of_many_tokens_say_exact_numbers_from_both_sides(show: Open) -> None:
    page = show("head_view", nice=1, long=160)
    given_back(page, {"pins": [9], "active": [0, 1, 3, 6]})
    weights = causal_heads(160, 12)[[0, 1, 3, 6]].mean(0)
    status = page.get_by_role("status")
    rows, columns = page.locator(".token").nth(5), page.locator(".token").nth(160 + 5)
    rows.hover()
    expect(status).to_contain_text(f"{weights[5].max():.2f}")
    columns.hover()
    expect(status).to_contain_text(f"{weights[:, 5].max():.2f}")


def test_what_the_server_no_longer_has_comes_inside_a_message(
    browser: Browser, address: str
) -> None:
    """Every address answers 404, as after a restart or in another process of several."""
    page = browser.new_page()  # it may complain
    page.route("**/numbers/**", lambda route: route.fulfill(status=404))
    page.goto(f"{address}/?show=matrix&nice=1&long=160")
    weights = causal_heads(160, 12)[5]
    expect(page.get_by_role("status")).to_have_text(f"it → the  {weights[9, 6]:.4f}")
    expect(page.locator(".waiting")).to_have_count(0)
    page.locator(".plot").focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_role("status")).to_have_text(f"was → the  {weights[10, 6]:.4f}")
    page.close()


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


def cell_place(page: Page, row: int, column: int) -> Position:
    """The middle of a cell of the gold matrix: six rows and five columns of 54 pixels."""
    box = page.locator(".base").bounding_box()
    assert box is not None
    return {"x": 170 + 54 * column, "y": box["height"] - 4 - 54 * (5.5 - row)}


def test_clicks_on_a_cell_draw_a_sure_link_then_a_possible_one_then_none(show: Open) -> None:
    page = show("gold")
    place = cell_place(page, 2, 2)
    begun = {"sure": [[0, 0], [1, 1]], "possible": [[3, 2]]}
    stages = [
        ({**begun, "sure": [[0, 0], [1, 1], [2, 2]]}, "sure link"),
        ({**begun, "possible": [[2, 2], [3, 2]]}, "possible link"),
        (begun, None),
    ]
    for gold, said in stages:
        page.locator(".base").click(position=place)
        given_back(page, {"gold": gold, "cell": None})
        expect(page.get_by_role("status")).to_contain_text("l' → machine  0.3125")
        for kind in ("sure link", "possible link"):
            spoken = kind in (page.get_by_role("status").text_content() or "")
            assert spoken is (kind == said)


def test_gold_links_are_drawn_with_arrows_and_enter(show: Open) -> None:
    page = show("gold")
    page.locator(".plot").focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "Enter"):
        page.keyboard.press(key)
    gold = {"sure": [[0, 0]], "possible": [[1, 1], [3, 2]]}
    given_back(page, {"gold": gold, "cell": None})


def test_python_may_start_the_gold_anew_and_the_reader_goes_on_from_there(show: Open) -> None:
    page = show("gold")
    place = cell_place(page, 2, 2)
    page.locator(".base").click(position=place)
    expect(page.get_by_test_id("stCode")).to_contain_text("[2, 2]")
    page.get_by_role("button", name="Start anew").click()
    given_back(page, {"gold": {"sure": [[5, 4]], "possible": []}, "cell": None})
    page.locator(".base").click(position=place)
    given_back(page, {"gold": {"sure": [[2, 2], [5, 4]], "possible": []}, "cell": None})


def test_a_drawn_link_does_not_send_the_matrix_again(show: Open) -> None:
    page = show("gold")
    caption = b"Squares are gold, dots are found."
    carried: list[bool] = []

    def listen(socket: WebSocket) -> None:
        socket.on("framereceived", lambda frame: carried.append(caption in frame))

    page.on("websocket", listen)  # before the reload: the first frames come at once
    page.reload()
    expect(page.locator(".widget canvas").first).to_be_visible(timeout=30_000)
    assert any(carried)
    carried.clear()
    page.locator(".base").click(position=cell_place(page, 2, 2))
    expect(page.get_by_test_id("stCode")).to_contain_text("[2, 2]")
    assert carried
    assert not any(carried)


def test_without_drawing_a_click_chooses_a_cell_and_leaves_the_gold(show: Open) -> None:
    page = show("gold", still=1)
    page.locator(".base").click(position=cell_place(page, 2, 2))
    gold = {"sure": [[0, 0], [1, 1]], "possible": [[3, 2]]}
    given_back(page, {"gold": gold, "cell": [2, 2]})
    page.locator(".plot").focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    given_back(page, {"gold": gold, "cell": [3, 2]})


def test_a_file_shows_every_gold_link_and_explains_its_marks(show: Open) -> None:
    """One dashed square for each possible link, one full one for each sure link, and the legend."""
    source = downloaded(show("gold"), "svg")[1]
    squares = [node.attrib for node in parsed(source).iter("{http://www.w3.org/2000/svg}rect")]
    magenta = [node for node in squares if node.get("stroke") == "#a3287a"]
    assert len([node for node in magenta if "stroke-dasharray" in node]) == 1 + 1
    assert len([node for node in magenta if "stroke-dasharray" not in node]) == 2 + 1
    text = "\n".join(parsed(source).itertext())
    assert all(kind in text for kind in ("sure link", "possible link", "found link"))


def test_a_matrix_without_links_does_not_explain_them(show: Open) -> None:
    text = "\n".join(parsed(downloaded(show("matrix"), "svg")[1]).itertext())
    assert "not allowed to look" in text
    assert "link" not in text


@pytest.mark.parametrize("name", [one.widget for one in PICTURES])
def test_every_import_of_a_widget_leads_to_a_script_that_is_served(name: str) -> None:
    assert set(scripts.modules(name)) <= set(scripts.files())
    assert len(scripts.modules(name)) > 7


def panel(page: Page, number: int) -> Locator:
    return page.locator(".widget").nth(number)


def test_a_source_word_pointed_at_is_lit_in_every_panel_of_its_group(show: Open) -> None:
    page = show("panels")
    expect(panel(page, 5).locator(".token").first).to_be_visible()
    sent: list[int] = []
    with page.expect_event("websocket") as waiting:
        page.reload()
    waiting.value.on("framesent", lambda frame: sent.append(len(frame)))
    expect(panel(page, 5).locator(".token").first).to_be_visible(timeout=30_000)
    given_back(page, {"sources": []})
    sent.clear()
    panel(page, 0).locator(".token").nth(1).hover()
    for number in range(5):
        expect(panel(page, number).locator(".token.strong")).to_have_text(["love"])
        expect(panel(page, number).get_by_role("status")).to_contain_text("love  ←")
    expect(panel(page, 5).locator(".token.strong")).to_have_count(0)
    page.mouse.move(5, 5)
    expect(page.locator(".token.strong")).to_have_count(0)
    assert sent == []


def test_a_source_word_kept_in_one_panel_is_kept_in_all_and_let_go_by_any(show: Open) -> None:
    page = show("panels")
    panel(page, 2).get_by_role("button", name="learning").click()
    given_back(page, {"sources": [3]})
    for number in range(6):
        expect(panel(page, number).locator(".token[aria-pressed=true]")).to_have_text(["learning"])
    panel(page, 4).get_by_role("button", name="love").click()
    given_back(page, {"sources": [1, 3]})
    panel(page, 4).get_by_role("button", name="love").press("Escape")
    given_back(page, {"sources": []})
    expect(page.locator(".token[aria-pressed=true]")).to_have_count(0)


def test_panels_are_low_enough_for_six_on_a_page(show: Open) -> None:
    page = show("panels")
    expect(panel(page, 5).locator(".token").first).to_be_visible()
    boxes = [panel(page, number).bounding_box() for number in range(6)]
    assert all(box is not None and box["height"] < 280 for box in boxes)
    assert "Point at a word" not in (page.locator(".widget").first.text_content() or "")


def deno_says(code: str, given: object) -> object:
    """What a drawing's own function answers, without a browser."""
    deno = Path(sys.executable).with_name("deno")
    script = (
        f"import * as rows from '{ROWS.as_uri()}';"
        "const given = JSON.parse(await new Response(Deno.stdin.readable).text());"
        f"console.log(JSON.stringify({code}));"
    )
    command = [str(deno), "eval", "--ext=js", script]
    done = subprocess.run(command, input=json.dumps(given), capture_output=True, text=True)  # noqa: S603, PLW1510
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


@pytest.mark.parametrize("beam", [small_tree(), large_tree(5, 7), large_tree(10, 40)])
def test_no_two_pieces_share_a_place_and_no_edges_cross(beam: Tree) -> None:
    plan = deno_says("rows.treeRows(given)", beam._asdict())
    assert isinstance(plan, dict)
    depths: list[int] = []
    for parent in beam.parents:
        depths.append(0 if parent < 0 else depths[parent] + 1)
    places = set(zip(depths, plan["rows"], strict=True))
    assert len(places) == len(beam.parents)
    assert min(plan["rows"]) == 0
    assert max(plan["rows"]) == plan["count"] - 1
    for depth in range(1, max(depths) + 1):
        inner = [node for node in range(len(depths)) if depths[node] == depth]
        down = sorted(inner, key=lambda node: plan["rows"][node])
        above = [plan["rows"][beam.parents[node]] for node in down]
        assert above == sorted(above)


def test_the_chosen_way_is_a_straight_line_from_the_start() -> None:
    beam = large_tree(10, 40)
    plan = deno_says("rows.treeRows(given)", beam._asdict())
    assert isinstance(plan, dict)
    taken = [row for row, chosen in zip(plan["rows"], beam.chosen, strict=True) if chosen]
    assert taken == [plan["start"]] * 40


def test_a_tree_is_no_higher_than_its_beam_is_wide_on_either_side() -> None:
    plan = deno_says("rows.treeRows(given)", large_tree(10, 40)._asdict())
    assert isinstance(plan, dict)
    assert plan["count"] <= 1 + 2 * 9


def test_a_beam_is_walked_with_arrows(show: Open) -> None:
    page = show("tree")
    page.locator(".branches").focus()
    walk = ["ArrowRight", "ArrowRight", "ArrowUp", "ArrowRight", "ArrowLeft", "ArrowDown", "End"]
    for key, node in zip(walk, [0, 2, 3, 6, 3, 2, 8], strict=True):
        page.keyboard.press(key)
        given_back(page, {"node": node})
    expect(page.get_by_role("status")).to_contain_text("Je dors . </s>")
    page.keyboard.press("Escape")
    given_back(page, {"node": -1})


def test_a_piece_pointed_at_shows_the_whole_way_and_its_numbers(show: Open) -> None:
    page = show("tree")
    canvas = page.locator(".branches canvas")
    status = page.get_by_role("status")
    canvas.hover(position={"x": 250, "y": 17})
    expect(status).to_have_text(
        "Je suis endormiprobability 0.41  ·  sum of log-probabilities −2.21"
    )
    canvas.click(position={"x": 350, "y": 47})
    given_back(page, {"node": 8})
    page.mouse.move(5, 5)
    expect(status).to_contain_text("probability 0.99")
    expect(status).to_contain_text("score −0.33")


def test_a_long_beam_scrolls_in_its_own_box_on_a_phone(show: Open) -> None:
    page = show("tree", width=390, steps=40)
    inner, outer, whole = page.locator(".branches").evaluate(
        "box => [box.scrollWidth, box.clientWidth, document.documentElement.scrollWidth]"
    )
    assert inner > 4 * outer
    assert whole <= 390
    right = page.locator(".branches").evaluate("box => box.getBoundingClientRect().right")
    canvas = page.locator(".branches canvas").evaluate("node => node.getBoundingClientRect().right")
    assert canvas <= right + 1 <= 391
    page.locator(".branches").focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("End")
    last = page.locator(".branches").evaluate("box => box.scrollLeft + box.clientWidth")
    assert last > inner - 60
    expect(page.get_by_role("status")).to_contain_text("score")


def test_a_beam_of_four_hundred_pieces_is_whole_in_the_file(show: Open) -> None:
    page = show("tree", steps=40)
    beam = large_tree(10, 40)
    picture = parsed(downloaded(page, "svg")[1])
    written = [node.text for node in picture.iter("{http://www.w3.org/2000/svg}text")]
    words = [re.sub("[\u2068\u2069]", "", text or "") for text in written]
    assert all(words.count(word) >= beam.texts.count(word) for word in ENGLISH)
    assert len([word for word in words if word.startswith("−")]) == 10


@pytest.mark.parametrize("widget", ["head_view", "alignment"])
def test_troublesome_tokens_stay_text(show: Open, widget: str) -> None:
    page = show(widget, nasty=1)
    shown = page.locator(".token").all_text_contents()
    for token in NASTY:
        assert token.replace("\x00", "\ufffd") in shown
    assert page.locator(".widget img, .widget b, .widget script, .widget strong").count() == 0


@pytest.mark.parametrize("widget", ["head_view", "matrix", "alignment", "tree"])
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
    assert len(pixels) > 10_000
    assert abs(width - 2 * float(sheet["width"])) <= 2
    assert abs(height - 2 * float(sheet["height"])) <= 2


@pytest.mark.parametrize("widget", [name for name in (*WIDGETS, "panels") if name != "tree"])
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


@pytest.mark.parametrize("link", [(0, 1), (-1, 0), (1, 0)])
@pytest.mark.parametrize("kind", ["sure", "possible", "found"])
def test_a_link_outside_the_matrix_is_named(kind: str, link: tuple[int, int]) -> None:
    with pytest.raises(ShapeError, match=re.escape(f"({link[0]}, {link[1]})")):
        linked(kind, link)


def linked(kind: str, link: tuple[int, int]) -> Matrix:
    """A matrix of one cell with one link."""
    gold = Links(**{kind: [link]}) if kind != "found" else Links()
    found = [link] if kind == "found" else []
    return Matrix(rows=["a"], columns=["b"], weights=np.ones((1, 1)), found=found, gold=gold)


def test_a_piece_that_comes_before_its_parent_is_named() -> None:
    beam = small_tree()._replace(parents=[-1, 2, -1, 0, 1, 2, 3, 4, 5, 6])
    with pytest.raises(ShapeError, match="Piece 1 follows piece 2"):
        TreePicture(**beam._asdict())


def test_lists_of_a_tree_that_do_not_fit_are_named() -> None:
    with pytest.raises(ShapeError, match=r"\(9,\).*\(10,\)"):
        TreePicture(**{**small_tree()._asdict(), "totals": [0.0] * 9})
