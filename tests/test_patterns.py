"""Sparse patterns: drawn by hand, and the laws that they keep."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from attention_core.errors import ShapeError
from attention_core.mechanisms import patterns


def drawn(pattern: Tensor) -> list[str]:
    return ["".join("x" if may else "." for may in row) for row in pattern.tolist()]


def test_a_sliding_window_by_hand() -> None:
    assert drawn(patterns.sliding_window(4, 4, 2)) == ["xx..", "xxx.", ".xxx", "..xx"]


def test_a_dilated_window_by_hand() -> None:
    assert drawn(patterns.sliding_window(3, 7, 4, 3)) == ["x..x..x", ".x..x..", "..x..x."]


def test_global_tokens_by_hand() -> None:
    assert drawn(patterns.global_tokens(3, 3, 1)) == ["xxx", "x..", "x.."]


def test_causal_by_hand() -> None:
    assert drawn(patterns.causal(3, 3)) == ["x..", "xx.", "xxx"]


def test_blocks_by_hand() -> None:
    assert drawn(patterns.block_window(6, 6, 2, 1)) == ["xx....", "xx....", "..xx..", "..xx..",
                                                       "....xx", "....xx"]  # fmt: skip


@pytest.mark.parametrize("first", [0, 1, 5])
def test_a_row_is_the_same_whichever_rows_are_asked_for(first: int) -> None:
    makers: tuple[Callable[[int, int], Tensor], ...] = (
        lambda rows, start: patterns.causal(rows, 9, start),
        lambda rows, start: patterns.sliding_window(rows, 9, 4, 2, start),
        lambda rows, start: patterns.global_tokens(rows, 9, 2, start),
        lambda rows, start: patterns.block_window(rows, 9, 2, 3, start),
        lambda rows, start: patterns.random_blocks(rows, 9, 2, 1, 1, 2, 4, start),
    )
    for make in makers:
        assert torch.equal(make(9, 0)[first:], make(9 - first, first))


@pytest.mark.parametrize("window", [2, 4, 8])
@pytest.mark.parametrize("dilation", [1, 2, 3])
def test_a_window_is_symmetric_and_has_one_key_more_than_it_says(
    window: int, dilation: int
) -> None:
    pattern = patterns.sliding_window(64, 64, window, dilation)
    assert torch.equal(pattern, pattern.mT)
    assert (pattern[30:34].sum(-1) == window + 1).all()
    assert pattern.diagonal().all()


def test_a_window_twice_as_long_as_the_text_sees_everything() -> None:
    assert patterns.sliding_window(7, 7, 12).all()
    assert not patterns.sliding_window(7, 7, 10).all()


def test_a_dilation_longer_than_the_text_sees_itself_only() -> None:
    assert torch.equal(patterns.sliding_window(5, 5, 4, 9), torch.eye(5, dtype=torch.bool))


@pytest.mark.parametrize("draw", range(4))
@pytest.mark.parametrize("count", [0, 1, 3])
def test_random_blocks_are_as_many_as_wanted_and_neither_near_nor_global(
    draw: int, count: int
) -> None:
    block, length, window, broad = 4, 50, 3, 2  # 13 blocks, the last of two words
    random = patterns.random_blocks(length, length, block, window, broad, count, draw)
    near = patterns.block_window(length, length, block, window)
    everywhere = patterns.global_blocks(length, length, block, broad)
    assert not (random & (near | everywhere)).any()
    for row in range(broad, 13):
        inside = random[row * block, : 12 * block].reshape(12, block)
        assert (inside.all(-1) == inside.any(-1)).all()
        seen = int(inside.any(-1).sum()) + bool(random[row * block, -1])
        assert seen == count


def test_another_draw_draws_other_blocks_and_the_same_draw_the_same() -> None:
    def made(draw: int) -> Tensor:
        return patterns.random_blocks(64, 64, 2, 3, 1, 3, draw)

    assert torch.equal(made(1), made(1))
    assert not torch.equal(made(1), made(2))


def test_as_many_random_blocks_as_there_are_see_everything() -> None:
    seen = patterns.drawn_blocks(20, 2, 1, 1, 99, 0)
    assert seen[1:] == [list(range(10))] * 9


def test_with_a_global_block_any_two_words_are_two_steps_apart() -> None:
    near = patterns.block_window(40, 40, 2, 1) | patterns.global_blocks(40, 40, 2, 1)
    assert not near.all()
    assert ((near.float() @ near.float()) > 0).all()


def test_the_listed_blocks_are_those_of_the_pattern() -> None:
    block, window, broad, count, draw = 4, 3, 2, 2, 5
    whole = patterns.block_window(50, 50, block, window)
    whole |= patterns.global_blocks(50, 50, block, broad)
    whole |= patterns.random_blocks(50, 50, block, window, broad, count, draw)
    for row, places in enumerate(patterns.drawn_blocks(50, block, window, broad, count, draw)):
        if row >= broad:
            seen = whole[row * block, ::block].nonzero().flatten().tolist()
            assert places == seen


def test_every_far_block_is_drawn_now_and_then() -> None:
    found = [
        patterns.random_blocks(12, 12, 1, 3, 1, 2, draw)[6].nonzero().flatten()
        for draw in range(99)
    ]
    assert set(torch.cat(found).tolist()) == {1, 2, 3, 4, 8, 9, 10, 11}


@pytest.mark.parametrize("window", [0, -2, 3])
def test_a_window_that_cannot_be_centred_is_refused(window: int) -> None:
    with pytest.raises(ShapeError, match=f"A window of {window} keys .* use an even number"):
        patterns.sliding_window(4, 4, window)


def test_a_dilation_of_nothing_is_refused() -> None:
    with pytest.raises(ShapeError, match="A dilation of 0 takes no steps; use 1 or more"):
        patterns.sliding_window(4, 4, 2, 0)


@pytest.mark.parametrize(
    ("numbers", "sentence"),
    [
        ((0, 3, 1, 1), "A block of 0 words is empty"),
        ((2, 2, 1, 1), "A window of 2 blocks cannot be centred"),
        ((2, 3, -1, 1), "-1 random and 1 global blocks"),
        ((2, 3, 1, -1), "1 random and -1 global blocks"),
    ],
)
def test_blocks_that_make_no_pattern_are_refused(
    numbers: tuple[int, int, int, int], sentence: str
) -> None:
    with pytest.raises(ShapeError, match=sentence):
        patterns.check_blocks(*numbers)
