"""Captum's own pictures of our attributions: numbers as found, and text that stays text."""

from __future__ import annotations

import math
from importlib import import_module
from typing import Any

import numpy as np
import pytest
import torch

from attention_core.axes.patches import Box, patches
from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import AttentionError
from attention_core.files.photograph import made
from attention_core.numbers.attribution import ALL, Found, Knobs, Output
from attention_core.numbers.attribution.planted import planted
from attention_core.pictures import captums
from models.families.asking import Asker, Wanted
from models.families.pictures import untrained
from models.families.pictures.asking import PictureWanted, ViewerAsker
from models.families.pictures.viewer import Viewer
from models.families.reader import Reader
from models.store import shelf

HOSTILE = "</td><script>alert(1)</script><img src=x onerror=alert(1)>"


def visualization() -> Any:
    return import_module("captum.attr").visualization


def found_by(name: str) -> tuple[Output, Found]:
    reader = shelf.load("fake")
    assert isinstance(reader, Reader)
    output = Asker(reader).output("the cat sat", Wanted("similarity", other="a dog"))
    return output, ALL[name].of(output, Knobs(steps=16))


@pytest.mark.parametrize("name", ["integrated", "attention", "shapley"])
def test_a_record_is_captums_and_holds_what_was_found(name: str) -> None:
    output, found = found_by(name)
    one = captums.record(output, found, "alike", 0.5, "other")
    assert isinstance(one, visualization().VisualizationDataRecord)
    assert one.raw_input_ids == [token.text for token in output.axis.tokens]
    largest = float(found.scores.abs().max())
    torch.testing.assert_close(one.word_attributions * largest, found.scores)
    assert float(one.word_attributions.abs().max()) == pytest.approx(1.0)
    assert one.attr_score == pytest.approx(float(found.scores.sum()))
    assert (one.pred_class, one.attr_class, one.true_class) == ("alike", "alike", "other")
    assert one.pred_prob == 0.5
    if name == "attention":
        assert math.isnan(one.convergence_score)
    else:
        assert one.convergence_score == found.missing


def test_of_nothing_but_zeros_a_record_holds_zeros() -> None:
    one = captums.record(planted(), Found(torch.zeros(2, dtype=torch.float64)))
    assert one.word_attributions.tolist() == [0.0, 0.0]
    assert math.isnan(one.pred_prob)


def test_captum_draws_the_words_in_the_colours_of_their_scores() -> None:
    output, found = found_by("gradient")
    page = captums.text([captums.record(output, found, "alike")]).data
    for token, score in zip(output.axis.tokens, found.scores, strict=True):
        share = float(score / found.scores.abs().max())
        light = 100 - int(50 * share) if share > 0 else 100 - int(-40 * share)
        colour = f"hsl({120 if share > 0 else 0}, 75%, {light}%)"
        marked = page.partition(f"> {token.text} ")[0].rpartition("<mark")[2]
        assert colour in marked


@pytest.mark.parametrize("where", ["token", "said", "true"])
def test_what_a_token_or_a_label_spells_is_never_run(where: str) -> None:
    output = planted()
    if where == "token":
        axis = TextAxis("text", HOSTILE, (Token(HOSTILE, 0, 9), Token("b", 9, 10)))
        output = Output(axis, output.given, output.blank, output.reads, output.answer)
    labels: dict[str, Any] = {where: HOSTILE} if where != "token" else {}
    one = captums.record(output, ALL["gradient"].of(planted()), **labels)
    page = captums.text([one]).data
    assert "<script" not in page
    assert "<img" not in page
    assert "&lt;script&gt;alert(1)" in page
    assert HOSTILE in (one.raw_input_ids[0], one.pred_class, one.true_class)  # it stays as it was


def test_captum_itself_would_run_it() -> None:
    """Why ours is between; when captum escapes, ours may go."""
    axis = TextAxis("text", HOSTILE, (Token(HOSTILE, 0, 9), Token("b", 9, 10)))
    output = planted()
    output = Output(axis, output.given, output.blank, output.reads, output.answer)
    one = captums.record(output, ALL["gradient"].of(planted()))
    assert "<script>" in visualization().visualize_text([one]).data


def test_a_score_lies_on_the_pixels_of_its_patch() -> None:
    axis = patches(2, 2, 8, 6, before=("[CLS]",), crop=Box(2.0, 0.0, 6.0, 6.0))
    drawn = captums.spread(axis, torch.tensor([9.0, 1.0, 2.0, 3.0, 4.0]))
    assert drawn.shape == (6, 8)
    assert drawn[0].tolist() == [0, 0, 1, 1, 2, 2, 0, 0]
    assert drawn[5].tolist() == [0, 0, 3, 3, 4, 4, 0, 0]


def test_captum_draws_the_patches_over_the_picture() -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (56, 84, 3), np.uint8)
    photo = made(pixels)
    asker = ViewerAsker(Viewer("untrained", untrained.eye()), short=2)
    output = asker.output(photo, PictureWanted("likeness", other=photo))
    some = torch.ones(len(output.given), dtype=torch.float64)
    some[3] = 1.2  # captum would take this one for an outlier
    found = Found(some)
    figure, axis = captums.image(output, found, pixels, title="attention")
    heat = axis.images[-1].get_array()
    scores = captums.spread(output.axis, found.scores)  # type: ignore[arg-type]
    np.testing.assert_allclose(heat, scores / scores.max(), rtol=1e-6, atol=1e-9)
    assert axis.get_title() == "attention"
    figure.clear()
    with pytest.raises(AttentionError, match="the patches lie on one of 84 × 56"):
        captums.image(output, found, pixels[:20])
    with pytest.raises(AttentionError, match="No patch has a score of this sign"):
        captums.image(output, found, pixels, sign="negative")
    with pytest.raises(AttentionError, match="about a text"):
        captums.image(planted(), ALL["gradient"].of(planted()), pixels)
