"""Beam search and greedy search, against slow searches that read all words anew at each step."""

from __future__ import annotations

import itertools

import pytest
import torch

from attention_core.errors import Superseded
from models.ours.translator import search
from models.ours.translator.network import Network, Shape
from models.ours.translator.recurrent import RecurrentShape
from models.ours.translator.search import Found, beam_search, greedy_batch, length_penalty
from models.ours.translator.transformer import TransformerShape
from models.ours.translator.vocabulary import END_ID, PAD_ID, START_ID, UNKNOWN_ID
from tests.toy_networks import LONG, SHORT, TINY, batch, forced, tiny

SOURCES = [LONG, SHORT, [5, END_ID], [12, 11, 10, 9, 8, 7, 6, END_ID]]
every = pytest.mark.parametrize("kind", TINY)
# One network for each kind of state that a beam must reorder.
states = pytest.mark.parametrize("kind", ["none", "additive", "general", "transformer"])

# Greedy


@every
@pytest.mark.parametrize("seed", range(3))
def test_many_sentences_at_once_come_out_as_each_alone(kind: str, seed: int) -> None:
    model = tiny(kind, seed=seed)
    for source, written in zip(SOURCES, greedy_batch(model, SOURCES), strict=True):
        (alone,) = greedy_batch(model, [source])
        assert alone == written[: len(alone)]  # a longest sentence gives the others more steps
        assert alone == written or len(alone) == 2 * len(source) + 10


@every
@pytest.mark.parametrize("seed", range(3))
def test_a_beam_of_one_is_greedy(kind: str, seed: int) -> None:
    model = tiny(kind, seed=seed)
    for source in SOURCES:
        (best,) = beam_search(model, source, width=1).hypotheses
        assert [piece for piece in best.pieces if piece != END_ID] == greedy_batch(model, [source])[
            0
        ]


# The beam


@states
@pytest.mark.parametrize("width", [2, 5])
def test_the_beams_log_probabilities_are_those_of_following_the_words(
    kind: str, width: int
) -> None:
    model = tiny(kind)
    for source in SOURCES:
        for found in beam_search(model, source, width).hypotheses:
            assert found.log_probabilities == pytest.approx(
                forced(model, source, found.pieces), abs=1e-4
            )


@pytest.mark.parametrize(
    "shape",
    [
        RecurrentShape(7, 6, 0.0, 5, 7, 3),
        TransformerShape(7, 6, 0.0, heads=2, layers=1, feed_forward=5),
    ],
)
@pytest.mark.parametrize("strength", [0.0, 0.8])
def test_a_beam_that_forgets_nothing_finds_the_best_of_all(
    monkeypatch: pytest.MonkeyPatch, shape: Shape, strength: float
) -> None:
    """Every translation of one to three words over three words, tried one by one."""
    monkeypatch.setattr(search, "MAX_LENGTH", 4)
    model = tiny(shape)
    every = [
        [*words, END_ID] for n in (1, 2, 3) for words in itertools.product([4, 5, 6], repeat=n)
    ]
    scores = {
        tuple(pieces): sum(forced(model, [4, 6, END_ID], pieces))
        / length_penalty(len(pieces), strength)
        for pieces in every
    }
    found = beam_search(model, [4, 6, END_ID], width=200, strength=strength).hypotheses
    assert {tuple(one.pieces) for one in found} == set(scores)
    assert tuple(found[0].pieces) == max(scores, key=lambda pieces: scores[pieces])
    assert [one.score for one in found] == pytest.approx(sorted(scores.values())[::-1], abs=1e-4)


def slow_beam(model: Network, source: list[int], width: int, steps: int) -> set[tuple[int, ...]]:
    """Every beam grown by reading all its words anew at each step."""
    beam, finished = [(0.0, list[int]())], set[tuple[int, ...]]()
    for step in range(steps):
        grown = []
        for total, pieces in beam:
            with torch.inference_mode():
                logits = model(batch(source), batch([START_ID, *pieces]))[0, -1]
            for piece, chance in enumerate(logits.log_softmax(-1).tolist()):
                if piece > END_ID or (piece == END_ID and step):
                    grown.append((total + chance, [*pieces, piece]))
        grown = sorted(grown, reverse=True)[: width - len(finished)]
        finished |= {tuple(pieces) for _, pieces in grown if pieces[-1] == END_ID}
        beam = [(total, pieces) for total, pieces in grown if pieces[-1] != END_ID]
    return finished or {tuple(pieces) for _, pieces in beam}


@states
@pytest.mark.parametrize("width", [1, 2, 3])
def test_the_beam_keeps_what_a_slow_search_keeps(
    monkeypatch: pytest.MonkeyPatch, kind: str, width: int
) -> None:
    monkeypatch.setattr(search, "MAX_LENGTH", 6)
    for seed in range(3):
        model = ending(kind, 3, seed)  # so that some finish early and others late
        for source in (LONG, SHORT):
            found = {tuple(one.pieces) for one in beam_search(model, source, width).hypotheses}
            assert found == slow_beam(model, source, width, steps=6)


