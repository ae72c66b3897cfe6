"""Colours that say the same in greyscale, to colour-blind eyes and on both backgrounds."""

from __future__ import annotations

import itertools
import tomllib
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from attention_core.pictures.palette import ACCENT, HEADS, SCALE, STEPS, oklch

Array = NDArray[np.float64]
MODES = ["light", "dark"]
THEME = tomllib.loads((Path(__file__).parents[1] / ".streamlit" / "config.toml").read_text())[
    "theme"
]

TO_CONES = np.array([
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
])  # fmt: skip
TO_LAB = np.array([
    [0.2104542553, 0.7936177850, -0.0040720468],
    [1.9779984951, -2.4285922050, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.8086757660],
])  # fmt: skip
"""OKLab from linear sRGB, Ottosson 2020; worked the other way round than the palette does."""

MACHADO = {
    "protanopia": np.array([
        [0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216],
        [-0.003882, -0.048116, 1.051998],
    ]),
    "deuteranopia": np.array([
        [0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413],
        [-0.011820, 0.042940, 0.968881],
    ]),
}  # fmt: skip
"""What is left of linear sRGB at severity 1.0: Machado, Oliveira & Fernandes 2009."""


def linear(colour: str) -> Array:
    channels = np.array([int(colour[place : place + 2], 16) for place in (1, 3, 5)]) / 255
    return np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)


def luminance(channels: Array) -> float:
    """Relative luminance, WCAG 2: 0 to 1."""
    return float(channels @ np.array([0.2126, 0.7152, 0.0722]))


def oklab(colour: str) -> Array:
    """Lightness 0 to 1, then green to red, then blue to yellow."""
    return np.asarray(TO_LAB @ np.cbrt(TO_CONES @ linear(colour)))


def lightness(colour: str) -> float:
    return float(oklab(colour)[0])


def contrast(one: str, other: str) -> float:
    dark, light = sorted([luminance(linear(one)), luminance(linear(other))])
    return (light + 0.05) / (dark + 0.05)


def backgrounds(mode: str) -> list[str]:
    theme = THEME[mode]
    return [theme["backgroundColor"], theme["secondaryBackgroundColor"], SCALE[mode][0]]


def test_a_colour_is_what_oklab_says() -> None:
    """White, mid grey and pure red, the last from the table of Ottosson's article."""
    assert oklch(1.0, 0.0, 0.0) == "#ffffff"
    assert oklch(0.5999, 0.0, 0.0) == "#808080"
    assert oklch(0.62796, 0.25768, 29.234) == "#ff0000"
    assert lightness("#ff0000") == pytest.approx(0.628, abs=1e-3)


@pytest.mark.parametrize("mode", MODES)
def test_the_scale_goes_one_way_in_lightness_in_equal_steps(mode: str) -> None:
    found = np.array([lightness(colour) for colour in SCALE[mode]])
    steps = np.diff(found) * {"light": -1, "dark": 1}[mode]
    assert len(found) == STEPS
    assert (steps > 0).all()
    straight = np.linspace(found[0], found[-1], STEPS)
    assert np.abs(found - straight).max() <= 0.01
    assert abs(found[-1] - found[0]) >= 0.65


@pytest.mark.parametrize("mode", MODES)
def test_the_scale_starts_at_the_colour_of_the_page(mode: str) -> None:
    assert contrast(SCALE[mode][0], THEME[mode]["backgroundColor"]) <= 1.1


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("eyes", ["all cones", *MACHADO])
def test_colour_blind_eyes_see_the_scale_go_one_way_too(mode: str, eyes: str) -> None:
    seen = [
        luminance(np.clip(MACHADO.get(eyes, np.eye(3)) @ linear(colour), 0, 1))
        for colour in SCALE[mode]
    ]
    ratios = [
        max((one + 0.05) / (two + 0.05), (two + 0.05) / (one + 0.05))
        for one, two in itertools.pairwise(seen)
    ]
    assert seen == sorted(seen, reverse=mode == "light")
    assert min(ratios) >= 1.08


@pytest.mark.parametrize("mode", MODES)
def test_heads_and_the_accent_stand_out_from_every_background(mode: str) -> None:
    for colour, background in itertools.product([ACCENT[mode], *HEADS[mode]], backgrounds(mode)):
        assert contrast(colour, background) >= 3, (colour, background)


@pytest.mark.parametrize("mode", MODES)
def test_heads_differ_from_each_other_and_from_the_accent(mode: str) -> None:
    """0.06 in OKLab is three times what an eye can just tell apart."""
    assert len(HEADS[mode]) == 12
    for one, other in itertools.combinations([*HEADS[mode], ACCENT[mode]], 2):
        assert np.linalg.norm(oklab(one) - oklab(other)) >= 0.06, (one, other)


@pytest.mark.parametrize("mode", MODES)
def test_the_accent_is_the_colour_of_the_controls(mode: str) -> None:
    assert ACCENT[mode] == THEME[mode]["primaryColor"]


@pytest.mark.parametrize("colour", [ACCENT, SCALE, HEADS])
def test_both_modes_have_every_colour(colour: dict[str, object]) -> None:
    assert set(colour) == set(MODES)
