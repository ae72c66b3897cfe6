"""The pages about alignments with a reader's own file, without a browser."""

from __future__ import annotations

import re
import time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages.showing import figures
from tests.browser.frame import FILES
from tests.test_pages_state import address, html, opened

MODEL = "transformer-en-fr"


def given(page: str, name: str, data: bytes, **chosen: str) -> AppTest:
    """A page after a reader gave it a file of pairs."""
    app = opened(page, **{"from": "own", "model": MODEL, **chosen})
    app.file_uploader(key=f"{page}.file").set_value([(name, data, "text/plain")]).run()
    assert not app.exception
    return app


def words(app: AppTest) -> str:
    """What the page says, without its tags."""
    return re.sub(r"<[^<>]*>", "", html(app))


def infos(app: AppTest) -> str:
    return " ".join(one.value for one in app.info)


def boxes(app: AppTest) -> dict[str, str]:
    """The columns chosen, by what they hold."""
    return {one.label: str(one.value) for one in app.selectbox if one.label.startswith("Column of")}


SCORED = b"1.25\tThe cat sleeps.\tLe chat dort.\n-1.5\tI am tired.\tJe suis las.\n"


def test_columns_are_asked_with_how_each_begins_before_anything_is_followed() -> None:
    app = given("corpus", "scored.tsv", SCORED)
    assert boxes(app) == {
        "Column of sentences": "2", "Column of translations": "3", "Column of links": "none",
    }  # fmt: skip
    shown = next(one for one in app.selectbox if one.label == "Column of sentences").options
    assert shown == ["1: 1.25", "2: The cat sleeps.", "3: Le chat dort."]
    assert not address(app, "job")
    app.selectbox(key="corpus.column_source").select("1").run()
    assert "holds numbers such as 1" in infos(app).replace("\\", "")
    assert not app.exception


@pytest.mark.parametrize("page", ["corpus", "heads"])
def test_two_files_with_links_stand_beside_the_columns_of_a_table(page: str) -> None:
    app = opened(page, **{"from": "own", "model": MODEL, "form": "texts"})
    for name, data in (("source", b"a cat\n"), ("target", b"un chat\n"), ("gold", b"0-0 1-1\n")):
        app.file_uploader(key=f"{page}.{name}").set_value([("a.txt", data, "text/plain")]).run()
        assert not app.exception
    assert any("1 pair" in one.label for one in app.button)


def test_another_file_brings_its_own_columns() -> None:
    app = given("corpus", "scored.tsv", SCORED)
    other = b"The cat\tLe chat\t0-0 1-1\tx\n"
    app.file_uploader(key="corpus.file").set_value([("b.tsv", other, "text/plain")]).run()
    assert list(boxes(app).values()) == ["1", "2", "3"]


def test_counting_from_one_is_offered_where_no_link_names_word_zero() -> None:
    app = given("heads", "one.tsv", b"The cat sleeps\tLe chat dort\t1-1 2-2\n")
    assert "seem to count words from 1" in html(app)
    app.button(key="heads.from_one").click().run()
    assert address(app, "first") == "1"
    assert "seem to count words from 1" not in html(app)


def imported(text: str, **chosen: str) -> AppTest:
    """The page about attention from elsewhere after a reader gave it a table."""
    app = opened("imports", **{"from": "own", **chosen})
    app.file_uploader(key="imports.upload").set_value([("a.csv", text.encode(), "text/csv")]).run()
    assert not app.exception
    return app


def test_a_matrix_on_its_side_can_be_turned() -> None:
    app = imported(",the,cat\nle,0.7,0.5\nchat,0.2,0.1\ndort,0.1,0.4\n")
    assert "the columns of weights sum to 1, not the rows" in html(app)
    assert "le looks at the (0.70)" in words(app)
    app.toggle(key="imports.swap").set_value(True).run()
    assert "the looks at le (0.70)" in words(app)
    assert "columns of weights sum to 1" not in html(app)
    assert address(app, "swap") == "1"


def test_no_link_is_drawn_from_equal_weights() -> None:
    app = imported(",the,cat\nle,0.5,0.5\nchat,0.5,0.5\n")
    assert "no look is clearer than another" in html(app)
    assert "0 links" in html(app)
    assert "1 link: 1-1" in html(imported(",the,cat\nle,0.5,0.5\nchat,0.25,0.75\n"))


def test_of_many_sentences_one_is_asked_for_by_its_number() -> None:
    app = imported("".join(f",a{place}\nb{place},1\n\n" for place in range(201)))
    assert not app.selectbox
    app.number_input(key="imports.number").set_value(150).run()
    assert address(app, "sentence") == "150"
    assert "b149 looks at a149" in words(app)


ARABIC = ",I,love\nأحب,0.3,0.7\nتعلم,0.8,0.2\n"


