"""What heads are called: each label on looks that are nothing else, by hand, and on real models."""

from __future__ import annotations

import math
from typing import Final

import pytest
import torch
from torch import Tensor

from attention_core import finding
from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import ModelError
from attention_core.marking import N_
from attention_core.numbers import labels
from attention_core.numbers.labels import Label
from attention_core.numbers.labels.label import same
from attention_core.numbers.measures import Read
from attention_core.watching.record import Site
from models.families import fake
from models.families.reader import Reader
from models.loading.checkpoint import from_folder
from models.ours.grammar.train import CHECKPOINT
from tests.sample import Matrix, axis, site

PLAIN: Final = "[CLS] a b c d , un ##believ ##able a . [SEP]"
COUNT: Final = len(PLAIN.split())
REPEATED: Final = "[CLS] a b c d a b c d a b c d [SEP]"


def looking(pairs: dict[int, list[int]], count: int = COUNT) -> Matrix:
    """Each of these queries shares its look among those keys; the others look at nothing."""
    weights = torch.zeros(count, count)
    for query, keys in pairs.items():
        weights[query, keys] = 1 / len(keys)
    rows: Matrix = weights.tolist()
    return rows


def scores(*heads: Matrix, pieces: str = PLAIN, repeats: bool = False) -> dict[str, list[float]]:
    found = labels.scores([site(list(heads), axis(pieces))], repeats)
    return {name: one.values[0].tolist() for name, one in found.items()}


def names(matrix: Matrix, pieces: str = PLAIN, repeats: bool = False) -> list[str]:
    found = labels.scores([site([matrix], axis(pieces))], repeats)
    return [label.name for label, _score in labels.of_head(found, 0, 0)]


def every(step: int) -> Matrix:
    """All look so many places further on; at an end, at themselves."""
    return looking({at: [min(max(at + step, 0), COUNT - 1)] for at in range(COUNT)})


@pytest.mark.parametrize(
    ("name", "matrix"),
    [
        ("previous", every(-1)),
        ("next", every(1)),
        ("itself", every(0)),
        ("local", looking({at: [*range(max(0, at - 2), min(COUNT, at + 3))]
                           for at in range(COUNT)})),
        ("first", looking({at: [0] for at in range(COUNT)})),
        ("separator", looking({at: [11] for at in range(COUNT)})),
        ("punctuation", looking({at: [5, 10] for at in range(COUNT)})),
        ("same", looking({**{at: [0] for at in range(COUNT)}, 1: [9], 9: [1]})),
        ("own_word", looking({**{at: [0] for at in range(COUNT)}, 6: [7], 7: [6, 8], 8: [7]})),
        ("broad", looking({at: [*range(COUNT)] for at in range(COUNT)})),
    ],
)  # fmt: skip
def test_a_head_that_does_nothing_else_is_called_by_it(name: str, matrix: Matrix) -> None:
    assert name in names(matrix)
    assert scores(matrix)[name] == pytest.approx([1.0])
    places = {"previous", "next", "itself", "separator", "punctuation", "broad"}
    assert not (places - {name}) & set(names(matrix))


def test_shares_are_means_over_the_tokens_that_have_such_a_place() -> None:
    """Of two places of “a” one looks wholly at the other; of three pieces one, at one of two."""
    half = looking({1: [9], 9: [2, 3], 6: [7, 0]})
    found = scores(half)
    assert found["same"] == pytest.approx([0.5])
    assert found["own_word"] == pytest.approx([0.5 / 3])
    assert found["punctuation"] == [0.0]
    selfish = scores(looking({at: [at] for at in range(COUNT)}))
    assert (selfish["own_word"], selfish["same"], selfish["itself"]) == ([0.0], [0.0], [1.0])


def test_the_evenness_of_a_look_is_its_bits_of_those_it_could_have() -> None:
    """A causal head: the n-th token may look at n places, so all alike has log2 n of log2 n."""
    even = looking({at: [*range(at + 1)] for at in range(COUNT)})
    narrow = looking({at: [0, at] if at else [0] for at in range(COUNT)})
    assert scores(even)["broad"] == pytest.approx([1.0])
    both = labels.scores([site([even, narrow], axis(PLAIN))])["broad"].values[0]
    wanted = sum(1 / math.log2(at + 1) for at in range(1, COUNT - 1)) / (COUNT - 2)
    assert both.tolist() == pytest.approx([1.0, wanted])


def test_what_a_text_has_not_is_no_score_and_gives_no_name() -> None:
    found = scores(looking({0: [0]}, 4), pieces="[CLS] a b [SEP]")
    assert "punctuation" not in found
    assert "same" not in found
    assert "own_word" not in found
    assert "local" not in found
    assert labels.of_head(
        labels.scores([site([looking({0: [0]}, 4)], axis("[CLS] a b [SEP]"))]), 0, 0
    ) == []  # fmt: skip


def test_special_tokens_neither_look_nor_are_the_same_as_each_other() -> None:
    found = scores(looking({0: [3], 3: [0]}, 4), pieces="[SEP] a b [SEP]")
    assert "same" not in found
    assert found["previous"] == [0.0]


