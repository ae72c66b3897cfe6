"""A folder is judged before anything in it is loaded; each refusal is one sentence."""

from __future__ import annotations

import json
import os
import resource
import shutil
import time
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import (
    CONFIG_MAPPING,
    MODEL_MAPPING,
    BertModel,
    DistilBertConfig,
    DistilBertModel,
)

from attention_core.errors import ModelError
from models.families import fake
from models.families.reader import Reader
from models.loading import documents, folders, kinds, weights
from models.loading import size as building
from models.loading.checkpoint import from_folder
from models.store import catalogue, shelf
from tests import architectures
from tests.test_pages_state import html, opened


@pytest.fixture(scope="session")
def saved(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A good folder as transformers writes it."""
    folder = tmp_path_factory.mktemp("saved") / "good"
    fake.model().save_pretrained(folder)
    fake.tokenizer().save_pretrained(folder)
    return folder


@pytest.fixture
def root(saved: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The operator's directory with one good model in it."""
    shutil.copytree(saved, tmp_path / "models" / "good")
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(tmp_path / "models"))
    return tmp_path / "models"


def configure(folder: Path, **changes: Any) -> None:
    path = folder / "config.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))


def refusal(root: Path, name: str = "good") -> str:
    with pytest.raises(ModelError) as caught:
        from_folder(root / name, root)
    sentence = str(caught.value)
    assert str(root) not in sentence
    assert "{" not in sentence
    return sentence


def test_a_good_folder_is_listed_and_read(root: Path) -> None:
    assert "folder:good" in [entry.card.name for entry in catalogue.entries()]
    reader = shelf.Shelf().load("folder:good")
    assert isinstance(reader, Reader)
    record = reader.read("the cat sat")
    assert all(site.integrity.verified for site in record.sites)
    expected = Reader("fake", fake.checkpoint()).read("the cat sat")
    assert torch.equal(record.sites[1].weights(), expected.sites[1].weights())


def test_a_judgement_counts_what_the_file_holds(root: Path) -> None:
    judged = folders.judge(root / "good", root)
    assert judged.model_type == "bert"
    assert judged.parameters == sum(p.numel() for p in fake.model().parameters())
    assert judged.bytes == (root / "good" / "model.safetensors").stat().st_size


@pytest.mark.parametrize(
    "name",
    ["../../etc/passwd", "folder:../good", "folder:/etc", "/etc/passwd", "folder:", "a\x00b"],
)
def test_a_path_is_not_a_name(root: Path, name: str) -> None:
    with pytest.raises(ModelError, match="There is no model"):
        shelf.Shelf().load(name)


@pytest.mark.parametrize("name", ["../outside", "good/../../outside", "missing"])
def test_a_folder_outside_the_models_directory_is_refused(root: Path, name: str) -> None:
    shutil.copytree(root / "good", root.parent / "outside")
    assert "no model folder" in refusal(root, name)


def test_a_folder_that_is_a_link_to_elsewhere_is_refused(root: Path) -> None:
    shutil.copytree(root / "good", root.parent / "outside")
    (root / "linked").symlink_to(root.parent / "outside")
    assert "linked is a link to a place outside" in refusal(root, "linked")


@pytest.mark.parametrize("file", ["tokenizer.json", "model.safetensors", "vocab.txt"])
def test_a_link_in_place_of_a_file_is_refused(root: Path, file: str) -> None:
    secret = root.parent / "secret"
    secret.write_text("root:x:0:0")
    (root / "good" / file).unlink(missing_ok=True)
    (root / "good" / file).symlink_to(secret)
    assert f"{file} of good is a link" in refusal(root)


def test_a_pickle_alone_is_refused(root: Path) -> None:
    (root / "good" / "model.safetensors").unlink()
    (root / "good" / "pytorch_model.bin").write_bytes(b"never opened")
    assert "pickle only (pytorch_model.bin)" in refusal(root)


def test_a_folder_without_weights_is_refused(root: Path) -> None:
    (root / "good" / "model.safetensors").unlink()
    assert "no weights" in refusal(root)


