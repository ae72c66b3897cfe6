"""Acts: what a reader does to a model, held against models that were changed by hand."""

from __future__ import annotations

import copy
import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from attention_core.errors import AttentionError
from attention_core.numbers.acting import (
    INPUT,
    STREAMS,
    fitting,
    patched,
    returned,
    states_of,
    valued,
    without_each,
)
from attention_core.numbers.attribution import Output
from attention_core.watching.acts import KINDS, Act, Body, Changes
from attention_core.watching.capture import Want
from attention_core.watching.intervention import Intervention, feed_forwards, handed
from attention_core.watching.place import Place
from models.families import fake
from models.families.asking import Asker, Wanted
from models.families.reader import Reader
from models.loading.checkpoint import Checkpoint
from models.ours.translator.asking import TranslatorAsker
from tests import tiny_models
from tests.toy_networks import toy_reader

A, B, OTHER = "the cat sat on the mat", "the dog sat on the mat", "a dog was on the street"
WANTED = Wanted("similarity", other=OTHER)
FAMILIES = ("bert", "gpt2", "llama", "gemma2")
MLPS: dict[str, Callable[[Any], list[Any]]] = {
    "bert": lambda model: [layer.output.dense for layer in model.encoder.layer],
    "gpt2": lambda model: [layer.mlp.c_proj for layer in model.h],
    "llama": lambda model: [layer.mlp.down_proj for layer in model.layers],
    "gemma2": lambda model: [layer.mlp.down_proj for layer in model.layers],
}
"""The last matrix of each feed-forward network, by the names of its family."""


def opened(model: Any) -> Asker:
    return Asker(Reader("tiny", Checkpoint(model, fake.tokenizer())))


@cache
def asker(kind: str) -> Asker:
    return opened(tiny_models.build(kind).double())


@cache
def asked(kind: str, text: str = A) -> tuple[Output, Body]:
    return asker(kind).output(text, WANTED), asker(kind).body(text)


def stack(kind: str) -> str:
    return "encoder" if kind == "bert" else "decoder"


def with_act(kind: str, *acts: str, text: str = A, states: Any = None) -> float:
    output, body = asked(kind, text)
    parsed = [Act.parse(one) for one in acts]
    assert None not in parsed, acts
    return valued(output, body, [one for one in parsed if one is not None], states)


def likeness(model: Any, text: str = A) -> float:
    """The same number, by the changed model itself; the other text is read by the model as it is.

    That is how an output is defined: its own text alone is read with the acts.
    """
    return float(_direction(model, text) @ _direction(tiny(model), OTHER))


_PLAIN: dict[int, Any] = {}


def tiny(model: Any) -> Any:
    return _PLAIN[id(model)]


def changed(kind: str) -> Any:
    """A copy of the model that a test changes by hand."""
    model = tiny_models.build(kind).double()
    _PLAIN[id(model)] = tiny_models.build(kind).double()
    return model


def _direction(model: Any, text: str) -> Tensor:
    reader = Reader("copy", Checkpoint(copy.deepcopy(model), fake.tokenizer()))
    states: Tensor = reader.probe(text).outputs.last_hidden_state.mean(1)
    return nn.functional.normalize(states, dim=-1)[0]


@pytest.mark.parametrize("kind", FAMILIES)
def test_the_mlps_of_each_family_are_found(kind: str) -> None:
    reader = asker(kind).reader
    assert list(reader.watch.mlps.values()) == MLPS[kind](reader.watch.model)
    assert list(map(str, reader.watch.mlps)) == [f"{stack(kind)}.0", f"{stack(kind)}.1"]


class Layer(nn.Module):
    """Attention, and behind it one matrix after another; only the first so many add to the states.

    widths  of what each matrix makes
    """

    def __init__(self, widths: tuple[int, ...], adding: int) -> None:
        super().__init__()
        self.site, self.joining, self.adding = nn.Identity(), nn.Linear(4, 4), adding
        sizes = itertools.pairwise((4, *widths))
        self.matrices = nn.ModuleList(nn.Linear(one, other) for one, other in sizes)

    def forward(self, states: Tensor) -> Tensor:
        states = states + self.joining(handed(self.site, states * 2, heads=2))
        made = states
        for place, matrix in enumerate(self.matrices, 1):
            made = matrix(made)
            if place == self.adding:
                states = states + made
        return states


