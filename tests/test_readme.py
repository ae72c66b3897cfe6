"""The README's tables are what the cards say."""

from __future__ import annotations

from pathlib import Path

from attention_core.files import registry
from attention_core.files import table as formats
from attention_core.mechanisms import ALL, USES
from attention_core.mechanisms import table as mechanisms
from models.ours.translator.recipes import shipped
from models.ours.translator.table import filled, table
from models.store.carriers import registry as registry_of_carriers
from models.store.carriers import table as carriers

README = Path(__file__).parents[1] / "README.md"


def test_the_readme_shows_the_figures_of_the_cards() -> None:
    text = README.read_text(encoding="utf-8")
    assert filled(text) == text


def test_every_translator_that_ships_has_its_line() -> None:
    lines = table().splitlines()
    assert [recipe.title for _name, recipe in shipped()] == [
        line.split("[")[1].split("]")[0] for line in lines[2:]
    ]


def test_the_readme_shows_every_mechanism_of_the_registry() -> None:
    text = README.read_text(encoding="utf-8")
    assert mechanisms.filled(text) == text
    table_, uses = mechanisms.table().split("\n\n")
    assert titles(table_) == [mechanism.card.title for mechanism in ALL.values()]
    assert titles(uses) == [use.title for use in USES.values()]


def test_the_readme_shows_every_format_of_the_registry() -> None:
    text = README.read_text(encoding="utf-8")
    assert formats.filled(text) == text
    assert sorted(titles(formats.table())) == sorted(form.title for form in registry.every())


def test_the_readme_shows_every_carrier_of_the_registry() -> None:
    text = README.read_text(encoding="utf-8")
    assert carriers.filled(text) == text
    assert titles(carriers.table()) == [one.title for one in registry_of_carriers.carriers()]
    assert f"{sum(one.fetched for one in registry_of_carriers.carriers()) / 1e6:.0f} MB" in text
    chinese = README.with_name("README.zh.md").read_text(encoding="utf-8")
    for one in registry_of_carriers.carriers():
        assert f"{one.fetched / 1e6:.0f}、{one.megabytes:.0f} |" in chinese


def titles(table_: str) -> list[str]:
    """The first cell of every line below the head."""
    return [line.split("|")[1].strip() for line in table_.splitlines()[2:]]
