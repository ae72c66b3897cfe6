"""From a wheel into the cache, and all that can go wrong on the way: a sentence, and nothing left.

The wheels are made here and fetched by pip itself, from a folder or from an index that is none.
"""

from __future__ import annotations

import hashlib
import re
import shutil
import socket
import struct
import threading
import zipfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from attention_core.errors import DownloadNeeded, ModelError
from models.settings import settings
from models.store import catalogue
from models.store.carriers import __main__ as command
from models.store.carriers import cache, fetching, index, registry, writing
from models.store.carriers.archive import digest, taken
from models.store.carriers.carrier import Carrier, Member, Promise, Wheel
from models.store.carriers.fetching import fetch
from models.store.sources import carriers as source

NUMBERS = bytes(range(200)) * 50
ABOUT = "toy_brain-1.0.dist-info"
CONFIG = {"model_type": "bert", "num_hidden_layers": 3}


def convert(files: Mapping[str, Path], folder: Path) -> None:
    numbers = torch.tensor(list(files["numbers.bin"].read_bytes()), dtype=torch.float32)
    writing.write(folder, {"numbers": numbers.view(100, -1)}, {"config.json": CONFIG})


def wheel_of(path: Path, members: Mapping[str, bytes]) -> Wheel:
    """A wheel of these files that pip takes for one, and what is written down of it."""
    about = {
        f"{ABOUT}/METADATA": b"Metadata-Version: 2.1\nName: toy-brain\nVersion: 1.0\n",
        f"{ABOUT}/WHEEL": b"Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        f"{ABOUT}/RECORD": b"",
    }
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**members, **about}.items():
            archive.writestr(name, data)
    taken = (Member("toy/numbers.bin", len(NUMBERS), hashlib.sha256(NUMBERS).hexdigest()),)
    return Wheel("toy-brain", "1.0", digest(path), path.stat().st_size, taken)


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels, the only index that pip has; the cache is empty."""
    folder = tmp_path / "shop"
    folder.mkdir()
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
    monkeypatch.setenv("ATLAS_CARRIERS_DIR", str(tmp_path / "cache"))
    return folder


@pytest.fixture
def toy(shop: Path) -> Carrier:
    """A carrier in that folder."""
    wheel = wheel_of(
        shop / "toy_brain-1.0-py3-none-any.whl",
        {"toy/numbers.bin": NUMBERS, "toy/__init__.py": b"raise SystemExit('was run')"},
    )
    return Carrier(
        name="toy", title="Toy", place=1, wheels=(wheel,), convert=convert,
        promise=Promise(len(NUMBERS), {"num_hidden_layers": 3}), parameters=len(NUMBERS),
        megabytes=0.1, licence="MIT", credit="nobody", languages=(), data="bytes", good_for="tests",
        source="",
    )  # fmt: skip


def left() -> set[str]:
    """What is in the cache, besides the lock."""
    found = {path.relative_to(cache.root()).as_posix() for path in cache.root().rglob("*")}
    return found - {"lock"}


def refused(carrier: Carrier, sentence: str) -> None:
    """The carrier cannot be had, says this, and leaves nothing behind."""
    with pytest.raises(ModelError, match=sentence) as caught:
        fetch(carrier)
    assert re.fullmatch(r"[A-Z].*[.]", str(caught.value))
    assert cache.whole(carrier) is None
    assert not cache.root().is_dir() or left() == set()


def test_a_carrier_is_fetched_converted_and_kept_and_then_needs_no_index(
    toy: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[tuple[str, int, int]] = []
    folder = fetch(toy, lambda *step: told.append(step))
    assert folder == cache.place(toy) == cache.whole(toy)
    assert {path.name for path in folder.iterdir()} == {
        "carrier.json", "config.json", "model.safetensors",
    }  # fmt: skip
    assert told[-1] == ("converting", toy.fetched, toy.fetched)
    assert [step for step, *_ in told[:-1]] == ["fetching"] * (len(told) - 1) != []
    assert left() == {
        toy.key, f"{toy.key}/toy", *(f"{toy.key}/toy/{path.name}" for path in folder.iterdir()),
    }  # fmt: skip
    monkeypatch.setattr(index, "download", None)
    assert fetch(toy) == folder


def test_a_wheel_with_another_hash_is_neither_fetched_nor_opened(
    toy: Carrier, shop: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    wheel_of(shop / "toy_brain-1.0-py3-none-any.whl", {"toy/numbers.bin": NUMBERS[::-1]})
    refused(toy, "has another file under the name toy-brain 1.0 .* so it was not opened")
    monkeypatch.setattr(zipfile, "ZipFile", None)
    with pytest.raises(ModelError, match=r"not the hash that is written down .* was not opened"):
        taken(shop / "toy_brain-1.0-py3-none-any.whl", toy.wheels[0], tmp_path)


def test_a_wheel_that_is_cut_short_is_refused(toy: Carrier, shop: Path) -> None:
    (path,) = shop.iterdir()
    path.write_bytes(path.read_bytes()[:-200])
    refused(toy, "has another file under the name toy-brain 1.0")


def rewritten(toy: Carrier, shop: Path, change: Callable[[bytes], bytes]) -> Carrier:
    """The carrier after its wheel was changed, its new hash written down."""
    (path,) = shop.iterdir()
    path.write_bytes(change(path.read_bytes()))
    wheel = replace(toy.wheels[0], sha256=digest(path), size=path.stat().st_size)
    return replace(toy, wheels=(wheel,))


@pytest.fixture
def unasked(monkeypatch: pytest.MonkeyPatch, shop: Path) -> None:
    """The wheel comes as it lies there: pip would refuse some of them itself."""

    def download(_wheel: Wheel, folder: Path, _progress: Callable[[int], None]) -> Path:
        (path,) = shop.iterdir()
        copy = folder / path.name
        copy.write_bytes(path.read_bytes())
        return copy

    monkeypatch.setattr(index, "download", download)


@pytest.mark.usefixtures("unasked")
@pytest.mark.parametrize("size", [len(NUMBERS) - 1, len(NUMBERS) + 1, 2**31])
def test_an_archive_that_lies_about_a_size_is_refused(toy: Carrier, shop: Path, size: int) -> None:
    true, false = struct.pack("<I", len(NUMBERS)), struct.pack("<I", size)
    lying = rewritten(toy, shop, lambda data: data.replace(true, false))
    refused(lying, "toy/numbers.bin in the wheel toy-brain 1.0 is not the one")
    member = replace(lying.wheels[0].members[0], size=size)
    believed = replace(lying, wheels=(replace(lying.wheels[0], members=(member,)),))
    refused(believed, "is not the one|is damaged and cannot be opened")


@pytest.mark.usefixtures("unasked")
def test_an_archive_with_damaged_contents_is_refused(toy: Carrier, shop: Path) -> None:
    refused(
        rewritten(toy, shop, lambda data: data[:60] + b"\xff\x00" * 9 + data[78:]),
        "damaged|not the one",
    )
    refused(rewritten(toy, shop, lambda data: data[:500]), "is damaged and cannot be opened")


@pytest.mark.usefixtures("unasked")
@pytest.mark.parametrize(
    "change", [{"path": "toy/other.bin"}, {"sha256": "0" * 64}, {"path": "toy/__init__.py"}]
)
def test_a_file_that_is_missing_or_another_is_refused(toy: Carrier, change: dict[str, Any]) -> None:
    member = replace(toy.wheels[0].members[0], **change)
    refused(
        replace(toy, wheels=(replace(toy.wheels[0], members=(member,)),)),
        "in the wheel toy-brain 1.0 is not the one that is written down",
    )


def test_an_index_without_the_wheel_costs_a_sentence(toy: Carrier, shop: Path) -> None:
    for path in shop.iterdir():
        path.unlink()
    refused(toy, "Your package index has no wheel toy-brain 1.0")


def test_no_network_costs_a_sentence(toy: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", "http://127.0.0.1:9/simple")
    refused(toy, "No package index can be reached, so toy-brain 1.0 was not fetched")


@pytest.fixture
def silent() -> Iterator[str]:
    """An index that takes every call and never answers."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield f"http://127.0.0.1:{server.getsockname()[1]}/simple"