def test_weights_of_another_name_are_refused_and_both_names_said(root: Path) -> None:
    (root / "good" / "model.safetensors").rename(root / "good" / "weights.safetensors")
    assert "no model.safetensors (there is weights.safetensors)" in refusal(root)


@pytest.mark.parametrize("kept", [0, 4, 100, 5_000, -1])
def test_truncated_weights_are_refused(root: Path, kept: int) -> None:
    path = root / "good" / "model.safetensors"
    path.write_bytes(path.read_bytes()[:kept])
    assert "incomplete or damaged" in refusal(root)


@pytest.mark.parametrize("length", [1 << 62, 1 << 25, 1])
def test_a_header_of_absurd_length_is_refused(root: Path, length: int) -> None:
    path = root / "good" / "model.safetensors"
    path.write_bytes(length.to_bytes(8, "little") + path.read_bytes()[8:])
    assert "incomplete or damaged" in refusal(root)


@pytest.mark.parametrize(
    "header", [b"[]", b"{", b'{"a": 1}', b'{"a": {"shape": [2]}}', b"[" * 100_000, b"\xff\xfe"]
)
def test_a_header_of_nonsense_is_refused(root: Path, header: bytes) -> None:
    path = root / "good" / "model.safetensors"
    path.write_bytes(len(header).to_bytes(8, "little") + header)
    assert "incomplete or damaged" in refusal(root)


@pytest.mark.parametrize("found", ["made-up", 7, ["bert"]])
def test_an_unknown_architecture_is_refused(root: Path, found: object) -> None:
    configure(root / "good", model_type=found)
    assert "architecture of good" in refusal(root)


def test_a_configuration_without_an_architecture_says_so(root: Path) -> None:
    configure(root / "good", model_type=None)
    assert "does not say what kind of model it is (model_type)" in refusal(root)


@pytest.mark.parametrize(
    "found", [{"quant_method": "gptq", "bits": 4}, {"quant_method": "bitsandbytes"}, {"bits": 4}]
)
def test_a_quantised_model_is_refused_in_words_of_ours(
    root: Path, found: dict[str, object]
) -> None:
    configure(root / "good", quantization_config=found)
    sentence = refusal(root)
    assert f"good is quantised ({found.get('quant_method', '–')})" in sentence
    assert "Choose the model that it was made from" in sentence
    assert "install" not in sentence


def test_what_a_configuration_says_is_shown_in_a_few_letters_at_most(root: Path) -> None:
    configure(root / "good", quantization_config={"quant_method": "y" * 60})
    assert f"is quantised ({'y' * 40})" in refusal(root)
    configure(root / "good", quantization_config=None, attn_implementation="a/" + "y" * 90)
    assert f"the program “a/{'y' * 78}”" in refusal(root)


@pytest.mark.parametrize("file", ["model.gguf", "tf_model.h5", "flax_model.msgpack"])
def test_weights_of_other_programs_are_named(root: Path, file: str) -> None:
    (root / "good" / "model.safetensors").rename(root / "good" / file)
    assert f"its weights as {file} only" in refusal(root)
    (root / "good" / "config.json").unlink()
    assert f"its weights as {file} only" in refusal(root)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("vit", "sees pictures"),
        ("wav2vec2", "hears sound"),
        ("whisper", "hears sound"),
        ("imagegpt", "sees pictures"),
        ("timesfm", "does not read a text"),
    ],
)
def test_a_model_of_pictures_or_sound_is_no_reader_of_text(
    root: Path, name: str, said: str
) -> None:
    configure(root / "good", model_type=name)
    assert f"good ({name}) {said}" in refusal(root)
    (card,) = (e.card for e in catalogue.entries() if e.card.name == "folder:good")
    assert card.reads != "text"


