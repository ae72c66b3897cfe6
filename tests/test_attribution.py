"""Methods of attribution against their invariants, other libraries and slow loops, in double
precision, on the very readers that the pages use.
"""

from __future__ import annotations

import threading
from dataclasses import fields, replace
from functools import cache
from importlib import import_module
from itertools import permutations, product
from pathlib import Path
from typing import Any

import networkx as nx
import numpy as np
import pytest
import torch
import transformers as t
from scipy.optimize import linprog
from torch import Tensor, nn

from attention_core.axes.tokens import spaced
from attention_core.errors import AttentionError, TextError
from attention_core.numbers import attribution
from attention_core.numbers.agreement import kendall, overlap, top
from attention_core.numbers.attribution import ALL, Knobs, Layer, Output
from attention_core.numbers.attribution.flow import SCALE, flow
from attention_core.numbers.attribution.planted import planted
from attention_core.numbers.attribution.relevance import relevance
from attention_core.numbers.attribution.valued import norms
from attention_core.numbers.faithfulness import Faith, faithful, order, shuffled, typical
from attention_core.numbers.rollout import rollout
from models.families import fake
from models.families.asking import Asker, Wanted
from models.families.reader import Reader
from models.loading.checkpoint import Checkpoint, from_folder
from models.ours.translator.asking import TranslatorAsker
from models.ours.translator.influence import influence
from models.ours.translator.reader import load_translator
from tests.tiny_models import build

TEXT = "the cat sat on the mat."
MASKED = "the cat [MASK] on the mat."
SIZES: dict[str, Any] = {
    "vocab_size": len(fake.vocabulary()), "hidden_size": 32, "num_hidden_layers": 2,
    "num_attention_heads": 4, "intermediate_size": 64, "max_position_embeddings": 128,
    "initializer_range": 0.3,
}  # fmt: skip
GPT2: dict[str, Any] = {
    "vocab_size": len(fake.vocabulary()), "n_embd": 32, "n_layer": 2, "n_head": 4,
    "n_positions": 128, "initializer_range": 0.3,
}  # fmt: skip
CLOSE: dict[str, Any] = {"rtol": 1e-9, "atol": 1e-12}
SINGLE: dict[str, Any] = {"rtol": 1e-6, "atol": 1e-7}
"""Captum keeps the weights of its steps in single precision."""


def saved(kind: str, folder: Path) -> Any:
    """A small model that names words, in a folder; and itself, in double precision."""
    torch.manual_seed(3)
    if kind == "mask":
        network: Any = t.BertForMaskedLM(t.BertConfig(**SIZES))
    else:
        tied = kind == "tied"
        network = t.GPT2LMHeadModel(t.GPT2Config(**GPT2, tie_word_embeddings=tied))
    network.eval().save_pretrained(folder)
    fake.tokenizer().save_pretrained(folder)
    return network.double()


@cache
def similar() -> Asker:
    """A sentence encoder in double precision."""
    return Asker(Reader("fake", Checkpoint(fake.model().double(), fake.tokenizer())))


