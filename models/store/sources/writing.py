"""Models from elsewhere that write one text from another, opened as translators.

Their names say where the model lies and what is wished of it:
`translate:hub:owner/name?from=en&to=fr`.

>>> named("hub:owner/name", Wish("en", "fr"))
'translate:hub:owner/name?from=en&to=fr'
>>> parted("translate:folder:mine?to=de")
('folder:mine', Wish(source='', target='de', prefix=''))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from urllib.parse import parse_qsl, urlencode

from attention_core.errors import ModelError
from models.families.family import Origin, families
from models.families.seq2seq.languages import Wish
from models.store.card import Entry, from_files
from models.store.sources import Source, register, sources
from models.store.sources.folders import names, origin

WRITES = "translate:"
"""Begins the names of sequence-to-sequence models that are opened as translators."""


def named(where: str, wish: Wish) -> str:
    """The name of a translator: where its model lies, and what is wished of it.

    where  ``folder:my-model`` or ``hub:owner/name``
    """
    asked = {"from": wish.source, "to": wish.target, "prefix": wish.prefix}
    query = urlencode({key: value for key, value in asked.items() if value})
    return f"{WRITES}{where}{'?' if query else ''}{query}"


def parted(name: str) -> tuple[str, Wish]:
    """Where the model of that name lies, and what is wished of it."""
    where, asked = _asked(name)
    return where, Wish(asked.get("from", ""), asked.get("to", ""), asked.get("prefix", ""))


def _asked(name: str) -> tuple[str, dict[str, str]]:
    where, _, query = name.removeprefix(WRITES).partition("?")
    return where, dict(parse_qsl(query, max_num_fields=8)) if len(query) < 600 else {}


def _listed() -> Iterator[Entry]:
    """Those models of the operator's directory that write one text from another."""
    for name in names():
        found = origin(name)
        if found and _writes(found):
            yield _found(f"{WRITES}{name}")


def _writes(origin: Origin) -> bool:
    writing = (one for one in families() if one.task == "translate")
    return any(one.takes(origin.config) for one in writing)


def _found(name: str) -> Entry:
    """A sequence-to-sequence model as a translator, with the languages that its name wishes."""
    where, asked = _asked(name)
    for source in sources():
        files = source.files(where) if source.files and where.startswith(source.prefix) else None
        if files is not None:
            _, wish = parted(name)
            languages = (wish.source, wish.target) if wish.source and wish.target else ()
            card = replace(files[0], name=name, languages=languages)
            return from_files(card, _wishing(files[1], asked), "translate")
    raise ModelError(
        "There is no model “{name}” that translates; choose one of the list.", name=where[:80]
    )


def _wishing(origin: Callable[[], Origin], wishes: dict[str, str]) -> Callable[[], Origin]:
    return lambda: replace(origin(), wishes=wishes)


register(Source("writing", 50, _listed, WRITES, _found))
