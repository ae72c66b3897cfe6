"""The translator: its network, its search, its training, and the checkpoint that ships."""

from __future__ import annotations

import copy
import gzip
import itertools
import json
import math
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file
from torch import Tensor, nn

from attention_core.alignment import Gold, Link
from attention_core.errors import Superseded, TextError, TooLong
from attention_core.mechanisms import Additive
from attention_core.views import view
from models.translator import corpus, gold, search, train, vocabulary
from models.translator.evaluate import all_references, one_reference
from models.translator.network import Shape, Source, Translator
from models.translator.reader import Translation, TranslatorReader, load_translator
from models.translator.recipes import CHECKPOINTS, RECIPES, Recipe
from models.translator.search import Hypothesis, beam_search, greedy_batch, length_penalty
from models.translator.vocabulary import END_ID, PAD_ID, START_ID, UNKNOWN_ID

torch.set_num_threads(1)

NAME = "bahdanau-en-fr"
TINY = Shape(vocabulary=13, embedding=6, encoder=5, decoder=7, attention=3, dropout=0.0)
LONG, SHORT = [4, 7, 9, 12, 5, END_ID], [8, 6, END_ID]
TARGET = [START_ID, 10, 4, 11, 6]


def tiny(shape: Shape = TINY, spread: float = 0.7, seed: int = 3) -> Translator:
    """A small network with lively random weights, so that nothing is near zero by chance."""
    torch.manual_seed(seed)
    model = Translator(shape).eval()
    for parameter in model.parameters():
        nn.init.normal_(parameter, std=spread)
    return model


def batch(*rows: list[int]) -> Tensor:
    return train.padded(list(rows))


def forced(model: Translator, source: list[int], pieces: list[int]) -> list[float]:
    """The log-probability of each piece, by teacher forcing."""
    with torch.inference_mode():
        logits = model(batch(source), batch([START_ID, *pieces[:-1]]))[0]
    chances: list[float] = logits.log_softmax(-1)[range(len(pieces)), pieces].tolist()
    return chances


# The network


def test_writing_step_by_step_equals_following_the_same_words() -> None:
    model = tiny()
    logits, weights, contexts = model.follow(batch(LONG), batch(TARGET))
    read = model.encode(batch(LONG))
    state = read.state
    for step, piece in enumerate(TARGET):
        word = model.embed(torch.tensor([piece]))
        state, trace = model.step(model.word_gates(word), state, read)
        torch.testing.assert_close(trace.weights[:, 0, 0], weights[:, step])
        torch.testing.assert_close(trace.context[:, 0], contexts[:, step])
        torch.testing.assert_close(model.logits(state, word, contexts[:, step]), logits[:, step])


def test_a_sentence_is_read_alike_alone_and_among_longer_ones() -> None:
    model = tiny()
    both = model.follow(batch(LONG, SHORT), batch(TARGET, TARGET))
    alone = model.follow(batch(SHORT), batch(TARGET))
    torch.testing.assert_close(both[0][1], alone[0][0])
    torch.testing.assert_close(both[1][1, :, : len(SHORT)], alone[1][0])
    torch.testing.assert_close(both[2][1], alone[2][0])


def test_padding_is_never_looked_at() -> None:
    weights = tiny().follow(batch(LONG, SHORT), batch(TARGET, TARGET))[1]
    assert (weights[1, :, len(SHORT) :] == 0).all()
    assert (weights[1, :, : len(SHORT)] > 0).all()
    torch.testing.assert_close(weights.sum(-1), torch.ones(2, len(TARGET)))


def test_later_words_do_not_change_earlier_steps() -> None:
    model = tiny()
    one = model.follow(batch(LONG), batch(TARGET))
    other = model.follow(batch(LONG), batch([*TARGET[:3], 5, 5]))
    for before, after in zip(one, other, strict=True):
        torch.testing.assert_close(before[:, :3], after[:, :3])
        assert not torch.equal(before[:, 4], after[:, 4])


def test_the_attention_is_the_additive_mechanism_of_the_core() -> None:
    model = tiny()
    assert type(model.attention) is Additive
    before = model(batch(LONG), batch(TARGET))
    model.attention = Additive(TINY.decoder, 2 * TINY.encoder, TINY.attention)
    assert not torch.allclose(before, model(batch(LONG), batch(TARGET)))


def test_the_decoder_looks_with_its_previous_state() -> None:
    """The first look is made with s_0, before any word has been taken in."""
    model = tiny()
    read = model.encode(batch(LONG))
    weights = model.follow(batch(LONG), batch(TARGET))[1]
    look = model.attention(read.state.unsqueeze(1), read.annotations).weights[:, 0, 0]
    torch.testing.assert_close(weights[:, 0], look)


