"""What the documents name exists: links, pictures, commands and settings."""

from __future__ import annotations

import re
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Final

import pytest

ROOT: Final = Path(__file__).parents[1]
DOCUMENTS: Final = (
    "README.md", "README.zh.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md",
)  # fmt: skip
READMES: Final = ("README.md", "README.zh.md")
SHOTS: Final = ROOT / "docs" / "screenshots"


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def in_repository() -> set[str]:
    """Every file that belongs to the repository, or will with the next commit."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=ROOT, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return set(listed.stdout.splitlines())


def targets(name: str) -> list[str]:
    """What the links and pictures of a document lead to inside the repository."""
    found = re.findall(r"\]\(([^)\s#]+)(?:#[^)]*)?\)", text(name))
    return [target for target in found if "://" not in target]


def pictures() -> set[str]:
    shown = [target for name in READMES for target in targets(name) if target.endswith(".png")]
    return {Path(target).name for target in shown}


@pytest.mark.parametrize("name", DOCUMENTS)
def test_every_link_leads_to_a_file_of_the_repository(name: str) -> None:
    folder = (ROOT / name).parent
    found = {(folder / target).resolve().relative_to(ROOT).as_posix() for target in targets(name)}
    assert found <= in_repository()


def test_the_repository_keeps_exactly_the_pictures_that_the_readmes_show() -> None:
    lines = (SHOTS / ".gitignore").read_text().splitlines()
    kept = {line.removeprefix("!") for line in lines if line.startswith("!")}
    assert kept - {".gitignore"} == pictures()
    assert "*" in lines


def test_every_make_target_that_is_named_exists() -> None:
    goals = set(re.findall(r"^([a-z]+):", text("Makefile"), flags=re.MULTILINE))
    written = "\n".join(map(text, DOCUMENTS))
    commands = re.findall(r"(?:`|^)(?:[A-Z_]+=\S+ )*make ([^`\n]+)", written, flags=re.MULTILINE)
    named = {command.split()[0] for command in commands}
    assert {"run", "test", "check"} <= named <= goals


def test_every_module_that_is_to_be_run_exists() -> None:
    written = "\n".join(map(text, DOCUMENTS))
    modules = set(re.findall(r"python -m ([a-z_.]*[a-z_])", written))
    assert len(modules) > 10
    assert {module for module in modules if find_spec(module) is None} == set()


def test_every_path_that_contributing_names_exists() -> None:
    files = in_repository()
    folders = {str(parent) + "/" for file in files for parent in Path(file).parents}
    rooms = ("attention_core/", "models/", "pages/", "tests/", "benchmarks/", "docs/")
    for name in DOCUMENTS[:3]:
        named = {path for path in re.findall(r"`([\w./-]+)`", text(name)) if path.startswith(rooms)}
        examples = {path for path in named if re.search(r"NAME|CODE|FAMILY", path)}
        assert named - examples <= files | folders, name


@pytest.mark.parametrize("name", READMES)
def test_every_setting_of_the_code_is_in_the_readme_and_no_other(name: str) -> None:
    code = {
        setting
        for file in in_repository()
        if file.endswith(".py") and not file.startswith("tests/")
        for setting in re.findall(r"\bATLAS_[A-Z_]+", text(file))
    }
    assert set(re.findall(r"\bATLAS_[A-Z_]+", text(name))) == code != set()
