"""The page of digits, without a browser: what is drawn is what is read."""

from __future__ import annotations

import pytest

from models.ours.digits import reader
from models.ours.digits.strokes import drawn, parsed, ready, written
from pages.modalities.parts.drawing import BLANK
from tests.test_pages_state import address, html, opened


@pytest.mark.parametrize("digit", [2, 7])
def test_ones_own_digit_is_looked_at(digit: int) -> None:
    text = written(drawn(ready()[digit]))
    ink = parsed(text)
    assert ink is not None
    app = opened("digits", ink=text, place="9", draw="4", look="2")
    glance = reader.glimpse("reinforce", reader.placed(ink, 9), 4)
    best = int(glance.chances[1].argmax())
    assert f"{best} · {100 * float(glance.chances[1, best]):.0f} %" in html(app)
    row, column = divmod(int(glance.weights[1].argmax()), 12)
    spoken = html(app).replace("</b>", "").replace('<b class="atlas-number">', "")
    assert f"Look 2 falls on row {row + 1}, column {column + 1}" in spoken
    assert not app.info


def test_two_digits_are_read_and_the_pieces_go_to_both() -> None:
    texts = [written(drawn(ready()[digit])) for digit in (0, 1)]
    first, second = (parsed(text) for text in texts)
    assert first is not None
    app = opened("digits", show="votes", ink=texts[0], second=texts[1], apart="4")
    found = reader.vote("routing", reader.paper(first, second, (4, 4)))
    for digit in found.lengths.argsort(descending=True)[:2].tolist():
        assert f"To {digit}" in [one.value for one in app.subheader]
        if found.lengths[digit] > 0.5:
            assert f"{digit} ({float(found.lengths[digit]):.2f})" in html(app)
    nats = " → ".join(f'<b class="atlas-number">{one:.2f}</b>' for one in found.entropy.tolist())
    assert nats in html(app)
    one = opened("digits", show="votes", ink=written(first), two="0")
    alone = reader.vote("routing", reader.paper(first, None, (0, 0)))
    assert f"({float(alone.lengths.max()):.2f})" in html(one)


@pytest.mark.parametrize("show", ["glimpses", "votes"])
def test_a_blank_paper_gets_a_sentence_and_no_answer(show: str) -> None:
    app = opened("digits", show=show, ink=BLANK)
    assert any("nothing on the paper" in one.value for one in app.info)
    assert 'class="atlas-headline"' not in html(app)


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("ink", "zzz"), ("ink", "f" * 577), ("second", ""), ("place", "-3"), ("draw", "9" * 9),
        ("look", "77"), ("left", "sideways"), ("apart", "5"), ("round", "9"), ("show", "x"),
        ("two", "2"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("show", ["glimpses", "votes"])
def test_nonsense_in_the_address_leaves_the_page_usable(show: str, name: str, raw: str) -> None:
    app = opened("digits", **{"show": show, name: raw})
    assert not app.error
    assert not app.info
    assert 'class="atlas-caption"' in html(app)


def test_another_place_keeps_the_drawing() -> None:
    app = opened("digits", ink=written(drawn(ready()[4])))
    before = address(app, "place")
    next(one for one in app.button if one.label == "Another place").click().run()
    assert not app.exception
    assert address(app, "ink") == written(drawn(ready()[4]))
    assert address(app, "place") != before
