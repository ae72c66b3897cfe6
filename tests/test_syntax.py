"""Heads held against trees: by hand, against slow loops, and at what must come out."""

from __future__ import annotations

import csv
import math
import os
import random
from collections import Counter, defaultdict
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
import pytest
import torch
from torch import Tensor

from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import ShapeError, TextError
from attention_core.files.treebank import treebank
from attention_core.numbers.share import gained
from attention_core.numbers.syntax import (
    DIRECTIONS,
    EVERY,
    ROOT,
    Found,
    OffsetCounts,
    Study,
    Tree,
    between,
    named,
    others,
    pieces,
    relations,
    spaced,
)
from attention_core.numbers.syntax.titles import titled
from attention_core.watching.record import AttentionRecord
from models.corpora.grammar import within
from tests.sample import Matrix, axis, site

DOG: Final = spaced(
    ["the", "old", "dog", "sees", "a", "cat", "."],
    [2, 2, 3, ROOT, 5, 3, 3],
    ["det", "amod", "nsubj", "root", "det", "obj", "punct"],
)
PASSIVE: Final = spaced(
    ["cats", "were", "seen"], [2, 2, ROOT], ["nsubj:pass", "aux:pass", "root"]
)  # fmt: skip
SHARED: Final = Tree(
    "du pain", ("de", "le", "pain"), ((0, 2), (0, 2), (3, 7)), (2, 2, ROOT),
    ("case", "det", "root"),
)  # fmt: skip
"""French du is both of its first two words."""


def alone(tree: Tree) -> list[list[int]]:
    """A token for each word."""
    return [[word] for word in range(len(tree))]


def gold(tree: Tree) -> Tensor:
    """(1, word, word): a head that knows the tree; the root looks at itself."""
    weights = torch.zeros(1, len(tree), len(tree))
    for word, head in enumerate(tree.heads):
        weights[0, word, word if head == ROOT else head] = 1
    return weights


def grown(dice: random.Random, words: int) -> Tree:
    """Any tree at all."""
    order = dice.sample(range(words), words)
    heads = [ROOT] * words
    for at, word in enumerate(order[1:], 1):
        heads[word] = order[dice.randrange(at)]
    known = ("nsubj", "nsubj:pass", "obj", "punct", "det")
    named_ = ["root" if head == ROOT else dice.choice(known) for head in heads]
    return spaced([f"w{word}" for word in range(words)], heads, named_)


# Words out of tokens


def test_a_word_that_was_split_is_looked_at_with_the_sum_and_looks_with_the_mean() -> None:
    weights = torch.tensor([[0.1, 0.2, 0.7], [0.3, 0.5, 0.2], [0.25, 0.25, 0.5]])
    found = between(weights, [[0, 1], [2]])
    assert found.flatten().tolist() == pytest.approx([(0.3 + 0.8) / 2, (0.7 + 0.2) / 2, 0.5, 0.5])


def test_words_keep_the_sum_of_every_row_and_lose_what_falls_on_special_tokens() -> None:
    weights = torch.rand(5, 7, 7, dtype=torch.float64).softmax(-1)
    whole = between(weights, [[0], [1, 2], [3, 4, 5], [6]])
    torch.testing.assert_close(whole.sum(-1), torch.ones(5, 4, dtype=torch.float64))
    inner = between(weights, [[1, 2], [3, 4, 5]])
    special = weights[:, :, [0, 6]].sum(-1)
    means = torch.stack([special[:, 1:3].mean(-1), special[:, 3:6].mean(-1)], -1)
    torch.testing.assert_close(inner.sum(-1), 1 - means)


def test_tokens_go_to_the_word_in_which_they_begin() -> None:
    tree = spaced(["un", "deux", "trois"], [1, ROOT, 1], ["nsubj", "root", "obj"])
    along = TextAxis(
        "text", tree.text,
        (Token("[MASK]", 0, 2, special=True), Token("u", 0, 1), Token("n d", 1, 4),
         Token(" eux", 4, 7), Token(" ", 7, 8), Token(" trois", 7, 13)),
    )  # fmt: skip
    assert pieces(tree, along) == ((1, 2), (3,), (5,))