@pytest.fixture(scope="module", params=["mask", "tied", "untied"])
def naming(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """(asker, the library's own model, text, output) of a model that names words."""
    folder = tmp_path_factory.mktemp(request.param)
    network = saved(request.param, folder)
    network.set_attn_implementation("eager")
    asker = Asker(Reader(request.param, from_folder(folder, folder.parent, ours=True)))
    writer = asker.reader.writer
    assert writer is not None
    writer.model.double()
    text, kind = (MASKED, "mask") if request.param == "mask" else (TEXT, "next")
    return asker, network, text, kind


@torch.no_grad()
def test_the_loss_of_a_text_is_the_mean_over_its_tokens_but_the_first(naming: Any) -> None:
    asker, network, text, kind = naming
    if kind == "mask":
        assert asker.loss(text) is None
        return
    _watch, _tokens, inputs = asker.reader.given(text)
    ids = inputs["input_ids"][0].tolist()
    found = network(**inputs).logits[0].log_softmax(-1)
    each = [float(found[place, number]) for place, number in enumerate(ids[1:])]
    assert asker.loss(text) == pytest.approx(-sum(each) / len(each), rel=1e-9)


def chances(network: Any, asker: Asker, text: str, vectors: Tensor | None = None) -> Tensor:
    """(batch, vocabulary): what the library's model says at the place that is read."""
    _watch, tokens, inputs = asker.reader.given(text)
    given: dict[str, Any] = dict(inputs)
    if vectors is not None:
        del given["input_ids"]
        given["inputs_embeds"] = vectors
        given = {
            name: one.expand(len(vectors), *one.shape[1:]) if name != "inputs_embeds" else one
            for name, one in given.items()
        }
    mask = fake.vocabulary()["[MASK]"]
    place = tokens.ids.index(mask) if mask in tokens.ids else len(tokens) - 1
    made: Tensor = network(**given).logits[:, place].log_softmax(-1)
    return made


def test_the_number_is_what_the_librarys_model_says(naming: Any) -> None:
    asker, network, text, kind = naming
    with torch.no_grad():
        wanted = chances(network, asker, text)[0]
    for word in (7, 20, 55):
        found = asker.output(text, Wanted(kind, word)).value
        assert found == pytest.approx(float(wanted[word]), abs=1e-10)
    rather = asker.output(text, Wanted(kind, 20, 55)).value
    assert rather == pytest.approx(float(wanted[20] - wanted[55]), abs=1e-10)
    best = asker.candidates(text, kind)
    assert best[0].number == int(wanted.argmax())
    assert best[0].share == pytest.approx(float(wanted.max().exp()), abs=1e-10)
    assert asker.output(text, Wanted(kind)).value == pytest.approx(float(wanted.max()), abs=1e-10)


def test_similarity_is_the_cosine_of_the_mean_vectors() -> None:
    asker, other = similar(), "the dog sat."
    means = []
    for text in (TEXT, other):
        _watch, _tokens, inputs = asker.reader.given(text)
        with torch.no_grad():
            states = asker.reader.watch.model(**inputs).last_hidden_state[0]
        means.append(states.mean(0))
    wanted = float(nn.functional.cosine_similarity(means[0], means[1], dim=0))
    found = asker.output(TEXT, Wanted("similarity", other=other))
    assert found.value == pytest.approx(wanted, abs=1e-12)
    same = asker.output(TEXT, Wanted("similarity", other=TEXT))
    assert same.value == pytest.approx(1.0, abs=1e-12)


def test_gradient_times_input_is_captums_and_the_slope_along_each_vector(naming: Any) -> None:
    asker, network, text, kind = naming
    output = asker.output(text, Wanted(kind, 20))
    found = ALL["gradient"].of(output).scores

    def said(vectors: Tensor) -> Tensor:
        return chances(network, asker, text, vectors)[:, 20]

    given = output.given[None].clone().requires_grad_()
    captum = import_module("captum.attr")
    wanted = captum.InputXGradient(said).attribute(given).sum(-1)[0].detach()
    torch.testing.assert_close(found, wanted, **CLOSE)
    step = 1e-5
    for place in range(len(found)):
        longer, shorter = output.given.clone(), output.given.clone()
        longer[place] *= 1 + step
        shorter[place] *= 1 - step
        with torch.no_grad():
            slope = (said(longer[None]) - said(shorter[None]))[0] / (2 * step)
        assert float(found[place]) == pytest.approx(float(slope), rel=1e-5, abs=1e-7)


def test_integrated_gradients_are_a_sum_of_our_own_along_the_way(naming: Any) -> None:
    asker, network, text, kind = naming
    output = asker.output(text, Wanted(kind, 20))
    found = ALL["integrated"].of(output, Knobs(steps=64))
    places, weights = np.polynomial.legendre.leggauss(64)
    total = torch.zeros_like(output.given)
    for at, weight in zip((places + 1) / 2, weights / 2, strict=True):
        vectors = output.blank + at * (output.given - output.blank)
        vectors = vectors.clone().requires_grad_()
        number = chances(network, asker, text, vectors[None])[0, 20]
        (slope,) = torch.autograd.grad(number, vectors)
        total += weight * slope
    wanted = ((output.given - output.blank) * total).sum(-1)
    torch.testing.assert_close(found.scores, wanted, **SINGLE)


@pytest.mark.parametrize("blank", ["mask", "padding", "mean"])
def test_integrated_gradients_add_up_the_better_the_more_steps(blank: Any) -> None:
    output = similar().output(TEXT, Wanted("similarity", other="a dog", blank=blank))
    method = ALL["integrated"]
    few, many = (method.of(output, Knobs(steps=steps)) for steps in (4, 256))
    assert few.missing is not None
    assert many.missing is not None
    with torch.no_grad():
        ends = output.answer(torch.stack([output.given, output.blank]))
    assert many.claimed == pytest.approx(float(ends[0] - ends[1]), abs=1e-12)
    assert abs(many.missing) < min(1e-6, abs(few.missing))


def linear(weights: Tensor, blank: Tensor | None = None) -> Output:
    """An output that is a weighted sum of what the tokens are; weights (token, width)."""
    given = torch.arange(1.0, 1 + weights.numel(), dtype=torch.float64).view_as(weights)
    axis = spaced(" ".join("abcdefgh"[: len(weights)]))
    return Output(
        axis, given, torch.zeros_like(given) if blank is None else blank,
        torch.eye(len(weights), dtype=torch.float64)[-1],
        lambda vectors: (vectors * weights).sum((1, 2)), model="linear",
    )  # fmt: skip


SEEING = ("gradient", "integrated", "leave-one-out")


@pytest.mark.parametrize("name", SEEING)
def test_of_a_weighted_sum_each_token_gets_its_term(name: str) -> None:
    weights = torch.tensor([[1.0, -2.0], [0.0, 0.0], [0.5, 3.0]], dtype=torch.float64)
    output = linear(weights)
    found = ALL[name].of(output, Knobs(steps=3)).scores
    wanted = torch.tensor([1 * 1 - 2 * 2, 0.0, 5 * 0.5 + 6 * 3], dtype=torch.float64)
    torch.testing.assert_close(found, wanted, **SINGLE)
    assert float(found[1]) == 0.0  # a token that nothing hangs on gets exactly nothing


def test_twice_the_output_is_twice_the_scores(naming: Any) -> None:
    asker, _network, text, kind = naming
    output = asker.output(text, Wanted(kind, 20))
    answer = output.answer
    double = replace(output, answer=lambda vectors: 2 * answer(vectors))
    for name in SEEING:
        one, two = (ALL[name].of(each, Knobs(steps=8)).scores for each in (output, double))
        torch.testing.assert_close(two, 2 * one, **CLOSE)


def test_leaving_one_out_is_running_the_model_without_it(naming: Any) -> None:
    asker, network, text, kind = naming
    output = asker.output(text, Wanted(kind, 20, blank="mean"))
    found = ALL["leave-one-out"].of(output).scores
    table = network.get_input_embeddings().weight.detach()
    for place, token in enumerate(output.axis.tokens):
        if token.special:
            assert float(found[place]) == 0.0
            continue
        changed = output.given.clone()
        changed[place] = table.mean(0)
        with torch.no_grad():
            both = chances(network, asker, text, torch.stack([output.given, changed]))[:, 20]
        assert float(found[place]) == pytest.approx(float(both[0] - both[1]), abs=1e-10)


def eager(naming: Any, word: int) -> tuple[list[Tensor], list[Tensor], Any]:
    """Weights and gradients of each layer (head, query, key), as the library reports them."""
    asker, network, text, _kind = naming
    _watch, tokens, inputs = asker.reader.given(text)
    made = network(**inputs, output_attentions=True)
    mask = fake.vocabulary()["[MASK]"]
    place = tokens.ids.index(mask) if mask in tokens.ids else len(tokens) - 1
    number = made.logits[0, place].log_softmax(-1)[word]
    felt = torch.autograd.grad(number, made.attentions)
    return [one[0].detach() for one in made.attentions], [one[0] for one in felt], place


def test_attention_is_what_the_library_reports(naming: Any) -> None:
    asker, _network, text, kind = naming
    weights, _felt, place = eager(naming, 20)
    output = asker.output(text, Wanted(kind, 20))
    method = ALL["attention"]
    every = torch.stack([one.mean(0) for one in weights]).mean(0)[place]
    torch.testing.assert_close(method.of(output).scores, every, **CLOSE)
    one = method.of(output, Knobs(layer=1, head=2)).scores
    torch.testing.assert_close(one, weights[1][2, place], **CLOSE)
    assert float(method.of(output).scores.sum()) == pytest.approx(1.0, abs=1e-12)


def test_rollout_is_the_sum_over_all_paths(naming: Any) -> None:
    asker, _network, text, kind = naming
    weights, _felt, place = eager(naming, 20)
    steps = [0.5 * np.eye(one.shape[-1]) + 0.5 * one.mean(0).numpy() for one in weights]
    wanted = np.zeros(len(steps[0]))
    for low, middle in product(range(len(wanted)), repeat=2):
        wanted[low] += steps[1][place, middle] * steps[0][middle, low]
    found = ALL["rollout"].of(asker.output(text, Wanted(kind, 20))).scores
    np.testing.assert_allclose(found.numpy(), wanted, rtol=0, atol=1e-12)


def test_attention_times_gradient_is_the_librarys(naming: Any) -> None:
    asker, _network, text, kind = naming
    weights, felt, _place = eager(naming, 20)
    products = [one * slope for one, slope in zip(weights, felt, strict=True)]
    output = asker.output(text, Wanted(kind, 20))
    wanted = sum(one.sum((0, 1)) for one in products)
    torch.testing.assert_close(ALL["attention-gradient"].of(output).scores, wanted, **CLOSE)
    one = ALL["attention-gradient"].of(output, Knobs(layer=0, head=3)).scores
    torch.testing.assert_close(one, products[0][3].sum(0), **CLOSE)


def test_relevance_is_the_loop_of_the_paper(naming: Any) -> None:
    asker, _network, text, kind = naming
    weights, felt, place = eager(naming, 20)
    size = weights[0].shape[-1]
    total = [[float(row == column) for column in range(size)] for row in range(size)]
    for one, slope in zip(weights, felt, strict=True):
        mean = [
            [
                sum(max(0.0, float(one[head, q, k] * slope[head, q, k])) for head in range(4)) / 4
                for k in range(size)
            ]
            for q in range(size)
        ]
        added = [
            [sum(mean[q][m] * total[m][k] for m in range(size)) for k in range(size)]
            for q in range(size)
        ]
        total = [[total[q][k] + added[q][k] for k in range(size)] for q in range(size)]
    wanted = [total[place][k] - (k == place) for k in range(size)]
    found = ALL["relevance"].of(asker.output(text, Wanted(kind, 20))).scores
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-9, atol=1e-14)


