"""The page of words and drawings, without a browser: what is typed is what is found."""

from __future__ import annotations

import pytest

from models.ours.emoji import pieces
from models.ours.emoji.collection import collection
from models.ours.emoji.reader import load_reader, titles
from pages.modalities.parts.nearest import photograph
from tests.test_pages_state import html, opened

pytestmark = pytest.mark.skipif(not pieces.shipped(), reason="the towers do not ship")


@pytest.mark.parametrize("text", ["red heart", "chauve-souris", "下雨"])
def test_the_nearest_drawing_is_open(text: str) -> None:
    app = opened("emoji", text=text)
    found = load_reader().find(text)
    assert titles(found.order[0]) in html(app)
    assert f"{float(found.cosines[found.order[0]]):.2f}" in html(app)
    assert "CLIP has no cross-attention" in html(app)
    assert not app.info


def test_another_drawing_can_be_opened_by_its_address() -> None:
    app = opened("emoji", text="red heart", drawing="8")
    matched = load_reader().match(load_reader().find("red heart"), 7)
    assert titles(7) in html(app)
    assert f"{matched.cosine:.2f}" in html(app)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "Type a word"), ("?!", "no word in this text"), ("кот", "never saw “к”"),
        ("🦇", "no word in this text"), ("zxqvw", "No text that the towers learnt from has"),
        ("a red cat " * 40, "pieces of words"),
    ],
)  # fmt: skip
def test_what_it_cannot_read_gets_a_sentence(text: str, said: str) -> None:
    app = opened("emoji")
    app = app.text_area[0].set_value(text).run()
    assert not app.exception
    told = [one.value.replace("\\", "") for one in (*app.info, *app.warning)]
    assert any(said in one for one in told)


def test_an_address_that_says_nonsense_leaves_the_page_usable() -> None:
    app = opened("emoji", drawing="99999", piece="99", layer="77", head="55", place="4444")
    assert not app.error
    assert "atlas-caption" in html(app)


def test_a_drawing_gets_its_words_in_three_languages() -> None:
    bat = next(n for n, one in enumerate(collection()) if one.character == "🦇")
    app = opened("emoji", **{"from": "picture"})
    reader = load_reader()
    pixels = photograph(bat).pixels
    called = reader.called(pixels, 6)
    table = app.dataframe[0].value
    assert [list(table[one]) for one in table] == [
        [named.text for named in called[language]] for language in ("en", "fr", "zh")
    ]
