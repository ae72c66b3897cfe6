"""What in the picture spoke for it: the page holds what is asked, and says what cannot be."""

from __future__ import annotations

import re
from functools import partial

import pytest
import torch

from attention_core.numbers.attribution import ALL
from models.families.pictures import Namer, Viewer, classifying
from models.families.pictures.asking import NamerAsker, PictureWanted, ViewerAsker
from models.families.pictures.efficientnet_lite import Classifier, EfficientNetLite0
from models.ours.emoji.asking import EmojiAsker
from models.ours.emoji.reader import load_reader
from models.store import photographs, shelf
from pages.explore.parts import pictured
from pages.showing import readings
from tests.test_pages_state import address, headings, html, opened

EYE = {"output": "likeness", "model": "fake-eye", "picture": "drawing", "other": "drawing"}
WITHOUT = {"attention", "rollout", "flow", "values", "attention-gradient", "relevance",
           "leave-group-out", "shapley"}  # fmt: skip
"""Methods that a classifier without attention refuses, and those that wait to be asked."""


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few patches show what many do, and take seconds less."""
    monkeypatch.setattr(pictured, "ViewerAsker", partial(ViewerAsker, short=3))
    monkeypatch.setattr(classifying, "SHORT", 3)


@pytest.fixture
def namer(monkeypatch: pytest.MonkeyPatch) -> Namer:
    torch.manual_seed(0)
    names = tuple(f"kind {number}" for number in range(9))
    found = Namer("wheel:efficientnet", Classifier(EfficientNetLite0(9).eval(), names, {}))
    monkeypatch.setattr(readings, "namer", lambda: found)
    return found


def test_a_model_of_patches_is_asked_by_every_method() -> None:
    app = opened("spoke", **EYE)
    assert not app.error
    shown = len(app.get("bidi_component"))
    assert len(ALL) - 3 <= shown <= len(ALL) - 2  # flow only of few patches
    assert "alike by" in html(app)
    assert headings(app) == ["Do they agree?", "And if these patches are really taken away?"]


def test_a_name_is_asked_by_what_needs_no_attention(namer: Namer) -> None:
    app = opened("spoke", picture="drawing", **{"class": "3"})
    assert not app.error
    assert len(app.get("bidi_component")) == len(ALL) - len(WITHOUT)
    output = NamerAsker(namer).output(photographs.photograph("drawing"), PictureWanted("class", 3))
    assert f"{output.value:.2f}".replace("-", "−") in html(app).replace("-", "−")
    assert "Lite0 does not show" in " ".join(str(one.value) for one in app.info)


def test_one_name_rather_than_another(namer: Namer) -> None:
    del namer
    app = opened("spoke", picture="drawing", rather="1", **{"class": "3"})
    assert "rather than" in html(app)
    assert address(app, "rather") == "1"


@pytest.mark.parametrize("odd", [{"class": "99999"}, {"rather": "-4"}, {"baseline": "pink"}])
def test_an_address_that_names_what_is_not_there_is_left_out(
    odd: dict[str, str], namer: Namer
) -> None:
    del namer
    app = opened("spoke", picture="drawing", **odd)
    assert not app.error
    assert not app.exception
    assert all(address(app, name) is None for name in odd)


def test_patches_are_taken_away_on_demand() -> None:
    assert not opened("spoke", **EYE).get("plotly_chart")
    assert len(opened("spoke", **EYE, taken="1").get("plotly_chart")) == 2


FIT = {"output": "caption", "picture": "drawing", "text": "a red house", "lang": "en"}


def test_the_fit_of_a_caption_is_asked_about_patches_and_about_words() -> None:
    app = opened("spoke", **FIT)
    assert not app.error
    assert "Neither tower sees what the other one is given" in html(app)
    assert headings(app) == [
        "And which words of the caption?", "Do they agree?",
        "And if these patches are really taken away?",
    ]  # fmt: skip
    for word in ("a", "red", "house"):
        assert f"<bdi>{word}</bdi>" in html(app)
    photo = photographs.photograph("drawing")
    output = EmojiAsker(load_reader()).words(photo, FIT["text"])
    assert f"{output.value:.2f}" in html(app).replace("−", "-")
    assert len(app.get("bidi_component")) >= 6


@pytest.mark.parametrize(
    ("asked", "said"),
    [({"text": " "}, "Type a caption"), ({"text": "?"}, "no word"), ({"towers": "fake"}, "towers"),
     ({"text": "一"}, "least two words"), ({"towers": "no such"}, "no model")],
)  # fmt: skip
def test_a_caption_that_cannot_be_asked_is_said(asked: dict[str, str], said: str) -> None:
    app = opened("spoke", **{**FIT, **asked})
    assert not app.error
    assert said in " ".join(str(one.value) for one in app.info)


def test_a_caption_is_no_markup() -> None:
    app = opened("spoke", **{**FIT, "text": "<b>red</b> house"})
    assert "<b>red" not in html(app)


def test_blocks_of_patches_are_left_out_together_and_shapley_values_are_asked_for() -> None:
    app = opened("spoke", **EYE, block="2", orders="8", lang="en")
    assert not app.error
    assert len(app.get("bidi_component")) >= len(ALL) - 1
    assert "orders by chance" in html(app)
    assert (address(app, "block"), address(app, "orders")) == ("2", "8")


def test_a_region_that_is_marked_is_left_out_as_a_whole() -> None:
    app = opened("spoke", **EYE, region="2,3,5,6", lang="en")
    assert not app.error
    assert "The region that you marked has 4 patches" in html(app)
    assert address(app, "region") == "2,3,5,6"
    photo = photographs.photograph("drawing")
    eye = shelf.load("fake-eye")
    assert isinstance(eye, Viewer)
    output = ViewerAsker(eye, short=3).output(photo, PictureWanted("likeness", other=photo))
    wanted = output.value - float(output.without([[1, 2, 4, 5]])[0])
    said = re.sub("<[^>]*>", "", html(app)).replace("−", "-")
    assert f"falls by {wanted:.3f}" in said
    assert "you marked" not in html(opened("spoke", **EYE, region="999"))