def ending(kind: str, bias: float, seed: int = 3) -> Network:
    """A network that likes to end, or does not."""
    model = tiny(kind, seed=seed)
    with torch.no_grad():
        model.output_bias[END_ID] += bias
    return model


@pytest.mark.parametrize("width", [2, 3, 5])
def test_what_is_found_is_ranked_different_and_as_many_as_asked_for(width: int) -> None:
    found = beam_search(tiny("additive"), LONG, width).hypotheses
    assert 1 <= len(found) <= width
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert len({tuple(one.pieces) for one in found}) == len(found)
    for one in found:
        assert one.score == pytest.approx(
            sum(one.log_probabilities) / length_penalty(len(one.pieces), 0.8)
        )


@every
def test_no_translation_holds_padding_unknown_pieces_or_a_second_start(kind: str) -> None:
    model = tiny(kind)
    with torch.no_grad():
        model.output_bias[[PAD_ID, UNKNOWN_ID, START_ID]] = 50.0
    best = beam_search(model, LONG).hypotheses[0].pieces
    for written in [*greedy_batch(model, SOURCES), best]:
        assert not {PAD_ID, UNKNOWN_ID, START_ID} & set(written)


@every
def test_no_translation_is_empty(kind: str) -> None:
    model = ending(kind, 50)
    assert all(len(written) == 1 for written in greedy_batch(model, SOURCES))
    assert all(len(found.pieces) >= 2 for found in beam_search(model, LONG).hypotheses)


@every
@pytest.mark.parametrize("width", [1, 5])
def test_a_network_that_never_ends_is_stopped(kind: str, width: int) -> None:
    model = ending(kind, -1e4)
    found = beam_search(model, SHORT, width).hypotheses
    assert len(found) == width
    assert {len(one.pieces) for one in found} == {2 * len(SHORT) + 10}
    assert all(len(written) == 2 * 8 + 10 for written in greedy_batch(model, SOURCES))


def test_the_length_penalty_by_hand() -> None:
    """Wu et al. 2016, equation 14: ((5 + |Y|) / 6)^α."""
    assert length_penalty(1, 0.8) == 1
    assert length_penalty(7, 0) == 1
    assert length_penalty(7, 1) == 2
    assert length_penalty(19, 0.5) == 2


@pytest.mark.parametrize("after", [0, 3])
def test_a_superseded_search_stops_at_its_next_step(after: int) -> None:
    asked = iter(range(100))
    with pytest.raises(Superseded):
        beam_search(tiny("additive"), LONG, cancelled=lambda: next(asked) >= after)
    assert next(asked) == after + 1


# The tree of the search


@states
@pytest.mark.parametrize("width", [1, 3, 5])
def test_the_way_to_a_leaf_is_the_translation_that_ends_there(kind: str, width: int) -> None:
    found = beam_search(ending(kind, 2), LONG, width)
    for one in found.hypotheses:
        way = [found.tree[place] for place in found.way(one.leaf)]
        assert [branch.piece for branch in way] == one.pieces
        assert [branch.log_probability for branch in way] == one.log_probabilities
        assert way[-1].score == (one.score if one.pieces[-1] == END_ID else None)
        assert all(branch.score is None for branch in way[:-1])


@states
def test_every_branch_adds_its_log_probability_to_that_of_the_way_before_it(kind: str) -> None:
    for branch in (tree := beam_search(ending(kind, 2), LONG, 4).tree):
        before = tree[branch.parent].total if branch.parent >= 0 else 0.0
        assert branch.total == pytest.approx(before + branch.log_probability, abs=1e-5)


def depths(found: Found) -> list[int]:
    return [len(found.way(place)) for place in range(len(found.tree))]


@states
def test_the_tree_holds_all_that_the_beam_kept_and_nothing_else(kind: str) -> None:
    """At each step as many branches as places were left; none grows out of one that ended."""
    width = 4
    found = beam_search(ending(kind, 2), LONG, width)
    levels, places = depths(found), width
    for depth in range(1, max(levels) + 1):
        rows = [branch for branch, level in zip(found.tree, levels, strict=True) if level == depth]
        assert len(rows) == places
        assert [row.total for row in rows] == sorted((row.total for row in rows), reverse=True)
        places -= sum(row.piece == END_ID for row in rows)
    ended = {place for place, branch in enumerate(found.tree) if branch.score is not None}
    assert ended == {place for place, branch in enumerate(found.tree) if branch.piece == END_ID}
    assert not ended & {branch.parent for branch in found.tree}
    assert ended <= {one.leaf for one in found.hypotheses}
