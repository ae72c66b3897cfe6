"""What a mechanism refuses, what is not handed out, and the softmax that most share."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor

from attention_core.errors import AttentionError, ShapeError, UnverifiedError
from attention_core.mechanisms import ALL
from attention_core.mechanisms.families.dot_product import ScaledDotProduct
from attention_core.mechanisms.mechanism import Trace, check_trace, softmax
from tests.mechanisms.builder import KEYS, QUERIES
from tests.mechanisms.inputs import inputs, made

NAMES = list(ALL)


def test_softmax_by_hand() -> None:
    scores = torch.tensor([[math.log(2), 0.0, 99.0], [5.0, 5.0, 5.0], [1.0, 2.0, 3.0]])
    allowed = torch.tensor([[True, True, False], [True] * 3, [False] * 3])
    found = softmax(scores, allowed)
    assert found[0].tolist() == [pytest.approx(2 / 3), pytest.approx(1 / 3), 0.0]
    assert found[1].tolist() == [pytest.approx(1 / 3)] * 3
    assert found[2].tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_softmax_survives_the_largest_and_smallest_numbers_of_a_type(kind: torch.dtype) -> None:
    edge = torch.finfo(kind)
    scores = torch.tensor([[edge.min, edge.min, 0.0], [edge.max, edge.min, 0.0]], dtype=kind)
    allowed = torch.tensor([[True, True, False], [True, True, True]])
    assert softmax(scores, allowed).tolist() == [[0.5, 0.5, 0.0], [1.0, 0.0, 0.0]]


def refused(name: str, **changes: Tensor) -> str:
    given = inputs(name, ())
    parts = {"query": given.query, "key": given.key, "value": given.value, "allowed": given.allowed}
    with pytest.raises(ShapeError) as caught:
        made(name)(**{**parts, **changes})
    return str(caught.value)


@pytest.mark.parametrize("name", NAMES)
def test_a_missing_value_is_refused(name: str) -> None:
    value = inputs(name, ()).value[:-1]
    sentence = "There are 7 keys but 6 values; each key needs exactly one value."
    assert refused(name, value=value) == sentence


@pytest.mark.parametrize("name", NAMES)
def test_no_keys_at_all_are_refused(name: str) -> None:
    given = inputs(name, ())
    sentence = refused(name, key=given.key[:0], value=given.value[:0], allowed=given.allowed[:, :0])
    assert sentence == "There are no keys; a query needs at least one key to look at."


@pytest.mark.parametrize("part", ["query", "key", "value"])
@pytest.mark.parametrize("name", NAMES)
def test_a_vector_in_place_of_rows_is_refused(name: str, part: str) -> None:
    vector = getattr(inputs(name, ()), part)[0]
    sentence = f"The {part} has 1 axes; it needs at least two, ({part}, width)."
    assert refused(name, **{part: vector}) == sentence


@pytest.mark.parametrize("part", ["query", "key", "value"])
@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_that_are_none_are_refused(part: str, bad: float) -> None:
    tensor = getattr(inputs("additive", ()), part).clone()
    tensor[1, 1] = bad
    sentence = f"The {part} holds NaN or infinite numbers; use finite ones."
    assert refused("additive", **{part: tensor}) == sentence


def test_whole_numbers_are_refused() -> None:
    query = torch.ones(QUERIES, 11, dtype=torch.int64)
    sentence = "The query holds torch.int64; it needs floating-point numbers."
    assert refused("additive", query=query) == sentence


def test_a_mask_of_numbers_is_refused() -> None:
    allowed = torch.ones(QUERIES, KEYS)
    sentence = "allowed is torch.float32; it must be bool, True where one may look."
    assert refused("additive", allowed=allowed) == sentence


@pytest.mark.parametrize("shape", [(KEYS, QUERIES), (KEYS,), (2, KEYS)])
def test_a_mask_of_another_shape_is_refused(shape: tuple[int, ...]) -> None:
    sentence = f"allowed is {shape}; it needs (query, key) = (5, 7)."
    assert refused("additive", allowed=torch.ones(shape, dtype=torch.bool)) == sentence


def test_batches_that_do_not_fit_are_refused() -> None:
    query, key = torch.ones(2, QUERIES, 11), torch.ones(3, KEYS, 11)
    with pytest.raises(ShapeError) as caught:
        ScaledDotProduct()(query, key)
    assert str(caught.value) == (
        "The batch axes of query, key, value and allowed are (2,), (3,), (3,), (); "
        "give all four the same ones."
    )


@pytest.mark.parametrize(
    ("name", "part"),
    [("additive", "query"), ("additive", "key")]
    + [("multi_head", part) for part in ("query", "key", "value")],
)
def test_a_width_the_mechanism_was_not_built_for_is_refused(name: str, part: str) -> None:
    tensor = getattr(inputs(name, ()), part)
    sentence = (
        f"The {part} is {tensor.shape[1] - 1} wide; this mechanism was built for {tensor.shape[1]}."
    )
    assert refused(name, **{part: tensor[:, :-1]}) == sentence


def test_a_dot_product_of_different_widths_is_refused() -> None:
    sentence = refused("scaled_dot_product", query=torch.ones(QUERIES, 3).double())
    assert sentence == "Queries are 3 wide but keys 11; a dot product needs the same width."


def test_every_refusal_is_one_family() -> None:
    assert issubclass(ShapeError, AttentionError)
    assert issubclass(UnverifiedError, AttentionError)


@pytest.mark.parametrize(
    ("weights", "sentence"),
    [
        ([[0.5, math.nan]], "some weights are not finite numbers"),
        ([[0.5, 0.4]], "the weights of one query miss 1 by 1.0e-01"),
    ],
)
def test_weights_that_break_the_cards_promise_are_not_handed_out(
    weights: list[list[float]], sentence: str
) -> None:
    with pytest.raises(UnverifiedError, match=sentence):
        check_trace(ScaledDotProduct.card, trace_of(weights, [[True, True]]))


def test_weight_on_a_forbidden_key_is_not_handed_out() -> None:
    with pytest.raises(UnverifiedError, match="a forbidden key has weight"):
        check_trace(ScaledDotProduct.card, trace_of([[0.5, 0.5]], [[True, False]]))


def trace_of(weights: list[list[float]], allowed: list[list[bool]]) -> Trace:
    tensor = torch.tensor([weights])
    return Trace(tensor, torch.tensor([allowed]), tensor, tensor, tensor)
