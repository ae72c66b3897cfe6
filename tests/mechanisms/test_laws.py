"""The laws that every mechanism obeys, a sum by hand and an oracle for each.

Every size is a different prime (times the heads where heads must divide), so that no axis can
stand in for another by accident.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from attention_core import mechanisms
from attention_core.mechanisms.mechanism import Trace
from attention_core.watching.capture import editing
from attention_core.watching.edit import Edit
from tests.mechanisms.builder import BATCH, KEYS, QUERIES
from tests.mechanisms.found import BUILDERS, BY_HAND
from tests.mechanisms.inputs import inputs, made

NAMES = list(mechanisms.ALL)
PLACED = {name for name, builder in BUILDERS.items() if builder.placed}
WINDOWED = {name for name, builder in BUILDERS.items() if builder.windowed}
ZEROING = {name for name, builder in BUILDERS.items() if builder.zeroing}
TOGETHER = {name for name, builder in BUILDERS.items() if builder.together}
SHARING = [name for name in NAMES if mechanisms.ALL[name].card.sums_to_one_over != "neither"]


def test_every_registered_mechanism_has_a_builder_and_every_builder_a_mechanism() -> None:
    assert set(BUILDERS) == set(mechanisms.ALL)


@pytest.mark.parametrize("name", NAMES)
def test_a_card_says_what_a_reader_must_know(name: str) -> None:
    card = mechanisms.ALL[name].card
    assert card.name == name == name.lower()
    assert card.link.startswith("https://")
    assert all((card.title, card.equation, card.source))
    assert "$" not in card.equation


def test_ids_and_titles_are_unique() -> None:
    cards = [mechanism.card for mechanism in mechanisms.ALL.values()]
    assert len({card.title for card in cards}) == len(cards) == len({card.name for card in cards})


def test_every_use_is_of_a_mechanism_that_there_is() -> None:
    titles = {mechanism.card.title for mechanism in mechanisms.ALL.values()}
    for name, use in mechanisms.USES.items():
        assert use.name == name
        assert use.mechanism in mechanisms.ALL
        assert use.title not in titles
        assert use.link.startswith("https://")


def stands(name: str) -> list[dict[str, float]]:
    """Where the knobs start, and each of them at both its ends."""
    knobs = mechanisms.ALL[name].knobs
    ends = [{knob.name: end} for knob in knobs for end in (knob.least, knob.most)]
    return [{}, *ends]


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("width", [4, 8])
def test_every_stand_of_every_knob_makes_a_mechanism_of_any_width(name: str, width: int) -> None:
    rows = torch.randn(6, width, generator=torch.Generator().manual_seed(7))
    for turned in stands(name):
        trace = mechanisms.ALL[name].of_width(width, **turned)(rows, rows)
        assert trace.weights.shape[-2:] == (6, 6)
        assert trace.context.shape == (6, width)


@pytest.mark.parametrize("name", NAMES)
def test_a_knob_starts_where_it_may_stand(name: str) -> None:
    for knob in mechanisms.ALL[name].knobs:
        assert knob.fit(knob.start) == knob.start
        assert knob.least <= knob.start <= knob.most
        assert knob.fit(-1e9) == knob.least
        assert knob.fit(1e9) == knob.most


# Laws of the whole family


def looked(name: str, trace: Trace) -> Tensor:
    """Where a key has weight; below zero counts only where the mechanism is said to go there."""
    return trace.weights != 0 if BUILDERS[name].signed else trace.weights > 0


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("batch", [(), (BATCH,), (BATCH, 3)])
def test_shapes_are_head_query_key_under_any_batch(name: str, batch: tuple[int, ...]) -> None:
    builder = BUILDERS[name]
    trace = made(name)(*inputs(name, batch))
    matrix = (*batch, builder.heads, QUERIES, KEYS)
    assert trace.scores.shape == trace.weights.shape == matrix
    assert trace.allowed.expand_as(trace.weights).dtype == torch.bool
    wide = builder.head_width or builder.value // builder.heads
    assert trace.values.shape == (*batch, builder.heads, KEYS, wide)
    assert trace.context.shape == (*batch, QUERIES, builder.value)


@pytest.mark.parametrize("name", SHARING)
def test_weights_are_shares_of_one_over_the_axis_the_card_names(name: str) -> None:
    trace = made(name)(*inputs(name))
    axis = {"keys": -1, "queries": -2}[mechanisms.ALL[name].card.sums_to_one_over]
    due = trace.allowed.expand_as(trace.weights).any(axis).double()
    assert due.min() == 0
    assert due.max() == 1
    torch.testing.assert_close(trace.weights.sum(axis), due)
    assert (trace.weights >= 0).all()


@pytest.mark.parametrize("name", NAMES)
def test_a_forbidden_key_has_exactly_zero_weight(name: str) -> None:
    trace = made(name)(*inputs(name))
    assert (trace.weights[~trace.allowed.expand_as(trace.weights)] == 0).all()
    assert name in ZEROING or looked(name, trace)[trace.allowed.expand_as(trace.weights)].all()


@pytest.mark.parametrize("name", NAMES)
def test_a_forbidden_key_leaks_nothing(name: str) -> None:
    mechanism, given = made(name), inputs(name)
    before = mechanism(*given)
    key, value = given.key.clone(), given.value.clone()
    key[..., 4, :], value[..., 4, :] = 50.0, -70.0
    after = mechanism(given.query, key, value, given.allowed)
    assert torch.equal(before.weights, after.weights)
    assert torch.equal(before.context, after.context)


@pytest.mark.parametrize("name", NAMES)
def test_an_allowed_value_counts(name: str) -> None:
    mechanism, given = made(name), inputs(name)
    value = given.value.clone()
    value[..., 1, :] += 1
    after = mechanism(given.query, given.key, value, given.allowed).context
    changed = (after != mechanism(*given).context).any(-1)
    counts = [True, True, False, True, True]
    if BUILDERS[name].zeroing or BUILDERS[name].windowed:
        counts = (mechanism(*given).weights[..., 1] > 0).any(-2).all(0).tolist()
        assert any(counts)
    assert changed.all(0).tolist() == counts


@pytest.mark.parametrize("name", NAMES)
def test_a_query_that_may_look_at_nothing_takes_nothing(name: str) -> None:
    mechanism, given = made(name), inputs(name)
    trace = mechanism(*given)
    nothing = mechanism(given.query, given.key, given.value * 0, given.allowed)
    assert (trace.weights[..., 2, :] == 0).all()
    assert torch.isfinite(trace.context).all()
    if not BUILDERS[name].biased:
        assert (trace.context[..., 2, :] == 0).all()
    assert torch.equal(trace.context[..., 2, :], nothing.context[..., 2, :])


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("pull", [1.0, 1e6])
def test_gradients_stay_finite_where_nothing_may_be_seen(name: str, pull: float) -> None:
    mechanism, given = made(name).float(), inputs(name)
    leaves = [part.float().requires_grad_() for part in (given.query, given.key, given.value)]
    trace = mechanism(*leaves, given.allowed)
    torch.autograd.backward((trace.weights.sum() + trace.context.sum()) * pull)
    parts = dict(zip(("query", "key", "value"), leaves, strict=True))
    blind = [parts[part] for part in BUILDERS[name].blind]
    aside = [mechanism.get_parameter(one) for one in BUILDERS[name].aside]
    untouched = [leaf for leaf in [*leaves, *mechanism.parameters()] if leaf.grad is None]
    assert list(map(id, untouched)) == list(map(id, [*blind, *aside]))
    grads = [leaf.grad for leaf in [*leaves, *mechanism.parameters()] if leaf.grad is not None]
    assert all(bool(torch.isfinite(grad).all()) for grad in grads)
    for part, hidden in (("query", 2), ("key", 4), ("value", 4)):
        grad = parts[part].grad
        assert grad is None or (grad[..., hidden, :] == 0).all()


@pytest.mark.parametrize("name", [name for name in NAMES if not BUILDERS[name].estimated])
def test_gradients_equal_finite_differences(name: str) -> None:
    mechanism, given = made(name), inputs(name, ())
    names = [key for key, _ in mechanism.named_parameters()]
    leaves = [part.clone().requires_grad_() for part in (given.query, given.key, given.value)]
    parameters = [parameter.detach().requires_grad_() for parameter in mechanism.parameters()]

    def outcome(*tensors: Tensor) -> Tensor:
        named = dict(zip(names, tensors[3:], strict=True))
        trace = torch.func.functional_call(mechanism, named, (*tensors[:3], given.allowed))
        return torch.cat([trace.weights.flatten(), trace.context.flatten()])

    assert torch.autograd.gradcheck(outcome, (*leaves, *parameters), fast_mode=True)


@pytest.mark.parametrize("name", NAMES)
def test_inputs_are_left_as_they_were(name: str) -> None:
    given = inputs(name)
    copies = [part.clone() for part in given]
    made(name)(*given)
    assert all(torch.equal(now, before) for now, before in zip(given, copies, strict=True))


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_equals_its_members_one_at_a_time(name: str) -> None:
    mechanism, given = made(name), inputs(name)
    together = mechanism(*given)
    for place in range(BATCH):
        alone = mechanism(*(part[place] for part in given))
        torch.testing.assert_close(together.weights[place], alone.weights)
        torch.testing.assert_close(together.context[place], alone.context)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in PLACED])
def test_the_order_of_keys_does_not_matter(name: str) -> None:
    mechanism, given = made(name), inputs(name)
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    before = mechanism(*given)
    after = mechanism(
        given.query, given.key[:, order], given.value[:, order], given.allowed[..., order]
    )
    torch.testing.assert_close(after.weights, before.weights[..., order])
    torch.testing.assert_close(after.context, before.context)


@pytest.mark.parametrize("name", [name for name in NAMES if name not in TOGETHER])
def test_queries_do_not_see_each_other(name: str) -> None:
    mechanism, given = made(name), inputs(name)
    whole = mechanism(*given).context
    key = mechanism.prepare(given.key)
    one = mechanism.attend(given.query[:, 3:4], key, given.value, given.allowed[:, 3:4], first=3)
    torch.testing.assert_close(one.context, whole[:, 3:4])


@pytest.mark.parametrize("name", NAMES)
def test_without_a_mask_everything_is_allowed(name: str) -> None:
    mechanism, given = made(name), inputs(name)
    free = mechanism(given.query, given.key, given.value)
    every = mechanism(given.query, given.key, given.value, torch.ones_like(given.allowed))
    assert torch.equal(free.weights, every.weights)
    seen = free.allowed.expand_as(free.weights)
    assert name in ZEROING or torch.equal(looked(name, free), seen)
    assert bool(seen.all()) == (name not in WINDOWED)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("shape", [(1, KEYS), (QUERIES, 1)])
def test_a_mask_of_one_row_or_column_means_it_for_all(name: str, shape: tuple[int, int]) -> None:
    mechanism, given = made(name), inputs(name)
    narrow = torch.tensor([True, False, True, True, False, True, True])[: math.prod(shape)]
    narrow = narrow.reshape(shape)
    whole = mechanism(given.query, given.key, given.value, narrow.expand(QUERIES, KEYS))
    found = mechanism(given.query, given.key, given.value, narrow)
    assert torch.equal(found.weights, whole.weights)
    assert torch.equal(found.context, whole.context)


@pytest.mark.parametrize("name", NAMES)
def test_without_values_the_keys_are_taken(name: str) -> None:
    mechanism, given = made(name), inputs(name)
    assert torch.equal(
        mechanism(given.query, given.key, None, given.allowed).context,
        mechanism(given.query, given.key, given.key, given.allowed).context,
    )


@pytest.mark.parametrize("name", sorted(TOGETHER))
def test_queries_that_share_depend_on_each_other_but_not_on_a_blind_one(name: str) -> None:
    """Which is why they cannot come one at a time. Query 2 may look at nothing."""
    mechanism, given = made(name), inputs(name)
    whole = mechanism(*given).weights
    seeing = [0, 1, 3, 4]
    other = given.query.index_fill(1, torch.tensor(2), 9.0)
    blinded = mechanism(other, given.key, given.value, given.allowed)
    torch.testing.assert_close(blinded.weights, whole)
    if not BUILDERS[name].numbered:
        without = mechanism(other[:, seeing], given.key, given.value, given.allowed[:, seeing])
        torch.testing.assert_close(without.weights, whole[..., seeing, :])
    alone = mechanism(given.query[:, [3]], given.key, given.value, given.allowed[:, [3]])
    assert not torch.allclose(alone.weights, whole[..., [3], :])


@pytest.mark.parametrize("name", [name for name in NAMES if name not in TOGETHER])
def test_one_step_at_a_time_equals_all_at_once(name: str) -> None:
    mechanism, given = made(name), inputs(name)
    prepared, whole = mechanism.prepare(given.key), mechanism(*given)
    steps = [
        mechanism.attend(given.query[:, [q]], prepared, given.value, given.allowed[:, [q]], q)
        for q in range(QUERIES)
    ]
    torch.testing.assert_close(torch.cat([step.context for step in steps], 1), whole.context)
    torch.testing.assert_close(torch.cat([step.weights for step in steps], -2), whole.weights)


@pytest.mark.parametrize("name", NAMES)
def test_large_numbers_do_not_overflow(name: str) -> None:
    mechanism, given = made(name).float(), inputs(name)
    trace = mechanism(
        given.query.float() * 1e3, given.key.float() * 1e3, given.value.float(), given.allowed
    )
    assert torch.isfinite(trace.weights).all()


# Edits


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("action", ["zero", "uniform", "set"])
def test_an_edit_reaches_every_mechanism(name: str, action: Any) -> None:
    """What is taken away is what the edited weights give, and the other rows are untouched."""
    mechanism, given = made(name), inputs(name)
    edit = Edit("here", action, queries=(1, 3), keys=(1, 2), value=0.25)
    plain = mechanism(*given)
    turns = [list(range(QUERIES))] if name in TOGETHER else [[q] for q in range(QUERIES)]
    with editing({mechanism: [edit]}):
        steps = [
            mechanism.attend(given.query[:, turn], mechanism.prepare(given.key), given.value,
                             given.allowed[:, turn], turn[0])
            for turn in turns
        ]  # fmt: skip
    weights = torch.cat([step.weights for step in steps], -2)
    context = torch.cat([step.context for step in steps], 1)
    allowed = plain.allowed.expand_as(plain.weights)
    torch.testing.assert_close(weights, edit.apply(plain.weights, allowed, 0))
    assert not torch.allclose(weights[..., [1, 3], :], plain.weights[..., [1, 3], :])
    torch.testing.assert_close(context, mechanism.take(weights, plain.values))
    assert torch.equal(mechanism(*given).weights, plain.weights)


# The literal equations, number by number


@pytest.mark.parametrize("name", NAMES)
def test_the_context_equals_the_papers_equations_worked_out_one_number_at_a_time(name: str) -> None:
    mechanism, given = made(name), inputs(name, ())
    query, key, value, allowed = (part.numpy() for part in given)
    slow = BY_HAND[name](mechanism, query, key, value, allowed)
    np.testing.assert_allclose(mechanism(*given).context.detach().numpy(), slow, atol=1e-12)


def test_every_registered_mechanism_is_worked_out_by_hand() -> None:
    assert set(BY_HAND) == set(NAMES)


# Devices. The meta device holds shapes but no numbers, and mixes with no other device.


@pytest.mark.parametrize("name", NAMES)
def test_every_tensor_is_made_where_the_inputs_are(name: str) -> None:
    mechanism, given = made(name), inputs(name)
    before = mechanism.attend(given.query, mechanism.prepare(given.key), given.value, given.allowed)
    with torch.device("meta"):
        elsewhere = mechanism.attend(
            given.query, mechanism.prepare(given.key), given.value, given.allowed
        )
    assert torch.equal(elsewhere.context, before.context)
    assert {extra.tensor.device.type for extra in elsewhere.extras} <= {"cpu"}


@pytest.mark.parametrize("name", NAMES)
def test_a_mechanism_moves_to_another_device_as_a_whole(name: str) -> None:
    mechanism = made(name).to("meta")
    query, key, value, allowed = (part.to("meta") for part in inputs(name))
    trace = mechanism.attend(query, mechanism.prepare(key), value, allowed)
    kept = [trace.context, trace.weights, *(extra.tensor for extra in trace.extras)]
    assert {tensor.device.type for tensor in kept} == {"meta"}


@pytest.mark.parametrize("name", NAMES)
def test_the_linear_way_moves_to_another_device_too(name: str) -> None:
    mechanism = mechanisms.ALL[name].of_width(8).to("meta")
    if swift := mechanism.linear():
        rows = torch.zeros(200, 8, device="meta")
        assert swift(rows).device.type == "meta"
        assert swift(rows).shape == (200, 8)
    else:
        assert name not in ("sliding_window", "longformer", "big_bird", "light_conv")
