"""The app as a reader meets it: a server of its own, in a process of its own, on a free port."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.error import URLError
from urllib.request import urlopen

from tests.browser.held import HELD, holding

ROOT: Final = Path(__file__).parents[2]
PATIENCE: Final = 180.0
"""Seconds for importing PyTorch and loading the models on a busy machine."""
GROUP: Final = 0 if HELD > 1 else None
"""0 puts a server at the head of a process group of its own, which is then held whole."""


@dataclass(frozen=True)
class Server:
    """A running server: its address, what it said when it was ready, and where it logs."""

    url: str
    ready: dict[str, Any]
    log: Path


@contextmanager
def serving(
    log: Path, script: Path = ROOT / "app.py", probe: str = "/ready", port: int = 0
) -> Iterator[Server]:
    """`streamlit run` on a script until the block is left; port 0 is any free one.

    It runs in the script's own checkout, or in this one where the script stands in none.
    """
    port = port or free_port()
    command = [sys.executable, "-m", "streamlit", "run", str(script)]
    options = [f"--server.port={port}", "--server.headless=true", "--server.fileWatcherType=none"]
    folder = script.parent if (script.parent / ".streamlit").is_dir() else ROOT
    with log.open("wb") as sink:
        process = subprocess.Popen(  # noqa: S603
            [*command, *options], cwd=folder, stdout=sink, stderr=sink, process_group=GROUP
        )
    try:
        url = f"http://localhost:{port}"
        ready = answer(url + probe, process, log)
        with holding(process):
            yield Server(url, ready, log)
    finally:
        process.terminate()
        process.wait(timeout=20)


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind(("localhost", 0))
        return int(probe.getsockname()[1])


def answer(url: str, process: subprocess.Popen[bytes], log: Path) -> dict[str, Any]:
    """What the server says at an address, as soon as it says something."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until and process.poll() is None:
        try:
            with urlopen(url, timeout=5) as response:  # noqa: S310
                said = response.read()
            return json.loads(said) if said.startswith(b"{") else {"said": said.decode()}
        except (URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    raise TimeoutError(f"The server did not get ready. Its log:\n{log.read_text()[-4000:]}")
