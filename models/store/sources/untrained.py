"""The model that nobody has trained."""

from __future__ import annotations

from attention_core.marking import N_
from models.families import fake
from models.families.pictures import Viewer
from models.families.pictures import untrained as eye
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
_EYE = Entry(
    Card(
        name="fake-eye",
        title=N_("Untrained vision transformer"),
        parameters=sum(weights.numel() for weights in eye.model().parameters()),
        megabytes=0.1,
        languages=(),
        licence="Apache-2.0",
        data=N_("none: its weights are random numbers from a fixed seed"),
        good_for=N_("seeing what attention to a picture looks like before any training"),
        source="https://github.com/huggingface/transformers",
        reads="pictures",
    ),
    lambda: Viewer("fake-eye", eye.eye()),
    "see",
)
register(Source("untrained", 30, lambda: (_FAKE, _EYE)))
