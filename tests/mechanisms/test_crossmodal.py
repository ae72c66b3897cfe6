"""Words and pictures: sums by hand, CLIP and SCAN as others work them out, and what must hold."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import CLIPConfig, CLIPModel

from attention_core.errors import ShapeError
from attention_core.mechanisms.families.crossmodal import (
    CoAttention,
    StackedCross,
    TwoTower,
    contrastive_loss,
    cosines,
    matching,
)
from attention_core.mechanisms.mechanism import Mechanism
from tests.mechanisms.arithmetic import attended, matrix, product
from tests.mechanisms.builder import Array, by_hand
from tests.mechanisms.inputs import made


def cosine(one: Array, other: Array) -> float:
    return product(one, other) / math.sqrt(product(one, one) * product(other, other))


@by_hand("stacked_cross", StackedCross, 11, 11, 13, together=True)
def stacked_cross_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    """λ [cos]₊ over the length of a region's column; a forbidden pair adds nothing to it."""
    assert isinstance(m, StackedCross)

    def kept(i: int, j: int) -> float:
        return max(0.0, cosine(query[i], key[j])) if allowed[i, j] else 0.0

    def score(i: int, j: int) -> float:
        length = math.sqrt(sum(kept(word, j) ** 2 for word in range(len(query))))
        return m.sharpness * kept(i, j) / length if length else 0.0

    return attended(score, value, allowed)


@by_hand(
    "co_attention",
    lambda: CoAttention(11, 17),
    11,
    11,
    13,
    together=True,
    aside=("query_score.weight",),
)
def co_attention_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    """w · tanh(W_v v + Σ over the words of (W_q q) C), the same for every word."""
    assert isinstance(m, CoAttention)
    bilinear, of_word, of_region = map(matrix, (m.affinity, m.query_projection, m.key_projection))
    w = matrix(m.key_score)[0]

    def affinity(i: int, j: int) -> float:
        inner = sum(
            query[i, a] * bilinear[a, b] * key[j, b]
            for a in range(query.shape[1])
            for b in range(key.shape[1])
        )
        return math.tanh(inner) if allowed[i, j] else 0.0

    def hidden(n: int, j: int) -> float:
        told = sum(product(of_word[n], query[i]) * affinity(i, j) for i in range(len(query)))
        return math.tanh(product(of_region[n], key[j]) + told)

    scores = [sum(w[n] * hidden(n, j) for n in range(len(w))) for j in range(len(key))]
    return attended(lambda _, j: scores[j], value, allowed)


@by_hand("two_tower", TwoTower, 11, 11, 13)
def two_tower_by_hand(
    m: Mechanism, query: Array, key: Array, value: Array, allowed: Array
) -> Array:
    """exp(t) · cos"""
    assert isinstance(m, TwoTower)
    return attended(lambda i, j: m.scale * cosine(query[i], key[j]), value, allowed)


WORDS, REGIONS, WIDTH = 5, 7, 11
LAST = 98
"""The largest token of the tiny CLIP: the end of a text, where its tower is read."""


def rows(count: int, seed: int, width: int = WIDTH) -> Tensor:
    dice = torch.Generator().manual_seed(seed)
    return torch.randn(count, width, generator=dice, dtype=torch.float64)


def scan(words: Array, regions: Array, sharpness: float, leak: float) -> tuple[Array, Array]:
    """Text to image as the SCAN program lays it out: (region, word), and each word's R.

    leak  0 is the paper's [.]₊, 0.1 the program's LeakyReLU
    """
    words = words / np.linalg.norm(words, axis=1, keepdims=True)
    regions = regions / np.linalg.norm(regions, axis=1, keepdims=True)
    likeness = np.einsum("rd,wd->rw", regions, words)
    likeness = np.where(likeness > 0, likeness, leak * likeness)
    likeness /= np.sqrt((likeness**2).sum(1, keepdims=True)) + 1e-8
    grown = np.exp(sharpness * likeness)
    share = grown / grown.sum(0, keepdims=True)
    taken = np.einsum("rw,rd->wd", share, regions)
    fit = (words * taken).sum(1) / np.linalg.norm(words, axis=1) / np.linalg.norm(taken, axis=1)
    return share, fit


# Stacked cross attention


