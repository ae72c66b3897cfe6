"""A model is found wherever other tools have laid it below the operator's directory."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from attention_core.errors import ModelError
from models.families import fake
from models.families.reader import Reader
from models.loading import places, weights
from models.loading.checkpoint import from_folder
from models.ours.translator.recipes import CHECKPOINTS
from models.store import catalogue
from models.store.sources.writing import named, parted
from tests import tiny_models
from tests.test_pages_state import address, html, opened

NAMES = (
    "plain", "my model", "run(1)", "模型", "_old", "-dash", "100%", "who?", "one,two", "#1",
    "a&b=c", "owner/model", "outputs/run1/checkpoint-500", "a/b/c/d/e/f", "été", "[new]", "a%20b",
)  # fmt: skip


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The operator's directory with the same model under many names."""
    root = tmp_path_factory.mktemp("models")
    fake.model().save_pretrained(root / "plain")
    fake.tokenizer().save_pretrained(root / "plain")
    for name in NAMES[1:]:
        shutil.copytree(root / "plain", root / name)
    return root


@pytest.fixture(autouse=True)
def _served(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(root))


def listed() -> dict[str, catalogue.Card]:
    """The cards of the operator's models, by their titles."""
    cards = [one.card for one in catalogue.entries() if one.card.name.startswith("folder:")]
    return {card.title: card for card in cards}


def hub_cache(root: Path, model: Path, owner: str = "acme--tiny") -> Path:
    """The layout of the hub's cache: the files of a snapshot are links to blobs."""
    blobs = root / f"models--{owner}" / "blobs"
    snapshot = root / f"models--{owner}" / "snapshots" / "0123456789abcdef"
    blobs.mkdir(parents=True)
    snapshot.mkdir(parents=True)
    for number, file in enumerate(sorted(model.iterdir())):
        shutil.copy(file, blobs / str(number))
        (snapshot / file.name).symlink_to(Path("../../blobs") / str(number))
    return snapshot


def test_every_folder_is_listed_by_its_own_name_and_opens(root: Path) -> None:
    found = listed()
    assert sorted(found) == sorted(NAMES)
    for name in NAMES:
        reader = catalogue.entry(found[name].name).open()
        assert isinstance(reader, Reader)
        assert len(reader.read("the cat sat").sites) == 2
    assert places.names(root) == tuple(sorted(NAMES))


def test_the_cache_of_the_hub_may_be_the_operators_directory(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hub_cache(tmp_path, root / "plain")
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(tmp_path))
    (title,) = found = listed()
    assert title == "acme/tiny (0123456)"
    assert len(catalogue.entry(found[title].name).open().read("the cat").sites) == 2  # type: ignore[attr-defined]


