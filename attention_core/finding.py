"""How every registry finds what belongs to it: one file each in a folder, and installed packages.

What is added is a file; no list is kept beside it. A package of somebody else names its own under
the registry's group of entry points; one that cannot be loaded is logged and harms nobody.

>>> from attention_core.numbers import measures
>>> [module.__name__.rpartition(".")[2] for module in found(measures)][:2]
['distance', 'entropy']
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from importlib import import_module
from importlib.metadata import entry_points
from pkgutil import iter_modules
from types import ModuleType
from typing import Any

log = logging.getLogger("attention_atlas")


def found(package: ModuleType, group: str = "") -> Iterator[Any]:
    """The modules of a package by name, then what installed packages name under a group."""
    for module in iter_modules(package.__path__, f"{package.__name__}."):
        yield import_module(module.name)
    for point in entry_points(group=group) if group else ():
        try:
            yield point.load()
        except Exception:
            log.exception("What %s names for %s cannot be loaded", point.value, group)
