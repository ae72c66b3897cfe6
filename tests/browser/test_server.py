"""The server: what it sends with every answer, and what readers see when our code fails."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.error import HTTPError
from urllib.request import urlopen

import pytest
from playwright.sync_api import Browser, Page

from tests.browser.server import ROOT, Server, serving

FAILING_PAGE = """
import streamlit as st
st.write("above the failure")
raise RuntimeError("secret detail")
"""
FAILING_APP = """
import sys
sys.path.insert(0, {root!r})
import streamlit as st
from app import apologise
app = st.App("failing_page.py", on_script_error=apologise)
"""


@pytest.mark.parametrize("path", ["/", "/explore", "/ready", "/_stcore/health", "/nowhere.js"])
def test_every_answer_forbids_the_browser_to_fetch_from_elsewhere(
    path: str, server: Server
) -> None:
    with urlopen(server.url + path, timeout=30) as response:  # noqa: S310
        policy = response.headers["Content-Security-Policy"]
        assert "default-src 'self'" in policy
        assert not re.search(r"https?:|\*", policy)
        assert response.headers["X-Content-Type-Options"] == "nosniff"
        assert response.headers["Referrer-Policy"] == "no-referrer"


def test_a_browser_obeys_that_policy(browser: Browser, server: Server) -> None:
    page = browser.new_page()
    page.goto(server.url)
    refused = page.evaluate(
        """() => new Promise((resolve) => {
            document.addEventListener("securitypolicyviolation", (e) => resolve(e.blockedURI));
            document.body.append(Object.assign(new Image(), { src: "http://127.0.0.2/x.png" }));
        })"""
    )
    assert refused == "http://127.0.0.2/x.png"
    page.close()


def test_a_script_reaches_no_socket_but_ours(browser: Browser, server: Server) -> None:
    page = browser.new_page()
    page.goto(server.url)
    refused = page.evaluate(
        """() => new Promise((resolve) => {
            document.addEventListener("securitypolicyviolation", (e) => resolve(e.blockedURI));
            try { new WebSocket("ws://127.0.0.2:9/"); } catch { /* some browsers throw as well */ }
        })"""
    )
    assert refused.startswith("ws://127.0.0.2:9")
    page.close()


@pytest.mark.parametrize("path", ["/_stcore/metrics", "/explore/_stcore/metrics"])
def test_what_sessions_use_is_told_to_nobody(path: str, server: Server) -> None:
    with pytest.raises(HTTPError, match="404"):
        urlopen(server.url + path, timeout=30)  # noqa: S310


def test_the_server_says_when_it_is_ready(server: Server) -> None:
    assert server.ready["ready"] is True
    assert server.ready["preload_seconds"] > 0


def test_a_failure_of_ours_is_an_apology_on_the_screen_and_a_traceback_in_the_log(
    page: Page, tmp_path: Path
) -> None:
    (tmp_path / "failing_page.py").write_text(FAILING_PAGE)
    (tmp_path / "failing_app.py").write_text(FAILING_APP.format(root=str(ROOT)))
    script, log = tmp_path / "failing_app.py", tmp_path / "log.txt"
    with serving(log, script, probe="/_stcore/health") as failing:
        page.goto(failing.url)
        page.get_by_text("Something went wrong on our side").wait_for(timeout=60_000)
        shown = page.inner_text("body")
        page.close()
    assert "above the failure" in shown
    assert "secret detail" not in shown
    assert "Traceback" not in shown
    assert "secret detail" in log.read_text()
