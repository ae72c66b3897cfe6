"""What methods say by depth: against matrices, networkx, and words that are really left out."""

from __future__ import annotations

import random
from math import sqrt
from statistics import fmean, stdev

import networkx as nx
import pytest
import torch
from scipy.stats import spearmanr

from attention_core.numbers.attribution import Output
from models.families.asking import Asker
from models.families.reader import Reader
from models.ours.grammar import depth
from models.ours.grammar.lexicon import other_number
from models.ours.grammar.rules import unseen
from models.ours.grammar.train import vocabulary
from models.store import shelf

SEED = 21


@pytest.fixture(scope="module")
def reader() -> Reader:
    found = shelf.load("grammar")
    assert isinstance(found, Reader)
    return found


@pytest.fixture(scope="module")
def some(reader: Reader) -> list[Output]:
    return list(depth.outputs(reader, SEED, 3))


def halves(output: Output) -> list[torch.Tensor]:
    """Of each layer (token, token), float64: half of the mean of its heads, half of each token."""
    size = len(output.given)
    return [
        0.5 * one.weights.double().mean(0) + 0.5 * torch.eye(size, dtype=torch.float64)
        for one in output.layers
    ]


def test_each_method_looks_at_its_layer_or_up_to_it(some: list[Output]) -> None:
    for output in some:
        mixed = halves(output)
        place = int(output.reads.argmax())
        assert float(output.reads[place]) == 1
        rolled = torch.eye(len(output.given), dtype=torch.float64)
        for layer, one in enumerate(output.layers):
            rolled = mixed[layer] @ rolled
            said = depth.said(output, layer)
            torch.testing.assert_close(
                said["attention"].double(), one.weights.double().mean(0)[place],
                atol=1e-6, rtol=0,
            )  # fmt: skip
            torch.testing.assert_close(said["rollout"].double(), rolled[place], atol=1e-6, rtol=0)
            assert bool((said["flow"] >= said["rollout"].double() - 1e-5).all())


def test_flow_is_the_one_of_networkx(some: list[Output]) -> None:
    output = some[0]
    for layer in (0, len(output.layers) - 1):
        pipes, graph = halves(output)[: layer + 1], nx.DiGraph()
        for level, pipe in enumerate(pipes, 1):
            for query in range(len(pipe)):
                for key in range(len(pipe)):
                    graph.add_edge(
                        (level, query), (level - 1, key), capacity=float(pipe[query, key])
                    )
        start = (layer + 1, int(output.reads.argmax()))
        graph.add_edge("start", start, capacity=1.0)
        for token in (1, 3):
            wanted = nx.maximum_flow_value(graph, "start", (0, token))
            assert float(depth.said(output, layer)["flow"][token]) == pytest.approx(
                wanted, abs=1e-5
            )


def test_words_are_really_left_out_and_agreement_is_that_of_scipy(
    reader: Reader, some: list[Output]
) -> None:
    asker, dice = Asker(reader), random.Random(SEED)
    writer = reader.writer
    assert writer is not None
    for output in some:
        sentence = unseen(dice)
        text, wanted = depth.hidden(asker, sentence)
        verb = sentence.words[sentence.verbs[0]]
        assert (wanted.word, wanted.rather) == (vocabulary()[verb],
                                                vocabulary()[other_number()[verb]])  # fmt: skip
        assert text.split()[sentence.verbs[0]] == "[MASK]"
        plain = float(output.answer(output.given[None])[0])
        changed = []
        for token in range(len(output.given)):
            vectors = output.given.clone()
            vectors[token] = output.blank[token]
            changed.append(abs(plain - float(output.answer(vectors[None])[0])))
        left = depth.left_out(output)
        assert left[output.own].tolist() == pytest.approx(
            [one for one, own in zip(changed, output.own.tolist(), strict=True) if own], abs=1e-5
        )
        found = depth.correlations(output)
        for (name, layer), value in found.items():
            scores = depth.said(output, layer)[name][output.own]
            said = spearmanr(scores.tolist(), left[output.own].tolist()).statistic
            assert value == pytest.approx(said, abs=1e-6)


def test_the_card_holds_the_means_over_sentences(reader: Reader, some: list[Output]) -> None:
    table = depth.by_depth(some)
    values = [depth.correlations(one) for one in some]
    assert set(table) == {"attention", "rollout", "flow"}
    for name, layers in table.items():
        for layer, (mean, half) in enumerate(layers):
            own = [one[name, layer] for one in values]
            assert mean == pytest.approx(fmean(own))
            assert half == pytest.approx(1.96 * stdev(own) / sqrt(len(own)))
