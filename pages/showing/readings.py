"""Readings shared by all readers of the server: each text is read once, however many ask.

What the pages open with is read ahead of the first visit.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray
from torch import Tensor

from attention_core.errors import AttentionError, ModelError
from attention_core.files.photograph import Photograph
from attention_core.files.sound import Sound
from attention_core.marking import N_
from attention_core.numbers import labels, measures
from attention_core.numbers.named import Named
from attention_core.pictures import views
from attention_core.watching.capture import never
from attention_core.watching.edit import Edit
from attention_core.watching.record import AttentionRecord, Site
from models.corpora import treebanks
from models.corpora.grammar import Followed, heads_of_relations
from models.corpora.head_search import Aligners, heads_that_align
from models.corpora.pairs import ready_gold
from models.corpora.treebanks import Ready
from models.families.family import Watched
from models.families.pictures import Namer, Viewer
from models.families.pictures.classifying import Cam, Naming
from models.families.pictures.viewer import Fit, Sight
from models.families.reader import Reader
from models.families.remarks import joined
from models.families.sound import Heard, Listener
from models.families.translation import USUAL, Search, Translating, Translation
from models.ours.decides.canvas import Placed
from models.ours.decides.nouns import Language
from models.ours.decides.reader import Decided, Decider, canvas
from models.ours.translator.influence import influence
from models.ours.translator.reader import TranslatorReader
from models.store import catalogue, reactions, shelf
from models.work.desk import DESK
from pages.frame import examples, session, waiting
from pages.frame.language import _

log = logging.getLogger("attention_atlas")

DEFAULTS = {"read": "minilm", "translate": "transformer-en-fr"}
"""The model that a page opens with, by what it does."""
_NOT_READING: Final = {
    "see": N_(
        "{model} sees pictures and reads no text; open it on the page Pictures, or choose a model "
        "of language."
    ),
    "hear": N_(
        "{model} hears speech and reads no text; open it on the page Sound, or choose a model of "
        "language."
    ),
}
Edits = tuple[Edit, ...]
THUMBNAIL = 28
"""Pixels along one side of a head's thumbnail."""


@dataclass(frozen=True)
class Part:
    """The sites of one kind in a record, with what the overview of their heads needs.

    thumbs    for each site (head, THUMBNAIL, THUMBNAIL)
    measures  name to (layer, head)
    labels    the same, how well each head fits what heads are called; empty where it was not asked
    """

    sites: tuple[Site[Any], ...]
    thumbs: list[NDArray[np.uint8]]
    measures: dict[str, Named]
    labels: Mapping[str, Named] = field(default_factory=dict)

    @property
    def heads(self) -> list[tuple[int, int]]:
        """(layer, head) of every head there is, counted from 0 among these sites."""
        return [
            (layer, head) for layer, site in enumerate(self.sites) for head in range(site.heads)
        ]


def part(sites: tuple[Site, ...], cancelled: Callable[[], bool] = never) -> Part:
    """These sites with what the overview of their heads needs; raises Superseded if cancelled."""
    thumbs = views.overview(sites, THUMBNAIL, cancelled)
    named = labels.scores(sites, cancelled=cancelled)
    return Part(sites, thumbs, measures.table(sites, cancelled), named)


@dataclass(frozen=True)
class Reading:
    """A record and everything worked out from it once.

    named  the names of the model's special tokens that stand in the text, such as [MASK]
    """

    record: AttentionRecord
    parts: dict[str, Part]
    named: tuple[str, ...] = ()


def read(model: str, text: str, second: str = "", cut: bool = False, own: bool = False) -> Reading:
    """One model's reading of one text.

    own  True where typed names of special tokens stand for these tokens

    Raises TextError or ModelError with a sentence for the reader.
    """
    return _read(model, text, second, cut, own)


@st.cache_resource(max_entries=24, show_spinner=False)
def _read(model: str, text: str, second: str, cut: bool, own: bool) -> Reading:
    entry = catalogue.entry(model)
    if entry.task in _NOT_READING:
        raise ModelError(_NOT_READING[entry.task], model=entry.card.title)
    reader = opened(model)

    def seen(cancelled: Callable[[], bool]) -> AttentionRecord:
        if isinstance(reader, Reader):
            return reader.read(text, second, cancelled=cancelled, cut=cut, own=own)
        if not isinstance(reader, Translating):
            raise _wrong(model)
        if second:
            return reader.align(text, second, cut, (), cancelled).record
        return reader.translate(text, cut=cut, cancelled=cancelled).record

    def work(cancelled: Callable[[], bool]) -> tuple[AttentionRecord, dict[str, Part]]:
        waiting.step("")
        record = seen(cancelled)
        waiting.step(_("Measuring every head …"))
        return record, {kind: part(record.of(kind), cancelled) for kind in record.kinds}

    record, parts = DESK.run(session.reader(), work)
    named = reader.named(text, second) if isinstance(reader, Reader) else ()
    return Reading(record, parts, named)


