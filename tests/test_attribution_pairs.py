"""A word of a translation: the library's own encoder–decoders, the paper's loops, sums by hand."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from copy import deepcopy
from functools import cache
from itertools import product
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import AutoModelForSeq2SeqLM

from attention_core.errors import AttentionError, ShapeError, TextError
from attention_core.numbers.attribution import ALL, Knobs, Output
from attention_core.numbers.attribution.relevance import crossing, relevance, shared
from attention_core.watching.acts import Act
from models.families.asking import Wanted
from models.families.seq2seq import Seq2Seq, translator
from models.families.seq2seq.asking import Seq2SeqAsker
from models.loading.checkpoint import pair_from_folder
from models.ours.translator.asking import TranslatorAsker
from models.ours.translator.reader import load_translator
from tests import tiny_pairs

SOURCE = "The cat sat on the mat."
KINDS = ("marian", "t5", "bart", "mbart50", "unequal")
CLOSE: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-7}
"""T5 and mBART normalise in single precision."""


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models of chance seldom end by themselves."""
    monkeypatch.setattr(translator, "ROOM", -6)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    return cache(lambda kind: tiny_pairs.saved(kind, tmp_path_factory.mktemp("pair")))


@pytest.fixture(scope="module")
def asker(folder: Callable[[str], Path]) -> Callable[[str], Seq2SeqAsker]:
    """Who answers for a model of a kind, in double precision."""

    def made(kind: str) -> Seq2SeqAsker:
        place = folder(kind)
        found = Seq2Seq(kind, pair_from_folder(place, place.parent))
        found.watch.model.double()
        return Seq2SeqAsker(found)

    return cache(made)


@pytest.fixture(scope="module")
def library(folder: Callable[[str], Path]) -> Callable[[str], Any]:
    def made(kind: str) -> Any:
        auto: Any = AutoModelForSeq2SeqLM
        found = auto.from_pretrained(folder(kind), attn_implementation="eager")
        return found.double().train(False)

    return cache(made)


def told(one: Seq2SeqAsker, model: Any, place: int, vectors: Tensor | None = None) -> Any:
    """(what the library's model gives, its log-probabilities at that step) for our pair."""
    pair = one._pair(SOURCE)
    frame = one.translator.frame
    inputs: dict[str, Any] = dict(pair.given)
    if vectors is not None:
        del inputs["input_ids"]
        inputs["inputs_embeds"] = vectors
    made = model(**inputs, output_attentions=True)
    row = made.logits[0, place].clone()
    left_out = set(frame.banned) | (set(frame.ends) if place == 0 else set())
    for number in left_out:
        row[number] = -torch.inf
    return made, row - row.logsumexp(0)


