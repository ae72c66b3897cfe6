"""What if it were switched off: what is done holds, can be taken back, and its numbers are true."""

from __future__ import annotations

import re
import time
from collections import OrderedDict
from collections.abc import Iterator
from typing import Any, Final

import pytest
import torch
from streamlit.testing.v1 import AppTest

from attention_core.numbers.acting import valued, without_each
from attention_core.watching.acts import Act
from models.families.asking import Asker, Wanted
from models.families.reader import Reader
from models.ours.translator import quality
from models.ours.translator.pruning import Pruning
from models.store import shelf
from models.work.jobs import JOBS, Job
from pages.explore.parts import changing, pruned
from pages.explore.parts.acting import HeadsOff, Patching
from pages.frame import link
from tests.test_pages_state import address, headings, html, opened

ASKED = {
    "model": "fake", "text": "the cat sat on the mat", "like": "a dog", "lang": "en",
    "other": "the dog sat on the mat", "acts": "",
}  # fmt: skip
NUMBER = re.compile(r'<b class="atlas-number">([^<]*)</b>')


def told(app: AppTest) -> str:
    return " ".join(str(one.value) for one in app.info).replace("\\", "")


def numbers(app: AppTest, sentence: str) -> list[float]:
    """The numbers of a caption that begins so."""
    caption = html(app)
    start = caption.index(sentence)
    found = NUMBER.findall(caption[start : start + 600])
    return [float(one.replace("−", "-")) for one in found]


def chips(app: AppTest) -> list[str]:
    found = [one for one in app.button if re.fullmatch(r"undo\.\d+", str(one.key))]
    return [one.label.replace("\\", "") for one in found]


def core() -> tuple[Asker, Wanted]:
    reader = shelf.load("fake")
    assert isinstance(reader, Reader)
    return Asker(reader), Wanted("similarity", other=ASKED["like"])


