"""Every mechanism's builder and slow loop, found in the test file of its family."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from attention_core.mechanisms import families
from tests.mechanisms.builder import BUILDERS, BY_HAND

for _family in pkgutil.iter_modules(families.__path__):
    import_module(f"tests.mechanisms.test_{_family.name}")

__all__ = ["BUILDERS", "BY_HAND"]
