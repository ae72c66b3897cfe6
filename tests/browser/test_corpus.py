"""A corpus in a real browser: it streams, stops, goes on, outlives a reload, and opens one pair."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from pathlib import Path

from playwright.sync_api import Locator, Page, Position, expect

from attention_core.files.pairs import MOST
from models.corpora.pairs import ready_classroom
from tests.browser.frame import opened, settled
from tests.browser.gestures import choose, in_address, saved, typed, widget, words
from tests.browser.server import Server

GOLD = "I love cats .\tJ' aime les chats .\t0-0 1-1 2-2 2-3 3-4\n"
OWN = (
    "en\tfr\tlinks\n" + GOLD + "The white cat sleeps .\tIl est parti hier .\t0-0\n"
    "An empty one .\t\t\n" + "word " * 5000 + "\tmot\t0-0\n"
)  # fmt: skip


def upload(page: Page, key: str, name: str, content: bytes) -> None:
    """Gives a file to an uploader, as a reader who picks it does."""
    box = widget(page, key).locator("input[type=file]")
    box.set_input_files({"name": name, "mimeType": "text/plain", "buffer": content})


def follow(page: Page) -> None:
    """Says that the file may be worked through."""
    page.get_by_role("button", name=re.compile("^Follow ")).click()


def table(page: Page) -> Locator:
    return widget(page, "corpus.table").locator(".dvn-scroller")


def click_row(page: Page, place: int) -> None:
    """A click into a row, counted from 1: brought clear of the header, pointed at, clicked."""
    table(page).evaluate("table => table.scrollIntoView({block: 'center', behavior: 'instant'})")
    where: Position = {"x": 180, "y": 36 + 35 * (place - 1) + 17}
    table(page).hover(position=where, force=True)
    table(page).click(position=where, force=True)


def counted(page: Page, count: str) -> Locator:
    return page.locator(".atlas-caption").filter(has_text=f"{count} pairs. Click")


def numbers(page: Page, folder: Path) -> list[dict[str, str]]:
    """The rows of the file that the page gives."""
    button = page.get_by_role("button", name="All numbers (CSV)")
    written = saved(page, button, folder).read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(written)))


def test_our_own_lines_stream_in_and_a_click_opens_one_in_translate(
    page: Page, server: Server, tmp_path: Path
) -> None:
    ready = ready_classroom("en", "fr")
    assert ready is not None
    opened(page, f"{server.url}/corpus")
    expect(counted(page, f"{len(ready)} of {len(ready)}")).to_be_visible()
    rows = numbers(page, tmp_path)
    assert [row["source"] for row in rows] == [pair.source for pair in ready.rows]
    assert all(-10 < float(row["score"]) < 0 for row in rows)

    least = min(rows, key=lambda row: float(row["score"]))
    expect(page.get_by_role("heading", name=f"Pair {least['number']}")).to_be_visible()
    click_row(page, 3)
    expect(page.get_by_role("heading", name="Pair 3", exact=True)).to_be_visible()
    page.wait_for_function("location.search.includes('row=3')")
    assert words(page, "corpus.ribbons", "source")[:2] == ready.rows[2].source.split()[:2]
    page.get_by_role("button", name="Open it in Translate").click()
    page.wait_for_url("**/translate?*")
    settled(page)
    expect(page.locator(".atlas-headline").first).to_have_text(ready.rows[2].target)
    assert typed(page, "translate.source") == ready.rows[2].source


def test_words_and_a_range_narrow_the_table_and_stay_in_the_address(
    page: Page, server: Server, tmp_path: Path
) -> None:
    opened(page, f"{server.url}/corpus?find=machine&by=ratio&range=1.3..2")
    expect(page.locator(".atlas-caption").filter(has_text="of 288 pairs")).to_be_visible()
    rows = numbers(page, tmp_path)
    assert 0 < len(rows) < 288
    assert all("machine" in (row["source"] + row["target"]).lower() for row in rows)
    assert all(1.3 <= float(row["length_ratio"]) <= 2 for row in rows)
    box = widget(page, "corpus.find").locator("input")
    box.fill("no such words")
    box.press("Enter")
    expect(page.locator(".atlas-caption").filter(has_text="0 of 288 pairs")).to_be_visible()
    page.wait_for_function("location.search.includes('find=no+such+words')")
    assert in_address(page)["range"] == "1.3..2"


def test_an_own_file_keeps_every_row_and_outlives_a_reload_and_a_shared_link(
    visit: Callable[..., Page], server: Server, tmp_path: Path
) -> None:
    page = visit()
    opened(page, f"{server.url}/corpus?from=own")
    upload(page, "corpus.file", "pairs.tsv", OWN.encode())
    follow(page)
    expect(counted(page, "4 of 4")).to_be_visible()
    expect(page.get_by_text("2 pairs could not be read")).to_be_visible()
    right, wrong, empty, long = numbers(page, tmp_path)
    assert float(right["score"]) > float(wrong["score"])
    assert float(right["aer"]) < 1
    assert (empty["score"], long["score"]) == ("", "")
    assert "no word" in empty["problem"]
    assert "at most" in long["problem"]

    page.reload()
    settled(page)
    expect(counted(page, "4 of 4")).to_be_visible()
    other = visit()
    opened(other, page.url)
    expect(counted(other, "4 of 4")).to_be_visible()
    assert numbers(other, tmp_path) == [right, wrong, empty, long]


def test_a_long_file_streams_is_found_again_stops_and_goes_on(
    page: Page, server: Server, tmp_path: Path
) -> None:
    lines = "".join(f"I have {n} cats .\tJ'ai {n} chats .\n" for n in range(MOST))
    opened(page, f"{server.url}/corpus?from=own")
    upload(page, "corpus.file", "long.tsv", lines.encode())
    follow(page)
    expect(page.get_by_text(re.compile(r"of 10,000 pairs ·"))).to_be_visible()
    page.wait_for_function("location.search.includes('job=')")

    page.reload()
    settled(page)
    expect(page.get_by_text(re.compile(r"of 10,000 pairs ·"))).to_be_visible()
    page.get_by_role("button", name="Stop").click()
    stopped = page.get_by_text(re.compile(r"Stopped after [\d,]+ of 10,000 pairs"))
    expect(stopped).to_be_visible()
    done = int(re.findall(r"after ([\d,]+)", stopped.inner_text())[0].replace(",", ""))
    rows = numbers(page, tmp_path)
    assert len(rows) == done > 0
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_text(re.compile(r"of 10,000 pairs ·"))).to_be_visible()
    settled(page)  # a click on a button that is just being drawn is lost
    page.get_by_role("button", name="Stop").click()
    expect(stopped).to_be_visible()
    assert numbers(page, tmp_path)[:done] == rows


def test_an_address_of_forgotten_work_says_so(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/corpus?from=own&job=0123456789abcdef")
    expect(page.get_by_test_id("stAlert")).to_contain_text("no longer has the results")
    upload(page, "corpus.file", "pairs.tsv", GOLD.encode())
    follow(page)
    expect(page.get_by_role("heading", name="Pair 1", exact=True)).to_be_visible()
    expect(page.get_by_test_id("stAlert")).to_have_count(0)


def test_whatever_is_wrong_with_a_file_gets_its_sentence(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/corpus?from=own")
    for content, sentence in (
        (b"just words\n", "No line of this file has a tab"),
        ("люблю\tlove\n".encode("koi8-r"), "Line 1 of this file is not UTF-8"),
        (b"", "This file is empty"),
        (GOLD.replace("3-4", "3-9").encode(), "Line 1 links source word 3 and target word 9"),
    ):
        upload(page, "corpus.file", "pairs.tsv", content)
        expect(page.get_by_test_id("stAlert")).to_contain_text(sentence)
    upload(page, "corpus.file", "pairs.tsv", b"a cat\tun chat\n" * (MOST + 1))
    expect(page.get_by_test_id("stAlert")).to_contain_text("10,001 pairs; at most 10,000")
    page.get_by_role("button", name="Read only the beginning").click()
    expect(page.get_by_role("button", name="Follow 10,000 pairs")).to_be_visible()

    opened(page, f"{server.url}/corpus?from=own&form=texts")
    upload(page, "corpus.source", "a.en", b"a cat\na dog\na bird\n")
    upload(page, "corpus.target", "a.fr", b"un chat\nun chien\n")
    expect(page.get_by_test_id("stAlert")).to_contain_text("has 3 lines but the second 2")
    upload(page, "corpus.target", "a.fr", b"un chat\nun chien\nun oiseau\n")
    upload(page, "corpus.gold", "links.txt", b"1-1 2-2\n1-1\n2-2\n")
    expect(page.get_by_test_id("stAlert")).to_contain_text("Line 1 links source word 2")
    choose(page, "corpus.first", "1")
    expect(page.get_by_role("button", name="Follow 3 pairs")).to_be_visible()
    upload(page, "corpus.gold", "links.txt", b"1-1 2-3\n1-1\n2-2\n")
    expect(page.get_by_test_id("stAlert")).to_contain_text("Line 1 links source word 2")
    assert page.get_by_test_id("stException").count() == 0


def test_a_file_of_100_megabytes_is_refused_with_a_sentence(
    page: Page, server: Server, tmp_path: Path
) -> None:
    huge = tmp_path / "huge.tsv"
    with huge.open("wb") as file:
        file.truncate(100_000_000)
    opened(page, f"{server.url}/corpus?from=own")
    expect(page.get_by_text("Up to 10,000 pairs and 5 MB.")).to_be_visible()
    widget(page, "corpus.file").locator("input[type=file]").set_input_files(huge)
    expect(widget(page, "corpus.file").get_by_text("5.0MB or smaller")).to_be_visible()