def test_relevance_hangs_on_the_word_that_is_asked_about_and_attention_does_not(
    naming: Any,
) -> None:
    asker, _network, text, kind = naming
    outputs = [asker.output(text, Wanted(kind, word)) for word in (20, 55)]
    looked = [ALL["attention"].of(one).scores for one in outputs]
    assert torch.equal(*looked)
    one, other = (ALL["relevance"].of(each).scores for each in outputs)
    assert not torch.allclose(one, other, rtol=1e-2)


def test_without_a_gradient_nothing_is_relevant_and_no_relevance_is_below_zero() -> None:
    weights = torch.softmax(torch.randn(3, 4, 4, dtype=torch.float64), -1)
    nothing = torch.zeros_like(weights)
    assert torch.equal(relevance([(weights, nothing)] * 3), torch.eye(4, dtype=torch.float64))
    dice = torch.Generator().manual_seed(1)
    felt = torch.randn(3, 4, 4, generator=dice, dtype=torch.float64)
    assert bool((relevance([(weights, felt)] * 3) >= 0).all())


def test_values_are_the_vectors_that_the_attention_really_adds(naming: Any) -> None:
    """Added up over all tokens they are what the output projection gives, but for its bias."""
    asker, network, text, kind = naming
    added: list[Tensor] = []
    joins = [
        one for name, one in network.named_modules()
        if name.endswith(("attention.output.dense", "attn.c_proj"))
    ]  # fmt: skip
    hooks = [one.register_forward_hook(lambda _m, _g, made: added.append(made[0])) for one in joins]
    _watch, _tokens, inputs = asker.reader.given(text)
    with torch.no_grad():
        network(**inputs)
    for hook in hooks:
        hook.remove()
    output = asker.output(text, Wanted(kind, 20))
    assert len(output.layers) == len(joins) == 2
    for layer, made, join in zip(output.layers, added, joins, strict=True):
        assert layer.vectors is not None
        whole = torch.einsum("hqk,hkd->qd", layer.weights, layer.vectors())
        bias = 0.0 if join.bias is None else join.bias.detach()
        torch.testing.assert_close(whole + bias, made, **CLOSE)
    place = int(output.reads.argmax())
    lengths = []
    for layer in output.layers:
        assert layer.vectors is not None
        vectors = layer.vectors()
        lengths.append([
            float(sum(layer.weights[h, place, k] * vectors[h, k] for h in range(4)).norm())
            for k in range(len(output.given))
        ])  # fmt: skip
    found = ALL["values"].of(output).scores
    np.testing.assert_allclose(found.numpy(), np.mean(lengths, 0), rtol=1e-9, atol=1e-12)


