"""Which head does this?, without a browser: what is asked is ranked, kept and never lost."""

from __future__ import annotations

import re
from typing import Any

import pytest

from pages.explore.parts import ranking
from pages.showing import readings
from tests.test_pages_state import address, html, opened

CHEAP = {"model": "fake", "text": "one two three one two"}


def table(app: Any) -> list[list[Any]]:
    frame = app.dataframe[0].value
    return [list(frame.columns), *frame.to_numpy().tolist()]


def test_it_opens_with_a_link_that_is_there() -> None:
    app = opened("which")
    names, first, *rest = table(app)
    assert names == ["layer", "head", "it → animal", "the other way"]
    assert first[:2] == [4, 2]
    assert len(rest) == 71
    assert "An even look would give" in html(app)
    assert address(app, "from") == "9"


@pytest.mark.parametrize("by", ["words", "habit", "like"])
def test_every_way_to_ask_ranks_every_head(by: str) -> None:
    app = opened("which", by=by, habit="same", **CHEAP)
    names, *rows = table(app)
    scores = [float(row[2]) for row in rows]
    assert scores == sorted(scores, reverse=True)
    assert len(rows) == len({(row[0], row[1]) for row in rows})
    assert len(names) == (4 if by == "words" else 3)


def test_nothing_to_rank_is_said() -> None:
    app = opened("which", by="habit", habit="same", model="fake", text="all words differ here")
    assert "no place where that could be seen" in app.info[0].value
    assert not app.dataframe


@pytest.mark.parametrize(
    "asked",
    [
        {"from": "400"}, {"to": "0"}, {"from": "x,y"}, {"by": "magic"}, {"habit": "none"},
        {"layer": "99", "by": "like"}, {"opened": "50,50"}, {"opened": "1"}, {"kind": "cross"},
    ],
)  # fmt: skip
def test_nonsense_in_the_address_leaves_the_page_usable(asked: dict[str, str]) -> None:
    app = opened("which", **CHEAP, **asked)
    assert not app.error
    assert app.dataframe


def test_a_translator_is_asked_between_its_two_texts() -> None:
    app = opened("which", model="transformer-en-fr", kind="cross", text="The cat sleeps.")
    names, *rows = table(app)
    assert names[-1] != "the other way"
    assert rows
    app = opened("which", model="transformer-en-fr", kind="cross", by="habit", text="The cat.")
    assert "ask from words to words here" in app.info[0].value


def test_a_long_text_is_picked_from_a_list() -> None:
    app = opened("which", text=" ".join(["the cat sleeps"] * 20))
    assert len(app.multiselect) == 2
    assert app.dataframe


def test_the_words_that_are_looked_at_stay_while_another_one_that_looks_is_chosen() -> None:
    app = opened("which", **CHEAP, to="2")
    assert "Choose at least one word that looks" in app.info[0].value
    assert address(app, "to") == "2"
    assert not app.dataframe


def test_a_word_that_looks_like_markdown_is_shown_as_it_was_typed() -> None:
    text = "one $x$ **two** :red[three]"
    app = opened("which", model="fake", text=text)
    shown = [one.content for one in app.get("button_group")[-1].proto.options]
    words = ranking.rows(readings.read("fake", text).parts["encoder"])
    assert [one.replace("\\", "") for one in shown] == words
    assert {"$", "*", "["} <= set("".join(words))
    assert not re.search(r"(?<!\\)[$*:\[\]]", " ".join(shown))
