"""What is installed is whole: it runs from its wheel alone, far from the checkout."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Final

import pytest

from tests.test_documents import ROOT, in_repository, text

PACKAGES: Final = ("attention_core/", "models/", "pages/")
NEEDED: Final = (*PACKAGES, "pyproject.toml", "requirements.txt", "README.md", "LICENSE")
"""What the build reads."""


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of a wheel, built from a copy, so that the build leaves nothing in the checkout."""
    source, made = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in in_repository():
        if name.startswith(NEEDED):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, source / name)
    build = (
        "import sys; from setuptools import build_meta as b; "
        "b.build_wheel(sys.argv[1], {'--build-option': '--compression=stored'})"
    )
    subprocess.run(  # noqa: S603
        [sys.executable, "-c", build, str(made)], cwd=source, check=True, capture_output=True
    )
    (wheel,) = made.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(made / "unpacked")
    return made / "unpacked"


def test_the_wheel_holds_every_file_of_the_packages_and_nothing_else(unpacked: Path) -> None:
    held = {
        path.relative_to(unpacked).as_posix()
        for path in unpacked.rglob("*")
        if path.is_file() and ".dist-info" not in path.parent.as_posix()
    }
    assert held == {name for name in in_repository() if name.startswith(PACKAGES)}


def test_every_package_says_that_it_is_typed(unpacked: Path) -> None:
    assert all((unpacked / package / "py.typed").is_file() for package in PACKAGES)


def alone(unpacked: Path, folder: Path, code: str) -> str:
    """What code prints where only the wheel and the libraries can be imported."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(unpacked), "HF_HUB_OFFLINE": "1"},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_examples_of_the_readme_run_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    examples = re.findall(r"```python\n(.*?)```", text("README.md"), flags=re.DOTALL)
    assert len(examples) == 2
    told = alone(
        unpacked, tmp_path,
        "".join(examples) + "import models, sys\n"
        "print(*weights.shape, site.integrity.output < 1e-3, 'streamlit' in sys.modules)\n"
        "print(models.__file__)",
    )  # fmt: skip
    *_shown, numbers, file = told.splitlines()
    heads, queries, keys, exact, screen = numbers.split()
    assert (heads, queries == keys, exact, screen) == ("12", True, "True", "False")
    assert Path(file).is_relative_to(unpacked)


def test_a_translator_of_ours_translates_from_the_wheel(unpacked: Path, tmp_path: Path) -> None:
    code = (
        "from models.store import shelf\n"
        "print(shelf.load('bahdanau-en-fr').translate('I love you.').text)"
    )
    assert "aime" in alone(unpacked, tmp_path, code)