def repeating(model: str) -> dict[str, Mapping[str, Named]]:
    """How well each head fits what heads are called on tokens that are said several times over:
    the kind of attention to (layer, head) by label; once for each model.

    Raises ModelError where the model cannot read such tokens.
    """
    return _repeating(model)


@st.cache_resource(max_entries=24, show_spinner=False)
def _repeating(model: str) -> dict[str, Mapping[str, Named]]:
    found = reader(model)

    def work(cancelled: Callable[[], bool]) -> dict[str, Mapping[str, Named]]:
        record = found.repeated(cancelled=cancelled)
        return {
            kind: labels.scores(record.of(kind), repeats=True, cancelled=cancelled)
            for kind in record.kinds
        }

    return DESK.run(session.reader(), work)


_FOLLOWED: dict[str, Followed] = {}
_ALIGNED: dict[str, Aligners] = {}
"""What is known of the heads of each model: a few numbers a head, as long as the server runs."""


def treebank_of(model: str) -> Ready | None:
    """Our treebank on which a model's heads are held against trees; None where none suits."""
    return treebanks.suited(model, catalogue.entry(model).card.languages)


def follows(model: str) -> Followed:
    """Which heads follow which relations of grammar in our treebank; once for each model.

    Raises as `read` does, and ModelError where we have no treebank that the model reads.
    """
    return _FOLLOWED.get(model) or _followed(model)


def known_to_follow(model: str) -> Followed | None:
    """The same as far as somebody has asked; nothing is computed."""
    return _FOLLOWED.get(model)


@st.cache_resource(max_entries=24, show_spinner=False)
def _followed(model: str) -> Followed:
    found, bank = reader(model), treebank_of(model)
    if bank is None:
        raise ModelError(
            "We have no sentences with trees in a language that {model} reads; bring a treebank on "
            "the page What heads know of grammar.",
            model=catalogue.entry(model).card.title,
        )
    trees = treebanks.ready(bank).trees[: treebanks.ASKED]

    def work(cancelled: Callable[[], bool]) -> Followed:
        return heads_of_relations(found, trees, cancelled, counting(len(trees)))

    _FOLLOWED[model] = DESK.run(session.reader(), work)
    return _FOLLOWED[model]


def aligns(model: str) -> Aligners:
    """Which heads of a translator align, on our own pairs; once for each model.

    Raises as `read` does, and ModelError where we have no pairs in its languages.
    """
    return _ALIGNED.get(model) or _aligned(model)


def known_to_align(model: str) -> Aligners | None:
    """The same as far as somebody has asked; nothing is computed."""
    return _ALIGNED.get(model)


@st.cache_resource(max_entries=24, show_spinner=False)
def _aligned(model: str) -> Aligners:
    found = translator(model)
    pairs = ready_gold(*found.languages)
    if pairs is None:
        raise ModelError(
            "We have no pairs with links in the languages of {model}; bring some on the page Find "
            "the head that aligns.",
            model=catalogue.entry(model).card.title,
        )

    def work(cancelled: Callable[[], bool]) -> Aligners:
        return heads_that_align(found, pairs.rows, cancelled, counting(len(pairs)))

    _ALIGNED[model] = DESK.run(session.reader(), work)
    return _ALIGNED[model]


def counting(total: int) -> Callable[[int], None]:
    """Tells a waiting reader how many sentences are read."""
    template = _("Reading sentence {done} of {count} …")
    return lambda done: waiting.step(template.format(done=done, count=total))


def see(model: str, photo: Photograph, fit: Fit, short: int) -> Sight:
    """What one model makes of a picture.

    fit    all of it in its own shape, or as the model learned to see
    short  patches along the shorter side of a whole picture

    Raises ModelError with a sentence for the reader.
    """
    return _see(model, photo.digest, fit, short, photo)


@st.cache_resource(max_entries=6, show_spinner=False)
def _see(model: str, digest: str, fit: Fit, short: int, _photo: Photograph) -> Sight:
    viewer = opened(model)
    if not isinstance(viewer, Viewer):
        raise _wrong(model)

    def work(cancelled: Callable[[], bool]) -> Sight:
        return viewer.see(_photo, fit, short, cancelled)

    return DESK.run(session.reader(), work)


@st.cache_resource(max_entries=1, show_spinner=False)
def scored_heads() -> tuple[Tensor, int]:
    """(layer, head): how many atoms of mapped reactions each head finds, and of how many."""
    found, count = None, 0
    for one in reactions.known():
        right = reactions.right(read(reactions.MODEL, one.smiles).record, one.maps)
        found, count = (right if found is None else found + right), count + len(one.maps)
    if found is None:
        raise _wrong(reactions.MODEL)
    return found, count


def listen(model: str, sound: Sound) -> Heard:
    """What one model hears in a sound.

    Raises TextError or ModelError with a sentence for the reader.
    """
    return _listen(model, sound.digest, sound)


@st.cache_resource(max_entries=8, show_spinner=False)
def _listen(model: str, digest: str, _sound: Sound) -> Heard:
    listener = opened(model)
    if not isinstance(listener, Listener):
        raise _wrong(model)
    return DESK.run(session.reader(), lambda cancelled: listener.listen(_sound, cancelled))