def test_words_of_one_span_have_the_same_tokens_and_a_word_without_any_has_none() -> None:
    along = TextAxis("text", "du pain", (Token("du", 0, 2),))
    assert pieces(SHARED, along) == ((0,), (0,), ())


def test_tokens_of_another_text_are_refused() -> None:
    with pytest.raises(TextError, match="another text"):
        pieces(DOG, TextAxis("text", "the old dog", ()))


def test_a_tree_that_names_a_word_which_is_not_there_is_refused() -> None:
    with pytest.raises(ShapeError, match="1 heads that are no word"):
        spaced(["a", "b"], [2, ROOT], ["det", "root"])
    with pytest.raises(ShapeError, match="2 words, 2 spans, 1 heads"):
        spaced(["a", "b"], [ROOT], ["det", "root"])


# What a head names


def test_a_head_never_names_the_word_itself_nor_one_of_its_own_contraction() -> None:
    weights = torch.tensor([[[0.9, 0.0, 0.1], [0.8, 0.1, 0.1], [0.2, 0.1, 0.7]]])
    assert named(others(weights, DOG.units[:3]), "to head")[0].tolist() == [2, 0, 0]
    assert named(others(weights, SHARED.units), "to head")[0].tolist() == [2, 2, 0]


def test_a_word_that_looks_at_no_other_names_none() -> None:
    """The first word of a model that looks backwards only."""
    weights = torch.tensor([[[1.0, 0.0], [0.6, 0.4]]])
    assert named(others(weights, (0, 1)), "to head")[0].tolist() == [ROOT, 0]
    assert named(others(weights, (0, 1)), "from head")[0].tolist() == [1, ROOT]


def test_transposing_swaps_the_directions() -> None:
    words = others(torch.rand(3, 6, 6), range(6))
    turned = words.transpose(-1, -2)
    assert torch.equal(named(words, "to head"), named(turned, "from head"))


# The study


def study(trees: list[Tree], weights: list[Tensor]) -> Study:
    found = Study()
    for tree, one in zip(trees, weights, strict=True):
        found.add(tree, one, alone(tree))
    return found


@pytest.mark.parametrize("turned", [False, True])
def test_a_head_that_is_the_tree_is_right_about_every_word(turned: bool) -> None:
    trees = [DOG, DOG, PASSIVE, PASSIVE]
    knows = [gold(tree).transpose(-1, -2) if turned else gold(tree) for tree in trees]
    blind = [torch.ones_like(one) / len(one[0]) for one in knows]
    found = study(trees, [torch.cat(both) for both in zip(blind, knows, strict=True)])
    table = {one.relation: one for one in found.table(least=1)}
    assert set(table) == {
        EVERY, "det", "amod", "nsubj", "nsubj:pass", "obj", "punct", "aux:pass",
    }  # fmt: skip
    everything = table[EVERY]
    assert (everything.head, everything.right, everything.all) == (1, 7, 7)
    assert everything.direction == DIRECTIONS[turned]
    assert all(one.right == one.all for one in table.values())
    assert table["nsubj"].all == 2
    assert table["nsubj:pass"].all == 1


def test_a_head_is_chosen_on_one_half_and_reported_on_the_other() -> None:
    """One head knows the first of every two sentences, one the second, one half of each."""
    knows, wrong = gold(DOG), torch.zeros(1, 7, 7)
    wrong[0, :, 6] = 1
    first = torch.cat([wrong, knows])
    second = torch.cat([knows, wrong])
    found = study([DOG] * 4, [first, second, first, second]).found("det")
    assert found is not None
    assert (found.head, found.right, found.all) == (1, 0, 4)


