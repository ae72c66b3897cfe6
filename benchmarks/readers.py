"""How long opening Explore and a click on a head take for 1, 30 and 100 readers at once.

python -m benchmarks.readers [TREE] [--crowds 1,30,100] [--seconds 50]

TREE is the checkout whose app is measured; this one where none is named. Each reader is a websocket
session of its own that speaks Streamlit's protocol, opens Explore with a text that nobody else has
at some moment of the first ten seconds, and then clicks another head every few seconds. Times are
from the request to the message with the matrix, which is what the reader waits for, and to the end
of the script's run. Everything stays on this machine.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlencode

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from tests.browser.server import ROOT, serving

CROWDS = "1,30,100"
SECONDS = 50.0
"""How long each crowd clicks."""
ARRIVING = 10.0
"""Seconds within which all readers of a crowd arrive; a single one comes at once."""
ANIMALS = ["dog", "cat", "horse", "cow", "bird", "fish", "wolf", "bear", "mouse", "sheep"]
PLACES = [
    "garden",
    "river",
    "forest",
    "street",
    "kitchen",
    "station",
    "market",
    "harbour",
    "school",
    "valley",
]
THINKING = (2.5, 7.5)
"""Seconds between two clicks of one reader."""
LAYERS, HEADS = 6, 12
DONE = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY


@dataclass
class Reader:
    """One session: where its grid of heads is on the page, and how long all took."""

    socket: ClientConnection
    dice: random.Random
    text: str = ""
    grid: str = ""
    fragment: str = ""
    page: str = ""
    opening: float = 0.0
    seconds: list[float] = field(default_factory=list)
    drawn: list[float] = field(default_factory=list)
    known: dict[str, str] = field(default_factory=dict)

    async def open(self, after: float) -> None:
        """The first visit of Explore: remembers what a click must name."""
        await asyncio.sleep(after)
        asked = BackMsg()
        asked.rerun_script.page_name = "explore"
        asked.rerun_script.query_string = urlencode({"text": self.text})
        began = time.perf_counter()
        await self.socket.send(asked.SerializeToString())
        await self.finished()
        self.opening = time.perf_counter() - began

    async def click(self) -> None:
        """Another head, and the wait until the page has answered."""
        asked = BackMsg()
        asked.rerun_script.page_script_hash = self.page
        asked.rerun_script.fragment_id = self.fragment
        state = asked.rerun_script.widget_states.widgets.add()
        state.id = self.grid
        head = [self.dice.randrange(LAYERS), self.dice.randrange(HEADS)]
        state.json_value = json.dumps({"head": head})
        began = time.perf_counter()
        await self.socket.send(asked.SerializeToString())
        self.drawn.append(await self.finished() - began)
        self.seconds.append(time.perf_counter() - began)

    async def finished(self) -> float:
        """Reads what the server sends until a run has ended; when the matrix came.

        What the browser has already is named by the hash of its message.
        """
        came: float | None = None
        while True:
            said = ForwardMsg.FromString(await self.socket.recv())
            kind = said.WhichOneof("type")
            if kind == "new_session":
                self.page = said.new_session.page_script_hash
            elif self.component(said) == "attention_matrix":
                came = came or time.perf_counter()
            elif kind == "script_finished":
                if said.script_finished not in DONE:
                    raise RuntimeError("A run of the page failed; see the server's log")
                if came is not None:
                    return came
                raise RuntimeError("The click has drawn no matrix")

    def component(self, said: ForwardMsg) -> str:
        """Which of our widgets a message brings, itself or by its hash; "" for none."""
        if said.WhichOneof("type") == "ref_hash":
            return self.known.get(said.ref_hash, "")
        widget = said.delta.new_element.bidi_component
        if said.hash:
            self.known[said.hash] = widget.component_name
        if widget.component_name == "attention_head_grid":
            self.grid, self.fragment = widget.id, said.delta.fragment_id
        return widget.component_name

    async def read(self, until: float) -> None:
        """Thinks and clicks until the time is up."""
        while time.perf_counter() < until:
            await asyncio.sleep(self.dice.uniform(*THINKING))
            await self.click()


@dataclass(frozen=True)
class Taken:
    """What one crowd took: seconds of each opening and click, processor seconds of all of them.

    matrices  seconds of each click until the matrix came
    """

    openings: list[float]
    matrices: list[float]
    clicks: list[float]
    opening_busy: float
    clicking_busy: float


def text(number: int, size: int) -> str:
    """A text for each reader of each crowd, all of about the same length."""
    animal, place = ANIMALS[number % 10], PLACES[number // 10 % 10]
    return f"The old {animal} of {size} stories sleeps near the {place} because it is tired."


async def crowd(url: str, size: int, process: psutil.Process, seconds: float) -> Taken:
    """So many readers open Explore and click; what that took them, and the server."""
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    readers = []
    for number in range(size):
        socket = await connect(
            address, subprotocols=["streamlit"], origin=url, max_size=None,  # type: ignore[arg-type, list-item]
        )  # fmt: skip
        readers.append(Reader(socket, random.Random(number), text(number, size)))
    apart = ARRIVING / size if size > 1 else 0.0
    before = busy(process)
    await asyncio.gather(*(reader.open(apart * place) for place, reader in enumerate(readers)))
    opened = busy(process)
    until = time.perf_counter() + seconds
    await asyncio.gather(*(reader.read(until) for reader in readers))
    done = busy(process)
    for reader in readers:
        await reader.socket.close()
    return Taken(
        [reader.opening for reader in readers],
        [one for reader in readers for one in reader.drawn],
        [one for reader in readers for one in reader.seconds],
        opened - before,
        done - opened,
    )


def busy(process: psutil.Process) -> float:
    """Processor seconds of a process until now."""
    return float(sum(process.cpu_times()[:2]))


def spread(seconds: list[float]) -> str:
    """The median and the 95th percentile in ms."""
    ordered = sorted(seconds)
    p95 = ordered[min(len(ordered) - 1, int(0.95 * len(ordered)))]
    return f"{1000 * statistics.median(ordered):>6.0f} {1000 * p95:>6.0f} ms"


def server_process(url: str) -> psutil.Process:
    """The process that listens at this address."""
    port = int(url.rsplit(":", 1)[1])
    for process in psutil.Process().children(recursive=True):
        if any(line.laddr.port == port for line in process.net_connections("tcp")):
            return process
    raise LookupError(f"Nobody listens on port {port}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tree", nargs="?", type=Path, default=ROOT)
    parser.add_argument("--crowds", default=CROWDS)
    parser.add_argument("--seconds", type=float, default=SECONDS)
    asked = parser.parse_args()
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(Path(folder) / "server.log", asked.tree.resolve() / "app.py") as server,
    ):
        process = server_process(server.url)
        asyncio.run(crowd(server.url, 1, process, 5))  # warms what can be warmed
        print("readers | opening p50, p95, processor | matrix p50, p95 | click p50, p95, processor")
        for size in map(int, asked.crowds.split(",")):
            taken = asyncio.run(crowd(server.url, size, process, asked.seconds))
            opening = 1000 * taken.opening_busy / size
            click = 1000 * taken.clicking_busy / max(1, len(taken.clicks))
            print(
                f"{size:>7} | {spread(taken.openings)} {opening:>5.0f} ms "
                f"| {spread(taken.matrices)} | {spread(taken.clicks)} {click:>5.0f} ms"
            )


if __name__ == "__main__":
    main()
