"""What is watched is what the model did, whoever else runs it, and on whatever machine."""

from __future__ import annotations

import threading
from typing import Any

import pytest
import torch
from tokenizers import Regex, Tokenizer, models, pre_tokenizers
from torch import Tensor, nn
from transformers import (
    AlbertConfig,
    AlbertModel,
    PreTrainedTokenizerFast,
    ViTConfig,
    ViTModel,
)

from attention_core.errors import AttentionError, Superseded
from attention_core.mechanisms.families.dot_product import MultiHead
from attention_core.watching.attend import attend
from attention_core.watching.capture import (
    WEIGHTS,
    Collector,
    Want,
    announced,
    capture,
    editing,
    edits_of,
    watched,
    watching,
)
from attention_core.watching.edit import ACTIONS, Edit
from attention_core.watching.place import Place, places, together
from attention_core.watching.record import Stored
from models.families import fake
from models.families.reader import Reader
from models.families.watch import Example, Watch
from models.loading.checkpoint import Checkpoint
from tests import tiny_models

HEADS, GROUPS, QUERIES, KEYS, WIDTH, VALUE = 6, 2, 3, 5, 4, 7
EVERYTHING = Want(values=True, outputs=True, hidden=True, gradients=True)


def qkv(dtype: torch.dtype = torch.float64) -> tuple[Tensor, Tensor, Tensor]:
    dice = torch.Generator().manual_seed(11)
    shapes = (HEADS, QUERIES, WIDTH), (GROUPS, KEYS, WIDTH), (GROUPS, KEYS, VALUE)
    query, key, value = (torch.randn(2, *one, generator=dice).to(dtype) for one in shapes)
    return query, key, value


# Places


@pytest.mark.parametrize(
    "text", ["encoder.3", "decoder.0", "cross.2", "vision.11", "question-cross.1", "text_model.10"]
)
def test_a_place_is_written_as_it_is_read(text: str) -> None:
    assert str(Place.parse(text)) == text


@pytest.mark.parametrize("text", ["", "encoder", "encoder.", ".3", "encoder.x", "En.3", "a-b.1"])
def test_what_names_no_place_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(AttentionError, match="write it like"):
        Place.parse(text)


def test_the_cross_attention_of_a_decoder_has_the_short_name() -> None:
    assert Place.parse("cross.2") == Place("decoder", 2, "cross")
    assert Place("question", 1, "cross").kind == "question-cross"
    assert [Place("decoder", 0, "cross").crosses, Place("decoder", 0).crosses] == [True, False]


def test_a_reading_over_several_layers_is_taken_apart_again() -> None:
    sites = (Place("decoder", 0, "cross"), Place("decoder", 4, "cross"))
    assert together(sites) == "cross.0+cross.4"
    assert places("cross.0+cross.4") == sites
    assert Edit("cross.3", "zero").place == Place("decoder", 3, "cross")


# The one collector


def direct(query: Tensor, key: Tensor, value: Tensor) -> tuple[Tensor, Tensor]:
    """(weights, output) by the equations alone, causal, each head beside the others."""
    group = HEADS // GROUPS
    key, value = key.repeat_interleave(group, 1), value.repeat_interleave(group, 1)
    scores = query @ key.mT / WIDTH**0.5
    later = torch.ones(QUERIES, KEYS).triu(1).bool()
    weights = torch.softmax(scores.masked_fill(later, -torch.inf), -1)
    return weights, weights @ value


def number(output: Tensor) -> Tensor:
    """A scalar that treats no two numbers alike. output (batch, query, head, width)."""
    factors = torch.arange(output.numel(), dtype=output.dtype).reshape(output.shape)
    return (output * factors.cos()).sum()