@pytest.fixture(autouse=True)
def own_jobs(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """All tests are one reader to the app, and of one reader's jobs the oldest gives way."""
    jobs: OrderedDict[str, Job[Any]] = OrderedDict()
    monkeypatch.setattr(JOBS, "_jobs", jobs)
    yield
    for job in jobs.values():
        job.cancel()


def finished(name: str) -> list[list[float]]:
    """The rows of the work in an address, when it is done."""
    job = JOBS.find(name)
    assert job is not None
    for _try in range(600):
        if not job.running:
            break
        time.sleep(0.05)
    assert job.state == "done"
    return list(job.rows)


def test_a_change_is_made_shown_and_taken_back() -> None:
    app = opened("switched", **ASKED)
    assert chips(app) == []
    assert "the model is as it is" in html(app)
    app.button(key="act.add").click().run()
    assert not app.exception
    assert chips(app) == ["head off: encoder 1 · head 1"]
    assert address(app, "acts") == "head:encoder.1:1"
    asker, wanted = core()
    output, body = asker.output(ASKED["text"], wanted), asker.body(ASKED["text"])
    after = valued(output, body, [Act("head", "encoder.0", 0)])
    before, shown, change = numbers(app, "The similarity of the two texts goes")[:3]
    assert before == pytest.approx(output.value, abs=6e-4)
    assert shown == pytest.approx(after, abs=6e-4)
    assert change == pytest.approx(after - output.value, abs=6e-4)
    app.button(key="undo.0").click().run()
    assert chips(app) == []
    assert address(app, "acts") in ("", None)


def test_a_second_change_stands_behind_the_first_and_none_stands_twice() -> None:
    app = opened("switched", **ASKED)
    app.button(key="act.add").click().run()
    app.selectbox(key="switched.head").set_value(2).run()
    for _twice in range(2):
        app.button(key="act.add").click().run()
        assert not app.exception
        assert address(app, "acts") == "head:encoder.1:1,head:encoder.1:3"


def test_changes_stand_in_the_address_in_their_order() -> None:
    acts = "mlp:encoder.2,edge:encoder.*::3:2,head:encoder.1:4,patch:encoder.1::3"
    app = opened("switched", **{**ASKED, "acts": acts})
    assert not app.error
    assert chips(app) == [
        "MLP off: encoder 2", "edge cut: encoder, all layers · cat (3) → the (2)",
        "head off: encoder 1 · head 4", "state from the other sentence: encoder 1 · cat (3)",
    ]  # fmt: skip
    assert address(app, "acts") == acts
    app.button(key="undo.1").click().run()
    assert len(chips(app)) == 3
    app.button(key="undo.all").click().run()
    assert chips(app) == []


def test_every_head_off_once_is_what_the_core_says() -> None:
    app = opened("switched", **ASKED)
    rows = finished(address(app, "heads") or "")
    job = JOBS.find(address(app, "heads") or "")
    assert job is not None
    assert isinstance(job.work, HeadsOff)
    asker, wanted = core()
    output, body = asker.output(ASKED["text"], wanted), asker.body(ASKED["text"])
    for row, site in zip(rows, body.seats, strict=True):
        assert row == pytest.approx(without_each(output, body, site).tolist(), abs=1e-6)
    table = job.work.table(rows)
    assert float(table[1, 2]) == pytest.approx(rows[1][2] - output.value, abs=1e-9)


def test_another_question_has_another_map_and_the_same_one_the_same() -> None:
    app = opened("switched", **ASKED)
    first = address(app, "heads")
    app.text_area(key="switched.like").set_value("the mat").run()
    assert address(app, "heads") != first
    app.text_area(key="switched.like").set_value("a dog").run()
    assert address(app, "heads") == first
    app.button(key="act.add").click().run()
    assert address(app, "heads") == first  # the map is of the model as it is
    app.toggle(key="switched.besides").set_value(True).run()
    assert not app.exception
    assert address(app, "heads") != first


def test_states_of_the_other_sentence_bring_its_output_back() -> None:
    app = opened("switched", **ASKED)
    name = address(app, "states") or ""
    rows = finished(name)
    job = JOBS.find(name)
    assert job is not None
    assert isinstance(job.work, Patching)
    assert job.work.sites == ["input", "encoder.0", "encoder.1"]
    assert [pair for pair in job.work.tokens if pair[0] != pair[1]] == [("cat", "dog")]
    assert rows[0][2] == pytest.approx(1, abs=1e-4)
    others = [share for place, share in enumerate(rows[0]) if place != 2]
    assert others == pytest.approx([0] * 7, abs=1e-4)


PUT: Final = [f"patch:encoder.{layer}::{token}" for layer in (1, 2) for token in (2, 3, 4)]
"""A box over both layers, from “the” to “sat”."""


def test_states_that_are_put_in_together_bring_the_answer_back_together() -> None:
    app = opened("switched", **{**ASKED, "acts": ",".join(PUT)})
    finished(address(app, "states") or "")
    app.run()
    assert chips(app) == []
    assert app.button(key="undo.states").label == "6 states from the other sentence"
    asker, wanted = core()
    output, body = asker.output(ASKED["text"], wanted), asker.body(ASKED["text"])
    clean = asker.output(ASKED["other"], wanted)
    with torch.no_grad(), body.keeping(["encoder.0", "encoder.1"], "hidden") as kept:
        theirs = clean.answer(clean.given[None])
    states = {site: one for (site, _part), one in kept.items()}
    acts = [act for act in map(Act.parse, PUT) if act is not None]
    value = valued(output, body, acts, states)
    share = (value - output.value) / (float(theirs[0]) - output.value)
    assert numbers(app, "The 6 states that are put in together")[0] == pytest.approx(
        share, abs=6e-3
    )
    app.button(key="undo.states").click().run()
    assert not app.exception
    assert address(app, "acts") == ""
    assert "put in together" not in html(app)


def test_every_state_of_a_layer_is_the_other_sentence_and_other_changes_are_said_beside() -> None:
    every = [f"patch:encoder.2::{token}" for token in range(1, 9)]
    app = opened("switched", **{**ASKED, "acts": ",".join(every)})
    finished(address(app, "states") or "")
    app.run()
    assert numbers(app, "The 8 states that are put in together")[0] == pytest.approx(1, abs=6e-3)
    assert "With all other changes above" not in html(app)
    app = opened("switched", **{**ASKED, "acts": ",".join([*every, "mlp:encoder.2"])})
    finished(address(app, "states") or "")
    app.run()
    assert chips(app) == ["MLP off: encoder 2"]
    assert "With all other changes above" in html(app)


def test_a_click_puts_a_state_in_and_another_takes_it_out_and_a_box_has_an_end() -> None:
    """The callbacks of the map, as the browser calls them."""
    chosen = changing.choices("nowhere")
    one, more = Act("patch", "encoder.0", query=2), [
        Act("patch", "encoder.1", query=at) for at in range(changing.MOST)
    ]  # fmt: skip
    link.choose(chosen.acts, [changing.USUAL])
    changing.turn(chosen, one)
    assert link.value(chosen.acts) == [str(one)]
    assert changing.crowded(chosen, more) == 1
    changing.add(chosen, *more)
    assert link.value(chosen.acts) == [str(one), *map(str, more[:-1])]
    changing.turn(chosen, one)
    assert link.value(chosen.acts) == [*map(str, more[:-1])]
    changing.add(chosen, more[0], more[3])
    assert link.value(chosen.acts) == [*map(str, more[:-1])]
    assert changing.crowded(chosen, [*more[:3], one]) == 0


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"acts": "head:encoder.9:1"}, "has no place “encoder.9”"),
        ({"acts": "head:encoder.1:7"}, "There is no head 7 at encoder.1, which has 4"),
        ({"acts": "edge:encoder.1::1:44"}, "There is no token 44 at encoder.1"),
        ({"acts": "patch:encoder.1::3", "other": ""}, "there is none; write the other sentence"),
        ({"acts": "burn:all,head:encoder.1:1"}, "names what is no change and was left out"),
        ({"other": "the dog"}, "The two sentences have 8 and 4 tokens"),
        ({"other": ASKED["text"]}, "Both sentences are the same"),
        ({"other": " "}, "Type another sentence"),
        ({"text": ""}, "Type a sentence"),
        ({"like": ""}, "Type a second text"),
        ({"model": "decides"}, "choose a model that reads text"),
        ({"model": "fake-eye"}, "reads text"),
        ({"model": "no such"}, "no model"),
    ],
)
def test_what_cannot_be_done_is_said(asked: dict[str, str], said: str) -> None:
    app = opened("switched", **{**ASKED, **asked})
    assert not app.error
    assert said in told(app)


