"""The studio in a real browser: links drawn and scored, attention changed, anything typed."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlencode

import pytest
from playwright.sync_api import Page, expect

from attention_core.files.formats.pharaoh import golds
from attention_core.numbers.alignment import scores
from attention_core.pictures.views import view
from attention_core.watching.edit import Edit
from models.families.seq2seq import Seq2Seq
from models.families.translation import Translating, Translation
from models.loading.checkpoint import pair_from_folder
from models.store import shelf
from pages.showing import looking
from pages.showing.readings import DEFAULTS
from tests import tiny_pairs
from tests.browser.frame import settled
from tests.browser.gestures import (
    caption,
    choose,
    in_address,
    translated,
    type_text,
    typed,
    widget,
    word,
)
from tests.browser.server import Server, serving

PAIR = {"mode": "pair", "source": "The white cat sleeps.", "target": "Le chat blanc dort."}
TEXT = "The white cat sleeps on the red chair."
PARTS = ("steps", "beam", "gold", "both", "change")


@pytest.fixture(scope="module")
def translator() -> Translating:
    """The default translator, loaded here, apart from the server."""
    reader: Translating = shelf.load(DEFAULTS["translate"])  # type: ignore[assignment]
    return reader


def cell(page: Page, key: str, row: str, column: str) -> None:
    """A click on the cell of two words, which is found by pointing as a reader does."""
    plot = widget(page, key).locator(".plot")
    plot.scroll_into_view_if_needed()
    plot.press("Escape")  # else the read-out keeps to the cell that was last clicked
    box = plot.locator(".base").bounding_box()
    assert box is not None
    readout = widget(page, key).locator(".readout")

    def pointed(x: float, y: float, pattern: str) -> bool:
        page.mouse.move(box["x"] + x, box["y"] + y)
        return re.search(pattern, readout.inner_text()) is not None

    across, down = range(0, int(box["width"]), 10), range(0, int(box["height"]), 10)
    low = box["height"] - 12  # in the last row
    x = next(at for at in across if pointed(at, low, rf"→ {re.escape(column)}\s"))
    y = next(at for at in down if pointed(x, at, rf"^{re.escape(row)} →"))
    page.mouse.click(box["x"] + x, box["y"] + y)


def links_box(page: Page) -> str:
    return str(widget(page, "translate.gold").locator("input").input_value())


def expect_gold(page: Page, written: str) -> None:
    """The links stand in the text, in the address, and nothing waits."""
    expect(widget(page, "translate.gold").locator("input")).to_have_value(written)
    page.wait_for_function(
        "raw => (new URLSearchParams(location.search).get('gold') ?? '') === raw", arg=written
    )
    settled(page)


def expect_scores(page: Page, found: Translation, written: str) -> None:
    """The four numbers are those of the scorer, asked directly."""
    look = looking.settled(found, DEFAULTS["translate"])
    assert look is not None
    links = look.links(look.view("words", "hidden"))
    result = scores([(links, golds(written)[0])])
    numbers = (result.precision, result.recall, result.f1, result.error_rate)
    expect(page.get_by_test_id("stMetricValue")).to_have_text([f"{one:.2f}" for one in numbers])


def test_links_drawn_by_clicking_are_text_address_and_scores_and_a_reload_restores_them(
    page: Page, server: Server, translator: Translating
) -> None:
    found = translator.align(PAIR["source"], PAIR["target"])
    translated(page, f"{server.url}/translate?{urlencode(PAIR)}")
    choose(page, "translate.part", "score it")
    expect(caption(page, "Draw or write some links")).to_be_visible()

    cell(page, "translate.gold.matrix", "chat", "cat")
    expect_gold(page, "2-1")
    expect_scores(page, found, "2-1")
    cell(page, "translate.gold.matrix", "Le", "white")
    expect_gold(page, "1-0 2-1")
    expect_scores(page, found, "1-0 2-1")
    cell(page, "translate.gold.matrix", "Le", "white")
    expect_gold(page, "1p0 2-1")
    expect_scores(page, found, "1p0 2-1")

    page.reload()
    settled(page)
    expect_gold(page, "1p0 2-1")
    expect_scores(page, found, "1p0 2-1")
    cell(page, "translate.gold.matrix", "Le", "white")
    expect_gold(page, "2-1")
    cell(page, "translate.gold.matrix", "chat", "cat")
    cell(page, "translate.gold.matrix", "chat", "cat")
    expect_gold(page, "")
    expect(caption(page, "Draw or write some links")).to_be_visible()


def test_links_that_are_none_get_a_sentence_and_stand_until_they_are_mended(
    page: Page, server: Server, translator: Translating
) -> None:
    found = translator.align(PAIR["source"], PAIR["target"])
    translated(page, f"{server.url}/translate?{urlencode({**PAIR, 'part': 'gold'})}")
    box = widget(page, "translate.gold").locator("input")
    for written, sentence in (
        ("the cat", "has “the” where a link should stand"),
        ("0-0 99-3", "links source word 99 and target word 3"),
        ("<b>0-0</b>", "has “<b>0-0</b>” where"),
    ):
        box.fill(written)
        box.press("Enter")
        expect(page.get_by_test_id("stAlert")).to_contain_text(sentence)
        expect(page.get_by_test_id("stMetricValue")).to_have_count(0)
        assert links_box(page) == written
    box.fill("0-0 2-1 1p2")
    box.press("Enter")
    expect_scores(page, found, "0-0 2-1 1p2")
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_links_may_count_words_from_one_and_name_the_translation_first(
    page: Page, server: Server, translator: Translating
) -> None:
    found = translator.align(PAIR["source"], PAIR["target"])
    translated(page, f"{server.url}/translate?{urlencode({**PAIR, 'part': 'gold'})}")
    box = widget(page, "translate.gold").locator("input")
    box.fill("3-2")
    box.press("Enter")
    expect_scores(page, found, "3-2")
    choose(page, "translate.first", "1")
    expect_scores(page, found, "2-1")
    choose(page, "translate.links", "target-source")
    expect_scores(page, found, "1-2")
    cell(page, "translate.gold.matrix", "Le", "white")
    expect_gold(page, "1-2 3-2")
    expect_scores(page, found, "1-2 1-0")

    page.reload()
    settled(page)
    expect_scores(page, found, "1-2 1-0")


def difference(page: Page) -> str:
    """The changed translation as it stands on the page, without what is struck out."""
    return str(
        page.locator(".atlas-diff").evaluate(
            """(line) => {
                const copy = line.cloneNode(true);
                copy.querySelectorAll("del").forEach((gone) => gone.remove());
                return copy.textContent;
            }"""
        )
    )


def moved(translator: Translating, found: Translation, edits: tuple[Edit, ...]) -> list[str]:
    """How the log-probability of each word moves, from the reader itself."""
    before = translator.align(found.source.text, found.text)
    after = translator.align(found.source.text, found.text, edits=edits)
    sums = [
        sum(math.log(after.chosen[place]) - math.log(before.chosen[place]) for place in group)
        for group in before.target.groups
    ]
    return [f"{round(one, 2) + 0.0:+.2f}" for one in sums]


def expect_changed(page: Page, translator: Translating, edits: tuple[Edit, ...]) -> None:
    """The page shows the very translation and the very numbers that the reader gives."""
    found, after = translator.translate(TEXT), translator.translate(TEXT, edits=edits)
    expect(page.locator(".atlas-deltas small")).to_have_text(moved(translator, found, edits))
    assert "".join(difference(page).split()) == "".join(after.text.split())
    expect(caption(page, f"from {found.score:.2f} to {after.score:.2f}")).to_be_visible()


def test_a_column_set_to_zero_changes_the_translation_word_by_word_and_can_be_undone(
    visit: Callable[..., Page], server: Server, translator: Translating
) -> None:
    page = visit()
    found = translator.translate(TEXT)
    translated(page, f"{server.url}/translate?{urlencode({'source': TEXT, 'part': 'change'})}")
    button = page.get_by_role("button", name="Change it")
    expect(button).to_be_disabled()
    cell(page, "translate.matrix", "rouge", "red")
    expect(button).to_be_enabled()
    choose(page, "translate.scope", "its column")
    page.wait_for_function("location.search.includes('scope=column')")
    button.click()

    place = next(at for at, token in enumerate(found.source.tokens) if token.text == "red")
    edits = tuple(Edit(site.name, "zero", keys=(place,)) for site in found.cross)
    assert translator.translate(TEXT, edits=edits).text != found.text
    expect(page.get_by_text("1. every word → red: set to 0")).to_be_visible()
    expect_changed(page, translator, edits)
    expect(page.locator(".atlas-diff del").first).to_be_visible()
    page.wait_for_function("location.search.includes('edits=')")
    assert in_address(page)["edits"] == ";".join(
        f"zero@{site.name}k{place}" for site in found.cross
    )

    other = visit()
    translated(other, page.url)
    expect_changed(other, translator, edits)

    page.get_by_role("button", name="Undo", exact=True).click()
    expect(page.locator(".atlas-diff")).to_have_count(0)
    page.wait_for_function("!location.search.includes('edits=')")
    expect(page.locator(".atlas-headline")).to_have_text(found.text)


@pytest.fixture(scope="module")
def marian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a small random Marian: two layers or more, several heads."""
    root = tmp_path_factory.mktemp("marian")
    folder = tiny_pairs.saved("marian", root)
    folder.rename(root / "models-marian")
    (root / "models").mkdir()
    (root / "models-marian").rename(root / "models" / "marian")
    return root / "models"


