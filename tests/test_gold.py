"""Links that people set against those that attention says: our own pairs, readings, agreement."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch

from attention_core.axes.tokens import spaced
from attention_core.errors import TextError
from attention_core.numbers.alignment import AlignedPair, Gold, Link
from attention_core.numbers.heads import AttendedPair, HeadRanking
from attention_core.pictures.views import view
from models.corpora.pairs import ready_gold
from models.ours.translator import corpus, gold, vocabulary
from models.ours.translator.reader import TranslatorReader, load_translator
from tests.toy_networks import toy_reader


@pytest.fixture(scope="module")
def reader() -> TranslatorReader:
    return load_translator("bahdanau-en-fr")


@pytest.fixture(scope="module")
def headed(tmp_path_factory: pytest.TempPathFactory) -> TranslatorReader:
    """Six heads in two layers that learnt nothing."""
    return toy_reader("transformer", tmp_path_factory.mktemp("headed"))


# Our own links


def test_our_own_pairs_are_well_made() -> None:
    pairs = gold.own("en", "fr")
    assert len(pairs) == 60
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


def test_words_of_a_file_are_found_however_it_writes_letters_and_blanks() -> None:
    axis = spaced("L' été a 10 000 jours .")
    written = ("\u3000", "L'", "e\u0301te\u0301", "a", "10\u202f000", "\u3000", "jours", ".")
    assert gold.places(axis, written) == [[], [0], [1], [2], [3, 4], [], [5], [6]]


FIRST = gold.Reading("cross.0", 0)


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
    assert len(table) == (2 * (3 + 1) + 1) * 7 * 3  # both layers together have one mean
    for ranked in table:
        reading = gold.Reading(ranked.site, ranked.head, *ranked.method, ranked.shift)
        found = [gold.links(look, reading) for look in looks]
        agreement = gold.agreement(found, [one.gold for one in pairs])
        assert agreement.error_rate == pytest.approx(ranked.scores.error_rate)
        assert agreement.crossing_recall == pytest.approx(ranked.crossing_recall)


def pair_of(weights: list[list[float]], *sure: tuple[int, int]) -> AttendedPair:
    """One head over pieces that are words."""
    rows, columns = ([[place] for place in range(count)] for count in np.shape(weights))
    return AttendedPair(
        [("cross.0", torch.tensor([weights]))], rows, columns,
        Gold(frozenset(Link(*link) for link in sure), frozenset()),
    )  # fmt: skip


def test_grown_links_are_read_from_both_sides_of_one_matrix() -> None:
    """Target 1 looks at source 0, whose own strongest is target 0: the link grows beside it."""
    look = pair_of([[0.6, 0.2, 0.2], [0.5, 0.1, 0.4], [0.1, 0.9, 0.0]])
    assert gold.links(look, FIRST) == [Link(0, 0), Link(0, 1), Link(1, 2)]
    # from the source: 0-0, 1-2, 2-1; both sides have 0-0 and 1-2
    assert sorted(gold.links(look, FIRST._replace(how="grown"))) == [
        Link(0, 0), Link(0, 1), Link(1, 2), Link(2, 1),
    ]  # fmt: skip


def test_the_best_reading_is_the_best_of_all() -> None:
    """Only read from both sides has source 2 a link as well as target 1."""
    matrix = [[0.6, 0.2, 0.2], [0.35, 0.31, 0.34], [0.05, 0.95, 0.0]]
    look = pair_of(matrix, (0, 0), (0, 1), (1, 2), (2, 1))
    assert gold.best_reading([look]) == FIRST._replace(how="grown")
    assert gold.best_reading([pair_of(matrix, (0, 0), (0, 1), (1, 2))]) == FIRST
    with pytest.raises(TextError, match="no sentences with gold links"):
        gold.best_reading([])


def test_the_last_layers_are_also_read_together(headed: TranslatorReader) -> None:
    (look,) = gold.looks(headed, gold.own("en", "fr")[:1])
    (first, one), (second, other), (both, mean) = look.sites
    assert (first, second, both) == ("cross.0", "cross.1", "cross.0+cross.1")
    torch.testing.assert_close(mean[0], (one.mean(0) + other.mean(0)) / 2)


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


def test_no_attention_looks_at_nothing(tmp_path: Path, pair: AlignedPair) -> None:
    (look,) = gold.looks(toy_reader("none", tmp_path), [pair])
    assert look == AttendedPair([], look.rows, look.columns, pair.gold)
