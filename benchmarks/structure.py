"""The shape of the code: rooms, arrows between them, and the longest function in each language.

python -m benchmarks.structure            this checkout
python -m benchmarks.structure PATH       another one, such as an older worktree
"""

from __future__ import annotations

import ast
import re
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Final, NamedTuple

ROOT: Final = Path(__file__).parents[1]
PACKAGES: Final = ("attention_core", "models", "pages")
_OPENS: Final = re.compile(
    r"(?:function\s*(?P<name>\w*)\s*\([^{]*|=>\s*|^\s+(?P<method>\w+)\([^{;]*)\{$", re.M
)


class Function(NamedTuple):
    """One function and its lines, from its first line to its last."""

    lines: int
    name: str
    place: str


def modules(root: Path) -> dict[str, Path]:
    """Every module of the app by its dotted name."""
    found = {}
    for package in PACKAGES:
        for path in sorted((root / package).rglob("*.py")):
            parts = path.relative_to(root).with_suffix("").parts
            found[".".join(parts[:-1] if parts[-1] == "__init__" else parts)] = path
    return found


def arrows(root: Path) -> set[tuple[str, str]]:
    """(module, imported module) for every import between modules of the app."""
    known = modules(root)
    found = set()
    for name, path in known.items():
        for wanted in imported(path):
            target = wanted if wanted in known else wanted.rpartition(".")[0]
            if target in known and target != name:
                found.add((name, target))
    return found


def imported(path: Path) -> Iterator[str]:
    """Dotted names that a file imports; `from a import b` gives a.b, a module or a name in one."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def python_functions(root: Path) -> Iterator[Function]:
    """Every function of the app in Python."""
    for path in modules(root).values():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                yield Function(lines, node.name, path.relative_to(root).as_posix())


def script_functions(root: Path) -> Iterator[Function]:
    """Every function in braces of the browser's scripts, those inside others too."""
    for path in scripts(root):
        text = path.read_text(encoding="utf-8")
        for found in _OPENS.finditer(text):
            end = closing(text, found.end())
            lines = text.count("\n", found.end(), end) + 1
            name = found["name"] or found["method"] or "(arrow)"
            if name not in ("if", "for", "while", "switch", "catch"):
                yield Function(lines, name, path.relative_to(root).as_posix())


def scripts(root: Path) -> list[Path]:
    """The browser's scripts, tests left out."""
    return [path for path in sorted((root / "pages").rglob("*.js")) if "test" not in path.stem]


def closing(text: str, start: int) -> int:
    """Where the brace that was opened before `start` is closed; formatted code has it so."""
    line = text.rfind("\n", 0, start) + 1
    indent = len(text[line:]) - len(text[line:].lstrip(" "))
    end = re.compile(rf"^ {{0,{indent}}}\}}", re.M).search(text, start)
    return end.start() if end else len(text)


def room(module: str) -> str:
    """The folder that a module stands in, two levels deep."""
    return ".".join(module.split(".")[:2])


def show(root: Path) -> None:
    """Prints the figures."""
    known, drawn = modules(root), arrows(root)
    between = {(room(a), room(b)) for a, b in drawn if room(a) != room(b)}
    print(f"modules {len(known)}, imports between them {len(drawn)}")
    print(f"rooms {len({room(name) for name in known})}, arrows between rooms {len(between)}")
    inside = Counter(room(a) for a, b in drawn if room(a) == room(b))
    for name, count in inside.most_common(6):
        print(f"  inside {name}: {sum(room(one) == name for one in known)} modules, {count} arrows")
    for language, found in (
        ("Python", python_functions(root)),
        ("JavaScript", script_functions(root)),
    ):
        ordered = sorted(found, reverse=True)
        typical = median(one.lines for one in ordered)
        print(f"{language}: {len(ordered)} functions, median {typical:g} lines")
        for one in ordered[:3]:
            print(f"  {one.lines} {one.name} in {one.place}")
    print("lines of JavaScript:", sum(len(p.read_text().splitlines()) for p in scripts(root)))


if __name__ == "__main__":
    show(Path(sys.argv[1]).resolve() if len(sys.argv) > 1 else ROOT)
