"""The registry finds mechanisms by itself, and nobody else keeps a list of them."""

from __future__ import annotations

import ast
from importlib.metadata import EntryPoint
from pathlib import Path
from types import ModuleType

import pytest

from attention_core import finding
from attention_core.errors import ModelError
from attention_core.mechanisms import ALL, USES, at_stop, in_set, registry, sets
from attention_core.mechanisms.families import dot_product
from attention_core.mechanisms.families.dot_product import ScaledDotProduct
from attention_core.mechanisms.mechanism import Card
from attention_core.mechanisms.stages import Explained
from pages.mechanisms.parts.stops import STOPS

ROOT = Path(__file__).parents[2]
SOURCES = [path for part in ("attention_core", "models", "pages") for path in
           (ROOT / part).rglob("*.py") if path.parent.name != "families"]  # fmt: skip
FEW = 8
"""More mechanisms by name than this in one display are a list."""


class Added(ScaledDotProduct):
    card = Card("added", "Added", "x", "nobody", "https://example.org", "keys", place=115)


def plugin(**contents: object) -> ModuleType:
    module = ModuleType("plugin")
    vars(module).update(contents)
    return module


def test_what_another_package_adds_stands_where_its_card_says() -> None:
    known = registry.registered([dot_product, plugin(Added=Added)])
    assert list(known) == ["scaled_dot_product", "added", "multi_head"]


def test_entry_points_are_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    entry = EntryPoint("one", "attention_core.mechanisms.families.span", registry.PLUGINS)
    asked: list[str] = []
    monkeypatch.setattr(
        finding,
        "entry_points",
        lambda group: asked.append(group) or [entry],  # type: ignore[func-returns-value]
    )
    assert [module.__name__ for module in registry.modules()].count(entry.value) == 2
    assert asked == ["attention_atlas.mechanisms"]


def test_one_name_for_two_is_refused() -> None:
    twin = type("Twin", (Added,), {"card": Added.card})
    with pytest.raises(ModelError, match="Two mechanisms are called added"):
        registry.registered([plugin(Added=Added, Twin=twin)])


def test_a_class_without_a_card_of_its_own_is_no_mechanism() -> None:
    half = type("Half", (Added,), {})
    assert registry.registered([plugin(Added=Added, Half=half)]) == {"added": Added}


def test_a_stage_that_is_known_is_explained_in_one_way() -> None:
    own = Explained("kept", "what is kept", "All but a few.", shares=True)
    one = type("One", (Added,), {"stages": (own,)})
    assert registry.explained([Added, one, one])["kept"] == own
    for other in (own._replace(about="Few."), own._replace(name="weights")):
        two = type("Two", (Added,), {"stages": (other,)})
        with pytest.raises(ModelError, match=f"added explains the stage {other.name}"):
            registry.explained([one, two])


def test_a_stage_that_nobody_explains_is_called_by_its_name() -> None:
    assert registry.stage_of("by the way") == Explained("by the way", "by the way")
    assert registry.stage_of("round 3").name == "round"


def test_no_two_stand_at_one_place() -> None:
    places = [kind.card.place for kind in ALL.values()]
    assert places == sorted(set(places))


def test_every_mechanism_is_in_a_set_of_its_own_kind() -> None:
    assert all(len(in_set(name)) > 1 for name in sets())
    assert {one for name in sets() if name != "others" for one in in_set(name)} == set(ALL)
    assert in_set("normal")[:3] == ("scaled_dot_product", "entmax", "sparsemax")


def test_every_stop_that_a_card_names_is_one_of_the_story() -> None:
    keys = {stop.key for stop in STOPS}
    assert {key for kind in ALL.values() for key in kind.card.stops} <= keys
    assert [stop.key for stop in STOPS if not at_stop(stop.key)] == ["bottleneck"]
    assert at_stop("hard") == ("scaled_dot_product", "hard", "gumbel")


def test_a_use_belongs_to_the_mechanism_whose_card_names_it() -> None:
    assert {use.mechanism for use in USES.values()} == {
        kind.card.name for kind in ALL.values() if kind.card.uses
    }


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_list_of_mechanisms_is_kept_beside_the_registry(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        items: list[ast.expr | None] = []
        if isinstance(node, ast.Dict):
            items = [*node.keys]
        elif isinstance(node, ast.List | ast.Tuple | ast.Set):
            items = [*node.elts]
        named = {item.value for item in items if isinstance(item, ast.Constant)}
        assert len(named & set(ALL)) <= FEW