def test_the_context_is_the_weighted_sum_of_the_annotations() -> None:
    model = tiny()
    _, weights, contexts = model.follow(batch(LONG, SHORT), batch(TARGET, TARGET))
    annotations = model.encode(batch(LONG, SHORT)).annotations
    torch.testing.assert_close(weights @ annotations, contexts)


def test_the_first_state_comes_from_the_backward_reader_at_the_first_word() -> None:
    model = tiny()
    read = model.encode(batch(LONG, SHORT))
    backward = read.annotations[:, 0, TINY.encoder :]
    torch.testing.assert_close(read.state, torch.tanh(model.first_state(backward)))


def test_annotations_are_those_of_a_two_way_gru_over_each_sentence() -> None:
    model = tiny()
    read = model.encode(batch(LONG, SHORT))
    alone, _ = model.encoder(model.embed(batch(SHORT)))
    torch.testing.assert_close(read.annotations[1, : len(SHORT)], alone[0])
    assert (read.annotations[1, len(SHORT) :] == 0).all()


def test_one_step_is_a_gru_cell_over_word_and_context() -> None:
    model = tiny()
    cell = nn.GRUCell(TINY.embedding + 2 * TINY.encoder, TINY.decoder)
    with torch.no_grad():
        cell.weight_ih.copy_(torch.cat([model.word_gates.weight, model.context_gates.weight], 1))
        cell.bias_ih.copy_(model.word_gates.bias)
        cell.weight_hh.copy_(model.state_gates.weight)
        cell.bias_hh.copy_(model.state_gates.bias)
    read, word = model.encode(batch(LONG)), model.embed(torch.tensor([7]))
    state, trace = model.step(model.word_gates(word), read.state, read)
    torch.testing.assert_close(state, cell(torch.cat([word, trace.context[:, 0]], -1), read.state))


def test_maxout_takes_the_larger_of_two_neighbours() -> None:
    model = tiny()
    states, words, contexts = torch.randn(7), torch.randn(6), torch.randn(10)
    pieces = model.output(torch.cat([states, words, contexts])).tolist()
    larger = torch.tensor([max(pieces[n : n + 2]) for n in range(0, len(pieces), 2)])
    expected = model.embedding.weight @ larger + model.output_bias
    torch.testing.assert_close(model.logits(states, words, contexts), expected)


def test_dropout_acts_in_training_only() -> None:
    model = tiny(Shape(**{**TINY.as_dict(), "dropout": 0.5}))
    calm = [model(batch(LONG), batch(TARGET)) for _ in range(2)]
    model.train()
    wild = [model(batch(LONG), batch(TARGET)) for _ in range(2)]
    assert torch.equal(*calm)
    assert not torch.equal(*wild)


def test_a_source_repeats_for_the_rows_of_a_beam() -> None:
    read = tiny().encode(batch(LONG, SHORT))
    chosen = read.select(torch.tensor([1, 1, 0]))
    assert isinstance(chosen, Source)
    for before, after in zip(read, chosen, strict=True):
        assert torch.equal(after, before[[1, 1, 0]])


# The search

SOURCES = [LONG, SHORT, [5, END_ID], [12, 11, 10, 9, 8, 7, 6, END_ID]]


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_of_one_is_greedy(seed: int) -> None:
    model = tiny(seed=seed)
    together = greedy_batch(model, SOURCES)
    for source, written in zip(SOURCES, together, strict=True):
        best = beam_search(model, source, width=1)
        assert len(best) == 1
        pieces = [piece for piece in best[0].pieces if piece != END_ID]
        assert pieces == written[: len(pieces)]
        assert best[0].pieces[-1] != END_ID or pieces == written


@pytest.mark.parametrize("width", [1, 2, 5])
@pytest.mark.parametrize("seed", range(3))
def test_the_beams_log_probabilities_are_those_of_following_the_words(
    width: int, seed: int
) -> None:
    model = tiny(seed=seed)
    for source in SOURCES:
        for found in beam_search(model, source, width):
            assert found.log_probabilities == pytest.approx(
                forced(model, source, found.pieces), abs=1e-4
            )


@pytest.mark.parametrize("strength", [0.0, 0.8])
@pytest.mark.parametrize("seed", range(4))
def test_a_beam_that_forgets_nothing_finds_the_best_of_all(
    monkeypatch: pytest.MonkeyPatch, seed: int, strength: float
) -> None:
    """Every translation of one to three words over three words, tried one by one."""
    monkeypatch.setattr(search, "MAX_LENGTH", 4)
    model = tiny(Shape(7, 6, 5, 7, 3, 0.0), seed=seed)
    every = [
        [*words, END_ID] for n in (1, 2, 3) for words in itertools.product([4, 5, 6], repeat=n)
    ]
    scores = {
        tuple(pieces): sum(forced(model, [4, 6, END_ID], pieces))
        / length_penalty(len(pieces), strength)
        for pieces in every
    }
    found = beam_search(model, [4, 6, END_ID], width=200, strength=strength)
    assert {tuple(one.pieces) for one in found} == set(scores)
    assert tuple(found[0].pieces) == max(scores, key=lambda pieces: scores[pieces])
    assert [one.score for one in found] == pytest.approx(sorted(scores.values())[::-1], abs=1e-4)


