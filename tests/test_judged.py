"""What heads are called where the truth is known: against slow counts, scipy, and sums by hand."""

from __future__ import annotations

import json
import math
import random
from collections import Counter

import pytest
import torch
from scipy.stats import binomtest, norm
from torch import Tensor

from attention_core.errors import ModelError, Superseded, TextError
from attention_core.files.pairs import Pair
from attention_core.numbers.alignment import AlignedPair, Gold, Link
from attention_core.numbers.heads import AttendedPair, HeadRanking, Method
from attention_core.numbers.labels.judged import Guess, Judged, aligning, following
from attention_core.numbers.syntax import ROOT, Study, Tree
from models.corpora import treebanks
from models.corpora.grammar import GrammarStudy, heads_of_relations
from models.corpora.head_search import heads_that_align
from models.corpora.pairs import ready_gold
from models.families import fake
from models.families.reader import Reader
from models.ours.grammar.train import CHECKPOINT
from models.ours.translator.reader import load_translator
from models.store import shelf
from pages.showing import readings
from tests.test_syntax import alone, gold, grown


def judged(right: list[list[int]], both: list[list[int]], all_: int, guessed: int) -> Judged:
    counts = torch.tensor(right)
    return Judged(
        counts, torch.full_like(counts, all_), torch.tensor(both), Guess(1, guessed, all_)
    )


def test_a_head_has_its_name_where_it_gains_the_margin_and_surely_something() -> None:
    """Wald's interval written out case by case, with half a case more of each of the four kinds."""
    dice = random.Random(4)
    for _case in range(200):
        all_, guessed = dice.randrange(10, 400), 0
        guessed = dice.randrange(all_)
        right = [[dice.randrange(all_ + 1) for _head in range(3)] for _layer in range(2)]
        both = [
            [dice.randint(max(0, one + guessed - all_), min(one, guessed)) for one in row]
            for row in right
        ]
        wanted = list[tuple[int, int]]()
        for layer, row in enumerate(right):
            for head, count in enumerate(row):
                more, less = count - both[layer][head], guessed - both[layer][head]
                cells = [1.0] * more + [-1.0] * less + [0.0] * (all_ - more - less)
                size, total = all_ + 2, more - less
                squares = sum(one**2 for one in cells) + 1
                deviation = math.sqrt(squares - total**2 / size) / size
                low = total / size - norm.ppf(0.975) * deviation
                if 10 * (count - guessed) >= all_ and low > 0:
                    wanted.append((layer, head))
        found = judged(right, both, all_, guessed).having()
        assert sorted(found) == wanted
        shares = [right[layer][head] for layer, head in found]
        assert shares == sorted(shares, reverse=True)


def test_the_same_share_has_the_name_or_not_by_how_often_the_guess_agrees() -> None:
    """Of 100 right 60, guessed 48: apart 20 and 8, or 45 and 33; both gain twelve points.

    (20.5 − 8.5)/102 = 0.118 with √(29 − 1.41)/102 = 0.0515 is surely above 0; with
    √(79 − 1.41)/102 = 0.0864 it is not.
    """
    assert judged([[60]], [[40]], 100, 48).has(0, 0)
    assert not judged([[60]], [[15]], 100, 48).has(0, 0)
    assert not judged([[57]], [[48]], 100, 48).has(0, 0)  # nine points, however sure
    gain, low, high = judged([[60]], [[40]], 100, 48).gain(0, 0)
    assert (gain, low, high) == pytest.approx((0.12, 0.1176 - 0.1009, 0.1176 + 0.1009), abs=1e-3)


def test_a_share_has_the_interval_of_scipy() -> None:
    ends = binomtest(36, 40).proportion_ci(method="wilson")
    assert judged([[36]], [[9]], 40, 12).interval(0, 0) == pytest.approx(tuple(ends), abs=1e-4)


def test_a_place_without_a_head_has_no_score_and_no_name() -> None:
    found = Judged(
        torch.tensor([[9, 0]]), torch.tensor([[10, 0]]), torch.tensor([[0, 0]]), Guess(1, 0, 10)
    )
    assert found.scores.values.isnan().tolist() == [[False, True]]
    assert found.having() == [(0, 0)]


