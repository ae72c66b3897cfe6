"""Corpus files, our own lines, and the vocabulary that cuts both."""

from __future__ import annotations

import gzip
import itertools
from pathlib import Path

import pytest

from attention_core.errors import TextError
from models.ours.translator import corpus, train, vocabulary
from models.ours.translator.reader import TranslatorReader, load_translator
from models.ours.translator.vocabulary import END_ID, PAD_ID, START_ID
from tests.toy_networks import toy_corpus


@pytest.fixture
def toy_data(tmp_path: Path) -> Path:
    return toy_corpus(tmp_path)


def test_a_corpus_file_is_read_split_by_split(toy_data: Path) -> None:
    assert len(corpus.read(toy_data, "train", "en", "fr")) == 30
    assert corpus.read(toy_data, "test", "en", "fr") == [corpus.Pair("Hi.", "Salut.")]
    assert corpus.read(toy_data, "test", "fr", "en") == [corpus.Pair("Salut.", "Hi.")]
    plain = toy_data.with_suffix("")
    plain.write_bytes(gzip.decompress(toy_data.read_bytes()))
    assert corpus.read(plain, "dev", "en", "fr") == corpus.read(toy_data, "dev", "en", "fr")


def test_a_corpus_without_a_column_is_refused_with_its_name(toy_data: Path) -> None:
    with pytest.raises(TextError, match=r"toy.tsv.gz has no column “zh_hans”"):
        corpus.read(toy_data, "train", "en", "zh")


CLASSROOM = [
    ("en", "fr", "J'aime l'apprentissage automatique."),
    ("en", "zh", "我爱机器学习。"),
    ("fr", "en", "I love machine learning."),
]


@pytest.mark.parametrize(("source", "target", "example"), CLASSROOM)
def test_every_classroom_line_is_a_pair_of_clean_sentences(
    source: str, target: str, example: str
) -> None:
    pairs = corpus.classroom(source, target)
    assert len(pairs) >= 100
    assert example in [pair.target for pair in pairs]
    assert len(set(pairs)) == len(pairs)
    for side in itertools.chain.from_iterable(pairs):
        assert side == vocabulary.tidy(side) != ""


def test_chinese_lines_end_as_chinese_sentences_do() -> None:
    for pair in corpus.classroom("en", "zh"):
        assert pair.target[-1] in "。？"
        assert pair.source[-1] == {"。": ".", "？": "?"}[pair.target[-1]]
        assert not set(",.?!'") & set(pair.target)


def test_classroom_lines_are_read_from_either_side() -> None:
    turned = [corpus.Pair(*pair[::-1]) for pair in corpus.classroom("en", "fr")]
    assert corpus.classroom("fr", "en") == turned


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
    return load_translator("bahdanau-en-fr")


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


def test_each_chinese_character_stands_for_itself() -> None:
    pairs = corpus.classroom("en", "zh")
    made = vocabulary.train({"en": (p.source for p in pairs), "zh": (p.target for p in pairs)}, 900)
    chinese = vocabulary.tokenizer(made.model, "zh")
    pieces = [piece.removeprefix("▁") for piece in chinese.encode("我爱机器学习。").tokens]
    assert [piece for piece in pieces if piece] == list("我爱机器学习。")
    assert chinese.decode(chinese.encode("我爱机器学习。").ids) == "我爱机器学习。"