@pytest.mark.parametrize("name", ["encoder-decoder", "rag", "depth_anything"])
def test_a_kind_without_a_usual_class_is_not_opened_as_another_kind(root: Path, name: str) -> None:
    configure(root / "good", model_type=name)  # its "architectures" still name BERT
    said = refusal(root)
    assert "good does not say of which class it is" in said
    assert f"“{name}” is usually a part of a larger model" in said


def test_what_a_library_says_does_not_reach_the_reader(
    root: Path, caplog: pytest.LogCaptureFixture
) -> None:
    configure(root / "good", num_attention_heads=5)
    sentence = refusal(root)
    assert "good cannot be loaded" in sentence
    assert "hidden size" not in sentence
    assert "hidden size" in caplog.text


@pytest.mark.parametrize(
    "name",
    [
        "bert",
        "gpt2",
        "t5",
        "marian",
        "clip",
        "blip-2",
        "llava",
        "canine",
        "musicgen",
        "higgs_audio_v2_tokenizer",
        "made-up",
        7,
    ],
)
def test_what_takes_a_text_counts_as_a_reader_of_text(name: object) -> None:
    assert kinds.reads(name) == "text"


def test_a_model_of_pictures_is_not_offered_but_named(root: Path) -> None:
    shutil.copytree(root / "good", root / "eyes")
    configure(root / "eyes", model_type="vit")
    app = opened("explore", model="folder:good", text="the cat")
    assert "folder:good" in app.selectbox[0].options or "good" in app.selectbox[0].options
    assert "eyes" not in app.selectbox[0].options
    assert "because they do not read text: eyes." in html(app)
    asked = opened("explore", model="folder:eyes", text="the cat")
    assert "sees pictures" in " ".join(info.value for info in asked.info)


def test_a_tokenizer_that_does_not_say_where_its_tokens_stand_is_named(root: Path) -> None:
    (root / "good" / "tokenizer.json").unlink()
    path = root / "good" / "tokenizer_config.json"
    path.write_text(json.dumps({"tokenizer_class": "ByT5Tokenizer"}))
    sentence = refusal(root)
    assert "good has a tokenizer (tokenizer_config.json), but none that says which" in sentence
    assert "no tokenizer" not in sentence


def test_a_tokenizer_of_no_words_is_refused(root: Path) -> None:
    (root / "good" / "tokenizer.json").unlink()
    (root / "good" / "vocab.txt").write_text("[PAD]\n[UNK]\n[CLS]\n[SEP]\n[MASK]\n")
    assert "tokenizer of good cannot be read from vocab.txt" in refusal(root)


@pytest.mark.parametrize(
    "changes",
    [
        {"num_hidden_layers": 1_000_000},
        {"hidden_size": 10**9},
        {"vocab_size": 10**12},
        {"max_position_embeddings": 10**15},
        {"num_hidden_layers": -1},
        {"num_hidden_layers": "many"},
        {"text_config": {"num_hidden_layers": 1_000_000}},
        {"first_k_dense_replace": 10**10},
        {"text_config": {"num_mtp_layers": 10**10}},
        {"attention_types": [[["global", "local"], 501]]},
        {"attention_types": [[["global"], 10**10], "global", 5, [1]]},
    ],
)
def test_an_absurd_size_is_refused_at_once(root: Path, changes: dict[str, object]) -> None:
    configure(root / "good", **changes)
    begun = time.perf_counter()
    assert "config.json of good says" in refusal(root)
    assert time.perf_counter() - begun < 1


def test_a_model_beyond_the_memory_is_refused_before_it_is_built(root: Path) -> None:
    configure(root / "good", num_hidden_layers=1000, hidden_size=100_000)
    begun = time.perf_counter()
    assert "GB are free" in refusal(root)
    assert time.perf_counter() - begun < 1


def test_a_configuration_of_absurd_depth_or_length_is_refused(root: Path) -> None:
    path = root / "good" / "config.json"
    good = path.read_text()
    path.write_text('{"a":' + "[" * 200_000 + "]" * 200_000 + "}")
    assert "nested more than" in refusal(root)
    path.write_text(good + " " * (2 << 20))
    assert "at most 1,048,576 are read" in refusal(root)
    path.write_text("not json")
    assert "not valid JSON" in refusal(root)
    path.write_text("[]")
    assert "holds no object" in refusal(root)
    path.unlink()
    assert "There is no config.json" in refusal(root)