def test_values_of_shared_groups_are_added_for_every_head() -> None:
    """Llama's norms compute in single precision, so the bound is a thousand of its roundings."""
    torch.manual_seed(3)
    config = t.LlamaConfig(**SIZES, num_key_value_heads=2)
    model = t.LlamaModel(config).train(False)
    asker = Asker(Reader("llama", Checkpoint(model, fake.tokenizer())))
    output = asker.output(TEXT, Wanted("similarity", other="a dog"))
    added: list[Tensor] = []
    hooks = [
        one.self_attn.o_proj.register_forward_hook(lambda _m, _g, made: added.append(made[0]))
        for one in model.layers
    ]
    output.numbers(output.given[None])
    for hook in hooks:
        hook.remove()
    for layer, made in zip(output.layers, added, strict=True):
        assert layer.vectors is not None
        whole = torch.einsum("hqk,hkd->qd", layer.weights, layer.vectors())
        assert float((whole - made).abs().max()) < 1e-4 * float(made.abs().max())


def test_a_look_at_an_empty_value_adds_nothing() -> None:
    weights = torch.tensor([[[0.9, 0.1]]], dtype=torch.float64)
    vectors = torch.tensor([[[0.0, 0.0], [3.0, 4.0]]], dtype=torch.float64)
    found = norms(weights, vectors, torch.ones(1, dtype=torch.float64))
    torch.testing.assert_close(found, torch.tensor([0.0, 0.5], dtype=torch.float64), **CLOSE)


def test_heads_that_add_opposite_vectors_add_nothing_together() -> None:
    weights = torch.full((2, 1, 1), 0.5, dtype=torch.float64)
    vectors = torch.tensor([[[1.0, 2.0]], [[-1.0, -2.0]]], dtype=torch.float64)
    assert float(norms(weights, vectors, torch.ones(1, dtype=torch.float64))[0]) == 0.0


# Flow


def pipes(depth: int, count: int, seed: int, sharp: float = 4.0) -> list[Tensor]:
    dice = torch.Generator().manual_seed(seed)
    scores = sharp * torch.randn(depth, 2, count, count, generator=dice, dtype=torch.float64)
    return list(torch.softmax(scores, -1))


def widths(layers: list[Tensor]) -> list[Any]:
    return [0.5 * np.eye(one.shape[-1]) + 0.5 * one.mean(0).numpy() for one in layers]


def by_networkx(layers: list[Tensor], reads: Tensor, target: int) -> float:
    graph, steps = nx.DiGraph(), widths(layers)
    for level, step in enumerate(steps):
        for query, key in product(range(len(step)), repeat=2):
            graph.add_edge((level + 1, query), (level, key), capacity=float(step[query, key]))
    for place, share in enumerate(reads.tolist()):
        graph.add_edge("start", (len(steps), place), capacity=share)
    return float(nx.maximum_flow_value(graph, "start", (0, target)))


def by_program(layers: list[Tensor], reads: Tensor, target: int) -> float:
    """The same as a linear program: what leaves the start, as much as the pipes hold."""
    steps, count = widths(layers), len(reads)
    edges: list[tuple[Any, Any, float]] = [
        ((level + 1, query), (level, key), float(steps[level][query, key]))
        for level, query, key in product(range(len(steps)), range(count), range(count))
    ]
    edges += [("start", (len(steps), at), float(reads[at])) for at in range(count)]
    nodes = [(level, at) for level in range(len(steps) + 1) for at in range(count)]
    inner = [node for node in nodes if node != (0, target)]
    balance = np.zeros((len(inner), len(edges)))
    for number, (start, end, _width) in enumerate(edges):
        if start in inner:
            balance[inner.index(start), number] -= 1
        if end in inner:
            balance[inner.index(end), number] += 1
    gain = [-1.0 if start == "start" else 0.0 for start, _end, _width in edges]
    found = linprog(
        gain, A_eq=balance, b_eq=np.zeros(len(inner)), method="highs",
        bounds=[(0, width) for *_ends, width in edges],
    )  # fmt: skip
    return float(-found.fun)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pooled", [False, True])
