"""An adapter beside its base model is merged exactly, or refused; never is the base model shown."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import Tensor

from attention_core.errors import ModelError
from models.families import fake
from models.families.reader import Reader
from models.loading.checkpoint import from_folder, pair_from_folder
from tests import tiny_models

QUERY = "encoder.layer.1.attention.self.query"
RANK = 3
CONFIG: dict[str, Any] = {
    "peft_type": "LORA",
    "r": RANK,
    "lora_alpha": 12,
    "bias": "none",
    "base_model_name_or_path": "someone/base",
    "target_modules": ["query"],
}


def thin(out: int, into: int, seed: int = 0) -> tuple[Tensor, Tensor]:
    """A (rank, in) and B (out, rank)."""
    made = torch.Generator().manual_seed(seed)
    a, b = torch.randn(RANK, into, generator=made), torch.randn(out, RANK, generator=made)
    return a, b


def write(folder: Path, parts: dict[str, tuple[Tensor, Tensor]], **changes: Any) -> Path:
    """The adapter's two files, as peft writes them."""
    tensors = {
        f"base_model.model.{place}.lora_{letter}.weight": part.contiguous()
        for place, pair in parts.items()
        for letter, part in zip("AB", pair, strict=True)
    }
    folder.mkdir(exist_ok=True)
    save_file(tensors, folder / "adapter_model.safetensors")
    (folder / "adapter_config.json").write_text(json.dumps({**CONFIG, **changes}))
    return folder


def base(folder: Path) -> Path:
    fake.model().save_pretrained(folder)
    fake.tokenizer().save_pretrained(folder)
    return folder


def loaded(folder: Path) -> dict[str, Tensor]:
    return dict(from_folder(folder, folder.parent).model.named_parameters())


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        from_folder(folder, folder.parent)
    return str(caught.value)


@pytest.mark.parametrize("front", ["", "bert."])
@pytest.mark.parametrize(("rooted", "scale"), [(False, 12 / 3), (True, 12 / 3**0.5)])
def test_the_merged_matrix_is_w_plus_b_a_times_its_scale(
    tmp_path: Path, front: str, rooted: bool, scale: float
) -> None:
    a, b = thin(32, 32)
    folder = write(base(tmp_path / "tuned"), {front + QUERY: (a, b)}, use_rslora=rooted)
    found, before = loaded(folder), dict(fake.model().named_parameters())
    expected = before[f"{QUERY}.weight"].detach().clone()
    for row in range(32):
        for column in range(32):
            for inner in range(RANK):
                expected[row, column] += scale * b[row, inner] * a[inner, column]
    torch.testing.assert_close(found[f"{QUERY}.weight"].detach(), expected)
    others = [name for name in before if name != f"{QUERY}.weight"]
    assert all(torch.equal(found[name], before[name]) for name in others)


def test_a_matrix_that_is_stored_the_other_way_round_gets_the_change_turned(tmp_path: Path) -> None:
    """GPT-2 keeps its matrices as (in, out)."""
    folder = tmp_path / "tuned"
    tiny_models.build("gpt2").save_pretrained(folder)
    fake.tokenizer().save_pretrained(folder)
    a, b = thin(72, 24)
    before = loaded(folder)["h.0.attn.c_attn.weight"].detach().clone()
    found = loaded(write(folder, {"transformer.h.0.attn.c_attn": (a, b)}))
    torch.testing.assert_close(found["h.0.attn.c_attn.weight"].detach(), before + 4 * (b @ a).T)


def test_a_tuned_model_attends_otherwise_than_its_base_and_says_why(tmp_path: Path) -> None:
    folder = write(base(tmp_path / "tuned"), {QUERY: thin(32, 32)})
    tuned = Reader("tuned", from_folder(folder, tmp_path)).read("the cat sat")
    plain = Reader("fake", fake.checkpoint()).read("the cat sat")
    assert torch.equal(tuned.sites[0].weights(), plain.sites[0].weights())
    assert not torch.allclose(tuned.sites[1].weights(), plain.sites[1].weights(), atol=0.01)
    assert all(site.integrity.verified for site in tuned.sites)
    assert "adapter in this model's folder (matrices: 1) is merged into it" in " ".join(tuned.notes)
    assert not plain.notes


def test_an_adapter_is_merged_by_us_where_peft_is_installed_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """transformers would load it otherwise, under other names of the matrices."""
    folder = write(base(tmp_path / "tuned"), {QUERY: thin(32, 32)})
    without = loaded(folder)
    for module in ("transformers.integrations.peft", "transformers.utils.import_utils"):
        monkeypatch.setattr(f"{module}.is_peft_available", lambda: True)
    found = loaded(folder)
    assert found.keys() == without.keys()
    assert all(torch.equal(found[name], without[name]) for name in found)


def test_an_adapter_of_a_translator_is_merged_too(tmp_path: Path) -> None:
    folder, place = tmp_path / "tuned", "decoder.layers.0.encoder_attn.q_proj"
    tiny_models.build("bart").save_pretrained(folder)
    fake.tokenizer().save_pretrained(folder)
    model = pair_from_folder(folder, tmp_path).model
    before = model.get_submodule(f"model.{place}").weight.detach().clone()  # type: ignore[operator]
    a, b = thin(24, 24)
    for name in (place, f"model.{place}"):
        checkpoint = pair_from_folder(write(folder, {name: (a, b)}), tmp_path)
        found = checkpoint.model.get_submodule(f"model.{place}").weight.detach()  # type: ignore[operator]
        torch.testing.assert_close(found, before + 4 * b @ a)
        assert checkpoint.notes