@pytest.mark.parametrize("file", ["special_tokens_map.json", "generation_config.json"])
def test_no_file_of_the_folder_may_be_of_absurd_depth(root: Path, file: str) -> None:
    (root / "good" / file).write_text('{"a":' + "[" * 200_000)
    assert f"{file} of good is nested" in refusal(root)


@pytest.mark.parametrize("text", ['"' + '\\"' * 60_000, '"' + "a" * 120_000, '"\\\n' * 40_000])
def test_a_string_without_an_end_is_walked_through_once(text: str) -> None:
    """Doubling the text at most doubles the steps; a quadratic walk would take minutes here."""
    assert documents.depth("[" + text) == 1


@pytest.mark.parametrize(
    "name", ["../outside.safetensors", "/etc/passwd", "model.bin", "gone.safetensors"]
)
def test_an_index_may_name_only_weights_of_its_own_folder(root: Path, name: str) -> None:
    shutil.copy(root / "good" / "model.safetensors", root / "outside.safetensors")
    (root / "good" / "model.safetensors").rename(root / "good" / "decoy.safetensors")
    index = {"weight_map": {"a": "decoy.safetensors", "b": name}}
    (root / "good" / "model.safetensors.index.json").write_text(json.dumps(index))
    assert f"names the weights “{name}”" in refusal(root)


@pytest.mark.parametrize("key", ["attn_implementation", "_attn_implementation"])
@pytest.mark.parametrize("wanted", ["kernels-community/flash-attn", {"": "owner/kernel"}])
def test_a_program_named_by_the_configuration_is_not_fetched(
    root: Path, key: str, wanted: object
) -> None:
    configure(root / "good", **{key: wanted})
    assert "no program is fetched" in refusal(root)


def test_a_plain_name_of_an_implementation_is_no_program(root: Path) -> None:
    configure(root / "good", attn_implementation="sdpa")
    assert folders.judge(root / "good", root).model_type == "bert"


def test_brackets_in_strings_are_no_depth(root: Path) -> None:
    configure(root / "good", note="[" * 1000 + '\\"')
    assert folders.judge(root / "good", root).model_type == "bert"


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_a_model_that_brings_code_is_refused(root: Path, file: str) -> None:
    path = root / "good" / file
    path.write_text(json.dumps(json.loads(path.read_text()) | {"auto_map": {"AutoModel": "x.Y"}}))
    (root / "good" / "x.py").write_text("raise SystemExit")
    sentence = refusal(root)
    assert "program code" in sentence
    assert f"architecture (bert) is known without it: remove auto_map from {file}" in sentence


def test_only_an_architecture_that_is_unknown_is_said_to_be_none_of_transformers(
    root: Path,
) -> None:
    configure(root / "good", model_type="made-up", auto_map={"AutoModel": "x.Y"})
    sentence = refusal(root)
    assert "choose a model whose architecture is part of transformers" in sentence


def test_a_folder_without_a_tokenizer_is_refused(root: Path) -> None:
    (root / "good" / "tokenizer.json").unlink()
    assert "has no tokenizer" in refusal(root)


def test_a_tokenizer_that_cannot_be_read_is_refused(root: Path) -> None:
    (root / "good" / "tokenizer.json").write_text('{"model": {"type": "nonsense"}}')
    sentence = refusal(root)
    assert "tokenizer of good cannot be read from tokenizer.json" in sentence
    assert "Error" not in sentence
    assert "Tokenizer" not in sentence


def change_weights(folder: Path, drop: str = "", nan: str = "") -> None:
    path = folder / "model.safetensors"
    tensors = {name: part for name, part in load_file(path).items() if name != drop or not drop}
    if nan:
        tensors[nan][0] = float("nan")
    save_file(tensors, path, metadata={"format": "pt"})


