"""Collects every sentence marked for translation and compares it with a language's catalogue.

Marked is what stands in `_("…")`, `ngettext("…", "…", n)`, `N_("…")`, and as the first argument of
an error of ours, whose sentences readers see too.

    python -m pages.locale.collect            brings the catalogues up to date
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir, extract_from_file
from babel.messages.pofile import read_po, write_po

from attention_core.errors import AttentionError
from attention_core.watching.record import Note

ROOT: Final = Path(__file__).parents[2]
FOLDERS: Final = ("pages", "models", "attention_core")
DERIVED: Final = re.compile(r"^class (\w+)\((\w+)\):", re.MULTILINE)
"""A class and what it derives from, where that is one."""
CATALOGUES: Final = {
    path.parents[1].name: path for path in sorted(Path(__file__).parent.glob("*/*/atlas.po"))
}


def collected() -> Catalog:
    """Every marked sentence, with the files it stands in."""
    catalog = Catalog(project="Attention Atlas", charset="utf-8")
    for file, message, comments in marked():
        catalog.add(message, locations=[(file, 0)], auto_comments=comments)
    return catalog


def marked() -> Iterator[tuple[str, str | tuple[str, ...], list[str]]]:
    """File, sentence (or its singular and plural) and the notes to the translator beside it."""
    spoken = [*error_names(), Note.__name__]
    keywords = {**DEFAULT_KEYWORDS, **dict.fromkeys(spoken)}
    for _line, message, comments, _context in extract_from_file(
        "python", ROOT / "app.py", keywords, ["Translators:"]
    ):
        yield "app.py", message, comments
    for folder in FOLDERS:
        for file, _line, message, comments, _context in extract_from_dir(
            ROOT / folder, [("**.py", "python")], keywords=keywords, comment_tags=["Translators:"]
        ):
            yield f"{folder}/{file}", message, comments


def error_names() -> set[str]:
    """The names of our errors and of all that derive from them, as they stand in the files.

    >>> sorted(error_names() & {"AttentionError", "NoRoom", "ValueError"})
    ['AttentionError', 'NoRoom']
    """
    texts = [
        path.read_text("utf-8") for folder in FOLDERS for path in (ROOT / folder).rglob("*.py")
    ]
    classes = [pair for text in texts for pair in DERIVED.findall(text)]
    known = {AttentionError.__name__}
    while more := {name for name, base in classes if base in known} - known:
        known |= more
    return known


def catalogue(code: str) -> Catalog:
    """A language's catalogue as it stands in its file."""
    with CATALOGUES[code].open("rb") as source:
        return read_po(source, locale=code)


def update(code: str) -> None:
    """Add new sentences to a catalogue, drop those that nobody says any more."""
    held = catalogue(code)
    written = held.creation_date
    held.update(collected(), no_fuzzy_matching=True, update_header_comment=False)
    held.obsolete.clear()
    held.creation_date = written  # else every update would change the file
    with CATALOGUES[code].open("wb") as target:
        write_po(target, held, width=100, sort_output=True, no_location=True, ignore_obsolete=True)


def problems(code: str) -> list[str]:
    """What is missing, left over or unlike the English in a catalogue; one sentence each."""
    held = {message.id: message for message in catalogue(code) if message.id}
    wanted = {message.id: message for message in collected() if message.id}
    return [
        *(f"not in {code}: {missing!r}" for missing in wanted if missing not in held),
        *(f"in {code} but said nowhere: {left!r}" for left in held if left not in wanted),
        *(problem for message in held.values() for problem in flaws(message)),
    ]


def flaws(message: Message) -> Iterator[str]:
    """What is wrong with one translation by itself."""
    said = forms(message.string)
    if message.fuzzy:
        yield f"fuzzy: {message.id!r}"
    if not said or not all(said):
        yield f"not translated: {message.id!r}"
        return
    places = set().union(*map(placeholders, forms(message.id)))
    for form in said:
        if placeholders(form) != places:
            yield f"placeholders differ: {message.id!r} has {sorted(places)}, {form!r} does not"


def forms(text: str | Iterable[str] | None) -> list[str]:
    """The singular and the plurals of a message."""
    return [text] if isinstance(text, str) else list(text or ())


def placeholders(text: str) -> set[str]:
    """The names in {braces}, as `str.format` reads them."""
    return {name for _text, name, _spec, _conversion in string.Formatter().parse(text) if name}


if __name__ == "__main__":
    for language in CATALOGUES:
        update(language)