def test_one_token_is_enough_to_switch_something_off() -> None:
    app = opened("switched", **{**ASKED, "text": "cat", "other": "dog", "acts": "mlp:encoder.1"})
    assert not app.error
    assert chips(app) == ["MLP off: encoder 1"]


def test_a_wrong_change_can_be_taken_back() -> None:
    app = opened("switched", **{**ASKED, "acts": "head:encoder.9:1"})
    app.button(key="undo.0").click().run()
    assert not app.exception
    assert "no place" not in told(app)


@pytest.mark.parametrize(
    "odd",
    [{"do": "else"}, {"at": "decoder.1"}, {"head": "99"}, {"from": "99"}, {"to": "0"},
     {"stream": "else"}, {"heads": "gone"}, {"states": "gone"}, {"output": "next"}],
)  # fmt: skip
def test_an_address_that_names_what_is_not_there_is_left_out(odd: dict[str, str]) -> None:
    app = opened("switched", **{**ASKED, **odd})
    assert not app.error
    assert "What becomes of the output" in headings(app)


def test_typed_text_is_no_markup() -> None:
    words = "<b>the</b> cat *x*"
    app = opened("switched", **{**ASKED, "text": words, "acts": "edge:encoder.1::2:3"})
    assert "<b>the" not in html(app)
    assert chips(app) == ["edge cut: encoder 1 · < (2) → b (3)"]


def test_the_page_opens_with_a_word_that_a_translation_loses() -> None:
    """Without the decoder's last look at the source the chair has no colour."""
    app = opened("switched", lang="en")
    assert chips(app) == ["attention off: cross 3"]
    page = html(app)
    assert "Le chat blanc dort sur la chaise rouge." in page
    assert "Le chat blanc dort sur la chaise.<" in page
    before, after, change = numbers(app, "The probability of")[:3]
    assert before > 0.8
    assert after < 0.1
    assert change < -2
    rows = finished(address(app, "heads") or "")
    job = JOBS.find(address(app, "heads") or "")
    assert job is not None
    assert isinstance(job.work, HeadsOff)
    assert sum(map(len, rows)) == 72
    assert min(min(row) for row in rows) - job.work.value > -0.5  # no head does that alone
    app.button(key="undo.0").click().run()
    assert chips(app) == []
    assert address(app, "acts") == ""


