"""Each pair of a file in numbers, and the head that aligns best on pairs with links."""

from __future__ import annotations

import csv
import io
import json
import math

import pytest

from attention_core.errors import TextError, TooLong
from attention_core.files.formats.json_pairs import from_json
from attention_core.files.formats.table_pairs import from_table
from attention_core.files.pairs import Pair
from attention_core.numbers.alignment import error_rate, extract
from attention_core.numbers.confidence import confidence
from attention_core.pictures.views import view
from attention_core.watching.capture import never
from models.corpora.head_search import HeadSearch
from models.corpora.triage import Row, Triage, Way, as_csv, merged, summary
from models.families.translation import Translating
from models.store import catalogue, shelf
from pages.alignments.parts.handover import layer
from pages.showing import looking

GOLD = [
    {
        "src": ["I", "love", "cats", "."], "tgt": ["J'", "aime", "les", "chats", "."],
        "sure": [[0, 0], [1, 1], [2, 3], [3, 4]], "possible": [[2, 2]],
        "raw": ["I love cats.", "J'aime les chats."],
    },
    {
        "src": ["The", "white", "cat", "sleeps", "."], "tgt": ["Le", "chat", "blanc", "dort", "."],
        "sure": [[0, 0], [1, 2], [2, 1], [3, 3], [4, 4]],
        "raw": ["The white cat sleeps.", "Le chat blanc dort."],
    },
]  # fmt: skip
PAIRS = from_json("\n".join(map(json.dumps, GOLD)).encode())


@pytest.fixture(scope="module")
def reader() -> Translating:
    found = shelf.load("bahdanau-en-fr")
    assert isinstance(found, Translating)
    return found


def triaged(reader: Translating, *pairs: Pair) -> list[Row]:
    work = Triage(reader, pairs, Way())
    return [work.row(place, never) for place in range(len(work))]


def test_a_row_holds_what_the_translator_says_of_the_pair(reader: Translating) -> None:
    pair = PAIRS.rows[1]
    row = triaged(reader, pair)[0]
    found = reader.align(pair.source, pair.target)
    assert row.score == found.score < 0
    assert row.ratio == 1  # five words each
    assert row.confidence == confidence(view(found.cross[0], None, "words").mean)
    assert pair.aligned is not None
    words = merged(found.cross[0], None, 0, pair.aligned.target, pair.aligned.source)
    assert words.shape == (5, 5)
    assert row.error_rate == error_rate([(extract(words), pair.aligned.gold)]) < 0.5


def test_a_wrong_translation_scores_worse(reader: Translating) -> None:
    right, wrong = triaged(
        reader, Pair("I love cats.", "J'aime les chats."), Pair("I love cats.", "Il est parti.")
    )
    assert right.score > wrong.score + 1


def test_what_cannot_be_read_becomes_a_row_that_says_why(reader: Translating) -> None:
    empty, long, endless, fine = triaged(
        reader, Pair("A cat.", ""), Pair("word " * 5000, "mot"), Pair("a" * 30_000, "mot"),
        Pair("A cat.", "Un chat."),
    )  # fmt: skip
    assert isinstance(empty.problem, TextError)
    assert isinstance(long.problem, TooLong)
    assert isinstance(endless.problem, TooLong)
    assert fine.problem is None
    assert summary([empty, long, endless, fine])[:3] == (1, 3, fine.score)


def test_the_summary_scores_the_corpus_and_not_the_mean_of_sentences(reader: Translating) -> None:
    rows = triaged(reader, *PAIRS.rows)
    found = summary(rows)
    pairs = [one for row in rows for one in row.scored]
    assert len(pairs) == 2
    assert found.error_rate == error_rate(pairs)
    assert found.score == pytest.approx(sum(row.score for row in rows) / 2)
    assert all(math.isnan(value) for value in summary([])[2:])


def test_the_table_is_written_whole_and_starts_no_formula(reader: Translating) -> None:
    rows = triaged(reader, Pair("=1+1", "Un, deux"), Pair("A cat.", ""))
    one, two = csv.DictReader(io.StringIO(as_csv(rows).removeprefix("\ufeff")))
    assert (one["source"], one["target"], one["aer"], one["problem"]) == (
        "'=1+1",
        "Un, deux",
        "",
        "",
    )
    assert float(one["score"]) == pytest.approx(rows[0].score, rel=1e-4)
    assert two["score"] == ""
    assert two["problem"] == str(rows[1].problem)


def test_the_search_finds_what_the_translator_reads_best(reader: Translating) -> None:
    search = HeadSearch(reader, PAIRS.rows)
    assert search.report(split=False) is None
    assert [search.row(place, never) for place in range(len(search))] == [None, None]
    found = search.report(split=False)
    assert found is not None
    assert found.chosen == found.reported == search.table(split=False)[0]
    assert found.sentences == 2
    assert found.chosen.scores.error_rate < 0.3


def test_all_layers_together_are_ranked_as_the_card_of_the_transformer_reads_them() -> None:
    name = "transformer-en-fr"
    transformer = shelf.load(name)
    assert isinstance(transformer, Translating)
    search = HeadSearch(transformer, PAIRS.rows)
    assert [search.row(place, never) for place in range(len(search))] == [None, None]
    chosen = catalogue.entry(name).card.measured["alignment"]["chosen"]
    row = next(
        one
        for one in search.table(split=False)
        if (one.site, one.head, one.method.how, one.shift)
        == (chosen["site"], chosen["head"], chosen["extraction"], chosen["shift"])
    )
    assert row.site == "cross.0+cross.1+cross.2"
    look = looking.Best(layer(row), (), row.shift, row.method.how, row.method.least)
    assert look == looking.best(name)  # what a click on the row opens
    found = [transformer.align(pair.source, pair.target) for pair in PAIRS.rows]
    links = [looking.settled(one, name) for one in found]
    assert sum(len(one.links(one.view("words", "hidden"))) for one in links if one) == (
        row.scores.found
    )


def test_a_winner_of_one_half_is_reported_on_the_other(reader: Translating) -> None:
    search = HeadSearch(reader, PAIRS.rows)
    search.row(0, never)
    assert search.report(split=True) is None
    search.row(1, never)
    found = search.report(split=True)
    assert found is not None
    assert found.chosen == search.table(split=True)[0]
    assert found.reported[:4] == found.chosen[:4]
    assert (found.chosen.scores.sure, found.reported.scores.sure) == (4, 5)
    assert found.diagonal == pytest.approx(1 - 2 * 3 / (5 + 5))  # white cat, chat blanc
    assert found.sentences == 1


def test_a_pair_that_cannot_be_scored_says_why_and_spoils_nothing(reader: Translating) -> None:
    pairs = [*from_table(b"A cat.\tUn chat.\n").rows, *PAIRS.rows]
    search = HeadSearch(reader, pairs)
    problems = [search.row(place, never) for place in range(len(search))]
    assert [problem is None for problem in problems] == [False, True, True]
    assert search.whole.sentences == 2
