"""What a browser may run for us: our files, and the scripts of Streamlit's page by digest."""

from __future__ import annotations

import base64
import hashlib
import re

from app import HEADERS
from pages.frame import policy


def test_only_files_of_ours_blobs_and_the_scripts_of_the_page_may_run() -> None:
    sent = HEADERS["Content-Security-Policy"]
    (scripts,) = re.findall(r"script-src ([^;]*)", sent)
    inline = re.findall(r"<script>(.*?)</script>", policy._shell(), re.DOTALL)
    sums = [hashlib.sha256(one.encode()).digest() for one in inline]
    named = [f"'sha256-{base64.b64encode(one).decode()}'" for one in sums]
    assert named
    assert scripts.split() == ["'self'", "blob:", *named]
    assert "unsafe-eval" not in sent
    assert re.findall(r"([a-z-]+) [^;]*'unsafe-inline'", sent) == ["style-src"]


def test_every_script_inside_a_page_is_named_whatever_stands_around_it() -> None:
    page = (
        "<!-- <script>no()</script> --><SCRIPT>\n a < b && c\n</SCRIPT><script type='module'>x"
        "</script>text<script src='a.js'>never</script><noscript>y</noscript>"
    )
    wanted = ["\n a < b && c\n", "x"]
    sums = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in wanted]
    assert policy.digests(page) == [f"'sha256-{one}'" for one in sums]
    assert policy.digests("<p>nothing</p>") == []
