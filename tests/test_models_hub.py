"""The hub is asked only when allowed, and every way it can fail has a sentence."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from huggingface_hub import constants

from attention_core.errors import DownloadNeeded, ModelError
from models.families import fake
from models.families.reader import Reader
from models.loading import hub
from models.store import shelf

SHA = "0123456789abcdef0123456789abcdef01234567"


class FakeHub(ThreadingHTTPServer):
    """A hub on this machine with two models, speaking as much of its protocol as is needed."""

    def __init__(self, folder: Path) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.asked: list[str] = []
        self.tokens: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Handler(BaseHTTPRequestHandler):
    server: FakeHub

    def do_GET(self) -> None:
        self.answer(body=True)

    def do_HEAD(self) -> None:
        self.answer(body=False)

    def answer(self, body: bool) -> None:
        self.server.asked.append(f"{self.command} {self.path}")
        self.server.tokens += self.headers.get_all("Authorization", [])
        parts = self.path.split("?")[0].strip("/").split("/")
        if parts[:2] == ["api", "models"]:
            self.describe("/".join(parts[2:4]))
        elif parts[:2] == ["owner", "tiny"] and parts[2:4] == ["resolve", SHA]:
            self.send_file(self.server.folder / parts[4], body)
        else:
            self.refuse(404, "EntryNotFound")

    def describe(self, name: str) -> None:
        if name == "owner/gated":
            return self.refuse(403, "GatedRepo")
        if name == "owner/broken":
            return self.refuse(500, "")
        if name not in ("owner/tiny", "owner/pickle"):
            return self.refuse(401, "RepoNotFound")
        files = sorted(self.server.folder.iterdir())
        siblings: list[dict[str, Any]] = [
            {"rfilename": file.name, "size": file.stat().st_size}
            for file in files
            if name == "owner/tiny" or file.suffix != ".safetensors"
        ]
        siblings += [
            {"rfilename": "pytorch_model.bin", "size": 9},
            {"rfilename": "x.py", "size": 1},
        ]
        body = json.dumps({"id": name, "modelId": name, "sha": SHA, "siblings": siblings}).encode()
        return self.reply(200, {"Content-Type": "application/json"}, body)

    def send_file(self, path: Path, body: bool) -> None:
        if not path.is_file():
            return self.refuse(404, "EntryNotFound")
        data = path.read_bytes()
        headers = {"ETag": f'"{hashlib.sha256(data).hexdigest()}"', "X-Repo-Commit": SHA}
        return self.reply(200, headers, data, body)

    def refuse(self, status: int, code: str) -> None:
        self.reply(status, {"X-Error-Code": code, "X-Error-Message": code}, b"{}")

    def reply(self, status: int, headers: dict[str, str], data: bytes, body: bool = True) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        if body and self.command != "HEAD":
            self.wfile.write(data)

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing on the terminal."""


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    folder = tmp_path / "remote"
    fake.model().save_pretrained(folder)
    fake.tokenizer().save_pretrained(folder)
    made = FakeHub(folder)
    thread = threading.Thread(target=made.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    monkeypatch.setenv("HF_ENDPOINT", made.address)
    monkeypatch.setenv("ATLAS_ALLOW_DOWNLOADS", "1")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", False)
    yield made
    made.shutdown()
    made.server_close()
    thread.join()


def test_a_plan_says_what_would_come_and_how_large_it_is(server: FakeHub) -> None:
    plan = hub.plan("owner/tiny")
    sizes = {path.name: path.stat().st_size for path in server.folder.iterdir()}
    assert dict(plan.files) == {name: sizes[name] for name, _ in plan.files}
    assert {"config.json", "tokenizer.json", "model.safetensors"} <= dict(plan.files).keys()
    assert not {"pytorch_model.bin", "x.py"} & dict(plan.files).keys()
    assert plan.bytes == sum(size for _, size in plan.files) > 50_000
    assert plan.revision == SHA
    assert not any("resolve" in asked for asked in server.asked)
    assert all(
        "blobs=true" in asked.lower() for asked in server.asked
    )  # else the hub tells no sizes


def test_a_download_tells_its_progress_and_is_read_from_the_cache(server: FakeHub) -> None:
    with pytest.raises(DownloadNeeded, match="Download it first"):
        shelf.Shelf().load("hub:owner/tiny")
    plan = hub.plan("owner/tiny")
    told: list[tuple[int, int]] = []
    hub.download(plan, lambda done, total: told.append((done, total)))
    done = [first for first, _ in told]
    assert done == sorted(done)
    assert (told[0], told[-1]) == ((0, plan.bytes), (plan.bytes, plan.bytes))
    assert {total for _, total in told} == {plan.bytes}
    asked = len(server.asked)
    reader = shelf.Shelf().load("hub:owner/tiny")
    assert isinstance(reader, Reader)
    assert all(site.integrity.verified for site in reader.read("the cat sat").sites)
    assert len(server.asked) == asked


def test_progress_comes_while_a_large_file_comes(server: FakeHub) -> None:
    big = server.folder / "model.safetensors"
    big.write_bytes(big.read_bytes() + b"\0" * (25 << 20))
    told: list[int] = []
    hub.download(hub.plan("owner/tiny"), lambda done, total: told.append(done))
    assert len([done for done in told if 1 << 20 < done < 25 << 20]) >= 1


def test_a_reader_can_stop_a_download(server: FakeHub) -> None:
    class Stop(Exception):
        """The reader has left."""

    def stop(done: int, total: int) -> None:
        if done:
            raise Stop

    with pytest.raises(Stop):
        hub.download(hub.plan("owner/tiny"), stop)
    assert hub.cached("owner/tiny") is None


def test_a_half_downloaded_model_is_not_on_this_machine(server: FakeHub) -> None:
    hub.download(hub.plan("owner/tiny"), lambda done, total: None)
    folder = hub.cached("owner/tiny")
    assert folder is not None
    (folder / "model.safetensors").unlink()
    assert hub.cached("owner/tiny") is None
    index = {"weight_map": {"a": "model-1-of-2.safetensors", "b": "model-2-of-2.safetensors"}}
    (folder / "model.safetensors.index.json").write_text(json.dumps(index))
    (folder / "model-1-of-2.safetensors").touch()
    assert hub.cached("owner/tiny") is None


def test_an_adapter_comes_with_its_base_and_alone_is_named(server: FakeHub) -> None:
    for file in ("adapter_config.json", "adapter_model.safetensors"):
        (server.folder / file).write_text("{}")
    names = [name for name, _ in hub.plan("owner/tiny").files]
    assert {"adapter_config.json", "adapter_model.safetensors"} <= set(names)
    assert names[-1] == "model.safetensors"
    (server.folder / "model.safetensors").unlink()
    with pytest.raises(ModelError, match=r"owner/tiny is an adapter \(LoRA\), and no whole model"):
        hub.plan("owner/tiny")


def test_a_link_out_of_the_cache_is_refused(server: FakeHub, tmp_path: Path) -> None:
    hub.download(hub.plan("owner/tiny"), lambda done, total: None)
    folder = hub.cached("owner/tiny")
    assert folder is not None
    shutil.copy(folder / "tokenizer.json", tmp_path / "elsewhere.json")
    (folder / "tokenizer.json").unlink()
    (folder / "tokenizer.json").symlink_to(tmp_path / "elsewhere.json")
    with pytest.raises(ModelError, match=r"tokenizer\.json of .* is a link"):
        hub.checkpoint("owner/tiny")


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("owner/missing", "no public model owner/missing"),
        ("owner/gated", "accepted its terms"),
        ("owner/broken", "status 500"),
        ("owner/pickle", "no safetensors weights"),
    ],
)
def test_what_the_hub_refuses_is_said_in_a_sentence(
    server: FakeHub, name: str, sentence: str
) -> None:
    with pytest.raises(ModelError, match=sentence):
        hub.plan(name)


