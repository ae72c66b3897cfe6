"""Folders that other programs saved are listed, and say what they are."""

from __future__ import annotations

from pathlib import Path

import pytest

from attention_core.errors import ModelError
from models.loading import folders, places, programs
from models.store import catalogue

SAVED = {
    "fairseq": ("checkpoint_best.pt", "dict.en.txt", "dict.fr.txt"),
    "Marian": ("model.npz", "vocab.spm", "decoder.yml"),
    "CTranslate2": ("model.bin", "config.json", "shared_vocabulary.json"),
    "OpenNMT-py": ("averaged_step_10000.pt",),
    "Sockeye": ("params.best", "config", "vocab.src.0.json", "version"),
    "Joey NMT": ("best.ckpt", "config.yaml", "src_vocab.txt", "trg_vocab.txt"),
    "NeMo": ("stt_en.nemo",),
    "TensorFlow": ("saved_model.pb",),
    "Keras": ("classifier.keras",),
    "TensorFlow Lite": ("mobile.tflite",),
    "rust-bert": ("rust_model.ot", "config.json"),
}
"""Names of files as these programs leave them, by their documentation."""


def folder(root: Path, files: tuple[str, ...]) -> Path:
    made = root / "theirs"
    made.mkdir()
    for file in files:
        (made / file).write_text("{}")
    return made


def test_every_program_has_an_example() -> None:
    assert set(SAVED) == {one.title for one in programs.PROGRAMS}


@pytest.mark.parametrize("program", SAVED)
def test_a_folder_of_another_program_is_listed_and_named(
    program: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = folder(tmp_path, SAVED[program])
    assert places.names(tmp_path) == ("theirs",)
    with pytest.raises(ModelError, match=f"theirs was saved by {program} \\({SAVED[program][0]}"):
        folders.judge(made, tmp_path)
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(tmp_path))
    with pytest.raises(ModelError, match=f"saved by {program}"):
        catalogue.entry("folder:theirs").open()


@pytest.mark.parametrize("program", SAVED)
def test_beside_weights_that_are_read_the_others_are_copies(program: str, tmp_path: Path) -> None:
    made = folder(tmp_path, (*SAVED[program], "model.safetensors"))
    programs.check(made)


@pytest.mark.parametrize("files", [("numbers.npz",), ("notes.pt",), ("dict.en.txt",), ("a.ckpt",)])
def test_what_only_resembles_such_a_folder_is_not_listed(
    files: tuple[str, ...], tmp_path: Path
) -> None:
    folder(tmp_path, files)
    assert places.names(tmp_path) == ()


@pytest.mark.parametrize("file", ["model.onnx", "tf_model.h5", "flax_model.msgpack", "a.gguf"])
def test_weights_in_another_form_are_listed_and_named(file: str, tmp_path: Path) -> None:
    made = folder(tmp_path, (file,))
    assert places.names(tmp_path) == ("theirs",)
    with pytest.raises(ModelError, match=f"weights as {file} only"):
        folders.judge(made, tmp_path)
