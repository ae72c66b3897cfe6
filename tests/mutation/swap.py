"""A fault put into a module that is in memory already: the code of its function is exchanged.

Whoever imported the function has it too. Only what is worked out when a module is imported, such as
a constant or a default, cannot be exchanged; for that the module must be imported anew.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator
from types import CodeType, FunctionType, ModuleType
from typing import Any


def swapped(module: ModuleType, before: str, after: str) -> Callable[[], None] | None:
    """What puts the source `after` in place of `before`; None where that cannot be done."""
    codes = (compile(source, module.__file__ or "", "exec") for source in (before, after))
    pairs = list(_different(*codes))
    exchanged = [(_function(module, old.co_qualname), new) for old, new in pairs]
    if not exchanged or not all(function for function, _ in exchanged):
        return None

    def swap() -> None:
        for function, code in exchanged:
            if function is not None:
                function.__code__ = code

    return swap


def _different(before: CodeType, after: CodeType) -> Iterator[tuple[CodeType, CodeType]]:
    """The functions that differ, or the module or class whose own lines do."""
    if before == after:
        return
    if before.co_flags & inspect.CO_OPTIMIZED or _own(before) != _own(after):
        yield before, after
        return
    for old, new in zip(_inner(before), _inner(after), strict=True):
        yield from _different(old, new)


def _own(code: CodeType) -> tuple[Any, ...]:
    """What a code does, apart from the functions in it."""
    constants = [(type(part), part) for part in code.co_consts if not isinstance(part, CodeType)]
    return code.co_code, code.co_names, constants


def _inner(code: CodeType) -> list[CodeType]:
    return [part for part in code.co_consts if isinstance(part, CodeType)]


def _function(module: ModuleType, name: str) -> FunctionType | None:
    """The function of that name in a module, without what decorates it."""
    found: Any = module
    for part in name.split("."):
        found = getattr(found, "__dict__", {}).get(part)
    if isinstance(found, property):
        found = found.fget
    found = inspect.unwrap(getattr(found, "__func__", found))
    fits = isinstance(found, FunctionType) and found.__code__.co_qualname == name
    return found if fits else None
