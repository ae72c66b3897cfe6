"""A model whose grammar is known: the head that follows it, and what methods say by depth."""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import cache
from typing import Any, Final

import numpy as np
import streamlit as st
from numpy.typing import NDArray

from attention_core.numbers.attribution import ALL
from attention_core.numbers.combined import spearman
from attention_core.numbers.syntax import ROOT, Found, Tree
from attention_core.pictures import figures
from attention_core.pictures.contracts.matrix import Matrix
from attention_core.watching.place import Place
from attention_core.watching.record import AttentionRecord
from models.corpora.grammar import Head, followed
from models.corpora.treebanks import TAUGHT, grown
from models.families.asking import Asker
from models.ours.grammar import depth
from models.ours.grammar.lexicon import NOUNS, THAT
from models.ours.grammar.rules import Sentence, unseen
from models.store import catalogue
from pages.explore.parts import treebanks
from pages.explore.parts.attributing import working
from pages.explore.parts.treebanks import Line
from pages.frame import prose
from pages.frame.language import _, ngettext
from pages.showing import charts, readings
from pages.showing.figures import said
from pages.widgets.matrix import TEXT as MATRIX_TEXT
from pages.widgets.matrix import matrix as heatmap

SEED: Final = 11
OFFERED: Final = 8
FAR: Final = 4
"""Words between a verb and its subject, at the least, in the sentences of the lesson."""
LONGEST: Final = 14
BLANK: Final = "leave-one-out"


@dataclass(frozen=True)
class Lesson:
    """One sentence as the small BERT reads it, and with its first verb hidden.

    said   for each layer, by method (own word,): attention of that layer, the others up to it
    blank  (own word,): by how much the output changes without each word
    alike  for each layer, by method: Spearman's correlation of the two
    """

    tree: Tree
    record: AttentionRecord
    words: tuple[str, ...]
    said: tuple[dict[str, NDArray[np.float32]], ...]
    blank: NDArray[np.float32]
    alike: tuple[dict[str, float], ...]


@cache
def sentences() -> tuple[Sentence, ...]:
    """Some of shapes that were not taught, with a noun of the other number before the verb."""
    dice, found = random.Random(SEED), dict[tuple[str, ...], Sentence]()
    while len(found) < OFFERED:
        one = unseen(dice)
        if len(one.words) <= LONGEST and _misled(one):
            found[one.words] = one
    return tuple(found.values())


def _misled(one: Sentence) -> bool:
    """Whether the noun just before the first verb is another one than its subject, and lures."""
    verb = one.verbs[0]
    subject = next(
        (at for at, head in enumerate(one.heads) if head == verb and one.relations[at] == "nsubj"),
        verb,
    )
    if one.words[subject] == THAT or verb - subject < FAR:
        return False
    several = {noun.plural for noun in NOUNS.values()}
    between = one.words[subject + 1 : verb]
    wrong = NOUNS if one.words[subject] in several else several
    return any(word in wrong for word in between)


def lesson(place: int) -> Lesson:
    """One of `sentences`; raises AttentionError where the model is not on this machine."""
    return _lesson(place)


@st.cache_resource(max_entries=OFFERED, show_spinner=False)
def _lesson(place: int) -> Lesson:
    one = sentences()[place]
    tree = grown(one)
    record = readings.read(TAUGHT, tree.text).record
    asker = Asker(readings.reader(TAUGHT))
    output = working(lambda: asker.output(*depth.hidden(asker, one)))
    own = output.own
    blank = working(lambda: depth.left_out(output))[own]
    layers = [depth.said(output, layer) for layer in range(len(output.layers))]
    return Lesson(
        tree, record,
        tuple(token.text for token, kept in zip(output.axis.tokens, own, strict=True) if kept),
        tuple({name: scores[own].float().numpy() for name, scores in one.items()}
              for one in layers),
        blank.float().numpy(),
        tuple({name: spearman(scores[own].double(), blank) for name, scores in one.items()}
              for one in layers),
    )  # fmt: skip


def card() -> dict[str, Any]:
    """What was measured of the small BERT."""
    return dict(catalogue.entry(TAUGHT).card.measured)


def subject_head(measured: dict[str, Any]) -> Line:
    """The head that its card says is the best for subjects."""
    found = measured["heads"]["nsubj"]
    site, _head, number = found["head"].split()
    place = Place.parse(site)
    right = round(found["share"] * found["of"])
    return Line(
        Found("nsubj", 0, found["direction"], right, found["of"], found["offset"],
              round(found["offset_share"] * found["of"]), 0),
        Head(site, place.kind, place.layer, int(number) - 1),
    )  # fmt: skip


