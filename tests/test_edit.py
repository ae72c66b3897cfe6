"""Edits change exactly the cells they name, as their words say, and only for who made them."""

from __future__ import annotations

import math
import sys
import threading
from collections.abc import Callable
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attention_core.errors import AttentionError, ShapeError
from attention_core.mechanisms.families.dot_product import MultiHead
from attention_core.watching.attend import attend
from attention_core.watching.capture import capture, editing, edits_of
from attention_core.watching.edit import Edit, Edited, placed
from models.families import fake
from models.families.reader import Reader
from models.loading.checkpoint import Checkpoint
from tests import tiny_models
from tests.test_capture import FORMS, GROUPS, HEADS, KEYS, QUERIES, SINKS, module, qkv

ROW = (0.1, 0.2, 0.3, 0.4)
EVERY = torch.ones(1, 1, 4, dtype=torch.bool)


def edited(edit: Edit, row: tuple[float, ...] = ROW, allowed: Tensor = EVERY) -> list[float]:
    """One row of one head after the edit, rounded to nine decimals."""
    made = edit.apply(torch.tensor([[row]], dtype=torch.float64), allowed, 0)
    rounded: list[float] = made.round(decimals=9).flatten().tolist()
    return rounded


BY_HAND: dict[str, tuple[Edit, list[float]]] = {
    "zero one": (Edit("s", "zero", keys=(1,)), [0.1, 0, 0.3, 0.4]),
    "zero two": (Edit("s", "zero", keys=(0, 3)), [0, 0.2, 0.3, 0]),
    "zero all": (Edit("s", "zero"), [0, 0, 0, 0]),
    "uniform two": (Edit("s", "uniform", keys=(1, 3)), [0.1, 0.3, 0.3, 0.3]),
    "uniform all": (Edit("s", "uniform"), [0.25, 0.25, 0.25, 0.25]),
    "set one": (Edit("s", "set", keys=(3,), value=0.7), [0.05, 0.1, 0.15, 0.7]),
    "set one to everything": (Edit("s", "set", keys=(0,)), [1, 0, 0, 0]),
    "set one to nothing": (Edit("s", "set", keys=(1,), value=0), [0.125, 0, 0.375, 0.5]),
    "set two": (Edit("s", "set", keys=(2, 3), value=0.4), [0.2, 0.4, 0.2, 0.2]),
    "set all": (Edit("s", "set", value=0.4), [0.1, 0.1, 0.1, 0.1]),
    "no cell": (Edit("s", "set", keys=()), list(ROW)),
    "no such key": (Edit("s", "set", keys=(9,)), list(ROW)),
    "another query": (Edit("s", "zero", queries=(1,)), list(ROW)),
}


@pytest.mark.parametrize("name", BY_HAND)
def test_every_action_by_hand(name: str) -> None:
    edit, expected = BY_HAND[name]
    assert edited(edit) == pytest.approx(expected, abs=1e-9)


def test_a_row_whose_other_keys_have_nothing_sums_to_the_value_that_was_set() -> None:
    edit = Edit("s", "set", keys=(0,), value=0.3)
    assert edited(edit, (1.0, 0, 0, 0)) == [0.3, 0, 0, 0]
    assert edited(edit, (0.0, 0, 0, 0)) == [0.3, 0, 0, 0]


def test_others_keep_their_proportions_however_little_they_have() -> None:
    row = (1.0, 2e-30, 6e-30, 0.0)
    assert edited(Edit("s", "set", keys=(0,), value=0.2), row) == [0.2, 0.2, 0.6, 0]


@pytest.mark.parametrize("action", ["zero", "uniform", "set"])
def test_a_forbidden_cell_stays_at_nothing_and_gets_no_part(action: Any) -> None:
    allowed = torch.tensor([[[True, False, True, True]]])
    row = edited(Edit("s", action, keys=(0, 1), value=0.5), (0.2, 0.0, 0.2, 0.6), allowed)
    expected = {"zero": [0, 0, 0.2, 0.6], "uniform": [0.2, 0, 0.2, 0.6],
                "set": [0.5, 0, 0.125, 0.375]}  # fmt: skip
    assert row == pytest.approx(expected[action])