def slow_beam(model: Translator, source: list[int], width: int, steps: int) -> set[tuple[int, ...]]:
    """Every beam grown by reading all its words anew at each step."""
    beam, finished = [(0.0, list[int]())], set[tuple[int, ...]]()
    for step in range(steps):
        grown = []
        for total, pieces in beam:
            with torch.inference_mode():
                logits = model(batch(source), batch([START_ID, *pieces]))[0, -1]
            for piece, chance in enumerate(logits.log_softmax(-1).tolist()):
                if piece > END_ID or (piece == END_ID and step):
                    grown.append((total + chance, [*pieces, piece]))
        grown = sorted(grown, reverse=True)[: width - len(finished)]
        finished |= {tuple(pieces) for _, pieces in grown if pieces[-1] == END_ID}
        beam = [(total, pieces) for total, pieces in grown if pieces[-1] != END_ID]
    return finished or {tuple(pieces) for _, pieces in beam}


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("seed", range(4))
def test_the_beam_keeps_what_a_slow_search_keeps(
    monkeypatch: pytest.MonkeyPatch, width: int, seed: int
) -> None:
    monkeypatch.setattr(search, "MAX_LENGTH", 6)
    model = tiny(seed=seed)
    with torch.no_grad():
        model.output_bias[END_ID] += 3  # so that some finish early and others late
    for source in (LONG, SHORT):
        found = {tuple(one.pieces) for one in beam_search(model, source, width)}
        assert found == slow_beam(model, source, width, steps=6)


@pytest.mark.parametrize("width", [2, 3, 5])
def test_what_is_found_is_ranked_different_and_as_many_as_asked_for(width: int) -> None:
    found = beam_search(tiny(), LONG, width)
    assert 1 <= len(found) <= width
    assert [one.score for one in found] == sorted((one.score for one in found), reverse=True)
    assert len({tuple(one.pieces) for one in found}) == len(found)
    for one in found:
        assert one.score == pytest.approx(
            sum(one.log_probabilities) / length_penalty(len(one.pieces), 0.8)
        )


def test_no_translation_holds_padding_unknown_pieces_or_a_second_start() -> None:
    model = tiny()
    with torch.no_grad():
        model.output_bias[[PAD_ID, UNKNOWN_ID, START_ID]] = 50.0
    for written in [*greedy_batch(model, SOURCES), beam_search(model, LONG)[0].pieces]:
        assert not {PAD_ID, UNKNOWN_ID, START_ID} & set(written)


def test_no_translation_is_empty() -> None:
    model = tiny()
    with torch.no_grad():
        model.output_bias[END_ID] = 50.0
    assert all(len(written) == 1 for written in greedy_batch(model, SOURCES))
    assert all(len(found.pieces) >= 2 for found in beam_search(model, LONG))


@pytest.mark.parametrize("width", [1, 5])
def test_a_network_that_never_ends_is_stopped(width: int) -> None:
    model = tiny()
    with torch.no_grad():
        model.output_bias[END_ID] = -1e4
    found = beam_search(model, SHORT, width)
    assert len(found) == width
    assert {len(one.pieces) for one in found} == {2 * len(SHORT) + 10}
    assert all(len(written) == 2 * 8 + 10 for written in greedy_batch(model, SOURCES))


def test_the_length_penalty_by_hand() -> None:
    """Wu et al. 2016, equation 14: ((5 + |Y|) / 6)^α."""
    assert length_penalty(1, 0.8) == 1
    assert length_penalty(7, 0) == 1
    assert length_penalty(7, 1) == 2
    assert length_penalty(19, 0.5) == 2


@pytest.mark.parametrize("after", [0, 3])
def test_a_superseded_search_stops_at_its_next_step(after: int) -> None:
    asked = iter(range(100))
    with pytest.raises(Superseded):
        beam_search(tiny(), LONG, cancelled=lambda: next(asked) >= after)
    assert next(asked) == after + 1


# Training

