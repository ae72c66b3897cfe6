"""Grad-CAM against its formula, and that nobody's gradients are left behind."""

from __future__ import annotations

import threading

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from attention_core.files.photograph import Photograph, made
from models.families.pictures.classifying import SHORT, Namer, grad_cam
from models.families.pictures.efficientnet_lite import Classifier, EfficientNetLite0


class Toy(nn.Module):
    """Two convolutions, the mean over the picture, a linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.cells = nn.Sequential(
            nn.Conv2d(3, 8, 3, 2, 1), nn.ReLU(), nn.Conv2d(8, 6, 3, 2, 1), nn.ReLU()
        )
        self.classifier = nn.Linear(6, 4)

    def forward(self, pixels: Tensor) -> Tensor:
        found: Tensor = self.classifier(self.cells(pixels).mean((-2, -1)))
        return found


def toy() -> Toy:
    torch.manual_seed(4)
    return Toy().double().eval()


def pixels(seed: int = 0) -> Tensor:
    dice = torch.Generator().manual_seed(seed)
    return torch.randn(1, 3, 20, 28, generator=dice, dtype=torch.float64)


@pytest.mark.parametrize("number", range(4))
def test_grad_cam_is_its_formula(number: int) -> None:
    network, given = toy(), pixels()
    seen = network.cells(given).detach().requires_grad_()
    network.classifier(seen.mean((-2, -1)))[0, number].backward()
    assert seen.grad is not None
    weights = seen.grad.mean((-2, -1), keepdim=True)
    wanted = (weights * seen).sum(1).clamp_min(0)[0].detach()
    found = grad_cam(network, network.cells, given, number)
    torch.testing.assert_close(found, wanted, rtol=1e-12, atol=1e-15)
    assert bool((found >= 0).all())


def test_after_a_mean_over_the_picture_grad_cam_is_cam() -> None:
    """Zhou et al. 2016: the classes' own weights, where nothing but a mean lies between."""
    network, given = toy(), pixels()
    cells = network.cells(given)[0].detach()
    cam = torch.einsum("c,chw->hw", network.classifier.weight[1].detach(), cells).clamp_min(0)
    found = grad_cam(network, network.cells, given, 1) * cells[0].numel()
    torch.testing.assert_close(found, cam, rtol=1e-12, atol=1e-14)


def test_a_larger_score_scales_the_map_alone() -> None:
    network, given = toy(), pixels()
    before = grad_cam(network, network.cells, given, 2)
    with torch.no_grad():
        network.classifier.weight.mul_(3)
    torch.testing.assert_close(grad_cam(network, network.cells, given, 2), 3 * before)


def namer() -> Namer:
    torch.manual_seed(5)
    names = tuple(f"kind {number}" for number in range(7))
    return Namer("toy", Classifier(EfficientNetLite0(7).eval(), names, {}))


def noise(seed: int = 0) -> Photograph:
    dice = np.random.default_rng(seed)
    return made(dice.integers(0, 256, (60, 90, 3), dtype=np.uint8))


def test_the_map_lies_over_the_whole_picture() -> None:
    found, photo = namer().grad_cam(noise(), 3), noise()
    axis = found.axis(photo)
    assert found.grid == axis.grid == (SHORT, 10)
    assert axis.crop == (0, 0, 90, 60)


def test_shares_sum_to_one_and_the_best_come_first() -> None:
    naming = namer().name_it(noise())
    best = naming.best(3)
    assert abs(float(naming.shares.sum()) - 1) < 1e-5
    assert [share for _number, _label, share in best] == sorted(
        (share for _number, _label, share in best), reverse=True
    )
    assert best[0][1] == f"kind {int(naming.shares.argmax())}"


def test_no_gradient_stays_on_a_shared_network() -> None:
    found = namer()
    network = found.network
    photos = [noise(seed) for seed in range(2)]
    wanted = [found.grad_cam(photo, 1).weights for photo in photos]
    mixed: list[int] = []

    def ask(number: int) -> None:
        for _ in range(5):
            if not torch.equal(found.grad_cam(photos[number], 1).weights, wanted[number]):
                mixed.append(number)

    threads = [threading.Thread(target=ask, args=(number,)) for number in range(2)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    assert mixed == []
    assert all(one.grad is None for one in network.parameters())
