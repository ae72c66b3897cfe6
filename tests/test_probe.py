"""A probe on attention alone: it finds a tree that the heads hold, and none where they do not."""

from __future__ import annotations

import math
import random

import pytest
import torch
from scipy.optimize import minimize

from attention_core.errors import ShapeError, Superseded
from attention_core.numbers.syntax import Tree, pieces, spaced
from attention_core.numbers.syntax.probe import RIDGE, Probe
from models.corpora import grammar, treebanks
from models.families import fake
from models.families.reader import Reader
from tests.test_syntax import SHARED, alone, gold, grown


def sentences(count: int, words: int, seed: int) -> list[Tree]:
    dice = random.Random(seed)
    return [grown(dice, words) for _ in range(count)]


def test_a_tree_that_is_parted_over_two_heads_in_two_directions_is_found() -> None:
    """One head looks from every other word to its head, another from the head to the rest."""
    probe = Probe()
    for tree in sentences(40, 8, 1):
        whole = gold(tree)[0] * (1 - torch.eye(8))
        odd = torch.arange(8) % 2 == 1
        split = torch.stack([whole * odd[:, None], (whole * ~odd[:, None]).T])
        probe.add(tree, split, alone(tree))
    probe.fit()
    assert probe.right == probe.all > 100
    to_head, from_head = probe.numbers[:2], probe.numbers[2:]
    assert to_head[0] > 1
    assert from_head[1] > 1


def test_heads_by_chance_are_right_about_as_often_as_a_guess() -> None:
    chance = torch.Generator().manual_seed(5)
    probe = Probe()
    for tree in sentences(300, 7, 2):
        probe.add(tree, torch.rand(3, 7, 7, generator=chance).softmax(-1), alone(tree))
    probe.fit()
    share, deviation = probe.right / probe.all, math.sqrt(1 / 6 * 5 / 6 / probe.all)
    assert abs(share - 1 / 6) < 5 * deviation


def test_its_numbers_are_the_optimum_that_scipy_finds() -> None:
    """The loss written out word by word, in double precision, without a gradient."""
    chance = torch.Generator().manual_seed(6)
    trees = sentences(8, 5, 3)
    looks = [torch.rand(2, 5, 5, generator=chance).softmax(-1) for _ in trees]
    probe = Probe()
    for tree, look in zip(trees, looks, strict=True):
        probe.add(tree, look, alone(tree))
    probe.fit()
    asked = [
        (look.double().numpy(), word, tree.heads[word])
        for tree, look in list(zip(trees, looks, strict=True))[::2]
        for word, relation in tree.counted()
        if relation != "punct"
    ]

    def loss(numbers: list[float]) -> float:
        total = 0.0
        for look, word, head in asked:
            scores = {
                other: sum(
                    numbers[k] * look[k, word, other] + numbers[2 + k] * look[k, other, word]
                    for k in range(2)
                )
                for other in range(5)
                if other != word
            }
            total += math.log(sum(map(math.exp, scores.values()))) - scores[head]
        return total / len(asked) + RIDGE * sum(number**2 for number in numbers)

    best = minimize(loss, [0.0] * 4, method="BFGS", options={"gtol": 1e-8})
    assert loss(probe.numbers.tolist()) - best.fun < 1e-6


def test_with_vectors_its_numbers_are_the_optimum_that_scipy_finds() -> None:
    """W and U written out, pair by pair: how much a head counts hangs on both words."""
    chance = torch.Generator().manual_seed(8)
    trees = sentences(6, 4, 5)
    looks = [torch.rand(1, 4, 4, generator=chance).softmax(-1) for _ in trees]
    vectors = [torch.randn(4, 2, generator=chance) for _ in trees]
    probe = Probe()
    for tree, look, own in zip(trees, looks, vectors, strict=True):
        probe.add(tree, look, alone(tree), own)
    probe.fit()
    asked = [
        (look[0].double().numpy(), own.double().numpy(), word, tree.heads[word])
        for tree, look, own in list(zip(trees, looks, vectors, strict=True))[::2]
        for word, relation in tree.counted()
        if relation != "punct"
    ]

    def loss(numbers: list[float]) -> float:
        total = 0.0
        for look, own, word, head in asked:
            scores = {}
            for other in range(4):
                if other == word:
                    continue
                both = [*own[other], *own[word]]
                to, back = (sum(a * b for a, b in zip(numbers[at : at + 4], both, strict=True))
                            for at in (0, 4))  # fmt: skip
                scores[other] = to * look[word, other] + back * look[other, word]
            total += math.log(sum(map(math.exp, scores.values()))) - scores[head]
        return total / len(asked) + RIDGE * sum(number**2 for number in numbers)

    best = minimize(loss, [0.0] * 8, method="BFGS", options={"gtol": 1e-8})
    assert probe.numbers.shape == (2, 4)
    assert loss(probe.numbers.flatten().tolist()) - best.fun < 1e-5


