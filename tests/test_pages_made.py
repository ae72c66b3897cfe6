"""What was it made of: what is asked holds, what cannot be is said, numbers are the core's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from attention_core.numbers.attribution import ALL, Knobs
from models.families.asking import Asker, Wanted
from models.families.reader import Reader
from models.families.seq2seq import translator
from models.store import shelf
from pages.explore.made import SAMPLES
from pages.explore.parts.outputs import NONE
from tests import tiny_pairs
from tests.test_pages_state import address, headings, html, opened

ASKED = {"model": "fake", "text": "the cat sat on the mat", "other": "a dog"}
HEADS = re.compile(r"<th scope='col'>([^<]*)</th>")
ROW = re.compile(r"<tr[^>]*><th scope='row'><bdi>([^<]*)</bdi></th>(.*?)</tr>")
CELL = re.compile(r"<td[^>]*>([^<]*)</td>")


def table(app: AppTest) -> tuple[list[str], dict[str, list[str]]]:
    """The methods of the picture, and the cells of each token."""
    whole = next(str(one.proto.body) for one in app.get("html") if "<bdi>" in one.proto.body)
    return HEADS.findall(whole), {name: CELL.findall(row) for name, row in ROW.findall(whole)}


def told(app: AppTest) -> str:
    return " ".join(str(one.value) for one in app.info)


def test_every_method_is_a_column_and_every_token_a_row() -> None:
    app = opened("made", **ASKED, lang="en")
    heads, rows = table(app)
    # each group is one token here
    assert heads == [one.title for name, one in ALL.items() if name != "leave-group-out"]
    assert list(rows) == ["[CLS]", "the", "cat", "sat", "on", "mat", "[SEP]"]  # “the” stands twice
    assert all(len(cells) == len(heads) for cells in rows.values())
    assert headings(app) == [
        "Do they agree?", "And if these words are really taken away?", "Over many sentences",
    ]  # fmt: skip


def test_the_numbers_are_those_of_the_core() -> None:
    _heads, rows = table(opened("made", **ASKED))
    reader = shelf.load("fake")
    assert isinstance(reader, Reader)
    output = Asker(reader).output(ASKED["text"], Wanted("similarity", other=ASKED["other"]))
    methods = [one for name, one in ALL.items() if name != "leave-group-out"]
    for column, method in enumerate(methods):
        scores = method.of(output, Knobs(samples=SAMPLES.default)).scores
        for place, token in enumerate(output.axis.tokens):
            shown = rows[token.text][column].replace("−", "-")
            if token.text != "the" and shown != "≈0":
                wanted = float(scores[place])
                assert float(shown) == pytest.approx(wanted, abs=max(0.006, 0.06 * abs(wanted)))


def test_a_layer_and_a_head_are_in_the_address_from_one_and_change_the_picture() -> None:
    app = opened("made", **ASKED)
    before = table(app)[1]["cat"]
    app.selectbox(key="made.layer").set_value(1).run()
    app.selectbox(key="made.head").set_value(2).run()
    assert not app.exception
    assert (address(app, "layer"), address(app, "head")) == ("2", "3")
    after = table(app)[1]["cat"]
    names = [name for name in ALL if name != "leave-group-out"]
    changed = {name for name, old, new in zip(names, before, after, strict=True) if old != new}
    assert changed <= {"attention", "values", "attention-gradient"}
    assert "attention" in changed
    again = table(opened("made", **ASKED, layer="2", head="3"))[1]["cat"]
    assert again == after
    app.selectbox(key="made.layer").set_value(NONE).run()
    assert address(app, "layer") is None


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"text": "cat"}, "at least two words"),
        ({"text": ""}, "Type a sentence"),
        ({"other": " "}, "Type a second text"),
        ({"model": "decides"}, "choose a model that reads text"),
        ({"model": "fake-eye"}, "reads text"),
        ({"model": "no such"}, "no model"),
    ],
)
def test_what_cannot_be_asked_is_said(asked: dict[str, str], said: str) -> None:
    app = opened("made", **{**ASKED, "lang": "en", **asked})
    assert not app.error
    assert said in told(app).replace("\\", "")


@pytest.mark.parametrize(
    "odd",
    [{"output": "next"}, {"word": "99999"}, {"layer": "44"}, {"head": "9"}, {"steps": "0"},
     {"baseline": "else"}, {"top": "99"}, {"lines": "nothing,attention"}, {"place": "3"}],
)  # fmt: skip
def test_an_address_that_names_what_is_not_there_is_left_out(odd: dict[str, str]) -> None:
    app = opened("made", **ASKED, **odd)
    assert not app.error
    assert "<bdi>cat</bdi>" in html(app)


def test_without_taking_words_away_the_model_is_not_run_for_it() -> None:
    app = opened("made", **ASKED, taken="0")
    assert not app.get("plotly_chart")
    app.toggle(key="made.taken").set_value(True).run()
    assert not app.exception
    assert len(app.get("plotly_chart")) == 2


def test_typed_text_is_no_markup() -> None:
    app = opened("made", **{**ASKED, "text": "<b>the</b> cat & <i>dog</i>"})
    assert "<b>the" not in html(app)
    assert "<bdi>&lt;</bdi>" in html(app)


def test_a_translator_is_asked_about_a_word_of_its_translation() -> None:
    app = opened("made", model="bahdanau-en-fr", text="I see a red cat.", taken="0", lang="en")
    assert app.selectbox(key="made.place").options[:2] == ["Je", "vois"]
    before = table(app)
    assert list(before[1]) == ["I", "see", "a", "red", "cat", ".", "&lt;/s&gt;"]
    assert "Rollout" not in before[0]
    assert "from its translation at the source" in told(app)
    app.selectbox(key="made.place").set_value(3).run()
    assert not app.exception
    assert address(app, "place") == "4"
    assert table(app) != before


@pytest.fixture(scope="module")
def marian(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A directory with a small translator in it."""
    return tiny_pairs.saved("marian", tmp_path_factory.mktemp("models")).parent


