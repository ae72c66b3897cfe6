"""The model that nobody has trained."""

from __future__ import annotations

from attention_core.marking import N_
from models.families import fake
from models.families.reader import Reader
from models.store.card import Card, Entry
from models.store.sources import Source, register

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
register(Source("untrained", 30, lambda: (_FAKE,)))
