"""How translators are measured: BLEU, exact matches, lengths, and word alignment."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import pytest
import torch

from attention_core.alignment import AlignedPair, Gold, Link
from attention_core.errors import TextError
from attention_core.heads import AttendedPair, HeadRanking, Method
from attention_core.views import view
from models.pairs import ready_gold
from models.translator import corpus, evaluate, gold, quality, vocabulary
from models.translator.quality import all_references, bins, by_length, exact, one_reference
from models.translator.reader import TranslatorReader, load_translator
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


# Our own links


def test_our_own_pairs_are_well_made() -> None:
    pairs = gold.own("en", "fr")
    assert len(pairs) == 40
    lines = (corpus.CLASSROOM / "gold.en-fr.jsonl").read_text(encoding="utf-8").splitlines()
    for pair, line in zip(pairs, map(json.loads, lines), strict=True):
        assert pair.texts is not None
        assert line["note"] == "written and aligned for this project"
        assert pair.gold.sure
        assert not {tuple(link) for link in line["sure"]} & {tuple(x) for x in line["possible"]}
        linked = pair.gold.sure | pair.gold.possible
        assert {link.source for link in linked} == set(range(len(pair.source)))
        assert {link.target for link in linked} == set(range(len(pair.target)))
        for text, words in zip(pair.texts, pair[:2], strict=True):
            assert text == vocabulary.tidy(text)
            assert "".join(words) == text.replace(" ", "")


def test_our_own_pairs_hold_much_that_crosses() -> None:
    """Otherwise the diagonal would do, and nothing could be chosen on them."""
    found = gold.diagonal(gold.own("en", "fr"))
    assert found.error_rate > 0.3
    assert found.crossing_recall < 0.3


def test_our_own_pairs_serve_the_other_direction() -> None:
    for pair, back in zip(gold.own("en", "fr"), gold.own("fr", "en"), strict=True):
        assert gold.turned(back) == pair
        assert (back.source, back.texts and back.texts[0]) == (pair.target, (pair.texts or " ")[1])
    assert gold.own("en", "zh") == []


def test_the_pages_are_given_the_same_pairs() -> None:
    ready = ready_gold("en", "fr")
    assert ready is not None
    assert [pair.aligned for pair in ready.rows] == gold.own("en", "fr")


# Links of others


GOLD = {
    "src": ["I", "like", "John's", "xylophones"],
    "tgt": ["J'", "aime", "les", "xylophones", "de", "John"],
    "raw": ["I like John’s xylophones", "J’aime les xylophones de John"],
    "sure": [[0, 0], [1, 1], [3, 3], [2, 5]],
    "possible": [[3, 2], [2, 4]],
}


@pytest.fixture
def pair(tmp_path: Path) -> AlignedPair:
    path = tmp_path / "gold.jsonl"
    path.write_text(json.dumps(GOLD) + "\n\n", encoding="utf-8")
    (pair,) = gold.read(path)
    return pair


def test_gold_without_texts_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "bare.jsonl"
    path.write_text(json.dumps({**GOLD, "raw": None}), encoding="utf-8")
    with pytest.raises(TextError, match=r"Pair 1 of bare\.jsonl has no texts under “raw”"):
        gold.read(path)


def test_gold_words_are_found_in_the_text_the_network_reads(
    reader: TranslatorReader, pair: AlignedPair
) -> None:
    assert pair.texts is not None
    made = reader.align(*pair.texts)
    rows = gold.places(made.target, pair.target)
    spans = [[made.target.tokens[place] for place in row] for row in rows]
    texts = [made.text[span[0].start : span[-1].end] for span in spans]
    assert texts == ["J’", "aime", "les", "xylophones", "de", "John"]
    with pytest.raises(TextError, match="“dogs” is not in “I like John’s xylophones”"):
        gold.places(made.source, ("I", "dogs"))


FIRST = gold.Reading("cross.0", 0, Method("argmax"), 0)


def test_word_weights_merge_pieces_and_shift_by_decoding_steps(
    reader: TranslatorReader, pair: AlignedPair
) -> None:
    (look,) = gold.looks(reader, [pair])
    assert pair.texts is not None
    site = reader.align(*pair.texts).cross[0]
    assert len(reader.target.encode("xylophones").ids) > 1
    seen = view(site, grain="words", specials="hidden")
    torch.testing.assert_close(
        torch.tensor(gold.word_weights(look, FIRST)), torch.tensor(seen.weights[0]),
        atol=1e-6, rtol=0,
    )  # fmt: skip
    for step, shift in ((1, 1), (0, 0), (0, -1)):  # before the first step there is none
        due = [float(site.weights()[0, step, column].sum()) for column in look.columns]
        found = gold.word_weights(look, FIRST._replace(shift=shift))[0].tolist()
        assert found == pytest.approx(due, abs=1e-6)


def test_the_links_of_a_reading_are_those_the_ranking_counted(headed: TranslatorReader) -> None:
    """Every head, extraction and shift; one by one here, all at once there."""
    pairs = gold.own("en", "fr")[:4]
    looks, ranking = gold.looks(headed, pairs), HeadRanking()
    for look in looks:
        ranking.add(look)
    table = ranking.table()
    assert len(table) == 2 * (3 + 1) * 6 * 3
    for ranked in table:
        found = [gold.links(look, gold.Reading(*ranked[:4])) for look in looks]
        agreement = gold.agreement(found, [one.gold for one in pairs])
        assert agreement.error_rate == pytest.approx(ranked.scores.error_rate)
        assert agreement.crossing_recall == pytest.approx(ranked.crossing_recall)
    assert gold.best_reading(looks) == gold.Reading(*table[0][:4])


def test_agreement_by_hand(pair: AlignedPair) -> None:
    """Of 5 links 3 are sure and 1 possible; of the crossing pair 2-5 and 3-3 one is found."""
    found = [Link(0, 0), Link(1, 1), Link(3, 3), Link(3, 2), Link(0, 5)]
    measured = gold.agreement([found], [pair.gold])
    assert measured.error_rate == pytest.approx(1 - (3 + 4) / (5 + 4))
    assert measured[1:3] == (4 / 5, 3 / 4)
    assert measured.f1 == pytest.approx(2 * 0.8 * 0.75 / 1.55)
    assert measured.crossing_recall == 0.5


def test_two_directions_are_joined_in_the_way_that_is_best() -> None:
    right = [Gold(frozenset({Link(0, 0), Link(1, 2)}), frozenset())]
    forward, back = [[Link(0, 0), Link(1, 2), Link(0, 1)]], [[Link(0, 0), Link(2, 1), Link(1, 1)]]
    assert gold.joined(forward, back, "intersection") == [[Link(0, 0), Link(1, 2)]]
    assert gold.best_symmetry(forward, back, right) == "intersection"
    more = [Gold(frozenset({Link(0, 0), Link(1, 2), Link(0, 1)}), frozenset())]
    assert gold.best_symmetry(forward, back, more) == "grow-diag-final-and"


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
        "site": best.site, "head": best.head, "extraction": best.method.how,
        "least": best.method.least, "shift": best.shift,
    }  # fmt: skip
    found = [gold.links(look, best) for look in gold.looks(headed, others)]
    due = gold.agreement(found, [pair.gold for pair in others])
    assert report["error_rate"] == round(due.error_rate, 4)
    assert report["chosen_on"]["sentences"] == 3
    assert report["chosen_on"]["error_rate"] != report["error_rate"]
    assert report["sentences"] == 3
    assert report["diagonal"]["recall"] == round(gold.diagonal(others).recall, 4)


def test_without_pairs_of_our_own_the_last_layer_is_read_as_it_is(
    headed: TranslatorReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = gold.own("en", "fr")[:2]
    monkeypatch.setattr(gold, "own", lambda source, target: [])
    report = evaluate.alignment(headed, others)
    assert report["chosen_on"] is None
    assert report["chosen"] == {
        "site": "cross.1", "head": None, "extraction": "argmax", "least": 0.0, "shift": 0,
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


def test_no_attention_looks_at_nothing(tmp_path: Path, pair: AlignedPair) -> None:
    (look,) = gold.looks(toy_reader("none", tmp_path), [pair])
    assert look == AttendedPair([], look.rows, look.columns, pair.gold)