def test_the_offset_is_chosen_on_one_half_and_reported_on_the_other() -> None:
    near = spaced(["a", "b"], [1, ROOT], ["det", "root"])
    far = spaced(["a", "x", "b"], [2, 0, ROOT], ["det", "punct", "root"])
    found = study([near, far, near, far, near, near], [gold(one) for one in
                  (near, far, near, far, near, near)]).found("det")  # fmt: skip
    assert found is not None
    assert (found.offset, found.guessed, found.all) == (1, 1, 3)
    assert [found.baseline, found.gain] == pytest.approx([1 / 3, 2 / 3])


def test_weights_by_chance_are_right_once_in_as_many_as_there_are_other_words() -> None:
    """A share of 1 / (n − 1), within four standard deviations of that share of a coin."""
    dice = random.Random(1)
    chance = torch.Generator().manual_seed(1)
    trees = [grown(dice, 9) for _ in range(600)]
    weights = [torch.rand(1, 9, 9, generator=chance).softmax(-1) for _ in trees]
    found = Study()
    for tree, one in zip(trees, weights, strict=True):
        found.add(tree, one, alone(tree))
    only = found.found(EVERY)
    assert only is not None
    deviation = math.sqrt(1 / 8 * 7 / 8 / only.all)
    assert abs(only.accuracy - 1 / 8) < 4 * deviation


def slowly(
    trees: list[Tree], weights: list[Tensor], groups: list[list[list[int]]]
) -> dict[tuple[int, str, int, str], int]:
    """(half, direction, head, relation): words whose head is named, as the paper says it."""
    right: Counter[tuple[int, str, int, str]] = Counter()
    for at, (tree, one, tokens) in enumerate(zip(trees, weights, groups, strict=True)):
        for head, matrix in enumerate(one.tolist()):
            exact = [[Fraction(cell) for cell in row] for row in matrix]
            to = [[sum(row[token] for token in word) for word in tokens] for row in exact]
            seen = [
                [sum(to[token][word] for token in mine) / max(1, len(mine)) for word in
                 range(len(tokens))]
                for mine in tokens
            ]  # fmt: skip
            for word, relation in tree.counted():
                rest = [other for other in range(len(tree)) if other != word]
                looks = max(rest, key=lambda other: (seen[word][other], -other))
                looked = max(rest, key=lambda other: (seen[other][word], -other))
                rows = {relation, relation.partition(":")[0]}
                rows |= set() if relation == "punct" else {EVERY}
                for way, guess in (("to head", looks), ("from head", looked)):
                    for row in rows:
                        right[at % 2, way, head, row] += guess == tree.heads[word]
    return right


def test_counts_are_those_of_a_slow_loop() -> None:
    """Trees of every shape, words of one to three tokens, special tokens at both ends."""
    dice, chance = random.Random(3), torch.Generator().manual_seed(3)
    trees, weights, groups = list[Tree](), list[Tensor](), list[list[list[int]]]()
    for _ in range(10):
        tree = grown(dice, dice.randint(2, 7))
        own, end = list[list[int]](), 1
        for _word in range(len(tree)):
            count = dice.randint(1, 3)
            own.append(list(range(end, end + count)))
            end += count
        trees.append(tree)
        groups.append(own)
        weights.append(torch.rand(5, end + 1, end + 1, generator=chance))
    found = Study()
    for tree, one, own in zip(trees, weights, groups, strict=True):
        found.add(tree, one, own)
    right = slowly(trees, weights, groups)
    for line in found.table(least=1):
        best = max(
            ((head, way) for head in range(5) for way in DIRECTIONS),
            key=lambda key: (right[0, key[1], key[0], line.relation], -key[0], -("f" in key[1])),
        )
        assert (line.head, line.direction) == best
        assert line.right == right[1, line.direction, line.head, line.relation]
        for head in range(5):
            one_head = found.of(line.relation, head)
            assert one_head is not None
            assert one_head.right == right[1, one_head.direction, head, line.relation]


def test_words_without_tokens_are_left_out_and_counted() -> None:
    found = Study()
    for _half in range(2):
        found.add(DOG, gold(DOG), [[0], [1], [2], [3], [4], [], [6]])
    table = {one.relation: one.all for one in found.table(least=1)}
    assert table == {EVERY: 3, "det": 1, "amod": 1, "nsubj": 1, "punct": 1}
    assert found.lost == 2 * 2  # the cat, and the article that hangs on it