@pytest.mark.parametrize("action", ["zero", "uniform", "set"])
def test_row_sums_are_what_the_words_say(action: Any) -> None:
    torch.manual_seed(1)
    weights = torch.rand(2, 3, 5, 7, dtype=torch.float64).softmax(-1)
    edit = Edit("s", action, heads=(0, 2), queries=(1, 4), keys=(2, 5), value=0.3)
    made = edit.apply(weights, torch.ones(5, 7, dtype=torch.bool), 0)
    sums, had = made.sum(-1), weights[..., [2, 5]].sum(-1)
    touched = torch.zeros(3, 5, dtype=torch.bool)
    touched[[[0], [2]], [1, 4]] = True
    assert torch.equal(made[:, ~touched], weights[:, ~touched])
    assert not torch.isclose(made[:, touched], weights[:, touched]).all(-1).any()
    due = 1 - had if action == "zero" else torch.ones_like(had)
    torch.testing.assert_close(sums[:, touched], due[:, touched])


def test_queries_count_from_the_first_of_the_call() -> None:
    weights = torch.full((1, 3, 4), 0.25)
    edit = Edit("s", "zero", queries=(0, 5, 9))
    every = torch.ones(3, 4, dtype=torch.bool)
    assert edit.apply(weights, every, 4).sum(-1).tolist() == [[1, 0, 1]]
    assert edit.apply(weights, every, 0).sum(-1).tolist() == [[0, 1, 1]]


NONSENSE: dict[str, Callable[[], Edit]] = {
    "a weight cannot be set to 1.5": lambda: Edit("s", "set", value=1.5),
    "a weight cannot be set to -0.1": lambda: Edit("s", "set", value=-0.1),
    "a weight cannot be set to nan": lambda: Edit("s", "set", value=math.nan),
    "a weight cannot be set to inf": lambda: Edit("s", "set", value=math.inf),
    "-1 is no place on the key axis": lambda: Edit("s", "zero", keys=(-1,)),
    "-2 is no place on the head axis": lambda: Edit("s", "zero", heads=(0, -2)),
    "0.5 is no place on the query axis": lambda: Edit("s", "zero", queries=(0.5,)),  # type: ignore[arg-type]
    "is no way to edit": lambda: Edit("s", "double"),
}


@pytest.mark.parametrize("sentence", NONSENSE)
def test_nonsense_is_refused_with_a_sentence(sentence: str) -> None:
    with pytest.raises(ShapeError, match=f"(?i){sentence}"):
        NONSENSE[sentence]()


def test_a_head_that_is_not_there_is_refused() -> None:
    with pytest.raises(ShapeError, match=r"no head 3 at cross\.1: its 3 heads"):
        Edit("cross.1", "zero", heads=(1, 3)).apply(torch.ones(3, 2, 2), torch.ones(1).bool(), 0)


def test_a_site_that_is_not_there_is_refused_and_the_known_ones_named() -> None:
    sites = {"encoder.0": module(), "cross.0": module()}
    with pytest.raises(AttentionError, match=r"no attention “cross\.7” .* encoder\.0, cross\.0\."):
        placed([Edit("cross.7", "zero")], sites)
    edits = [Edit("cross.0", "zero"), Edit("encoder.0", "zero"), Edit("cross.0", "uniform")]
    assert placed(edits, sites) == {sites["cross.0"]: [edits[0], edits[2]],
                                    sites["encoder.0"]: [edits[1]]}  # fmt: skip


# Where a running model attends


def run(form: dict[str, Any], edits: list[Edit]) -> tuple[Tensor, Any]:
    """Output and captured call of `attend` with these edits on its module."""
    extra = {key: form[key] for key in form if key not in ("mask", "groups", "causal")}
    query, key, value = qkv(form.get("groups", HEADS))
    edited_module = module(form.get("causal", False))
    with capture() as collector, editing({edited_module: edits} if edits else {}):
        output, _ = attend(edited_module, query, key, value, form.get("mask"), **extra)
    return output, collector.calls[0]


def weights_of(call: Any, row: int) -> Tensor:
    made: Tensor = call.sources[row].weights(range(HEADS), slice(None))
    return made


@pytest.mark.parametrize("name", FORMS)
def test_every_form_of_attention_goes_on_with_the_edited_weights(name: str) -> None:
    """Zeroing needs no arithmetic: the weights without the cell, times the values by hand."""
    form = FORMS[name]
    heads, queries, keys = (1, 4), (0, 2), (0, 1, 3)
    output, call = run(form, [Edit("s", "zero", heads, queries, keys)])
    _, before = run(form, [])
    values = qkv(form.get("groups", HEADS))[2].repeat_interleave(
        HEADS // form.get("groups", HEADS), 1
    )
    for row in range(len(output)):
        expected = weights_of(before, row).clone()
        for head in heads:
            for i in queries:
                expected[head, i, list(keys)] = 0
        assert not torch.equal(expected, weights_of(before, row))
        torch.testing.assert_close(weights_of(call, row), expected)
        torch.testing.assert_close(
            output[row].transpose(0, 1), expected @ values[row], atol=1e-5, rtol=1e-5
        )
        assert call.integrities[row].verified


