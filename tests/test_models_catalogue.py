"""Every model has a card, is loaded once, and only so many stay in memory."""

from __future__ import annotations

import threading
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from attention_core.errors import AttentionError, ModelError
from models.families import fake
from models.families.reader import Reader
from models.loading import folders
from models.settings import settings
from models.store import catalogue, shelf


def test_every_entry_has_a_card_that_says_something() -> None:
    for entry in catalogue.entries():
        for part in fields(entry.card):
            value = getattr(entry.card, part.name)
            assert value or part.name in (
                "languages", "parameters", "megabytes", "heads", "short", "measured", "credit",
                "figures",
            )  # fmt: skip


def test_names_are_unique_and_stable() -> None:
    names = [entry.card.name for entry in catalogue.entries()]
    assert len(names) == len(set(names))
    assert {"minilm", "fake"} <= set(names)


def test_cards_state_the_true_number_of_parameters() -> None:
    count = sum(part.numel() for part in fake.model().parameters())
    assert catalogue.entry("fake").card.parameters == count
    folder = catalogue.minilm_folder()
    assert folder is not None
    judged, card = folders.judge(folder, folder), catalogue.entry("minilm").card
    assert card.parameters == pytest.approx(judged.parameters, rel=1e-4)
    assert card.megabytes == pytest.approx(judged.bytes / 1e6, abs=0.1)


def test_the_fake_model_says_that_it_is_untrained() -> None:
    card = catalogue.entry("fake").card
    assert "Untrained" in card.title
    assert "random" in card.data


def test_an_unknown_name_lists_the_known_ones() -> None:
    with pytest.raises(ModelError, match=r"no model “nonsense”\. Choose one of .*minilm, .*fake"):
        catalogue.entry("nonsense")


def test_an_unknown_name_lists_no_more_than_can_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(40):
        (tmp_path / f"model-{number}").mkdir()
        (tmp_path / f"model-{number}" / "config.json").write_text("{}")
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(tmp_path))
    assert len(catalogue.entries()) > 40
    with pytest.raises(ModelError) as caught:
        catalogue.entry("nonsense")
    assert str(caught.value.values["names"]).count(", ") == 20
    assert str(caught.value.values["names"]).endswith(", …")


class Counting:
    """Stands in for the catalogue's loading and counts how often it happens."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.loaded: list[str] = []
        reader = Reader("fake", fake.checkpoint())

        def made(_: Any, name: str) -> Reader:
            self.loaded.append(name)
            if name == "bad":
                raise ModelError("It cannot be loaded; choose another one.")
            return reader

        monkeypatch.setattr(shelf.Shelf, "_made", made)


def test_many_threads_load_a_model_once(monkeypatch: pytest.MonkeyPatch) -> None:
    counting, kept = Counting(monkeypatch), shelf.Shelf()
    threads = [threading.Thread(target=kept.load, args=("a",)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert counting.loaded == ["a"]


def test_the_model_unused_for_longest_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    counting, kept = Counting(monkeypatch), shelf.Shelf(kept=2)
    kept.preload(["home"])
    for name in ("a", "b", "a", "c", "a", "home", "b"):
        kept.load(name)
    assert counting.loaded == ["home", "a", "b", "c", "b"]


def test_a_model_that_failed_may_be_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    counting, kept = Counting(monkeypatch), shelf.Shelf()
    for _ in range(2):
        with pytest.raises(ModelError):
            kept.load("bad")
    assert counting.loaded == ["bad", "bad"]
    kept.load("good")


@pytest.mark.parametrize("value", ["0", "7", "-5", "many", "1.5"])
def test_a_wrong_limit_of_tokens_is_named(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("ATLAS_MAX_TOKENS", value)
    with pytest.raises(AttentionError, match=f"ATLAS_MAX_TOKENS is “{value}”"):
        settings()


def test_settings_are_modest_unless_the_operator_says_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("ATLAS_MODELS_DIR", "ATLAS_ALLOW_DOWNLOADS", "ATLAS_MAX_TOKENS"):
        monkeypatch.delenv(name, raising=False)
    found = settings()
    assert (found.models_dir, found.downloads, found.max_tokens) == (None, False, 512)
    monkeypatch.setenv("ATLAS_ALLOW_DOWNLOADS", "1")
    assert settings().downloads