def test_gradients_are_those_of_a_direct_computation() -> None:
    query, key, value = (one.requires_grad_() for one in qkv())
    weights, output = direct(query, key, value)
    expected = torch.autograd.grad(number(output.transpose(1, 2)), [weights, value, query])
    with torch.no_grad(), watching(EVERYTHING) as seen:
        made, _ = attend(nn.Identity(), query, key, value, None, is_causal=True)
        scalar = number(made)
    found = seen.gradients(scalar)
    torch.testing.assert_close(found.weights[0], expected[0], rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(found.values[0], expected[1], rtol=1e-12, atol=1e-12)
    (asked,) = torch.autograd.grad(scalar, [query])
    torch.testing.assert_close(asked, expected[2], rtol=1e-12, atol=1e-12)


def test_the_gradient_of_weights_needs_no_trained_parameter() -> None:
    query, key, value = qkv()
    with watching(Want(gradients=True)) as seen:
        made, _ = attend(nn.Identity(), query, key, value, None)
    given = seen.gradients(made[0, 1, 2, 3]).weights[0]
    torch.testing.assert_close(given[0, 2, 1], value[0, 0, :, 3])
    assert int((given != 0).sum()) == KEYS


def test_values_and_outputs_are_kept_only_when_wanted() -> None:
    query, key, value = qkv()
    module = nn.Identity()
    with capture() as plain:
        made, _ = attend(module, query, key, value, None)
    assert (plain.calls[0].values, plain.calls[0].outputs, plain.calls[0].live) == ((), (), None)
    with watching(Want(values=True, outputs=True)) as full:
        attend(module, query, key, value, None)
    call = full.calls[0]
    assert torch.equal(torch.stack(call.values), value)
    assert torch.equal(torch.stack(call.outputs).transpose(1, 2), made)
    with watching(Want(weights=False, hidden=True)) as bare:
        attend(module, query, key, value, None)
    assert bare.calls == []


def test_a_number_without_a_history_is_refused_with_a_sentence() -> None:
    query, key, value = qkv()
    with watching() as seen:
        made, _ = attend(nn.Identity(), query, key, value, None)
    with pytest.raises(AttentionError, match="without its history"):
        seen.gradients(made.sum())


def test_a_mechanism_of_ours_reports_to_the_same_collector() -> None:
    torch.manual_seed(3)
    mechanism, tokens = MultiHead(12, 3).double(), torch.randn(5, 12).double()
    with watching(Want(gradients=True)) as seen:
        trace = mechanism(tokens, tokens)
    (look,) = seen.looks
    assert look.module is mechanism
    assert torch.equal(look.weights, trace.weights)
    expected = torch.autograd.grad(trace.context[2, 7], [trace.weights], retain_graph=True)
    (found,) = seen.gradients(trace.context[2, 7]).looks
    assert torch.equal(found, expected[0])
    assert float(found.abs().max()) > 0


# Hidden states of a library's model


def test_hidden_states_are_those_that_the_library_gives() -> None:
    checkpoint = fake.checkpoint()
    reader = Reader("fake", checkpoint)
    run = reader.probe("the cat sat", want=Want(weights=False, hidden=True))
    ids = checkpoint.tokenizer("the cat sat", return_tensors="pt")
    with torch.inference_mode():
        expected = checkpoint.model(**ids, output_hidden_states=True).hidden_states
    hidden = run.collector.hidden
    assert [str(one.place) for one in hidden] == ["encoder.0", "encoder.1"]
    assert torch.equal(hidden[0].entering, expected[0])
    for one, after in zip(hidden, expected[1:], strict=True):
        assert torch.equal(one.leaving, after)


@pytest.mark.parametrize("name", ["t5", "bart", "gpt2", "llama"])
def test_every_layer_is_announced_under_its_own_number(name: str) -> None:
    reader = Reader(name, Checkpoint(tiny_models.build(name), fake.tokenizer()))
    second = "it was" if reader.second == "decoder" else ""
    seen = reader.probe("the cat sat", second, Want(hidden=True)).collector.hidden
    stacks = {"encoder": 2, "decoder": 3} if second else {"decoder": 2}
    expected = [Place(stack, layer) for stack, count in stacks.items() for layer in range(count)]
    assert [one.place for one in seen] == expected


def test_gradients_of_a_library_model_are_those_of_the_library() -> None:
    """What enters the first layer, against autograd on the model with eager attention."""
    model = tiny_models.build("bert").double()
    reader = Reader("bert", Checkpoint(model, fake.tokenizer()))
    run = reader.probe("the cat sat", want=EVERYTHING)
    found = run.collector.gradients(number(run.outputs.last_hidden_state[0]))
    eager = tiny_models.build("bert").double()
    ids = torch.tensor([fake.tokenizer().backend_tokenizer.encode("the cat sat").ids])
    outputs = eager(
        input_ids=ids, token_type_ids=torch.zeros_like(ids), output_attentions=True,
        output_hidden_states=True,
    )  # fmt: skip
    scalar = number(outputs.last_hidden_state[0])
    asked = [*outputs.attentions, *outputs.hidden_states[:-1]]
    expected = torch.autograd.grad(scalar, asked)
    for mine, theirs in zip((*found.weights, *found.hidden), expected, strict=True):
        torch.testing.assert_close(mine, theirs, rtol=1e-9, atol=1e-12)


def test_a_head_that_is_removed_gives_nothing_and_the_others_stay() -> None:
    query, key, value = qkv()
    module = nn.Identity()
    plain, _ = attend(module, query, key, value, None, is_causal=False)
    edit = Edit("s.0", "remove", heads=(4,), keys=(1,))
    with watching(WEIGHTS, {module: [edit]}) as seen:
        changed, _ = attend(module, query, key, value, None, is_causal=False)
    assert float(changed[:, :, 4].abs().max()) == 0
    others = [0, 1, 2, 3, 5]
    torch.testing.assert_close(changed[:, :, others], plain[:, :, others])
    assert all(one.verified for one in seen.calls[0].integrities)


# Nothing stays, nothing is mixed


def failing(kind: str) -> None:
    module = nn.Identity()
    with watching(Want(hidden=True), {module: [Edit("s", "zero")]}, lambda: kind == "superseded"):
        attend(module, *qkv(), None)
        if kind == "failure":
            raise KeyError


@pytest.mark.parametrize(
    ("kind", "error"), [("success", None), ("failure", KeyError), ("superseded", Superseded)]
)
def test_nothing_is_left_after_the_block(kind: str, error: type[Exception] | None) -> None:
    if error is None:
        failing(kind)
    else:
        with pytest.raises(error):
            failing(kind)
    assert watched() is None
    assert torch.is_grad_enabled()


def test_halves_may_be_nested_and_each_ends_by_itself() -> None:
    module = nn.Identity()
    with editing({module: [Edit("s", "zero")]}), capture() as seen:
        made, _ = attend(module, *qkv(), None)
    assert float(made.abs().max()) == 0
    assert len(seen.calls) == 1
    with capture() as outer:
        with editing({module: [Edit("s", "zero")]}):
            assert len(edits_of(module)) == 1
            assert watched() is outer
        assert edits_of(module) == ()


def test_two_threads_never_see_each_others_hidden_states() -> None:
    layer = nn.Linear(3, 3)
    announced({Place("encoder", 0): layer})
    mixed = [0, 0]
    barrier = threading.Barrier(2, timeout=60)

    def watch(mine: int) -> None:
        given = torch.full((1, 2, 3), float(mine + 1))
        for _ in range(200):
            barrier.wait()
            with watching(Want(hidden=mine == 0)) as seen:
                layer(given)
            right = [torch.equal(one.entering, given) for one in seen.hidden]
            mixed[mine] += right != ([True] if mine == 0 else [])

    threads = [threading.Thread(target=watch, args=(mine,)) for mine in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mixed == [0, 0]


# On any device: whatever is made without saying where is put where the inputs are not, on `meta`,
# so that it cannot be mixed with them. It takes no graphics card to find it.


@pytest.mark.parametrize("action", [None, *ACTIONS])
@pytest.mark.parametrize("causal", [True, False])
@pytest.mark.parametrize("want", [WEIGHTS, EVERYTHING], ids=["weights", "everything"])
def test_every_tensor_is_made_where_the_inputs_are(
    action: str | None, causal: bool, want: Want
) -> None:
    module, given = nn.Identity(), qkv()
    edits = [Edit("s.0", action, (1,), (0,), (2,), 0.5)] if action else []

    def seen() -> tuple[Tensor, Collector]:
        with watching(want, {module: edits}) as collector:
            return attend(module, *given, None, is_causal=causal)[0], collector

    expected, _ = seen()
    with torch.device("meta"):
        made, collector = seen()
        (first, second) = collector.calls[0].sources
        weights, allowed = first.weights(range(HEADS), slice(1, 3)), second.allowed()
        whole = Stored(weights).allowed()
    assert torch.equal(made, expected)
    assert {one.device.type for one in (weights, allowed, whole)} == {"cpu"}
    assert all(one.verified for one in collector.calls[0].integrities)


def test_a_mask_a_bias_a_cap_and_a_sink_are_made_where_the_inputs_are() -> None:
    given, module = qkv(torch.float32), nn.Identity()
    mask = torch.ones(2, 1, QUERIES, KEYS, dtype=torch.bool).tril(1)
    forms: list[dict[str, Any]] = [
        {"attention_mask": mask},
        {"attention_mask": torch.zeros(2, 1, QUERIES, KEYS).masked_fill(~mask, -torch.inf)},
        {"attention_mask": None, "position_bias": torch.randn(1, HEADS, QUERIES, KEYS)},
        {"attention_mask": None, "softcap": 0.7},
        {"attention_mask": None, "s_aux": torch.randn(HEADS)},
    ]
    for form in forms:
        with torch.device("meta"), capture() as collector:
            attend(module, *given, **form)
            collector.calls[0].sources[0].weights(range(HEADS), slice(None))
        assert all(one.verified for one in collector.calls[0].integrities)


@pytest.mark.parametrize("name", ["bert", "gpt2", "bart"])
def test_a_reader_puts_its_inputs_where_the_model_is(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Reader(name, Checkpoint(tiny_models.build(name), fake.tokenizer()))
    second = "it was" if reader.second == "decoder" else ""
    expected = reader.read("the cat sat", second)
    given = reader.watch.run
    devices = set[str]()

    def run(inputs: Any, *rest: Any) -> Any:
        devices.update(one.device.type for one in inputs.values())
        return given(inputs, *rest)

    monkeypatch.setattr(reader.watch, "run", run)
    with torch.device("meta"):
        made = reader.read("the cat sat", second)
    assert devices == {"cpu"}
    for mine, theirs in zip(made.sites, expected.sites, strict=True):
        assert torch.equal(mine.weights(), theirs.weights())


# Layers have the model's own numbers, and a model is watched without a word of English


def test_a_layer_without_attention_leaves_its_number_out() -> None:
    model = tiny_models.build("gpt2", n_layer=3)
    model.h[1] = Through()
    reader = Reader("gapped", Checkpoint(model, fake.tokenizer()))
    assert [site.name for site in reader.read("the cat").sites] == ["decoder.0", "decoder.2"]
    edited = reader.read("the cat", edits=[Edit("decoder.2", "zero")])
    assert float(edited.site("decoder.2").weights().abs().max()) == 0


class Through(nn.Module):
    """A layer that does nothing."""

    def forward(self, hidden_states: Tensor, *_: Any, **__: Any) -> Tensor:
        return hidden_states


def test_one_module_that_serves_several_layers_is_counted() -> None:
    config = AlbertConfig(
        vocab_size=tiny_models.VOCABULARY, embedding_size=8, hidden_size=24, num_hidden_layers=3,
        num_attention_heads=3, intermediate_size=37, max_position_embeddings=64,
    )  # fmt: skip
    model: Any = AlbertModel
    model = model._from_config(config, attn_implementation="eager").train(False)
    reader = Reader("albert", Checkpoint(model, fake.tokenizer()))
    names = [site.name for site in reader.read("the cat").sites]
    assert names == ["encoder.0", "encoder.1", "encoder.2"]


def test_a_model_of_no_language_is_installed_and_read() -> None:
    """A vocabulary of three atoms: no word of any text is in it."""
    atoms = {"[UNK]": 0, "C": 1, "O": 2, "N": 3}
    backend = Tokenizer(models.WordLevel(atoms, unk_token="[UNK]"))
    backend.pre_tokenizer = pre_tokenizers.Split(Regex("."), "isolated")
    tokenizer: Any = PreTrainedTokenizerFast
    tokenizer = tokenizer(tokenizer_object=backend, model_max_length=64, unk_token="[UNK]")
    model = tiny_models.build("bert", vocab_size=len(atoms))
    record = Reader("atoms", Checkpoint(model, tokenizer)).read("CON")
    assert [token.text for token in record.axes[0].tokens] == ["C", "O", "N"]
    assert all(site.integrity.verified for site in record.sites)


def test_a_model_that_reads_no_text_is_watched_by_the_same_means() -> None:
    config = ViTConfig(
        hidden_size=24, num_hidden_layers=2, num_attention_heads=3, intermediate_size=37,
        image_size=8, patch_size=4,
    )  # fmt: skip
    network: Any = ViTModel
    network = network._from_config(config, attn_implementation="eager").train(False)
    pixels = {"pixel_values": torch.randn(1, 3, 8, 8)}
    example = Example(pixels, {"vision": frozenset({(5, 5)})}, frozenset({"vision"}))
    watch = Watch("vit", network, example, alone="vision")
    assert list(watch.places) == ["vision.0", "vision.1"]
    assert watch.routed
    edits = [Edit("vision.0", "uniform")]
    with watch.changing(edits):
        run = watch.run(pixels, want=Want(hidden=True))
    assert [one.integrity.verified for one in run.seen] == [True, True]
    torch.testing.assert_close(
        run.seen[0].source.weights([0], slice(None)), torch.full((1, 5, 5), 0.2)
    )
    assert [str(one.place) for one in run.collector.hidden] == ["vision.0", "vision.1"]
