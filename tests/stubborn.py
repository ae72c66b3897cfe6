"""Answers as a hostile model makes the library behave; the folder's name says how."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any


def answering() -> Callable[[Mapping[str, Any], list[bytes]], tuple[Any, list[bytes]]]:
    return answer


def answer(asked: Mapping[str, Any], _parts: list[bytes]) -> tuple[Any, list[bytes]]:
    folder = Path(asked["folder"])
    with (folder / "opened").open("a") as log:
        log.write(f"{os.getpid()}\n")
    if folder.name == "hangs":
        while True:
            pass
    if folder.name == "eats":
        held = bytearray(64 << 30)
        return len(held), []
    if folder.name == "ends":
        os._exit(3)
    if folder.name == "stops":
        raise RuntimeError("integer modulo by zero")
    return None, []