def test_the_head_of_a_task_is_no_part_of_attention(tmp_path: Path) -> None:
    folder = write(base(tmp_path / "tuned"), {QUERY: thin(32, 32)}, modules_to_save=["classifier"])
    path = folder / "adapter_model.safetensors"
    save_file({**load_file(path), "base_model.model.classifier.weight": torch.zeros(2, 32)}, path)
    assert len(from_folder(folder, tmp_path).notes) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"peft_type": "IA3"}, "peft_type = IA3"),
        ({"use_dora": True}, "use_dora = True"),
        ({"alpha_pattern": {"query": 3}}, "alpha_pattern ="),
        ({"init_lora_weights": "pissa"}, "init_lora_weights = pissa"),
        ({"bias": "all"}, "bias = all"),
        ({"lora_alpha": None}, "lora_alpha = None"),
    ],
)
def test_an_adapter_that_does_something_else_is_refused(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    folder = write(base(tmp_path / "tuned"), {QUERY: thin(32, 32)}, **changes)
    sentence = refusal(folder)
    assert said in sentence
    assert "merge_and_unload" in sentence


@pytest.mark.parametrize("start", [True, False, None, "gaussian"])
def test_how_an_adapter_was_begun_does_not_matter_where_its_base_was_left_alone(
    tmp_path: Path, start: object
) -> None:
    parts = {QUERY: thin(32, 32)}
    folder = write(base(tmp_path / "tuned"), parts, init_lora_weights=start)
    assert len(from_folder(folder, tmp_path).notes) == 1


def test_of_several_reasons_the_first_is_said_with_its_own_value(tmp_path: Path) -> None:
    changes = {"bias": "y" * 60, "use_dora": True, "lora_alpha": "7"}
    folder = write(base(tmp_path / "tuned"), {QUERY: thin(32, 32)}, **changes)
    assert f"(bias = {'y' * 40})" in refusal(folder)


def test_a_model_without_an_adapter_has_nothing_to_say(tmp_path: Path) -> None:
    assert from_folder(base(tmp_path / "plain"), tmp_path).notes == ()


def test_a_matrix_of_another_method_beside_those_of_lora_is_refused(tmp_path: Path) -> None:
    folder = write(base(tmp_path / "tuned"), {QUERY: thin(32, 32)})
    path, other = folder / "adapter_model.safetensors", f"{QUERY}.lora_magnitude_vector.weight"
    save_file({**load_file(path), other: torch.ones(32, 1)}, path)
    assert f"changes “{other}”" in refusal(folder)


def test_the_configuration_of_an_adapter_may_have_one_mebibyte(tmp_path: Path) -> None:
    folder = write(base(tmp_path / "tuned"), {QUERY: thin(32, 32)})
    path = folder / "adapter_config.json"
    path.write_text(path.read_text().ljust(1 << 20))
    assert len(from_folder(folder, tmp_path).notes) == 1
    path.write_text(path.read_text() + " ")
    assert "1,048,577 bytes; at most 1,048,576 are read" in refusal(folder)


def test_long_names_are_cut(tmp_path: Path) -> None:
    place = "y" * 130
    folder = write(base(tmp_path / "tuned"), {place: thin(32, 32)})
    assert f"changes “{place[:120]}”" in refusal(folder)
    alone = write(tmp_path / "alone", {QUERY: thin(32, 32)}, base_model_name_or_path="y" * 90)
    assert f"base model ({'y' * 80})" in refusal(alone)


@pytest.mark.parametrize(
    ("place", "out", "into"),
    [
        ("encoder.layer.9.attention.self.query", 32, 32),
        (QUERY, 32, 16),
        ("embeddings.word_embeddings", 32, 32),
        ("encoder.layer.1", 32, 32),
    ],
)
def test_an_adapter_of_another_model_is_refused(
    tmp_path: Path, place: str, out: int, into: int
) -> None:
    folder = write(base(tmp_path / "tuned"), {place: thin(out, into)})
    assert f"changes “{place}”" in refusal(folder)


@pytest.mark.parametrize("letter", ["A", "B"])
def test_half_an_adapter_is_refused(tmp_path: Path, letter: str) -> None:
    folder = write(base(tmp_path / "tuned"), {QUERY: thin(32, 32)})
    path = folder / "adapter_model.safetensors"
    tensors = load_file(path)
    del tensors[f"base_model.model.{QUERY}.lora_{letter}.weight"]
    save_file(tensors, path)
    assert "merge_and_unload" in refusal(folder)


def test_an_adapter_without_a_matrix_is_refused(tmp_path: Path) -> None:
    assert "holds no matrix" in refusal(write(base(tmp_path / "tuned"), {}))


@pytest.mark.parametrize("file", ["adapter_config.json", "adapter_model.safetensors"])
def test_a_missing_file_of_an_adapter_is_named(tmp_path: Path, file: str) -> None:
    folder = write(base(tmp_path / "tuned"), {QUERY: thin(32, 32)})
    (folder / file).unlink()
    assert f"not its file {file}" in refusal(folder)


@pytest.mark.parametrize("config", [True, False])
def test_an_adapter_alone_says_what_to_do(tmp_path: Path, config: bool) -> None:
    folder = write(tmp_path / "tuned", {QUERY: thin(32, 32)}, base_model_name_or_path="/home/me/b/")
    fake.tokenizer().save_pretrained(folder)
    if config:
        fake.model().config.save_pretrained(folder)
    sentence = refusal(folder)
    assert "tuned is an adapter (LoRA) without its base model (b)" in sentence
    assert "merge_and_unload" in sentence