def test_words_that_share_their_letters_are_found_together() -> None:
    """De and le of du are one to the model: naming either is right, hanging on it is not asked."""
    tree = Tree(
        "du pain", SHARED.words, SHARED.spans, (1, 2, ROOT), ("fixed", "det", "root")
    )  # fmt: skip
    found = Study()
    weights = torch.tensor([[[0.0, 1.0], [1.0, 0.0]]])
    for one in (tree, SHARED, tree, SHARED):
        found.add(one, weights, [[0], [0], [1]])
    assert found.lost == 2
    turned = Tree("du pain", SHARED.words, SHARED.spans, (ROOT, 2, 1), ("root", "det", "obj"))
    for _half in range(2):
        found.add(turned, weights, [[0], [0], [1]])
    objects = found.found("obj")
    assert objects is not None
    assert (objects.right, objects.all) == (1, 1)


def test_a_head_beats_the_offset_where_the_interval_of_its_gain_lies_above_nothing() -> None:
    """Of 20 words the head names 16 and the offset 10: what counts is how many both name.

    With 10 by both, 6 and none are apart: (6.5 − 0.5)/22 ± 1.96·√(7 − 36/22)/22 = 0.273 ± 0.206.
    With 6 by both, 10 and 4 are: (10.5 − 4.5)/22 ± 1.96·√(15 − 36/22)/22 = 0.273 ± 0.326.
    """
    apart = Found("nsubj", 0, "to head", 16, 20, 1, 10, 10)
    mixed = Found("nsubj", 0, "to head", 16, 20, 1, 10, 6)
    assert apart.gain == mixed.gain == pytest.approx(0.3)
    assert apart.gain_interval == pytest.approx((0.0664, 0.4791), abs=1e-3)
    assert mixed.gain_interval == pytest.approx((-0.0530, 0.5985), abs=1e-3)
    assert apart.beats
    assert not mixed.beats


def test_what_head_and_offset_both_name_is_counted_word_by_word() -> None:
    """A slow loop over the second half, for every head and relation."""
    dice, chance = random.Random(9), torch.Generator().manual_seed(9)
    trees = [grown(dice, 7) for _ in range(40)]
    weights = [torch.rand(3, 7, 7, generator=chance) + 2 * gold(tree) * (at % 3 > 0)
               for at, tree in enumerate(trees)]  # fmt: skip
    found = study(trees, weights)
    for relation in ("nsubj", "nsubj:pass", "obj", EVERY):
        for head in range(3):
            one = found.of(relation, head)
            assert one is not None
            both = 0
            for tree, looks in list(zip(trees, weights, strict=True))[1::2]:
                matrix = looks[head] if one.direction == "to head" else looks[head].T
                said = (matrix * (1 - torch.eye(7))).argmax(-1).tolist()
                for word, named_ in tree.counted():
                    rows = {named_, named_.partition(":")[0]}
                    rows |= set() if named_ == "punct" else {EVERY}
                    right = said[word] == tree.heads[word] == word + one.offset
                    both += relation in rows and right
            assert one.both == both
            assert one.both <= min(one.right, one.guessed)


def test_the_interval_of_a_gain_is_about_that_of_samples_drawn_anew() -> None:
    """Percentiles of 20,000 samples of 400 words, drawn from the four kinds of them."""
    kinds = np.array([120, 90, 40, 150]) / 400  # only the head, only the offset, both, neither
    drawn = np.random.default_rng(1).multinomial(400, kinds, size=20_000)
    low, high = np.quantile((drawn[:, 0] - drawn[:, 1]) / 400, [0.025, 0.975])
    assert gained(120, 90, 400) == pytest.approx((low, high), abs=0.006)
    assert gained(3, 8, 20) == pytest.approx(tuple(-end for end in gained(8, 3, 20)[::-1]))


