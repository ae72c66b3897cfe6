"""The table of architectures: what is shown is what the untouched model does, else a sentence.

Each is built tiny, saved as a folder, and opened as the app opens it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
import torch
from torch import Tensor

from attention_core.errors import ModelError
from attention_core.files.photograph import made
from attention_core.watching.parted import Mixed, Parted
from attention_core.watching.record import AttentionRecord
from models.families import fake
from models.families.pictures import Viewer
from models.families.reader import Reader
from models.store import card, catalogue
from tests import architectures

TEXT, SECOND = "the cat sat on the mat", "it was"

TOWERS: Final = (
    "altclip",
    "chinese_clip",
    "clap",
    "clip",
    "metaclip_2",
    "siglip",
    "siglip2",
    "vision-text-dual-encoder",
)
"""Of two towers, of which the one that reads text is watched."""
CAPTURED: Final = (
    "albert",
    "bart",
    "bert",
    "biogpt",
    "bitnet",
    "blenderbot",
    "camembert",
    "clip_text_model",
    "cohere2",
    "ctrl",
    "cwm",
    "data2vec-text",
    "deepseek_v2",
    "diffllama",
    "distilbert",
    "electra",
    "ernie4_5",
    "esm",
    "eurobert",
    "exaone4",
    "flex_olmo",
    "gemma",
    "gemma2",
    "gemma3",
    "gemma3_text",
    "glm",
    "glm4",
    "gpt2",
    "gpt_bigcode",
    "gpt_neox",
    "gpt_oss",
    "granite",
    "granite_swa",
    "granitemoe",
    "granitemoehybrid",
    "hunyuan_v1_dense",
    "jamba",
    "layoutlm",
    "llama",
    "llava",
    "longt5",
    "m2m_100",
    "marian",
    "markuplm",
    "mbart",
    "ministral",
    "mistral",
    "mixtral",
    "mobilebert",
    "modernbert",
    "modernbert-decoder",
    "mt5",
    "nanochat",
    "nllb-moe",
    "olmo",
    "olmo2",
    "olmoe",
    "opt",
    "pegasus",
    "pegasus_x",
    "phi",
    "phi3",
    "plbart",
    "qwen2",
    "qwen2_moe",
    "qwen3",
    "qwen3_moe",
    "qwen3_next",
    "roberta",
    "seed_oss",
    "smollm3",
    "splinter",
    "stablelm",
    "starcoder2",
    "switch_transformers",
    "t5",
    "t5gemma",
    "umt5",
    "vaultgemma",
    "xlm-roberta",
    "xmod",
    "arcee",
    "apertus",
    "nomic_bert",
    "mllama",
    "qwen2_vl",
    *TOWERS,
)
"""Captured as it is computed, and checked."""

CHECKED: Final = (
    "big_bird",
    "bigbird_pegasus",
    "blip",
    "bloom",
    "codegen",
    "deberta",
    "deberta-v2",
    "falcon",
    "flaubert",
    "flava",
    "fsmt",
    "gpt_neo",
    "gptj",
    "led",
    "longformer",
    "megatron-bert",
    "mpnet",
    "mpt",
    "mvp",
    "rembert",
    "roformer",
    "xglm",
    "xlm",
    "tapas",
)
"""Reported by the model, and checked against what it made of it."""

REPORTED: Final = ("convbert", "nystromformer", "prophetnet", "xlnet")
"""Reported by the model, and said to be unchecked."""

SOUND: Final = "hears sound"
REFUSED: Final = {
    **dict.fromkeys(("mamba", "mamba2", "falcon_mamba", "fnet", "xlstm"), "has no attention"),
    **dict.fromkeys(("canine", "reformer", "rwkv", "yoso"), "one weight for each pair"),
    **dict.fromkeys(("squeezebert", "cpmant"), "does not add up to 1"),
    "swin": "cannot see a plain picture|rows of patches|one weight for each pair",
    "imagegpt": "pictures in a form of its own",
    **dict.fromkeys(("wav2vec2", "hubert", "speecht5", "moonshine"), SOUND),
    "mra": "neither lets its attention be captured nor reports it",
    "perceiver": "not fed with the tokens of a text|does not read a text",
    "bros": "cannot read a plain text: it stops with an error",
}
"""Refused, with what the sentence says."""

SHOWN: Final = (*CAPTURED, *CHECKED, *REPORTED)
SEEN: Final = ("vit", "deit", "dinov2", "beit")
"""They see pictures; `test_viewer` holds their weights against the library's."""
HEARD: Final = ("whisper",)
"""It hears speech; `test_listener` does that there."""
PICTURED: Final = ("gemma3", "llava", "mllama", "qwen2_vl")
"""They take pictures as well, and read a text without them."""
WITHOUT_ENCODER: Final = ("prophetnet",)
"""Its encoder reports other numbers; its decoder is shown."""
PARTED: Final = ("led", "longformer", "longt5", "pegasus_x")
"""Their encoders look at windows or blocks; `test_unfolding` holds them against the papers."""
FAR: Final = 2e-5
"""Two ways in single precision, over two layers; as far apart as in `test_capture`."""


