"""Outputs about pictures: patches taken away by hand, gradients written out, captum's Grad-CAM."""

from __future__ import annotations

from importlib import import_module
from types import SimpleNamespace
from typing import Any, Final, cast

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from attention_core.axes.patches import PatchAxis
from attention_core.errors import AttentionError, ModelError
from attention_core.files.photograph import Photograph, made
from attention_core.numbers.attribution import ALL, Found, Knobs, Output
from attention_core.numbers.faithfulness import faithful
from models.families.layers import features, first_stack
from models.families.pictures import classifying, untrained
from models.families.pictures.asking import (
    BLANKS,
    NamerAsker,
    PictureWanted,
    ViewerAsker,
    axis_of,
    blank,
    cut,
    joined,
)
from models.families.pictures.classifying import Namer
from models.families.pictures.efficientnet_lite import Classifier, EfficientNetLite0
from models.families.pictures.viewer import Viewer
from models.families.untouched import twin

CAPTUM = import_module("captum.attr")
EXACT: Final[dict[str, Any]] = {"rtol": 1e-9, "atol": 1e-12}


def photo(seed: int, height: int = 64, width: int = 96) -> Photograph:
    dice = np.random.default_rng(seed)
    return made(dice.integers(0, 255, (height, width, 3), np.uint8))


@pytest.fixture(autouse=True)
def _small(monkeypatch: pytest.MonkeyPatch) -> None:
    """A few cells show what many do, and take seconds less."""
    monkeypatch.setattr(classifying, "SHORT", 3)


@pytest.fixture(scope="module")
def namer() -> Namer:
    torch.manual_seed(3)
    network = EfficientNetLite0(5).double().eval()
    return Namer("toy", Classifier(network, tuple("abcde"), {}))


@pytest.fixture(scope="module")
def viewer() -> Viewer:
    return Viewer("eye", untrained.eye())


class DoubleNamer(NamerAsker):
    """In double precision, since a hundred layers of single precision are no oracle."""

    def output(self, photo: Photograph, wanted: PictureWanted, *rest: Any) -> Output:
        prepared = self.namer.prepared

        def doubled(photo: Photograph) -> Any:
            found = prepared(photo)
            return type(found)(found.pixels.double(), found.seen)

        self.namer.prepared = doubled  # type: ignore[method-assign]
        try:
            return super().output(photo, wanted, *rest)
        finally:
            self.namer.prepared = prepared  # type: ignore[method-assign]


def scores_of(namer: Namer, pixels: Tensor) -> Tensor:
    with torch.no_grad():
        return torch.as_tensor(namer.network(pixels)[0])


def test_the_output_is_the_logarithm_of_a_probability_or_of_their_ratio(namer: Namer) -> None:
    shown, asker = photo(1), DoubleNamer(namer)
    logs = scores_of(namer, namer.prepared(shown).pixels.double()).log_softmax(-1)
    likeliest = int(logs.argmax())
    for wanted, value in (
        (PictureWanted("class", 2), logs[2]),
        (PictureWanted("class"), logs[likeliest]),
        (PictureWanted("class", 1, 4), logs[1] - logs[4]),
    ):
        assert asker.output(shown, wanted).value == pytest.approx(float(value), rel=1e-9)


@pytest.mark.parametrize("kind", BLANKS)
def test_a_patch_that_is_left_out_is_painted_over(namer: Namer, kind: Any) -> None:
    output = DoubleNamer(namer).output(photo(2), PictureWanted("class", 0, blank=kind))
    rows, columns = axis_of(output).grid
    pixels = namer.prepared(photo(2)).pixels.double()
    over = blank(pixels, kind, rows, columns)
    place = 2 * columns + 3
    painted = pixels.clone()
    painted[..., 64:96, 96:128] = over[..., 64:96, 96:128]
    wanted = float(scores_of(namer, painted).log_softmax(-1)[0])
    assert float(output.without([[place]])[0]) == pytest.approx(wanted, rel=1e-9)


