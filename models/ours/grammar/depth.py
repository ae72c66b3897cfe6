"""Do attention, rollout and flow say what leaving a word out says, and how does that change with
depth? On the small BERT, of which it is known which word decides.

A verb is hidden; the output is the log-probability of its right form rather than the other one.

>>> round(spread([0.1, 0.3, 0.5]).mean, 2), round(spread([0.1, 0.3, 0.5]).half, 2)
(0.3, 0.23)

Source: Abnar & Zuidema 2020, https://arxiv.org/abs/2005.00928, section 5, tables 1 and 2.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator
from math import isnan, sqrt
from statistics import fmean, stdev
from typing import Final, NamedTuple

from torch import Tensor

from attention_core.numbers.attribution import ALL, Knobs, Output
from attention_core.numbers.attribution.flow import flow
from attention_core.numbers.combined import spearman
from attention_core.numbers.rollout import rollout
from models.families.asking import Asker, Wanted
from models.families.reader import Reader
from models.ours.grammar.lexicon import other_number
from models.ours.grammar.rules import Sentence, unseen
from models.ours.grammar.train import vocabulary

SENTENCES: Final = 200
METHODS: Final = ("attention", "rollout", "flow")


class Spread(NamedTuple):
    """A mean, and half of its interval of 95 %."""

    mean: float
    half: float


def spread(values: Iterable[float]) -> Spread:
    """Of the sentences where there is a correlation; there must be two of them."""
    known = [value for value in values if not isnan(value)]
    return Spread(fmean(known), 1.96 * stdev(known) / sqrt(len(known)))


def hidden(asker: Asker, sentence: Sentence) -> tuple[str, Wanted]:
    """A sentence with its first verb hidden, and the right form of it rather than the other one."""
    known, at = vocabulary(), sentence.verbs[0]
    verb = sentence.words[at]
    text = " ".join([*sentence.words[:at], asker.mask, *sentence.words[at + 1 :]])
    return text, Wanted("mask", known[verb], known[other_number()[verb]])


def outputs(reader: Reader, seed: int, count: int = SENTENCES) -> Iterator[Output]:
    """One of each of so many sentences of shapes that were not taught."""
    asker, dice = Asker(reader), random.Random(seed)
    for _ in range(count):
        yield asker.output(*hidden(asker, unseen(dice)))


def left_out(output: Output) -> Tensor:
    """(token,), float64: by how much the output changes without each token."""
    return ALL["leave-one-out"].of(output).scores.abs()


def said(output: Output, layer: int) -> dict[str, Tensor]:
    """(token,): what each method says from where the output is read, of a layer or up to it.

    layer  from 0
    """
    weights = [one.weights for one in output.layers[: layer + 1]]
    return {
        "attention": ALL["attention"].of(output, Knobs(layer=layer)).scores,
        "rollout": output.reads.float() @ rollout(weights),
        "flow": flow(weights, output.reads),
    }


def correlations(output: Output) -> dict[tuple[str, int], float]:
    """Spearman's, over the sentence's own words, by method and layer from 0."""
    own, wanted = output.own, left_out(output)
    return {
        (name, layer): spearman(scores[own].double(), wanted[own])
        for layer in range(len(output.layers))
        for name, scores in said(output, layer).items()
    }


def by_depth(found: Iterable[Output]) -> dict[str, list[Spread]]:
    """For each method its mean correlation at each layer."""
    values: dict[tuple[str, int], list[float]] = {}
    for output in found:
        for key, value in correlations(output).items():
            values.setdefault(key, []).append(value)
    depth = 1 + max(layer for _name, layer in values)
    return {name: [spread(values[name, layer]) for layer in range(depth)] for name in METHODS}
