"""What every translator's network keeps, whichever way it looks."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch

from attention_core.mechanisms.families.additive import Additive
from attention_core.mechanisms.families.dot_product import MultiHead
from attention_core.mechanisms.families.local import LocalMonotonic, LocalPredictive
from attention_core.mechanisms.families.luong import Concat, Dot, General, Location
from attention_core.watching.capture import editing
from attention_core.watching.edit import Edit
from models.ours.translator.network import Network, State, select
from models.ours.translator.recipes import FAMILIES, RECIPES, family_of, shape_of
from models.ours.translator.recurrent import Recurrent, RecurrentShape
from tests.toy_networks import LONG, LOOKING, SHORT, TARGET, TINY, batch, tiny

every = pytest.mark.parametrize("kind", TINY)
looking = pytest.mark.parametrize("kind", LOOKING)


def steps(model: Network, read: State, words: torch.Tensor) -> torch.Tensor:
    """(batch, target, vocabulary): the logits of writing these words one by one."""
    state, found = model.begin(read), []
    for step, previous in enumerate(words.unbind(1)):
        logits, state = model.advance(read, previous, state, step)
        found.append(logits)
    return torch.stack(found, 1)


@every
def test_writing_step_by_step_equals_following_the_same_words(kind: str) -> None:
    model = tiny(kind)
    source, target = batch(LONG, SHORT), batch(TARGET, TARGET[::-1])
    torch.testing.assert_close(
        steps(model, model.encode(source), target), model(source, target), atol=1e-5, rtol=1e-5
    )


@looking
def test_step_by_step_an_edit_does_what_it_does_when_the_words_are_given(kind: str) -> None:
    """The edit names a step by its number, which a search counts and a pass has all at once."""
    model = tiny(kind)
    source, target = batch(LONG), batch(TARGET)
    changed = Edit("cross.0", "set", queries=(2,), keys=(1, 2, 3), value=0.9)
    calm = model(source, target)
    with editing({model.sites["cross.0"]: [changed]}):
        followed = model(source, target)
        stepped = steps(model, model.encode(source), target)
    torch.testing.assert_close(stepped, followed, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(followed[:, :2], calm[:, :2])
    assert not torch.allclose(followed[:, 2:], calm[:, 2:], atol=1e-3)
    torch.testing.assert_close(model(source, target), calm)


@every
def test_a_sentence_is_read_alike_alone_and_among_longer_ones(kind: str) -> None:
    model = tiny(kind)
    both = model.follow(batch(LONG, SHORT), batch(TARGET, TARGET))
    alone = model.follow(batch(SHORT), batch(TARGET))
    torch.testing.assert_close(both.logits[1], alone.logits[0], atol=1e-5, rtol=1e-5)
    for one, other in zip(both.looks, alone.looks, strict=True):
        rows, keys = other.trace.weights.shape[-2:]
        weights = one.trace.weights[1, :, :rows, :keys]
        torch.testing.assert_close(weights, other.trace.weights[0], atol=1e-5, rtol=1e-5)


@looking
def test_padding_is_never_looked_at(kind: str) -> None:
    for look in tiny(kind).follow(batch(LONG, SHORT), batch(TARGET, TARGET)).looks:
        if look.kind != "decoder":
            assert (look.trace.weights[1, ..., len(SHORT) :] == 0).all()
            assert not look.trace.allowed.expand_as(look.trace.weights)[1, ..., len(SHORT) :].any()
        assert (look.trace.weights[1, ..., : len(SHORT)].sum(-1) > 0).any()


@every
def test_later_words_do_not_change_earlier_steps(kind: str) -> None:
    model = tiny(kind)
    one = model.follow(batch(LONG), batch(TARGET))
    other = model.follow(batch(LONG), batch([*TARGET[:3], 5, 5]))
    torch.testing.assert_close(one.logits[:, :3], other.logits[:, :3])
    assert not torch.allclose(one.logits[:, 4], other.logits[:, 4], atol=1e-3)
    for before, after in zip(one.looks, other.looks, strict=True):
        torch.testing.assert_close(
            before.trace.weights[..., :3, :], after.trace.weights[..., :3, :]
        )


@every
def test_every_word_of_the_source_matters(kind: str) -> None:
    """What no window shows is still in the states of the readers beside it."""
    model = tiny(kind)
    calm = model(batch(LONG), batch(TARGET))
    for place in range(len(LONG) - 1):
        changed = [*LONG[:place], 6, *LONG[place + 1 :]]
        assert not torch.allclose(model(batch(changed), batch(TARGET)), calm, atol=1e-6), place


@every
def test_every_look_is_one_of_the_sites_and_takes_what_its_weights_say(kind: str) -> None:
    model = tiny(kind)
    looks = model.follow(batch(LONG, SHORT), batch(TARGET, TARGET)).looks
    assert {f"{look.kind}.{look.layer}": look.mechanism for look in looks} == model.sites
    for look in looks:
        taken = look.mechanism.take(look.trace.weights, look.trace.values)
        torch.testing.assert_close(taken, look.trace.context)
        if look.mechanism.card.sums_to_one_over == "keys":
            sums = look.trace.weights.sum(-1)
            torch.testing.assert_close(sums, torch.ones_like(sums))


def test_the_attention_inside_is_a_mechanism_of_the_core() -> None:
    kinds = {
        "none": [], "additive": [Additive], "dot": [Dot], "general": [General],
        "concat": [Concat], "location": [Location], "local_monotonic": [LocalMonotonic],
        "local_predictive": [LocalPredictive], "transformer": [MultiHead] * 6,
    }  # fmt: skip
    assert {kind: [type(site) for site in tiny(kind).sites.values()] for kind in TINY} == kinds
    assert list(tiny("transformer").sites) == [
        "encoder.0", "encoder.1", "decoder.0", "decoder.1", "cross.0", "cross.1",
    ]  # fmt: skip


@every
def test_dropout_acts_in_training_only(kind: str) -> None:
    model = tiny(replace(TINY[kind], dropout=0.5))
    calm = [model(batch(LONG), batch(TARGET)) for _ in range(2)]
    model.train()
    wild = [model(batch(LONG), batch(TARGET)) for _ in range(2)]
    assert torch.equal(*calm)
    assert not torch.equal(*wild)


@every
def test_every_parameter_learns(kind: str) -> None:
    model = tiny(kind, spread=0.3)
    loss = torch.nn.functional.cross_entropy(model(batch(LONG), batch(TARGET))[0], torch.arange(5))
    torch.autograd.backward(loss)
    still = {
        name
        for name, parameter in model.named_parameters()
        if parameter.grad is None or not parameter.grad.abs().max() > 1e-9
    }
    # A bias of the keys adds the same to all scores of a query, which softmax does not see.
    assert {name for name in still if not name.endswith("key_projection.bias")} == set()


@every
def test_what_was_read_and_a_state_follow_the_rows_of_a_beam(kind: str) -> None:
    model = tiny(kind)
    read, rows = model.encode(batch(LONG, SHORT)), torch.tensor([1, 1, 0])
    words = torch.tensor([10, 4])
    _, state = model.advance(read, words, model.begin(read), 0)
    logits, _ = model.advance(read, words, state, 1)
    other, _ = model.advance(select(read, rows), words[rows], select(state, rows), 1)
    torch.testing.assert_close(other, logits[rows])


@every
def test_a_shape_is_built_again_from_what_a_checkpoint_says(kind: str) -> None:
    shape = TINY[kind]
    assert shape_of(family_of(shape), shape.as_dict()) == shape
    assert tiny(kind).parameter_count() == sum(p.numel() for p in shape.build().parameters())


def test_every_recipe_begins_where_another_one_ends() -> None:
    for name, recipe in RECIPES.items():
        assert recipe.start in (*RECIPES, "")
        assert recipe.start != name
        assert family_of(recipe.shape) in FAMILIES
        if isinstance(recipe.shape, RecurrentShape) and recipe.shape.looks == "dot":
            assert recipe.shape.decoder == 2 * recipe.shape.encoder


# Without attention


def test_the_fixed_vector_knows_nothing_but_the_two_ends() -> None:
    model = tiny("none")
    assert isinstance(model, Recurrent)
    assert (model.sites, model.mechanism) == ({}, None)
    read = model.encode(batch(LONG, SHORT))
    words = batch(TARGET, TARGET)
    calm = steps(model, read, words)
    torch.manual_seed(1)
    elsewhere = read._replace(
        annotations=torch.randn_like(read.annotations), keys=torch.randn_like(read.keys)
    )
    assert torch.equal(steps(model, elsewhere, words), calm)
    other = read._replace(end=read.end + 0.1)
    assert not torch.allclose(steps(model, other, words), calm, atol=1e-3)