@pytest.mark.parametrize("name", FORMS)
@pytest.mark.parametrize("action", ["uniform", "set"])
def test_every_form_of_attention_explains_its_edited_output(name: str, action: Any) -> None:
    edit = Edit("s", action, heads=(2,), keys=(0, 2), value=0.25)
    output, call = run(FORMS[name], [edit])
    assert all(check.verified for check in call.integrities)
    plain, before = run(FORMS[name], [])
    assert not torch.allclose(output[:, :, 2], plain[:, :, 2], atol=1e-3)
    others = [head for head in range(HEADS) if head != 2]
    torch.testing.assert_close(output[:, :, others], plain[:, :, others], atol=1e-5, rtol=1e-5)
    assert torch.equal(call.sources[1].allowed(), before.sources[1].allowed())


def test_a_sink_is_no_cell_but_has_its_part_of_the_rest() -> None:
    form = {"s_aux": SINKS, "groups": GROUPS}
    sink = 1 - weights_of(run(form, [])[1], 0).sum(-1)
    zeroed = weights_of(run(form, [Edit("s", "zero")])[1], 0)
    assert float(zeroed.abs().max()) == 0
    uniform = weights_of(run(form, [Edit("s", "uniform")])[1], 0)
    torch.testing.assert_close(uniform, ((1 - sink) / KEYS)[..., None].expand_as(uniform))
    given = weights_of(run(form, [Edit("s", "set", value=0.6)])[1], 0)
    torch.testing.assert_close(given.sum(-1), torch.full((HEADS, QUERIES), 0.6))
    one = run(form, [Edit("s", "set", keys=(3,), value=0.6)])[1].sources[0]
    assert isinstance(one, Edited)
    torch.testing.assert_close(one.used.sum(-1), torch.ones(HEADS, QUERIES))
    before = weights_of(run(form, [])[1], 0)
    # The sink's part is what KEYS rounded weights leave of 1, so it is off by up to KEYS roundings;
    # as a product, not as a quotient, that bound is the same however small the weights are.
    torch.testing.assert_close(
        one.used[..., -1] * before[..., 0], one.used[..., 0] * sink,
        atol=2 * KEYS * torch.finfo(torch.float32).eps, rtol=0,
    )  # fmt: skip


def test_edits_follow_one_another() -> None:
    edits = [Edit("s", "zero", keys=(0,)), Edit("s", "set", keys=(1,), value=0.5)]
    weights = weights_of(run({}, edits)[1], 1)
    before = weights_of(run({}, [])[1], 1)
    assert float(weights[..., 0].abs().max()) == 0
    torch.testing.assert_close(weights[..., 1], torch.full((HEADS, QUERIES), 0.5))
    rest = before[..., 2:] / before[..., 2:].sum(-1, keepdim=True) / 2
    torch.testing.assert_close(weights[..., 2:], rest)


def test_other_modules_are_left_alone() -> None:
    edited_module, other = module(), module()
    query, key, value = qkv()
    plain, _ = attend(other, query, key, value, None)
    with editing({edited_module: [Edit("s", "zero")]}):
        assert torch.equal(attend(other, query, key, value, None)[0], plain)
        assert float(attend(edited_module, query, key, value, None)[0].abs().max()) == 0
    assert torch.equal(attend(edited_module, query, key, value, None)[0], plain)


def test_an_edit_ends_with_its_block_even_after_a_failure() -> None:
    edited_module = module()

    def fail() -> None:
        with editing({edited_module: [Edit("s", "zero")]}):
            assert len(edits_of(edited_module)) == 1
            raise KeyError

    with pytest.raises(KeyError):
        fail()
    assert edits_of(edited_module) == ()


