"""What it costs to see where a vision transformer looks, and whether it looks at things.

python -m benchmarks.pictures [DIR]

The cost: a photograph seen until the map of one head is there, as a ratio to the model's forward
pass alone, on the same pixels in the same run. With DIR, a folder of photographs with `boxes.json`
(name to label to left, top, right, bottom as shares of the sides): the pointing game, the share of
boxes in which the strongest patch lies, beside the share of the picture that the boxes cover, which
is what a map of chance would reach.
"""

from __future__ import annotations

import json
import random
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import AutoModel

from attention_core.axes.patches import PatchAxis
from attention_core.files.photograph import Photograph, made, photograph
from attention_core.numbers.rollout import rollout
from models.families.pictures import Namer, Viewer
from models.store import shelf
from models.store.carriers import cache, registry

EYE = "wheel:vit"
NAMER = "wheel:efficientnet"
ROUNDS = 15
Box = tuple[float, float, float, float]


def viewer() -> Viewer:
    found = shelf.load(EYE)
    assert isinstance(found, Viewer)
    return found


def seconds(work: Callable[[], object]) -> float:
    start = time.process_time()
    work()
    return time.process_time() - start


def cost(short: int) -> tuple[int, float, float]:
    """Patches, and the median and 95th percentile of the ratio to the pass alone."""
    eye, dice = viewer(), np.random.default_rng(short)
    ratios = []
    patches = 0
    for _round in range(ROUNDS + 2):
        photo = made(dice.integers(0, 256, (480, 640, 3), dtype=np.uint8))
        pixels = eye.prepared(photo, "whole", short).pixels

        def seen(photo: Photograph = photo) -> Tensor:
            site = eye.see(photo, "whole", short).record.sites[-1]
            return site.weights([2])

        def plain(pixels: Tensor = pixels) -> object:
            with torch.inference_mode():
                return untouched(pixel_values=pixels)

        both: list[tuple[str, Callable[[], object]]] = [("seen", seen), ("plain", plain)]
        random.Random(_round).shuffle(both)
        taken = {name: seconds(work) for name, work in both}
        ratios.append(taken["seen"] / taken["plain"])
        patches = int(np.prod(eye.see(photo, "whole", short).record.axes[0].grid))
    kept = sorted(ratios[2:])
    return patches, statistics.median(kept), kept[int(0.95 * len(kept))]


def plain_model() -> Any:
    """The same network with the library's own quick attention."""
    folder = cache.whole(registry.carrier("vit"))
    assert folder is not None
    return AutoModel.from_pretrained(folder, attn_implementation="sdpa", dtype=torch.float32).eval()


def inside(axis: PatchAxis, box: Box) -> Tensor:
    """(patch,), bool: whose middle lies in the box."""
    middles = [
        (
            (one.box.left + one.box.right) / 2 / axis.width,
            (one.box.top + one.box.bottom) / 2 / axis.height,
        )
        for one in axis.tokens[axis.before :]
    ]
    return torch.tensor([box[0] <= x <= box[2] and box[1] <= y <= box[3] for x, y in middles])


def maps(photo: Photograph) -> Mapping[str, tuple[PatchAxis, Tensor]]:
    """Each way to say where something is: the axis, and (patch,)."""
    eye, namer = viewer(), shelf.load(NAMER)
    assert isinstance(namer, Namer)
    sites = eye.see(photo).record.sites
    axis = sites[0].queries
    last = sites[-1].weights()[:, 0, axis.before :]
    through = rollout(site.weights() for site in sites)[0, axis.before :]
    number, _label, _share = namer.name_it(photo).best(1)[0]
    cam = namer.grad_cam(photo, number)
    return {
        "attention, mean of the last layer": (axis, last.mean(0)),
        "rollout": (axis, through),
        "Grad-CAM of the likeliest name": (cam.axis(photo), cam.weights.flatten()),
    }


def pointing(folder: Path) -> None:
    boxes = json.loads((folder / "boxes.json").read_text())["boxes"]
    hits: dict[str, list[bool]] = {}
    areas: list[float] = []
    for name, labelled in boxes.items():
        found = maps(photograph((folder / name).read_bytes()))
        for box in labelled.values():
            for way, (axis, weights) in found.items():
                hits.setdefault(way, []).append(bool(inside(axis, box)[int(weights.argmax())]))
            areas.append((box[2] - box[0]) * (box[3] - box[1]))
    print(f"pointing game, {len(areas)} boxes on {len(boxes)} photographs")
    print(f"  {'chance (area of the boxes)':36} {statistics.mean(areas):.2f}")
    for way, found_ in hits.items():
        print(f"  {way:36} {statistics.mean(found_):.2f}  ({sum(found_)} of {len(found_)})")


if __name__ == "__main__":
    torch.set_num_threads(1)
    untouched = plain_model()
    for size in (16, 24, 32):
        count, middle, most = cost(size)
        print(
            f"{count:5} patches: seen and one head drawn / forward pass {middle:.2f} "
            f"(p95 {most:.2f})"
        )
    if len(sys.argv) > 1:
        pointing(Path(sys.argv[1]))