RECIPE = Recipe(
    title="toy", good_for="tests", source="en", target="fr",
    shape=Shape(vocabulary=300, embedding=6, encoder=5, decoder=7, attention=3, dropout=0.3),
    epochs=3, tokens_per_batch=500, warm_up=2, classroom_repeats=1,
)  # fmt: skip
PAIRS = [([4, 5, END_ID], [START_ID, 6, 7, END_ID]), ([8, END_ID], [START_ID, 9, END_ID])]


def test_one_training_step_lowers_the_loss() -> None:
    torch.manual_seed(0)
    model = Translator(TINY)
    optimiser = torch.optim.SGD(model.parameters(), lr=0.05)
    before = train.loss_of(model, PAIRS, 0.0)
    torch.autograd.backward(before)
    optimiser.step()
    assert train.loss_of(model, PAIRS, 0.0) < before
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_the_loss_is_the_mean_over_pieces_and_padding_counts_for_nothing() -> None:
    model = tiny(spread=0.1)
    with torch.no_grad():
        model.output_bias[PAD_ID] = -20.0  # a padded place that counted would cost 20
    by_hand = [
        -chance
        for source, target in PAIRS
        for chance in forced(model, source, target[1:])
    ]  # fmt: skip
    loss = train.loss_of(model, PAIRS, 0.0).item()
    assert len(by_hand) == 5
    assert loss == pytest.approx(sum(by_hand) / 5, rel=0.02)  # bfloat16 on the way


def test_a_toy_corpus_is_learnt_by_heart() -> None:
    torch.manual_seed(0)
    model = Translator(Shape(13, 16, 16, 16, 16, 0.0))
    optimiser = torch.optim.Adam(model.parameters(), lr=0.02)
    for _ in range(60):
        optimiser.zero_grad()
        torch.autograd.backward(train.loss_of(model, PAIRS, 0.0))
        optimiser.step()
    assert greedy_batch(model.eval(), [source for source, _ in PAIRS]) == [[6, 7], [9]]


def test_every_pair_is_in_one_batch_and_no_batch_is_too_large() -> None:
    pairs = [([4] * (n % 5 + 1), [5] * (n % 7 + 1)) for n in range(100)]
    made = list(train.batches(pairs, 40, seed=1))
    assert sorted(pair for one in made for pair in one) == sorted(pairs)
    assert all(len(one) * max(len(target) for _, target in one) <= 40 for one in made)
    assert made == list(train.batches(pairs, 40, seed=1))
    assert made != list(train.batches(pairs, 40, seed=2))


