"""What heads know of grammar: the page shows the numbers of the study, and keeps what is chosen."""

from __future__ import annotations

import time

import pytest
import torch
from streamlit.testing.v1 import AppTest

from attention_core.numbers import labels
from models.corpora import treebanks
from models.corpora.grammar import PROFILED, GrammarStudy, together
from models.families import fake
from models.families.reader import Reader
from pages.explore.parts.profiles import scored
from pages.explore.parts.treebanks import asking, having
from pages.showing import naming, readings
from tests.browser.frame import FILES
from tests.test_pages_state import address, headings, html, opened

ASKED = {"model": "fake", "from": "english", "lang": "en"}


def studied(**asked: str) -> AppTest:
    """The page when all sentences have been read."""
    app = opened("syntax", **{**ASKED, **asked})
    for _attempt in range(200):
        if app.dataframe and not app.get("progress"):
            return app
        time.sleep(0.2)
        app.run()
    raise AssertionError(html(app))


@pytest.fixture(scope="module")
def study() -> GrammarStudy:
    """The same, without a page."""
    made = GrammarStudy(Reader("fake", fake.checkpoint()), treebanks.ready("english").trees)
    for place in range(len(made)):
        made.row(place, lambda: False)
    return made


def test_the_table_holds_the_numbers_of_the_study(study: GrammarStudy) -> None:
    shown = studied().dataframe[0].value
    wanted = study.table()
    assert list(shown["relation"]) == [naming.relation(one.relation) for one in wanted]
    assert list(shown["share"]) == pytest.approx([100 * one.accuracy for one in wanted])
    assert list(shown["baseline"]) == pytest.approx([100 * one.baseline for one in wanted])
    heads = [study.heads[one.head] for one in wanted]
    assert list(shown["head"]) == [f"{one.layer + 1} · {one.number + 1}" for one in heads]


def test_the_page_opens_with_subjects_and_an_address_names_another_relation() -> None:
    assert "nsubj · subject" in headings(studied())
    app = studied(relation="det")
    assert "det · determiner" in headings(app)
    assert address(app, "relation") == "det"
    assert "det · determiner: in layer" in html(app)


def test_a_relation_that_is_not_there_leaves_the_page_usable() -> None:
    assert "nsubj · subject" in headings(studied(relation="<b>none</b>", sentence="9999"))


def test_a_sentence_of_the_relation_is_shown_and_stays_in_the_address() -> None:
    app = studied(relation="obj")
    offered = having(treebanks.ready("english").trees, "obj")
    app.selectbox(key="syntax.sentence").set_value(offered[2]).run()
    assert address(app, "sentence") == str(offered[2] + 1)
    assert all(asking(treebanks.ready("english").trees[at], "obj") for at in offered)


def test_the_figures_say_what_they_rest_on() -> None:
    app = studied()
    assert "104 sentences: each relation" in html(app)
    assert "chosen on one half" in html(app)


def test_every_head_has_a_row_with_its_labels_and_what_it_follows(study: GrammarStudy) -> None:
    shown = studied().dataframe[1].value
    profile, follows = study.profile(), study.follows()
    assert list(zip(shown["layer"], shown["head"], strict=True)) == [
        (head.layer + 1, head.number + 1) for head in study.heads
    ]
    for at, head in enumerate(study.heads):
        named = labels.of_head(profile.labels, head.layer, head.number)
        assert shown["called"][at].count(".") == len(named)
        assert all(label.title in shown["called"][at] for label, _score in named)
        assert shown["follows"][at].count("%") == len(follows.get(at, ()))


def test_a_profile_is_the_mean_of_the_first_sentences_and_of_repeated_tokens(
    study: GrammarStudy,
) -> None:
    reader = Reader("fake", fake.checkpoint())
    sites = [reader.read(tree.text).sites for tree in study.trees[:PROFILED]]
    broad = torch.stack([labels.scores(one)["broad"].values for one in sites]).double().mean(0)
    profile = study.profile()
    assert profile.sentences == PROFILED
    torch.testing.assert_close(profile.labels["broad"].values, broad.float())
    repeated = labels.scores(reader.repeated().sites, repeats=True)["induction"].values
    torch.testing.assert_close(profile.labels["induction"].values, repeated)
    assert profile.points.shape == (len(study.heads), 2)
    assert list(scored(profile, study.heads)[0])[:3] == ["layer", "head", "entropy"]