def test_stacked_cross_by_hand() -> None:
    """Region 1 is like both words (0.8 and 0.6, whose squares add to 1); region 2 only unlike.

    With sharpness 5·ln 3 the words score 4·ln 3 and 3·ln 3 against 0: 81 : 1 and 27 : 1.
    """
    regions = torch.tensor([[0.0, 7.0], [-3.0, -1.0]])
    words = torch.tensor([[0.6, 0.8], [1.6, 1.2]])
    trace = StackedCross(5 * math.log(3))(words, regions)
    expected = torch.tensor([[[81 / 82, 1 / 82], [27 / 28, 1 / 28]]])
    torch.testing.assert_close(trace.weights, expected)
    unlike = [-(0.6 * 3 + 0.8) / math.sqrt(10), -(0.8 * 3 + 0.6) / math.sqrt(10)]
    expected = torch.tensor([[0.8, unlike[0]], [0.6, unlike[1]]])
    torch.testing.assert_close(trace.extras[0].tensor[0], expected)


@pytest.mark.parametrize("leak", [0.0, 0.1])
@pytest.mark.parametrize("sharpness", [4.0, 9.0, 20.0])
def test_stacked_cross_equals_the_paper_and_with_a_leak_the_authors_program(
    leak: float, sharpness: float
) -> None:
    words, regions = rows(WORDS, 1), rows(REGIONS, 2)
    share, fit = scan(words.numpy(), regions.numpy(), sharpness, leak)
    directions = regions / regions.norm(dim=1, keepdim=True)
    trace = StackedCross(sharpness, leak)(words, directions)
    np.testing.assert_allclose(trace.weights[0].numpy().T, share, atol=1e-7)
    np.testing.assert_allclose(matching(words, trace.context).words.numpy(), fit, atol=1e-7)


def test_what_is_left_unsaid_is_as_the_authors_set_it() -> None:
    """λ₁ = 9 and λ₂ = 6 from text to image, and no leak."""
    words, regions = rows(WORDS, 1), rows(REGIONS, 2)
    trace = StackedCross()(words, regions)
    assert torch.equal(trace.weights, StackedCross(9.0, 0.0)(words, regions).weights)
    said = matching(words, trace.context, 6.0)
    assert torch.equal(matching(words, trace.context).strong, said.strong)


def test_the_paper_and_the_program_differ_only_by_unlike_pairs() -> None:
    words, regions = rows(WORDS, 1), rows(REGIONS, 2)
    paper, program = StackedCross(), StackedCross(leak=0.1)
    assert (paper(words, regions).weights - program(words, regions).weights).abs().max() > 0.01
    like = (words.abs(), regions.abs())
    assert torch.equal(paper(*like).weights, program(*like).weights)


def test_the_words_share_each_region() -> None:
    """Squares of scores over the sharpness add up to 1 over the words, if one is like it at all."""
    trace = StackedCross(9.0)(rows(WORDS, 3), rows(REGIONS, 4))
    like = (trace.extras[0].tensor[0] > 0).any(0)
    assert like.tolist() == [False, *[True] * 6]
    torch.testing.assert_close((trace.scores[0] / 9).square().sum(0), like.double())
    assert trace.scores.min() == 0


def test_lengths_of_vectors_do_not_count() -> None:
    words, regions = rows(WORDS, 3), rows(REGIONS, 4)
    for mechanism in (StackedCross(), TwoTower()):
        weights = mechanism(words * 5, regions * torch.arange(1, 8).unsqueeze(1)).weights
        torch.testing.assert_close(weights, mechanism(words, regions).weights)


def test_a_word_unlike_every_region_looks_at_all_alike() -> None:
    regions = rows(REGIONS, 4).abs()
    trace = StackedCross()(-rows(1, 3).abs(), regions)
    torch.testing.assert_close(trace.weights, torch.full((1, 1, REGIONS), 1 / 7).double())


def test_a_vector_of_zeros_is_like_nothing() -> None:
    nowhere = torch.zeros(1, WIDTH, dtype=torch.float64, requires_grad=True)
    found = StackedCross()(nowhere, rows(REGIONS, 4))
    assert (found.extras[0].tensor == 0).all()
    found.context.sum().backward()
    assert nowhere.grad is not None
    assert torch.isfinite(nowhere.grad).all()


# Matching


def test_matching_by_hand() -> None:
    """One word found itself, the other something at right angles: ln(e² + 1) / 2 and one half."""
    words = torch.tensor([[3.0, 0.0], [0.0, 2.0]])
    found = matching(words, torch.tensor([[5.0, 0.0], [1.0, 0.0]]), sharpness=2.0)
    assert found.words.tolist() == [1.0, 0.0]
    assert float(found.strong) == pytest.approx(math.log(math.e**2 + 1) / 2)
    assert float(found.mean) == pytest.approx(0.5)