def naming(photo: Photograph) -> Naming:
    """What a classifier says that a picture shows; raises ModelError where there is none."""
    return _naming(photo.digest, photo)


@st.cache_resource(max_entries=64, show_spinner=False)
def _naming(digest: str, _photo: Photograph) -> Naming:
    found = namer()
    return DESK.run(session.reader(), lambda _cancelled: found.name_it(_photo))


def grad_cam(photo: Photograph, number: int) -> Cam:
    """What spoke for one of the classifier's classes, and where; raises as `naming` does."""
    return _grad_cam(photo.digest, number, photo)


@st.cache_resource(max_entries=64, show_spinner=False)
def _grad_cam(digest: str, number: int, _photo: Photograph) -> Cam:
    found = namer()
    return DESK.run(session.reader(), lambda _cancelled: found.grad_cam(_photo, number))


def namer() -> Namer:
    """The classifier that is on this machine."""
    for entry in catalogue.entries():
        if entry.task == "name":
            found = opened(entry.card.name)
            if isinstance(found, Namer):
                return found
    raise ModelError(
        "The classifier of photographs is not on this machine; the operator of this server "
        "fetches it with {command}.",
        command="python -m models.store.carriers efficientnet",
    )


def flexible(model: str) -> bool:
    """Whether a model that sees takes pictures of any shape."""
    viewer = opened(model)
    return isinstance(viewer, Viewer) and viewer.flexible


def translate(
    model: str, text: str, cut: bool = False, search: Search = USUAL, edits: Edits = ()
) -> Translation:
    """The translation of a text by one of the translators; raises like `read`."""
    return _translate(model, text, "", cut, search, edits)


def align(model: str, text: str, target: str, cut: bool = False, edits: Edits = ()) -> Translation:
    """How a translator aligns the reader's own pair; raises like `read`."""
    return _translate(model, text, target, cut, USUAL, edits)


@st.cache_resource(max_entries=160, show_spinner=False)
def _translate(
    model: str, text: str, target: str, cut: bool, search: Search, edits: Edits
) -> Translation:
    reader = translator(model)

    def work(cancelled: Callable[[], bool]) -> Translation:
        if target:
            return reader.align(text, target, cut, edits, cancelled)
        return reader.translate(text, search, cut, edits, cancelled)

    found = DESK.run(session.reader(), work)
    notes = (*found.record.notes, *joined(text, target))
    return replace(found, record=replace(found.record, notes=notes))


@dataclass(frozen=True)
class Faded:
    """The words of a source, and the share of each in the gradient of the last word written."""

    words: list[str]
    shares: list[float]


@st.cache_resource(max_entries=64, show_spinner=False)
def faded(model: str, text: str, target: str, cut: bool = False) -> Faded:
    """How far back a translator of ours still feels, when it is given this translation."""
    reader = translator(model)
    if not isinstance(reader, TranslatorReader):
        raise _wrong(model)
    return Faded(*influence(reader, text, target, cut).of_last_word())


def decide(text: str, language: Language, drawn: tuple[Placed, ...] | None) -> Decided:
    """The translation of a text beside a canvas with these drawings; None: beside no picture.

    Raises TextError or ModelError with a sentence for the reader.
    """
    return _decide(text, language, drawn)


@st.cache_resource(max_entries=256, show_spinner=False)
def _decide(text: str, language: Language, drawn: tuple[Placed, ...] | None) -> Decided:
    decider = opened("decides")
    if not isinstance(decider, Decider):
        raise _wrong("decides")
    picture = None if drawn is None else canvas(drawn)
    return DESK.run(session.reader(), lambda _cancelled: decider.translate(text, language, picture))


def translator(model: str) -> Translating:
    """The translator of that name; raises ModelError when the model does something else."""
    found = opened(model)
    if not isinstance(found, Translating):
        raise _wrong(model)
    return found


def reader(model: str) -> Reader:
    """The reader of texts of that name; raises ModelError when the model does something else."""
    found = opened(model)
    if not isinstance(found, Reader):
        raise _wrong(model)
    return found


def _wrong(model: str) -> ModelError:
    return ModelError("The model {name} cannot do this; choose another one.", name=model)


def opened(model: str) -> Watched:
    """The model of that name, from memory or from its files."""
    waiting.step(_("Opening the model …"))
    try:
        return shelf.load(model)
    finally:
        waiting.step("")


def read_ahead() -> None:
    """Reads what each page opens with; a missing model spoils its own page only."""
    for reading in (_explored, _translated):
        try:
            reading()
        except AttentionError:
            log.exception("A model that is read at the start is missing; its page will say so")


def _explored() -> None:
    """The reading that Explore opens with; its model stays loaded for good."""
    shelf.SHELF.preload([DEFAULTS["read"]])
    read(DEFAULTS["read"], examples.EXPLORE[0].text)


def _translated() -> None:
    """The translation that Home and Translate open with."""
    translate(DEFAULTS["translate"], examples.TRANSLATE[0].text)
