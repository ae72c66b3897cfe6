"""Interventions: what goes on from heads, attention and layers, and what follows from it."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from transformers import GPT2Config, GPT2Model

from attention_core.errors import AttentionError, ShapeError
from attention_core.watching.capture import Want
from attention_core.watching.intervention import Intervention, Part, handed, intervening
from attention_core.watching.place import Place
from models.families import fake
from models.families.reader import Reader
from models.families.watch import Run
from models.loading.checkpoint import Checkpoint
from models.ours.translator.reader import TranslatorReader
from tests.toy_networks import toy_reader

A, B = "the cat sat on the mat", "a dog was on the street"
HEADS, WIDTH = 4, 32
ALL_OF_IT = Want(hidden=True, outputs=True)


def bert() -> Reader:
    return Reader("fake", Checkpoint(fake.model().double(), fake.tokenizer()))


def gpt() -> Reader:
    """A decoder of two layers, whose output projections are no `nn.Linear`."""
    config = GPT2Config(vocab_size=len(fake.vocabulary()), n_positions=64, n_embd=WIDTH, n_layer=2,
                        n_head=HEADS, initializer_range=0.3)  # fmt: skip
    torch.manual_seed(5)
    return Reader("gpt", Checkpoint(GPT2Model(config).train(False).double(), fake.tokenizer()))


MODELS = {"bert": bert, "gpt": gpt}
FIRST = {"bert": "encoder.0", "gpt": "decoder.0"}
LAST = {"bert": "encoder.1", "gpt": "decoder.1"}


@pytest.fixture(scope="module", params=list(MODELS))
def model(request: pytest.FixtureRequest) -> tuple[str, Reader]:
    return request.param, MODELS[request.param]()


@pytest.fixture(scope="module")
def reader() -> Reader:
    return bert()


def projection(name: str, reader: Reader, layer: int) -> Any:
    """The matrix that joins the heads of a layer: nn.Linear of BERT, Conv1D of GPT-2."""
    inside: Any = reader.watch.model
    if name == "bert":
        return inside.encoder.layer[layer].attention.output.dense
    return inside.h[layer].attn.c_proj


def run(reader: Reader, *interventions: Intervention, text: str = A) -> Run:
    with reader.watch.intervening(interventions):
        return reader.probe(text, want=ALL_OF_IT)


def said(run: Run) -> Tensor:
    found: Tensor = run.outputs.last_hidden_state
    return found


def without(name: str, reader: Reader, columns: slice, bias: bool = False) -> Reader:
    """The same model whose first output projection does not see these columns."""
    other = Reader(
        name, Checkpoint(copy.deepcopy(MODELS[name]().watch.model), fake.tokenizer())
    )  # the reader's own model has been run, and is everybody's
    joining = projection(name, other, 0)
    with torch.no_grad():
        weight = joining.weight if name == "gpt" else joining.weight.T  # (head · width, width)
        weight[columns] = 0
        if bias:
            joining.bias.zero_()
    return other


@contextmanager
def made_by(module: nn.Module) -> Iterator[list[Tensor]]:
    found: list[Tensor] = []
    handle = module.register_forward_hook(lambda _module, _given, made: found.append(made))
    yield found
    handle.remove()


def test_an_output_replaced_by_itself_changes_nothing(model: tuple[str, Reader]) -> None:
    name, reader = model
    with made_by(projection(name, reader, 0)) as joined:
        before = run(reader)
    given: dict[Part, Tensor] = {
        "heads": before.collector.calls[0].outputs[0],
        "attention": joined[0],
        "hidden": before.collector.hidden[0].leaving,
    }
    for part, value in given.items():
        after = run(reader, Intervention(FIRST[name], part, "replace", value))
        assert torch.equal(said(after), said(before)), part
        assert torch.equal(said(run(reader, Intervention(FIRST[name], part, "scale", 1))),
                           said(before))  # fmt: skip


def test_a_head_at_zero_is_its_columns_of_the_output_projection_at_zero(
    model: tuple[str, Reader],
) -> None:
    name, reader = model
    each = WIDTH // HEADS
    for head in (0, 2):
        found = run(reader, Intervention(FIRST[name], "heads", "zero", heads=(head,)))
        oracle = without(name, reader, slice(head * each, (head + 1) * each))
        torch.testing.assert_close(said(found), said(run(oracle)), rtol=0, atol=1e-12)
        assert not torch.allclose(said(found), said(run(reader)), atol=1e-3)


def test_attention_at_zero_is_its_whole_output_projection_at_zero(
    model: tuple[str, Reader],
) -> None:
    name, reader = model
    found = run(reader, Intervention(FIRST[name], "attention", "zero"))
    oracle = without(name, reader, slice(None), bias=True)
    torch.testing.assert_close(said(found), said(run(oracle)), rtol=0, atol=1e-12)


@pytest.mark.parametrize("at", [0, 1])
def test_all_states_of_another_run_make_the_rest_that_run(
    model: tuple[str, Reader], at: int
) -> None:
    name, reader = model
    other = run(reader, text=B)
    place = (FIRST, LAST)[at][name]
    patch = Intervention(place, "hidden", "replace", other.collector.hidden[at].leaving)
    found = run(reader, patch)
    assert torch.equal(said(found), said(other))
    for mine, theirs in zip(found.collector.hidden[at:], other.collector.hidden[at:], strict=True):
        assert torch.equal(mine.leaving, theirs.leaving)
    assert torch.equal(found.collector.hidden[0].entering, run(reader).collector.hidden[0].entering)


def test_only_the_chosen_tokens_and_heads_are_changed(model: tuple[str, Reader]) -> None:
    name, reader = model
    before, chosen = run(reader).collector, (1, 3)
    moved = Intervention(FIRST[name], "hidden", "add", 0.5, tokens=chosen)
    leaving = run(reader, moved).collector.hidden[0].leaving - before.hidden[0].leaving
    expected = torch.zeros_like(leaving)
    expected[:, list(chosen)] = 0.5
    torch.testing.assert_close(leaving, expected, rtol=0, atol=1e-12)
    taken = before.calls[0].outputs[0].clone()  # (head, token, width)
    taken[1, 3] *= -2
    by_hand = run(reader, Intervention(FIRST[name], "heads", "replace", taken))
    scaled = Intervention(FIRST[name], "heads", "scale", -2, heads=(1,), tokens=(3,))
    assert torch.equal(said(run(reader, scaled)), said(by_hand))
    assert not torch.equal(said(by_hand), said(run(reader)))


def test_interventions_follow_one_another(reader: Reader) -> None:
    twice = [Intervention("encoder.0", "hidden", "add", 1.0),
             Intervention("encoder.0", "hidden", "scale", 2.0)]  # fmt: skip
    leaving = run(reader).collector.hidden[0].leaving
    assert torch.equal(run(reader, *twice).collector.hidden[0].leaving, (leaving + 1) * 2)
    with reader.watch.intervening(twice[:1]):
        nested = run(reader, *twice[1:]).collector.hidden[0].leaving
    assert torch.equal(nested, leaving * 2 + 1)  # what was opened last is nearest to the layer


def hooks(reader: Reader) -> int:
    return sum(len(module._forward_hooks) for module in reader.watch.model.modules())


def test_nothing_is_left_of_an_intervention(reader: Reader) -> None:
    before, listening = run(reader), hooks(reader)
    every = [Intervention("encoder.1", part, "zero") for part in ("heads", "attention", "hidden")]
    assert not torch.equal(said(run(reader, *every)), said(before))
    assert hooks(reader) == listening
    with pytest.raises(KeyError), reader.watch.intervening(every):
        raise KeyError
    assert hooks(reader) == listening
    assert torch.equal(said(run(reader)), said(before))


def test_another_thread_meets_no_intervention(reader: Reader) -> None:
    before, found = run(reader), list[Tensor]()
    every = [Intervention("encoder.0", part, "zero") for part in ("heads", "attention", "hidden")]
    with reader.watch.intervening(every):
        other = Thread(target=lambda: found.append(said(reader.probe(A, want=ALL_OF_IT))))
        other.start()
        other.join()
        mine = said(reader.probe(A))
    assert torch.equal(found[0], said(before))
    assert not torch.equal(mine, said(before))


def test_what_is_shown_still_explains_what_was_computed(reader: Reader) -> None:
    with reader.watch.intervening([Intervention("encoder.0", "heads", "zero", heads=(1,))]):
        record = reader.read(A)
    plain = reader.read(A)
    assert all(site.integrity.verified for site in record.sites)
    assert torch.equal(record.sites[0].weights(), plain.sites[0].weights())
    assert not torch.equal(record.sites[1].weights(), plain.sites[1].weights())


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> TranslatorReader:
    made = toy_reader("transformer", tmp_path_factory.mktemp("toys"))
    made.network.double()
    return made


@pytest.mark.parametrize("site", ["encoder.0", "decoder.1", "cross.0"])
def test_a_head_of_a_translator_of_ours_is_left_out_alike(
    translator: TranslatorReader, site: str
) -> None:
    def logits(*interventions: Intervention) -> Tensor:
        with translator.intervening(interventions):
            return translator.probe("I see a cat.", "Je vois.")[0].logits

    before, mechanism = logits(), translator.network.sites[site]
    found = logits(Intervention(site, "heads", "zero", heads=(1,)))
    off = logits(Intervention(site, "attention", "zero"))
    layer: Any = mechanism.output_projection
    weight, bias = layer.weight.data.clone(), layer.bias.data.clone()
    layer.weight.data[:, 2:4] = 0  # three heads of two numbers
    torch.testing.assert_close(found, logits(), rtol=0, atol=1e-12)
    layer.weight.data.zero_()
    layer.bias.data.zero_()
    torch.testing.assert_close(off, logits(), rtol=0, atol=1e-12)
    layer.weight.data, layer.bias.data = weight, bias
    assert torch.equal(before, logits())
    assert not torch.allclose(found, before, atol=1e-6)


def test_states_of_a_translator_of_ours_are_patched_alike(translator: TranslatorReader) -> None:
    source, other = ("I see a cat.", "Je vois."), ("I see a dog.", "Je vois.")
    theirs, seen = translator.probe(*other, want=Want(hidden=True))
    last = next(one for one in seen.hidden if one.place == Place("encoder", 1))
    patch = Intervention("encoder.1", "hidden", "replace", last.leaving)
    with translator.intervening([patch]):
        found, _ = translator.probe(*source)
    assert torch.equal(found.logits, theirs.logits)


class Gated(nn.Module):
    """A layer in which another matrix works between the attention and its projection."""

    def __init__(self) -> None:
        super().__init__()
        self.gate, self.joining = nn.Linear(4, 4), nn.Linear(4, 4)

    def forward(self, states: Tensor) -> Tensor:
        taken = handed(self, states * 2, heads=2)
        gate = self.gate(states)
        joined: Tensor = gate + self.joining(taken)
        return joined


def test_only_what_joins_the_heads_is_changed() -> None:
    layer, states = Gated(), torch.ones(1, 3, 4)
    off = Intervention("encoder.0", "attention", "zero")
    with torch.no_grad(), intervening([off], {"encoder.0": layer}, {Place("encoder", 0): layer}):
        assert torch.equal(layer(states), layer.gate(states))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (("encoder.7", "hidden", "zero"), "no hidden “encoder.7” to change; it has encoder.0"),
        (("cross.0", "heads", "zero"), "no heads “cross.0”"),
        (("encoder.0", "heads", "zero", 0.0, (1, 4)), "no head 4 at encoder.0: it has 4"),
        (("encoder.0", "hidden", "zero", 0.0, None, (99,)), "no token 99 at encoder.0"),
        (("encoder.0", "hidden", "replace", torch.zeros(3, 32)), "the size 3 × 32; .* 1 × 8 × 32"),
        (("encoder.0", "hidden", "add", torch.zeros(5, 1, 8, 32)), "the size 5 × 1 × 8 × 32"),
        (("encoder.0", "hidden", "double"), "“double” is no way to intervene; use one of replace"),
        (("encoder.0", "middle", "zero"), "“middle” is no way to intervene; use one of heads"),
        (("encoder.0", "hidden", "zero", 0.0, (1,)), "The hidden of encoder.0 has no heads"),
        (("encoder.0", "heads", "zero", 0.0, (-1,)), "-1 is no place on the head axis"),
    ],
)
def test_what_cannot_be_changed_is_refused(
    reader: Reader, change: tuple[Any, ...], sentence: str
) -> None:
    listening = hooks(reader)
    with pytest.raises(AttentionError, match=sentence):
        run(reader, Intervention(*change))
    assert hooks(reader) == listening


def test_an_intervention_that_nothing_met_is_an_error(reader: Reader) -> None:
    off = Intervention("encoder.0", "attention", "zero")
    with (
        pytest.raises(AttentionError, match=r"Nothing was changed at encoder\.0"),
        reader.watch.intervening([off]),
    ):
        reader.axis(A)


def test_packed_states_are_refused(tmp_path: Path) -> None:
    recurrent = toy_reader("additive", tmp_path)
    off = Intervention("encoder.0", "hidden", "zero")
    with pytest.raises(AttentionError, match="packs its states"), recurrent.intervening([off]):
        recurrent.probe("I see.", "Je vois.")


def test_a_value_that_would_grow_the_states_is_refused() -> None:
    with pytest.raises(ShapeError, match="the size 4 × 1 × 2"):
        Intervention("a.0", "hidden", "scale", torch.ones(4, 1, 2)).apply(torch.ones(1, 3, 2))
