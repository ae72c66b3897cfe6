"""The head finder in a real browser: a winner in words, a ranking, and the way to Translate."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

from playwright.sync_api import Page, expect

from attention_core.files.formats.table_pairs import from_table
from attention_core.files.pairs import Pairs
from attention_core.watching.capture import never
from models.corpora.head_search import HeadSearch
from models.corpora.pairs import ready_gold
from models.families.translation import Translating
from models.store import shelf
from tests.browser.frame import PATIENCE, opened, settled
from tests.browser.gestures import caption, in_address, saved, typed, widget
from tests.browser.server import Server
from tests.browser.test_corpus import GOLD, upload

MODEL = "bahdanau-en-fr"


def searched(pairs: Pairs) -> HeadSearch:
    """The same search, worked through here, apart from the server."""
    reader = shelf.load(MODEL)
    assert isinstance(reader, Translating)
    search = HeadSearch(reader, pairs.rows)
    for place in range(len(search)):
        assert search.row(place, never) is None
    return search


def test_our_own_links_name_a_winner_and_the_ranking_is_that_of_the_core(
    page: Page, server: Server, tmp_path: Path
) -> None:
    pairs = ready_gold("en", "fr")
    assert pairs is not None
    search = searched(pairs)
    report = search.report(split=False)
    assert report is not None
    opened(page, f"{server.url}/heads?model={MODEL}")
    expect(page.get_by_role("button", name="Stop")).to_have_count(0, timeout=PATIENCE)
    rate, diagonal = report.reported.scores.error_rate, report.diagonal
    expect(caption(page, f"AER {rate:.2f}", f"the diagonal has {diagonal:.2f}")).to_be_visible()
    expect(page.get_by_text("which flatters it")).to_be_visible()

    button = page.get_by_role("button", name="All readings (CSV)")
    rows = list(csv.DictReader(io.StringIO(saved(page, button, tmp_path).read_text())))
    assert [float(row["aer"]) for row in rows] == [
        one.scores.error_rate for one in search.table(split=False)
    ]

    widget(page, "heads.split").locator("label").first.click()
    half = search.report(split=True)
    assert half is not None
    expect(caption(page, f"where it has {half.chosen.scores.error_rate:.2f}")).to_be_visible()
    expect(page.get_by_text("which flatters it")).to_have_count(0)
    page.wait_for_function("location.search.includes('split=1')")


def test_a_clicked_reading_opens_in_translate_with_its_links(page: Page, server: Server) -> None:
    pairs = ready_gold("en", "fr")
    assert pairs is not None
    second = searched(pairs).table(split=False)[1]
    opened(page, f"{server.url}/heads?model={MODEL}")
    expect(page.get_by_text("which flatters it")).to_be_visible()
    table = widget(page, "heads.table").locator(".dvn-scroller")
    table.click(position={"x": 140, "y": 36 + 35 + 17}, force=True)
    expect(caption(page, "Chosen: ", f"{second.scores.error_rate:.3f}")).to_be_visible()
    page.get_by_role("button", name="Open it in Translate").click()
    page.wait_for_url("**/translate?*")
    settled(page)
    found = in_address(page)
    assert typed(page, "translate.source") == pairs.rows[0].source
    assert (found["layer"], found["shift"]) == ("1", str(second.shift))
    assert found["how"] == second.method.how
    assert "0-0" in found["gold"].split()


def test_own_links_are_read_from_a_table_and_few_pairs_are_warned_of(
    page: Page, server: Server
) -> None:
    opened(page, f"{server.url}/heads?from=own&model={MODEL}")
    upload(page, "heads.file", "plain.tsv", b"a cat\tun chat\n")
    expect(page.get_by_test_id("stAlert")).to_contain_text("None of these pairs has links")
    upload(page, "heads.file", "gold.tsv", GOLD.encode())
    page.get_by_role("button", name="Score the heads on 1 pair").click()
    report = searched(from_table(GOLD.encode())).report(split=False)
    assert report is not None
    expect(caption(page, f"AER {report.reported.scores.error_rate:.2f}")).to_be_visible()
    expect(page.get_by_text("1 pair is few")).to_be_visible()

    address = page.url
    page.reload()
    settled(page)
    expect(page.get_by_text("1 pair is few")).to_be_visible()
    assert page.url == address


def test_a_pair_that_does_not_fit_is_left_out_with_its_reason(page: Page, server: Server) -> None:
    line = {
        "src": ["a", "cat"],
        "tgt": ["un", "chat"],
        "sure": [[1, 1]],
        "raw": ["a dog", "un chat"],
    }
    right = {**line, "raw": ["a cat", "un chat"]}
    opened(page, f"{server.url}/heads?from=own&form=json&model={MODEL}")
    upload(page, "heads.file", "g.jsonl", f"{json.dumps(line)}\n{json.dumps(right)}\n".encode())
    page.get_by_role("button", name=re.compile("^Score the heads")).click()
    expect(
        page.get_by_text("1 pair was left out: The word “cat” is not in “a dog”")
    ).to_be_visible()
    expect(page.get_by_text("1 pair is few")).to_be_visible()