QUERY = "encoder.layer.1.attention.self.query.weight"


def test_missing_weights_are_refused_and_not_made_up(root: Path) -> None:
    change_weights(root / "good", drop=QUERY)
    assert "lacks 1 of the model's tensors" in refusal(root)


def test_a_missing_pooler_does_not_matter_to_attention(root: Path) -> None:
    change_weights(root / "good", drop="pooler.dense.weight")
    assert from_folder(root / "good", root).limit == 128


def test_weights_that_are_no_numbers_are_refused(root: Path) -> None:
    change_weights(root / "good", nan=QUERY)
    assert "NaN or infinite" in refusal(root)


def test_weights_of_another_shape_are_refused(root: Path) -> None:
    configure(root / "good", hidden_size=64)
    sentence = refusal(root)
    assert "weights of good do not fit its config.json" in sentence
    assert "LayerNorm.bias is 32 in the file, and 64 by the configuration" in sentence


def test_a_tokenizer_of_another_model_is_refused(root: Path) -> None:
    path = root / "good" / "tokenizer.json"
    found = json.loads(path.read_text())
    found["model"]["vocab"]["zebra"] = 5_000
    path.write_text(json.dumps(found))
    assert "tokens up to number 5000" in refusal(root)


def test_without_a_models_directory_no_folder_is_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    for value in ("", "/nonexistent/models"):
        monkeypatch.setenv("ATLAS_MODELS_DIR", value)
        assert not [e for e in catalogue.entries() if e.card.name.startswith("folder:")]


# --- memory ---

ROOMY = {"num_hidden_layers": 10, "hidden_size": 1000, "vocab_size": 2000,
         "max_position_embeddings": 500}  # fmt: skip
PROMISED = 10 * 12 * 1000**2 + 2500 * 1000


def free(monkeypatch: pytest.MonkeyPatch, amount: float) -> None:
    monkeypatch.setattr(folders, "_free_memory", lambda: amount)