@pytest.mark.parametrize(
    ("order", "target", "source"),
    [("", ["تعلم", "أحب"], ["I", "love"]), ("left", ["أحب", "تعلم"], ["I", "love"]),
     ("right", ["تعلم", "أحب"], ["love", "I"])],
)  # fmt: skip
def test_text_from_right_to_left_is_laid_out_so(
    order: str, target: list[str], source: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = dict[str, Any]()
    for name in ("alignment", "matrix"):
        monkeypatch.setattr(
            figures, name, lambda *given, name=name, **_: drawn.update({name: given})
        )
    app = imported(ARABIC, order=order)
    ribbons, matrix = drawn["alignment"][0], drawn["matrix"][0]
    assert [row.text for row in ribbons.rows] == target
    assert [column.text for column in ribbons.columns] == source
    assert [row.text for row in matrix.rows] == ["أحب", "تعلم"]
    assert [column.text for column in matrix.columns] == source
    linked = [(source[one.source], target[one.target]) for one in drawn["alignment"][1]]
    assert sorted(linked) == [("I", "تعلم"), ("love", "أحب")]
    assert "2 links: 0-1 1-0" in html(app)


def test_counting_from_one_is_offered_where_links_fit_in_no_other_way() -> None:
    app = given("heads", "one.tsv", b"The cat sleeps\tLe chat dort\t1-1 3-3\n")
    assert "check whether the file counts from 0 or 1" in infos(app).replace("\\", "")
    app.button(key="heads.from_one").click().run()
    assert not app.info
    astray = given("heads", "far.tsv", b"The cat sleeps\tLe chat dort\t0-0 9-9\n")
    assert not [one for one in astray.button if one.key == "heads.from_one"]


@pytest.mark.parametrize("page", ["corpus", "heads"])
def test_what_was_assumed_of_a_file_is_said(page: str) -> None:
    data = "It is over\tL'été est fini\t0-0\n".encode("cp1252")
    assert "read as Windows-1252" in html(given(page, "latin.tsv", data))


def test_home_translate_and_the_example_of_a_file_show_the_same_links(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    drawn = dict[str, set[tuple[str, str]]]()

    def kept(
        picture: Any, links: Any, _pins: object, key: str, *_more: object, **_: object
    ) -> None:
        rows, columns = picture.rows, picture.columns
        drawn[key] = {(columns[one.source].text, rows[one.target].text) for one in links}

    monkeypatch.setattr(figures, "alignment", kept)
    app = opened("home")
    for page in ("translate", "imports"):
        app.switch_page(FILES[page]).run()
    home, translate, imports = (
        drawn[f"{name}.ribbons"] for name in ("home", "translate", "imports")
    )
    assert home == translate == imports
    assert {("Mary", "Mary"), ("dress", "robe"), ("red", "rouge")} < home
    assert "rows of weights" not in words(app)  # an example begins without a complaint


def coding(app: AppTest) -> list[str]:
    """The coding chosen, where one is asked for."""
    return [str(one.value) for one in app.selectbox if one.label == "Coding of the file"]


@pytest.mark.parametrize("page", ["corpus", "heads"])
def test_another_coding_can_be_chosen_where_one_was_guessed(page: str) -> None:
    text = "They live here\tŽijí tady už řadu let\t0-0\n"
    app = given(page, "czech.tsv", text.encode("cp1250"))
    assert coding(app) == [""]
    app.selectbox(key=f"{page}.coding").select("cp1250").run()
    assert not app.exception
    assert address(app, "coding") == "cp1250"
    assert not app.info
    assert any("1 pair" in one.label for one in app.button)
    assert "not marked as UTF-8" not in html(app)
    app.file_uploader(key=f"{page}.file").set_value([("b.tsv", text.encode(), "text/plain")]).run()
    assert coding(app) == []


def test_the_coding_of_attention_is_asked_where_it_was_guessed() -> None:
    data = ",the,cat\nτον,0.9,0.1\nγάτο,0.1,0.9\n".encode("cp1253")
    app = opened("imports", **{"from": "own"})
    app.file_uploader(key="imports.upload").set_value([("a.csv", data, "text/csv")]).run()
    assert coding(app) == [""]
    app.selectbox(key="imports.coding").select("cp1253").run()
    assert not app.exception
    assert "τον looks at the (0.90)" in words(app)
    assert coding(imported(",the,cat\nτον,0.9,0.1\n")) == []


@pytest.mark.parametrize(
    ("row", "gold", "said"),
    [
        ("The cat sleeps .\tLe chat dort .\t0-0 1p1 3-3", "0-0 1p1 3-3", ""),
        ("I am cold .\tJ' ai froid .\t0-0 1-1", "0-0 0-1 1-2", "cuts 1 word of this pair"),
        ("I &apos;m cold .\tJ&apos; ai froid .\t1-1 2p2", "1-2 2-2 3p3", "cuts 2 words of this"),
    ],
)
def test_translate_opens_with_the_links_of_the_file_and_says_what_becomes_of_them(
    row: str, gold: str, said: str
) -> None:
    app = given("corpus", "a.tsv", row.encode() + b"\n")
    app.button(key="start").click().run()
    for _attempt in range(100):
        if any(one.label == "Open it in Translate" for one in app.button):
            break
        time.sleep(0.1)
        app.run()
    assert said in words(app)
    assert bool(said) == ("Translate cuts" in words(app))
    next(one for one in app.button if one.label == "Open it in Translate").click().run()
    assert not app.exception
    assert address(app, "gold") == gold


def test_a_table_of_pairs_holds_nothing_that_a_spreadsheet_runs() -> None:
    app = given("corpus", "a.tsv", b"=1+1 is two\t@SUM is one\n- Yes\tplain\n")
    app.button(key="start").click().run()
    for _attempt in range(100):
        if app.dataframe and len(app.dataframe[0].value) == 2:
            break
        time.sleep(0.1)
        app.run()
    shown = app.dataframe[0].value
    assert sorted(shown["source"]) == ["'- Yes", "'=1+1 is two"]
    assert sorted(shown["target"]) == ["'@SUM is one", "plain"]