def test_an_index_that_never_answers_is_given_up(
    toy: Carrier, silent: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PIP_NO_INDEX")
    monkeypatch.delenv("PIP_FIND_LINKS")
    monkeypatch.setenv("PIP_INDEX_URL", silent)
    monkeypatch.setattr(index, "PATIENCE", 3.0)
    refused(toy, "No package index can be reached")


def test_without_pip_it_says_so(toy: Carrier, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    refused(toy, "Python has no pip here, so toy-brain 1.0 cannot be fetched")


def test_a_disk_without_room_is_seen_before_anything_is_fetched(
    toy: Carrier, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index, "download", None)
    monkeypatch.setattr(cache, "free", lambda: fetching.needed(toy) - 1)
    refused(toy, r"The disk has no room for the 50 MB that are needed meanwhile; nothing was kept")


def test_a_disk_that_is_full_in_the_middle_leaves_nothing(toy: Carrier) -> None:
    def full(files: Mapping[str, Path], folder: Path) -> None:
        convert(files, folder)
        with Path("/dev/full").open("wb") as device:
            device.write(b"a number")

    refused(replace(toy, convert=full), "The disk has no room")


def test_a_crash_in_the_middle_leaves_nothing(toy: Carrier) -> None:
    def crashing(files: Mapping[str, Path], folder: Path) -> None:
        convert(files, folder)
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fetch(replace(toy, convert=crashing))
    assert left() == set()


def test_what_a_process_that_died_left_behind_is_ignored_and_cleared_away(toy: Carrier) -> None:
    begun = cache.root() / "begun-by-another"
    begun.mkdir(parents=True)
    (begun / "model.safetensors").write_bytes(NUMBERS)
    assert cache.whole(toy) is None
    fetch(toy)
    assert not begun.exists()


@pytest.mark.parametrize("file", ["carrier.json", "config.json", "model.safetensors"])
@pytest.mark.parametrize("cut", [True, False])
def test_a_model_that_is_not_as_it_was_made_is_made_anew(
    toy: Carrier, file: str, cut: bool
) -> None:
    path = fetch(toy) / file
    path.write_bytes(path.read_bytes()[:-3]) if cut else path.unlink()
    assert cache.whole(toy) is None
    assert fetch(toy) == cache.whole(toy)


def test_a_cache_that_cannot_be_written_is_named(
    toy: Carrier, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("ATLAS_CARRIERS_DIR", str(tmp_path / "file" / "cache"))
    with pytest.raises(
        ModelError, match=r"Nothing can be written into the cache folder .*/file/cache"
    ):
        fetch(toy)


@pytest.mark.parametrize(
    "promise", [Promise(len(NUMBERS) + 1, {}), Promise(len(NUMBERS), {"num_hidden_layers": 4})]
)
def test_a_model_that_breaks_a_promise_is_thrown_away(toy: Carrier, promise: Promise) -> None:
    refused(replace(toy, promise=promise), "What was made of toy-brain 1.0 is not the model")


def test_a_new_wheel_or_converter_has_a_place_of_its_own(toy: Carrier) -> None:
    fetch(toy)
    for other in (
        replace(toy, revision=2),
        replace(toy, wheels=(replace(toy.wheels[0], sha256="1" * 64),)),
    ):
        assert cache.whole(other) is None
        assert cache.place(other) != cache.place(toy)


# The command and the catalogue


@pytest.fixture
def known(toy: Carrier, monkeypatch: pytest.MonkeyPatch) -> Carrier:
    """The only carrier there is."""
    monkeypatch.setattr(registry, "carriers", lambda: (toy,))
    monkeypatch.setattr(command, "carriers", lambda: (toy,))
    return toy


def test_the_command_tells_each_step_and_does_nothing_twice(
    known: Carrier, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["--list"]) == 0
    assert "Toy: toy-brain 1.0, 0 MB to fetch; MIT" in capsys.readouterr().out
    assert command.main([]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.fullmatch(r"Toy: 0 of 0 MB", lines[0])
    assert lines[-2] == "Toy: converting"
    assert re.fullmatch(r"Toy: ready, 0 MB, \d+ s", lines[-1])
    assert command.main([known.name]) == 0
    assert capsys.readouterr().out == "Toy is here.\n"
    assert command.main(["--list"]) == 0
    assert "here" in capsys.readouterr().out


@pytest.mark.usefixtures("known")
def test_a_wheel_that_cannot_be_had_costs_the_command_one_sentence(
    shop: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for path in shop.iterdir():
        path.unlink()
    assert command.main([]) == 1
    told = capsys.readouterr()
    assert told.out.splitlines()[-1] == (
        "Toy: Your package index has no wheel toy-brain 1.0, so this model is not here; "
        "everything else works without it."
    )
    assert told.err == ""
    assert command.main(["--optional"]) == 0
    assert command.main(["nonsense"]) == 2
    assert "There is no carrier “nonsense”; there are toy." in capsys.readouterr().out


def test_the_catalogue_lists_what_is_in_the_cache_and_says_how_to_fetch_the_rest(
    known: Carrier,
) -> None:
    def listed() -> list[str]:
        names = [one.card.name for one in catalogue.entries()]
        return [name for name in names if name.startswith(source.PREFIX)]

    assert listed() == []
    with pytest.raises(
        DownloadNeeded, match=r"Toy is not on .*python -m models\.store\.carriers toy"
    ):
        catalogue.entry("wheel:toy")
    fetch(known)
    assert listed() == ["wheel:toy"]
    card = catalogue.entry("wheel:toy").card
    assert (card.title, card.parameters) == ("Toy", known.parameters)
    with pytest.raises(ModelError, match="There is no carrier “elephant”"):
        catalogue.entry("wheel:elephant")


def test_the_cache_is_where_the_reader_keeps_such_things(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("ATLAS_CARRIERS_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert settings().carriers == tmp_path / "attention-atlas" / "carriers"
    monkeypatch.setenv("XDG_CACHE_HOME", "not/absolute")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert settings().carriers == tmp_path / ".cache" / "attention-atlas" / "carriers"
    monkeypatch.setenv("ATLAS_CARRIERS_DIR", str(tmp_path / "mine"))
    assert settings().carriers == tmp_path / "mine"


def test_every_carrier_is_written_down_in_full() -> None:
    names = [one.name for one in registry.carriers()]
    assert names == [
        "smollm2", "e5", "vit", "efficientnet", "whisper", "reactions", "photographs",
    ]  # fmt: skip
    for one in registry.carriers():
        assert one.credit
        assert one.source.startswith("https://pypi.org/project/")
        for wheel in one.wheels:
            assert re.fullmatch(r"[0-9a-f]{64}", wheel.sha256)
            assert wheel.size > 10**6
            for member in wheel.members:
                assert re.fullmatch(r"[0-9a-f]{64}", member.sha256)
                assert member.size > 0


def test_what_comes_is_counted_while_folders_come_and_go(tmp_path: Path) -> None:
    """pip clears its own folders while we look into them."""
    (tmp_path / "kept.whl").write_bytes(b"12345")
    going = threading.Event()

    def come_and_go() -> None:
        while not going.is_set():
            inner = tmp_path / "pip-download" / "deep"
            inner.mkdir(parents=True, exist_ok=True)
            (inner / "part.txt").write_bytes(b"no wheel")
            shutil.rmtree(tmp_path / "pip-download", ignore_errors=True)

    thread = threading.Thread(target=come_and_go)
    thread.start()
    try:
        assert {index._size(tmp_path) for _look in range(400)} == {5}
    finally:
        going.set()
        thread.join()


def test_without_an_index_one_carrier_is_waited_for_and_no_more(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    asked: list[str] = []

    def fetch_(one: Carrier, _progress: object) -> Path:
        asked.append(one.name)
        raise index.OutOfReach("No package index can be reached.")

    monkeypatch.setenv("ATLAS_CARRIERS_DIR", str(tmp_path))
    monkeypatch.setattr(command, "fetch", fetch_)
    assert command.main([]) == 1
    assert command.main(["--optional"]) == 0
    assert asked == [registry.carriers()[0].name] * 2
    said = capsys.readouterr().out
    assert all(one.title in said for one in registry.carriers())
