"""The trained translators as the pages use them: text in; translation and alignment out."""

from __future__ import annotations

import copy
import math
from dataclasses import replace

import pytest
import torch
from tokenizers import Tokenizer
from torch import Tensor

from attention_core.errors import Superseded, TextError, TooLong
from attention_core.pictures.views import view
from models.families.translation import Translation
from models.ours.translator import vocabulary
from models.ours.translator.network import Followed
from models.ours.translator.reader import TranslatorReader, load_translator
from models.ours.translator.search import Hypothesis, beam_search
from models.ours.translator.vocabulary import END_ID


@pytest.fixture(scope="module")
def reader() -> TranslatorReader:
    return load_translator("bahdanau-en-fr")


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
    seen = view(made.cross[0], grain="words", specials="hidden")
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
    integrity = made.cross[0].integrity
    assert integrity.verified
    assert integrity.output is not None
    assert max(integrity.rows, integrity.output) < 1e-5
    weights = made.cross[0].weights()
    assert weights.shape == (1, len(made.cross[0].queries), len(made.cross[0].keys))
    assert len(made.candidates) == len(made.chosen) == len(made.cross[0].queries)


@pytest.mark.parametrize("what", ["weights", "context"])
def test_a_picture_that_contradicts_the_network_is_not_verified(
    reader: TranslatorReader, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    follow = reader.network.follow

    def tampered(source: Tensor, target: Tensor) -> Followed:
        logits, (look,) = follow(source, target)
        if what == "weights":
            trace = replace(look.trace, weights=look.trace.weights.flip(-1))
        else:
            trace = replace(look.trace, context=look.trace.context * 1.01)
        return Followed(logits, (look._replace(trace=trace),))

    monkeypatch.setattr(reader.network, "follow", tampered)
    integrity = reader.translate(SENTENCES[0]).cross[0].integrity
    assert integrity.broken
    assert not integrity.verified


def test_typographic_characters_are_read_as_their_plain_twins(reader: TranslatorReader) -> None:
    curly = reader.translate("I haven’t said “no” – yet.")
    plain = reader.translate('I haven\'t said "no" - yet.')
    assert curly.unknown == ()
    assert curly.text == plain.text
    assert curly.record.axes[0].text == "I haven’t said “no” – yet."
    assert torch.equal(curly.cross[0].weights(), plain.cross[0].weights())


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
    return beam_search(reader.network, pieces, width).hypotheses


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


def test_each_side_is_cut_into_words_as_its_own_language_cuts_them(
    reader: TranslatorReader,
) -> None:
    def words(side: Tokenizer, text: str) -> list[str]:
        return [word for word, _ in side.pre_tokenizer.pre_tokenize_str(text)]

    assert words(reader.source, "don't l'eau") == ["▁don't", "▁l'eau"]
    assert words(reader.target, "don't l'eau") == ["▁don'", "t", "▁l'", "eau"]


def test_whoever_asks_for_a_translator_gets_the_one_in_memory(reader: TranslatorReader) -> None:
    assert load_translator("bahdanau-en-fr") is reader


def test_alternatives_are_other_texts(reader: TranslatorReader) -> None:
    made = reader.translate(SENTENCES[4])
    pieces = [found.pieces for found in found_for(reader, SENTENCES[4], 5)]
    written = {reader.target.decode([piece for piece in one if piece != END_ID]) for one in pieces}
    assert {other.text for other in made.alternatives} == written - {made.text}
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
    assert made.cross[0].integrity.verified
    assert [token.special for token in source.tokens] == [False] * (len(source) - 1) + [True]
    assert all(token.text for axis in made.record.axes for token in axis.tokens)
    places = {place for token in source.tokens for place in range(token.start, token.end)}
    assert {place for place, c in enumerate(source.text) if not c.isspace()} <= places


def test_what_is_not_read_as_it_was_typed_is_said(reader: TranslatorReader) -> None:
    said = "Read as plain text, and not as the model's own tokens: {}."
    assert reader.translate("Hello </s> there <s>").record.notes == (said.format("<s>, </s>"),)
    assert reader.align("Hello.", "Salut <pad>.").record.notes == (said.format("<pad>"),)
    plainer = "Read as plainer characters, which this model knows: ▁ → _, ’ → '."
    assert reader.translate("a▁b, it’s").record.notes == (plainer,)
    assert reader.translate("Hello, it's me.").record.notes == ()


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
    assert made.cross[0].integrity.verified
    given = reader.align("One house.", " ".join(["maison"] * 200), cut=True)
    assert len(given.record.axes[1]) == reader.limit
    assert given.text == " ".join(["maison"] * (reader.limit - 1))


def test_the_longest_text_that_fits_is_not_cut(reader: TranslatorReader) -> None:
    text, given = (" ".join([word] * (reader.limit - 1)) for word in ("house", "maison"))
    assert [len(axis) for axis in reader.align(text, given).record.axes] == [reader.limit] * 2
    with pytest.raises(TooLong):
        reader.pieces("A house.", f"{given} maison")


def test_one_row_that_is_wrong_is_enough_to_break_the_check(
    reader: TranslatorReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    follow = reader.network.follow

    def tampered(source: Tensor, target: Tensor) -> Followed:
        logits, (look,) = follow(source, target)
        weights = look.trace.weights.clone()
        weights[..., -1, :] *= 1.5
        return Followed(logits, (look._replace(trace=replace(look.trace, weights=weights)),))

    monkeypatch.setattr(reader.network, "follow", tampered)
    found = reader.translate(SENTENCES[0]).cross[0].integrity
    assert found.rows == pytest.approx(0.5, abs=1e-5)


def test_one_reader_serves_the_same_twice_and_is_not_changed(reader: TranslatorReader) -> None:
    before = copy.deepcopy(reader.network.state_dict())
    one, other = (reader.translate(SENTENCES[2]) for _ in range(2))
    assert one.text == other.text
    assert torch.equal(one.cross[0].weights(), other.cross[0].weights())
    for name, tensor in reader.network.state_dict().items():
        assert torch.equal(tensor, before[name])


def test_a_superseded_translation_stops(reader: TranslatorReader) -> None:
    with pytest.raises(Superseded):
        reader.translate("Where is the station?", cancelled=lambda: True)