@pytest.mark.parametrize("page", ["made", "switched"])
def test_a_translator_of_the_library_is_asked_as_ours_are(
    page: str, marian: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(marian))
    monkeypatch.setattr(translator, "ROOM", -6)
    name = "translate:folder:marian"
    app = opened(page, model=name, text="The cat sat.", taken="0", lang="en")
    assert not app.error
    options = app.selectbox(key=f"{page}.model").options
    assert "marian, as a translator" in options
    assert "marian" in options
    pieces = app.selectbox(key=f"{page}.place").options
    assert len(pieces) > 1
    if page == "made":
        heads, rows = table(app)
        assert "Relevance" in heads
        assert "Rollout" not in heads
        assert "".join(rows).startswith("T")
        assert "from its translation at the source" in told(app)


def test_words_left_out_together_are_chosen_and_stay_in_the_address() -> None:
    app = opened("made", **ASKED, taken="0", lang="en")
    assert "Leave groups out" not in table(app)[0]
    assert "Leave groups out" not in told(app)
    app.selectbox(key="made.together").set_value("chosen").run()
    app.multiselect(key="made.group").set_value([2, 3]).run()
    assert not app.exception
    assert (address(app, "together"), address(app, "group")) == ("chosen", "3,4")
    heads, rows = table(app)
    column = heads.index("Leave groups out")
    assert rows["cat"][column] == rows["sat"][column]
    reader = shelf.load("fake")
    assert isinstance(reader, Reader)
    output = Asker(reader).output(ASKED["text"], Wanted("similarity", other=ASKED["other"]))
    wanted = float(ALL["leave-group-out"].of(output, Knobs(groups=((2, 3),))).scores[2])
    shown = rows["cat"][column].replace("−", "-")
    assert float(shown) == pytest.approx(wanted, abs=max(0.006, 0.06 * abs(wanted)))
    assert "Left out together" in html(app)
    again = table(opened("made", **ASKED, taken="0", together="chosen", group="3,4"))
    assert again[1]["cat"] == rows["cat"]


def test_flow_and_shapley_values_say_how_they_are_shown_and_how_well_they_are_known() -> None:
    app = opened("made", **ASKED, taken="0", lang="en")
    assert "Flow is shown as it is" in html(app)
    assert "orders by chance; each is known to ±" in html(app)
    app = opened("made", **ASKED, taken="0", lang="en", shares="1", orders="0")
    assert "shares that add up to 1, and may be less" in html(app)
    assert "Shapley values" not in table(app)[0]
    assert "choose in how many orders" in told(app)


def test_one_scale_colours_all_columns_by_the_largest_score_of_all() -> None:
    def strengths(scale: str) -> list[list[float]]:
        app = opened("made", **ASKED, scale=scale)
        page = next(str(one.proto.body) for one in app.get("html") if "<bdi>" in one.proto.body)
        rows = [row for row in page.split("<tr")[2:] if "--strength" in row]
        return [[float(one) for one in re.findall(r"--strength:([\d.]+)", row)] for row in rows]

    each, one = strengths("own"), strengths("one")
    assert [max(column) for column in zip(*each, strict=True)] == [1.0] * len(each[0])
    tops = [max(column) for column in zip(*one, strict=True)]
    assert max(tops) == 1.0
    assert min(tops) < 0.5
    for narrow, wide in zip(zip(*each, strict=True), zip(*one, strict=True), strict=True):
        assert wide == pytest.approx([max(wide) * strength for strength in narrow], abs=0.002)


def test_groups_are_spoken_of_once_something_goes_together() -> None:
    assert "Leave groups out" not in told(opened("made", **ASKED))
    heads, _rows = table(opened("made", **ASKED, together="chosen", group="2,3"))
    assert "Leave groups out" in heads
