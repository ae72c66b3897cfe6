"""Methods over many texts: means by hand, problems kept, the page and its file."""

from __future__ import annotations

import math
from statistics import fmean

import pytest

from attention_core.errors import TextError
from attention_core.numbers.agreement import kendall
from attention_core.numbers.attribution import ALL, Output
from attention_core.numbers.attribution.planted import counted, planted
from attention_core.numbers.faithfulness import faithful, order, shuffled, typical
from attention_core.numbers.survey import CHANCES, Row, Scored, Survey, summed
from attention_core.watching.capture import never
from models.families.asking import Asker, Wanted
from models.families.reader import Reader
from models.store import shelf
from pages.explore.parts.surveying import _rows, _texts
from tests.test_pages_state import headings, opened

WORTH = {"good": 1.0, "bad": -1.0, "fine": 0.5}


def output(text: str, cancelled: object = None) -> Output:
    del cancelled
    return counted(WORTH, text.split())


def test_a_row_is_what_one_text_says() -> None:
    text = "a good film with a bad end and fine light"
    row = Survey([text], output).row(0, never)
    made, own = output(text), list(range(10))
    assert row.value == made.value
    orders = {str(at): one for at, one in enumerate(shuffled(own, CHANCES))}
    chance = typical(list(faithful(made, orders).values())).deletion_area
    whole = ALL["leave-one-out"].of(made).scores
    for name in ("attention", "values", "gradient"):
        scores = ALL[name].of(made).scores
        area = faithful(made, {name: order(scores, own)})[name].deletion_area
        found = row.found[name]
        assert found.gained == pytest.approx(chance - area)
        wanted = kendall(scores, whole)
        assert found.agrees == pytest.approx(wanted, nan_ok=True)
    assert row.found["gradient"].gained > row.found["attention"].gained
    assert row.found["gradient"].shared == 1


def test_means_intervals_and_counts_are_those_of_the_rows() -> None:
    rows = [
        Row("a", 1.0, {"gradient": Scored(1.0, 1.0, 0.5), "flow": Scored(math.nan, 0.0, -1.0)}),
        Row("b", 1.0, {"gradient": Scored(0.0, 0.5, 0.1)}),
        Row("c", problem=TextError("nothing")),
    ]
    found = summed(rows)
    assert list(found) == ["flow", "gradient"]
    one = found["gradient"]
    assert (one.texts, one.agrees, one.shared, one.better) == (2, 0.5, 0.75, 2)
    assert one.gained == pytest.approx(fmean([0.5, 0.1]))
    assert one.margin == pytest.approx(1.96 * (0.4 / math.sqrt(2)) / math.sqrt(2))
    half = 1.96 / math.sqrt(2)
    assert one.margins == pytest.approx((half * math.sqrt(0.5), half * 0.5 * math.sqrt(0.5)))
    assert math.isnan(found["flow"].agrees)
    assert all(map(math.isnan, found["flow"].margins))
    assert math.isnan(found["flow"].margin)
    assert found["flow"].better == 0
    assert summed([]) == {}
    assert len(_rows(rows)) == 3


def test_what_cannot_be_asked_is_kept_with_its_reason() -> None:
    survey = Survey(["good", "good bad"], output)
    first, second = (survey.row(place, never) for place in range(2))
    assert first.problem is not None
    assert not first.found
    assert second.problem is None
    assert summed([first, second])["gradient"].texts == 1


def test_a_model_over_pairs_is_asked_pair_by_pair() -> None:
    reader = shelf.load("fake")
    assert isinstance(reader, Reader)
    asker = Asker(reader)
    texts = ["the cat sat", "a dog ran home"]
    survey = Survey(texts, lambda text, _: asker.output(text, Wanted("similarity", other="a cat")))
    for place, text in enumerate(texts):
        wanted = asker.output(text, Wanted("similarity", other="a cat")).value
        assert survey.row(place, never).value == pytest.approx(wanted, abs=1e-6)


def test_a_file_is_read_line_by_line() -> None:
    assert _texts("one\r\n\r\n two \r\n".encode("utf-16"), pairs=False) == ["one", "two"]
    assert _texts("小猫\t狗\n".encode(), pairs=True) == ['["小猫", "狗"]']
    with pytest.raises(TextError, match="Line 2 has one text"):
        _texts(b"a\tb\nc\n", pairs=True)
    with pytest.raises(TextError, match="no sentences"):
        _texts(b" \n\n", pairs=False)


def test_the_page_offers_it() -> None:
    app = opened("made", model="fake", text="the cat sat", other="a dog", taken="0")
    assert "Over many sentences" in headings(app)
    assert planted().value == 1.75
