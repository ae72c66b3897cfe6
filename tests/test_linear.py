"""The linear forms equal the masked dense ones, and grow with the length, not with its square."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode

from attention_core import linear, patterns
from attention_core.errors import ShapeError
from attention_core.mechanisms import BigBird, LightConv, SlidingWindow

LENGTHS = (1, 2, 3, 37, 255, 256, 257, 700)
TOLERANCE = 1e-5


def rows(length: int, seed: int = 0, width: int = 8) -> tuple[Tensor, Tensor, Tensor]:
    """(head, token, d): two heads, in single precision."""
    dice = torch.Generator().manual_seed(seed)
    query, key, value = (torch.randn(2, length, width, generator=dice) for _ in range(3))
    return query, key, value


def dense(parts: tuple[Tensor, Tensor, Tensor], allowed: Tensor) -> Tensor:
    query, key, value = parts
    scores = query @ key.mT / query.shape[-1] ** 0.5
    return torch.softmax(scores.masked_fill(~allowed, -torch.inf), -1) @ value


def close(found: Tensor, wanted: Tensor) -> bool:
    return float((found - wanted).detach().abs().max()) < TOLERANCE


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize(("window", "dilation"), [(2, 1), (8, 1), (64, 1), (4, 3), (8, 300)])
def test_a_band_equals_the_masked_square(length: int, window: int, dilation: int) -> None:
    parts = rows(length)
    allowed = patterns.sliding_window(length, length, window, dilation)
    assert close(linear.banded(*parts, window, dilation), dense(parts, allowed))


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("broad", [0, 1, 3, 300])
def test_a_band_with_global_words_equals_the_masked_square(length: int, broad: int) -> None:
    parts = rows(length)
    allowed = patterns.sliding_window(length, length, 16)
    allowed |= patterns.global_tokens(length, length, broad)
    assert close(linear.window_and_global(*parts, 16, broad), dense(parts, allowed))


@pytest.mark.parametrize("length", LENGTHS)
@pytest.mark.parametrize("numbers", [(4, 3, 2, 1), (1, 1, 0, 0), (16, 5, 3, 2), (7, 3, 1, 0)])
def test_blocks_equal_the_masked_square(length: int, numbers: tuple[int, int, int, int]) -> None:
    parts, (block, window, random, broad) = rows(length), numbers
    found = linear.block_sparse(*parts, block, window, random, broad, draw=5)
    mechanism = BigBird(block, window, random, broad, draw=5)
    wanted = torch.stack([mechanism(*head).context for head in zip(*parts, strict=True)])
    assert close(found, wanted)


def test_the_mechanism_itself_is_the_reference() -> None:
    parts = rows(50)
    wanted = torch.stack([SlidingWindow(6, 2)(*head).context for head in zip(*parts, strict=True)])
    assert close(linear.banded(*parts, 6, 2), wanted)


@pytest.mark.parametrize("size", [1, 3, 7])
def test_a_light_convolution_equals_its_band_of_weights(size: int) -> None:
    mechanism = LightConv(12, 3, size)
    words = torch.randn(40, 12, generator=torch.Generator().manual_seed(1))
    trace = mechanism(words, words)
    kernel = next(extra.tensor for extra in trace.extras if extra.name == "kernel")
    values = trace.values.transpose(-3, -2).flatten(-2)  # (token, width)
    found = linear.light_convolution(values.unsqueeze(0), kernel)[0]
    banded = (trace.weights @ trace.values).transpose(-3, -2).flatten(-2)
    assert close(found, banded)


@pytest.mark.parametrize(
    "form",
    [
        lambda q, k, v: linear.banded(q, k, v, 8),
        lambda q, k, v: linear.banded(q, k, v, 4, 3),
        lambda q, k, v: linear.window_and_global(q, k, v, 8, 2),
        lambda q, k, v: linear.block_sparse(q, k, v, 4),
    ],
)
def test_gradients_flow_to_all_three(form: Callable[..., Tensor]) -> None:
    parts = [part.double().requires_grad_() for part in rows(20, width=3)]
    assert torch.autograd.gradcheck(form, parts, fast_mode=True)


class Largest(TorchDispatchMode):
    """Watches how many numbers the largest tensor holds that any operation makes."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.numbers = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: tuple[Any, ...] = (), kwargs: Any = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        for one in made if isinstance(made, (tuple, list)) else (made,):
            if isinstance(one, Tensor):
                self.numbers = max(self.numbers, one.numel())
        return made


@pytest.mark.parametrize(
    "form",
    [
        lambda q, k, v: linear.banded(q, k, v, 64),
        lambda q, k, v: linear.window_and_global(q, k, v, 64, 1),
        lambda q, k, v: linear.block_sparse(q, k, v, 16),
    ],
)
def test_memory_grows_with_the_length(form: Callable[..., Tensor]) -> None:
    largest = []
    for length in (1024, 4096):
        with Largest() as seen:
            form(*rows(length))
        largest.append(seen.numbers)
    assert largest[1] <= 4.2 * largest[0]
    assert largest[1] < 4096 * 4096 / 8


def test_a_window_that_cannot_be_centred_is_refused() -> None:
    with pytest.raises(ShapeError, match="A window of 5 keys"):
        linear.banded(*rows(9), 5)
