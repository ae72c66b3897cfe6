"""What comes to a browser over the wire: messages of the websocket, and answers to requests."""

from __future__ import annotations

from dataclasses import dataclass, field

from playwright.sync_api import Page


@dataclass(frozen=True)
class Wire:
    """Sizes in bytes, as they come; of an answer with its headers, as it was compressed.

    What the browser takes out of its cache does not come over the wire.
    """

    messages: list[int] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    @property
    def total(self) -> int:
        """All bytes since the last `clear`."""
        return sum(self.messages) + sum(self.answers)

    def clear(self) -> None:
        """Begin anew."""
        self.messages.clear()
        self.answers.clear()


def listened(page: Page) -> Wire:
    """The wire of a page from now on; its websocket must not be open yet."""
    wire = Wire()
    page.on(
        "websocket",
        lambda socket: socket.on(
            "framereceived",
            lambda frame: wire.messages.append(
                len(frame.encode() if isinstance(frame, str) else frame)
            ),
        ),
    )
    tools = page.context.new_cdp_session(page)
    tools.send("Network.enable")
    tools.on(
        "Network.loadingFinished",
        lambda done: wire.answers.append(int(done["encodedDataLength"])),
    )
    return wire
