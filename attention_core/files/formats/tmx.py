"""Translation memories: TMX, the XML that computer-aided translation exchanges.

>>> said = '<tuv xml:lang="en"><seg>A cat.</seg></tuv><tuv xml:lang="fr"><seg>Un chat.</seg></tuv>'
>>> from_tmx(f'<tmx version="1.4"><body><tu>{said}</tu></body></tmx>'.encode()).rows[0].target
'Un chat.'
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Final
from xml.etree.ElementTree import Element, ParseError, iterparse

from attention_core.errors import TextError
from attention_core.files.format import PairsFormat, Part, Reading
from attention_core.files.pairs import MOST_BYTES, Pairs, few, unlinked
from attention_core.files.text import beginning
from attention_core.marking import N_

_LANGUAGE: Final = ("{http://www.w3.org/XML/1998/namespace}lang", "lang")
DEEPEST: Final = 100
"""Elements inside each other; a memory has seven, with highlights a few more."""


def recognised(data: bytes) -> bool:
    """The element tmx near the beginning of XML."""
    head = "\n".join(beginning(data))
    return head.lstrip().startswith("<") and "<tmx" in head


def from_tmx(data: bytes, cut: bool = False) -> Pairs:
    """The units of a memory in its first two languages; units without one of them are left out.

    Marks inside a segment, such as <bpt>, are left out with what they hold. Nothing that the file
    declares is fetched or expanded. Raises TextError, TooLong as `from_table` does.

    Source: TMX 1.4b, https://www.gala-global.org/tmx-14b
    """
    if len(data) > MOST_BYTES:
        raise TextError(
            "This file has {size} MB; at most {most} MB are read. Take a part of it.",
            size=len(data) // 1_000_000, most=MOST_BYTES // 1_000_000,
        )  # fmt: skip
    languages, found = list[str](), list[tuple[str, str]]()
    for unit in _units(data):
        said = {_language(one): _text(one) for one in unit.iter("tuv")}
        languages = languages or list(said)[:2]
        if len(languages) == 2 and all(said.get(language) for language in languages):
            found.append((said[languages[0]], said[languages[1]]))
    if not found:
        raise TextError("This translation memory has no unit in two languages.")
    return unlinked(few(found, cut))


def _units(data: bytes) -> Iterator[Element]:
    """Each unit once it is read, so that no tree of the whole file is built."""
    if any("<!ENTITY".encode(coding) in data for coding in ("utf-8", "utf-16-le", "utf-16-be")):
        raise TextError("This translation memory declares entities of its own; save it without.")
    body: Element | None = None
    depth = 0
    try:
        events = iterparse(io.BytesIO(data), ("start", "end"))  # noqa: S314  no entities are left
        for event, element in events:
            depth += 1 if event == "start" else -1
            if depth > DEEPEST:
                raise TextError(
                    "The elements of this file lie too deep; it is no translation memory."
                )
            if event == "start" and element.tag == "body":
                body = element
            elif event == "end" and element.tag == "tu":
                yield element
                if body is not None:
                    body.clear()
    except ParseError as fault:
        raise TextError(
            "Line {line} of this file is no XML that can be read; export the translation memory "
            "again.",
            line=fault.position[0],
        ) from fault


def _language(said: Element) -> str:
    return next((said.attrib[name] for name in _LANGUAGE if name in said.attrib), "").lower()


def _text(said: Element) -> str:
    """The text of a segment and of what is highlighted in it, on one line."""
    segment = said.find("seg")
    if segment is None:
        return ""
    parts = [segment.text or ""]
    for mark in segment:
        parts += ["".join(mark.itertext()) if mark.tag == "hi" else "", mark.tail or ""]
    return " ".join("".join(parts).split())


def _read(files: Sequence[bytes | None], how: Reading) -> Pairs:
    return from_tmx(files[0] or b"", how.cut)


FORMAT: Final = PairsFormat(
    name="tmx",
    title="TMX",
    endings=("tmx", "xml"),
    looks=N_("A translation memory; its first two languages are read."),
    recognise=recognised,
    parts=(Part("memory", N_("Translation memory"), ("tmx", "xml")),),
    read=_read,
    declares=True,
    counted=False,
)