@pytest.mark.parametrize("sharpness", [0.5, 6.0, 60.0])
def test_the_pooled_match_lies_a_little_above_the_best_word(sharpness: float) -> None:
    words, regions = rows(WORDS, 5), rows(REGIONS, 6)
    found = matching(words, StackedCross()(words, regions).context, sharpness)
    best = found.words.max()
    assert best <= found.strong <= best + math.log(WORDS) / sharpness
    assert found.words.abs().max() <= 1


def test_the_order_of_regions_leaves_the_match() -> None:
    words, regions = rows(WORDS, 5), rows(REGIONS, 6)
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    before = matching(words, StackedCross()(words, regions).context)
    after = matching(words, StackedCross()(words, regions[order]).context)
    for one, other in zip(before, after, strict=True):
        torch.testing.assert_close(one, other)


def test_a_word_that_is_in_the_picture_fits_better_than_one_that_is_not() -> None:
    regions = torch.eye(REGIONS, 9, dtype=torch.float64)
    words = torch.eye(9, dtype=torch.float64)[[2, 5, 8]]  # the last is no region's direction
    fits = matching(words, StackedCross(20.0)(words, regions).context).words
    assert fits[:2].min() > 0.99
    assert fits[2] == 0


# Co-attention


def test_co_attention_by_hand() -> None:
    """One word, two regions; every number is the tanh of the one before it."""
    mechanism = CoAttention(1, 1)
    for parameter in mechanism.parameters():
        torch.nn.init.ones_(parameter)
    word, regions = torch.tensor([[0.5]]), torch.tensor([[1.0], [-2.0]])
    trace = mechanism(word, regions)
    affinity = [math.tanh(0.5), math.tanh(-1.0)]
    scores = [math.tanh(1 + 0.5 * affinity[0]), math.tanh(-2 + 0.5 * affinity[1])]
    first = 1 / (1 + math.exp(scores[1] - scores[0]))
    assert trace.weights.flatten().tolist() == pytest.approx([first, 1 - first])
    assert trace.context.item() == pytest.approx(first - 2 * (1 - first))
    assert trace.extras[0].tensor.flatten().tolist() == pytest.approx(affinity)
    assert trace.extras[1].tensor.tolist() == [[1.0]]


def test_the_whole_question_looks_at_the_picture_once() -> None:
    trace = made("co_attention")(rows(WORDS, 7), rows(REGIONS, 8))
    assert all(torch.equal(row, trace.weights[0, 0]) for row in trace.weights[0])
    assert all(torch.equal(row, trace.context[0]) for row in trace.context)


def test_words_are_heard_in_shares_of_one_and_those_that_see_nothing_not_at_all() -> None:
    allowed = torch.ones(WORDS, REGIONS, dtype=torch.bool)
    allowed[2] = False
    affinity, words = made("co_attention")(rows(WORDS, 7), rows(REGIONS, 8), None, allowed).extras
    assert words.tensor.shape == (1, WORDS)
    assert words.tensor.sum().item() == pytest.approx(1)
    assert (words.tensor[0] > 0).tolist() == [True, True, False, True, True]
    assert affinity.tensor.shape == (1, WORDS, REGIONS)
    assert affinity.tensor.abs().max() < 1
    assert (affinity.tensor[0, 2] == 0).all()


def test_the_words_are_heard_as_the_paper_says() -> None:
    """a^q in matrix form, with words and regions as columns as in the paper."""
    mechanism, words, regions = made("co_attention"), rows(WORDS, 7), rows(REGIONS, 8)
    assert isinstance(mechanism, CoAttention)
    bilinear, of_words, of_regions, w_q, w_v = (
        part.weight.detach().numpy()
        for part in (
            mechanism.affinity, mechanism.query_projection, mechanism.key_projection,
            mechanism.query_score, mechanism.key_score,
        )
    )  # fmt: skip
    question, picture = words.numpy().T, regions.numpy().T
    affinity = np.tanh(question.T @ bilinear @ picture)
    heard = np.exp(w_q @ np.tanh(of_words @ question + of_regions @ picture @ affinity.T))
    looked = np.exp(w_v @ np.tanh(of_regions @ picture + of_words @ question @ affinity))
    trace = mechanism(words, regions)
    np.testing.assert_allclose(trace.extras[1].tensor.detach(), heard / heard.sum(), atol=1e-12)
    np.testing.assert_allclose(trace.weights[0, :1].detach(), looked / looked.sum(), atol=1e-12)


