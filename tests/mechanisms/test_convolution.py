"""Lightweight and dynamic convolutions, held to torch's convolutions."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn.functional import conv1d, unfold

from attention_core.errors import ShapeError
from attention_core.mechanisms.families.convolution import DynamicConv, LightConv
from attention_core.mechanisms.mechanism import Mechanism
from tests.mechanisms.arithmetic import softmax
from tests.mechanisms.builder import HEADS, Array, by_hand
from tests.mechanisms.inputs import inputs, made


def slid(kernels: Array, heads: int, value: Array, allowed: Array) -> Array:
    """The sum over j = 1 … k of kernel number j and what stands at i + j − ⌈(k + 1) / 2⌉.

    kernels  (query, head, k)
    """
    context, k = np.zeros((len(allowed), value.shape[1])), kernels.shape[-1]
    for i in range(len(allowed)):
        for c in range(value.shape[1]):
            h = math.ceil((c + 1) * heads / value.shape[1]) - 1
            for j in range(1, k + 1):
                at = i + j - math.ceil((k + 1) / 2)
                if 0 <= at < len(value) and allowed[i, at]:
                    context[i, c] += kernels[i, h, j - 1] * value[at, c]
    return context


@by_hand(
    "light_conv",
    lambda: LightConv(33, HEADS, 5),
    query=11,
    key=33,
    value=33,
    heads=HEADS,
    placed=True,
    windowed=True,
    blind=("query", "key"),
)
def light_conv_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    assert isinstance(m, LightConv)
    rows = np.array([softmax(row) for row in m.kernels.detach().numpy()])
    return slid(np.stack([rows] * len(query)), m.heads, value, allowed)


@by_hand(
    "dynamic_conv",
    lambda: DynamicConv(33, HEADS, 5),
    query=33,
    key=33,
    value=33,
    heads=HEADS,
    placed=True,
    windowed=True,
    blind=("key",),
)
def dynamic_conv_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    """W^Q is (head, j, channel); the kernel of position i comes from the query at i."""
    assert isinstance(m, DynamicConv)
    made = m.kernel_projection.weight.detach().numpy().reshape(m.heads, m.kernel, -1)
    kernels = [[softmax(np.array([sum(w * x) for w in part])) for part in made]
               for x in query]  # fmt: skip
    return slid(np.array(kernels), m.heads, value, allowed)


TOKENS, WIDTH, HEADS = 13, 33, 3
KERNELS = [1, 3, 5, 31]


def rows(seed: int, count: int = TOKENS, width: int = WIDTH) -> Tensor:
    dice = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=dice, dtype=torch.float64)


def light(kernel: int, heads: int = HEADS) -> LightConv:
    torch.manual_seed(7)
    return LightConv(WIDTH, heads, kernel).double()


def dynamic(kernel: int, heads: int = HEADS) -> DynamicConv:
    torch.manual_seed(7)
    return DynamicConv(WIDTH, heads, kernel).double()


def test_a_kernel_by_hand() -> None:
    """Shares ½, ⅓ and ⅙ of the word before, the word and the word after; the edges lose theirs."""
    mechanism = LightConv(1, 1, 3).double()
    mechanism.kernels.data = torch.tensor([[3.0, 2.0, 1.0]], dtype=torch.float64).log()
    value = torch.tensor([[6.0], [12.0], [18.0]], dtype=torch.float64)
    trace = mechanism(value, value)
    half, third, sixth = (pytest.approx(1 / share) for share in (2, 3, 6))
    assert trace.weights[0].tolist() == [[third, sixth, 0], [half, third, sixth], [0, half, third]]
    assert trace.context.flatten().tolist() == [pytest.approx(number) for number in (4, 10, 12)]
    (kernel,) = trace.extras
    assert (kernel.name, kernel.axes) == ("kernel", "h w")
    assert kernel.tensor.tolist() == [[half, third, sixth]]


def test_a_kernel_made_by_the_query_by_hand() -> None:
    """A query of 0 makes an even kernel; one of ln 2 doubles the word after."""
    mechanism = DynamicConv(1, 1, 3).double()
    mechanism.kernel_projection.weight.data = torch.tensor([[0.0], [0.0], [1.0]]).double()
    query = torch.tensor([[0.0], [math.log(2)], [0.0]], dtype=torch.float64)
    trace = mechanism(query, query, torch.tensor([[6.0], [12.0], [18.0]], dtype=torch.float64))
    third, fourth, half = (pytest.approx(1 / share) for share in (3, 4, 2))
    assert trace.weights[0].tolist() == [
        [third, third, 0], [fourth, fourth, half], [0, third, third],
    ]  # fmt: skip
    (kernel,) = trace.extras
    assert (kernel.name, kernel.axes) == ("kernel", "h q w")
    assert kernel.tensor[0, 1].tolist() == [fourth, fourth, half]


@pytest.mark.parametrize("kernel", KERNELS)
def test_light_convolution_equals_torchs_grouped_convolution(kernel: int) -> None:
    mechanism, value = light(kernel), rows(3)
    shares = torch.softmax(mechanism.kernels, -1).repeat_interleave(WIDTH // HEADS, 0)
    theirs = conv1d(value.T[None], shares[:, None], padding=kernel // 2, groups=WIDTH)[0].T
    ours = mechanism(rows(1), rows(2), value).context
    torch.testing.assert_close(ours, theirs, atol=1e-13, rtol=0)


@pytest.mark.parametrize("kernel", KERNELS)
def test_dynamic_convolution_equals_windows_times_kernels(kernel: int) -> None:
    mechanism, query, value = dynamic(kernel), rows(1), rows(3)
    windows = unfold(value.T[None, :, :, None], (kernel, 1), padding=(kernel // 2, 0))
    windows = windows.view(HEADS, WIDTH // HEADS, kernel, TOKENS)
    made_by = (query @ mechanism.kernel_projection.weight.T).view(TOKENS, HEADS, kernel)
    theirs = torch.einsum("hckt,thk->thc", windows, torch.softmax(made_by, -1))
    ours = mechanism(query, rows(2), value).context
    torch.testing.assert_close(ours, theirs.flatten(1), atol=1e-13, rtol=0)


def test_queries_that_are_all_alike_make_a_light_convolution() -> None:
    mechanism, plain = dynamic(5), light(5)
    query = rows(1)[:1].expand(TOKENS, WIDTH)
    plain.kernels.data = mechanism.kernel_projection(query[0]).detach().view(HEADS, 5)
    ours, light_weights = mechanism(query, rows(2)).weights, plain(query, rows(2)).weights
    torch.testing.assert_close(ours, light_weights)


@pytest.mark.parametrize("mechanism", [light(1), dynamic(1)])
def test_a_kernel_of_one_hands_on_the_values(mechanism: LightConv | DynamicConv) -> None:
    value = rows(3)
    assert torch.equal(mechanism(rows(1), rows(2), value).context, value)


def test_away_from_the_edges_the_weights_sum_to_one_and_at_them_to_less() -> None:
    sums = light(5)(rows(1), rows(2)).weights.sum(-1)
    torch.testing.assert_close(sums[:, 2:-2], torch.ones_like(sums[:, 2:-2]))
    assert (sums[:, [0, 1, -2, -1]] < 0.999).all()


def test_moving_the_words_moves_what_is_taken() -> None:
    mechanism, value = light(5), rows(3)
    here, there = (mechanism(one, one, one).context for one in (value, value.roll(4, 0)))
    torch.testing.assert_close(there[6:-2], here.roll(4, 0)[6:-2])
    assert not torch.allclose(there[:6], here.roll(4, 0)[:6])


def test_every_diagonal_of_a_light_convolution_is_one_number() -> None:
    weights = light(5)(rows(1), rows(2)).weights.detach()
    for offset in range(-TOKENS + 1, TOKENS):
        diagonal = weights.diagonal(offset, -2, -1)
        assert torch.equal(diagonal, diagonal[:, :1].expand_as(diagonal))
        assert bool((diagonal == 0).all()) == (abs(offset) > 2)


def test_a_kernel_knows_its_own_query_and_nothing_else() -> None:
    query = rows(1)
    other = query.clone()
    other[[0, 1, 2, 3, 5, 6]] += 1
    mechanism = dynamic(5)
    before, after = (mechanism(one, rows(2)).weights for one in (query, other))
    assert torch.equal(before[:, 4], after[:, 4])
    assert not torch.allclose(before[:, 5], after[:, 5])
    assert torch.equal(before, mechanism(query, rows(8)).weights)


def test_neighbouring_channels_share_a_kernel() -> None:
    """Only the kernel of head 1 changes: only its third of the channels does."""
    mechanism = light(3)
    before = mechanism(rows(1), rows(2)).context
    mechanism.kernels.data[1] += torch.tensor([1.0, 0.0, -1.0]).double()
    changed = (mechanism(rows(1), rows(2)).context != before).any(0)
    assert changed.nonzero().flatten().tolist() == list(range(11, 22))


@pytest.mark.parametrize("name", ["light_conv", "dynamic_conv"])
def test_what_a_forbidden_key_would_have_had_is_lost(name: str) -> None:
    """As with zero padding: the other shares stay as they are."""
    mechanism, given = made(name), inputs(name)
    free = mechanism(given.query, given.key, given.value).weights
    masked = mechanism(*given).weights
    torch.testing.assert_close(masked, free.masked_fill(~given.allowed[:, None], 0))


@pytest.mark.parametrize("name", ["light_conv", "dynamic_conv"])
def test_scores_are_the_kernel_before_the_softmax_and_temperature_divides_them(name: str) -> None:
    mechanism, given = made(name), inputs(name)
    mechanism.temperature = 0.5
    trace = mechanism(given.query, given.key, given.value)
    assert bool(torch.isfinite(trace.scores).all())
    middle = 3  # all five places of the kernel are on the words
    found = torch.softmax(trace.scores[..., middle, 1:6] / 0.5, -1)
    torch.testing.assert_close(trace.weights[..., middle, 1:6], found)


@pytest.mark.parametrize("make", [LightConv, DynamicConv])
def test_shapes_that_do_not_fit_are_refused(make: type[LightConv] | type[DynamicConv]) -> None:
    for kernel in (0, 2, -1):
        with pytest.raises(ShapeError, match="has no middle; use an odd number from 1"):
            make(WIDTH, HEADS, kernel)
    for heads in (0, 2):
        with pytest.raises(ShapeError, match="do not divide a width of 33"):
            make(WIDTH, heads, 3)
    with pytest.raises(ShapeError, match="The value is 32 wide"):
        make(WIDTH, HEADS, 3)(rows(1), rows(2), rows(3, width=32))


def test_a_query_of_another_width_makes_no_kernel() -> None:
    with pytest.raises(ShapeError, match="The query is 32 wide"):
        dynamic(3)(rows(1, width=32), rows(2), rows(3))


def test_a_light_convolution_has_a_number_for_each_head_and_place() -> None:
    assert sum(part.numel() for part in light(5).parameters()) == HEADS * 5
    assert isinstance(dynamic(5).kernel_projection, nn.Linear)
    assert sum(part.numel() for part in dynamic(5).parameters()) == WIDTH * HEADS * 5