@pytest.mark.parametrize(
    ("widths", "adding", "found"),
    [
        ((9, 4), 2, True),
        ((9, 7, 4), 3, True),
        ((4,), 1, False),
        ((), 0, False),
        ((9, 4, 3), 2, False),
    ],
)
def test_an_mlp_widens_and_narrows_to_the_width_that_leaves_the_layer(
    widths: tuple[int, ...], adding: int, found: bool
) -> None:
    layer, place = Layer(widths, adding), Place("encoder", 0)
    with feed_forwards({"encoder.0": layer.site}, {place: layer}) as mlps, torch.no_grad():
        layer(torch.ones(1, 3, 4))
    assert list(mlps.values()) == ([layer.matrices[-1]] if found else [])


@pytest.mark.parametrize("kind", FAMILIES)
def test_an_mlp_off_is_its_last_matrix_at_zero(kind: str) -> None:
    model = changed(kind)
    last = MLPS[kind](model)[0]
    with torch.no_grad():
        for parameter in last.parameters():
            parameter.zero_()
    found = with_act(kind, f"mlp:{stack(kind)}.1")
    assert found == pytest.approx(likeness(model), abs=1e-12)
    assert abs(found - with_act(kind)) > 1e-4


@pytest.mark.parametrize("head", [0, 2])
def test_a_head_off_is_its_columns_of_the_output_projection_at_zero(head: int) -> None:
    model = changed("bert")
    with torch.no_grad():
        model.encoder.layer[1].attention.output.dense.weight[:, head * 8 : (head + 1) * 8] = 0
    found = with_act("bert", f"head:encoder.2:{head + 1}")
    assert found == pytest.approx(likeness(model), abs=1e-12)
    assert abs(found - with_act("bert")) > 1e-5


def test_attention_off_is_its_output_projection_at_zero() -> None:
    model = changed("bert")
    with torch.no_grad():
        for parameter in model.encoder.layer[0].attention.output.dense.parameters():
            parameter.zero_()
    found = with_act("bert", "attention:encoder.1")
    assert found == pytest.approx(likeness(model), abs=1e-12)


def by_hand(model: Any, layers: tuple[int, ...], weigh: Callable[[Tensor], Tensor]) -> float:
    """BERT step by step, with its scores or weights changed in some layers.

    weigh  scores (head, query, key) to weights
    """
    reader = Reader("copy", Checkpoint(model, fake.tokenizer()))
    _watch, _tokens, inputs = reader.given(A)
    states = model.embeddings(inputs["input_ids"], inputs["token_type_ids"])
    for number, layer in enumerate(model.encoder.layer):
        one = layer.attention.self
        query, key, value = (
            part(states)[0].unflatten(-1, (3, 8)).transpose(0, 1)
            for part in (one.query, one.key, one.value)
        )
        scores = query @ key.mT / 8**0.5
        weights = weigh(scores) if number in layers else scores.softmax(-1)
        taken = (weights @ value).transpose(0, 1).flatten(-2)[None]
        states = layer.attention.output(taken, states)
        states = layer.output(layer.intermediate(states), states)
    mine = nn.functional.normalize(states.mean(1), dim=-1)[0]
    return float(mine @ _direction(tiny(model), OTHER))


def cut(scores: Tensor) -> Tensor:
    scores = scores.clone()
    scores[:, 2, 1] = -torch.inf
    return scores.softmax(-1)


def emptied(scores: Tensor) -> Tensor:
    weights = scores.softmax(-1)
    weights[:, 2, 1] = 0
    return weights


def even(scores: Tensor) -> Tensor:
    weights = scores.softmax(-1)
    weights[:, 2] = 1 / weights.shape[-1]
    return weights