def test_regions_in_another_order_are_looked_at_in_that_order() -> None:
    mechanism, words, regions = made("co_attention"), rows(WORDS, 7), rows(REGIONS, 8)
    order = torch.tensor([3, 0, 6, 1, 5, 2, 4])
    before, after = mechanism(words, regions), mechanism(words, regions[order])
    torch.testing.assert_close(after.weights, before.weights[..., order])
    torch.testing.assert_close(after.extras[1].tensor, before.extras[1].tensor)


# Two towers


def test_two_towers_by_hand() -> None:
    """Cosines 1 and 0 times ln 3: the weights are 3/4 and 1/4."""
    text, pictures = torch.tensor([[4.0, 0.0]]), torch.tensor([[0.5, 0.0], [0.0, 9.0]])
    weights = TwoTower(math.log(3))(text, pictures).weights
    assert weights.flatten().tolist() == pytest.approx([0.75, 0.25])


@pytest.fixture(scope="module")
def clip() -> CLIPModel:
    """A CLIP with invented parameters, whose texts are read where they end."""
    tower = {
        "hidden_size": 24, "intermediate_size": 29, "num_hidden_layers": 2,
        "num_attention_heads": 3,
    }  # fmt: skip
    text = {**tower, "vocab_size": LAST + 1, "max_position_embeddings": 13, "eos_token_id": LAST,
            "bos_token_id": 0, "pad_token_id": 1}  # fmt: skip
    torch.manual_seed(17)
    config = CLIPConfig(
        text_config=text,
        vision_config={**tower, "image_size": 12, "patch_size": 4},
        projection_dim=19,
    )
    model: CLIPModel = CLIPModel(config).double()
    return model


@pytest.fixture(scope="module")
def pairs() -> dict[str, Tensor]:
    """Five texts that end at their last token, and five pictures."""
    dice = torch.Generator().manual_seed(23)
    texts = torch.randint(2, LAST, (5, 7), generator=dice)
    texts[:, -1] = LAST
    pixels = torch.randn(5, 3, 12, 12, generator=dice, dtype=torch.float64)
    return {"input_ids": texts, "pixel_values": pixels}


@torch.no_grad()
def towers(clip: CLIPModel, pairs: dict[str, Tensor]) -> tuple[Tensor, Tensor]:
    """What each tower makes of its own side, before anything is scaled to length 1."""
    text = clip.text_projection(clip.text_model(pairs["input_ids"]).pooler_output)
    image = clip.visual_projection(clip.vision_model(pairs["pixel_values"]).pooler_output)
    return text, image


@torch.no_grad()
def test_two_towers_and_their_loss_equal_clips(clip: CLIPModel, pairs: dict[str, Tensor]) -> None:
    theirs = clip(**pairs, return_loss=True)
    text, image = towers(clip, pairs)
    assert (text.norm(dim=1) - 1).abs().min() > 0.01
    scale = float(clip.logit_scale.exp())
    trace = TwoTower(scale)(text, image)
    torch.testing.assert_close(trace.scores[0], theirs.logits_per_text)
    torch.testing.assert_close(trace.weights[0], theirs.logits_per_text.softmax(1))
    torch.testing.assert_close(contrastive_loss(text, image, clip.logit_scale), theirs.loss)


def test_clip_starts_where_our_scale_does(clip: CLIPModel) -> None:
    assert float(clip.logit_scale.detach().exp()) == pytest.approx(TwoTower().scale, rel=1e-3)


def test_texts_looking_at_pictures_are_pictures_looking_at_texts_turned_over() -> None:
    text, image = rows(5, 9), rows(5, 10)
    torch.testing.assert_close(cosines(text, image), cosines(image, text).mT)
    t = torch.tensor(2.0).double()
    torch.testing.assert_close(contrastive_loss(text, image, t), contrastive_loss(image, text, t))


def test_pairs_that_all_look_alike_lose_the_logarithm_of_their_number() -> None:
    alike = rows(1, 9).expand(5, WIDTH)
    loss = contrastive_loss(alike, alike, torch.tensor(3.0).double())
    assert float(loss) == pytest.approx(math.log(5))


