"""A foreign model is opened next door first: whatever it does there, readers get a sentence."""

from __future__ import annotations

import json
import threading
import time
from pathlib import Path

import pytest

from attention_core.errors import ModelError
from models.families import fake
from models.families.family import Origin
from models.store import card, catalogue, rehearsal
from models.store.rehearsal import Rehearsals

STUBBORN = "tests.stubborn"


def files(folder: Path, name: str) -> Origin:
    (folder / name).mkdir(exist_ok=True)
    (folder / name / "config.json").write_text("{}")
    return Origin(folder / name, folder)


def processes(origin: Origin) -> list[str]:
    """Who opened it, one line a time. It lies in the folder, which is then another one."""
    return (origin.folder / "opened").read_text().split()


@pytest.mark.parametrize("name", ["hangs", "ends"])
def test_what_does_not_come_back_is_given_up_with_a_sentence(name: str, tmp_path: Path) -> None:
    next_door = Rehearsals(STUBBORN, seconds=0.5)
    with pytest.raises(ModelError, match=f"{name} was given up: opening it took more than"):
        next_door.rehearse(name, files(tmp_path, name), "read")


@pytest.mark.parametrize("name", ["eats", "stops"])
def test_a_library_that_stops_is_no_sentence_of_its_own(name: str, tmp_path: Path) -> None:
    next_door = Rehearsals(STUBBORN)
    with pytest.raises(ModelError, match="says nothing of the model") as caught:
        next_door.rehearse(name, files(tmp_path, name), "read")
    assert "modulo" not in str(caught.value)


def test_a_model_that_hangs_keeps_nobody_waiting(tmp_path: Path) -> None:
    next_door = Rehearsals(STUBBORN, seconds=60)
    hanging = threading.Thread(
        target=pytest.raises,
        args=(ModelError, next_door.rehearse, "hangs", files(tmp_path, "hangs"), "read"),
        daemon=True,
    )
    hanging.start()
    while not (tmp_path / "hangs" / "opened").exists():
        time.sleep(0.01)
    next_door.rehearse("fine", files(tmp_path, "fine"), "read")
    assert hanging.is_alive()
    for apart, _timer in next_door._idle:
        apart.close()


def test_a_folder_is_opened_again_only_when_it_has_changed(tmp_path: Path) -> None:
    next_door, origin = Rehearsals(STUBBORN), files(tmp_path, "fine")
    (origin.folder / "opened").write_text("")
    before = rehearsal._as_it_is(origin, "read")
    next_door._verdicts.passed(before)
    next_door.rehearse("fine", origin, "read")
    assert processes(origin) == []
    (origin.folder / "config.json").write_text('{"more": 1}')
    next_door.rehearse("fine", origin, "read")
    next_door.rehearse("fine", origin, "see")
    assert len(processes(origin)) == 2


def test_one_process_serves_small_models_and_is_ended_when_nobody_asks(tmp_path: Path) -> None:
    next_door = Rehearsals(STUBBORN, idle=0.2)
    for name in ("one", "two"):
        next_door.rehearse(name, files(tmp_path, name), "read")
    ((apart, _timer),) = next_door._idle
    assert processes(files(tmp_path, "one")) == processes(files(tmp_path, "two"))
    for _attempt in range(600):
        if not apart.running:
            break
        time.sleep(0.05)
    assert not apart.running
    assert next_door._idle == []


def test_models_of_the_operators_directory_are_opened_next_door_and_ours_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(card, "rehearse", lambda name, _files, _task: asked.append(name))
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(tmp_path))
    fake.model().save_pretrained(tmp_path / "mine")
    fake.tokenizer().save_pretrained(tmp_path / "mine")
    catalogue.entry("folder:mine").open()
    catalogue.entry("minilm").open()
    assert asked == ["folder:mine"]


def test_next_door_says_what_would_be_said_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(tmp_path))
    fake.model().save_pretrained(tmp_path / "mine")
    fake.tokenizer().save_pretrained(tmp_path / "mine")
    config = json.loads((tmp_path / "mine" / "config.json").read_text())
    (tmp_path / "mine" / "config.json").write_text(json.dumps({**config, "hidden_size": 64}))
    with pytest.raises(ModelError) as next_door:
        catalogue.entry("folder:mine").open()
    monkeypatch.setattr(card, "rehearse", lambda *_given: None)
    with pytest.raises(ModelError) as here:
        catalogue.entry("folder:mine").open()
    assert str(next_door.value) == str(here.value)
    assert next_door.value.sentence == here.value.sentence