def test_flow_is_that_of_networkx_and_of_a_linear_program(seed: int, pooled: bool) -> None:
    layers = pipes(3, 4, seed)
    reads = torch.full((4,), 0.25) if pooled else torch.eye(4)[2]
    found = flow(layers, reads.double())
    for target in range(4):
        edges = 3 * 16 + 4  # each is rounded down by less than one part of the scale
        wanted = by_networkx(layers, reads.double(), target)
        assert wanted == pytest.approx(by_program(layers, reads.double(), target), abs=1e-9)
        assert wanted - edges / SCALE <= float(found[target]) <= wanted + 1e-12


@pytest.mark.parametrize("seed", range(12))
def test_flow_is_never_less_than_the_rollout_nor_more_than_one(seed: int) -> None:
    layers = pipes(4, 6, seed)
    dice = torch.Generator().manual_seed(seed)
    for reads in (torch.eye(6)[seed % 6], torch.rand(6, generator=dice)):
        share = reads.double() / reads.double().sum()
        found, rolled = flow(layers, share), share @ rollout(layers)
        assert bool((found >= rolled - 200 / SCALE).all())
        assert bool((found <= 1 + 1e-12).all())


def test_flow_grows_with_the_pipes_and_ends_where_nothing_looks() -> None:
    same = torch.eye(3, dtype=torch.float64).expand(1, 3, 3)
    reads = torch.tensor([0.0, 1.0, 0.0], dtype=torch.float64)
    assert flow([same, same], reads).tolist() == [0.0, 1.0, 0.0]
    layers = pipes(2, 4, 5)
    narrow = flow(layers, torch.eye(4, dtype=torch.float64)[1], residual=0.9)
    assert float(narrow[1]) > float(flow(layers, torch.eye(4, dtype=torch.float64)[1])[1])


def test_a_text_that_is_too_long_for_flow_is_said() -> None:
    count = 65
    weights = torch.full((1, count, count), 1 / count, dtype=torch.float64)
    given = torch.ones(count, 1, dtype=torch.float64)
    long = Output(
        spaced(" ".join(["a"] * count)), given, torch.zeros_like(given), given[:, 0] / count,
        lambda vectors: vectors.sum((1, 2)), lambda: (Layer(weights),),
    )  # fmt: skip
    with pytest.raises(AttentionError, match=r"65 tokens.*at most 64"):
        ALL["flow"].of(long)
    assert len(ALL["rollout"].of(long).scores) == count


@pytest.mark.parametrize(("count", "said"), [(257, "257 tokens.*at most 256"), (256, "")])
def test_a_text_that_is_too_long_to_leave_out_each_word_is_said(count: int, said: str) -> None:
    output = replace(linear(torch.ones(2, 1).double()), axis=spaced(" ".join(["a"] * count)))
    given = torch.ones(count, 1, dtype=torch.float64)
    long = replace(output, given=given, blank=given * 0, answer=lambda vectors: vectors.sum((1, 2)))
    if said:
        with pytest.raises(AttentionError, match=said):
            ALL["leave-one-out"].of(long)
    else:
        assert ALL["leave-one-out"].of(long).scores.tolist() == [1.0] * count
    with pytest.raises(AttentionError, match=f"take away {count} words.*at most 64"):
        faithful(long, {"one": range(count)})


# Agreement and faithfulness


@pytest.mark.parametrize("seed", range(6))
def test_kendall_counts_pairs(seed: int) -> None:
    dice = torch.Generator().manual_seed(seed)
    one, other = torch.randint(-4, 5, (2, 9), generator=dice).double()
    a, b = one.abs().tolist(), other.abs().tolist()
    pairs = [(i, j) for i in range(9) for j in range(i)]
    signs = [(np.sign(a[i] - a[j]), np.sign(b[i] - b[j])) for i, j in pairs]
    total = sum(x * y for x, y in signs)
    wanted = total / np.sqrt(sum(x != 0 for x, _ in signs) * sum(y != 0 for _, y in signs))
    assert kendall(one, other) == pytest.approx(float(wanted), abs=1e-12)
    assert kendall(one, -one) == pytest.approx(1.0)
    assert overlap(one, other, 9) == 9
    assert overlap(one, one, 4) == 4


def test_the_strongest_are_named_whatever_their_sign_and_the_earlier_of_equal_ones() -> None:
    assert top(torch.tensor([1.0, -3.0, 3.0, 0.0]), 3) == (1, 2, 0)


def test_of_a_sum_the_curves_are_what_is_left_of_it() -> None:
    weights = torch.tensor([[1.0], [5.0], [2.0], [0.5]], dtype=torch.float64)
    output = linear(weights)  # 1, 10, 6, 2
    found = faithful(output, {"right": [1, 2, 3, 0]})["right"]
    assert found.deletion == (19.0, 9.0, 3.0, 1.0, 0.0)
    assert found.insertion == (0.0, 10.0, 16.0, 18.0, 19.0)
    assert found.deletion_area == pytest.approx((19 / 2 + 9 + 3 + 1) / 4)
    assert found.insertion_area == pytest.approx((10 + 16 + 18 + 19 / 2) / 4)
    # 1, 5, 10 and 20 % of four tokens are one of them, 50 % are two
    assert found.comprehensiveness == pytest.approx((4 * 10 + 16) / 5)
    assert found.sufficiency == pytest.approx((4 * 9 + 3) / 5)


