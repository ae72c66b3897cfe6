"""The rules of our grammar keep their word, and the small BERT has learnt them."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Final

import pytest
import torch

from models.families.reader import Reader
from models.loading.checkpoint import from_folder
from models.ours.grammar import evaluate, train
from models.ours.grammar.lexicon import (
    AN,
    BESIDE,
    BESIDES,
    DETERMINERS,
    FROM,
    NOUNS,
    THAT,
    VERBS,
    WHERE,
    other_number,
    words,
)
from models.ours.grammar.rules import LONGEST, ROOT, Sentence, drawn, taught, unseen
from models.ours.grammar.train import CHECKPOINT
from models.store import catalogue, shelf

PLURALS: Final = {noun.plural for noun in NOUNS.values()}
SINGULAR_VERBS: Final = {verb.singular for verb in VERBS.values()}
FOLLOWED: Final = ("det", "amod", "nsubj", "obj")


@pytest.fixture(scope="module")
def sentences() -> list[Sentence]:
    dice = random.Random(8)
    return [drawn(dice) for _ in range(600)]


def subject(sentence: Sentence, verb: int) -> str:
    """The noun that a verb agrees with: its subject, or what “that” stands for."""
    place = next(
        at
        for at, head in enumerate(sentence.heads)
        if head == verb and sentence.relations[at] == "nsubj"
    )
    said = sentence.words[place]
    return sentence.words[sentence.heads[verb]] if said == THAT else said


def test_every_verb_agrees_with_its_subject_however_far_it_is(sentences: list[Sentence]) -> None:
    far = 0
    for one in sentences:
        for verb in one.verbs:
            assert (one.words[verb] in SINGULAR_VERBS) != (subject(one, verb) in PLURALS)
            between = {word in PLURALS for word in one.words[:verb] if word in PLURALS | {*NOUNS}}
            far += len(between) == 2
    assert far > 50  # nouns of the other number stand in between


def test_determiners_agree_with_their_noun_and_an_stands_before_vowels(
    sentences: list[Sentence],
) -> None:
    for one in sentences:
        for at, (word, head) in enumerate(zip(one.words, one.heads, strict=True)):
            if one.relations[at] != "det":
                continue
            several = one.words[head] in PLURALS
            assert word not in DETERMINERS["singular" if several else "plural"]
            assert (word == AN) <= (not several)
            if word in {"a", AN}:
                assert (one.words[at + 1][0] in "aeiou") == (word == AN)


def test_a_place_suits_its_verb_and_a_preposition_its_noun(sentences: list[Sentence]) -> None:
    singular = {noun.plural: word for word, noun in NOUNS.items()}
    verbs = {verb.singular: word for word, verb in VERBS.items()}
    seen = {"obl": 0, "nmod": 0}
    for one in sentences:
        for at, (word, head) in enumerate(zip(one.words, one.heads, strict=True)):
            relation = one.relations[at]
            if relation not in seen:
                continue
            seen[relation] += 1
            noun, over = singular.get(word, word), one.words[head]
            before = next(
                one.words[place]
                for place, up in enumerate(one.heads)
                if up == at and one.relations[place] == "case"
            )
            if relation == "obl":
                assert noun in VERBS[verbs.get(over, over)].places
                assert before in {WHERE[noun], FROM}
            else:
                assert NOUNS[noun].kind == BESIDES[NOUNS[singular.get(over, over)].kind]
                assert before == BESIDE[NOUNS[noun].kind]
    assert min(seen.values()) > 50


def test_trees_have_one_root_no_circle_and_no_crossing(sentences: list[Sentence]) -> None:
    for one in sentences:
        assert one.relations.count("root") == one.heads.count(ROOT) == 1
        for at, head in enumerate(one.heads):
            up, steps = at, 0
            while up != ROOT:
                up, steps = one.heads[up], steps + 1
                assert steps <= len(one.words)
            if head != ROOT:
                low, high = sorted((at, head))
                assert all(low <= one.heads[inner] <= high for inner in range(low + 1, high))
        assert len(one.words) <= LONGEST
        assert set(one.words) <= set(words())


def test_what_is_measured_has_no_shape_of_what_is_taught() -> None:
    one, other = random.Random(1), random.Random(2)
    seen = {(found.heads, found.relations) for found in (taught(one) for _ in range(1500))}
    new = {(found.heads, found.relations) for found in (unseen(other) for _ in range(300))}
    assert not seen & new
    assert len(seen) > 500


def test_each_form_of_a_verb_has_the_other_one() -> None:
    others = other_number()
    assert all(others[others[form]] == form != others[form] for form in others)
    assert len(others) == 2 * len(VERBS)
    assert len(words()) == len(set(words()))


# The small BERT


def test_each_word_is_one_token_of_the_small_bert() -> None:
    reader = shelf.load("grammar")
    assert isinstance(reader, Reader)
    some = words()[:20]
    assert [token.text for token in reader.axis(" ".join(some)).tokens[1:-1]] == list(some)
    tokenizer = from_folder(CHECKPOINT, CHECKPOINT, ours=True).tokenizer
    text = " ".join(words())
    assert tokenizer.backend_tokenizer.encode(text).tokens[1:-1] == list(words())


def test_it_has_learnt_what_its_card_says() -> None:
    """On 150 sentences; the card's figures, of 2,000, lie within the interval of these."""
    card = json.loads((CHECKPOINT / evaluate.CARD).read_text(encoding="utf-8"))
    found = evaluate.measured(CHECKPOINT, 150)
    assert found["agreement"]["share"] >= 0.97
    for relation in FOLLOWED:
        here, there = found["heads"][relation], card["heads"][relation]
        assert there["gain"] >= 0.15
        low, high = here["interval"]
        assert low - 0.02 <= there["share"] <= high + 0.02
    assert card["heads"]["nsubj"]["share"] >= 0.85
    verb = card["verb_to_subject"]["head"]
    whole, without = found["agreement"]["share"], found["agreement_without"]
    assert whole - without.pop(verb) >= 0.2
    assert whole - min(without.values()) <= 0.03
    assert card["parameters"] == found["parameters"]


def test_it_is_small_and_in_the_list_of_models() -> None:
    assert (CHECKPOINT / "model.safetensors").stat().st_size < 1_000_000
    card = catalogue.entry("grammar").card
    assert f"knows {len(words())} words" in card.good_for
    assert card.task == "read"
    assert len(card.figures) == 2


def test_training_writes_a_model_that_opens(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(train, "POOL", 200)
    model = train.trained(2)
    train.save(tmp_path, model, {"steps": 2})
    opened = from_folder(tmp_path, tmp_path, ours=True)
    given = torch.tensor([[2, 7, 9, 3]])
    torch.testing.assert_close(
        opened.model(input_ids=given).last_hidden_state,
        model.bert(input_ids=given).last_hidden_state,
        atol=2e-2, rtol=0,
    )  # fmt: skip