def test_a_head_follows_the_relations_at_which_it_beats_the_offset(study: GrammarStudy) -> None:
    listed = {one.relation for several in study.follows().values() for one in several}
    assert listed == {one.relation for one in study.table() if one.beats}


def test_a_probe_on_all_heads_is_taught_when_it_is_asked_for(study: GrammarStudy) -> None:
    app = studied()
    assert "taught on one half" not in html(app)
    app.button(key="syntax.teach").click().run()
    assert not app.exception
    found = together(study.reader, study.trees)
    assert found.sentences == 104
    share = f"{100 * found.right / found.all:.1f} % of {found.all} words"
    assert f"names the head of {share}" in html(app)
    assert f"always the word before: {100 * found.before / found.all:.1f} %" in html(app)
    assert address(app, "probe") == "1"


def test_a_treebank_of_ones_own_is_asked_for_and_nothing_runs_meanwhile() -> None:
    app = opened("syntax", **{**ASKED, "from": "own"})
    assert not app.dataframe
    assert "ten columns between tabs" in html(app)


def test_work_that_the_server_has_forgotten_is_said() -> None:
    app = opened("syntax", **{**ASKED, "from": "own", "job": "nothing"})
    assert "no longer has the results" in " ".join(str(one.value) for one in app.info)


def test_a_model_that_reads_no_text_says_so() -> None:
    app = opened("syntax", **{**ASKED, "model": "transformer-en-fr"})
    assert not app.dataframe
    assert "cannot do this" in " ".join(str(one.value) for one in app.info)


def test_explore_marks_the_heads_of_a_label_and_keeps_it_in_the_address() -> None:
    app = opened("explore", model="fake", label="broad", lang="en")
    assert "It looks almost everywhere" in html(app)
    app.selectbox(key="explore.label").set_value("induction").run()
    assert "On tokens by chance" in html(app)
    assert address(app, "label") == "induction"
    assert not app.exception


def test_explore_marks_the_heads_that_follow_a_relation(study: GrammarStudy) -> None:
    app = opened("explore", model="fake", label="follows.nsubj", lang="en")
    judged = study.judged().judged["nsubj"]
    page = html(app)
    assert f"Over {judged.guess.all} such words of 104 sentences with trees" in page
    assert f"{judged.guess.offset:+d}: {100 * judged.guess.share:.0f} %" in page
    having = judged.having()
    if having:
        assert all(f"{layer + 1}·{head + 1}: " in page for layer, head in having[:12])
    else:
        assert "No head reaches that." in page
    options = app.run().selectbox(key="explore.label").options
    assert f"follows nsubj · subject ({len(having)})" in options
    assert address(app, "label") == "follows.nsubj"
    assert ("Of grammar it follows" in page) or ("It follows no relation of grammar" in page)


def test_explore_takes_the_study_that_the_reader_asked_for() -> None:
    app = studied(**{"from": "chinese"})
    app.switch_page(FILES["explore"])
    app.query_params["label"] = "follows.nsubj"
    app.run()
    assert not app.exception
    assert "such words of 35 sentences with trees" in html(app)
    app.query_params["model"] = "grammar"  # of which the study says nothing
    app.run()
    assert not app.exception
    assert f"such words of {treebanks.ASKED} sentences with trees" in html(app)


def test_explore_marks_the_heads_of_a_translator_that_align() -> None:
    app = opened("explore", model="transformer-en-fr", kind="cross", label="aligns", lang="en")
    page = html(app)
    found = readings.aligns("transformer-en-fr")
    assert f"over {found.pairs} pairs of ours" in page
    options = app.run().selectbox(key="explore.label").options
    assert f"aligns words ({len(found.judged.having())})" in options
    layer, head = found.judged.having()[0]
    app = opened(
        "explore", model="transformer-en-fr", kind="cross", lang="en", layer=str(layer + 1),
        heads=str(head + 1),
    )  # fmt: skip
    assert "It aligns words: " in html(app)


def test_explore_says_what_the_opened_head_is_called() -> None:
    found = html(opened("explore", model="fake", lang="en"))
    assert ("In this text it is called" in found) or ("it fits no label" in found)