@pytest.fixture(scope="module")
def stocked(marian: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server whose operator has added that model."""
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv("ATLAS_MODELS_DIR", str(marian))
        with serving(tmp_path_factory.mktemp("stocked") / "log.txt") as running:
            yield running


def test_a_click_on_a_thumbnail_shows_that_head_of_a_model_with_many(
    page: Page, stocked: Server, marian: Path
) -> None:
    name = "translate:folder:marian"
    translated(page, f"{stocked.url}/translate?{urlencode({'model': name, **PAIR})}")
    page.get_by_test_id("stExpander").locator("summary").click()
    thumbnails = widget(page, "translate.grid").locator("canvas.base")
    thumbnails.wait_for()
    box = thumbnails.bounding_box()
    assert box is not None
    thumbnails.click(position={"x": box["width"] * 0.5, "y": box["height"] * 0.3})
    page.wait_for_function("location.search.includes('heads=')")
    layer, head = (int(in_address(page)[part]) for part in ("layer", "heads"))
    expect(caption(page, f"Shown: layer {layer}, head {head}.")).to_be_visible()

    reader = Seq2Seq(name, pair_from_folder(marian / "marian", marian), "", "", "")
    found = reader.align(PAIR["source"], PAIR["target"])
    picture = view(found.cross[layer - 1], (head - 1,), "words", "hidden")
    word(page, "translate.ribbons", 1, "translation").click()
    look = picture.strongest(0)
    said = f"{picture.rows[0].text} looks mostly at {picture.columns[look.column].text}"
    expect(caption(page, f"{said} ({look.weight:.2f}).")).to_be_visible()


STRANGE = (
    "我喜欢机器学习。",
    "</script><img src=x onerror=alert(1)>",
    "{0} %s <b>chat</b> ![](http://evil.example/x.png)",
    "مرحبا שלום 👩‍👩‍👧‍👦",
)
"""Targets that no French reader would write."""


def sound(page: Page) -> None:
    """Nothing is broken, whatever stands on the page."""
    settled(page)
    assert page.get_by_test_id("stException").count() == 0
    assert page.get_by_text("BidiComponent Error").count() == 0
    assert page.get_by_text("Traceback").count() == 0


@pytest.mark.parametrize("part", PARTS)
def test_a_target_in_any_language_is_followed_as_typed_in_every_part(
    part: str, page: Page, server: Server
) -> None:
    page.on("dialog", lambda dialog: pytest.fail(f"a dialog opened: {dialog.message}"))
    changed = {**PAIR, "part": part, "edits": "zero@cross.0k1", "gold": "0-0"}
    translated(page, f"{server.url}/translate?{urlencode(changed)}")
    for text in STRANGE:
        type_text(page, "translate.target", text)
        expect(page.locator(".atlas-headline").first).to_have_text(text)
        sound(page)
        assert typed(page, "translate.target") == text
        assert page.locator("main img[src*='evil'], main a[href*='evil']").count() == 0
    type_text(page, "translate.target", "  ")
    expect(page.get_by_text("Type a sentence on each side")).to_be_visible()
    sound(page)


def test_a_paste_of_five_thousand_words_on_either_side_is_cut_on_request(
    page: Page, server: Server
) -> None:
    long = "le chat dort bien " * 1250
    translated(page, f"{server.url}/translate?{urlencode(PAIR)}")
    for box in ("translate.target", "translate.source"):
        type_text(page, box, long)
        expect(page.get_by_test_id("stAlert")).to_contain_text("the translator reads at most 60")
        assert typed(page, box) == long
        page.get_by_role("button", name="Read only the beginning").click()
        expect(page.get_by_text("Only the first 60 pieces were read.")).to_be_visible()
        for title in ("score it", "both directions", "change the attention", "step by step"):
            choose(page, "translate.part", title)
            sound(page)