def looks(tree: Tree, chance: torch.Generator) -> Tensor:
    """(4, word, word): the tree, the tree turned round, a guess, and half of the tree."""
    whole = gold(tree)[0]
    noise = torch.rand(len(tree), len(tree), generator=chance).softmax(-1)
    lucky = torch.rand(len(tree), 1, generator=chance) < 0.5
    return torch.stack([whole, whole.T, noise, torch.where(lucky, whole, noise)])


def test_relations_are_counted_as_a_slow_loop_counts_them() -> None:
    dice, chance = random.Random(3), torch.Generator().manual_seed(3)
    trees = [grown(dice, 8) for _ in range(60)]
    seen = [looks(tree, chance) for tree in trees]
    study = Study()
    for tree, weights in zip(trees, seen, strict=True):
        study.add(tree, weights, alone(tree))
    found = following(study, [(0, 0), (0, 1), (1, 0), (1, 1)])
    assert not {"", "punct"} & set(found)
    for relation in ("nsubj", "obj", "det"):
        halves = [slow(trees[half::2], seen[half::2], relation) for half in (0, 1)]
        right, both, guessed = Counter[int](), Counter[int](), 0
        for own, other in (halves, halves[::-1]):
            offset = max(other[1], key=lambda one: (other[1][one], -abs(one), one))
            guessed += own[1][offset]
            for number in range(4):
                way = max((0, 1), key=lambda way: (other[0][number, way], -way))
                right[number] += own[0][number, way]
                both[number] += own[3][number, way, offset]
        judged_ = found[relation]
        assert judged_.guess[1:] == (guessed, halves[0][2] + halves[1][2])
        for number, place in enumerate([(0, 0), (0, 1), (1, 0), (1, 1)]):
            assert int(judged_.right[place]) == right[number]
            assert int(judged_.both[place]) == both[number]
            assert int(judged_.all[place]) == judged_.guess.all
    assert found["nsubj"].having()[:2] == [(0, 0), (0, 1)]
    assert (1, 0) not in found["nsubj"].having()


def slow(
    trees: list[Tree], seen: list[Tensor], wanted: str
) -> tuple[Counter[tuple[int, int]], Counter[int], int, Counter[tuple[int, int, int]]]:
    """How often each head is right in each direction, each offset, of how many, and both."""
    right, offsets, count = Counter[tuple[int, int]](), Counter[int](), 0
    both = Counter[tuple[int, int, int]]()
    for tree, weights in zip(trees, seen, strict=True):
        for word, relation in enumerate(tree.relations):
            head = tree.heads[word]
            if head == ROOT or relation.split(":")[0] != wanted:
                continue
            count += 1
            offsets[head - word] += 1
            for number, one in enumerate(weights):
                for way, row in ((0, one[word]), (1, one[:, word])):
                    others = [float(row[at]) if at != word else -1.0 for at in range(len(tree))]
                    hit = max(others) > 0 and others.index(max(others)) == head
                    right[number, way] += hit
                    both[number, way, head - word] += hit
    return right, offsets, count, both


# Heads that align


def pair_of(links: list[tuple[int, int]], best: list[list[int]]) -> AttendedPair:
    """Three words on either side; best: for each head the source word that each target looks at."""
    weights = torch.full((len(best), 3, 3), 0.1)
    for head, row in enumerate(best):
        weights[head, range(3), row] = 0.8
    every = [[0], [1], [2]]
    made = Gold(
        frozenset(Link(*one) for one in links[:2]), frozenset(Link(*one) for one in links[2:])
    )
    return AttendedPair([("cross.0", weights)], every, every, made)


def test_heads_that_align_are_counted_by_hand() -> None:
    """Links 0-0, 1-1 and perhaps 2-2. One head looks at each, one at the first; eight pairs."""
    halves = HeadRanking([Method("argmax")]), HeadRanking([Method("argmax")])
    for half in halves:
        for _pair in range(4):
            half.add(pair_of([(0, 0), (1, 1), (2, 2)], [[0, 1, 2], [0, 0, 0]]))
    found = aligning(halves, ["cross.0"], Guess(0, 10, 24))
    assert found.right.tolist() == [[24, 8]]
    assert found.all.tolist() == [[24, 24]]
    assert found.both.tolist() == [[10, 0]]  # 24 + 10 − 24, and as few as there can be
    assert found.having() == [(0, 0)]