def test_no_order_of_a_sum_is_better_than_that_of_its_terms() -> None:
    weights = torch.tensor([[1.0], [-5.0], [2.0], [0.5]], dtype=torch.float64)
    output = linear(weights)
    best = order(ALL["leave-one-out"].of(output).scores, range(4))
    assert best == [2, 3, 0, 1]
    tried = faithful(output, {str(one): one for one in permutations(range(4))})
    least = min(one.deletion_area for one in tried.values())
    most = max(one.insertion_area for one in tried.values())
    assert tried[str(tuple(best))].deletion_area == least
    assert tried[str(tuple(best))].insertion_area == most


def test_orders_by_chance_are_the_same_for_everybody_and_each_of_all_tokens() -> None:
    orders = shuffled([2, 3, 5, 7], 20)
    assert orders == shuffled([2, 3, 5, 7], 20)
    assert all(sorted(one) == [2, 3, 5, 7] for one in orders)
    assert len({tuple(one) for one in orders}) > 5
    mean = typical([Faith((1.0, 0.0), (0.0, 1.0)), Faith((3.0, 0.0), (0.0, 3.0))])
    assert mean == Faith((2.0, 0.0), (0.0, 2.0))


def test_special_tokens_stay_when_words_are_taken_away() -> None:
    output = similar().output(TEXT, Wanted("similarity", other="a dog"))
    special = [token.special for token in output.axis.tokens]
    assert (~output.own).tolist() == special
    assert special == [True, *[False] * (len(special) - 2), True]
    assert torch.equal(output.given[~output.own], output.blank[~output.own])
    assert not torch.isclose(output.given[output.own], output.blank[output.own]).all(-1).any()


# Nobody's gradients