def head(found: Lesson, measured: dict[str, Any], page: str) -> None:
    """The tree, what the head names, and where it looks."""
    line = subject_head(measured)
    named = followed(found.record, found.tree, line.head, line.found.direction)
    left, right = st.columns([6, 5], gap="large")
    with left:
        treebanks.drawn(found.tree, "nsubj", named, f"{page}.arcs")
        words = treebanks.asking(found.tree, "nsubj")
        rightly = sum(named[word] == found.tree.heads[word] != ROOT for word in words)
        low, high = line.found.interval
        without = measured["agreement_without"][measured["verb_to_subject"]["head"]]
        prose.caption(
            prose.filled(
                ngettext(
                    "{place} was never shown a tree. Of the {count} subject here it finds the verb "
                    "of {right}; of {all} subjects in sentences of shapes that it was not taught, "
                    "{share} ({low} to {high}), the best fixed offset {offset}.",
                    "{place} was never shown a tree. Of the {count} subjects here it finds the "
                    "verbs of {right}; of {all} subjects in sentences of shapes that it was not "
                    "taught, {share} ({low} to {high}), the best fixed offset {offset}.",
                    len(words),
                ),
                place=treebanks.place(line.head).capitalize(), count=len(words), right=rightly,
                all=f"{line.found.all:,}", share=treebanks.per_cent(line.found.accuracy),
                low=treebanks.per_cent(low), high=treebanks.per_cent(high),
                offset=treebanks.per_cent(line.found.baseline),
            ),
            prose.filled(
                _(
                    "And it matters: {whole} of hidden verbs get the right number, {without} with "
                    "this head switched off."
                ),
                whole=treebanks.per_cent(measured["agreement"]["share"]),
                without=treebanks.per_cent(without),
            ),
        )  # fmt: skip
    with right:
        treebanks.looked(found.tree, found.record, line, f"{page}.looks")


def titles() -> dict[str, str]:
    """What the rows and lines are called."""
    return {name: _(ALL[name].title) for name in depth.METHODS}


def methods(found: Lesson, layer: int, page: str) -> None:
    """What each method says of the words, beside what leaving them out does."""
    rows = [*titles().values(), _(ALL[BLANK].title)]
    drawn = np.stack([*found.said[layer].values(), found.blank])
    heatmap(
        Matrix(
            rows=rows, columns=list(found.words),
            weights=(drawn / np.maximum(drawn.sum(-1, keepdims=True), 1e-12)).astype(np.float32),
            title=_("What decides the number of the verb"), name="by-depth", scale="row",
        ),
        key=f"{page}.depth", text=said(MATRIX_TEXT),
    )  # fmt: skip
    prose.caption(
        prose.filled(
            _(
                "Layer {layer}: the order of the words by attention agrees with that by leaving "
                "out by {attention} (Spearman), by rollout {rollout}, by flow {flow}."
            ),
            layer=layer + 1,
            **{name: prose.number(value) for name, value in found.alike[layer].items()},
        )
    )


def by_depth(measured: dict[str, Any], page: str, paper: prose.Markup) -> None:
    """The same over many sentences, and whether it is as it was published for BERT."""
    found: dict[str, list[list[float]]] = {name: measured["depth"][name] for name in titles()}
    layers = len(found["attention"])
    figure = figures.curves(
        [str(layer + 1) for layer in range(layers)],
        [figures.Curve(title, [mean for mean, _half in found[name]])
         for name, title in titles().items()],
        (_("layer"), _("agreement with leaving out")), charts.theme(),
    )  # fmt: skip
    charts.chart(figure, f"{page}.by-depth", "methods-by-depth")
    ends = {
        name: (_with(*values[0]), _with(*values[-1])) for name, values in found.items()
    }  # fmt: skip
    prose.caption(
        prose.filled(
            _(
                "Over {count} sentences, from the first layer to the last: attention {a} to {b}, "
                "rollout {c} to {d}, flow {e} to {f}."
            ),
            count=measured["depth"]["sentences"], a=ends["attention"][0], b=ends["attention"][1],
            c=ends["rollout"][0], d=ends["rollout"][1], e=ends["flow"][0], f=ends["flow"][1],
        ),
        prose.filled(
            _("{paper} report for BERT that attention falls with depth and rollout and flow hold."),
            paper=paper,
        ),
        prose.filled(
            _("On this small model it is the same.")
            if as_published(found)
            else _(
                "On this small model attention does not fall: what was found for one model need "
                "not hold for another."
            )
            if found["attention"][-1][0] >= found["attention"][0][0]
            else _(
                "On this small model it is not so: what was found for one model need not hold for "
                "another."
            )
        ),
    )  # fmt: skip


def as_published(found: dict[str, list[list[float]]]) -> bool:
    """Whether attention surely falls, the others surely do not, and end above it."""
    change = {name: values[-1][0] - values[0][0] for name, values in found.items()}
    unsure = {name: values[-1][1] + values[0][1] for name, values in found.items()}
    falls = change["attention"] < -unsure["attention"]
    others = [name for name in found if name != "attention"]
    return falls and all(
        change[name] > -unsure[name] and found[name][-1][0] > found["attention"][-1][0]
        for name in others
    )


def _with(mean: float, half: float) -> prose.Markup:
    return prose.Markup(f"{prose.number(mean)} ± {half:.2f}".replace(">-", ">−"))