def test_a_word_of_the_reader_is_not_the_same_as_a_token_of_the_model() -> None:
    """A typed “[SEP]” beside the model's own."""
    typed = Token("[SEP]", 0, 5, piece="[SEP]")
    own = Token("[SEP]", 5, 5, special=True, piece="[SEP]")
    along = TextAxis("text", "[SEP]", (own, typed, own))
    assert not same(Read(torch.eye(3)[None], along, along)).any()


# Tokens by chance, said three times


def three_times(step: int) -> Matrix:
    """From the second time on, each looks so many places from the same token just before."""
    count = len(REPEATED.split())
    return looking({at: [at - 4 + step] for at in range(5, 13)}, count)


def test_what_was_said_before_is_found_by_three_kinds_of_heads() -> None:
    assert names(three_times(0), REPEATED, True) == ["duplicate", "occurrence"]
    assert names(three_times(1), REPEATED, True) == ["induction"]
    assert names(three_times(2), REPEATED, True) == []
    older = looking({at: [at - 8] for at in range(9, 13)}, 14)
    assert scores(older, pieces=REPEATED, repeats=True) == {
        "duplicate": pytest.approx([0.5]), "occurrence": [0.0], "induction": [0.0],
    }  # fmt: skip
    after = looking({at: [at - 7] for at in range(9, 13)}, 14)
    assert scores(after, pieces=REPEATED, repeats=True)["induction"] == pytest.approx([0.5])


def test_labels_of_a_text_and_of_repeats_are_apart() -> None:
    on_text = set(scores(every(0)))
    on_repeats = set(scores(looking({5: [1]}, 14), pieces=REPEATED, repeats=True))
    assert on_repeats == {name for name, one in labels.ALL.items() if one.repeats}
    assert not on_text & on_repeats


def test_the_heads_of_a_label_come_strongest_first() -> None:
    weak, strong, none = torch.eye(COUNT) * 0.6, torch.eye(COUNT), torch.zeros(COUNT, COUNT)
    heads: list[Matrix] = [one.tolist() for one in (weak, none, strong)]
    found = labels.scores([site(heads, axis(PLAIN)), site(heads[:1], axis(PLAIN))])
    assert labels.having(found, "itself") == [(0, 2), (0, 0), (1, 0)]
    assert labels.having(found, "next") == []


# Models


def repeated(reader: Reader) -> tuple[list[str], Site]:
    record = reader.repeated()
    return [token.text for token in record.axes[0].tokens], record.sites[0]


def test_a_model_is_given_its_own_tokens_three_times_between_its_special_ones() -> None:
    said, seen = repeated(Reader("fake", fake.checkpoint()))
    assert (said[0], said[-1]) == ("[CLS]", "[SEP]")
    own = said[1:-1]
    count = len(own) // 3
    assert own == own[:count] * 3
    assert len(set(own[:count])) == count > 4
    torch.testing.assert_close(seen.weights().sum(-1), torch.ones(seen.heads, len(said)))
    assert seen.integrity.verified
    axis_ = seen.queries
    assert [axis_.text[one.start : one.end] for one in axis_.tokens[1:-1]] == own


def test_the_same_tokens_are_drawn_at_every_call() -> None:
    reader = Reader("fake", fake.checkpoint())
    assert repeated(reader)[0] == repeated(reader)[0]
    assert [one.text for one in reader.repeated(seed=8).axes[0].tokens] != repeated(reader)[0]


def test_fewer_tokens_are_repeated_where_a_model_reads_few_and_none_where_too_few() -> None:
    reader = Reader("fake", fake.checkpoint())
    reader.limit = 10
    assert len(reader.repeated().axes[0]) == 2 + 3 * 2
    reader.limit = 7
    with pytest.raises(ModelError, match="too few tokens"):
        reader.repeated()


def test_the_small_bert_of_a_grammar_has_a_head_for_determiners_and_no_induction() -> None:
    reader = Reader("grammar", from_folder(CHECKPOINT, CHECKPOINT, ours=True), asks=False)
    found = labels.scores(reader.repeated().sites, repeats=True)
    assert labels.having(found, "induction") == []


# The registry


def test_every_label_is_a_share_and_says_when_it_is_given() -> None:
    dice = torch.Generator().manual_seed(2)
    for pieces in (PLAIN, REPEATED):
        count = len(pieces.split())
        drawn = torch.rand(5, count, count, generator=dice).softmax(-1)
        heads: list[Matrix] = drawn.tolist()
        for repeats in (False, True):
            for values in scores(*heads, pieces=pieces, repeats=repeats).values():
                assert all(0 <= value <= 1 + 1e-6 for value in values if not math.isnan(value))
    for name, one in labels.ALL.items():
        assert name == one.name
        assert one.title
        assert one.explanation.endswith(".")
        assert 0 < one.least < 1


def test_a_package_of_somebody_else_adds_a_label(monkeypatch: pytest.MonkeyPatch) -> None:
    def largest(read: object) -> Tensor:
        weights: Tensor = read.weights  # type: ignore[attr-defined]
        return weights.amax((1, 2))

    mine = Label("mine", N_("mine"), N_("It is mine."), 999, largest)

    class Point:
        value = "mine"

        def load(self) -> Label:
            return mine

    monkeypatch.setattr(finding, "entry_points", lambda group: [Point()] * (group == labels.GROUP))
    assert list(labels.registered())[-1] == "mine"