@torch.no_grad()
@pytest.mark.parametrize(
    ("act", "layers", "weigh"),
    [
        ("edge:encoder.1::3:2", (0,), cut),
        ("edge:encoder.*::3:2", (0, 1), cut),
        ("hole:encoder.2::3:2", (1,), emptied),
        ("uniform:encoder.2::3", (1,), even),
    ],
)
def test_weights_are_changed_as_by_hand(
    act: str, layers: tuple[int, ...], weigh: Callable[[Tensor], Tensor]
) -> None:
    model = changed("bert")
    found = with_act("bert", act)
    assert found == pytest.approx(by_hand(model, layers, weigh), abs=1e-12)
    assert abs(found - by_hand(changed("bert"), (), cut)) > 1e-6


@torch.no_grad()
@pytest.mark.parametrize(
    ("act", "changed_row"),
    [("edge:encoder.1:2:3:2", cut), ("hole:encoder.1:2:3:2", emptied),
     ("uniform:encoder.1:2:3", even)],
)  # fmt: skip
def test_a_row_of_one_head_leaves_the_others_alone(
    act: str, changed_row: Callable[[Tensor], Tensor]
) -> None:
    def weigh(scores: Tensor) -> Tensor:
        weights = scores.softmax(-1)
        weights[1] = changed_row(scores)[1]
        return weights

    found = with_act("bert", act)
    assert found == pytest.approx(by_hand(changed("bert"), (0,), weigh), abs=1e-12)


@torch.no_grad()
@pytest.mark.parametrize("kind", FAMILIES)
def test_a_head_at_its_mean_gives_everywhere_the_mean_over_this_text(kind: str) -> None:
    output, body = asked(kind)
    site = f"{stack(kind)}.0"
    reader = asker(kind).reader
    seen = reader.probe(A, want=Want(outputs=True)).collector.calls[0].outputs[0]
    mean = seen[1].mean(0)
    with body.acting([Act("mean", site, 1)]), body.keeping([site], "heads") as kept:
        output.answer(output.given[None])
    after = kept[site, "heads"][0]
    torch.testing.assert_close(after[1], mean.expand_as(after[1]), rtol=0, atol=1e-12)
    assert torch.equal(after[0], seen[0])
    assert not torch.allclose(seen[1], after[1], atol=1e-4)


@pytest.mark.parametrize("kind", FAMILIES)
def test_every_head_at_once_is_each_head_by_itself(kind: str) -> None:
    output, body = asked(kind)
    for site, seat in body.seats.items():
        together = without_each(output, body, site)
        single = [valued(output, body, [Act("head", site, head)]) for head in range(seat.heads)]
        torch.testing.assert_close(
            together, torch.tensor(single, dtype=torch.float64), rtol=0, atol=1e-12
        )


def test_acts_compose_and_their_order_is_kept() -> None:
    output, body = asked("bert")
    off, mean = Act("head", "encoder.0", 1), Act("mean", "encoder.0", 1)
    cut_one = Act("edge", "encoder.0", None, 2, 1)
    both = valued(output, body, [cut_one, off])
    assert both == pytest.approx(valued(output, body, [off, cut_one]), abs=0)
    assert both != valued(output, body, [off])
    patch = Act("patch", "encoder.0", query=2)
    move = {"encoder.0": torch.ones(1, 8, 24, dtype=torch.float64)}
    assert valued(output, body, [off, mean]) == valued(output, body, [off])
    assert valued(output, body, [mean, off]) == valued(output, body, [off])
    assert valued(output, body, [patch, off], move) == valued(output, body, [off, patch], move)
    besides = without_each(output, body, "encoder.1", [off])
    one = valued(output, body, [off, Act("head", "encoder.1", 2)])
    assert float(besides[2]) == pytest.approx(one, abs=1e-12)


def test_edits_at_one_place_follow_their_order() -> None:
    output, body = asked("bert")
    row, edge = Act("uniform", "encoder.0", None, 2), Act("edge", "encoder.0", None, 2, 1)
    first, second = valued(output, body, [row, edge]), valued(output, body, [edge, row])
    assert abs(first - second) > 1e-9  # cut last, the token gets nothing; made even last, it does


