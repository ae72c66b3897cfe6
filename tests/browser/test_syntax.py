"""What heads know of grammar, in a browser: a treebank of one's own, and the way to Explore."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from models.corpora import treebanks
from tests.browser.frame import opened
from tests.browser.server import Server


def test_a_reader_brings_a_treebank_and_opens_a_head_of_it(page: Page, server: Server) -> None:
    opened(page, f"{server.url}/syntax?lang=en&model=fake&from=own")
    broken = treebanks.source("english").replace("\tThe\t", "\t", 1)
    page.locator("input[type=file]").set_input_files(
        {"name": "mine.conllu", "mimeType": "text/plain", "buffer": broken.encode()}
    )
    expect(page.get_by_text("There are 9 columns and not 10")).to_be_visible()
    page.get_by_role("button", name="Study 103 sentences").click()
    expect(page.get_by_text("103 sentences: each relation")).to_be_visible()
    expect(page).to_have_url(re.compile("job="))
    page.get_by_role("link", name="Open this head in Explore").click()
    expect(page.get_by_role("heading", name="What does each head look at?")).to_be_visible()
    expect(page).to_have_url(re.compile("model=fake"))
    expect(page).to_have_url(re.compile("grain=words"))
