"""The lesson on explanations: what it says is what was computed, and bad input gets a sentence."""

from __future__ import annotations

import json
import re
from html import escape

from scipy.stats import spearmanr

from models.families.reader import Reader
from models.ours.grammar.lexicon import NOUNS
from models.ours.grammar.train import CHECKPOINT
from models.store import shelf
from pages.explore.parts import evidence, grammatical
from tests.test_pages_state import address, headings, html, opened

ASKED = {"text": "The cat sleeps."}


def test_the_lesson_shows_its_evidence() -> None:
    app = opened("explanation", **ASKED)
    assert not app.error
    assert len(headings(app)) == 6
    assert len(app.get("plotly_chart")) == 3
    assert len(app.get("bidi_component")) == 3
    found = evidence.translation("luong-dot-en-fr", ASKED["text"])
    free = max(found.tried, key=lambda one: one.found.apart)
    chosen = next(box for box in app.selectbox if box.label == "Piece of the translation")
    assert str(chosen.value) == str(found.tried.index(free))
    assert escape(free.piece) in html(app)
    assert all(0 <= one.moved <= 1 and one.found.change <= 0.0101 for one in found.tried)


def test_the_even_model_is_computed_from_what_is_typed() -> None:
    app = opened("explanation", **ASKED, even="good good bad")
    assert "says <b>1</b>" in html(app) or ">1<" in html(app)
    assert "0.33" in html(app)
    one = opened("explanation", **ASKED, even="good")
    assert "at least two words" in " ".join(str(each.value) for each in one.info)


def numbers(page: str, sentence: str) -> list[str]:
    """The numbers of a caption from a sentence on."""
    start = page.index(sentence)
    return re.findall(r'<b class="atlas-number">([^<]*)</b>', page[start : start + 700])


def test_the_lesson_of_grammar_says_what_the_head_names_and_what_methods_say() -> None:
    app = opened("explanation", **ASKED, sentence="3", layer="2")
    page = html(app)
    one = grammatical.sentences()[2]
    measured = json.loads((CHECKPOINT / "card.json").read_text(encoding="utf-8"))
    site, _head, head = measured["heads"]["nsubj"]["head"].split()
    reader = shelf.load("grammar")
    assert isinstance(reader, Reader)
    weights = reader.read(" ".join(one.words)).site(site).weights()[int(head) - 1, 1:-1, 1:-1]
    turned = weights if measured["heads"]["nsubj"]["direction"] == "to head" else weights.T
    named = turned.fill_diagonal_(0).argmax(-1).tolist()
    subjects = [at for at, relation in enumerate(one.relations) if relation == "nsubj"]
    right = sum(named[at] == one.heads[at] for at in subjects)
    noun, verb = ("subject", "verb") if len(subjects) == 1 else ("subjects", "verbs")
    assert f"Of the {len(subjects)} {noun} here it finds the {verb} of {right};" in page
    assert f"{100 * measured['heads']['nsubj']['share']:.1f} %" in page
    assert "And it matters: 100.0 % of hidden verbs get the right number" in page
    found = grammatical.lesson(2)
    shown = numbers(page, "Layer 2: the order of the words by attention")[:3]
    wanted = [
        spearmanr(found.said[1][name], found.blank).statistic
        for name in ("attention", "rollout", "flow")
    ]
    assert shown == [f"{value:.2f}" for value in wanted]
    assert address(app, "sentence") == "3"
    assert address(app, "layer") == "2"


def test_in_every_sentence_of_the_lesson_a_noun_of_the_other_number_lures() -> None:
    plurals = {noun.plural for noun in NOUNS.values()}
    for one in grammatical.sentences():
        verb = one.verbs[0]
        subject = next(
            at for at, head in enumerate(one.heads) if head == verb and one.relations[at] == "nsubj"
        )
        between = one.words[subject + 1 : verb]
        assert any((word in plurals) != (one.words[subject] in plurals)
                   for word in between if word in plurals or word in NOUNS)  # fmt: skip
        assert one.held_out
    assert len({one.words for one in grammatical.sentences()}) == grammatical.OFFERED


def test_whether_it_is_as_published_is_read_off_the_figures() -> None:
    falls = {"attention": [[0.5, 0.05], [0.1, 0.05]], "rollout": [[0.5, 0.05], [0.6, 0.05]],
             "flow": [[0.5, 0.05], [0.5, 0.05]]}  # fmt: skip
    assert grammatical.as_published(falls)
    assert not grammatical.as_published({**falls, "attention": [[0.5, 0.05], [0.45, 0.05]]})
    assert not grammatical.as_published({**falls, "flow": [[0.5, 0.05], [0.3, 0.05]]})
    assert not grammatical.as_published({**falls, "rollout": [[0.05, 0.01], [0.06, 0.01]]})
    measured = json.loads((CHECKPOINT / "card.json").read_text(encoding="utf-8"))["depth"]
    page = html(opened("explanation", **ASKED))
    same = grammatical.as_published({name: measured[name] for name in grammatical.titles()})
    assert ("On this small model it is the same." in page) == same
    assert [f"{measured[name][at][0]:.2f}" for name in grammatical.titles() for at in (0, -1)] == (
        numbers(page, f"Over {measured['sentences']} sentences, from the first layer")[:6]
    )


def test_a_text_that_is_too_long_is_said() -> None:
    app = opened("explanation", text="The cat sees a dog, and the dog sees a cat, and " * 3)
    assert not app.exception
    assert "are tried" in " ".join(str(one.value) for one in [*app.info, *app.warning])


def test_what_an_address_names_that_is_not_there_is_left_out() -> None:
    app = opened("explanation", **ASKED, piece="99", model="nobody")
    assert not app.error
    assert address(app, "model") is None
    odd = opened("explanation", **ASKED, sentence="99", layer="9")
    assert not odd.error
    assert (address(odd, "sentence"), address(odd, "layer")) == (None, None)
    assert not opened("explanation", text=" ").exception