def test_two_readers_at_once_get_their_own_and_leave_nothing_behind() -> None:
    asker = similar()
    model = asker.reader.watch.model
    hooks = {name: len(one._forward_hooks) for name, one in model.named_modules()}
    texts = [(TEXT, "a dog"), ("it was the animal on the street", "the mat sat")]
    names = ("relevance", "gradient", "integrated", "leave-one-out", "values")

    def asked(which: int) -> list[Tensor]:
        text, other = texts[which]
        output = asker.output(text, Wanted("similarity", other=other))
        return [ALL[name].of(output, Knobs(steps=6)).scores for name in names]

    alone = [asked(0), asked(1)]
    wrong: list[str] = []

    def ask(which: int) -> None:
        for _turn in range(12):
            for name, found, wanted in zip(names, asked(which), alone[which], strict=True):
                if not torch.allclose(found, wanted, rtol=1e-9, atol=1e-12):
                    wrong.append(name)

    threads = [threading.Thread(target=ask, args=(which,)) for which in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []
    assert all(one.grad is None for one in model.parameters())
    assert hooks == {name: len(one._forward_hooks) for name, one in model.named_modules()}


def test_the_layer_that_writes_stands_over_the_network_in_memory(naming: Any) -> None:
    asker, network, _text, _kind = naming
    reader = asker.reader
    assert reader.writer.model.base_model is reader.watch.model
    own = list(reader.writer.model.parameters())
    assert all(one.grad is None for one in own)
    wanted = sum(one.numel() for one in network.parameters())
    shared = {id(one) for one in reader.watch.model.parameters()}
    besides = sum(one.numel() for one in own if id(one) not in shared)
    base = sum(one.numel() for one in network.base_model.parameters())
    assert besides == wanted - base  # the words' own vectors are not there twice


# Translators of ours


TRANSLATORS = ("bahdanau-en-fr", "luong-general-en-fr", "transformer-en-fr", "fixed-en-fr")
SOURCE = "I see a red cat."


@pytest.mark.parametrize("name", TRANSLATORS)
def test_a_word_of_a_translation_is_what_the_translator_gives_it(name: str) -> None:
    reader = load_translator(name)
    asker, made = TranslatorAsker(reader), reader.translate(SOURCE)
    assert asker.written(SOURCE) == tuple(token.text for token in made.target.tokens)
    for place in range(len(made.chosen)):
        output = asker.output(SOURCE, Wanted("translation", place=place))
        assert float(np.exp(output.value)) == pytest.approx(made.chosen[place], abs=1e-5)
        assert [one.text for one in output.axis.tokens] == [t.text for t in made.source.tokens]
    best = asker.candidates(SOURCE, "translation", 2)
    assert best[0].share == pytest.approx(made.chosen[2], abs=1e-5)
    one, other = best[:2]
    wanted = Wanted("translation", one.number, other.number, 2)
    between = float(np.log(one.share / other.share))
    assert asker.output(SOURCE, wanted).value == pytest.approx(between, abs=1e-3)
    assert len({each.number for each in best}) == len(best)


@pytest.mark.parametrize("name", TRANSLATORS[:3])
def test_the_looks_of_a_translator_are_those_of_its_record(name: str) -> None:
    reader = load_translator(name)
    made = reader.translate(SOURCE)
    for place in (0, 3):
        output = TranslatorAsker(reader).output(SOURCE, Wanted("translation", place=place))
        assert len(output.layers) == len(made.cross)
        for layer, site in zip(output.layers, made.cross, strict=True):
            assert float((layer.weights - site.weights()).abs().max()) < 1e-5
        wanted = torch.stack([site.weights().mean(0)[place] for site in made.cross]).mean(0)
        found = ALL["attention"].of(output).scores
        assert float((found - wanted.double()).abs().max()) < 1e-5


@pytest.mark.parametrize("name", TRANSLATORS)
def test_gradients_of_a_translator_are_those_of_its_influence(name: str) -> None:
    """The norms that *Why attention?* shows, of the same log-probability by other code."""
    reader = load_translator(name)
    text = reader.translate(SOURCE).text
    norms_ = influence(reader, SOURCE, text).norms
    scale = reader.network.shape.embedding**0.5
    for place in (0, 2):
        output = TranslatorAsker(reader).output(SOURCE, Wanted("translation", place=place))
        found = output.gradient().norm(dim=-1) * scale
        np.testing.assert_allclose(found.numpy(), norms_[place], rtol=2e-3, atol=1e-6)
        whole = (output.given * output.gradient()).sum(-1).double()
        torch.testing.assert_close(ALL["gradient"].of(output).scores, whole, rtol=1e-4, atol=1e-6)
    assert all(one.grad is None for one in reader.network.parameters())


def test_what_a_translator_cannot_be_asked_is_said() -> None:
    asker = TranslatorAsker(load_translator("transformer-en-fr"))
    output = asker.output(SOURCE, Wanted("translation"))
    for name in ("rollout", "flow"):
        with pytest.raises(AttentionError, match="from its translation at the source"):
            ALL[name].of(output)
    recurrent = TranslatorAsker(load_translator("bahdanau-en-fr"))
    with pytest.raises(AttentionError, match="from its translation at the source"):
        ALL["relevance"].of(recurrent.output(SOURCE, Wanted("translation")))
    for name in ("attention", "attention-gradient", "relevance", *SEEING):
        assert bool(ALL[name].of(output, Knobs(steps=8)).scores.isfinite().all())
    with pytest.raises(AttentionError, match="translates; ask it"):
        asker.output(SOURCE, Wanted("next"))
    with pytest.raises(TextError, match="there is no piece 100"):
        asker.output(SOURCE, Wanted("translation", place=99))
    with pytest.raises(TextError, match="no token number"):
        asker.output(SOURCE, Wanted("translation", word=10**6))
    with pytest.raises(AttentionError, match="no such token"):
        asker.output(SOURCE, Wanted("translation", blank="mask"))
    silent = TranslatorAsker(load_translator("fixed-en-fr"))
    with pytest.raises(AttentionError, match="does not show"):
        ALL["attention"].of(silent.output(SOURCE, Wanted("translation")))
    with pytest.raises(AttentionError, match="does not translate"):
        similar().output(TEXT, Wanted("translation"))


# Bad input


def test_a_model_whose_padding_is_no_token_of_it_has_no_empty_token() -> None:
    """GPT-2's configuration names the end of a text by a number that a small vocabulary lacks."""
    model = t.GPT2Model(t.GPT2Config(**GPT2)).train(False)
    asker = Asker(Reader("gpt2", Checkpoint(model, fake.tokenizer())))
    assert asker.blanks == ("mean", "zero", "mask")
    with pytest.raises(AttentionError, match="has no such token"):
        asker.output(TEXT, Wanted("similarity", other="a dog", blank="padding"))


def test_what_cannot_be_asked_is_said_in_a_sentence() -> None:
    asker = similar()
    with pytest.raises(AttentionError, match="no layer that names words"):
        asker.output(TEXT, Wanted("next"))
    one = replace(linear(torch.ones(1, 1, dtype=torch.float64)))
    with pytest.raises(AttentionError, match="at least two words"):
        ALL["attention"].of(one)
    given = torch.ones(2, 1, dtype=torch.float64)
    same = replace(linear(torch.ones(2, 1, dtype=torch.float64)), given=given, blank=given)
    for method in ALL.values():
        with pytest.raises(AttentionError, match="every token is the baseline"):
            method.of(same)


def test_words_and_places_that_are_not_there_are_said(naming: Any) -> None:
    asker, _network, text, kind = naming
    with pytest.raises(TextError, match="no token number 9999"):
        asker.output(text, Wanted(kind, 9999))
    with pytest.raises(AttentionError, match="Both words are the same"):
        asker.output(text, Wanted(kind, 20, 20))
    other: Any = "next" if kind == "mask" else "mask"
    with pytest.raises(AttentionError, match="word comes next"):
        asker.output(text, Wanted(other))
    if kind == "mask":
        with pytest.raises(TextError, match="1 masked words, so there is no masked word 3"):
            asker.output(text, Wanted(kind, place=2))
    for knobs, said in ((Knobs(layer=9), "no layer 10.*has 2"), (Knobs(head=7), "no head 8")):
        with pytest.raises(AttentionError, match=said):
            ALL["attention"].of(asker.output(text, Wanted(kind)), knobs)
    for steps in (0, 513):
        with pytest.raises(AttentionError, match=f"{steps} were asked for"):
            ALL["integrated"].of(asker.output(text, Wanted(kind)), Knobs(steps=steps))


@pytest.mark.parametrize("width", [32, 31])
def test_a_model_that_does_more_with_a_token_than_look_it_up_is_refused(width: int) -> None:
    """Its vectors in place of its tokens give another number, or do not fit at all."""
    asker = Asker(Reader("odd", fake.checkpoint()))
    asker.__dict__["_table"] = nn.Embedding(len(fake.vocabulary()), width)
    with pytest.raises(AttentionError, match="odd does more with a token"):
        asker.output(TEXT, Wanted("similarity", other="a dog"))


def test_a_model_whose_output_is_no_number_says_so() -> None:
    model = fake.model().double()
    asker = Asker(Reader("broken", Checkpoint(model, fake.tokenizer())))
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            if name.endswith("LayerNorm.weight"):
                parameter.fill_(torch.nan)
    with pytest.raises(AttentionError, match="no number for this output"):
        asker.output(TEXT, Wanted("similarity", other="a dog"))


def test_gradients_that_are_no_numbers_spoil_their_own_method_only() -> None:
    output = planted()
    gradient = torch.full((1, 2, 2), torch.nan, dtype=torch.float64)
    broken = replace(output, look=lambda: (replace(output.layers[0], gradient=gradient),))
    for name in ("relevance", "attention-gradient"):
        with pytest.raises(AttentionError, match="NaN or infinite"):
            ALL[name].of(broken)
    for name in ("attention", "rollout", "flow", "values", "gradient", "leave-one-out"):
        assert torch.equal(ALL[name].of(broken).scores, ALL[name].of(output).scores)
    root = replace(output, answer=lambda vectors: (vectors - output.given).sum((1, 2)).sqrt())
    with pytest.raises(AttentionError, match="NaN or infinite"):
        ALL["gradient"].of(root)
    never = replace(output, answer=lambda vectors: vectors.sum((1, 2)) * torch.nan)
    with pytest.raises(AttentionError, match="no number for this output"):
        ALL["leave-one-out"].of(never)


def test_a_model_without_gradients_is_said_and_keeps_its_other_methods() -> None:
    output = planted()
    answer = output.answer
    hard = replace(output, answer=lambda vectors: answer(vectors).detach())
    for name in ("gradient", "integrated"):
        with pytest.raises(AttentionError, match="planted gives no gradients"):
            ALL[name].of(hard)
    assert torch.equal(ALL["leave-one-out"].of(hard).scores, ALL["leave-one-out"].of(output).scores)


def test_a_model_that_only_reports_its_weights_says_what_it_lacks() -> None:
    model = build("gptj").double()
    asker = Asker(Reader("gptj", Checkpoint(model, fake.tokenizer())))
    assert not asker.reader.routed
    output = asker.output(TEXT, Wanted("similarity", other="a dog"))
    answered = {
        "attention", "rollout", "flow", "gradient", "grad-cam", "integrated", "leave-one-out",
        "leave-group-out", "shapley",
    }  # fmt: skip
    for name, method in ALL.items():
        if name in answered:
            knobs = Knobs(steps=4, groups=((1, 2),), samples=4)
            assert bool(method.of(output, knobs).scores.isfinite().all())
        else:
            with pytest.raises(AttentionError, match="gptj"):
                method.of(output)


def test_a_model_that_shows_no_attention_keeps_what_needs_none() -> None:
    output = replace(planted(), look=tuple)
    for name in ("attention", "rollout", "flow", "values", "relevance", "attention-gradient"):
        with pytest.raises(AttentionError, match="planted does not show"):
            ALL[name].of(output)
    for name in SEEING:
        found = ALL[name].of(output).scores
        torch.testing.assert_close(found, torch.tensor([0.25, 1.5]).double(), **SINGLE)


# The registry


def test_every_method_has_a_card_of_its_own() -> None:
    assert list(ALL) == list(attribution.registered())
    assert len({one.place for one in ALL.values()}) == len(ALL) >= 9
    for name, method in ALL.items():
        assert name == method.name
        assert all((method.title, method.source, method.equation, method.constant))
        assert set(method.sees) <= set(attribution.SEES)
        assert set(method.knobs) <= {one.name for one in fields(Knobs)}
        assert method.passes(5, Knobs()).forward >= 1


@pytest.mark.parametrize("name", ALL)
def test_a_method_runs_the_model_as_often_as_its_card_says(name: str) -> None:
    output, ran = planted(), [0, 0]
    answer = output.answer

    def counted(vectors: Tensor) -> Tensor:
        ran[0] += len(vectors)
        made = answer(vectors)
        if made.requires_grad:
            ran[1] += len(vectors)
        return made

    look = output.look
    shown = replace(output, answer=counted, look=look)
    assert shown.value == output.value  # the number itself is known before any method
    ran[:] = [0, 0]
    knobs = Knobs(steps=6, groups=((0, 1),) if name == "leave-group-out" else (), samples=5)
    ALL[name].of(shown, knobs)
    cost = ALL[name].passes(2, knobs)
    asks = name in (*SEEING, "leave-group-out", "shapley")
    looked = 0 if asks else 1
    known = 1 if name in ("leave-one-out", "leave-group-out", "integrated") else 0
    assert ran[0] + looked + known == cost.forward
    assert ran[1] + (looked if "gradient" in ALL[name].sees else 0) == cost.backward
