"""Mechanisms on words: the head is the shipped model's own, and the others were trained on it."""

from __future__ import annotations

import pytest
import torch

from attention_core.errors import TextError, TooLong
from attention_core.mechanisms import ALL
from models.ours.imitation import train
from models.ours.imitation.head import HEAD, projected, reader, words
from models.ours.imitation.student import drawn, learns, look, missed, student, weights
from pages.frame import prose
from pages.mechanisms.parts import side_by_side

SENTENCE = "My sister bought two red apples yesterday."
LONG = "The old man sold his little house to a young woman. " * 4


def test_the_head_given_to_all_is_the_one_that_the_translator_computes() -> None:
    """The picture of scaled dot-product attention is the translator's own, to the last digits."""
    site = next(one for one in reader().translate(SENTENCE).record.sites if one.kind == "encoder")
    own = site.weights([HEAD])[0]
    assert [token.text for token in site.keys.tokens] == [
        token.text for token in words(SENTENCE).axis.tokens
    ]
    found = look("scaled_dot_product", words(SENTENCE)).weights[0]
    torch.testing.assert_close(found, own, atol=1e-6, rtol=0)


def test_its_determiners_and_adjectives_look_at_their_noun() -> None:
    read = words(SENTENCE)
    texts = [token.text for token in read.axis.tokens]
    found = look("scaled_dot_product", read).weights[0].argmax(-1)
    looked = {texts[row]: texts[int(column)] for row, column in enumerate(found)}
    assert looked["My"] == "sister"
    assert looked["two"] == looked["red"] == "apples"


@pytest.mark.parametrize("name", list(ALL))
@pytest.mark.parametrize("text", ["Go", SENTENCE, LONG])
def test_every_mechanism_runs_on_short_and_long_sentences(name: str, text: str) -> None:
    read = words(text)
    trace = look(name, read)
    count = len(read.axis)
    assert trace.weights.shape[-2:] == (count, count)
    assert torch.isfinite(trace.context).all()


def test_every_mechanism_was_measured_and_every_learner_trained() -> None:
    assert len(missed()) >= 28
    assert set(missed()) <= set(ALL)
    trained = {key.partition("/")[0] for key in weights()}
    assert trained == {name for name in missed() if learns(name)}


def test_one_that_was_never_trained_has_the_same_numbers_at_every_start() -> None:
    torch.manual_seed(1)
    one = drawn("additive").state_dict()
    after = torch.rand(1)
    torch.manual_seed(2)
    other = drawn("additive").state_dict()
    assert all(torch.equal(one[key], other[key]) for key in one)
    torch.manual_seed(1)
    assert torch.equal(torch.rand(1), after)


@pytest.mark.parametrize(
    ("name", "said"), [("additive", "Not trained to imitate the head"), ("luong_dot", "measured")]
)
def test_the_page_says_what_was_never_trained_or_measured(
    name: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a mechanism that was just added: it has no entry on the card of the imitation."""
    left = {key: value for key, value in missed().items() if key != name}
    notes: list[str] = []
    monkeypatch.setattr(side_by_side, "missed", lambda: left)
    monkeypatch.setattr(prose, "note", lambda markup: notes.append(str(markup)))
    side_by_side.untrained([name, "scaled_dot_product"])
    assert len(notes) == 1
    assert said in notes[0]
    assert ALL[name].card.title in notes[0]
    under = side_by_side.note(name, look(name, words(SENTENCE)))
    assert under.endswith("words looked at")


def test_learners_are_nearer_to_the_head_than_untrained_ones() -> None:
    batches = [train.taught(torch.tensor([reader().source_pieces(SENTENCE, False)[1]]))]
    for name in ("additive", "luong_general", "multi_head", "relative_bias", "routing"):
        torch.manual_seed(1)
        fresh = ALL[name].of_width(32)
        assert train.distance(student(name), batches) < train.distance(fresh, batches)


def test_what_was_measured_is_what_is_found_again() -> None:
    """On other sentences than those of the card, so not to the last digit."""
    pieces = [
        reader().source_pieces(text, False)[1]
        for text in (SENTENCE, "I have never seen such a big dog.", "She told me the truth.")
    ]
    batches = [train.taught(torch.tensor([one])) for one in pieces]
    assert train.distance(student("scaled_dot_product"), batches) < 1e-6
    assert train.distance(student("luong_general"), batches) < 0.01
    for name in ("additive", "sparsemax", "sliding_window", "luong_location"):
        assert abs(train.distance(student(name), batches) - missed()[name]) < 0.15


def test_a_mechanism_trains_towards_the_head(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(train, "STEPS", 40)
    batches = train.grouped([SENTENCE, "I have never seen such a big dog."], 2)
    torch.manual_seed(3)
    made = ALL["luong_general"].of_width(32)
    before = train.distance(made, batches)
    train.train(made, batches)
    assert train.distance(made, batches) < 0.7 * before


def test_sentences_are_grouped_by_length_so_that_none_is_padded() -> None:
    batches = train.grouped([SENTENCE, "She told me the truth.", "He told me the truth."], 3)
    assert sorted(len(query) for query, *_ in batches) == [1, 2]
    for query, key, value, wanted in batches:
        assert query.shape == key.shape == value.shape
        torch.testing.assert_close(wanted.sum(-1), torch.ones_like(wanted[..., 0]))


def test_projections_are_those_of_one_head() -> None:
    query, key, value = projected(torch.tensor([reader().source_pieces(SENTENCE, False)[1]]))
    assert query.shape == key.shape == value.shape == (1, len(words(SENTENCE).axis), 32)


def test_nothing_to_read_and_too_much_to_read_are_refused() -> None:
    with pytest.raises(TextError):
        words("  ")
    with pytest.raises(TooLong):
        words("word " * 5000)
    assert len(words("word " * 5000, cut=True).axis) == 60
