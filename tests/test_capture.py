"""Captured weights are what the model used: against slow loops, eager attention and the output."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence
from transformers import AttentionInterface, AttentionMaskInterface, BartForConditionalGeneration
from transformers.masking_utils import sdpa_mask

from attention_core.errors import AttentionError, Superseded
from attention_core.watching import attend as attending
from attention_core.watching.attend import attend, integrity
from attention_core.watching.capture import Call, Want, announced, capture, editing, looked
from attention_core.watching.edit import Edit, Edited
from attention_core.watching.place import Place
from attention_core.watching.record import Integrity, Note, QueryKey, Stored
from tests import tiny_models

NAME = "attention_under_test"
AttentionInterface.register(NAME, attend)
AttentionMaskInterface.register(NAME, sdpa_mask)

BATCH, HEADS, GROUPS, QUERIES, KEYS, WIDTH, VALUE = 2, 6, 3, 5, 7, 11, 13
LOWEST = torch.finfo(torch.float32).min


def normal(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def qkv(groups: int = HEADS, keys: int = KEYS) -> tuple[Tensor, Tensor, Tensor]:
    return (
        normal(BATCH, HEADS, QUERIES, WIDTH, seed=1),
        normal(BATCH, groups, keys, WIDTH, seed=2),
        normal(BATCH, groups, keys, VALUE, seed=3),
    )


def module(causal: bool = False) -> nn.Module:
    made = nn.Module()
    made.is_causal = causal  # type: ignore[assignment]
    return made


ALLOWED = normal(BATCH, 1, QUERIES, KEYS, seed=4) > -0.5
ALLOWED[0, 0, 3] = False  # one query that may look at nothing
BIAS = normal(1, HEADS, QUERIES, KEYS, seed=5)
SINKS = normal(HEADS, seed=6)
HIDDEN = torch.zeros(ALLOWED.shape).masked_fill(~ALLOWED, LOWEST)

FORMS: dict[str, dict[str, Any]] = {
    "plain": {},
    "scaling": {"scaling": 0.7},
    "groups": {"groups": GROUPS},
    "bool mask": {"mask": ALLOWED},
    "bool mask, groups": {"mask": ALLOWED, "groups": GROUPS},
    "float mask, lowest number": {"mask": HIDDEN},
    "float mask, infinite": {"mask": HIDDEN.masked_fill(~ALLOWED, -math.inf)},
    "float mask with bias": {"mask": HIDDEN + BIAS},
    "mask for each head": {"mask": ALLOWED & (BIAS > -1)},
    "causal": {"causal": True},
    "causal said by the call": {"is_causal": True},
    "not causal said by the call": {"causal": True, "is_causal": False},
    "position bias": {"position_bias": BIAS},
    "position bias, bool mask": {"position_bias": BIAS, "mask": ALLOWED},
    "position bias, float mask": {"position_bias": BIAS, "mask": HIDDEN},
    "position bias, causal": {"position_bias": BIAS, "causal": True},
    "soft cap": {"softcap": 0.9, "groups": GROUPS},
    "soft cap, mask": {"softcap": 0.9, "mask": ALLOWED},
    "soft cap, causal": {"softcap": 0.9, "causal": True},
    "sinks": {"s_aux": SINKS},
    "sinks, mask, groups": {"s_aux": SINKS, "mask": ALLOWED, "groups": GROUPS},
    "sinks, float mask with bias": {"s_aux": SINKS, "mask": HIDDEN + BIAS},
    "sinks, causal": {"s_aux": SINKS, "causal": True},
}


def run(form: dict[str, Any]) -> tuple[Tensor, Call]:
    """Output and captured call of `attend` for one row of the table."""
    extra = {key: form[key] for key in form if key not in ("mask", "groups", "causal")}
    query, key, value = qkv(form.get("groups", HEADS))
    mask = form.get("mask")
    with capture() as collector:
        output, none = attend(module(form.get("causal", False)), query, key, value, mask, **extra)
    assert none is None
    return output, collector.calls[0]


def literal(form: dict[str, Any], row: int, head: int, i: int) -> tuple[list[float], list[float]]:
    """(weights over keys, what is taken away) of one query, number by number."""
    groups = form.get("groups", HEADS)
    query, key, value = qkv(groups)
    group = head // (HEADS // groups)
    scale = form.get("scaling", 1 / math.sqrt(WIDTH))
    grown = [
        may_look(form, row, head, i, j)
        * math.exp(score(form, query[row, head, i] @ key[row, group, j] * scale, row, head, i, j))
        for j in range(KEYS)
    ]
    total = sum(grown) + (math.exp(form["s_aux"][head]) if "s_aux" in form else 0)
    weights = [part / total if total else 0.0 for part in grown]
    taken = [
        sum(weights[j] * float(value[row, group, j, d]) for j in range(KEYS)) for d in range(VALUE)
    ]
    return weights, taken


def score(form: dict[str, Any], product: Tensor, row: int, head: int, i: int, j: int) -> float:
    made = float(product)
    if "softcap" in form:
        made = form["softcap"] * math.tanh(made / form["softcap"])
    if "position_bias" in form:
        made += float(form["position_bias"][0, head, i, j])
    mask = form.get("mask")
    if mask is not None and mask.dtype != torch.bool and may_look(form, row, head, i, j):
        made += float(mask[row, head if mask.shape[1] > 1 else 0, i, j])
    return made


def may_look(form: dict[str, Any], row: int, head: int, i: int, j: int) -> bool:
    mask = form.get("mask")
    if mask is None:
        return j <= i or not form.get("is_causal", form.get("causal", False))
    cell = mask[row, head if mask.shape[1] > 1 else 0, i, j]
    return bool(cell) if mask.dtype == torch.bool else float(cell) > LOWEST / 2


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_attention_is_the_literal_sum(name: str) -> None:
    output, call = run(FORMS[name])
    for row, source in enumerate(call.sources):
        weights = source.weights(range(HEADS), slice(None))
        for head in range(HEADS):
            for i in range(QUERIES):
                expected, taken = literal(FORMS[name], row, head, i)
                assert weights[head, i].tolist() == pytest.approx(expected, abs=1e-6)
                assert output[row, i, head].tolist() == pytest.approx(taken, abs=1e-5)


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_attention_explains_its_output(name: str) -> None:
    for check in run(FORMS[name])[1].integrities:
        assert check.verified, check


@pytest.mark.parametrize("name", FORMS)
def test_capture_changes_no_number_of_the_output(name: str) -> None:
    form = FORMS[name]
    extra = {key: form[key] for key in form if key not in ("mask", "groups", "causal")}
    query, key, value = qkv(form.get("groups", HEADS))
    outside, _ = attend(
        module(form.get("causal", False)), query, key, value, form.get("mask"), **extra
    )
    assert torch.equal(run(form)[0], outside)


@pytest.mark.parametrize("name", [name for name in FORMS if "mask" in FORMS[name]])
def test_a_query_that_may_look_at_nothing_takes_away_exactly_nothing(name: str) -> None:
    output, call = run(FORMS[name])
    assert torch.equal(output[0, 3], torch.zeros(HEADS, VALUE))
    weights = call.sources[0].weights(range(HEADS), slice(None))
    assert torch.equal(weights[:, 3], torch.zeros(HEADS, KEYS))


@pytest.mark.parametrize("name", FORMS)
def test_one_head_and_a_few_queries_are_the_same_numbers(name: str) -> None:
    source = run(FORMS[name])[1].sources[1]
    whole = source.weights(range(HEADS), slice(None))
    assert torch.allclose(source.weights([4, 1], slice(2, 4)), whole[[4, 1], 2:4], atol=1e-7)


@pytest.mark.parametrize("name", FORMS)
def test_forbidden_cells_are_named_and_weigh_exactly_nothing(name: str) -> None:
    source = run(FORMS[name])[1].sources[1]
    allowed = source.allowed()
    assert allowed.shape == (QUERIES, KEYS)
    weights = source.weights(range(HEADS), slice(None))
    assert bool((weights[:, ~allowed] == 0).all())
    expected = [
        [any(may_look(FORMS[name], 1, h, i, j) for h in range(HEADS)) for j in range(KEYS)]
        for i in range(QUERIES)
    ]
    assert allowed.tolist() == expected


def test_queries_and_keys_are_kept_without_a_copy() -> None:
    query, key, value = qkv()
    with capture() as collector:
        attend(module(), query, key, value, None)
    source = collector.calls[0].sources[1]
    assert source.query.data_ptr() == query[1].data_ptr()
    assert source.key.data_ptr() == key[1].data_ptr()
    assert not source.query.requires_grad


FAULTS = {
    "scaling dropped": lambda source: replace(source, scaling=1.0),
    "mask ignored": lambda source: replace(source, mask=None),
    "heads shifted": lambda source: replace(source, query=source.query.roll(1, 0)),
    "keys shifted": lambda source: replace(source, key=source.key.roll(1, 1)),
    "bias ignored": lambda source: replace(source, bias=None),
    "soft cap invented": lambda source: replace(source, softcap=0.5),
    "sinks invented": lambda source: replace(source, sinks=SINKS),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_weights_that_are_wrong_are_found_out(fault: str) -> None:
    output, call = run(FORMS["position bias, bool mask"])
    right = call.sources[1]
    value, taken = qkv()[2][1], output[1].transpose(0, 1)
    assert integrity(right, value, taken).verified
    assert integrity(FAULTS[fault](right), value, taken).broken


def test_numbers_that_are_missing_are_found_out() -> None:
    _, call = run(FORMS["plain"])
    nothing = torch.full((HEADS, QUERIES, VALUE), math.nan)
    assert integrity(call.sources[0], qkv()[2][0], nothing).broken


def test_the_check_is_the_same_in_small_tiles(monkeypatch: pytest.MonkeyPatch) -> None:
    output, call = run(FORMS["bool mask"])
    value, taken = qkv()[2][0], output[0].transpose(0, 1)
    monkeypatch.setattr(attending, "TILE", 2 * KEYS)
    broken = taken.clone()
    broken[-1, -1, -1] += 1
    assert integrity(call.sources[0], value, taken).verified
    assert integrity(call.sources[0], value, broken).broken


ROUTED = [name for name in tiny_models.ARCHITECTURES if name not in tiny_models.REPORTING]


def captured(name: str, inputs: dict[str, Tensor], **changes: Any) -> list[Call]:
    model = tiny_models.build(name, **changes)
    model.set_attn_implementation(NAME)
    with torch.inference_mode(), capture() as collector:
        model(**inputs)
    return collector.calls


def whole(call: Call) -> Tensor:
    """(batch, head, query, key)"""
    return torch.stack(
        [source.weights(range(len(source.query)), slice(None)) for source in call.sources]
    )


@pytest.mark.parametrize("name", ROUTED)
def test_real_architectures_agree_with_their_eager_attention(name: str) -> None:
    inputs = tiny_models.inputs(name)
    with torch.inference_mode():
        outputs = tiny_models.build(name)(**inputs, output_attentions=True)
    expected = tiny_models.reported(outputs)
    calls = captured(name, inputs)
    found = sorted(map(whole, calls), key=_order)
    assert len(found) == len(expected)
    for mine, theirs in zip(found, sorted(expected, key=_order), strict=True):
        assert mine.shape == theirs.shape
        assert float((mine - theirs).abs().max()) <= 5e-6
    assert all(check.verified for call in calls for check in call.integrities)


def _order(weights: Tensor) -> tuple[Any, ...]:
    """Shape, then a number far from chance, so that both lists come into one order."""
    return (*weights.shape, round(float((weights[0, 0] ** 2).sum()), 3))


def test_a_sliding_window_is_seen_in_what_is_allowed() -> None:
    source = captured("mistral", tiny_models.inputs("mistral"))[0].sources[0]
    for i, row in enumerate(source.allowed().tolist()):
        assert [j for j, may in enumerate(row) if may] == list(range(max(0, i - 3), i + 1))


@pytest.mark.parametrize("name", ["llama", "gpt2", "bert"])
def test_padding_changes_nothing_and_weighs_nothing(name: str) -> None:
    ids = tiny_models.inputs(name, 7)["input_ids"]
    alone = captured(name, {"input_ids": ids})
    padded = torch.cat([torch.zeros(1, 4, dtype=torch.long), ids], 1)
    places = torch.tensor([[0, 0, 0, 0, *range(7)]])
    calls = captured(
        name,
        {
            "input_ids": padded.repeat(2, 1),
            "attention_mask": (torch.arange(11) >= 4).long()[None].repeat(2, 1),
            "position_ids": places.repeat(2, 1),
        },
    )
    for mine, padded_call in zip(alone, calls, strict=True):
        weights = whole(padded_call)
        assert all(check.verified for check in padded_call.integrities)
        assert torch.allclose(weights[1, :, 4:, 4:], whole(mine)[0], atol=1e-5)
        assert float(weights[:, :, 4:, :4].abs().max()) == 0
        assert not bool(weights.isnan().any())


def test_cross_attention_with_a_cache_is_captured_while_beams_generate() -> None:
    build = tiny_models.ARCHITECTURES["bart"][1]
    torch.manual_seed(3)
    model: Any = BartForConditionalGeneration
    model = model._from_config(build(), attn_implementation="eager")
    model.train(False).set_attn_implementation(NAME)
    ids = tiny_models.inputs("bart", 13)["input_ids"]
    with torch.inference_mode(), capture() as collector:
        model.generate(ids, max_new_tokens=4, min_new_tokens=4, num_beams=3, do_sample=False)
    assert all(check.verified for call in collector.calls for check in call.integrities)
    after = collector.calls[2:]  # the encoder's two layers come first
    shapes = [tuple(whole(call).shape) for call in after]
    assert shapes.count((3, 6, 1, 13)) == 4 * 3
    assert {shape[-1] for shape in shapes} == {13, 1, 2, 3, 4}


def test_a_superseded_request_gives_up_between_layers_and_leaves_nothing() -> None:
    model = tiny_models.build("bart")
    model.set_attn_implementation(NAME)
    inputs = tiny_models.inputs("bart")
    before = state_of(model)
    asked = iter([False, False, False, True])
    with (
        torch.inference_mode(),
        pytest.raises(Superseded),
        capture(lambda: next(asked)) as collector,
    ):
        model(**inputs)
    assert len(collector.calls) == 3
    assert state_of(model) == before
    with torch.inference_mode():
        model(**inputs)
    assert len(collector.calls) == 3


def test_nothing_stays_on_the_model_after_success() -> None:
    model = tiny_models.build("llama")
    model.set_attn_implementation(NAME)
    before = state_of(model)
    with torch.inference_mode(), capture() as collector:
        model(**tiny_models.inputs("llama"))
    assert len(collector.calls) == 2
    assert state_of(model) == before


def state_of(model: nn.Module) -> list[tuple[str, tuple[str, ...], int]]:
    """Every module with the names of its attributes and the number of its hooks."""
    return [
        (name, tuple(sorted(vars(part))), len(part._forward_hooks) + len(part._forward_pre_hooks))
        for name, part in model.named_modules()
    ]


def test_being_superseded_is_no_error_that_a_page_would_show() -> None:
    assert not issubclass(Superseded, (AttentionError, ValueError, RuntimeError, TypeError))


def test_an_inner_capture_does_not_disturb_the_outer_one() -> None:
    query, key, value = qkv()
    with capture() as outer:
        attend(module(), query, key, value, None)
        with capture() as inner:
            attend(module(), query, key, value, None)
        attend(module(), query, key, value, None)
    assert (len(outer.calls), len(inner.calls)) == (2, 1)


def test_attention_that_chooses_keys_by_an_index_is_refused() -> None:
    with pytest.raises(AttentionError, match="index of its own"):
        attend(module(), *qkv(), None, indices=torch.zeros(1))


def test_memory_of_a_captured_layer_grows_with_the_text_and_not_its_square() -> None:
    query, key, value = (normal(1, 2, 400, 8, seed=seed) for seed in (1, 2, 3))
    with capture() as collector:
        attend(module(True), query, key, value, None)
    source = collector.calls[0].sources[0]
    kept = [part for part in vars(source).values() if isinstance(part, Tensor)]
    assert sum(part.numel() for part in kept) == 2 * 2 * 400 * 8
    assert isinstance(source, QueryKey)


@pytest.mark.parametrize(("rows", "output"), [(math.nan, 0.0), (0.0, math.nan), (0.0, math.inf)])
def test_a_check_that_found_no_number_is_broken(rows: float, output: float) -> None:
    check = Integrity(rows, output)
    assert check.broken
    assert not check.verified


# --- how far a picture may be from the module ---


def doubled(form: dict[str, Any]) -> tuple[QueryKey, Tensor, Tensor]:
    """(source, value, output) of one text in double precision, the output by the literal sum."""
    source = run(form)[1].sources[1]
    source = replace(source, query=source.query.double(), key=source.key.double())
    value = qkv(form.get("groups", HEADS))[2][1].double()
    shares = source.shares(range(HEADS), slice(None))[..., :KEYS]
    return source, value, shares @ value.repeat_interleave(HEADS // len(value), 0)


@pytest.mark.parametrize("size", [1e-6, 1.0, 1e6])
def test_the_gap_is_a_share_of_the_largest_number_in_the_output(size: float) -> None:
    source, value, taken = doubled(FORMS["groups"])
    assert integrity(source, value * size, taken * size).output == pytest.approx(0, abs=1e-12)
    check = integrity(source, value * size, taken * size * 1.25)
    assert check.output == pytest.approx(0.2, rel=1e-5)
    assert check.broken
    assert integrity(source, value * size, taken * size * (1 + 1e-5)).verified


@pytest.mark.parametrize(("factor", "rows"), [(1.25, 0.25), (-0.5, 0.5), (1.0, 0.0), (0.5, 0.0)])
def test_an_edited_row_may_sum_to_anything_from_0_to_1_and_to_nothing_else(
    factor: float, rows: float
) -> None:
    source, value, _ = doubled(FORMS["plain"])
    used = source.shares(range(HEADS), slice(None)) * factor
    check = integrity(Edited(**vars(source), used=used), value, used @ value)
    assert check.rows == pytest.approx(rows, abs=1e-12)
    assert check.broken == (rows > 0)


@pytest.mark.parametrize("distance", ["rows", "output"])
def test_up_to_one_part_in_ten_thousand_a_picture_may_be_drawn(distance: str) -> None:
    exact = Integrity(0.0, 0.0)
    assert replace(exact, **{distance: 1e-4}).verified
    assert replace(exact, **{distance: 1.01e-4}).broken


def test_without_the_modules_output_nothing_is_verified_and_nothing_broken() -> None:
    check = Integrity(0.0, None)
    assert (check.verified, check.broken) == (False, False)


@pytest.mark.parametrize("tile", [1, 2 * KEYS, 3 * QUERIES * KEYS, 1 << 18])
def test_the_check_looks_at_every_weight_once_and_at_few_at_a_time(
    tile: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, value, taken = doubled(FORMS["plain"])
    seen = torch.zeros(HEADS, QUERIES, dtype=torch.int)
    sizes = []

    class Counted(QueryKey):
        def shares(self, heads: Sequence[int], queries: slice) -> Tensor:
            seen[list(heads), queries] += 1
            sizes.append(len(heads) * len(range(QUERIES)[queries]) * KEYS)
            return super().shares(heads, queries)

    monkeypatch.setattr(attending, "TILE", tile)
    assert integrity(Counted(**vars(source)), value, taken).verified
    assert bool((seen == 1).all())
    assert max(sizes) <= max(tile, KEYS)
    assert len(sizes) == {1: 30, 2 * KEYS: 18, 3 * QUERIES * KEYS: 2, 1 << 18: 1}[tile]


def test_the_largest_fault_of_all_tiles_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    source, value, taken = doubled(FORMS["plain"])
    monkeypatch.setattr(attending, "TILE", KEYS)
    broken = taken.clone()
    broken[0, 0, 0] += 3 * float(taken.abs().max())
    broken[-1, -1, -1] += 1e-3
    expected = 3 * float(taken.abs().max()) / float(broken.abs().max())
    assert integrity(source, value, broken).output == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("rows", [slice(0, 1), slice(2, 4), slice(None)])
def test_of_a_causal_call_only_the_rows_that_are_checked_are_masked(rows: slice) -> None:
    """A whole triangle for every tile would make the check cubic."""
    query, key, _ = qkv()
    source = QueryKey(query[0], key[0], 0.5, causal=True)
    allowed = source._allowed(range(HEADS), rows)
    triangle = torch.ones(QUERIES, KEYS, dtype=torch.bool).tril()
    assert torch.equal(allowed, triangle[None, rows])
    assert allowed.untyped_storage().nbytes() == allowed.numel()


# --- masks ---


@pytest.mark.parametrize("kind", [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_half_of_the_lowest_number_of_a_masks_type_and_less_means_may_not_look(
    kind: torch.dtype,
) -> None:
    lowest = torch.finfo(kind).min
    row = torch.tensor([0, lowest, 0.75 * lowest, 0.4 * lowest, -math.inf, 1.5, 0], dtype=kind)
    mask = row.expand(BATCH, 1, QUERIES, KEYS)
    with capture() as collector:
        output, _ = attend(module(), *qkv(), mask)
    for source, taken in zip(collector.calls[0].sources, output, strict=True):
        assert source.allowed()[0].tolist() == [True, False, False, True, False, True, True]
        weights = source.weights(range(HEADS), slice(None))
        assert float(weights[..., [1, 2, 4]].abs().max()) == 0
        assert float(weights[..., 0].min()) > 0
        assert bool(taken.isfinite().all())
    assert all(check.verified for check in collector.calls[0].integrities)


@pytest.mark.parametrize("axes", [2, 3])
def test_a_mask_of_fewer_axes_is_the_same_for_the_whole_batch(axes: int) -> None:
    mask = ALLOWED[1]  # (1, query, key)
    whole_mask, _ = run({"mask": mask[None].expand(BATCH, -1, -1, -1)})
    shorter, call = run({"mask": mask[0] if axes == 2 else mask})
    assert torch.equal(shorter, whole_mask)
    for source in call.sources:
        assert torch.equal(source.allowed(), mask[0])


def test_a_mask_and_a_bias_of_one_query_are_those_of_every_query() -> None:
    mask, bias = ALLOWED[:, :, 1:2], BIAS[:, :, 1:2]
    _, call = run({"mask": mask, "position_bias": bias})
    for row, source in enumerate(call.sources):
        every = replace(
            source,
            mask=mask[row].expand(-1, QUERIES, -1),
            bias=bias[0].expand(-1, QUERIES, -1),
        )
        expected = every.weights(range(HEADS), slice(None))
        for queries in (slice(None), slice(2, 4), slice(1, 2)):
            found = source.weights([4, 1], queries)
            torch.testing.assert_close(found, expected[[4, 1], queries])
        assert source.allowed().tolist() == mask[row, 0].tolist() * QUERIES


def test_a_module_that_does_not_say_is_causal_and_a_single_query_sees_all_keys() -> None:
    query, key, value = qkv()
    with capture() as collector:
        attend(nn.Module(), query, key, value, None)
        attend(nn.Module(), query[:, :, :1], key, value, None)
    many, one = (call.sources[0].allowed() for call in collector.calls)
    assert torch.equal(many, torch.ones(QUERIES, KEYS).tril().bool())
    assert one.tolist() == [[True] * KEYS]


def test_a_soft_cap_and_sinks_together_are_refused() -> None:
    with pytest.raises(AttentionError, match="both a soft cap and attention sinks"):
        attend(module(), *qkv(), None, softcap=0.9, s_aux=SINKS)


@pytest.mark.parametrize("index", ["indices", "block_indices"])
def test_every_kind_of_index_is_refused_and_a_missing_one_is_not(index: str) -> None:
    given: dict[str, Any] = {index: torch.zeros(1)}
    with pytest.raises(AttentionError, match="index of its own"):
        attend(module(), *qkv(), None, **given)
    given[index] = None
    attend(module(), *qkv(), None, **given)


def test_groups_are_shared_also_where_there_are_as_many_keys_as_heads() -> None:
    query, key, value = qkv(GROUPS, keys=HEADS)
    with capture() as collector:
        output, _ = attend(module(), query, key, value, None)
    keys, values = (part.repeat_interleave(HEADS // GROUPS, 1) for part in (key, value))
    expected, _ = attend(module(), query, keys, values, None)
    torch.testing.assert_close(output, expected)
    assert all(check.verified for check in collector.calls[0].integrities)


def test_what_is_kept_holds_no_gradient() -> None:
    query, key, value = (part.requires_grad_() for part in qkv())
    bias, sinks = BIAS.clone().requires_grad_(), SINKS.clone().requires_grad_()
    with capture() as collector:
        output, _ = attend(module(), query, key, value, None, s_aux=sinks, position_bias=bias)
    assert output.requires_grad
    kept = [part for part in vars(collector.calls[0].sources[0]).values() if torch.is_tensor(part)]
    assert len(kept) == 4
    assert not any(part.requires_grad for part in kept)


def test_dropout_drops_weights_where_the_call_asks_for_it() -> None:
    torch.manual_seed(4)
    calm, _ = attend(module(), *qkv(), None)
    dropped, _ = attend(module(), *qkv(), None, dropout=0.5)
    assert not torch.allclose(dropped, calm, atol=1e-2)


# --- records ---


def test_weights_handed_over_whole_are_given_back_and_all_may_look_unless_said() -> None:
    matrix = normal(HEADS, QUERIES, KEYS).double()
    stored = Stored(matrix)
    assert stored.weights([3, 1], slice(1, 4)).dtype == torch.float32
    assert torch.equal(stored.weights([3, 1], slice(1, 4)), matrix[[3, 1], 1:4].float())
    assert stored.allowed().tolist() == [[True] * KEYS] * QUERIES
    assert torch.equal(Stored(matrix, ALLOWED[0, 0]).allowed(), ALLOWED[0, 0])


def test_a_note_is_its_sentence_with_its_values_and_braces_without_values_are_text() -> None:
    note = Note("Only {count} read.", count=3)
    assert (str(note), note.sentence) == ("Only 3 read.", "Only {count} read.")
    assert note.values == {"count": 3}
    assert str(Note("as {typed}")) == "as {typed}"


def test_a_mask_that_forbids_nothing_and_adds_everywhere_is_added() -> None:
    """Such as a bias by distance: no cell of it is 0, and none is lowest. The sum by hand."""
    query, key, value = (part.double() for part in qkv())
    mask, bias = BIAS.double() + 4, normal(1, 1, QUERIES, KEYS, seed=8).double()
    for position_bias in (None, bias):
        output, _ = attend(module(), query, key, value, mask, position_bias=position_bias)
        scores = query @ key.mT * WIDTH**-0.5 + mask + (0 if position_bias is None else bias)
        torch.testing.assert_close(output.transpose(1, 2), scores.softmax(-1) @ value)


def test_groups_are_shared_whatever_else_has_the_same_size() -> None:
    """As many texts as heads, and as many queries as there are groups of keys."""
    query, key = normal(4, 4, 2, WIDTH, seed=1), normal(4, 2, 3, WIDTH, seed=2)
    value = normal(4, 2, 3, VALUE, seed=3)
    keys, values = (part.repeat_interleave(2, 1) for part in (key, value))
    expected, _ = attend(module(), query, keys, values, None)
    torch.testing.assert_close(attend(module(), query, key, value, None)[0], expected)


def test_two_queries_of_a_causal_call_are_enough_to_hide_what_follows() -> None:
    query, key, value = normal(1, 1, 2, 4, seed=1), normal(1, 1, 2, 4, seed=2), torch.eye(2)
    output, _ = attend(module(True), query, key, value[None, None], None)
    assert output[0, 0, 0].tolist() == [1, 0]


def test_where_there_is_no_key_or_no_query_nothing_is_missed() -> None:
    nothing = QueryKey(torch.zeros(2, 3, 4), torch.zeros(2, 0, 4), 1.0)
    assert attending.integrity(nothing, torch.zeros(2, 0, 4), torch.zeros(2, 3, 4)).output == 0
    nobody = QueryKey(torch.zeros(2, 0, 4), torch.zeros(2, 3, 4), 1.0)
    found = attending.integrity(nobody, torch.zeros(2, 3, 4), torch.zeros(2, 0, 4))
    assert (found.rows, found.output) == (0, 0)


def test_gradients_reach_every_weight_though_the_model_itself_asks_for_none() -> None:
    """The sum of the output is that of weights × values: its gradient is the sum of each value."""
    query, key, value = qkv()
    with capture(want=Want(gradients=True)) as seen:
        output, _ = attend(module(), query, key, value, None)
    (found,) = seen.gradients(output.sum()).weights
    expected = value.sum(-1)[:, :, None].expand(BATCH, HEADS, QUERIES, KEYS)
    torch.testing.assert_close(found, expected)
    with pytest.raises(AttentionError, match="without its history"):
        seen.gradients(torch.tensor(1.0))
    with capture(want=Want(gradients=True)) as other:
        attend(module(), query, key, value, None)
        free = torch.ones(1, requires_grad=True)
    (nothing,) = other.gradients(free.sum()).weights
    assert (nothing == 0).all()


def test_gradients_are_kept_only_where_they_are_wanted() -> None:
    query, key, value = (part.requires_grad_() for part in qkv())
    with capture() as plain, editing({}):
        attend(module(), query, key, value, None)
    assert [call.live for call in plain.calls] == [None]
    watched = module()
    with capture() as edited, editing({watched: [Edit("encoder.0", "uniform")]}):
        attend(watched, query, key, value, None)
    assert [call.live for call in edited.calls] == [None]


def test_weights_of_a_mechanism_that_can_be_followed_back_are_left_as_they_are() -> None:
    leaf = torch.rand(1, 2, 3).requires_grad_()
    weights = leaf * 2
    with capture(want=Want(gradients=True)) as seen:
        assert looked(module(), weights) is weights
        started = looked(module(), torch.rand(1, 2, 3))
    assert weights.grad_fn is not None
    assert started.requires_grad
    with capture() as plain:
        unasked = looked(module(), torch.rand(1, 2, 3))
    assert not unasked.requires_grad
    assert (len(seen.looks), len(plain.looks)) == (2, 1)


def test_only_weights_are_kept_unless_more_is_asked_for() -> None:
    assert Want() == Want(weights=True, values=False, outputs=False, hidden=False, gradients=False)


def test_a_layer_that_is_announced_twice_reports_once() -> None:
    layer = nn.Linear(3, 3)
    announced({Place("encoder", 0): layer})
    announced({Place("encoder", 1): layer})
    with capture(want=Want(hidden=True)) as seen:
        layer(torch.ones(1, 2, 3))
    assert [one.place for one in seen.hidden] == [Place("encoder", 0)]


def test_of_a_recurrent_layer_the_states_of_every_token_are_reported() -> None:
    """A packed batch is laid out again, text by text; what a layer gives besides is left out."""
    layer = nn.GRU(3, 4, batch_first=True)
    announced({Place("encoder", 0): layer})
    texts = normal(2, 5, 3)
    packed = pack_padded_sequence(texts, torch.tensor([5, 2]), batch_first=True)
    with capture(want=Want(hidden=True)) as seen:
        layer(packed)
        states, _ = layer(texts)
    unpadded = texts.clone()
    unpadded[1, 2:] = 0
    assert torch.equal(seen.hidden[0].entering, unpadded)
    assert seen.hidden[0].leaving.shape == (2, 5, 4)
    torch.testing.assert_close(seen.hidden[0].leaving[0], states[0])
    assert torch.equal(seen.hidden[1].leaving, states)
