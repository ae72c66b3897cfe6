"""How long a click on a head takes while 1, 30 and 100 readers have Explore open.

python -m benchmarks.readers

Each reader is a websocket session of its own that speaks Streamlit's protocol, opens Explore and
clicks another head every few seconds; the time is from the click to the end of the script's run,
as the browser would be told. Everything stays on this machine.
"""

from __future__ import annotations

import asyncio
import json
import random
import statistics
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path

import psutil
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg
from websockets.asyncio.client import ClientConnection, connect

from tests.browser.server import serving

CROWDS = (1, 30, 100)
SECONDS = 50.0
"""How long each crowd clicks."""
THINKING = (2.5, 7.5)
"""Seconds between two clicks of one reader."""
LAYERS, HEADS = 6, 12
DONE = ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY


@dataclass
class Reader:
    """One session: where its grid of heads is on the page, and how long its clicks took."""

    socket: ClientConnection
    dice: random.Random
    grid: str = ""
    fragment: str = ""
    page: str = ""
    seconds: list[float] = field(default_factory=list)

    async def open(self) -> None:
        """The first visit of Explore: remembers what a click must name."""
        asked = BackMsg()
        asked.rerun_script.page_name = "explore"
        await self.socket.send(asked.SerializeToString())
        await self.finished()

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
        await self.finished()
        self.seconds.append(time.perf_counter() - began)

    async def finished(self) -> None:
        """Reads what the server sends until a run has ended."""
        drawn = set[str]()
        while True:
            said = ForwardMsg.FromString(await self.socket.recv())
            kind = said.WhichOneof("type")
            if kind == "new_session":
                self.page = said.new_session.page_script_hash
            elif kind == "delta" and said.delta.WhichOneof("type") == "new_element":
                widget = said.delta.new_element.bidi_component
                drawn.add(widget.component_name)
                if widget.component_name == "attention_head_grid":
                    self.grid, self.fragment = widget.id, said.delta.fragment_id
            elif kind == "script_finished":
                if said.script_finished not in DONE:
                    raise RuntimeError("A run of the page failed; see the server's log")
                if "attention_matrix" in drawn:
                    return
                raise RuntimeError("The click has drawn no matrix")

    async def read(self, until: float) -> None:
        """Thinks and clicks until the time is up."""
        while time.perf_counter() < until:
            await asyncio.sleep(self.dice.uniform(*THINKING))
            await self.click()


async def crowd(url: str, size: int, process: psutil.Process) -> tuple[list[float], float]:
    """Seconds of every click of so many readers, and the server's processor seconds for them."""
    address = url.replace("http", "ws", 1) + "/_stcore/stream"
    readers = []
    for number in range(size):
        socket = await connect(
            address, subprotocols=["streamlit"], origin=url, max_size=None,  # type: ignore[arg-type, list-item]
        )  # fmt: skip
        reader = Reader(socket, random.Random(number))
        await reader.open()
        readers.append(reader)
    before = sum(process.cpu_times()[:2])
    until = time.perf_counter() + SECONDS
    await asyncio.gather(*(reader.read(until) for reader in readers))
    busy = sum(process.cpu_times()[:2]) - before
    for reader in readers:
        await reader.socket.close()
    return [seconds for reader in readers for seconds in reader.seconds], busy


def server_process(url: str) -> psutil.Process:
    """The process that listens at this address."""
    port = int(url.rsplit(":", 1)[1])
    for process in psutil.Process().children(recursive=True):
        if any(line.laddr.port == port for line in process.net_connections("tcp")):
            return process
    raise LookupError(f"Nobody listens on port {port}")


def main() -> None:
    with tempfile.TemporaryDirectory() as folder, serving(Path(folder) / "server.log") as server:
        process = server_process(server.url)
        asyncio.run(crowd(server.url, 1, process))  # the first visitor warms what can be warmed
        print("readers clicks      p50      p95  p95 / one  processor time a click")
        alone = 0.0
        for size in CROWDS:
            taken, busy = asyncio.run(crowd(server.url, size, process))
            p95 = sorted(taken)[min(len(taken) - 1, int(0.95 * len(taken)))]
            alone = alone or p95
            print(
                f"{size:>7} {len(taken):>6} {1000 * statistics.median(taken):>5.0f} ms "
                f"{1000 * p95:>5.0f} ms {p95 / alone:>10.1f} {1000 * busy / len(taken):>7.0f} ms"
            )


if __name__ == "__main__":
    main()
