"""Pointing game: does a map over a picture have its strongest cell on the thing in it?

python -m benchmarks.pointing FOLDER     a folder with pictures and boxes.json (shares of the side)

The thing of each picture is the box that its file names first and that is not part of another thing
(`THINGS`). Chance is the share of the picture that the box covers. Source: Zhang et al. 2016,
Top-down neural attention by excitation backprop, https://arxiv.org/abs/1608.00507, section 4.1.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Final

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from attention_core.files.photograph import Photograph, made
from attention_core.numbers import combined
from attention_core.numbers.rollout import rollout
from attention_core.numbers.share import wilson
from models.families.pictures import Namer, Viewer
from models.store import shelf

THINGS: Final = {
    "astronaut.png": "person", "chelsea.png": "cat", "coffee.png": "cup", "rocket.jpg": "rocket",
    "camera.png": "man", "horse.png": "horse", "china.jpg": "pagoda", "flower.jpg": "flower",
    "grace_hopper.jpg": "face",
}  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("folder", type=Path)
    folder = asked.parse_args().folder
    boxes = json.loads((folder / "boxes.json").read_text(encoding="utf-8"))["boxes"]
    namer, viewer = shelf.load("wheel:efficientnet"), shelf.load("wheel:vit")
    if not isinstance(namer, Namer) or not isinstance(viewer, Viewer):
        raise SystemExit("Fetch the models first: python -m models.store.carriers efficientnet vit")
    hits: dict[str, list[bool]] = {}
    chance = []
    for file, thing in THINGS.items():
        box = boxes[file][thing]
        chance.append((box[2] - box[0]) * (box[3] - box[1]))
        pixels = np.array(Image.open(folder / file).convert("RGB"))
        found = {name: inside(one, box) for name, one in maps(namer, viewer, made(pixels)).items()}
        print(file, thing, found)
        for name, hit in found.items():
            hits.setdefault(name, []).append(hit)
    for name, all_ in hits.items():
        low, high = wilson(sum(all_), len(all_))
        print(f"{name:24} {sum(all_)} of {len(all_)}   [{low:.2f}, {high:.2f}]")
    print(f"{'chance':24} {sum(chance):.1f} of {len(chance)}")


def maps(namer: Namer, viewer: Viewer, photo: Photograph) -> dict[str, Tensor]:
    """(row, column) each, by name."""
    (number, _label, _share), *_rest = namer.name_it(photo).best(1)
    gradient = namer.grad_cam(photo, number).weights
    sight = viewer.see(photo)
    axis, sites = sight.record.axes[0], sight.record.sites
    rows, columns = axis.grid

    def over(look: Tensor) -> Tensor:
        return look[axis.before : axis.before + rows * columns].reshape(rows, columns)

    last = over(sites[-1].weights().mean(0)[0])
    through = over(rollout(site.weights() for site in sites)[0])
    same = combined.fitted(gradient, (rows, columns))
    return {
        "Grad-CAM": gradient,
        "attention, last layer": last,
        "rollout": through,
        "Grad-CAM × attention": combined.product(last.double(), same),
        "Grad-CAM × rollout": combined.product(through.double(), same),
        "Grad-CAM + attention": combined.mean(last.double(), same),
    }


def inside(found: Tensor, box: list[float]) -> bool:
    """Whether the middle of the strongest cell lies in a box: left, top, right, bottom."""
    rows, columns = found.shape
    place = int(found.argmax())
    x, y = (place % columns + 0.5) / columns, (place // columns + 0.5) / rows
    return box[0] <= x <= box[2] and box[1] <= y <= box[3]


if __name__ == "__main__":
    torch.set_grad_enabled(True)
    main()