def test_without_a_network_a_sentence_says_so(
    server: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = hub.plan("owner/tiny")
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ModelError, match="cannot be reached"):
        hub.plan("owner/tiny")
    with pytest.raises(ModelError, match="cannot be reached"):
        hub.download(plan, lambda done, total: None)


def test_nothing_is_asked_where_downloads_are_not_allowed(
    server: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = hub.plan("owner/tiny")
    asked = len(server.asked)
    monkeypatch.delenv("ATLAS_ALLOW_DOWNLOADS")
    for act in (lambda: hub.plan("owner/tiny"), lambda: hub.download(plan, lambda *_: None)):
        with pytest.raises(ModelError, match="ATLAS_ALLOW_DOWNLOADS=1"):
            act()
    with pytest.raises(DownloadNeeded, match="ATLAS_ALLOW_DOWNLOADS=1"):
        shelf.Shelf().load("hub:owner/tiny")
    assert len(server.asked) == asked


@pytest.mark.parametrize(
    "name",
    [
        "",
        "../x",
        "a/b/c",
        "a b",
        "/etc",
        "a//b",
        "a/..",
        "a/b?x=1",
        "a\nb",
        "é/b",
        "a--b",
        "a" * 200,
    ],
)
def test_what_is_no_name_never_reaches_the_hub(server: FakeHub, name: str) -> None:
    with pytest.raises(ModelError, match="not the name of a model"):
        hub.plan(name)
    with pytest.raises(ModelError, match="not the name of a model"):
        shelf.Shelf().load(f"hub:{name}")
    assert server.asked == []


# --- what is fetched, and in which order ---


def test_weights_come_last_so_that_a_folder_with_them_is_whole(server: FakeHub) -> None:
    plan = hub.plan("owner/tiny")
    names = [name for name, _ in plan.files]
    assert names == [*sorted(names[:-1]), "model.safetensors"]
    hub.download(plan, lambda done, total: None)
    fetched = [asked.split("/")[-1] for asked in server.asked if asked.startswith("GET /owner")]
    assert fetched == names


def test_a_model_in_several_files_is_fetched_and_read(server: FakeHub) -> None:
    fake.model().save_pretrained(server.folder, max_shard_size="20KB")
    (server.folder / "model.safetensors").unlink(missing_ok=True)
    shards = sorted(path.name for path in server.folder.glob("model-*.safetensors"))
    assert len(shards) > 1
    plan = hub.plan("owner/tiny")
    names = [name for name, _ in plan.files]
    assert names[-len(shards) :] == shards
    assert "model.safetensors.index.json" in names
    hub.download(plan, lambda done, total: None)
    reader = shelf.Shelf().load("hub:owner/tiny")
    assert isinstance(reader, Reader)
    assert all(site.integrity.verified for site in reader.read("the cat sat").sites)
    folder = hub.cached("owner/tiny")
    assert folder is not None
    (folder / shards[0]).unlink()
    assert hub.cached("owner/tiny") is None


def test_of_whole_weights_and_parts_only_the_whole_are_fetched(server: FakeHub) -> None:
    for name in ("model-00001-of-00001.safetensors", "model.safetensors.index.json"):
        (server.folder / name).write_text("{}")
    assert [name for name, _ in hub.plan("owner/tiny").files if "model" in name] == [
        "model.safetensors"
    ]


def test_progress_is_counted_on_from_file_to_file(server: FakeHub) -> None:
    plan = hub.plan("owner/tiny")
    told: list[int] = []
    hub.download(plan, lambda done, total: told.append(done))
    sizes = [size for _, size in plan.files]
    assert {sum(sizes[:place]) for place in range(len(sizes) + 1)} <= set(told)


def test_a_bar_counts_what_is_there_already_and_never_beyond_the_whole(
    capsys: pytest.CaptureFixture[str],
) -> None:
    told: list[tuple[int, int]] = []
    make = hub._bar(lambda done, total: told.append((done, total)), 10, 100)
    resumed = make(total=50, initial=5)
    resumed.update(7)
    resumed.update()
    resumed.update(None)
    resumed.update(500)
    make(total=50).update(3)
    assert told == [(22, 100), (23, 100), (23, 100), (100, 100), (13, 100)]
    assert "".join(capsys.readouterr()) == ""


def test_a_hub_that_does_not_tell_sizes_or_its_commit_is_taken_at_its_newest(
    server: FakeHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [SimpleNamespace(rfilename="model.safetensors", size=None)]
    silent = SimpleNamespace(siblings=files, sha=None)
    monkeypatch.setattr(hub, "_described", lambda *_: silent)
    plan = hub.plan("owner/tiny")
    assert (plan.files, plan.bytes, plan.revision) == ((("model.safetensors", 0),), 0, "main")
    silent.siblings = None
    with pytest.raises(ModelError, match="no safetensors weights"):
        hub.plan("owner/tiny")


def test_the_newest_whole_snapshot_is_read(server: FakeHub) -> None:
    hub.download(hub.plan("owner/tiny"), lambda done, total: None)
    first = hub.cached("owner/tiny")
    assert first is not None
    other = first.with_name("f" * 40)
    shutil.copytree(first, other)
    for newest, oldest in ((first, other), (other, first)):
        os.utime(oldest, (1_000, 1_000))
        os.utime(newest, (2_000, 2_000))
        assert hub.cached("owner/tiny") == newest
    assert hub.place("owner/tiny") == (other, other.parent.parent)


def test_an_index_of_more_than_a_mebibyte_is_read_and_one_without_a_map_names_no_parts(
    server: FakeHub,
) -> None:
    hub.download(hub.plan("owner/tiny"), lambda done, total: None)
    folder = hub.cached("owner/tiny")
    assert folder is not None
    (folder / "model.safetensors").rename(folder / "only.safetensors")
    index = folder / "model.safetensors.index.json"
    index.write_text(json.dumps({"weight_map": {"a": "only.safetensors"}}).ljust(16 << 20))
    assert hub.cached("owner/tiny") == folder
    index.write_text(index.read_text() + " ")
    with pytest.raises(ModelError, match="at most 16,777,216 are read"):
        hub.cached("owner/tiny")
    index.write_text('{"weight_map": ["only.safetensors"]}')
    assert hub.cached("owner/tiny") is None


def test_nobodys_token_is_told_to_the_hub(server: FakeHub, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_TOKEN", "hf_secret")
    hub.download(hub.plan("owner/tiny"), lambda done, total: None)
    assert server.asked
    assert server.tokens == []


def test_a_name_that_is_none_is_shown_in_eighty_letters_at_most() -> None:
    with pytest.raises(ModelError) as caught:
        hub.checked_name("a" * 200)
    assert f"“{'a' * 80}”" in str(caught.value)


def test_without_another_address_the_hub_itself_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for said, expected in (("http://mirror", "http://mirror"), ("", constants.ENDPOINT)):
        monkeypatch.setenv("HF_ENDPOINT", said)
        assert hub._endpoint() == expected
