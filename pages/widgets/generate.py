"""What the browser is told of Python: the types of every picture, and the palette.

python -m pages.widgets.generate     writes shared/pictures.d.ts and shared/palette.js
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import is_dataclass
from pathlib import Path
from types import NoneType
from typing import Any, Final, Literal, get_args, get_origin

import numpy as np

from attention_core.pictures import palette
from attention_core.pictures.contracts import PICTURES
from attention_core.pictures.contracts.packing import Chosen, Contract, Parts, Sent, notes

FOLDER: Final = Path(__file__).parent / "shared"
HEADER: Final = "// Made by `make types`; change {source} instead.\n"
PLAIN: Final = {
    str: "string",
    int: "number",
    float: "number",
    bool: "boolean",
    NoneType: "null",
    Any: "unknown",
}
ARRAYS: Final[dict[type[np.generic], str]] = {
    np.float32: "Float32Array",
    np.int32: "Int32Array",
    np.uint16: "Uint16Array",
    np.uint8: "Uint8Array",
}


def written() -> dict[Path, str]:
    """Every generated file and what it should hold."""
    return {FOLDER / "pictures.d.ts": declarations(), FOLDER / "palette.js": colours()}


def colours() -> str:
    """The palette as a module."""
    known: dict[str, Mapping[str, str | Sequence[str]]]
    known = {"accent": palette.ACCENT, "heads": palette.HEADS, "scale": palette.SCALE}
    lines = [HEADER.format(source="attention_core/pictures/palette.py")]
    for name, modes in known.items():
        lines.append(f"export const {name.upper()} = {{")
        for mode, value in modes.items():
            many = [value] if isinstance(value, str) else value
            shown = [f"    {json.dumps(colour)}," for colour in many]
            if isinstance(value, str):
                lines.append(f"  {mode}: {json.dumps(value)},")
            else:
                lines += [f"  {mode}: [", *shown, "  ],"]
        lines.append("};")
    return "\n".join([lines[0].rstrip(), *lines[1:]]) + "\n"


def declarations() -> str:
    """The types of all pictures and of what may be chosen in them."""
    blocks = [block for picture in PICTURES for block in interfaces(picture)]
    common = (
        "/** What comes with every picture: its words, its place on the page. */\n"
        "export interface Framed<Choice> {\n"
        "  id: string;\n"
        "  text: Record<string, string>;\n"
        "  choices: Partial<Choice> & { turn: string };\n"
        "}\n"
    )
    source = "attention_core/pictures/contracts"
    planes = 'import type { Planes } from "./planes.js";\n'
    return "\n".join([HEADER.format(source=source), planes, common, *blocks])


def interfaces(picture: type[Contract]) -> Iterator[str]:
    """A picture's own types: its parts, what may be chosen, and all of it."""
    name, known = picture.__name__, notes(picture)
    for _key, (_kind, note) in known.items():
        if isinstance(note, Parts):
            yield interface(note.of.__name__, plain_lines(note.of))
    plain = [kind for kind, note in known.values() if not isinstance(note, Parts)]
    for part in dict.fromkeys(part for kind in plain for part in contracts(kind)):
        fields = notes(part).items()
        yield interface(part.__name__, [f"{key}: {typed(one)};" for key, (one, _note) in fields])
    chosen = [
        f"{key}: {typed(kind).removesuffix(' | null')};"
        for key, (kind, note) in known.items()
        if isinstance(note, Chosen)
    ]
    yield interface(f"{name}Choice", chosen)
    yield interface(
        f"{name} extends Framed<{name}Choice>",
        [line for key, (kind, note) in known.items() for line in field(key, kind, note)],
    )


def contracts(kind: Any) -> Iterator[type[Contract]]:
    """The contracts that a type is made of: itself, or what it holds."""
    if isinstance(kind, type) and issubclass(kind, Contract):
        yield kind
    for inner in get_args(kind):
        yield from contracts(inner)


def interface(head: str, lines: Sequence[str]) -> str:
    return "\n".join([f"export interface {head} {{", *(f"  {line}" for line in lines), "}\n"])


def plain_lines(contract: type[Contract]) -> list[str]:
    """The fields of a part that stay with it: all but its arrays."""
    known = notes(contract)
    return [
        line
        for key, (kind, note) in known.items()
        if not isinstance(note, Sent)
        for line in field(key, kind, note)
    ]


def field(key: str, kind: Any, note: Any) -> Iterator[str]:
    """The lines of one field: as many as it has names in the browser."""
    empty = " | null" if NoneType in get_args(kind) else ""
    if isinstance(note, Chosen):
        return
    if isinstance(note, Sent):
        yield f"/** {note.axes.replace(' ', ' × ')} */"
        yield f"{key}: {'Planes' if note.planes else ARRAYS[note.dtype]}{empty};"
        if note.ragged:
            yield f"{key}_shapes: number[][];"
    elif isinstance(note, Parts):
        yield f"{key}: {note.of.__name__}[];"
        for name, (one, inner) in notes(note.of).items():
            if isinstance(inner, Sent):
                yield from field(name, one, inner)
    else:
        yield f"{key}: {typed(kind)};"


def typed(kind: Any) -> str:
    """A Python type as TypeScript says it.

    >>> typed(Sequence[str] | None)
    'string[] | null'
    >>> typed(Mapping[str, Sequence[float | bool]])
    'Record<string, (number | boolean)[]>'
    """
    origin, inner = get_origin(kind), get_args(kind)
    if kind in PLAIN:
        return PLAIN[kind]
    if is_dataclass(kind):
        return str(getattr(kind, "__name__", ""))
    if origin is Literal:
        return " | ".join(json.dumps(one) for one in inner)
    return held(origin, inner) if isinstance(origin, type) else " | ".join(map(typed, inner))


def held(origin: type[Any], inner: Sequence[Any]) -> str:
    """A type that holds others: a tuple, a mapping, a list."""
    within = [typed(one) for one in inner]
    if origin is tuple:
        return f"[{', '.join(within)}]"
    if issubclass(origin, Mapping):
        return f"Record<{', '.join(within)}>"
    if issubclass(origin, Sequence):
        return f"({within[0]})[]" if " | " in within[0] else f"{within[0]}[]"
    return " | ".join(within)


if __name__ == "__main__":
    for path, text in written().items():
        path.write_text(text, encoding="utf-8")
