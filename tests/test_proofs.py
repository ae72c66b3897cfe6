"""Trained proofs: the gold is the gold, looks add up, cards hold, and odd input gets a sentence."""

from __future__ import annotations

import random
from typing import Any

import pytest
import torch

from attention_core.errors import ModelError, TextError
from attention_core.numbers.share import wilson
from models.ours.looks import integrity
from models.ours.proofs import reader, train
from models.ours.proofs.registry import shipped, task, tasks
from models.ours.proofs.task import Contender, Task

CONTENDERS = [(one, name) for one in tasks() for name in one.contenders]
SHIPPED = [(one, name) for one in shipped() for name in one.contenders]


def named(both: tuple[Task, Contender]) -> str:
    return f"{both[0].name}-{both[1].name}"


@pytest.mark.parametrize("chosen", tasks(), ids=lambda one: one.name)
@pytest.mark.parametrize("size", [0.0, 0.4, 1.0])
def test_the_answer_stands_where_the_gold_says(chosen: Task, size: float) -> None:
    dice = random.Random(3)
    for _round in range(50):
        example = chosen.draw(dice, size)
        assert len(example.asked) == len(example.answers) == len(example.gold) > 0
        assert len(chosen.ids(example.tokens)) == len(example.tokens)
        for at, answer, gold in zip(example.asked, example.answers, example.gold, strict=True):
            assert answer in chosen.classes
            assert answer not in example.tokens[at] or chosen.name == "lag"
            shown = example.tokens[gold]
            closing = {"(": ")", "[": "]", "{": "}"}.get(shown, shown)
            assert closing.endswith(answer)


@pytest.mark.parametrize("chosen", tasks(), ids=lambda one: one.name)
def test_examples_of_one_batch_are_equally_long_and_sizes_differ(chosen: Task) -> None:
    dice = random.Random(1)
    lengths = [{len(chosen.draw(dice, size).tokens) for _ in range(5)} for size in (0.0, 0.5, 1.0)]
    assert all(len(one) == 1 for one in lengths)
    assert len(lengths[0] | lengths[1] | lengths[2]) == 3


@pytest.mark.parametrize("chosen", tasks(), ids=lambda one: one.name)
def test_the_ready_inputs_are_read_as_they_are_drawn(chosen: Task) -> None:
    for text in chosen.ready:
        example = chosen.read(text)
        assert example.answers
        assert set(example.answers) <= set(chosen.classes)


@pytest.mark.parametrize("both", CONTENDERS, ids=named)
def test_what_a_look_takes_away_is_its_weights_times_its_values(both: Any) -> None:
    chosen, one = both
    torch.manual_seed(0)
    network = one.build().double()
    dice = random.Random(2)
    numbers = torch.tensor([chosen.ids(chosen.draw(dice, 0.5).tokens) for _ in range(3)])
    for look in network(numbers).looks:
        for row in range(3):
            found = integrity(look, row)
            assert found.output is not None
            assert found.output < 1e-12
            assert found.rows < 1e-12


@pytest.mark.parametrize("both", SHIPPED, ids=named)
def test_what_is_shipped_does_what_its_card_says_on_new_examples(both: Any) -> None:
    """Another seed than the card's; three standard errors of both samples, and rounding."""
    chosen, one = both
    card = reader.card(chosen.name)[one.name]
    network, dice = reader.model(chosen, one.name), random.Random(77)
    right = asked = 0
    with torch.inference_mode():
        for _round in range(6):
            size = dice.random()
            numbers, places, answers, _gold = train.batch(
                chosen, [chosen.draw(dice, size) for _ in range(50)]
            )
            logits = network(numbers).logits[places[:, 0], places[:, 1]]
            right += int((logits.argmax(-1) == answers).sum())
            asked += len(answers)
    low, high = wilson(right, asked)
    assert low - 0.03 <= card["right"] <= high + 0.03
    assert sum(part.numel() for part in network.parameters()) == card["parameters"]


@pytest.mark.parametrize("chosen", shipped(), ids=lambda one: one.name)
def test_who_can_and_who_cannot_are_far_apart(chosen: Task) -> None:
    cards = reader.card(chosen.name)
    able = [cards[one.name]["right"] for one in chosen.contenders if one.able]
    unable = [cards[one.name]["right"] for one in chosen.contenders if not one.able]
    assert max(able) >= chosen.floor
    assert max(able) - max(unable) > 0.2


def test_the_reader_gives_the_models_own_answer_and_look() -> None:
    facts = task("facts")
    example = facts.read("Anna: red, Ben: blue, Zoe: gold. zoe ?")
    reply = reader.answered(facts, "key_value", example)
    assert reply.answers == ("gold",)
    (site,) = reply.record.sites
    assert site.integrity.verified
    assert [token.text for token in site.queries.tokens] == ["Zoe?"]
    assert int(site.weights()[0, 0].argmax()) == 2


def test_exchanging_two_colours_moves_the_answer_and_not_the_look() -> None:
    facts = task("facts")
    replies = [
        reader.answered(facts, "key_value", facts.read(f"Anna: {one}, Ben: {other}. Ben?"))
        for one, other in (("red", "blue"), ("blue", "red"))
    ]
    assert [reply.answers for reply in replies] == [("blue",), ("red",)]
    first, second = (reply.record.sites[0].weights() for reply in replies)
    assert torch.equal(first, second)


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("facts", "", "Write from 1 to 20 facts"),
        ("facts", "Anna: red", "a question behind them"),
        ("facts", "Anna: red, Anna: blue. Anna?", "each name once"),
        ("facts", "Anna: red. Ben?", "Nothing is said of Ben; ask for one of Anna"),
        ("facts", "Xerxes: red. Xerxes?", "“Xerxes” is not known here"),
        ("facts", "<script>: red. Anna?", "Write from 1"),
        ("needle", "abc", "0 digits"),
        ("needle", "a1b2", "2 digits"),
        ("needle", "äb1", "“ä” is not known here"),
        ("needle", "a" * 126 + "1", "127 letters"),
        ("brackets", "( ]?", "closes none that is open"),
        ("brackets", "()", "0 signs"),
        ("brackets", "?", "closes none that is open"),
        ("brackets", "(" * 40 + "?", "41 brackets"),
        ("brackets", "(x?", "“x” is not known here"),
        ("lag", "abc", "These are 3 letters; write from 8"),
        ("lag", "a" * 33, "These are 33 letters"),
        ("lag", "a b c d e f g z", "“z” is not known here"),
    ],
)
def test_odd_input_gets_a_sentence(name: str, text: str, said: str) -> None:
    with pytest.raises(TextError, match=said.replace("?", r"\?")):
        task(name).read(text)


def test_names_that_are_not_there_are_said() -> None:
    with pytest.raises(ModelError, match="There is no proof “magic”; there are facts"):
        task("magic")
    with pytest.raises(ModelError, match="no mechanism “magic” in facts"):
        reader.answered(task("facts"), "magic", task("facts").read("Anna: red. Anna?"))