def test_the_step_of_a_head_is_chosen_on_one_half_and_counted_on_the_other() -> None:
    halves = HeadRanking([Method("argmax")]), HeadRanking([Method("argmax")])
    links = [(0, 0), (1, 1), (2, 2)]
    halves[0].add(pair_of(links, [[2, 0, 1]]))  # one step late
    for _pair in range(4):
        halves[1].add(pair_of(links, [[0, 1, 2]]))  # in time
    crossed = aligning(halves, ["cross.0"], Guess(0, 2, 6))
    straight = aligning((halves[1], halves[1]), ["cross.0"], Guess(0, 2, 6))
    assert straight.right.tolist() == [[24]]
    assert int(crossed.right[0, 0]) <= 4
    assert (
        11 <= int(crossed.all[0, 0]) <= 15
    )  # each half once, the last word perhaps without a look


# Models


def test_a_study_and_the_short_way_say_the_same() -> None:
    trees = treebanks.ready("english").trees[:24]
    reader = Reader("fake", fake.checkpoint())
    work, steps = GrammarStudy(reader, trees), list[int]()
    for place in range(len(work)):
        work.row(place, lambda: False)
    short = heads_of_relations(reader, trees, step=steps.append)
    whole = work.judged()
    assert steps == [*range(1, 25)]
    assert (short.kind, short.sentences) == (whole.kind, whole.sentences) == ("encoder", 24)
    assert list(short.judged) == list(whole.judged)
    for name, one in short.judged.items():
        assert torch.equal(one.right, whole.judged[name].right)
        assert one.guess == whole.judged[name].guess


def test_nobody_waits_any_more() -> None:
    reader, trees = Reader("fake", fake.checkpoint()), treebanks.ready("english").trees
    with pytest.raises(Superseded):
        heads_of_relations(reader, trees, lambda: True)
    translator = load_translator("luong-dot-en-fr")
    with pytest.raises(Superseded):
        heads_that_align(translator, [Pair("a", "b")], lambda: True)


def test_the_small_bert_has_the_heads_that_its_card_names() -> None:
    found = readings.follows("grammar")
    card = json.loads((CHECKPOINT / "card.json").read_text(encoding="utf-8"))
    for relation in ("det", "nsubj"):
        site, _head, number = card["heads"][relation]["head"].split()
        place = int(site.removeprefix("encoder.")), int(number) - 1
        assert place in found.judged[relation].having()
    assert "advmod" not in found.judged or not found.judged["advmod"].having()


def test_the_translator_has_heads_that_align_and_others() -> None:
    found = readings.aligns("transformer-en-fr")
    layers, heads = found.judged.right.shape
    assert 0 < len(found.judged.having()) < layers * heads
    ready = ready_gold("en", "fr")
    assert ready is not None
    pairs = [pair.aligned for pair in ready.rows if pair.aligned]
    assert found.pairs == len(pairs)
    right = every = 0
    for pair in pairs:
        words = len(pair.target)
        for target in range(words):  # the middle of a word lies in the middle of that one
            source = int((target + 0.5) / words * len(pair.source))
            right += Link(source, target) in pair.gold.sure | pair.gold.possible
            every += 1
    assert found.judged.guess == Guess(0, right, every)
    assert right / every < 0.7


def test_what_cannot_be_judged_says_why() -> None:
    translator = load_translator("luong-dot-en-fr")
    with pytest.raises(TextError, match="Two pairs with links"):
        heads_that_align(translator, [Pair("a", "b")])
    one = AlignedPair(("I",), ("je",), Gold(frozenset({Link(0, 0)}), frozenset()), ("I", "je"))
    with pytest.raises(TextError, match="no attention"):
        heads_that_align(load_translator("fixed-en-fr"), [Pair("I", "je", one)] * 2)
    with pytest.raises(ModelError, match="cannot do this"):
        readings.follows("transformer-en-fr")


def test_a_treebank_suits_a_model_by_its_languages() -> None:
    assert treebanks.suited("grammar", ("en",)) == "grammar"
    assert treebanks.suited("minilm", ("en",)) == "english"
    assert treebanks.suited("e5", ("zh", "en")) == "english"
    assert treebanks.suited("bert", ("zh",)) == "chinese"
    assert treebanks.suited("folder", ()) == "english"
    assert treebanks.suited("camembert", ("fr",)) is None
    assert "nsubj" in treebanks.frequent("english")
    assert isinstance(shelf.load("grammar"), Reader)