def test_a_model_needs_five_bytes_for_each_parameter_that_its_configuration_promises(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(root / "good", **ROOMY)
    free(monkeypatch, 5 * PROMISED)
    assert folders.judge(root / "good", root).model_type == "bert"
    free(monkeypatch, 5 * PROMISED - 1)
    with pytest.raises(ModelError, match=r"good has 122 million .* 0\.6 GB of memory; 0\.6 GB are"):
        folders.judge(root / "good", root)


def test_a_model_needs_as_much_as_its_file_holds_where_its_configuration_promises_less(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(root / "good", num_hidden_layers=0, vocab_size=0, max_position_embeddings=0)
    held = folders.judge(root / "good", root).parameters
    free(monkeypatch, 5 * held)
    folders.judge(root / "good", root)
    free(monkeypatch, 5 * held - 1)
    with pytest.raises(ModelError, match="GB are free"):
        folders.judge(root / "good", root)


def test_positions_that_are_turned_need_no_table_but_words_do(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(root / "good", **ROOMY, rope_theta=10_000.0)
    needed = 5 * (10 * 12 * 1000**2 + 2000 * 1000)
    free(monkeypatch, needed)
    folders.judge(root / "good", root)
    free(monkeypatch, needed - 1)
    with pytest.raises(ModelError, match="GB are free"):
        folders.judge(root / "good", root)


def test_free_memory_is_the_kernels_estimate_or_half_of_what_is_built_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = tmp_path / "meminfo"
    monkeypatch.setattr(folders, "Path", lambda _: said)
    said.write_text("MemTotal:  9999 kB\nMemAvailable:    2048 kB\nCached:  7 kB\n")
    assert folders._free_memory() == 2048 * 1024
    built_in = {"SC_PHYS_PAGES": 1000, "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", built_in.__getitem__)
    monkeypatch.setattr(os, "sysconf_names", built_in)
    said.write_text("MemTotal:  9999 kB\n")
    assert folders._free_memory() == 1000 * 4096 / 2
    said.unlink()
    assert folders._free_memory() == 1000 * 4096 / 2
    monkeypatch.setattr(os, "sysconf_names", {})
    assert folders._free_memory() == 4e9


# --- what may just be read, and what no longer ---


@pytest.mark.parametrize(
    ("key", "most"),
    [("num_hidden_layers", 1000), ("decoder_layers", 1000), ("vocab_size", 10_000_000)],
)
def test_a_size_may_be_nothing_or_the_most_and_no_more(
    root: Path, key: str, most: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    free(monkeypatch, 1e18)
    for size in (0, most, None, [most + 1]):
        configure(root / "good", **{key: size})
        assert folders.judge(root / "good", root).model_type == "bert"
    for refused in (-1, most + 1, "x" * 60):
        configure(root / "good", text_config={key: refused})
        with pytest.raises(ModelError) as caught:
            folders.judge(root / "good", root)
        assert f"{key} = {str(refused)[:40]}; at most {most:,} can be read" in str(caught.value)
        configure(root / "good", text_config={})


def test_an_unknown_architecture_is_shown_in_forty_letters_at_most(root: Path) -> None:
    configure(root / "good", model_type="y" * 60)
    assert f"(“{'y' * 40}” in config.json)" in refusal(root)


def test_a_header_may_have_sixteen_mebibytes_and_no_more(root: Path) -> None:
    path = root / "good" / "model.safetensors"
    for length in (2, 16 << 20):
        path.write_bytes(length.to_bytes(8, "little") + b"{}".ljust(length))
        judged = folders.judge(root / "good", root)
        assert (judged.parameters, judged.bytes) == (0, length + 8)
    path.write_bytes(((16 << 20) + 1).to_bytes(8, "little") + b"{}".ljust((16 << 20) + 1))
    assert "incomplete or damaged" in refusal(root)


def test_a_file_with_more_than_its_header_says_is_refused(root: Path) -> None:
    path = root / "good" / "model.safetensors"
    path.write_bytes(path.read_bytes() + b"\0")
    assert "incomplete or damaged" in refusal(root)


def test_a_header_may_nest_sixty_four_deep_and_no_more(root: Path) -> None:
    path = root / "good" / "model.safetensors"
    for depth, accepted in ((64, True), (65, False)):
        inner = "[" * (depth - 1) + "]" * (depth - 1)
        header = f'{{"__metadata__": {inner}}}'.encode()
        path.write_bytes(len(header).to_bytes(8, "little") + header)
        if accepted:
            assert folders.judge(root / "good", root).parameters == 0
        else:
            assert "incomplete or damaged" in refusal(root)


@pytest.mark.parametrize("file", ["tokenizer.json", "vocab.json"])
def test_no_json_file_may_have_more_than_64_mebibytes(root: Path, file: str) -> None:
    with (root / "good" / file).open("ab") as written:
        written.truncate((64 << 20) + 1)
    assert f"{file} of good has 67,108,865 bytes; at most 67,108,864 are read" in refusal(root)


def test_a_configuration_may_have_one_mebibyte(root: Path) -> None:
    path = root / "good" / "config.json"
    path.write_text(path.read_text().ljust(1 << 20))
    assert folders.judge(root / "good", root).model_type == "bert"
    path.write_text(path.read_text() + " ")
    assert "1,048,577 bytes; at most 1,048,576 are read" in refusal(root)


# --- files ---


def test_weights_in_several_files_are_counted_together(root: Path) -> None:
    whole = folders.judge(root / "good", root)
    added = {"a": torch.zeros(3, 5), "b": torch.zeros(7)}
    save_file(added, root / "good" / "more.safetensors")
    both = folders.judge(root / "good", root)
    assert both.parameters == whole.parameters + 22
    assert both.bytes == whole.bytes + (root / "good" / "more.safetensors").stat().st_size


def test_a_model_in_several_files_is_read_as_one_in_a_single_file(root: Path) -> None:
    whole = shelf.Shelf().load("folder:good")
    (root / "good" / "model.safetensors").unlink()
    fake.model().save_pretrained(root / "good", max_shard_size="20KB")
    assert len(list((root / "good").glob("model-*.safetensors"))) > 1
    parted = shelf.Shelf().load("folder:good")
    assert isinstance(whole, Reader)
    assert isinstance(parted, Reader)
    for one, other in zip(
        whole.read("the cat sat").sites, parted.read("the cat sat").sites, strict=True
    ):
        assert torch.equal(one.weights(), other.weights())


def test_an_index_may_have_64_mebibytes_and_no_more(root: Path) -> None:
    path = root / "good" / "model.safetensors.index.json"
    path.write_text(json.dumps({"weight_map": {"a": "model.safetensors"}}))
    assert len(weights.files(root / "good")) == 1
    with path.open("ab") as written:
        written.truncate((64 << 20) + 1)
    with pytest.raises(ModelError, match="67,108,865 bytes; at most 67,108,864 are read"):
        weights.files(root / "good")


def test_what_an_index_names_is_shown_in_eighty_letters_at_most(root: Path) -> None:
    index = {"weight_map": {"a": "y" * 90}}
    (root / "good" / "model.safetensors.index.json").write_text(json.dumps(index))
    assert f"names the weights “{'y' * 80}”" in refusal(root)


@pytest.mark.parametrize(
    ("names", "said"),
    [(("z.safetensors", "a.safetensors"), "there is a.safetensors"),
     (("z.gguf", "a.h5", "m.onnx"), "its weights as a.h5 only")],
)  # fmt: skip
def test_of_several_files_of_weights_the_first_is_named(
    root: Path, names: tuple[str, ...], said: str
) -> None:
    (root / "good" / "model.safetensors").unlink()
    for name in names:
        (root / "good" / name).touch()
    assert said in refusal(root)


def test_of_several_pickles_the_first_is_named(root: Path) -> None:
    (root / "good" / "model.safetensors").unlink()
    for name in ("z.bin", "a.pt", "m.ckpt"):
        (root / "good" / name).touch()
    assert "pickle only (a.pt)" in refusal(root)


def test_a_folder_in_the_folder_does_not_matter_wherever_it_stands(root: Path) -> None:
    (root / "good" / "onnx").mkdir()
    (root / "good" / "zebra").symlink_to(root / "good" / "onnx")
    (root / "good" / "more.txt").symlink_to(root.parent)
    assert folders.judge(root / "good", root).model_type == "bert"
    (root / "good" / "onnx.txt").symlink_to(root / "good" / "config.json")
    assert "onnx.txt of good is a link" in refusal(root)


def test_links_are_allowed_in_a_cache_where_they_stay_in_it(root: Path) -> None:
    blob = root / "blob"
    (root / "good" / "tokenizer.json").rename(blob)
    (root / "good" / "tokenizer.json").symlink_to(blob)
    assert folders.judge(root / "good", root, links=True).model_type == "bert"
    with pytest.raises(ModelError, match=r"tokenizer\.json of good is a link"):
        folders.judge(root / "good", root)
    blob.rename(root.parent / "blob")
    (root / "good" / "tokenizer.json").unlink()
    (root / "good" / "tokenizer.json").symlink_to(root.parent / "blob")
    with pytest.raises(ModelError, match=r"tokenizer\.json of good is a link"):
        folders.judge(root / "good", root, links=True)


def test_what_is_neither_file_nor_folder_is_refused(root: Path) -> None:
    os.mkfifo(root / "good" / "pipe")
    assert "pipe of good is not a regular file" in refusal(root)


def test_a_file_in_place_of_the_folder_is_refused(root: Path) -> None:
    (root / "file").touch()
    assert "no model folder file" in refusal(root, "file")


@pytest.mark.parametrize("file", ["config.json", "tokenizer_config.json"])
def test_a_model_that_asks_to_be_trusted_is_refused(root: Path, file: str) -> None:
    path = root / "good" / file
    path.write_text(json.dumps(json.loads(path.read_text()) | {"trust_remote_code": True}))
    assert "program code" in refusal(root)
    path.write_text(json.dumps(json.loads(path.read_text()) | {"trust_remote_code": False}))
    assert folders.judge(root / "good", root).model_type == "bert"


def test_a_folder_without_a_tokenizers_configuration_may_be_read(root: Path) -> None:
    (root / "good" / "tokenizer_config.json").unlink()
    assert folders.judge(root / "good", root).model_type == "bert"


@pytest.mark.parametrize(
    "changes",
    [
        {"intermediate_size": 9_000_000},
        {"type_vocab_size": 30_000_000},
        {"hidden_size": 9_984, "num_attention_heads": 4},
    ],
)
def test_what_no_file_holds_is_counted_before_it_is_made_up(
    root: Path, changes: dict[str, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(root / "good", **changes)
    free(monkeypatch, 2e9)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    assert "GB of memory; 2.0 GB are free" in refusal(root)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 200_000


def test_a_model_holds_what_its_file_does_and_its_two_rows_of_places() -> None:
    held = sum(part.numel() for part in fake.model().state_dict().values())
    assert building.parameters(BertModel, fake.model().config, "good") == held + 2 * 128


def test_a_model_of_absurdly_many_parts_is_refused(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(building, "PARTS", 50)
    configure(root / "good", num_hidden_layers=20)
    assert "a model of more than 50 parts" in refusal(root)


@pytest.mark.parametrize("kind", ["marian", "pegasus", "roformer", "distilbert", "xlm", "flaubert"])
def test_sinusoids_for_absurdly_many_positions_are_refused_before_they_are_made(kind: str) -> None:
    wanted = {"sinusoidal_pos_embds": True, "sinusoidal_embeddings": True}
    for positions in (10**9, 100):
        config = architectures.shrunk(
            CONFIG_MAPPING[kind], max_position_embeddings=positions, **wanted
        )
        if positions > building.SINUSOIDS:
            with pytest.raises(ModelError, match="at most 10,000,000 are worked out"):
                building.parameters(MODEL_MAPPING[type(config)], config, kind)
        else:
            assert building.parameters(MODEL_MAPPING[type(config)], config, kind) > 0


def test_a_folder_with_absurdly_many_sinusoids_is_refused_in_no_time(root: Path) -> None:
    config = architectures.shrunk(DistilBertConfig, sinusoidal_pos_embds=True)
    DistilBertModel(config).save_pretrained(root / "good")
    configure(root / "good", max_position_embeddings=9_999_999)
    assert "tables of 319,999,968 sinusoids" in refusal(root)


def test_labels_are_no_way_to_take_memory(root: Path) -> None:
    configure(root / "good", num_labels=100_001)
    assert "config.json of good says num_labels = 100001" in refusal(root)


def test_a_program_named_deep_in_the_configuration_is_not_fetched(root: Path) -> None:
    configure(root / "good", a={"b": {"_experts_implementation": "owner/kernel"}})
    assert "no program is fetched" in refusal(root)


@pytest.mark.parametrize("wanted", ["flash_attention_2", "flash_attention_3", "paged_attention"])
def test_a_known_program_of_the_library_is_not_fetched_either(
    root: Path, wanted: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetched(*_: object, **__: object) -> None:
        raise AssertionError

    monkeypatch.setattr("transformers.modeling_utils.lazy_import_flash_attention", fetched)
    monkeypatch.setattr("huggingface_hub.snapshot_download", fetched)
    configure(root / "good", _attn_implementation=wanted, attn_implementation=wanted)
    model = from_folder(root / "good", root).model
    assert model.config._attn_implementation == "eager"


def test_a_vocabulary_of_absurd_length_is_refused_unread(root: Path) -> None:
    with (root / "good" / "vocab.txt").open("wb") as file:
        file.truncate(2 << 30)
    begun = time.perf_counter()
    assert "vocab.txt of good has 2,147,483,648 bytes" in refusal(root)
    assert time.perf_counter() - begun < 1