def test_gradients_flow_through_edited_weights() -> None:
    query, key, value = qkv()
    query.requires_grad_()
    edited_module = module()
    with editing({edited_module: [Edit("s", "zero", keys=(2,))]}), capture() as collector:
        output, _ = attend(edited_module, query, key, value, None)
    output.sum().backward()  # type: ignore[no-untyped-call]
    assert query.grad is not None
    assert float(query.grad.abs().max()) > 0
    source = collector.calls[0].sources[0]
    assert isinstance(source, Edited)
    assert not source.used.requires_grad


def test_gradients_are_numbers_where_the_others_have_nothing_to_share() -> None:
    weights = torch.tensor([[[1.0, 0.0, 0.0]]], dtype=torch.float64, requires_grad=True)
    made = Edit("s", "set", keys=(0,), value=0.3).apply(weights, torch.ones(1, 3).bool(), 0)
    made.sum().backward()  # type: ignore[no-untyped-call]
    assert weights.grad is not None
    assert bool(weights.grad.isfinite().all())


def mixed_results(
    plain_look: Callable[[], Tensor], edited_look: Callable[[], Tensor], rounds: int
) -> list[int]:
    """[of one who edits, of one who does not]: results that are not their own."""
    looks, wrong, done = (edited_look, plain_look), [0, 0], [0, 0]
    expected = [look() for look in looks]
    assert not torch.allclose(expected[0], expected[1])
    barrier = threading.Barrier(2, timeout=60)

    def repeat(mine: int) -> None:
        for _ in range(rounds):
            barrier.wait()
            wrong[mine] += not torch.equal(looks[mine](), expected[mine])
            done[mine] += 1

    threads = [threading.Thread(target=repeat, args=(mine,)) for mine in (0, 1)]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)
    assert done == [rounds, rounds]
    return wrong


def while_editing(edited_module: nn.Module, look: Callable[[], Tensor]) -> Callable[[], Tensor]:
    """The same look, with the attention of this module made uniform."""

    def edited_look() -> Tensor:
        with editing({edited_module: [Edit("s", "uniform")]}):
            return look()

    return edited_look


def test_an_experiment_never_reaches_another_reader_of_the_same_model() -> None:
    query, key, value = qkv()
    shared = module()

    def look() -> Tensor:
        return attend(shared, query, key, value, None)[0]

    assert mixed_results(look, while_editing(shared, look), 300) == [0, 0]


def test_an_experiment_never_reaches_another_reader_of_the_same_mechanism() -> None:
    torch.manual_seed(2)
    shared = MultiHead(12, 3)
    given = torch.randn(5, 12)

    def look() -> Tensor:
        context: Tensor = shared(given, given).context
        return context

    with torch.no_grad():
        assert mixed_results(look, while_editing(shared, look), 300) == [0, 0]


# A reader of texts


def test_a_reader_of_texts_shows_what_an_edit_does_to_later_layers() -> None:
    reader = Reader("fake", fake.checkpoint())
    plain = reader.read("the cat sat")
    edits = [Edit("encoder.0", "set", heads=(2,), keys=(1,), value=0.9)]
    changed = reader.read("the cat sat", edits=edits)
    first, second = changed.sites
    torch.testing.assert_close(first.weights([2])[..., 1], torch.full((1, 5), 0.9))
    torch.testing.assert_close(first.weights([0, 1, 3]), plain.sites[0].weights([0, 1, 3]))
    assert not torch.allclose(second.weights(), plain.sites[1].weights(), atol=1e-4)
    assert all(site.integrity.verified for site in changed.sites)
    assert torch.equal(reader.read("the cat sat").sites[1].weights(), plain.sites[1].weights())


def test_a_reader_of_pairs_and_one_that_looks_back_know_their_sites() -> None:
    for name, site in (("bart", "cross.2"), ("gpt2", "decoder.1")):
        reader = Reader(name, Checkpoint(tiny_models.build(name), fake.tokenizer()))
        second = "it was" if name == "bart" else ""
        record = reader.read("the cat sat", second, edits=[Edit(site, "zero", heads=(0,))])
        assert float(record.site(site).weights([0]).abs().max()) == 0
        with pytest.raises(AttentionError, match=r"no attention “cross\.9” to change"):
            reader.read("the cat sat", second, edits=[Edit("cross.9", "zero")])


def test_a_model_that_only_reports_its_attention_cannot_be_edited() -> None:
    reader = Reader("gptj", Checkpoint(tiny_models.build("gptj"), fake.tokenizer()))
    with pytest.raises(AttentionError, match=r"no attention “decoder\.0” to change; it has –\."):
        reader.read("the cat sat", edits=[Edit("decoder.0", "zero")])