def test_the_loss_is_the_mean_surprise_at_the_partners_both_ways() -> None:
    text, image = rows(5, 9).numpy(), rows(5, 10).numpy()
    logits = np.array(
        [[2.5 * t @ i / np.linalg.norm(t) / np.linalg.norm(i) for i in image] for t in text]
    )
    by_text = [-math.log(math.exp(logits[n, n]) / np.exp(logits[n]).sum()) for n in range(5)]
    by_image = [-math.log(math.exp(logits[n, n]) / np.exp(logits[:, n]).sum()) for n in range(5)]
    loss = contrastive_loss(
        torch.tensor(text), torch.tensor(image), torch.tensor(math.log(2.5)).double()
    )
    assert float(loss) == pytest.approx((sum(by_text) + sum(by_image)) / 10)


def test_pairs_in_another_order_lose_the_same() -> None:
    text, image, order = rows(5, 9), rows(5, 10), torch.tensor([3, 0, 4, 1, 2])
    t = torch.tensor(2.0).double()
    torch.testing.assert_close(
        contrastive_loss(text[order], image[order], t), contrastive_loss(text, image, t)
    )


def test_cosines_are_never_multiplied_by_more_than_a_hundred() -> None:
    text, image = rows(5, 9), rows(5, 10)
    most = contrastive_loss(text, image, torch.tensor(math.log(100)).double())
    beyond = contrastive_loss(text, image, torch.tensor(9.0).double())
    assert float(beyond) == pytest.approx(float(most))
    below = contrastive_loss(text, image, torch.tensor(math.log(90)).double())
    assert float(below) != pytest.approx(float(most))


def test_the_loss_can_be_learned_from() -> None:
    leaves = [rows(4, 9).requires_grad_(), rows(4, 10).requires_grad_(), torch.tensor(1.0).double()]
    leaves[2].requires_grad_()
    assert torch.autograd.gradcheck(contrastive_loss, leaves)


# Refusals


@pytest.mark.parametrize("name", ["stacked_cross", "two_tower"])
def test_cosines_of_different_widths_are_refused(name: str) -> None:
    with pytest.raises(ShapeError) as caught:
        made(name)(rows(WORDS, 1), rows(REGIONS, 2, WIDTH - 1))
    sentence = "Queries are 11 wide but keys 10; a dot product needs the same width."
    assert str(caught.value) == sentence


@pytest.mark.parametrize("part", [0, 1])
def test_co_attention_over_another_width_is_refused(part: int) -> None:
    given = [rows(WORDS, 1), rows(REGIONS, 2)]
    given[part] = given[part][:, 1:]
    with pytest.raises(ShapeError, match="is 10 wide; this mechanism was built for 11"):
        made("co_attention")(*given)


@pytest.mark.parametrize(
    ("sharpness", "leak"), [(0, 0), (-1, 0), (math.inf, 0), (math.nan, 0), (9, -0.1), (9, 1.1)]
)
def test_a_sharpness_or_a_leak_that_gives_no_weights_is_refused(
    sharpness: float, leak: float
) -> None:
    with pytest.raises(ShapeError, match=f"A sharpness of {sharpness} and a leak of {leak} give"):
        StackedCross(sharpness, leak)


@pytest.mark.parametrize("scale", [0, -2, 100.5, math.nan])
def test_a_scale_that_clip_would_not_use_is_refused(scale: float) -> None:
    with pytest.raises(ShapeError, match=f"Cosines cannot be scaled by {scale}; use more than 0"):
        TwoTower(scale)


def test_words_without_contexts_of_their_own_are_refused() -> None:
    with pytest.raises(ShapeError) as caught:
        matching(rows(WORDS, 1), rows(WORDS - 1, 2))
    assert str(caught.value) == (
        "The words are (5, 11) and what they took is (4, 11); each word needs one context of its "
        "own width."
    )


@pytest.mark.parametrize(("count", "sharpness"), [(0, 6.0), (3, 0.0), (3, math.inf)])
def test_nothing_cannot_be_pooled(count: int, sharpness: float) -> None:
    with pytest.raises(ShapeError, match=f"{count} words at a sharpness of {sharpness} cannot be"):
        matching(rows(count, 1), rows(count, 2), sharpness)


@pytest.mark.parametrize(
    ("texts", "pictures"),
    [((5, 11), (4, 11)), ((5, 11), (5, 9)), ((0, 11), (0, 11)), ((2, 5, 11), (2, 5, 11))],
)
def test_texts_without_partners_are_refused(
    texts: tuple[int, ...], pictures: tuple[int, ...]
) -> None:
    with pytest.raises(ShapeError) as caught:
        contrastive_loss(torch.ones(texts), torch.ones(pictures), torch.tensor(1.0))
    assert str(caught.value) == (
        f"The texts are {texts} and the pictures {pictures}; both need the same (pair, width)."
    )