@pytest.mark.parametrize("kind", FAMILIES)
def test_all_states_of_the_clean_text_make_the_corrupted_run_the_clean_one(kind: str) -> None:
    clean, body = asked(kind)
    corrupted, _body = asked(kind, B)
    for place in body.places("patch"):
        states = states_of(clean, body, [place], "hidden")
        with torch.no_grad(), body.acting([Act("patch", place)], states):
            found = clean.answer(corrupted.given[None])[0]
            again = clean.answer(clean.given[None])[0]
        assert torch.equal(found, again)
        assert float(found) == pytest.approx(clean.value, abs=1e-14)


@pytest.mark.parametrize("kind", FAMILIES)
@pytest.mark.parametrize("stream", STREAMS)
def test_a_patched_state_is_that_of_the_other_run_and_no_other(kind: str, stream: Any) -> None:
    clean, _body = asked(kind)
    output, body = asked(kind, B)
    site = f"{stack(kind)}.0"
    states = states_of(output, body, [site], stream, clean.given)
    mine = states_of(clean, body, [site], stream)
    assert torch.equal(states[site], mine[site])
    found = patched(output, clean.given, body, site, stream, states)
    assert len(found) == len(clean.given)
    for token, value in enumerate(states[site][0]):
        one = Intervention(site, stream, "replace", value, tokens=(token,))
        with body.changing(Changes((), (one,))), torch.no_grad():
            alone = float(output.answer(output.given[None])[0])
        assert float(found[token]) == pytest.approx(alone, abs=1e-12)


@pytest.mark.parametrize("kind", FAMILIES)
def test_the_act_takes_the_state_of_the_token_that_it_names(kind: str) -> None:
    clean, _body = asked(kind)
    output, body = asked(kind, B)
    site = f"{stack(kind)}.0"
    states = states_of(output, body, [site], "hidden", clean.given)
    found = patched(output, clean.given, body, site, "hidden", states)
    for token in (1, 2, 3):
        one = valued(output, body, [Act("patch", site, query=token)], states)
        assert one == pytest.approx(float(found[token]), abs=1e-12)
    assert abs(float(found[2]) - output.value) > 1e-6


def test_what_returns_is_all_of_it_where_all_that_differs_is_put_back() -> None:
    clean, _body = asked("bert")
    output, body = asked("bert", B)
    first = patched(output, clean.given, body, INPUT, "hidden", {})
    share = returned(first, clean.value, output.value)
    assert float(share[2]) == pytest.approx(1, abs=1e-12)  # “dog” made “cat”
    assert share[[0, 1, 3, 4, 5, 6, 7]].tolist() == pytest.approx([0] * 7, abs=1e-12)


def test_what_returned_is_a_share_of_the_way_from_corrupted_to_clean() -> None:
    found = returned(torch.tensor([-1.0, 3.0, 1.0]), clean=3.0, corrupted=-1.0)
    assert found.tolist() == [0, 1, 0.5]
    with pytest.raises(AttentionError, match="same output"):
        returned(torch.tensor([1.0]), clean=2.0, corrupted=2.0005)


@pytest.mark.parametrize(
    ("texts", "sentence"),
    [((A, "the dog"), "have 8 and 4 tokens"), ((A, A), "Both sentences are the same")],
)
def test_texts_that_cannot_lend_each_other_states_are_refused(
    texts: tuple[str, str], sentence: str
) -> None:
    one, other = (asked("bert", text)[0] for text in texts)
    with pytest.raises(AttentionError, match=sentence):
        fitting(one, other)


@pytest.fixture(scope="module")
def translator(tmp_path_factory: pytest.TempPathFactory) -> TranslatorAsker:
    made = toy_reader("transformer", tmp_path_factory.mktemp("toys"))
    made.network.double()
    return TranslatorAsker(made)


SOURCE = "I see a cat."
WORD = Wanted("translation", place=0)