@pytest.fixture
def toy_data(tmp_path: Path) -> Path:
    path = tmp_path / "toy.tsv.gz"
    lines = ["eng\tfra\tsplit"]
    lines += [f"I see {n} cats.\tJe vois {n} chats.\ttrain" for n in range(30)]
    lines += ["I see a cat.\tJe vois un chat.\tdev", "Hi.\tSalut.\ttest"]
    with gzip.open(path, "wt", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")
    return path


def trained(folder: Path, data: Path, patch: pytest.MonkeyPatch) -> dict[str, Tensor]:
    patch.setattr(train, "CHECKPOINTS", folder)
    patch.setattr(train, "RECIPES", {"toy": RECIPE})
    train.train("toy", data, folder / "state")
    return load_file(folder / "toy" / "model.safetensors")


def test_training_that_was_interrupted_ends_like_training_that_was_not(
    tmp_path: Path, toy_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = trained(tmp_path / "whole", toy_data, monkeypatch)
    complete = train.run_epoch

    def pulled_plug(*given: object) -> float:
        if given[-1] == 2:
            raise KeyboardInterrupt
        return complete(*given)  # type: ignore[arg-type]

    monkeypatch.setattr(train, "run_epoch", pulled_plug)
    with pytest.raises(KeyboardInterrupt):
        trained(tmp_path / "broken", toy_data, monkeypatch)
    stopped = load_file(tmp_path / "broken" / "toy" / "model.safetensors")
    monkeypatch.setattr(train, "run_epoch", complete)
    resumed = trained(tmp_path / "broken", toy_data, monkeypatch)
    assert any(not torch.equal(stopped[name], whole[name]) for name in whole)
    for name in whole:
        assert torch.equal(resumed[name], whole[name]), name


def test_a_checkpoint_says_how_it_came_to_be_and_loads_as_it_was(
    tmp_path: Path, toy_data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    weights = trained(tmp_path, toy_data, monkeypatch)
    config = json.loads((tmp_path / "toy" / "config.json").read_text())
    assert config["shape"] == RECIPE.shape.as_dict()
    assert config["training"]["seed"] == RECIPE.seed
    assert config["training"]["epochs"] == 3
    assert config["training"]["command"].endswith("toy --data toy.tsv.gz")
    assert {tensor.dtype for tensor in weights.values()} == {torch.float16}
    loaded = TranslatorReader("toy", tmp_path / "toy", ("en", "fr"))
    for name, tensor in loaded.network.state_dict().items():
        assert torch.equal(tensor, weights[name].float())
    assert loaded.translate("I see cats.").site.integrity.verified


# Corpus and vocabulary


def test_a_corpus_file_is_read_split_by_split(toy_data: Path) -> None:
    assert len(corpus.read(toy_data, "train")) == 30
    assert corpus.read(toy_data, "test") == [corpus.Pair("Hi.", "Salut.")]
    plain = toy_data.with_suffix("")
    plain.write_bytes(gzip.decompress(toy_data.read_bytes()))
    assert corpus.read(plain, "dev") == corpus.read(toy_data, "dev")


def test_every_classroom_line_is_a_pair_of_clean_sentences() -> None:
    pairs = corpus.classroom()
    assert len(pairs) >= 200
    assert corpus.Pair("I love machine learning.", "J'aime l'apprentissage automatique.") in pairs
    assert len(set(pairs)) == len(pairs)
    for side in itertools.chain.from_iterable(pairs):
        assert side == vocabulary.tidy(side) != ""


def test_all_references_of_a_sentence_are_gathered() -> None:
    pairs = [corpus.Pair("Hi.", "Salut."), corpus.Pair("No.", "Non."), corpus.Pair("Hi.", "Ave.")]
    assert corpus.references(pairs) == {"Hi.": ["Salut.", "Ave."], "No.": ["Non."]}


def test_normalising_keeps_every_character_in_its_place() -> None:
    text = "«\u00a0J’aime “ça” – l‘été\u202f»"
    assert vocabulary.normalised(text) == '" J\'aime "ça" - l\'été "'
    assert len(vocabulary.normalised(text)) == len(text)
    assert all(len(one) == len(other) == 1 for one, other in vocabulary.SAME_CHARACTER.items())


def test_a_corpus_line_is_composed_plain_and_on_one_line() -> None:
    assert vocabulary.tidy("  l’e\u0301te\u0301\u00a0!\t") == "l'été !"


@pytest.fixture(scope="module")
def reader() -> TranslatorReader:
    return load_translator(NAME)


@pytest.mark.parametrize(
    ("language", "text", "cut"),
    [
        ("en", "I don't know well-read men.", "I|don't|know|well-read|men|."),
        (
            "fr",
            "J'aime l'eau d'aujourd'hui, peut-être.",
            "J'|aime|l'|eau|d'|aujourd'hui|,|peut-être|.",
        ),
    ],
)
def test_no_piece_crosses_the_words_of_its_language(
    reader: TranslatorReader, language: str, text: str, cut: str
) -> None:
    tokenizer = {"en": reader.source, "fr": reader.target}[language]
    ends = {end for _, end in tokenizer.encode(text).offsets}
    place = 0
    for word in cut.split("|"):
        place = text.index(word, place) + len(word)
        assert place in ends, word
    assert len(tokenizer.encode("don't").ids) < len("don't")


def test_a_pair_in_training_ends_on_both_sides_and_starts_on_the_written_one(
    reader: TranslatorReader,
) -> None:
    ((source, target),) = train.encode(
        [corpus.Pair("I am.", "Je suis.")], reader.source, reader.target
    )
    assert (source[-1], target[0], target[-1]) == (END_ID, START_ID, END_ID)
    assert reader.source.decode(source[:-1]) == "I am."
    assert reader.target.decode(target[1:-1]) == "Je suis."
    assert not {PAD_ID, START_ID, END_ID} & {*source[:-1], *target[1:-1]}


@pytest.mark.parametrize("text", ["</s>", "<pad>", "<s> a </s> b <unk>"])
def test_the_names_of_special_pieces_are_ordinary_text(reader: TranslatorReader, text: str) -> None:
    for tokenizer in (reader.source, reader.target):
        assert not {PAD_ID, START_ID, END_ID} & set(tokenizer.encode(text).ids)


# What ships


SENTENCES = [
    "I love machine learning.",
    "She reads a book in the garden.",
    "Where is the station?",
    "My brother doesn't like coffee.",
    "We will go home when the rain stops.",
    "The children are playing in the snow.",
    "I haven’t seen him since yesterday.",
    "This house is too expensive for us.",
]


def looked_at(made: Translation, word: str) -> str:
    """The source word that a target word looked at most."""
    seen = view(made.site, grain="words", specials="hidden")
    row = [token.text for token in seen.rows].index(word)
    return seen.columns[seen.strongest(row).column].text


def test_the_example_of_every_course_comes_out_right(reader: TranslatorReader) -> None:
    made = reader.translate("I love machine learning.")
    assert made.text == "J'aime l'apprentissage automatique."
    assert looked_at(made, "apprentissage") == "learning"
    assert looked_at(made, "automatique") == "machine"
    assert looked_at(made, "aime") == "love"


def test_the_example_aligns_alike_when_its_translation_is_given(reader: TranslatorReader) -> None:
    made = reader.align("I love machine learning.", "J’aime l’apprentissage automatique.")
    assert made.text == "J’aime l’apprentissage automatique."
    assert looked_at(made, "apprentissage") == "learning"
    assert looked_at(made, "automatique") == "machine"


@pytest.mark.parametrize("text", SENTENCES)
def test_what_is_shown_is_what_the_network_did(reader: TranslatorReader, text: str) -> None:
    made = reader.translate(text)
    integrity = made.site.integrity
    assert integrity.verified
    assert integrity.output is not None
    assert max(integrity.rows, integrity.output) < 1e-5
    weights = made.site.weights()
    assert weights.shape == (1, len(made.site.queries), len(made.site.keys))
    assert len(made.candidates) == len(made.chosen) == len(made.site.queries)


@pytest.mark.parametrize("what", ["weights", "contexts"])
def test_a_picture_that_contradicts_the_network_is_not_verified(
    reader: TranslatorReader, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    follow = reader.network.follow

    def tampered(source: Tensor, target: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        logits, weights, contexts = follow(source, target)
        if what == "weights":
            return logits, weights.flip(-1), contexts
        return logits, weights, contexts * 1.01

    monkeypatch.setattr(reader.network, "follow", tampered)
    integrity = reader.translate(SENTENCES[0]).site.integrity
    assert integrity.broken
    assert not integrity.verified


def test_typographic_characters_are_read_as_their_plain_twins(reader: TranslatorReader) -> None:
    curly = reader.translate("I haven’t said “no” – yet.")
    plain = reader.translate('I haven\'t said "no" - yet.')
    assert curly.unknown == ()
    assert curly.text == plain.text
    assert curly.record.axes[0].text == "I haven’t said “no” – yet."
    assert torch.equal(curly.site.weights(), plain.site.weights())


@pytest.mark.parametrize("text", SENTENCES)
def test_target_tokens_lie_exactly_on_the_text(reader: TranslatorReader, text: str) -> None:
    for made in (reader.translate(text), reader.align(text, "C’est  l’été, n'est-ce pas ?")):
        target, end = made.record.axes[1], made.record.axes[1].tokens[-1]
        assert target.text == made.text == made.text.strip()
        assert "".join(token.text for token in target.tokens[:-1]) == made.text.replace(" ", "")
        for token in target.tokens[:-1]:
            assert made.text[token.start : token.end] == token.text
        assert end.special
        assert (end.start, end.end) == (len(made.text), len(made.text))


@pytest.mark.parametrize("text", SENTENCES)
def test_source_tokens_lie_exactly_on_what_was_typed(reader: TranslatorReader, text: str) -> None:
    source = reader.translate(text).record.axes[0]
    assert source.text == text
    assert "".join(token.text for token in source.tokens[:-1]) == text.replace(" ", "")
    for token in source.tokens[:-1]:
        assert text[token.start : token.end] == token.text


def found_for(reader: TranslatorReader, text: str, width: int) -> list[Hypothesis]:
    pieces = [*reader.source.encode(vocabulary.normalised(text)).ids, END_ID]
    return beam_search(reader.network, pieces, width)


def test_the_chosen_chances_are_those_the_search_saw(reader: TranslatorReader) -> None:
    for text in SENTENCES[:3]:
        best = found_for(reader, text, 5)[0]
        chances = [math.log(chance) for chance in reader.translate(text).chosen]
        assert chances == pytest.approx(best.log_probabilities, abs=1e-3)


def test_a_beam_finds_better_translations_than_greed_by_its_own_measure(
    reader: TranslatorReader,
) -> None:
    gains = [
        found_for(reader, text, 5)[0].score - found_for(reader, text, 1)[0].score
        for text in SENTENCES
    ]
    assert sum(gains) >= 0
    assert sum(gain >= -1e-4 for gain in gains) >= len(gains) - 1


def test_candidates_are_ranked_and_hold_the_likeliest_piece(reader: TranslatorReader) -> None:
    made = reader.translate(SENTENCES[1])
    for row, chance in zip(made.candidates, made.chosen, strict=True):
        chances = [candidate.probability for candidate in row]
        assert chances == sorted(chances, reverse=True)
        assert sum(chances) <= 1 + 1e-5
        assert chance <= chances[0] + 1e-6
        assert all(candidate.text for candidate in row)


def test_alternatives_are_other_texts(reader: TranslatorReader) -> None:
    made = reader.translate(SENTENCES[4])
    texts = [made.text, *(other.text for other in made.alternatives)]
    assert len(texts) > 1
    assert len(set(texts)) == len(texts)
    scores = [other.score for other in made.alternatives]
    assert scores == sorted(scores, reverse=True)


@pytest.mark.parametrize("text", ["", "   ", "\x00", "\ud83d", "\u200b"])
def test_an_empty_text_is_answered_with_an_invitation(reader: TranslatorReader, text: str) -> None:
    with pytest.raises(TextError, match="type at least one word"):
        reader.translate(text)
    with pytest.raises(TextError, match="type at least one word"):
        reader.align("Hello.", text)


@pytest.mark.parametrize(
    "text",
    [
        "Hi", "?", "3", "HELLO WORLD", "a\ud800b\x00c", "<b>$x^2$**bold**", "</s>", "<pad>",
        "<pad> hello </s> there", "Hello <s> there <unk>", "▁", "a▁b", "e\u0301te\u0301",
        "مرحبا", "שָׁלוֹם", "</script><img src=x onerror=alert(1)>",
    ],
)  # fmt: skip
def test_any_text_is_read_as_it_was_typed(reader: TranslatorReader, text: str) -> None:
    made = reader.translate(text)
    source = made.record.axes[0]
    assert made.text
    assert made.site.integrity.verified
    assert [token.special for token in source.tokens] == [False] * (len(source) - 1) + [True]
    assert all(token.text for axis in made.record.axes for token in axis.tokens)
    places = {place for token in source.tokens for place in range(token.start, token.end)}
    assert {place for place, c in enumerate(source.text) if not c.isspace()} <= places


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("我 like cats.", {"我"}),
        ("I ❤ you.", {"❤"}),
        ("Hello 👩‍💻", {"👩", "💻"}),
        ("Hello.", set()),
    ],
)
def test_characters_the_network_never_saw_are_reported(
    reader: TranslatorReader, text: str, unknown: set[str]
) -> None:
    assert unknown <= set(reader.translate(text).unknown)
    assert bool(unknown) == bool(reader.translate(text).unknown)


def test_a_text_that_is_too_long_is_refused_with_both_counts(reader: TranslatorReader) -> None:
    text = " ".join(["house"] * 200)
    with pytest.raises(TooLong, match="has 201 pieces; the translator reads at most 60"):
        reader.translate(text)
    with pytest.raises(TooLong, match="has 201 pieces"):
        reader.align("A house.", " ".join(["maison"] * 200))


def test_a_text_that_may_be_cut_is_read_from_its_beginning(reader: TranslatorReader) -> None:
    words = " ".join(["one two three"] * 70)
    made = reader.translate(words, cut=True)
    source = made.record.axes[0]
    assert len(source) == reader.limit
    assert words.startswith(source.text)
    assert source.tokens[-1].special
    assert made.site.integrity.verified
    given = reader.align("One house.", " ".join(["maison"] * 200), cut=True)
    assert len(given.record.axes[1]) == reader.limit
    assert given.text == " ".join(["maison"] * (reader.limit - 1))


def test_the_longest_text_that_fits_is_not_cut(reader: TranslatorReader) -> None:
    text = " ".join(["house"] * (reader.limit - 1))
    assert len(reader.align(text, "Une maison.").record.axes[0]) == reader.limit


def test_one_reader_serves_the_same_twice_and_is_not_changed(reader: TranslatorReader) -> None:
    before = copy.deepcopy(reader.network.state_dict())
    one, other = (reader.translate(SENTENCES[2]) for _ in range(2))
    assert one.text == other.text
    assert torch.equal(one.site.weights(), other.site.weights())
    for name, tensor in reader.network.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_a_superseded_translation_stops(reader: TranslatorReader) -> None:
    with pytest.raises(Superseded):
        reader.translate("Where is the station?", cancelled=lambda: True)


@pytest.mark.parametrize("name", RECIPES)
def test_every_shipped_translator_has_a_card_that_is_true(name: str) -> None:
    folder = CHECKPOINTS / name
    card = json.loads((folder / "card.json").read_text(encoding="utf-8"))
    config = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    assert card["parameters"] == load_translator(name).network.parameter_count()
    assert card["megabytes"] == pytest.approx(
        (folder / "model.safetensors").stat().st_size / 1e6, abs=0.1
    )
    assert card["megabytes"] <= 15
    assert {key: card[key] for key in config["training"]} == config["training"]
    assert card["command"].startswith(f"python -m models.translator.train {name} ")
    assert card["quality"]["split"] == "test"
    assert card["quality"]["one_reference"]["bleu"] >= 30
    assert "CC BY" in card["data"]
    assert config["training"]["epochs"] == RECIPES[name].epochs


# How it is measured


def test_a_missing_reference_is_no_reference() -> None:
    """An empty text would count as a reference of length 0, and forgive what is too short."""
    short = {"One.": "a b", "Two.": "x y z w"}
    known = {"One.": ["a b c d e f"], "Two.": ["x y z w v", "x y z w"]}
    assert all_references(short, known).bleu == pytest.approx(51.34, abs=0.01)


def test_one_reference_counts_every_pair() -> None:
    found = {"Hi.": "Salut à tous les amis .", "No.": "Non , pas du tout ."}
    pairs = [corpus.Pair("Hi.", found["Hi."]), corpus.Pair("No.", found["No."])]
    assert one_reference(found, pairs).bleu == pytest.approx(100)
    assert "nrefs:1" in one_reference(found, pairs).bleu_signature
    worse = [*pairs, corpus.Pair("Hi.", "Bonjour .")]
    assert one_reference(found, worse).bleu < 100
    assert all_references(found, corpus.references(worse)).bleu == pytest.approx(100)
    assert "nrefs:var" in all_references(found, corpus.references(worse)).bleu_signature


GOLD = {
    "src": ["I", "like", "John's", "xylophones"],
    "tgt": ["J'", "aime", "les", "xylophones", "de", "John"],
    "raw": ["I like John’s xylophones", "J’aime les xylophones de John"],
    "sure": [[0, 0], [1, 1], [3, 3], [2, 5]],
    "possible": [[3, 2], [2, 4]],
}


@pytest.fixture
def gold_pair(tmp_path: Path) -> gold.Aligned:
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(GOLD) + "\n\n", encoding="utf-8")
    (pair,) = gold.read(path)
    return pair


def test_gold_links_are_read_with_the_source_first(gold_pair: gold.Aligned) -> None:
    assert gold_pair.links == Gold(
        frozenset({Link(0, 0), Link(1, 1), Link(3, 3), Link(2, 5)}),
        frozenset({Link(3, 2), Link(2, 4)}),
    )


def test_gold_words_are_found_in_the_text_the_network_reads(
    reader: TranslatorReader, gold_pair: gold.Aligned
) -> None:
    made = reader.align(gold_pair.source, gold_pair.target)
    site = made.site
    rows = gold.places(site.queries, gold_pair.target_words)
    spans = [[site.queries.tokens[place] for place in row] for row in rows]
    texts = [made.text[span[0].start : span[-1].end] for span in spans]
    assert texts == ["J’", "aime", "les", "xylophones", "de", "John"]
    with pytest.raises(TextError, match="“dogs” is not in “I like John’s xylophones”"):
        gold.places(site.keys, ("I", "dogs"))


def test_word_weights_merge_pieces_and_shift_by_decoding_steps(
    reader: TranslatorReader, gold_pair: gold.Aligned
) -> None:
    looks = gold.word_weights(reader, gold_pair)
    assert len(reader.target.encode("xylophones").ids) > 1
    seen = view(reader.align(gold_pair.source, gold_pair.target).site, grain="words")
    torch.testing.assert_close(
        torch.tensor(looks[0]), torch.tensor(seen.weights[0, :-1, :-1]), atol=1e-6, rtol=0
    )
    site = reader.align(gold_pair.source, gold_pair.target).site
    columns = gold.places(site.keys, gold_pair.source_words)
    second = [float(site.weights()[0, 1, column].sum()) for column in columns]
    assert looks[1][0].tolist() == pytest.approx(second, abs=1e-6)
    first = [float(site.weights()[0, 0, column].sum()) for column in columns]
    assert looks[-1][0].tolist() == looks[0][0].tolist() == pytest.approx(first, abs=1e-6)
    assert looks[-1][1].tolist() == pytest.approx(first, abs=1e-6)


def test_agreement_by_hand(gold_pair: gold.Aligned) -> None:
    """Of 5 links 3 are sure and 1 possible; of the crossing pair 2-5 and 3-3 one is found."""
    found = [Link(0, 0), Link(1, 1), Link(3, 3), Link(3, 2), Link(0, 5)]
    measured = gold.agreement([found], [gold_pair])
    assert measured.error_rate == pytest.approx(1 - (3 + 4) / (5 + 4))
    assert measured.crossing_recall == 0.5


def test_agreement_is_measured_at_every_shift_and_for_the_diagonal(
    reader: TranslatorReader, gold_pair: gold.Aligned
) -> None:
    measured = gold.agreements(reader, [gold_pair])
    assert list(measured) == ["shift -1", "shift 0", "shift 1", "diagonal"]
    assert all(0 <= figure.error_rate <= 1 for figure in measured.values())
    assert measured["diagonal"].crossing_recall == 0