def test_gradient_times_input_is_summed_over_the_pixels_of_a_patch(namer: Namer) -> None:
    output = DoubleNamer(namer).output(photo(3), PictureWanted("class", 1, 2, blank="grey"))
    pixels = namer.prepared(photo(3)).pixels.double().requires_grad_()
    scores = namer.network(pixels)[0]
    (gradient,) = torch.autograd.grad(scores[1] - scores[2], pixels)
    spread = (gradient * pixels).detach().sum(1)[0]
    wanted = spread.unfold(0, 32, 32).unfold(1, 32, 32).sum((2, 3)).flatten()
    torch.testing.assert_close(ALL["gradient"].of(output).scores, wanted, rtol=1e-7, atol=1e-10)


def test_grad_cam_of_cells_is_captums(namer: Namer) -> None:
    output = DoubleNamer(namer).output(photo(4), PictureWanted("class", 2, 1))
    network = twin(namer.network)
    held = cast("nn.Module", network.head)

    def between(pixels: Tensor) -> Tensor:
        scores = network(pixels)
        return torch.as_tensor(scores[:, 2] - scores[:, 1])

    pixels = namer.prepared(photo(4)).pixels.double().requires_grad_()
    wanted = CAPTUM.LayerGradCam(between, held).attribute(pixels, relu_attributions=True)
    found = ALL["grad-cam"].of(output).scores
    torch.testing.assert_close(found, wanted.detach()[0, 0].flatten(), **EXACT)
    assert float(found.max()) > 0


def test_integrated_gradients_of_pixels_add_up(viewer: Viewer) -> None:
    output = ViewerAsker(viewer, short=2).output(
        photo(5), PictureWanted("likeness", other=photo(6))
    )
    found = ALL["integrated"].of(output, Knobs(steps=64))
    assert found.missing is not None
    assert abs(found.missing) < 1e-3


def test_the_likeness_is_the_cosine_of_what_the_model_makes_of_both(viewer: Viewer) -> None:
    both = [photo(7), photo(8, 80, 80)]
    states = []
    for one in both:
        pixels = viewer.prepared(one, "whole", 2).pixels
        with torch.no_grad():
            made_of = viewer.watch.model(**viewer.intake.inputs(pixels)).last_hidden_state
        states.append(made_of[0, 0])
    wanted = torch.cosine_similarity(states[0], states[1], dim=0)
    output = ViewerAsker(viewer, short=2).output(both[0], PictureWanted("likeness", other=both[1]))
    assert output.value == pytest.approx(float(wanted), abs=1e-5)
    assert isinstance(output.axis, PatchAxis)
    assert output.own.tolist() == [False] + [True] * (len(output.own) - 1)


def test_layers_are_those_that_the_page_of_pictures_shows(viewer: Viewer) -> None:
    output = ViewerAsker(viewer, short=2).output(
        photo(9), PictureWanted("likeness", other=photo(8))
    )
    sight = viewer.see(photo(9), short=2)
    for layer, site in zip(output.layers, sight.record.sites, strict=True):
        torch.testing.assert_close(layer.weights, site.weights(), rtol=1e-4, atol=1e-6)
    for name in ALL:
        found = ALL[name].of(output, Knobs(steps=4, groups=((1, 2),)))
        assert isinstance(found, Found)
        assert found.scores.shape == output.own.shape


