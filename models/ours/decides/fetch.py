"""Fetches the drawings from the npm registry, checks them, and renders them small.

python -m models.ours.decides.fetch --into training/drawings

Noto (Google, Apache-2.0) is what the network learns from; Twemoji (Twitter and its contributors,
CC BY 4.0) is the second style, held out and never shipped; CLDR (Unicode-3.0) has the names of
emoji that our own nouns are compared with. Nothing of a package is executed: two kinds of file are
read from its archive, after the archive's size and SHA-512 were found right.
"""

# ruff: noqa: T201  (a command says what it fetched)

from __future__ import annotations

import argparse
import base64
import hashlib
import io
import json
import tarfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import resvg_py
from PIL import Image

from attention_core.errors import ModelError
from models.ours.decides.drawings import SHIPPED, SIZE
from models.ours.decides.nouns import drawings, senses

REGISTRY: Final = "https://registry.npmjs.org/"


@dataclass(frozen=True)
class Package:
    """One archive of the registry. integrity: base64 of its SHA-512, as npm writes it."""

    path: str
    size: int
    integrity: str


NOTO: Final = Package(
    "@iconify-json/noto/-/noto-1.2.9.tgz",
    3102958,
    "DQiuXENbun41ch+XPSV55H9FaWKpHTyz46YIKtSaKYD4fIDDzL1tR6H4np/T38jfrTAeI3rcKF0mqHYeZVAuaw==",
)
TWEMOJI: Final = Package(
    "@twemoji/svg/-/svg-15.0.0.tgz",
    1547134,
    "ZSPef2B6nBaYnfgdTbAy4jgW95o7pi2xPGwGCU+WMTxo7J6B1lMPTWwSq/wTuiMq+N0khQ90CcvYp1wFoQpo/w==",
)
CLDR: Final = Package(
    "cldr-annotations-full/-/cldr-annotations-full-48.2.0.tgz",
    6537823,
    "DV7A+rEcgUSNTRsVGNGqBZRmAkGfwhGHO5Q1dRwzBoBnVrHWp804JP7/QJdEc66iHmx3+zLWVIMCFLm0lW7PUQ==",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--into", type=Path, required=True, help="where archives and banks are kept"
    )
    into: Path = parser.parse_args().into
    into.mkdir(parents=True, exist_ok=True)
    ours = frozenset(drawings())
    drawn = dict(noto(archive(NOTO, into)))
    bank(drawn, into / "noto.npz")
    bank({name: svg for name, svg in twemoji(archive(TWEMOJI, into)) if name in ours},
         into / "twemoji.npz")  # fmt: skip
    SHIPPED.mkdir(exist_ok=True)
    for name in ours:
        Image.fromarray(rendered(drawn[name], SIZE)).save(SHIPPED / f"{name}.png", optimize=True)
    for line in unlike(archive(CLDR, into)):
        print(line)


def archive(package: Package, into: Path) -> Path:
    """The archive on this disk, fetched once; raises ModelError when it is not the one we know."""
    path = into / Path(package.path).name
    if not path.is_file():
        with urllib.request.urlopen(REGISTRY + package.path) as answer:  # noqa: S310
            path.write_bytes(answer.read(package.size + 1))
    data = path.read_bytes()
    found = base64.b64encode(hashlib.sha512(data).digest()).decode()
    if len(data) != package.size or found != package.integrity:
        path.unlink()
        raise ModelError(
            "{name} is not the archive that this program was written for; it was deleted. "
            "Fetch it again.",
            name=path.name,
        )
    return path


def noto(path: Path) -> Iterator[tuple[str, str]]:
    """Code points and drawing of every emoji of Noto that has no tone of skin of its own."""
    with tarfile.open(path) as files:
        characters = document(files, "package/chars.json")
        icons = document(files, "package/icons.json")["icons"]
    seen = set[str]()
    for points, icon in characters.items():
        toned = any(f"1f3f{digit}" in points for digit in "bcdef")
        if icon in icons and icon not in seen and not toned:
            seen.add(icon)
            yield (
                points,
                (
                    '<svg xmlns="http://www.w3.org/2000/svg" '
                    'xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 128 128">'
                    f"{icons[icon]['body']}</svg>"
                ),
            )


def twemoji(path: Path) -> Iterator[tuple[str, str]]:
    """Code points and drawing of every emoji of Twemoji, named as Noto names them."""
    with tarfile.open(path) as files:
        for member in files:
            if member.name.endswith(".svg"):
                stem = Path(member.name).stem
                padded = "-".join(part.rjust(4, "0") for part in stem.split("-"))
                yield padded, _read(files, member.name).decode("utf-8")


def document(files: tarfile.TarFile, name: str) -> dict[str, Any]:
    made: dict[str, Any] = json.loads(_read(files, name))
    return made


def _read(files: tarfile.TarFile, name: str) -> bytes:
    found = files.extractfile(name)
    if found is None:
        raise ModelError("The archive has no file “{name}”.", name=name)
    return found.read()


def rendered(svg: str, size: int) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A drawing as size × size pixels of red, green, blue and opacity."""
    data = bytes(resvg_py.svg_to_bytes(svg_string=svg, width=size, height=size))
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGBA"))


def bank(svgs: dict[str, str], path: Path) -> None:
    """All drawings rendered, one array in one file, with their code points."""
    pixels = np.stack([rendered(svg, SIZE // 2) for svg in svgs.values()])
    np.savez_compressed(path, names=np.array(list(svgs)), pixels=pixels)
    print(f"{path.name}: {len(svgs)} drawings")


def unlike(path: Path) -> Iterator[str]:
    """Nouns of ours that CLDR uses for none of the emoji that we draw for them."""
    with tarfile.open(path) as files:
        names = {
            language: document(files, f"package/annotations/{language}/annotations.json")
            for language in ("en", "fr", "zh")
        }
    for sense in (one for many in senses().values() for one in many):
        said = {"en": sense.english, "fr": sense.french, "zh": sense.chinese}
        for language, noun in said.items():
            known: dict[str, dict[str, list[str]]] = names[language]["annotations"]["annotations"]
            about = " ".join(
                text
                for points in sense.drawings
                for kind in known.get(_character(points), {}).values()
                for text in kind
            )
            if noun not in about:
                yield f"{sense.name}: CLDR's {language} says {about[:80]}"


def _character(points: str) -> str:
    return "".join(chr(int(one, 16)) for one in points.split("-"))


if __name__ == "__main__":
    main()
