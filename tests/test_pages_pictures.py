"""The page of pictures without a browser: choices hold, what is brought is seen or named."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from streamlit.testing.v1 import AppTest

from models.families.pictures import Namer
from models.families.pictures.efficientnet_lite import Classifier, EfficientNetLite0
from models.families.pictures.viewer import Viewer
from models.store import carriers, photographs, shelf
from models.store.carriers import cache
from pages.frame import prose
from pages.showing import maps, readings
from tests.test_pages_state import address, headings, html, opened
from tests.test_viewer import noise

EYE = {"model": "fake-eye", "picture": "drawing"}


def test_an_address_restores_what_was_chosen_and_stays() -> None:
    asked = {**EYE, "layer": "1", "head": "2", "places": "30,31", "size": "24"}
    app = opened("pictures", **asked)
    assert "Layer 1, head 2" in headings(app)
    assert "From a region of 2 patches" in html(app)
    app.run()
    assert {name: address(app, name) for name in asked} == asked


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("layer", "99"), ("layer", "x"), ("head", "99"), ("head", "-1"), ("places", "99999"),
        ("places", "a,b"), ("show", "zzz"), ("fit", "zzz"), ("size", "7"), ("picture", "nobody"),
        ("picture-from", "own"), ("picture-from", "zzz"), ("model", "minilm"), ("kind", "99"),
        ("model", "../../etc/passwd"), ("model", "see:folder:nobody"), ("two", "1"),
    ],
)  # fmt: skip
def test_nonsense_in_the_address_leaves_the_page_usable(name: str, raw: str) -> None:
    app = opened("pictures", **{**EYE, name: raw})
    assert not app.error


def test_the_caption_says_what_the_head_does() -> None:
    app = opened("pictures", **EYE, layer="2", head="1", places="50")
    viewer = shelf.load("fake-eye")
    assert isinstance(viewer, Viewer)
    site = viewer.see(photographs.photograph("drawing")).record.sites[1]
    row = site.weights([0])[0, 49]
    patches = row[site.queries.before :]
    most = site.queries.tokens[site.queries.before + int(patches.argmax())]
    assert f"{prose.number(100 * float(patches.max()), 1)} %" in html(app)
    assert f"the strongest look is at row {most.row + 1}, column {most.column + 1}" in html(app)
    ranked = np.sort(patches.numpy())[::-1].cumsum()
    half = int((ranked < ranked[-1] / 2).sum()) + 1
    assert f"{half} of {len(patches)} patches get half" in html(app)


def test_thumbnails_are_each_heads_look_from_the_chosen_place() -> None:
    viewer = shelf.load("fake-eye")
    assert isinstance(viewer, Viewer)
    sites = viewer.see(noise(80, 40), short=4).record.sites
    (first, *_rest) = maps.thumbnails(sites, [3, 4])
    rows, columns = sites[0].queries.grid
    look = sites[0].weights()[:, [3, 4]].mean(1)[:, 1:].reshape(4, rows, columns)
    assert (rows, columns) == (8, 4)
    for head in range(4):
        bright = np.unravel_index(int(first[head].argmax()), first[head].shape)
        most = int(look[head].argmax())
        wanted = (most // columns + 0.5) / 8, (most % columns + 2.5) / 8
        side = first.shape[-1]
        assert abs((bright[0] + 0.5) / side - wanted[0]) <= 0.5 / 8 + 0.5 / side
        assert abs((bright[1] + 0.5) / side - wanted[1]) <= 0.5 / 8 + 0.5 / side
    outside = first[..., : first.shape[-1] // 4 - 1]
    assert int(outside.max()) == 0


@pytest.mark.parametrize("tab", ["together", "layers"])
def test_every_way_to_see_shows_its_pictures(tab: str, monkeypatch: pytest.MonkeyPatch) -> None:
    torch.manual_seed(0)
    names = tuple(f"kind {number}" for number in range(9))
    namer = Namer("toy", Classifier(EfficientNetLite0(9).eval(), names, {}))
    monkeypatch.setattr(readings, "namer", lambda: namer)
    app = opened("pictures", **EYE, show=tab, places="20")
    assert not app.error
    assert len(app.get("bidi_component")) == (2 if tab == "together" else 4)
    if tab == "layers":
        assert "kind" in html(app)
        assert [box.label for box in app.selectbox].count("Why this name?") == 1


def test_where_the_classifier_is_missing_a_sentence_says_how_to_have_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ATLAS_CARRIERS_DIR", str(tmp_path))
    readings._naming.clear()
    app = opened("pictures", **EYE, show="layers")
    assert not app.error
    assert any("models\\.store\\.carriers efficientnet" in info.value for info in app.info)


def test_without_carriers_there_is_the_drawing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ATLAS_CARRIERS_DIR", str(tmp_path))
    assert cache.whole(carriers.registry.carrier("photographs")) is None
    assert photographs.names() == ("drawing", "mountain", "sailing")
    app = opened("pictures", model="fake-eye")
    assert not app.error
    assert "Layer 2, head 3" in headings(app)


def file(image: Image.Image, form: str = "PNG") -> bytes:
    made = io.BytesIO()
    image.save(made, form)
    return made.getvalue()


def brought(data: bytes, name: str = "mine.png") -> AppTest:
    app = opened("pictures", **EYE, **{"picture-from": "own"})
    assert "Bring a picture" in app.info[0].value
    app.file_uploader[0].upload(name, data, "image/png").run()
    return app


def test_an_own_picture_is_seen_and_what_was_done_to_it_is_said() -> None:
    clear = Image.new("RGBA", (30, 60), (255, 0, 0, 128))
    app = brought(file(clear))
    assert not app.error
    assert not app.info
    assert "It is transparent in places" in html(app)
    assert "Layer 2, head 3" in headings(app)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"just a text", "no picture"), (b"<svg></svg>", "SVG"), (b"", "no picture")],
)
def test_what_is_no_picture_is_named(data: bytes, said: str) -> None:
    app = brought(data)
    assert not app.error
    assert said in " ".join(info.value for info in app.info)


def test_a_small_and_a_long_picture_are_seen() -> None:
    for size in ((1, 1), (3, 900)):
        app = brought(file(Image.new("RGB", size, "blue")))
        assert not app.error
        assert not app.info


def test_a_second_picture_shows_what_is_alike() -> None:
    app = opened("pictures", **EYE, show="together", two="1", other="drawing", places="40")
    assert not app.error
    assert "Most like row" in html(app)
    assert f"(cosine {prose.number(1.0)})" in html(app)
