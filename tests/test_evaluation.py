"""How translators are measured: BLEU, exact matches, lengths, and what a card says of them."""

from __future__ import annotations

from itertools import pairwise

import pytest

from attention_core.numbers.alignment import Link
from models.ours.translator import corpus, evaluate, gold, quality
from models.ours.translator.quality import all_references, bins, by_length, exact, one_reference
from models.ours.translator.reader import TranslatorReader, load_translator
from tests.toy_networks import toy_reader


@pytest.fixture(scope="module")
def reader() -> TranslatorReader:
    return load_translator("bahdanau-en-fr")


@pytest.fixture(scope="module")
def headed(tmp_path_factory: pytest.TempPathFactory) -> TranslatorReader:
    """Six heads in two layers that learnt nothing."""
    return toy_reader("transformer", tmp_path_factory.mktemp("headed"))


# Translations


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


def test_chinese_is_compared_character_by_character() -> None:
    pairs = [corpus.Pair("I love machine learning.", "我爱机器学习。")]
    found = {pairs[0].source: "我喜欢机器学习。"}
    assert one_reference(found, pairs, "zh").bleu > 50
    assert one_reference(found, pairs, "fr").bleu < 50  # one word each, and not the same
    assert "tok:zh" in one_reference(found, pairs, "zh").bleu_signature


def test_an_exact_match_is_one_with_any_reference() -> None:
    pairs = [
        corpus.Pair("Hi.", "Salut."), corpus.Pair("Hi.", "Bonjour."), corpus.Pair("No.", "Non."),
        corpus.Pair("Yes.", "L'été !"), corpus.Pair("Go.", "Va !"),
    ]  # fmt: skip
    found = {"Hi.": "Bonjour.", "No.": "non.", "Yes.": "L’été !", "Go.": "Va"}
    assert exact(found, pairs) == 2 / 4


def test_bins_of_lengths_that_are_too_small_join_their_neighbour() -> None:
    lengths = [2] * 30 + [5] * 40 + [8] * 29 + [11] * 30 + [20] * 3
    assert bins(lengths) == [(1, 3), (4, 9), (10, None)]
    assert bins([2] * 3 + [5] * 40 + [12] * 31) == [(1, 9), (10, None)]
    assert bins([1] * 5) == [(1, None)]


def test_every_pair_is_in_one_bin_of_its_length() -> None:
    pairs = [corpus.Pair(" ".join(["a"] * n), f"b {n}") for n in range(1, 25) for _ in range(9)]
    found = {pair.source: "b 3" for pair in pairs}
    made = by_length(found, pairs)
    assert sum(one.pairs for one in made) == len(pairs)
    assert sum(one.sentences for one in made) == 24
    assert made[0].first == 1
    assert made[-1].last is None
    assert all(after.first == (one.last or 0) + 1 for one, after in pairwise(made))
    assert [one.exact for one in made][:2] == [round(1 / made[0].sentences, 4), 0]


# The card's figures


def test_the_reading_is_chosen_on_our_pairs_and_measured_on_the_others(
    headed: TranslatorReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = gold.own("en", "fr")
    own, others = whole[:3], whole[3:6]
    monkeypatch.setattr(gold, "own", lambda source, target: own)
    report = evaluate.alignment(headed, others)
    best = gold.best_reading(gold.looks(headed, own))
    assert report["chosen"] == {
        "site": best.site, "head": best.head, "extraction": best.how, "least": best.least,
        "shift": best.shift,
    }  # fmt: skip
    found = [gold.links(look, best) for look in gold.looks(headed, others)]
    due = gold.agreement(found, [pair.gold for pair in others])
    assert report["error_rate"] == round(due.error_rate, 4)
    assert report["chosen_on"]["sentences"] == 3
    assert report["chosen_on"]["error_rate"] != report["error_rate"]
    assert report["sentences"] == 3
    assert report["diagonal"]["recall"] == round(gold.diagonal(others).recall, 4)


def test_without_pairs_of_our_own_all_layers_are_read_together(
    headed: TranslatorReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = gold.own("en", "fr")[:2]
    monkeypatch.setattr(gold, "own", lambda source, target: [])
    report = evaluate.alignment(headed, others)
    assert report["chosen_on"] is None
    assert report["chosen"] == {
        "site": "cross.0+cross.1", "head": 0, "extraction": "argmax", "least": 0.0, "shift": 0,
    }  # fmt: skip


def test_a_model_and_itself_turned_agree_on_what_both_find(
    reader: TranslatorReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reverse model that says the same links leaves them as they are."""
    pairs = gold.own("en", "fr")[:5]
    monkeypatch.setattr(gold, "own", lambda source, target: pairs)
    forward = evaluate.Aligner(reader, pairs)
    back = evaluate.Aligner(reader, pairs)
    back.own_links = [[Link(j, i) for i, j in links] for links in forward.own_links]
    back.links = [[Link(j, i) for i, j in links] for links in forward.links]
    monkeypatch.setattr(evaluate, "Aligner", lambda reader, pairs: back)
    report = evaluate.symmetrised(forward, pairs, reader)
    same = evaluate.figures(forward.links, [pair.gold for pair in pairs])
    assert {name: report[name] for name in same} == same


def test_what_is_measured_names_the_split_and_counts_the_sentences(
    reader: TranslatorReader,
) -> None:
    pairs = [
        corpus.Pair("Hi.", "Salut."),
        corpus.Pair("Hi.", "Bonjour."),
        corpus.Pair("No.", "Non."),
    ]
    found, seconds = evaluate.translations(reader, pairs, 2)
    assert list(found) == ["Hi.", "No."]
    result = evaluate.measured(found, pairs, "fr", "test", 2, seconds)
    assert (result.split, result.beam, result.pairs, result.sentences) == ("test", 2, 3, 2)
    assert result.by_length == [quality.Bin(1, None, 3, 2, result.one_reference.bleu, result.exact)]