def test_words_say_which_head_is_to_be_believed() -> None:
    """One head knows the heads of odd words and misleads about even ones, another the reverse."""
    without, knows = Probe(), Probe()
    for tree in sentences(60, 8, 6):
        whole = gold(tree)[0] * (1 - torch.eye(8))
        astray = whole.roll(3, -1)
        odd = (torch.arange(8) % 2 == 1)[:, None]
        both = torch.stack([torch.where(odd, whole, astray), torch.where(odd, astray, whole)])
        kinds = torch.cat([odd, ~odd], -1).float()
        without.add(tree, both, alone(tree))
        knows.add(tree, both, alone(tree), kinds)
    without.fit()
    knows.fit()
    assert knows.right / knows.all > 0.97
    assert without.right / without.all < 0.8


def test_punctuation_is_not_asked_and_words_of_one_span_are_one() -> None:
    probe = Probe()
    dots = spaced(["a", "b", "."], [1, -1, 1], ["nsubj", "root", "punct"])
    turned = Tree("du pain", SHARED.words, SHARED.spans, (-1, 2, 1), ("root", "det", "obj"))
    with torch.inference_mode():
        for _half in range(2):
            probe.add(dots, gold(dots), alone(dots))
    for _half in range(2):
        probe.add(turned, torch.tensor([[[0.0, 1.0], [1.0, 0.0]]]), [[0], [0], [1]])
    with torch.inference_mode():
        probe.fit()
    assert probe.all == 1 + 2
    assert probe.right == 3


def test_offsets_are_counted_over_the_words_that_are_asked_about() -> None:
    """Six of eight words hang on another; the dot is none of them, and one has no token."""
    tree = spaced(
        ["a", "big", "dog", "saw", "the", "cat", "."], [2, 2, 3, -1, 5, 3, 3],
        ["det", "amod", "nsubj", "root", "det", "obj", "punct"],
    )  # fmt: skip
    probe = Probe()
    for _half in range(2):
        probe.add(tree, gold(tree), [[0], [], [2], [3], [4], [5], [6]])
    first, second = probe.offsets
    assert first.all("") == second.all("") == 4
    assert (first.best(""), first.right("", 1), first.right("", 2)) == (1, 2, 1)
    probe.fit()
    assert probe.all == second.all("")


def test_all_heads_together_are_what_a_probe_of_the_same_sentences_says() -> None:
    reader, trees = Reader("fake", fake.checkpoint()), treebanks.ready("english").trees[:30]
    found, probe = grammar.together(reader, trees), Probe()
    for tree in trees:
        record = reader.read(tree.text)
        weights = torch.cat([site.weights() for site in record.sites])
        probe.add(tree, weights, pieces(tree, record.axes[0]))
    probe.fit()
    assert found[:3] == (30, probe.right, probe.all)
    words = [
        tree.heads[word] - word
        for tree in trees[1::2]
        for word, relation in tree.counted()
        if relation != "punct"
    ]
    assert found.all == len(words)
    assert (found.guessed, found.before) == (words.count(found.offset), words.count(-1))
    with pytest.raises(Superseded):
        grammar.together(reader, trees, lambda: True)


def test_a_probe_without_two_halves_is_refused() -> None:
    probe = Probe()
    tree = sentences(1, 4, 1)[0]
    probe.add(tree, gold(tree), alone(tree))
    with pytest.raises(ShapeError, match="two halves"):
        probe.fit()
