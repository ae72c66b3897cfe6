"""The linear forms equal the masked dense ones, and grow with the length, not with its square."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn.functional import conv1d
from torch.utils._python_dispatch import TorchDispatchMode

from attention_core.errors import ShapeError
from attention_core.mechanisms import linear, patterns
from attention_core.mechanisms.families.convolution import LightConv
from attention_core.mechanisms.families.sparse import BigBird, Longformer, SlidingWindow
from attention_core.mechanisms.mechanism import split
from attention_core.mechanisms.timing import peak

STRIP = linear.STRIP
LENGTHS = (1, 2, 3, 37, STRIP + 15, STRIP + 16, STRIP + 17, 2 * STRIP + 64, 700)
TOLERANCE = 1e-5

Form = Callable[[Tensor, Tensor, Tensor], Tensor]
FORMS: dict[str, Form] = {
    "banded": lambda q, k, v: linear.banded(q, k, v, 16),
    "dilated": lambda q, k, v: linear.banded(q, k, v, 8, 3),
    "global": lambda q, k, v: linear.window_and_global(q, k, v, 16, 2),
    "dilated and global": lambda q, k, v: linear.window_and_global(q, k, v, 8, 3, 2),
    "blocks": lambda q, k, v: linear.block_sparse(q, k, v, 8),
}


def rows(length: int, seed: int = 0, width: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    """(batch, head, token, d), the values narrower, in single precision."""
    dice = torch.Generator().manual_seed(seed)
    query, key = (torch.randn(3, 2, length, width, generator=dice) for _ in range(2))
    return query, key, torch.randn(3, 2, length, width - 1, generator=dice)


def dense(parts: tuple[Tensor, Tensor, Tensor], allowed: Tensor) -> Tensor:
    """softmax(q k / √d) v; a query that may look at nothing takes nothing."""
    query, key, value = parts
    scores = query @ key.mT / query.shape[-1] ** 0.5
    weights = torch.softmax(scores.masked_fill(~allowed, -torch.inf), -1)
    return weights.nan_to_num(0) @ value


def close(found: Tensor, wanted: Tensor) -> bool:
    assert found.shape == wanted.shape
    return float((found - wanted).detach().abs().max()) < TOLERANCE


# Equal to the masked dense form


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(("window", "dilation"), [(2, 1), (8, 1), (64, 1), (4, 3), (8, 300)])
def test_a_band_equals_the_masked_square(length: int, window: int, dilation: int) -> None:
    parts = rows(length)
    allowed = patterns.sliding_window(length, length, window, dilation)
    assert close(linear.banded(*parts, window, dilation), dense(parts, allowed))


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("broad", [0, 1, 3, 300])
@pytest.mark.parametrize("dilation", [1, 2])
def test_a_band_with_global_words_equals_the_masked_square(
    length: int, broad: int, dilation: int
) -> None:
    parts = rows(length)
    allowed = patterns.sliding_window(length, length, 16, dilation)
    allowed |= patterns.global_tokens(length, length, broad)
    assert close(linear.window_and_global(*parts, 16, broad, dilation), dense(parts, allowed))


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("numbers", [(4, 3, 2, 1), (1, 1, 0, 0), (16, 5, 3, 2), (7, 3, 1, 0)])
def test_blocks_equal_the_masked_square(length: int, numbers: tuple[int, int, int, int]) -> None:
    parts, (block, window, random, broad) = rows(length), numbers
    kinds = BigBird(block, window, random, broad, draw=5).kinds(
        torch.ones(length, length, dtype=torch.bool), 0
    )
    found = linear.block_sparse(*parts, block, window, random, broad, draw=5)
    assert close(found, dense(parts, kinds > 0))


def test_listed_blocks_equal_the_masked_square_even_where_a_block_sees_nothing() -> None:
    parts, places = rows(23), [[2, 0], [], [4], [1, 2, 3], [0]]
    allowed = torch.zeros(23, 23, dtype=torch.bool)
    for row, columns in enumerate(places):
        for column in columns:
            allowed[5 * row : 5 * row + 5, 5 * column : 5 * column + 5] = True
    found = linear.listed_blocks(*parts, 5, places)
    assert close(found, dense(parts, allowed))
    assert (found[..., 5:10, :] == 0).all()


@pytest.mark.parametrize("length", [1, 50, 200])
def test_the_mechanisms_themselves_are_the_reference(length: int) -> None:
    query, key, value = rows(length)
    for mechanism, found in (
        (SlidingWindow(6, 2), linear.banded(query, key, value, 6, 2)),
        (BigBird(4, 3, 2, 1, 9), linear.block_sparse(query, key, value, 4, 3, 2, 1, 9)),
    ):
        assert close(found, mechanism(query, key, value).context)


@pytest.mark.parametrize("dilation", [1, 3])
@pytest.mark.parametrize("count", [0, 2, 90])
def test_global_words_with_their_own_projections_make_longformer(count: int, dilation: int) -> None:
    torch.manual_seed(6)
    mechanism = Longformer(12, 3, 8, dilation, count)
    for layer in (mechanism.global_query, mechanism.global_key, mechanism.global_value):
        layer.reset_parameters()
    words = torch.randn(2, 90, 12)
    query, key, value, *own = (
        split(layer(words), 3)
        for layer in (
            mechanism.query_projection, mechanism.key_projection, mechanism.value_projection,
            mechanism.global_query, mechanism.global_key, mechanism.global_value,
        )
    )  # fmt: skip
    own[0] = own[0][..., :count, :]
    heads = linear.window_and_global(
        query, key, value, 8, count, dilation, global_rows=(own[0], own[1], own[2])
    )
    found = mechanism.output_projection(heads.transpose(-3, -2).flatten(-2))
    assert close(found, mechanism(words, words).context)


@pytest.mark.parametrize("size", [1, 3, 7])
@pytest.mark.parametrize("length", [1, 2, 40])
def test_a_light_convolution_equals_its_band_of_weights_and_torchs(size: int, length: int) -> None:
    mechanism = LightConv(12, 3, size)
    words = torch.randn(2, length, 12, generator=torch.Generator().manual_seed(1))
    kernel = mechanism.kernels.softmax(-1)
    found = linear.light_convolution(words, kernel)
    assert close(found, mechanism(words, words).context)
    channels = kernel.repeat_interleave(4, 0).unsqueeze(1)
    assert close(found, conv1d(words.mT, channels, padding=size // 2, groups=12).mT)


# Padding


def padded(length: int) -> Tensor:
    """(batch, 1, token): all, the first third, and none of the keys may be looked at."""
    ends = torch.tensor([length, length // 3, 0])
    return (torch.arange(length) < ends.unsqueeze(-1)).unsqueeze(1)


@pytest.mark.parametrize("length", LENGTHS)
def test_padding_is_not_looked_at_and_a_blind_query_takes_nothing(length: int) -> None:
    parts, seen = rows(length), padded(length)
    window = patterns.sliding_window(length, length, 4, 3)
    broad = window | patterns.global_tokens(length, length, 2)
    blocks = BigBird(8).kinds(torch.ones(length, length, dtype=torch.bool), 0) > 0
    for allowed, found in (
        (window, linear.banded(*parts, 4, 3, seen)),
        (broad, linear.window_and_global(*parts, 4, 2, 3, seen)),
        (blocks, linear.block_sparse(*parts, 8, seen=seen)),
    ):
        assert close(found, dense(parts, allowed & seen.unsqueeze(-2)))
        assert (found[2] == 0).all()


def test_gradients_stay_finite_where_nothing_may_be_seen() -> None:
    query, key, value = (part.requires_grad_() for part in rows(200))
    found = linear.window_and_global(query, key, value, 16, 1, seen=padded(200))
    torch.autograd.backward(found.sum())
    for part in (query, key, value):
        assert part.grad is not None
        assert torch.isfinite(part.grad).all()
        assert (part.grad[2] == 0).all()


# Gradients


@pytest.mark.parametrize("name", FORMS)
def test_gradients_equal_finite_differences(name: str) -> None:
    parts = [part[:1, :1].double().requires_grad_() for part in rows(2 * STRIP + 40, width=3)]
    assert torch.autograd.gradcheck(FORMS[name], parts, fast_mode=True)


def test_gradients_of_a_convolution_equal_finite_differences() -> None:
    value = rows(20, width=7)[2].double().requires_grad_()
    kernel = torch.rand(3, 5, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(linear.light_convolution, (value, kernel), fast_mode=True)


# Growth

GROWING: dict[str, Form] = {
    **FORMS,
    "convolution": lambda q, k, v: linear.light_convolution(v, torch.ones(1, 5)),
}


def growth(measure: Callable[[tuple[Tensor, Tensor, Tensor]], int]) -> float:
    """How many times as much twice the length needs: 2 for a line, 4 for a square."""
    return measure(rows(2048)) / measure(rows(1024))


@pytest.mark.parametrize("name", GROWING)
def test_memory_grows_with_the_length(name: str) -> None:
    assert growth(lambda parts: peak(lambda: GROWING[name](*parts))) <= 2.2


class Work(TorchDispatchMode):
    """Counts the numbers that all operations make, one after another."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.numbers: int = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        for one in made if isinstance(made, (tuple, list)) else (made,):
            if isinstance(one, Tensor) and one._base is None:
                self.numbers += one.numel()
        return made


