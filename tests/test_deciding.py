"""The translator whose picture decides: its equations, its pictures, its sentences, its promise."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from torch import Tensor

from attention_core.errors import ModelError, TextError, TooLong
from attention_core.watching.capture import capture, editing
from attention_core.watching.edit import Edit, placed
from models.ours.decides import evaluate, fetch
from models.ours.decides.canvas import (
    GRID,
    PLACES,
    composed,
    covering,
    in_place,
    placed_tensor,
    scattered,
)
from models.ours.decides.drawings import SHIPPED, drawing, small
from models.ours.decides.network import Network, Shape
from models.ours.decides.nouns import Language, ambiguous, drawings, senses
from models.ours.decides.reader import CHECKPOINT, Decider, canvas, load_decider
from models.ours.decides.scene import beside, noun, png, scene, titles
from models.ours.decides.sentences import frames, held_out, sentence, sentences, spoken, words
from models.ours.decides.vocabulary import END_ID, LANGUAGES, vocabulary

Numbers = NDArray[np.float64]
PROMISE = 0.9
"""The share of small held-out translations with the right noun; measured: see the card."""
SMALL = Shape(words=11, target=13, names=8, embedding=3, encoder=5, decoder=7, attention=2, cells=4)
"""Every size another prime, or at least another number, so that no axis stands in for another."""
SOURCE = torch.tensor([[4, 5, 6, 1], [7, 8, 1, 0]])
TARGET = torch.tensor([[2, 5, 6], [3, 9, 10]])


@pytest.fixture
def network() -> Network:
    torch.manual_seed(3)
    made = Network(SMALL).double().eval().requires_grad_(False)
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.copy_(torch.randn_like(parameter) * 0.7)
    return made


@pytest.fixture
def cells() -> Tensor:
    return torch.rand(2, 6, SMALL.names, dtype=torch.float64, generator=_dice())


def _dice() -> torch.Generator:
    return torch.Generator().manual_seed(5)


# The equations


def sigmoid(x: Numbers) -> Numbers:
    return 1 / (1 + np.exp(-x))


class Literal:
    """Calixto et al. 2017, sections 3.1 to 3.3, and Nguyen & Chiang 2018, section 4: one sentence,
    one step at a time."""

    def __init__(self, network: Network) -> None:
        self.w = {key: value.numpy() for key, value in network.state_dict().items()}

    def gru(self, name: str, x: Numbers, h: Numbers, suffix: str = "") -> Numbers:
        given = self.w[f"{name}.weight_ih{suffix}"] @ x + self.w[f"{name}.bias_ih{suffix}"]
        kept = self.w[f"{name}.weight_hh{suffix}"] @ h + self.w[f"{name}.bias_hh{suffix}"]
        size = len(h)
        r = sigmoid(given[:size] + kept[:size])
        z = sigmoid(given[size : 2 * size] + kept[size : 2 * size])
        n = np.tanh(given[2 * size :] + r * kept[2 * size :])
        made: Numbers = (1 - z) * n + z * h
        return made

    def linear(self, name: str, x: Numbers) -> Numbers:
        made: Numbers = self.w[f"{name}.weight"] @ x + self.w.get(f"{name}.bias", 0)
        return made

    def annotations(self, source: list[int]) -> tuple[list[Numbers], Numbers, Numbers]:
        size = SMALL.encoder
        words = [self.w["words.weight"][number] for number in source]
        forward, backward = [np.zeros(size)], [np.zeros(size)]
        for word in words:
            forward.append(self.gru("encoder", word, forward[-1], "_l0"))
        for word in reversed(words):
            backward.append(self.gru("encoder", word, backward[-1], "_l0_reverse"))
        both = zip(forward[1:], reversed(backward[1:]), strict=True)
        return [np.concatenate(pair) for pair in both], forward[-1], backward[-1]

    def look(self, name: str, query: Numbers, keys: list[Numbers]) -> tuple[list[float], Numbers]:
        """e_j = v tanh(W s' + U h_j); shares by softmax; what they take along."""
        scores = [
            float(
                self.linear(
                    f"{name}.score",
                    np.tanh(
                        self.linear(f"{name}.query_projection", query)
                        + self.linear(f"{name}.key_projection", key)
                    ),
                )[0]
            )
            for key in keys
        ]
        total = sum(math.exp(score) for score in scores)
        shares = [math.exp(score) / total for score in scores]
        context: Numbers = np.sum(
            [share * key for share, key in zip(shares, keys, strict=True)], axis=0
        )
        return shares, context

    def follow(
        self, source: list[int], target: list[int], cells: Numbers | None
    ) -> list[tuple[Numbers, float, list[float], list[float]]]:
        """For each word: logits, β, shares of the words, shares of the cells."""
        notes, first, last = self.annotations(source)
        state = np.tanh(self.linear("first_state", np.concatenate([first, last])))
        made = []
        for number in target:
            word = self.w["written.weight"][number]
            proposed = self.gru("proposal", word, state)
            over_words, text = self.look("attention", proposed, notes)
            gate, over_cells, picture = 0.0, list[float](), np.zeros(SMALL.cells)
            if cells is not None:
                gate = float(sigmoid(self.linear("gate", state))[0])
                meant = [self.linear("meaning", named) for named in cells]
                over_cells, seen = self.look("picture_attention", proposed, meant)
                picture = gate * seen
            state = self.gru("update", np.concatenate([text, picture]), proposed)
            readout = np.tanh(self.linear("readout", np.concatenate([state, word, text, picture])))
            lexical = np.sum(
                [
                    share * self.w["words.weight"][one]
                    for share, one in zip(over_words, source, strict=True)
                ],
                axis=0,
            )
            logits = (
                self.linear("output", readout)
                + self.linear("lexicon", lexical)
                + self.linear("picture_lexicon", picture)
            )
            made.append((logits, gate, over_words, over_cells))
        return made


@pytest.mark.parametrize("row", [0, 1])
def test_it_is_the_equations_of_the_paper(network: Network, cells: Tensor, row: int) -> None:
    made = network.follow(SOURCE, TARGET, cells)
    length = int((SOURCE[row] != 0).sum())
    expected = Literal(network).follow(
        SOURCE[row, :length].tolist(), TARGET[row].tolist(), cells[row].numpy()
    )
    for step, (logits, gate, over_words, over_cells) in enumerate(expected):
        np.testing.assert_allclose(made.logits[row, step].detach(), logits, atol=1e-11)
        assert float(made.gates[row, step]) == pytest.approx(gate, abs=1e-12)
        np.testing.assert_allclose(
            made.text.weights[row, 0, step, :length].detach(), over_words, atol=1e-12
        )
        np.testing.assert_allclose(
            made.picture.weights[row, 0, step].detach(), over_cells, atol=1e-12
        )
        assert not made.text.weights[row, 0, step, length:].any()


def test_with_shut_gates_it_is_a_translator_of_text_alone(network: Network, cells: Tensor) -> None:
    shut = torch.zeros(2, 1, dtype=torch.float64)
    made = network.follow(SOURCE, TARGET, cells, shut)
    assert not made.gates.any()
    assert torch.equal(made.logits, network.follow(SOURCE, TARGET, cells.flip(-1), shut).logits)
    expected = Literal(network).follow(SOURCE[0].tolist(), TARGET[0].tolist(), None)
    for step, (logits, *_rest) in enumerate(expected):
        np.testing.assert_allclose(made.logits[0, step].detach(), logits, atol=1e-11)


def test_an_open_gate_lets_the_picture_in(network: Network, cells: Tensor) -> None:
    here, there = (network.follow(SOURCE, TARGET, one).logits for one in (cells, cells.flip(-1)))
    assert (here - there).abs().amax(-1).min() > 1e-6


def test_cells_in_another_order_are_the_same_picture(network: Network, cells: Tensor) -> None:
    order = torch.tensor([3, 0, 5, 1, 4, 2])
    made, mixed = (network.follow(SOURCE, TARGET, one) for one in (cells, cells[:, order]))
    torch.testing.assert_close(mixed.logits, made.logits, atol=1e-12, rtol=0)
    torch.testing.assert_close(
        mixed.picture.weights, made.picture.weights[..., order], atol=1e-12, rtol=0
    )


def test_both_looks_sum_to_one_and_gates_lie_between(network: Network, cells: Tensor) -> None:
    made = network.follow(SOURCE, TARGET, cells)
    for trace in (made.text, made.picture):
        sums = trace.weights.sum(-1)
        torch.testing.assert_close(sums, torch.ones_like(sums), atol=1e-12, rtol=0)
    assert bool(((made.gates > 0) & (made.gates < 1)).all())


def test_word_by_word_is_all_at_once(network: Network, cells: Tensor) -> None:
    made = network.follow(SOURCE, TARGET, cells)
    read = network.read(SOURCE, cells)
    state = read.begun
    for number, word in enumerate(TARGET.unbind(1)):
        step = network.step(read, network.written(word), state, number)
        state = step.state
        torch.testing.assert_close(step.logits, made.logits[:, number], atol=1e-12, rtol=0)
        torch.testing.assert_close(step.gate[:, 0], made.gates[:, number], atol=1e-12, rtol=0)


def test_padding_changes_nothing(network: Network, cells: Tensor) -> None:
    alone = network.follow(SOURCE[1:, :3], TARGET[1:], cells[1:])
    torch.testing.assert_close(
        network.follow(SOURCE, TARGET, cells).logits[1:], alone.logits, atol=1e-12, rtol=0
    )


def test_captured_weights_times_values_are_what_the_network_took(
    network: Network, cells: Tensor
) -> None:
    with capture() as seen:
        made = network.follow(SOURCE, TARGET, cells)
    looks: dict[object, list[Tensor]] = {}
    for look in seen.looks:
        looks.setdefault(look.module, []).append(look.weights)
    for module, trace in (
        (network.attention, made.text), (network.picture_attention, made.picture),
    ):  # fmt: skip
        weights = torch.cat(looks[module], -2)
        assert torch.equal(weights, trace.weights.squeeze(1).detach())
        taken = module.take(weights.unsqueeze(1), trace.values)
        torch.testing.assert_close(taken, trace.context.detach(), atol=1e-12, rtol=0)


def test_an_edit_of_the_picture_look_reaches_the_words(network: Network, cells: Tensor) -> None:
    before = network.follow(SOURCE, TARGET, cells)
    edit = Edit("picture-cross.0", "uniform")
    with editing(placed([edit], network.sites)):
        after = network.follow(SOURCE, TARGET, cells)
    torch.testing.assert_close(
        after.picture.weights, torch.full_like(after.picture.weights, 1 / 6), atol=1e-12, rtol=0
    )
    assert not torch.allclose(after.logits, before.logits)


def test_white_paper_is_nothing_to_the_eye() -> None:
    decider = load_decider()
    blank, drawn = decider.seen(torch.ones(3, 80, 80))[0], decider.seen(bat())[0]
    assert float(blank.sum(-1).max()) < 0.1
    assert float(drawn.sum(-1).max()) > 0.9


# Canvases


def test_a_drawing_lies_where_it_was_put() -> None:
    ink = torch.ones(1, 1, 4, 8, 8)
    ink[:, :, :3] = 0  # black, opaque
    made = composed(ink, torch.tensor([[[16.0, 40.0, 24.0, 0.0]]]))[0, 0]
    assert float(made[44:60, 20:36].max()) < 1e-6
    outside = made.clone()
    outside[38:66, 14:42] = 1
    assert float(outside.min()) == 1
    assert float((1 - made).sum()) == pytest.approx(24 * 24, rel=0.1)


def test_a_side_of_nothing_leaves_a_drawing_out() -> None:
    ink = small(drawing("1f987")[None])[None]
    made = composed(ink, torch.tensor([[[0.0, 0.0, 0.0, 0.0]]]))
    assert torch.equal(made, torch.ones_like(made))


def test_drawings_by_chance_lie_in_places_of_their_own() -> None:
    where = scattered(4, 50, _dice())
    covered = covering(where)
    assert int(covered.sum(1).max()) == 1
    for left, top, side, _angle in where.flatten(0, 1).tolist():
        corner = (40 * (left // 40), 40 * (top // 40))
        assert corner in PLACES
        assert left + side <= corner[0] + 40 + 1e-4
        assert top + side <= corner[1] + 40 + 1e-4


def test_a_placed_drawing_and_its_numbers_cover_the_same_cells() -> None:
    for place in range(len(PLACES)):
        one = in_place("1f987", place)
        assert one.cells() == covering(placed_tensor([one]))[0, 0].tolist()
        assert sum(one.cells()) == 25


def test_a_scene_has_nothing_beside_the_word_that_it_could_mean() -> None:
    for word in ambiguous():
        mine = {name for sense in senses()[word] for name in sense.drawings}
        assert not mine & set(beside(word))
        made = scene(senses()[word][0].drawings[0], 2, word)
        assert len({one.box for one in made}) == len(made) == 3
    assert len(scene("1f987", 0, None)) == 1
    assert png(tuple(scene("1f987", 0, "bat"))).startswith(b"\x89PNG")


def test_every_drawing_ships_and_has_a_title() -> None:
    assert {path.stem for path in SHIPPED.glob("*.png")} == set(drawings())
    named = titles(drawings())
    assert len(set(named.values())) == len(named)
    assert all(drawing(name).shape == (96, 96, 4) for name in drawings())


# Words and sentences


def test_there_are_at_least_sixteen_ambiguous_words_with_a_picture_for_each_sense() -> None:
    for language in LANGUAGES:
        assert len(ambiguous(language)) >= 16
    for word in ambiguous():
        pictures = [set(sense.drawings) for sense in senses()[word]]
        assert len(pictures) >= 2
        assert not set.intersection(*pictures)


@pytest.mark.parametrize(
    ("word", "sense", "frame", "french", "chinese"),
    [
        ("camera", 0, 1, "L'appareil photo est petit.", "这台照相机很小。"),
        ("camera", 1, 1, "La caméra est petite.", "这部摄像机很小。"),
        ("camera", 0, 3, "Cet appareil photo est beau.", "这台照相机很漂亮。"),
        ("star", 0, 39, "Mon étoile est belle.", "我的星星很漂亮。"),
        ("glasses", 0, 27, "Les lunettes ne sont pas loin.", "眼镜不远。"),
        ("glasses", 1, 8, "Ce sont des verres.", "这是一对酒杯。"),
        ("owl", 0, 11, "Il parle du hibou.", "他在谈论这只猫头鹰。"),
        ("organ", 1, 22, "Il n'y a pas d'orgue ici.", "这里没有电子琴。"),
        ("bat", 1, 36, "Je pense à la batte.", "我在想这根球棒。"),
        ("tree", 0, 36, "Je pense à l'arbre.", "我在想这棵树。"),
        ("key", 0, 38, "La clé est-elle rouge\u202f?", "这把钥匙是红色的吗？"),
    ],
)
def test_everything_agrees_with_the_noun(
    word: str, sense: int, frame: int, french: str, chinese: str
) -> None:
    made = sentence(frames()[frame], senses()[word][sense])
    assert spoken(made.french, "fr") == french
    assert spoken(made.chinese, "zh") == chinese


def test_a_plural_noun_is_plural_in_english_too() -> None:
    glasses, cat = senses()["glasses"][0], senses()["cat"][0]
    said = [spoken(sentence(frames()[one], glasses).english, "en") for one in (0, 3, 8)]
    assert said == ["I see glasses.", "These glasses are beautiful.", "These are glasses."]
    assert spoken(sentence(frames()[8], cat).english, "en") == "This is a cat."


def test_no_held_out_word_stands_in_its_frame_in_training() -> None:
    learnt = {(one.sense.english, one.frame.number) for one in sentences(unseen=False)}
    kept = {(one.sense.english, one.frame.number) for one in sentences(unseen=True)}
    assert learnt.isdisjoint(kept)
    assert {word for word, _ in learnt} == {word for word, _ in kept} == set(senses())
    assert {number for _, number in learnt} == {frame.number for frame in frames()}
    assert all(held_out(frames()[number], word) for word, number in kept)


def test_a_sentence_as_written_is_read_as_its_words() -> None:
    for one in sentences(unseen=True):
        assert [word for word, _, _ in words(spoken(one.english, "en"))] == list(one.source)


def test_the_vocabulary_has_every_word_once() -> None:
    known = vocabulary()
    assert len(known.source_ids) == len(known.source)
    assert len(known.target_ids) == len(known.target)
    assert known.reads(["bat"])[-1] == known.writes(["蝙蝠"])[-1] == END_ID


def test_the_noun_of_a_sentence_is_the_ambiguous_one() -> None:
    assert noun(["the", "cat", "sees", "the", "bat"]) == "bat"
    assert noun(["the", "cat"]) == "cat"
    assert noun(["nothing"]) is None


# Fetching


def test_another_archive_than_the_known_one_is_refused_and_deleted(tmp_path: Path) -> None:
    path = tmp_path / "noto-1.2.9.tgz"
    path.write_bytes(b"something else")
    with pytest.raises(ModelError, match="not the archive"):
        fetch.archive(fetch.NOTO, tmp_path)
    assert not path.exists()
    path.write_bytes(bytes(fetch.NOTO.size))  # the size alone is not enough
    with pytest.raises(ModelError, match="not the archive"):
        fetch.archive(fetch.NOTO, tmp_path)


# The trained one


@pytest.fixture(scope="module")
def decider() -> Decider:
    return load_decider()


def bat(place: int = 0) -> Tensor:
    return canvas(scene("1f987", place, "bat"))


def test_it_knows_the_words_of_its_sentences(decider: Decider) -> None:
    assert decider.known == vocabulary()
    assert decider.network.parameter_count() <= 2_000_000


@pytest.mark.parametrize(
    ("text", "words"),
    [("", "no word"), ("  \n", "no word"), ("I see a bat and a dinosaur.", "“dinosaur”"),
     ("Ich sehe <b>", "“ich”"), ("bat " * 60, "at most 19")],
)  # fmt: skip
def test_what_it_cannot_read_is_said(decider: Decider, text: str, words: str) -> None:
    with pytest.raises((TextError, TooLong), match=words):
        decider.translate(text, "fr", None)


def test_a_record_has_a_side_of_words_and_a_side_of_cells(decider: Decider) -> None:
    made = decider.translate("I see a bat.", "fr", bat())
    text, picture = made.record.sites
    assert (text.name, picture.name) == ("cross.0", "picture-cross.0")
    assert [token.text for token in text.keys.tokens] == ["I", "see", "a", "bat", ".", "</s>"]
    assert len(picture.keys) == GRID * GRID
    assert picture.keys.unit == "patches"
    assert text.queries == picture.queries == made.words
    for site in (text, picture):
        assert site.integrity.verified
        weights = site.weights()
        assert weights.shape == (1, len(made.gates), len(site.keys))
        torch.testing.assert_close(weights.sum(-1), torch.ones(1, len(made.gates)))


def test_without_a_picture_no_gate_opens(decider: Decider) -> None:
    made = decider.translate("I see a bat.", "zh", None)
    assert set(made.gates) == {0.0}


def test_an_edit_changes_the_look_and_says_so(decider: Decider) -> None:
    edit = Edit("picture-cross.0", "uniform")
    made = decider.translate("I see a bat.", "fr", bat(), [edit])
    weights = made.record.site("picture-cross.0").weights()
    torch.testing.assert_close(weights, torch.full_like(weights, 1 / GRID**2))


@pytest.mark.parametrize("language", LANGUAGES)
def test_it_keeps_its_promise_on_words_in_frames_that_it_never_saw(
    decider: Decider, language: Language
) -> None:
    """A small held-out set: each sense of a few words in one frame, in each of two places."""
    asked = ("bat", "palm", "organ", "bow", "ring", "cup", "star", "bank")
    right = wrong = 0
    for word in asked:
        frame = next(one for one in frames() if held_out(one, word))
        for sense in senses()[word]:
            made = sentence(frame, sense)
            for place in (0, 3):
                said = decider.translate(
                    spoken(made.english, "en"), language,
                    canvas(scene(sense.drawings[0], place, word)),
                )  # fmt: skip
                hit = sense.said(language) in said.text.lower()
                right, wrong = right + hit, wrong + (not hit)
    assert right / (right + wrong) >= PROMISE


def test_the_card_says_the_truth(decider: Decider) -> None:
    card = json.loads((CHECKPOINT / "card.json").read_text(encoding="utf-8"))
    assert card["parameters"] == decider.network.parameter_count()
    size = (CHECKPOINT / "model.safetensors").stat().st_size
    assert card["megabytes"] == pytest.approx(size / 1e6, abs=0.01)
    assert size < 5_000_000
    assert "Apache-2.0" in card["data"]
    assert set(LANGUAGES) <= set(card["measured"])


# Measuring


def test_an_interval_of_a_share_is_that_of_wilson() -> None:
    found = evaluate.share([True] * 8 + [False] * 2)
    assert found == {"share": 0.8, "of": 10, "interval": [0.4902, 0.9433]}
    assert evaluate.share([])["share"] is None


def test_a_translation_says_a_noun_only_where_it_stands_whole() -> None:
    photo, film = senses()["camera"]
    case = evaluate.Case(sentence(frames()[0], photo), "fr", 0, 0, (0, 0, 0), torch.zeros(3, 4))
    said = tuple(word.text for word in case.sentence.french)
    outcome = evaluate.Outcome(case, said, (0.0,) * len(said), (0.0,) * len(said))
    assert outcome.exact
    assert outcome.says(photo)
    assert not outcome.says(film)
    assert not replace(outcome, words=("appareil", "et", "photo")).says(photo)
    assert case.rival is film