def test_acts_on_our_transformer_are_those_on_its_weights(translator: TranslatorAsker) -> None:
    network: Any = translator.reader.network
    output, body = translator.output(SOURCE, WORD), translator.body(SOURCE)
    assert list(body.mlps.values()) == [
        layer.feed_forward.narrow for layer in (*network.encoder, *network.decoder)
    ]
    changes = {
        Act("mlp", "decoder.1"): network.decoder[1].feed_forward.narrow,
        Act("attention", "cross.0"): network.decoder[0].cross.output_projection,
        Act("attention", "encoder.1"): network.encoder[1].attention.output_projection,
    }
    for act, layer in changes.items():
        found = valued(output, body, [act])
        kept = layer.weight.data, layer.bias.data
        layer.weight.data, layer.bias.data = (torch.zeros_like(one) for one in kept)
        expected = float(output.numbers(output.given[None])[0])
        layer.weight.data, layer.bias.data = kept
        assert found == pytest.approx(expected, abs=1e-12)
        assert abs(found - output.value) > 1e-6
    for site in body.seats:
        together = without_each(output, body, site)
        one = valued(output, body, [Act("head", site, 2)])
        assert float(together[2]) == pytest.approx(one, abs=1e-12)


def test_the_loss_of_a_translation_is_the_mean_over_its_pieces(
    translator: TranslatorAsker,
) -> None:
    pieces = len(translator.written(SOURCE))
    numbers = [
        translator.output(SOURCE, Wanted("translation", place=place)).value
        for place in range(pieces)
    ]
    assert translator.loss(SOURCE) == pytest.approx(-sum(numbers) / pieces, abs=1e-12)
    assert float(translator.shares(SOURCE, "translation", 0).sum()) == pytest.approx(1)


def test_acts_on_a_recurrent_translator_take_its_context_away(tmp_path: Path) -> None:
    reader = toy_reader("additive", tmp_path)
    reader.network.double()
    asker = TranslatorAsker(reader)
    output, body = asker.output(SOURCE, WORD), asker.body(SOURCE)
    mechanism: Any = body.seats["cross.0"].module
    found = valued(output, body, [Act("head", "cross.0", 0)])
    assert found == valued(output, body, [Act("attention", "cross.0")])
    assert float(without_each(output, body, "cross.0")[0]) == found
    attend = type(mechanism).attend

    def nothing(self: Any, *given: Any, **named: Any) -> Any:
        trace = attend(self, *given, **named)
        return replace(trace, context=torch.zeros_like(trace.context))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(mechanism), "attend", nothing)
        expected = float(output.numbers(output.given[None])[0])
    assert found == pytest.approx(expected, abs=1e-12)
    for act, sentence in (
        (Act("mean", "cross.0", 0), "cannot be changed"),
        (Act("mlp", "decoder.0"), "MLPs of .* were not found"),
        (Act("patch", "encoder.0", query=0), "cannot be changed between its layers"),
    ):
        with pytest.raises(AttentionError, match=sentence):
            valued(output, body, [act])


@pytest.mark.parametrize(
    ("act", "sentence"),
    [
        ("head:encoder.9:1", "no place “encoder.9” for this; it has encoder.1 – encoder.2"),
        ("head:decoder.1:1", "no place “decoder.1”"),
        ("head:encoder.1:4", "There is no head 4 at encoder.1, which has 3"),
        ("edge:encoder.1::3:9", "There is no token 9 at encoder.1: the text has 8"),
        ("edge:encoder.*::44:1", "There is no token 44"),
        ("patch:encoder.1:::", "takes a state from another sentence"),
    ],
)
def test_an_act_that_names_what_is_not_there_is_refused(act: str, sentence: str) -> None:
    with pytest.raises(AttentionError, match=sentence):
        with_act("bert", act)


def test_a_later_token_has_no_edge_that_could_be_cut() -> None:
    with pytest.raises(AttentionError, match="Token 2 does not look at token 5"):
        with_act("gpt2", "edge:decoder.1::2:5")
    with_act("gpt2", "edge:decoder.1::5:2")
    assert with_act("bert", "edge:encoder.1::2:5") != with_act("bert")


