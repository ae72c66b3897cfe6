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
            shown = example.tokens[gold]
            if chosen.name == "dates":
                assert shown.isalpha() or shown.zfill(2) == answer  # months in words: below
                continue
            assert answer not in example.tokens[at] or chosen.name == "lag"
            fits = {"(": ")", "[": "]", "{": "}"} if chosen.name == "brackets" else {}
            assert fits.get(shown, shown).endswith(answer)


@pytest.mark.parametrize("chosen", tasks(), ids=lambda one: one.name)
def test_examples_of_one_batch_are_equally_long_and_sizes_differ(chosen: Task) -> None:
    dice = random.Random(1)
    lengths = [{len(chosen.draw(dice, size).tokens) for _ in range(5)} for size in (0.0, 0.5, 1.0)]
    assert all(len(one) == 1 for one in lengths)
    assert len(lengths[0] | lengths[1] | lengths[2]) > 1


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
            hits = train.found_right(chosen, logits, answers, 50)
            right, asked = right + int(hits.sum()), asked + len(hits)
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
        ("dates", "31 june 1998", "is no date of the years 1000 to 2999"),
        ("dates", "29 february 1900", "is no date"),
        ("dates", "tomorrow", "is no date"),
        ("dates", "3 march 3000", "is no date"),
        ("dates", "3 m 1998", "is no date"),
        ("dates", "on it was 3 may 1998", "is no date"),
        ("dates", "0.03.1998", "is no date"),
        ("dates", "３ march 1998", "is no date"),
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


# --- dates ---


@pytest.mark.parametrize(
    ("text", "answer", "places"),
    [
        ("3 march 1998", "19 98 03 03", (2, 3, 1, 0)),
        ("march 23, 1098", "10 98 03 23", (3, 4, 0, 1)),
        ("3 Mar 2098", "20 98 03 03", (2, 3, 1, 0)),
        ("03.12.1998", "19 98 12 03", (4, 5, 2, 0)),
        ("2000/02/29", "20 00 02 29", (0, 1, 3, 5)),
        ("7th of june 1998", "19 98 06 07", (4, 5, 3, 0)),
        ("we met on the 22nd of  may 1998", "19 98 05 22", (8, 9, 7, 4)),
        ("It was 1998/12/03", "19 98 12 03", (2, 3, 5, 7)),
    ],
)
def test_a_date_is_read_as_it_was_written(text: str, answer: str, places: tuple[int, ...]) -> None:
    example = task("dates").read(text)
    assert (" ".join(example.answers), example.gold) == (answer, places)


def test_dates_are_drawn_in_all_six_ways_as_often_and_all_days() -> None:
    dates, dice = task("dates"), random.Random(4)
    drawn = [" ".join(dates.draw(dice, dice.random()).tokens) for _ in range(3000)]
    signs = [sum(sign in one for one in drawn) for sign in (".", "/", ",", "of")]
    assert all(abs(count / 3000 - 1 / 6) < 0.035 for count in signs)  # five standard errors
    days = {one.split(" .")[0].split()[-1] for one in drawn if "." in one}
    assert days == {f"{day:02}" for day in range(1, 32)}


def test_a_date_is_right_as_a_whole_or_not_at_all() -> None:
    dates = task("dates")
    answers = torch.tensor([19, 98, 3, 3] * 2)
    logits = torch.nn.functional.one_hot(answers, 100).float()
    logits[3] = 0
    assert train.found_right(dates, logits, answers, 2).tolist() == [False, True]
    assert train.found_right(task("facts"), logits, answers, 2).tolist().count(False) == 1
    assert dates.joined(("19", "98", "03", "03")) == "1998-03-03"


@pytest.mark.parametrize("one", task("dates").contenders, ids=lambda one: one.name)
def test_dates_are_found_where_they_stand_by_who_compares_and_by_nobody_else(
    one: Contender,
) -> None:
    dates = task("dates")
    card = reader.card("dates")[one.name]
    found = train.measured(dates, reader.model(dates, one.name))
    for figure in ("right", "mass", "points", "zeros"):
        assert found[figure] == pytest.approx(card[figure], abs=0.003)  # in half precision
    assert (found["right"] >= 0.95) == (found["points"] >= 0.95) == one.able
    assert (found["right"] <= 0.7) != one.able
    assert (found["zeros"] >= 0.8) == (one.name == "sparsemax")


def test_what_is_written_asks_part_by_part_and_looks_where_it_stands() -> None:
    dates = task("dates")
    example = dates.read("we met on the 3rd of march 1998")
    reply = reader.answered(dates, "additive", example)
    assert reply.answers == example.answers == ("19", "98", "03", "03")
    (site,) = reply.record.sites
    assert site.integrity.verified
    assert [token.text for token in site.queries.tokens] == list(reply.answers)
    assert [token.text for token in site.keys.tokens] == list(example.tokens)
    assert tuple(site.weights()[0].argmax(-1).tolist()) == example.gold