def test_a_search_is_not_made_where_it_would_not_do_what_is_said() -> None:
    app = opened("switched", lang="en", acts="mean:cross.3:1")
    assert "It is not searched for" in html(app)
    app = opened("switched", lang="en", acts="mean:encoder.3:1")
    assert "It is not searched for" not in html(app)


def test_heads_are_pruned_when_asked_and_the_curve_begins_with_all_of_them() -> None:
    app = opened("switched", lang="en", acts="")
    app.button(key="prune.start").click().run()
    assert not app.exception
    job = JOBS.find(address(app, "prune") or "")
    assert job is not None
    for _try in range(1200):
        if job.rows:
            break
        time.sleep(0.05)
    job.cancel()
    for _try in range(1200):
        if not job.running:
            break
        time.sleep(0.05)
    assert job.state == "cancelled"
    app.run()
    assert not app.exception
    assert "With all <b" not in html(app)
    assert "With all 72 heads BLEU is" in html(app)
    assert job.rows[0].bleu > 20


BROUGHT: Final = [
    ("I see a red cat.", "Je vois un chat rouge."), ("The dog sleeps.", "Le chien dort."),
    ("", "Rien."), ("She reads a book.", "Elle lit un livre."),
    ("We eat bread.", "Nous mangeons du pain."),
]  # fmt: skip


def brought(pairs: list[tuple[str, str]]) -> AppTest:
    """The page with a file of one's own pairs."""
    app = opened("switched", lang="en", acts="", pairs="own")
    data = "\n".join("\t".join(pair) for pair in pairs).encode()
    app.file_uploader(key="switched.file").set_value([("a.tsv", data, "text/plain")]).run()
    assert not app.exception
    return app


def test_heads_are_pruned_on_a_readers_own_pairs() -> None:
    app = brought(BROUGHT)
    assert "translations of 2 sentences least" in html(app)
    assert "All were written for this project" not in html(app)
    app.button(key="prune.start").click().run()
    assert not app.exception
    job = JOBS.find(address(app, "prune") or "")
    assert job is not None
    for _try in range(1200):
        if len(job.rows) > 1:
            break
        time.sleep(0.05)
    job.cancel()
    assert isinstance(job.work, Pruning)
    assert [pair.source for pair in job.work.reported_on] == ["The dog sleeps.", "We eat bread."]
    references = [[pair.target for pair in job.work.reported_on]]
    assert job.rows[0].bleu == quality.score(list(job.rows[0].translations), references).bleu
    again = opened("switched", lang="en", acts="", pairs="own", prune=job.key)
    assert not again.exception
    assert "With all 72 heads BLEU is" in html(again)
    forgotten = opened("switched", lang="en", acts="", pairs="own", prune="gone")
    assert "no longer has the results" in told(forgotten)


def test_of_a_long_file_of_pairs_as_many_are_taken_evenly() -> None:
    app = brought(
        [(f"The dog sees {number}.", f"Le chien voit {number}.") for number in range(400)]
    )
    assert f"translations of {pruned.MOST // 2} sentences least" in html(app)
    kept = app.session_state["switched.brought"].thing
    assert len(kept) == 400


def test_a_file_of_one_pair_says_that_two_are_needed() -> None:
    assert "at least two pairs are needed" in told(brought(BROUGHT[:1]))


def test_a_translator_without_attention_has_nothing_to_switch_off() -> None:
    app = opened("switched", lang="en", model="fixed-en-fr", text="I see a red cat.", acts="")
    assert not app.error
    assert "Nothing of this model can be changed" in html(app)
    assert "it only reports its attention, has none" in told(app)


def test_a_recurrent_translator_says_what_it_lacks() -> None:
    texts = {"text": "I see a red cat.", "other": "I see a black cat."}
    app = opened("switched", lang="en", model="bahdanau-en-fr", acts="", **texts)
    assert not app.error
    kinds = app.selectbox(key="switched.do").options
    assert "head off" in kinds
    assert "MLP off" not in kinds
    assert "cannot be changed between its layers" in told(app)
    assert "How many heads can it do without?" not in headings(app)
