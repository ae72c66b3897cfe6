"""Pictures that people bring: read upright and plain, or refused with a sentence."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from attention_core.errors import TextError
from attention_core.files.photograph import PIXELS, SIDE, Photograph, photograph


def file(image: Image.Image, form: str = "PNG", **how: Any) -> bytes:
    made = io.BytesIO()
    image.save(made, form, **how)
    return made.getvalue()


def halves(mode: str = "RGB") -> Image.Image:
    """Red on the left, blue on the right, twice as wide as high."""
    image = Image.new("RGB", (40, 20), "red")
    image.paste((0, 0, 255), (20, 0, 40, 20))
    return image.convert(mode)


def sentences(found: Photograph) -> str:
    return " ".join(found.notes)


def bomb(width: int, height: int) -> bytes:
    """A PNG that says it is large and holds next to nothing."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        whole = kind + body
        return struct.pack(">I", len(body)) + whole + struct.pack(">I", zlib.crc32(whole))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header)
    return start + chunk(b"IDAT", zlib.compress(b"\0" * 1000)) + chunk(b"IEND", b"")


def test_pixels_come_as_they_are() -> None:
    found = photograph(file(halves()))
    assert (found.width, found.height, found.notes) == (40, 20, ())
    np.testing.assert_array_equal(found.pixels, np.asarray(halves()))


def test_the_same_pixels_have_the_same_digest_whatever_the_file() -> None:
    one, other = photograph(file(halves())), photograph(file(halves(), "BMP"))
    assert one.digest == other.digest
    assert one.digest != photograph(file(halves().rotate(180))).digest


@pytest.mark.parametrize("turn", range(1, 9))
def test_a_picture_turned_by_its_camera_stands_upright(turn: int) -> None:
    exif = Image.Exif()
    exif[0x0112] = turn
    found = photograph(file(halves(), "JPEG", exif=exif, quality=95))
    assert (found.width, found.height) == ((40, 20) if turn < 5 else (20, 40))
    first = found.pixels[0, 0].astype(int)
    red_first = turn in (1, 4, 5, 6)
    upside = {6: (0, 0), 8: (39, 0), 5: (0, 0), 7: (39, 0)}.get(turn)
    if upside is None:
        assert (first[0] > first[2]) == red_first
    else:
        y, x = upside
        assert found.pixels[y, x][0] > 128


@pytest.mark.parametrize(
    ("mode", "form", "said"),
    [
        ("CMYK", "JPEG", "CMYK"),
        ("L", "PNG", ""),
        ("P", "PNG", ""),
        ("1", "PNG", ""),
        ("LA", "PNG", ""),
    ],
)
def test_every_way_to_store_colours_is_read(mode: str, form: str, said: str) -> None:
    found = photograph(file(halves(mode), form))
    assert found.pixels.shape == (20, 40, 3)
    assert said in sentences(found)
    assert bool(found.notes) == bool(said)


def test_sixteen_bits_keep_their_brightness() -> None:
    grey = np.array([[0, 32768, 65535]], dtype=np.uint16)
    found = photograph(file(Image.fromarray(grey)))
    assert found.pixels[0, :, 0].tolist() == [0, 128, 255]
    assert "more than 8 bits" in sentences(found)


def test_a_dim_picture_of_sixteen_bits_stays_dim() -> None:
    grey = np.full((4, 4), 6553, dtype=np.uint16)
    assert photograph(file(Image.fromarray(grey))).pixels[0, 0].tolist() == [25, 25, 25]


def test_what_is_transparent_is_white_and_said() -> None:
    clear = halves("RGBA")
    clear.putalpha(Image.new("L", clear.size, 0))
    found = photograph(file(clear))
    assert found.pixels.min() == 255
    assert "white" in sentences(found)


def test_the_first_picture_of_a_moving_one_is_read() -> None:
    rest = [Image.new("RGB", (8, 8), "blue")]
    moving = file(Image.new("RGB", (8, 8), "red"), "GIF", save_all=True, append_images=rest)
    found = photograph(moving)
    assert found.pixels[0, 0].tolist() == [255, 0, 0]
    assert "It moves" in sentences(found)


def test_a_large_picture_is_made_smaller_and_said() -> None:
    found = photograph(file(Image.new("RGB", (4000, 1000), "red"), "JPEG"))
    assert (found.width, found.height) == (SIDE, SIDE // 4)
    assert f"{SIDE} × {SIDE // 4}" in sentences(found)


def test_one_pixel_is_a_picture() -> None:
    found = photograph(file(Image.new("RGB", (1, 1), "red")))
    assert found.pixels.tolist() == [[[255, 0, 0]]]


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no picture"),
        (b"a text called picture.png", "no picture"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'><script>alert(1)</script></svg>", "SVG"),
        (b"\xef\xbb\xbf<?xml version='1.0'?>\n<svg></svg>", "SVG"),
        (b"\0\0\0 ftypheic", "HEIC"),
        (file(halves())[:60], "damaged"),
        (bomb(20_000, 20_000), "many times more pixels"),
        (bomb(9_000, 9_000), "9,000 × 9,000"),
        (bomb(7_000, 7_000), "damaged"),
        (bomb(0, 0), "no picture"),
        (b"%PDF-1.7", "no picture"),
    ],
)
def test_what_is_no_picture_is_refused_with_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(TextError, match=said):
        photograph(data)


def test_no_more_is_unpacked_than_the_header_may_say() -> None:
    assert 7_000 * 7_000 < PIXELS < 9_000 * 9_000
    with pytest.raises(TextError, match="MB"):
        photograph(b"\0" * 41_000_000)