def last(one: Seq2SeqAsker) -> int:
    return len(one.written(SOURCE)) - 2


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_is_what_the_librarys_model_gives_the_piece_that_it_wrote(
    kind: str, asker: Callable[[str], Seq2SeqAsker], library: Callable[[str], Any]
) -> None:
    one = asker(kind)
    made = one.translator.translate(SOURCE)
    assert one.written(SOURCE) == tuple(token.text for token in made.target.tokens)
    assert one.translated(SOURCE) == made.text
    place = last(one)
    with torch.no_grad():
        _made, wanted = told(one, library(kind), place)
    word = one._pair(SOURCE).ids[place]
    output = one.output(SOURCE, Wanted("translation", place=place))
    assert output.value == pytest.approx(float(wanted[word]), abs=1e-5)
    assert float(np.exp(output.value)) == pytest.approx(made.chosen[place], abs=1e-5)
    best = one.candidates(SOURCE, "translation", place)
    assert best[0].number == word
    other = next(each.number for each in best if each.number != word)
    rather = one.output(SOURCE, Wanted("translation", rather=other, place=place)).value
    assert rather == pytest.approx(float(wanted[word] - wanted[other]), abs=1e-5)
    shares = one.shares(SOURCE, "translation", place)
    assert float(shares.sum()) == pytest.approx(1.0, abs=1e-6)
    loss = one.loss(SOURCE)
    assert loss == pytest.approx(-float(np.mean(np.log(made.chosen))), abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_leaving_a_piece_out_is_running_the_librarys_model_on_other_vectors(
    kind: str, asker: Callable[[str], Seq2SeqAsker], library: Callable[[str], Any]
) -> None:
    one, model = asker(kind), library(kind)
    place = last(one)
    output = one.output(SOURCE, Wanted("translation", place=place, blank="mean"))
    assert torch.equal(output.given[~output.own], output.blank[~output.own])
    assert bool((~output.own).any())
    table = model.get_encoder().get_input_embeddings()
    word = one._pair(SOURCE).ids[place]
    with torch.no_grad():
        mean = table(torch.arange(len(table.weight))).mean(0)
        found = ALL["leave-one-out"].of(output).scores
        for at, token in enumerate(output.axis.tokens):
            vectors = table(one._pair(SOURCE).given["input_ids"]).clone()
            torch.testing.assert_close(vectors[0], output.given, **CLOSE)
            if getattr(token, "special", False):
                assert float(found[at]) == 0.0
                continue
            vectors[0, at] = mean
            wanted = output.value - float(told(one, model, place, vectors)[1][word])
            assert float(found[at]) == pytest.approx(wanted, rel=1e-4, abs=1e-5)


def by_loops(
    encoder: Sequence[Any], decoder: Sequence[Any], cross: Sequence[Any]
) -> list[list[float]]:
    """Chefer et al. 2021, eq. 5 to 10, number by number; each entry (weights, gradient)."""

    def bar(pair: Any) -> list[list[float]]:
        weights, felt = (one.tolist() for one in pair)
        heads, rows, columns = len(weights), len(weights[0]), len(weights[0][0])
        return [
            [
                sum(max(0.0, weights[h][r][c] * felt[h][r][c]) for h in range(heads)) / heads
                for c in range(columns)
            ]
            for r in range(rows)
        ]

    def times(one: Any, other: Any) -> list[list[float]]:
        columns = list(zip(*other, strict=True))
        return [
            [sum(a * b for a, b in zip(row, column, strict=True)) for column in columns]
            for row in one
        ]

    def plus(one: Any, other: Any) -> list[list[float]]:
        return [[a + b for a, b in zip(x, y, strict=True)] for x, y in zip(one, other, strict=True)]

    def unit(size: int) -> list[list[float]]:
        return [[float(r == c) for c in range(size)] for r in range(size)]

    def normed(total: Any) -> list[list[float]]:
        made = unit(len(total))
        for r in range(len(total)):
            passed = [total[r][c] - (r == c) for c in range(len(total))]
            if sum(passed) > 0:
                made[r] = [p / sum(passed) + (r == c) for c, p in enumerate(passed)]
        return made

    source = unit(encoder[0][0].shape[-1])
    for one in encoder:
        source = plus(source, times(bar(one), source))
    size = decoder[0][0].shape[-1]
    own, over = unit(size), [[0.0] * len(source) for _ in range(size)]
    for looks, crosses in zip(decoder, cross, strict=True):
        step = bar(looks)
        over, own = plus(over, times(step, over)), plus(own, times(step, own))
        turned = [list(column) for column in zip(*normed(own), strict=True)]
        over = plus(over, times(turned, times(bar(crosses), normed(source))))
    return over


@pytest.mark.parametrize("kind", KINDS)
def test_relevance_of_a_translation_is_the_papers_on_the_librarys_own_gradients(
    kind: str, asker: Callable[[str], Seq2SeqAsker], library: Callable[[str], Any]
) -> None:
    one, place = asker(kind), last(asker(kind))
    made, chances = told(one, library(kind), place)
    groups = made.encoder_attentions, made.decoder_attentions, made.cross_attentions
    flat = [layer for group in groups for layer in group]
    slopes = iter(torch.autograd.grad(chances[one._pair(SOURCE).ids[place]], flat))
    pairs = [[(layer[0].detach(), next(slopes)[0]) for layer in group] for group in groups]
    wanted = by_loops(*pairs)[place]
    output = one.output(SOURCE, Wanted("translation", place=place))
    found = ALL["relevance"].of(output).scores
    np.testing.assert_allclose(found.numpy(), wanted, rtol=1e-4, atol=1e-9)
    assert float(found.max()) > 0
    crossed = torch.stack([layer[0].detach().mean(0)[place] for layer in groups[2]]).mean(0)
    torch.testing.assert_close(ALL["attention"].of(output).scores, crossed, **CLOSE)


def test_relevance_of_our_transformer_is_the_papers_on_explicit_gradients() -> None:
    reader = deepcopy(load_translator("transformer-en-fr"))
    reader.network.double()
    one = TranslatorAsker(reader)
    text = "I see a red cat."
    pair, place = one._pair(text), 3
    vectors = reader.network.embed(pair.given.source).detach().requires_grad_()
    followed = reader.network.follow(*pair.given, vectors)
    number = followed.logits[0, place].log_softmax(-1)[pair.ids[place]]
    looks = {
        kind: [one.trace.weights for one in followed.looks if one.place.kind == kind]
        for kind in ("encoder", "decoder", "cross")
    }
    flat = [weights for group in looks.values() for weights in group]
    slopes = iter(torch.autograd.grad(number, flat))
    pairs = [[(each[0].detach(), next(slopes)[0]) for each in group] for group in looks.values()]
    found = ALL["relevance"].of(one.output(text, Wanted("translation", place=place))).scores
    np.testing.assert_allclose(found.numpy(), by_loops(*pairs)[place], rtol=1e-9, atol=1e-14)
    other = ALL["relevance"].of(one.output(text, Wanted("translation", 7, place=place))).scores
    assert not torch.allclose(found, other, rtol=1e-2)


def one_head(*rows: list[float]) -> tuple[Tensor, Tensor]:
    """Weights that are what they pass on, their gradient being 1."""
    weights = torch.tensor([rows], dtype=torch.float64)
    return weights, torch.ones_like(weights)


def test_two_words_and_two_steps_by_hand() -> None:
    encoder = one_head([0.0, 0.0], [0.5, 0.0])
    decoder = one_head([0.2, 0.0], [0.3, 0.1])
    cross = one_head([0.1, 0.2], [0.4, 0.0])
    # R of the source 1 0 / .5 1, in shares 1 0 / 1 1; of the steps 1.2 0 / .3 1.1, 2 0 / .75 1.25
    found = crossing([encoder], [decoder], [cross])
    wanted = torch.tensor([[0.9, 0.4], [0.5, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(found, wanted)
    # a second layer first hands on what is known: 1.2 × .9, 1.2 × .4 / .3 × .9 + 1.1 × .5, .3 × .4
    nothing = (cross[0], torch.zeros_like(cross[0]))
    again = crossing([encoder], [decoder] * 2, [cross, nothing])
    wanted = torch.tensor([[1.08, 0.48], [0.82, 0.12]], dtype=torch.float64)
    torch.testing.assert_close(again, wanted)


def test_where_nothing_was_passed_on_there_is_no_share_and_no_nan() -> None:
    same = torch.eye(3, dtype=torch.float64)
    assert torch.equal(shared(same), same)
    still = (torch.rand(2, 3, 3).double(), torch.zeros(2, 3, 3).double())
    cross = one_head([0.1, 0.0, 0.2], [0.0, 0.3, 0.0], [0.0, 0.0, 0.0])
    assert torch.equal(crossing([still], [still], [cross]), cross[0][0])
    none = (cross[0], torch.zeros_like(cross[0]))
    assert torch.equal(crossing([still], [still], [none]), torch.zeros(3, 3).double())
    with pytest.raises(ShapeError):
        crossing([still], [], [])


@pytest.mark.parametrize("seed", range(5))
def test_shares_sum_to_one_beside_the_identity_and_no_relevance_is_below_zero(seed: int) -> None:
    dice = torch.Generator().manual_seed(seed)

    def layer(rows: int, columns: int) -> tuple[Tensor, Tensor]:
        weights = torch.randn(2, rows, columns, generator=dice, dtype=torch.float64).softmax(-1)
        return weights, torch.randn(2, rows, columns, generator=dice, dtype=torch.float64)

    encoder = [layer(4, 4) for _ in range(2)]
    made = shared(relevance(encoder))
    sums = made.sum(-1)
    assert all(abs(float(one) - 2) < 1e-12 or abs(float(one) - 1) < 1e-12 for one in sums)
    found = crossing(encoder, [layer(3, 3) for _ in range(2)], [layer(3, 4) for _ in range(2)])
    assert bool((found >= 0).all())
    wanted = by_loops(*([one] for one in (encoder[0], layer(3, 3), layer(3, 4))))
    assert len(wanted) == 3


def test_every_method_answers_or_says_why(asker: Callable[[str], Seq2SeqAsker]) -> None:
    one = asker("marian")
    output = one.output(SOURCE, Wanted("translation", place=last(one)))
    for name, method in ALL.items():
        if name in ("rollout", "flow"):
            with pytest.raises(AttentionError, match="from its translation at the source"):
                method.of(output)
        elif name == "grad-cam":
            with pytest.raises(AttentionError, match="needs what a deep layer holds"):
                method.of(output)
        else:
            found = method.of(output, Knobs(steps=8, groups=((0, 1),), samples=4)).scores
            assert bool(found.isfinite().all())
            assert len(found) == len(output.axis.tokens)
    assert all(one.grad is None for one in one.translator.watch.model.parameters())


def test_values_are_the_vectors_that_the_looks_at_the_source_add(
    asker: Callable[[str], Seq2SeqAsker],
) -> None:
    one = asker("marian")
    output = one.output(SOURCE, Wanted("translation", place=1))
    model: Any = one.translator.watch.model
    added: list[Tensor] = []
    joins = [layer.encoder_attn.out_proj for layer in model.model.decoder.layers]
    hooks = [join.register_forward_hook(lambda _m, _g, made: added.append(made)) for join in joins]
    output.numbers(output.given[None])
    for hook in hooks:
        hook.remove()
    for layer, made, join in zip(output.layers, added, joins, strict=True):
        assert layer.vectors is not None
        whole = torch.einsum("hqk,hkd->qd", layer.weights, layer.vectors()) + join.bias
        torch.testing.assert_close(whole.detach(), made[0].detach(), rtol=1e-9, atol=1e-11)


def test_what_cannot_be_asked_is_said(asker: Callable[[str], Seq2SeqAsker]) -> None:
    one = asker("marian")
    with pytest.raises(AttentionError, match="translates; ask it"):
        one.output(SOURCE, Wanted("next"))
    with pytest.raises(TextError, match="there is no piece 100"):
        one.output(SOURCE, Wanted("translation", place=99))
    with pytest.raises(TextError, match="no token number"):
        one.output(SOURCE, Wanted("translation", word=10**6))
    with pytest.raises(AttentionError, match="no such token"):
        one.output(SOURCE, Wanted("translation", blank="mask"))
    with pytest.raises(AttentionError, match="Both words are the same"):
        one.output(SOURCE, Wanted("translation", rather=one._pair(SOURCE).ids[0]))
    forbidden = min(one.translator.frame.banned & one.translator.frame.target.known)
    never = one.output(SOURCE, Wanted("translation", word=forbidden))
    with pytest.raises(AttentionError, match="no number for this output"):
        ALL["leave-one-out"].of(never)


def test_the_piece_that_a_model_must_begin_with_is_made_of_nothing(
    asker: Callable[[str], Seq2SeqAsker],
) -> None:
    one = asker("mbart50")
    output = one.output(SOURCE, Wanted("translation"))
    assert output.value == 0.0
    assert [each.share for each in one.candidates(SOURCE, "translation")] == [1.0]
    for name in ("gradient", "leave-one-out", "relevance"):
        assert not bool(ALL[name].of(output).scores.any())


def test_a_head_switched_off_is_that_of_an_edit(asker: Callable[[str], Seq2SeqAsker]) -> None:
    one = asker("marian")
    output: Output = one.output(SOURCE, Wanted("translation", place=1))
    body = one.body(SOURCE)
    kinds = {site.partition(".")[0] for site in body.seats}
    assert kinds == {"encoder", "decoder", "cross"}
    assert (body.seats["cross.0"].queries, body.seats["cross.0"].keys) == (
        len(one.written(SOURCE)), len(output.axis.tokens),
    )  # fmt: skip
    model: Any = one.translator.watch.model
    join = model.model.decoder.layers[1].encoder_attn.out_proj
    width = join.in_features // body.seats["cross.1"].heads

    def without(_module: Any, given: Any) -> Any:
        kept = given[0].clone()
        kept[..., 2 * width : 3 * width] = 0
        return (kept,)

    hook = join.register_forward_pre_hook(without)
    wanted = float(output.numbers(output.given[None])[0])
    hook.remove()
    with body.acting([Act("head", "cross.1", head=2)]):
        found = float(output.numbers(output.given[None])[0])
    assert found == pytest.approx(wanted, abs=1e-10)
    assert found != pytest.approx(output.value, abs=1e-6)
    assert len(list(product(body.layers, body.mlps))) > 0
