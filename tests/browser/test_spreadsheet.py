"""A corpus as a spreadsheet on Windows exports it, followed to its end and read back."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.frame import opened
from tests.browser.gestures import saved
from tests.browser.server import Server
from tests.browser.test_corpus import counted, follow, upload

ROWS = (
    ("English", "French"),
    ("The café is open; come in.", "Le café est ouvert ; entrez."),
    ('He said "yes".', "Il a dit « oui »."),
    ("=1+1 is a sum.", "=1+1 est une somme."),
    ("My sister is sleeping.", "Ma sœur dort."),
)
EXPORTS = {
    "separated by semicolons, in the code page of western Windows": (";", "cp1252", "pairs.csv"),
    "separated by semicolons, in UTF-8 with its mark": (";", "utf-8-sig", "pairs.csv"),
    "as “Unicode text”": ("\t", "utf-16", "pairs.txt"),
}


def exported(rows: Sequence[tuple[str, str]], separator: str, coding: str) -> bytes:
    page = io.StringIO()
    csv.writer(page, delimiter=separator, lineterminator="\r\n").writerows(rows)
    return page.getvalue().encode(coding)


@pytest.mark.parametrize("form", EXPORTS)
def test_what_a_spreadsheet_exports_is_followed_and_can_be_read_by_one_again(
    page: Page, server: Server, tmp_path: Path, form: str
) -> None:
    separator, coding, name = EXPORTS[form]
    opened(page, f"{server.url}/corpus?from=own")
    rows = (*ROWS, (f"I like {coding}.", f"J’aime {coding}."))  # else it has been followed before
    upload(page, "corpus.file", name, exported(rows, separator, coding))
    follow(page)
    expect(counted(page, "5 of 5")).to_be_visible()
    button = page.get_by_role("button", name="All numbers (CSV)")
    written = saved(page, button, tmp_path).read_text(encoding="utf-8-sig")
    read = list(csv.DictReader(io.StringIO(written)))
    for row, (source, target) in zip(read, rows[1:], strict=True):
        for found, wanted in ((row["source"], source), (row["target"], target)):
            assert found.lstrip("'") == wanted
            assert not found.startswith("="), "a spreadsheet would work it out"
        assert -10 < float(row["score"]) < 0
