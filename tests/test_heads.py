"""The head finder finds what a slow loop finds, and is quick about it."""

from __future__ import annotations

import time

import numpy as np
import pytest
import torch
from torch import Tensor

from attention_core.errors import ShapeError, TextError
from attention_core.numbers.alignment import (
    EXTRACTIONS,
    Gold,
    Link,
    crossing,
    extract,
    scores,
    shifted,
)
from attention_core.numbers.heads import (
    METHODS,
    SHIFTS,
    AttendedPair,
    HeadRanking,
    Method,
    Ranked,
)
from attention_core.watching.place import Place
from attention_core.watching.record import Integrity, Site, Stored
from attention_core.watching.record import together as joined
from tests.sample import axis


def pair(seed: int, heads: tuple[int, ...] = (3, 2, 1), words: int = 5) -> AttendedPair:
    """A sentence of random attention; words of one to three pieces, and a last piece of no word."""
    dice = np.random.default_rng(seed)
    rows, columns = (groups(dice, words + extra) for extra in (0, 2))
    shape = sum(map(len, rows)) + 1, sum(map(len, columns)) + 1
    sites = [
        (f"cross.{layer}", torch.tensor(dice.dirichlet(np.full(shape[1], 0.3), (count, shape[0]))))
        for layer, count in enumerate(heads)
    ]
    every = [Link(source, target) for source in range(len(columns)) for target in range(len(rows))]
    chosen = [every[place] for place in dice.permutation(len(every))[: 3 * words // 2]]
    gold = Gold(frozenset(chosen[:words]), frozenset(chosen[words:]))
    return AttendedPair([(name, weights.float()) for name, weights in sites], rows, columns, gold)


def groups(dice: np.random.Generator, words: int) -> list[list[int]]:
    ends = np.cumsum(dice.integers(1, 4, words))
    return [list(range(end - size, end)) for end, size in zip(ends, np.diff(ends, prepend=0))]  # noqa: B905


def one_by_one(
    pairs: list[AttendedPair], site: int, head: int | None, method: Method, shift: int
) -> tuple[object, float]:
    """The scores and crossing recall of one reading, word by word."""
    found, hits, crossed = [], 0, 0
    for sentence in pairs:
        weights = sentence.sites[site][1]
        pieces = shifted((weights.mean(0) if head is None else weights[head]).numpy(), shift)
        words = np.array(
            [
                [pieces[np.ix_(row, column)].sum(1).mean() for column in sentence.columns]
                for row in sentence.rows
            ]
        )
        links = extract(words, *method)
        found.append((links, sentence.gold))
        hits += len(crossing(sentence.gold.sure) & set(links))
        crossed += len(crossing(sentence.gold.sure))
    return scores(found), hits / crossed


def ranking(pairs: list[AttendedPair]) -> HeadRanking:
    made = HeadRanking()
    for sentence in pairs:
        made.add(sentence)
    return made


def test_every_figure_is_that_of_reading_head_by_head_and_word_by_word() -> None:
    pairs = [pair(seed, words=4 + seed) for seed in range(4)]
    table = ranking(pairs).table()
    assert len(table) == (3 + 1 + 2 + 1 + 1) * len(METHODS) * len(SHIFTS)
    for row in table:
        site = int(row.site.removeprefix("cross."))
        assert (row.scores, row.crossing_recall) == one_by_one(
            pairs, site, row.head, row.method, row.shift
        )


def test_a_word_has_its_own_look_or_that_of_the_step_beside_it() -> None:
    assert sorted(SHIFTS) == [-1, 0, 1]
    assert SHIFTS[0] == 0, "of equal readings the one that needs no shift comes first"


def test_the_table_holds_every_reading_once_and_begins_with_the_best() -> None:
    made = ranking([pair(seed) for seed in range(3)])
    table = made.table()
    names = [(row.site, row.head) for row in table]
    assert {name for name in names if name[0] == "cross.0"} == {
        ("cross.0", head) for head in (0, 1, 2, None)
    }
    assert ("cross.2", None) not in names  # the mean of one head is that head
    assert len({row[:4] for row in table}) == len(table)
    errors = [row.scores.error_rate for row in table]
    assert errors == sorted(errors)
    assert made.best() == table[0]
    assert made.sentences == 3


def aligning(good: int, late: int) -> AttendedPair:
    """One head of three that looks where its word came from, `late` steps after writing it."""
    turned = [2, 0, 3, 1]
    weights = torch.full((3, 5, 5), 0.2)
    for step in range(5):
        word = step - late
        weights[good, step] = torch.eye(5)[turned[word] if 0 <= word < 4 else 4]
    single = [[place] for place in range(4)]
    sure = frozenset(Link(source, target) for target, source in enumerate(turned))
    return AttendedPair([("cross.0", weights)], single, single, Gold(sure, frozenset()))


@pytest.mark.parametrize(("good", "late"), [(0, 0), (1, 1), (2, 0), (2, 1)])
def test_the_aligning_head_and_its_shift_win(good: int, late: int) -> None:
    best = ranking([aligning(good, late)]).best()
    assert (best.head, best.shift) == (good, late)
    assert best.scores.error_rate == 0
    assert best.crossing_recall == 1
    assert best.method == Method("argmax")


def test_equal_readings_keep_the_same_order() -> None:
    same: Tensor = torch.full((2, 3, 3), 1 / 3)
    single = [[0], [1], [2]]
    gold = Gold(frozenset([Link(0, 0)]), frozenset())
    table = ranking([AttendedPair([("a", same), ("b", same)], single, single, gold)]).table()
    tied = [row for row in table if row.scores == table[0].scores]
    assert len(tied) > 4

    def place(row: Ranked) -> tuple[str, int, int, int]:
        head = 9 if row.head is None else row.head
        return row.site, head, METHODS.index(row.method), SHIFTS.index(row.shift)

    assert [place(row) for row in tied] == sorted(place(row) for row in tied)


def test_a_ranking_of_nothing_asks_for_sentences() -> None:
    assert HeadRanking().table() == []
    with pytest.raises(TextError, match="add at least one"):
        HeadRanking().best()


def test_sentences_of_two_models_are_not_mixed() -> None:
    made = ranking([pair(0, heads=(3, 2))])
    before = made.table()
    with pytest.raises(ShapeError, match="one model at a time"):
        made.add(pair(1, heads=(3, 3)))
    assert made.table() == before


def test_a_gold_link_to_no_word_is_refused_and_nothing_is_counted() -> None:
    good = pair(0)
    bad = AttendedPair(
        good.sites, good.rows, good.columns, Gold(frozenset([Link(0, 99)]), frozenset())
    )
    made = ranking([good])
    before = made.table()
    with pytest.raises(ShapeError, match="0-99"):
        made.add(bad)
    assert made.table() == before


def test_what_is_added_is_not_changed() -> None:
    sentence = pair(2)
    before = [weights.clone() for _, weights in sentence.sites]
    ranking([sentence])
    assert all(
        torch.equal(*both) for both in zip(before, (w for _, w in sentence.sites), strict=True)
    )


def test_fifty_sentences_of_48_heads_take_seconds() -> None:
    pairs = [pair(seed, heads=(8,) * 6, words=12) for seed in range(10)]
    begun = time.process_time()
    ranking(pairs * 5).table()
    assert time.process_time() - begun < 15


def test_of_equals_the_one_that_finds_links_which_cross_comes_first() -> None:
    """Both heads find two of four sure links; those of the second cross."""
    turned = [0, 2, 1, 3]
    weights = torch.zeros(2, 4, 4)
    for head, targets in enumerate(((0, 3), (1, 2))):
        for target in targets:
            weights[head, target, turned[target]] = 0.9
    single = [[place] for place in range(4)]
    sure = frozenset(Link(source, target) for target, source in enumerate(turned))
    made = ranking([AttendedPair([("cross.0", weights)], single, single, Gold(sure, frozenset()))])
    rows = [row for row in made.table() if row[2:4] == (Method("argmax"), 0)]
    heads = [(row.head, row.crossing_recall) for row in rows if row.head is not None]
    assert heads == [(1, 1.0), (0, 0.0)]
    assert rows[0].head is None  # the mean of the two finds all four
    errors = {row.head: row.scores.error_rate for row in rows}
    assert errors[0] == errors[1] == pytest.approx(1 / 3)


def test_where_no_sure_link_crosses_none_of_them_was_found() -> None:
    weights = torch.eye(3)[None]
    sure = frozenset(Link(place, place) for place in range(3))
    single = [[place] for place in range(3)]
    best = ranking([AttendedPair([("a", weights)], single, single, Gold(sure, frozenset()))]).best()
    assert (best.scores.error_rate, best.crossing_recall) == (0, 0)


def test_layers_read_together_are_one_head_the_mean_of_all_theirs() -> None:
    one, other = torch.rand(2, 3, 4), torch.rand(1, 3, 4)
    source, target = axis("a b c d"), axis("w x y")
    layers = [
        Site((Place.of_kind("cross", 0),), 2, target, source, Stored(one), Integrity(1e-7, None)),
        Site((Place.of_kind("cross", 2),), 1, target, source, Stored(other), Integrity(3e-7, 0.0)),
    ]
    both = joined(layers)
    assert (both.name, both.heads) == ("cross.0+cross.2", 1)
    torch.testing.assert_close(both.weights(), ((one[0] + one[1] + other[0]) / 3)[None])
    torch.testing.assert_close(both.weights([0], slice(1, 2)), both.weights()[:, 1:2])
    assert both.integrity == Integrity(3e-7, None)  # as sure as the least sure of them


@pytest.mark.parametrize("link", [Link(2, 0), Link(0, 3)])
def test_the_last_words_may_be_linked_and_the_next_may_not(link: Link) -> None:
    weights = torch.full((1, 3, 2), 0.5)
    rows, columns = [[0], [1], [2]], [[0], [1]]
    last = Gold(frozenset([Link(1, 2)]), frozenset())
    ranking([AttendedPair([("cross.0", weights)], rows, columns, last)])
    beyond = Gold(frozenset(), frozenset([link]))
    with pytest.raises(ShapeError, match=f"{link.source}-{link.target}.* 2 source .* 3 target"):
        ranking([AttendedPair([("cross.0", weights)], rows, columns, beyond)])


def test_a_word_without_pieces_is_looked_at_by_nobody_and_looks_nowhere() -> None:
    weights = torch.full((1, 2, 2), 0.5)
    gold = Gold(frozenset([Link(0, 0)]), frozenset())
    made = ranking([AttendedPair([("cross.0", weights)], [[0, 1], []], [[0, 1], []], gold)])
    assert all(row.scores.found == 1 for row in made.table())


def test_every_way_of_taking_links_is_tried_on_every_head() -> None:
    assert {method.how for method in METHODS} == set(EXTRACTIONS)
    assert [method.least for method in METHODS] == [0, 0, 0, 0.1, 0.2, 0.3, 0.5]
    assert [method.how for method in METHODS[:3]] == ["argmax", "matching", "grown"]