def work(form: Form, parts: tuple[Tensor, Tensor, Tensor]) -> int:
    """Of the form and of its gradients."""
    query, key, value = (part[0].requires_grad_() for part in parts)
    with Work() as done:
        torch.autograd.backward(form(query, key, value).sum())
    counted: int = done.numbers
    return counted


@pytest.mark.parametrize("name", GROWING)
def test_work_grows_with_the_length_there_and_back(name: str) -> None:
    """The gradient of a slice is as large as the whole: many slices would make a square."""
    assert growth(lambda parts: work(GROWING[name], parts)) <= 2.2


def test_the_masked_square_would_be_seen_to_grow_fourfold() -> None:
    def square(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        return dense((query, key, value), torch.ones(()).bool())

    assert growth(lambda parts: peak(lambda: square(*parts))) > 3.5
    assert growth(lambda parts: work(square, parts)) > 3.5


# Refusals


def refused(act: Callable[[], Tensor]) -> str:
    with pytest.raises(ShapeError) as caught:
        act()
    return str(caught.value)


def test_patterns_that_cannot_be_are_refused() -> None:
    parts = rows(9)
    assert "A window of 5 keys" in refused(lambda: linear.banded(*parts, 5))
    assert "A dilation of 0" in refused(lambda: linear.banded(*parts, 2, 0))
    assert "-1 global words" in refused(lambda: linear.window_and_global(*parts, 2, -1))
    assert "A block of 0 words" in refused(lambda: linear.block_sparse(*parts, 0))
    kernel = torch.ones(2, 4)
    assert "A kernel of 4" in refused(lambda: linear.light_convolution(parts[0], kernel))
    assert "3 heads" in refused(lambda: linear.light_convolution(parts[0], torch.ones(3, 5)))


def test_tensors_that_do_not_fit_are_refused() -> None:
    query, key, value = rows(9)
    sentence = "8 queries, 9 keys and 9 values; each word needs one of each"
    assert sentence in refused(lambda: linear.banded(query[..., 1:, :], key, value, 2))
    assert "9 keys and 8 values" in refused(lambda: linear.banded(query, key, value[..., 1:, :], 2))
    none = query[..., :0, :]
    assert "0 keys" in refused(lambda: linear.banded(none, none, none, 2))
    assert "batch axes" in refused(lambda: linear.banded(query, key[0], value, 2))
    seen = torch.ones(8, dtype=torch.bool)
    assert "seen is (8,)" in refused(lambda: linear.banded(query, key, value, 2, seen=seen))


@pytest.mark.parametrize("row", [[0, 3], [-1], [1, 1]])
def test_lists_of_other_blocks_are_refused(row: list[int]) -> None:
    parts = rows(9)
    sentence = refused(lambda: linear.listed_blocks(*parts, 3, [[0], row, [2]]))
    assert sentence.startswith("Block 1 looks at")
    assert "1 lists for 3 blocks" in refused(lambda: linear.listed_blocks(*parts, 3, [[0]]))