def test_two_models_are_not_studied_together() -> None:
    found = Study()
    found.add(DOG, gold(DOG), alone(DOG))
    with pytest.raises(ShapeError, match="2 heads but those before it had 1"):
        found.add(DOG, gold(DOG).repeat(2, 1, 1), alone(DOG))


def test_rare_relations_are_not_listed_and_a_kind_that_is_all_of_its_family_stands_for_it() -> None:
    found = study([DOG] * 12 + [PASSIVE] * 20, [gold(DOG)] * 12 + [gold(PASSIVE)] * 20)
    listed = {one.relation for one in found.table()}
    assert {"det", "nsubj", "nsubj:pass", "aux:pass", EVERY} <= listed
    assert "aux" not in listed
    assert "amod" not in listed


def test_only_looks_of_a_text_at_itself_are_studied() -> None:
    """Of a translator its encoder; a decoder's look at the source is none of the text's."""
    both = axis("a b")
    eye: Matrix = [[1.0, 0.0], [0.0, 1.0]]
    made = [site([eye], both, kind=kind) for kind in ("cross", "encoder", "decoder", "encoder")]
    record = AttentionRecord("made", tuple(made), (both,))
    assert within(record) == [made[1], made[3]]


# The offset


def test_offsets_are_counted_by_hand() -> None:
    counts = OffsetCounts()
    counts.add(DOG)
    counts.add(PASSIVE)
    assert (counts.best("det"), counts.right("det", 1), counts.all("det")) == (1, 1, 2)
    assert (counts.best("nsubj"), counts.all("nsubj")) == (1, 2)
    assert (counts.best("nsubj:pass"), counts.right("nsubj:pass", 2)) == (2, 1)
    assert (counts.best("punct"), counts.all("punct")) == (-3, 1)
    assert counts.all(EVERY) == 7
    assert (counts.best("iobj"), counts.all("iobj"), counts.right("iobj", 1)) == (0, 0, 0)


def test_of_offsets_that_are_right_as_often_the_nearest_is_taken() -> None:
    counts = OffsetCounts()
    for heads in ([1, ROOT, 1, 2], [3, ROOT, 1, 1]):
        counts.add(spaced(list("abcd"), heads, ["dep", "root", "dep", "dep"]))
    assert counts.right("dep", -1) == 3
    assert counts.best("dep") == -1
    even = OffsetCounts()
    even.add(spaced(list("abc"), [1, ROOT, 1], ["dep", "root", "dep"]))
    assert even.best("dep") == 1


def test_kinds_of_a_relation_count_to_their_family_too() -> None:
    assert relations("obl:tmod") == ("obl", "obl:tmod")
    assert titled("obl:tmod") == titled("obl")
    assert titled("nsubj:pass") != titled("nsubj")


@pytest.mark.skipif("TREEBANKS" not in os.environ, reason="treebanks of others do not ship")
def test_offsets_are_those_that_were_published_of_the_treebanks_of_universal_dependencies() -> None:
    """TREEBANKS is a folder with ud/*.conllu.gz and refnums/ud_offset_baselines.tsv."""
    folder = Path(os.environ["TREEBANKS"])
    wanted: dict[str, dict[str, tuple[str, str, str]]] = defaultdict(dict)
    with (folder / "refnums/ud_offset_baselines.tsv").open(encoding="utf-8") as lines:
        for row in csv.DictReader(lines, delimiter="\t"):
            name = EVERY if row["relation"].startswith("ALL") else row["relation"]
            figures = row["n"], row["best_offset"], row["accuracy_pct"]
            wanted[row["treebank"]][name] = figures
    files = sorted((folder / "ud").glob("*.conllu.gz"))
    assert files
    for file in files:
        counts = OffsetCounts()
        for tree in treebank(file.read_bytes(), most=100_000).trees:
            counts.add(tree)
        found = {}
        for name in wanted[file.name.removesuffix(".conllu.gz")]:
            count, best = counts.all(name), counts.best(name)
            share = 100 * counts.right(name, best) / count
            found[name] = (str(count), f"{best:+d}", f"{share:.1f}")
        assert found == wanted[file.name.removesuffix(".conllu.gz")]