def test_the_table_has_at_least_120_architectures_each_once() -> None:
    every = [*SHOWN, *SEEN, *HEARD, *REFUSED]
    assert len(every) >= 120
    assert len(set(every)) == len(every)


@pytest.fixture(autouse=True)
def _quiet() -> Iterator[None]:
    with torch.random.fork_rng(devices=[]):
        yield


@pytest.fixture(autouse=True)
def here_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Opened here at once, not next door first: that is the same, and tried in `test_rehearsal`."""
    monkeypatch.setattr(card, "rehearse", lambda *_given: None)


def opened(kind: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Any, Reader]:
    """The model as it was saved, and the app's own reader of that folder."""
    model = architectures.build(kind)
    model.save_pretrained(folder / kind)
    fake.tokenizer().save_pretrained(folder / kind)
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(folder))
    reader = catalogue.entry(f"folder:{kind}").open()
    assert isinstance(reader, Reader)
    return model, reader


@pytest.mark.parametrize("kind", SEEN)
def test_what_sees_is_shown_a_picture(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    architectures.build(kind).save_pretrained(tmp_path / kind)
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(tmp_path))
    entry = catalogue.entry(f"folder:{kind}")
    assert entry.task == "see"
    viewer = entry.open()
    assert isinstance(viewer, Viewer)
    dice = np.random.default_rng(0)
    sight = viewer.see(made(dice.integers(0, 256, (32, 48, 3), dtype=np.uint8)))
    assert all(site.integrity.verified for site in sight.record.sites)


@torch.inference_mode()
def untouched(model: Any, reader: Reader, second: str) -> dict[str, list[Tensor]]:
    """What the model reports of itself, by kind of look; it has never been watched."""
    parts = reader._tokens(reader._plain, TEXT, second)
    written = parts[1].ids if len(parts) == 2 else ()
    model.config.use_cache = False
    if hasattr(model, "set_attention_type"):
        model.set_attention_type("original_full")
    outputs = getattr(model, "get_text_features", model)(
        **reader._inputs(parts[0].ids, parts[0].types, written),
        output_attentions=True, return_dict=True,
    )  # fmt: skip
    names = {"encoder_attentions": "encoder", "decoder_attentions": "decoder",
             "cross_attentions": "cross", "attentions": "alone"}  # fmt: skip
    found = {kind: getattr(outputs, name, None) or () for name, kind in names.items()}
    return {kind: [one for one in layers if one is not None] for kind, layers in found.items()}


def apart(record: AttentionRecord, model: Any, reader: Reader, second: str) -> float:
    """The largest distance of a drawn row from that which the untouched model reports.

    Rows are compared in proportion: some models report a row without what a sink took of it.
    """
    theirs, worst = untouched(model, reader, second), 0.0
    for kind in record.kinds:
        sites, layers = record.of(kind), theirs[kind] or theirs["alone"]
        if all(isinstance(site.source, Parted | Mixed) for site in sites):
            continue
        layers = [one for one in layers if one.shape[1:] == sites[0].weights().shape]
        assert len(layers) == len(sites)
        for site, layer in zip(sites, layers, strict=True):
            mine, reported = site.weights(), layer[0].float()
            assert bool((mine.sum(-1) <= 1 + FAR).all())
            gaps = [(mine - reported).abs(), (_shared(mine) - _shared(reported)).abs()]
            worst = max(worst, min(float(gap.max()) for gap in gaps))
    return worst


def _shared(weights: Tensor) -> Tensor:
    return weights / weights.sum(-1, keepdim=True).clamp_min(1e-12)


@pytest.mark.parametrize("kind", SHOWN)
def test_what_is_shown_is_what_the_untouched_model_does(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    model, reader = opened(kind, tmp_path, monkeypatch)
    second = SECOND if reader.second == "decoder" else ""
    record = reader.read(TEXT, second)
    assert record.sites
    assert reader.routed == (kind in CAPTURED)
    assert not any(site.integrity.broken for site in record.sites)
    assert all(site.integrity.verified for site in record.sites) == (kind not in REPORTED)
    assert apart(record, model, reader, second) <= FAR
    said = " ".join(record.notes)
    assert ("cannot be checked" in said) == (kind in REPORTED)
    assert ("encoder is not shown" in said) == (kind in WITHOUT_ENCODER)
    assert ("the part of the model that reads text" in said) == (kind in (*TOWERS, "blip", "flava"))
    assert ("takes pictures" in said) == (kind in PICTURED)
    parted = [site for site in record.sites if isinstance(site.source, Parted | Mixed)]
    assert bool(parted) == ("made here from its queries and keys" in said) == (kind in PARTED)
    assert not parted or tuple(parted) == record.of("encoder")


@pytest.mark.parametrize("kind", REFUSED)
def test_what_cannot_be_shown_is_refused_with_a_sentence_of_ours(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(ModelError, match=REFUSED[kind]) as caught:
        opened(kind, tmp_path, monkeypatch)
    said = str(caught.value)
    assert not re.search(r"Error|Model\b.*\(|[a-z]_[a-z]+ing\b|[A-Z][a-z]+[A-Z]", said)
    assert "choose a" in said.lower()