def test_a_translator_has_as_many_tokens_as_it_reads_and_writes(
    translator: TranslatorAsker,
) -> None:
    source = "I see a cat ."
    output, body = translator.output(source, WORD), translator.body(source)
    read, wrote = len(output.axis.tokens), len(translator.written(source))
    assert read != wrote
    for site, seat in body.seats.items():
        stack = site.partition(".")[0]
        sizes = {"encoder": (read, read), "decoder": (wrote, wrote), "cross": (wrote, read)}
        assert (seat.queries, seat.keys) == sizes[stack]
        assert (seat.heads, seat.causal) == (3, stack == "decoder")


def test_a_state_that_the_other_text_has_not_is_refused() -> None:
    states = {"encoder.0": torch.zeros(1, 3, 24, dtype=torch.float64)}
    with pytest.raises(AttentionError, match="no token 5 in the other sentence, which has 3"):
        with_act("bert", "patch:encoder.1::5", states=states)


@pytest.mark.parametrize(
    "odd",
    ["", "head", "head:", "head:encoder", "burn:encoder.1:1", "head:encoder.0:1", "head:en-c.1:1",
     "head:encoder.1:x", "head:encoder.1:0", "edge:encoder.1:1:2:3:4", "head:encoder.-1:1",
     "head:encoder.²:1"],
)  # fmt: skip
def test_what_names_no_act_is_none(odd: str) -> None:
    assert Act.parse(odd) is None


@pytest.mark.parametrize("kind", list(KINDS))
def test_an_act_comes_back_from_its_address(kind: str) -> None:
    for act in (Act(kind, "encoder.0", 1, 2, 3), Act(kind, "cross.4", None, 2), Act(kind, "a.*")):
        assert Act.parse(str(act)) == act


def test_a_model_that_only_reports_keeps_its_mlps_or_says_so() -> None:
    reporting = opened(tiny_models.build("deberta"))
    output, body = reporting.output(A, WANTED), reporting.body(A)
    with pytest.raises(AttentionError, match="heads and edges of tiny cannot be changed"):
        valued(output, body, [Act("head", "encoder.0", 0)])
    assert not body.seats


def test_a_layer_of_experts_has_no_mlp_that_is_found() -> None:
    experts = opened(tiny_models.build("gpt_oss sinks"))
    with pytest.raises(AttentionError, match="MLPs of tiny were not found"):
        valued(experts.output(A, WANTED), experts.body(A), [Act("mlp", "decoder.0")])


ROUNDS, READERS = 12, 4


def test_interleaved_readings_are_never_mixed_and_parameters_stay() -> None:
    """Each thread reads with acts of its own; all give what they give alone."""
    kind = "bert"
    output, body = asked(kind)
    before = {name: one.clone() for name, one in asker(kind).reader.watch.model.named_parameters()}
    places = [Act("head", f"encoder.{layer}", head) for layer in (0, 1) for head in range(3)]
    cases: list[list[Act]] = [
        [], *([one] for one in places), [Act("attention", "encoder.0")], [Act("mlp", "encoder.1")],
        [Act("edge", "encoder.*", None, 3, 1)], [Act("mean", "encoder.1", 2), places[0]],
        [Act("uniform", "encoder.0", 1)],
    ]  # fmt: skip
    alone = [valued(output, body, case) for case in cases]
    assert len(set(alone)) == len(alone)
    mixed = list[int]()

    def read(seed: int) -> None:
        order = random.Random(seed)
        for _round in range(ROUNDS):
            place = order.randrange(len(cases))
            if valued(output, body, cases[place]) != alone[place]:
                mixed.append(place)

    threads = [Thread(target=read, args=(seed,)) for seed in range(READERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert mixed == []
    after = asker(kind).reader.watch.model
    for name, parameter in after.named_parameters():
        assert torch.equal(parameter, before[name])
        assert parameter.grad is None