def test_grad_cam_of_patch_tokens_is_captums_with_the_axes_turned(viewer: Viewer) -> None:
    output = ViewerAsker(viewer, short=2).output(
        photo(9), PictureWanted("likeness", other=photo(8))
    )

    class Held(nn.Module):
        """Captum takes the channels to come before the places."""

        def forward(self, states: Tensor) -> Tensor:
            return states

    held = Held()
    model: Any = twin(viewer.watch.model)
    last = first_stack(model)
    assert last is not None
    last[-1].register_forward_pre_hook(
        lambda _module, given: (held(given[0].transpose(1, 2)).transpose(1, 2), *given[1:])
    )
    pixels = viewer.prepared(photo(9), "whole", 2).pixels
    other = ViewerAsker(viewer, short=2)._vector(photo(8))

    def likeness(given: Tensor) -> Tensor:
        states = model(**viewer.intake.inputs(given)).last_hidden_state[:, 0]
        return torch.as_tensor((nn.functional.normalize(states, dim=-1) * other).sum(-1))

    cam = CAPTUM.LayerGradCam(likeness, held)
    wanted = cam.attribute(pixels.requires_grad_(), relu_attributions=True).detach().flatten()
    found = ALL["grad-cam"].of(output).scores
    torch.testing.assert_close(found, wanted.double(), rtol=1e-4, atol=1e-8)


def test_a_model_without_layers_in_a_row_has_no_features() -> None:
    assert features(nn.Linear(2, 2), {}, 3, lambda outputs: outputs) is None


def test_many_patches_go_by_several_at_once(viewer: Viewer) -> None:
    output = ViewerAsker(viewer, short=2).output(
        photo(9), PictureWanted("likeness", other=photo(8))
    )
    order = output.own.nonzero().flatten().tolist()
    assert len(order) == 6
    found = faithful(output, {"rows": order}, times=2)["rows"]
    half, none = output.without([order[:3], order]).tolist()
    assert found.deletion == pytest.approx((output.value, half, none), abs=1e-6)
    assert len(found.insertion) == 3


def test_pictures_come_back_from_their_patches() -> None:
    pixels = torch.randn(2, 3, 28, 42)
    vectors = cut(pixels, 2, 3)
    assert vectors.shape == (2, 6, 3 * 14 * 14)
    assert torch.equal(joined(vectors, 2, 3, (14, 14)), pixels)
    assert torch.equal(vectors[1, 4].reshape(3, 14, 14), pixels[1, :, 14:28, 14:28])
    wide = torch.randn(1, 3, 8, 24)
    assert torch.equal(joined(cut(wide, 2, 2), 2, 2, (4, 12)), wide)


def test_what_cannot_be_asked_is_said(namer: Namer, viewer: Viewer) -> None:
    asker = DoubleNamer(namer)
    with pytest.raises(AttentionError, match="knows 5 classes"):
        asker.output(photo(1), PictureWanted("class", 5))
    with pytest.raises(AttentionError, match="Both classes are the same"):
        asker.output(photo(1), PictureWanted("class", 2, 2))
    with pytest.raises(AttentionError, match="Choose another picture"):
        ViewerAsker(viewer).output(photo(1), PictureWanted("likeness"))
    plain = made(np.full((64, 64, 3), 128, np.uint8))
    with pytest.raises(AttentionError, match="already what it is compared with"):
        ALL["gradient"].of(asker.output(plain, PictureWanted("class", 1)))
    with pytest.raises(AttentionError, match="toy does not show"):
        ALL["attention"].of(asker.output(photo(1), PictureWanted("class", 1)))


def test_a_model_that_is_handed_patches_of_its_own_is_not_asked(
    viewer: Viewer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(viewer, "intake", SimpleNamespace(merged=1))
    with pytest.raises(ModelError, match="in pieces of its own"):
        ViewerAsker(viewer).output(photo(1), PictureWanted("likeness", other=photo(2)))


def test_nothing_is_left_on_a_model_that_was_asked(namer: Namer, viewer: Viewer) -> None:
    output = ViewerAsker(viewer, short=2).output(
        photo(1), PictureWanted("likeness", other=photo(2))
    )
    for name in ("grad-cam", "integrated", "relevance"):
        ALL[name].of(output, Knobs(steps=2))
    ALL["grad-cam"].of(DoubleNamer(namer).output(photo(1), PictureWanted("class", 1)))
    models: tuple[nn.Module, ...] = (namer.network, viewer.watch.model)
    assert all(one.grad is None for model in models for one in model.parameters())
    assert all(not one._forward_pre_hooks for model in models for one in model.modules())