def test_the_cache_of_the_hub_may_lie_anywhere_below_the_directory(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a `hub` folder does that was copied beside other models."""
    hub_cache(tmp_path / "copied" / "hub", root / "plain")
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(tmp_path))
    (title,) = found = listed()
    assert title == "copied/hub/acme/tiny (0123456)"
    assert len(catalogue.entry(found[title].name).open().read("the cat").sites) == 2  # type: ignore[attr-defined]
    place = places.place(tmp_path, places.names(tmp_path)[0])
    assert place is not None
    assert place.bounds == tmp_path / "copied" / "hub" / "models--acme--tiny"


@pytest.mark.parametrize("file", ["config.json", "model.safetensors", "tokenizer.json"])
def test_a_note_in_place_of_a_file_says_how_to_get_the_file(
    root: Path, tmp_path: Path, file: str
) -> None:
    """Git without its extension for large files, and copies of a hub's cache without links."""
    notes = {
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 90868376\n": "git lfs",
        "../../blobs/53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db": "cp -rL",
    }
    folder = shutil.copytree(root / "plain", tmp_path / "plain")
    for note, wanted in notes.items():
        (folder / file).write_text(note)
        with pytest.raises(ModelError, match=rf"^{file} of plain .*{wanted}"):
            from_folder(folder, tmp_path)
    (folder / file).write_text("../../blobs/two words")
    with pytest.raises(ModelError, match=r"save the model|Save the tokenizer|is incomplete"):
        from_folder(folder, tmp_path)


def test_an_older_sentence_model_is_its_part_that_reads(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(root / "plain", tmp_path / "mine" / "0_Transformer")
    (tmp_path / "mine" / "1_Pooling").mkdir()
    (tmp_path / "mine" / "1_Pooling" / "config.json").write_text("{}")
    (tmp_path / "mine" / "modules.json").write_text("[]")
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(tmp_path))
    (title,) = found = listed()
    assert title == "mine/0_Transformer"
    assert len(catalogue.entry(found[title].name).open().read("the cat").sites) == 2  # type: ignore[attr-defined]


def test_a_translator_of_ours_is_not_offered_from_a_folder_where_it_cannot_be_opened(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(CHECKPOINTS / "transformer-en-fr", tmp_path / "transformer-en-fr")
    shutil.copytree(root / "plain", tmp_path / "plain")
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(tmp_path))
    names = [one.card.name for one in catalogue.entries()]
    assert [name for name in names if "transformer-en-fr" in name] == ["transformer-en-fr"]
    assert "folder:plain" in names


def test_a_link_in_the_cache_of_the_hub_may_not_leave_it(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = hub_cache(tmp_path, root / "plain")
    shutil.copy(root / "plain" / "tokenizer.json", tmp_path / "outside")
    (snapshot / "tokenizer.json").unlink()
    (snapshot / "tokenizer.json").symlink_to(tmp_path / "outside")
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(tmp_path))
    (card,) = listed().values()
    with pytest.raises(ModelError, match=r"tokenizer\.json of acme/tiny is a link"):
        catalogue.entry(card.name).open()


def test_only_the_snapshots_of_the_hubs_cache_are_links(root: Path, tmp_path: Path) -> None:
    """A model that lies beside the snapshots, or anywhere else, is a folder like any other."""
    hub_cache(tmp_path, root / "plain")
    odd = shutil.copytree(root / "plain", tmp_path / "models--a--b" / "snapshots")
    for name, title in (("models--a--b/snapshots", "models--a--b/snapshots"), (".", "plain")):
        found = places.place(root / "plain" if name == "." else tmp_path, name)
        assert found is not None
        assert (found.title, found.links) == (title, False)
    linked = places.place(tmp_path, "models--acme--tiny/snapshots/0123456789abcdef")
    assert linked is not None
    assert (linked.bounds, linked.links) == (tmp_path / "models--acme--tiny", True)
    (odd / "tokenizer.json").unlink()
    (odd / "tokenizer.json").symlink_to(root / "plain" / "tokenizer.json")
    with pytest.raises(ModelError, match="is a link"):
        from_folder(odd, tmp_path)


def test_a_folder_that_may_not_be_looked_into_is_passed_over(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = os.scandir

    def refused(folder: Path) -> object:
        if folder.name == "locked":
            raise PermissionError
        return look(folder)

    for name in ("locked", "open"):
        shutil.copytree(root / "plain", tmp_path / name)
    monkeypatch.setattr(os, "scandir", refused)
    assert places.names(tmp_path) == ("open",)


def test_the_directory_may_be_a_model_itself(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(root / "my model"))
    (title,) = found = listed()
    assert title == "my model"
    assert catalogue.entry(found[title].name).open().limit == 128


def test_a_card_says_how_large_the_model_is(root: Path) -> None:
    judged = sum(part.numel() for part in fake.model().parameters())
    for card in listed().values():
        assert card.parameters == judged
        assert card.megabytes == 0.1
    assert weights.held(root) == (0, 0)


@pytest.mark.parametrize(
    "file",
    ["config.json", "model.safetensors", "adapter_config.json", "pytorch_model.bin", "a.gguf"],
)  # fmt: skip
def test_what_looks_like_a_model_is_listed_though_it_is_not_whole(
    tmp_path: Path, file: str
) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / file).touch()
    assert places.names(tmp_path) == ("part",)
    with pytest.raises(ModelError, match="part"):
        from_folder(tmp_path / "part", tmp_path)


def test_what_is_no_model_is_not_listed(tmp_path: Path) -> None:
    for name in (".hidden", "a/.git", "a/b/c/d/e/f/too-deep"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "config.json").touch()
    (tmp_path / "empty").mkdir()
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "readme.json").touch()
    assert places.names(tmp_path) == ()


def test_the_parts_of_a_sentence_model_are_no_models(tmp_path: Path) -> None:
    for name in ("minilm", "minilm/1_Pooling"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "config.json").touch()
    (tmp_path / "minilm" / "modules.json").touch()
    assert places.names(tmp_path) == ("minilm",)


def test_a_link_in_a_circle_ends(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model" / "config.json").touch()
    (tmp_path / "model" / "again").symlink_to(tmp_path)
    (tmp_path / "second").symlink_to(tmp_path / "model")
    assert places.names(tmp_path) == ("model", "second")


def test_a_directory_of_very_many_folders_is_given_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(places, "MOST", 4)
    for number in range(9):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "config.json").touch()
    assert len(places.names(tmp_path)) == 3


@pytest.mark.parametrize(
    "name",
    ["", "..", "../plain", "plain/..", "plain/", "./plain", "plain//x", "/etc", "a\x00b", "b"],
)  # fmt: skip
def test_a_way_that_leads_out_or_nowhere_is_no_place(root: Path, name: str) -> None:
    assert places.place(root / "a", name) is None


@pytest.mark.parametrize("name", ["my model", "run(1)", "模型", "who?", "100%"])
def test_an_address_names_any_folder(name: str) -> None:
    asked = {"model": listed()[name].name, "text": "the cat sat"}
    app = opened("explore", **asked)
    assert not app.error
    assert app.selectbox[0].value == asked["model"]
    assert {key: address(app, key) for key in asked} == asked
    assert "8 heads" in html(app)


def test_a_translator_of_any_name_keeps_its_wishes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(tmp_path))
    tiny_models.build("bart").save_pretrained(tmp_path / "who? me,you")
    fake.tokenizer().save_pretrained(tmp_path / "who? me,you")
    (place,) = (card.name for card in listed().values())
    (name,) = (e.card.name for e in catalogue.entries() if e.card.name.startswith("translate:"))
    wish = parted(name)[1]
    assert parted(named(place, wish)) == (place, wish)
    assert "," not in name
    assert catalogue.entry(name).card.title == "who? me,you"
