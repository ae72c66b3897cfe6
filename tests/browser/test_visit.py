"""The guard of the browser tests does its work."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.server import Server
from tests.browser.visit import Visit


def test_what_asks_another_host_goes_nowhere_and_is_written_down(
    browser: Browser, server: Server
) -> None:
    visit = Visit(browser)
    visit.page.goto(f"{server.url}/ready")
    for url in ("http://example.com/a", "http://192.0.2.1/b"):
        answer = visit.page.evaluate(
            "url => fetch(url, {mode: 'no-cors'}).then(() => 'came', () => 'went nowhere')", url
        )
        assert answer == "went nowhere"
    told = visit.closed()
    assert [url in " ".join(told) for url in ("http://example.com/a", "http://192.0.2.1/b")] == [
        True,
        True,
    ]


def test_a_complaint_of_the_browser_is_written_down(browser: Browser, server: Server) -> None:
    visit = Visit(browser)
    visit.page.goto(f"{server.url}/ready")
    visit.page.evaluate("console.error('a fault of ours')")
    visit.page.evaluate("void Promise.reject(new Error('nobody caught this'))")
    visit.page.wait_for_timeout(100)
    told = " ".join(visit.closed())
    assert "a fault of ours" in told
    assert "nobody caught this" in told


def test_a_quiet_visit_has_nothing_to_tell(browser: Browser, server: Server) -> None:
    visit = Visit(browser)
    visit.page.goto(f"{server.url}/ready")
    assert visit.closed() == []


def test_what_becomes_true_is_waited_for_where_no_text_may_be_evaluated(
    browser: Browser, server: Server
) -> None:
    visit = Visit(browser)
    visit.page.goto(f"{server.url}/ready")
    visit.page.evaluate("() => void setTimeout(() => { window.late = 3; }, 200)")
    visit.page.wait_for_function("window.late === 3")
    visit.page.wait_for_function("wanted => window.late === wanted", arg=3)
    with pytest.raises(TimeoutError, match=r"within 0\.1 s: window\.late === 4"):
        visit.page.wait_for_function("window.late === 4", timeout=100)
    assert visit.closed() == []
