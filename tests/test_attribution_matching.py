"""The fit of a caption with a picture: the library's own vectors, patches and words taken away."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers as t
from torch import Tensor

from attention_core.errors import AttentionError, ModelError, TextError
from attention_core.files.photograph import Photograph, made
from attention_core.numbers.attribution import ALL, Knobs, Output
from models.families import fake
from models.families.family import Origin, family
from models.families.matching import Matcher
from models.families.matching.asking import MatcherAsker
from models.families.pictures.asking import axis_of, cut
from models.loading.both import from_folder, matches
from models.ours.emoji.asking import EmojiAsker
from models.ours.emoji.pieces import numbered
from models.ours.emoji.reader import Reader, load_reader
from models.ours.emoji.showing import squared
from models.store import catalogue

TEXT = "the cat sat on the mat"
SIZE: dict[str, Any] = {
    "hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 64,
}  # fmt: skip
SEEING: dict[str, Any] = {**SIZE, "image_size": 56, "patch_size": 14}
CLOSE: dict[str, Any] = {"rtol": 1e-5, "atol": 1e-7}
"""The library takes the softmax of CLIP in single precision."""


def photo(seed: int = 1, height: int = 56, width: int = 80) -> Photograph:
    dice = np.random.default_rng(seed)
    return made(dice.integers(0, 255, (height, width, 3), np.uint8))


def clip() -> Any:
    numbers = fake.vocabulary()
    text = {
        **SIZE, "vocab_size": len(numbers), "max_position_embeddings": 32,
        "eos_token_id": numbers["[SEP]"], "bos_token_id": numbers["[CLS]"],
        "pad_token_id": numbers["[PAD]"],
    }  # fmt: skip
    return t.CLIPModel(t.CLIPConfig(text_config=text, vision_config=SEEING, projection_dim=16))


def siglip() -> Any:
    numbers = fake.vocabulary()
    text = {
        **SIZE, "vocab_size": len(numbers), "max_position_embeddings": 24,
        "projection_size": 32, "pad_token_id": numbers["[PAD]"],
    }  # fmt: skip
    return t.SiglipModel(t.SiglipConfig(text_config=text, vision_config=SEEING))


KINDS: dict[str, Callable[[], Any]] = {"clip": clip, "siglip": siglip}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    def saved(kind: str) -> Path:
        place = tmp_path_factory.mktemp("models") / kind
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(4)
            model = KINDS[kind]()
            for parameter in model.parameters():
                if parameter.ndim > 1:
                    torch.nn.init.normal_(parameter, std=0.2)
        model.save_pretrained(place)
        fake.tokenizer().save_pretrained(place)
        recipe = '{"size": {"height": 56, "width": 56}, "do_center_crop": false}'
        (place / "preprocessor_config.json").write_text(recipe)
        return place

    return cache(saved)


@pytest.fixture(scope="module")
def opened(folder: Callable[[str], Path]) -> Callable[[str], MatcherAsker]:
    """Who answers for a model of that kind, in double precision."""

    def made_(kind: str) -> MatcherAsker:
        place = folder(kind)
        matcher = Matcher(kind, from_folder(place, place.parent, ours=True))
        matcher.seeing.double()
        matcher.reading.double()
        pixels = matcher.viewer.prepared

        def doubled(*given: Any) -> Any:
            found = pixels(*given)
            return type(found)(found.pixels.double(), found.seen)

        matcher.viewer.prepared = doubled  # type: ignore[method-assign, assignment]
        return MatcherAsker(matcher)

    return cache(made_)


@pytest.fixture(scope="module")
def library(folder: Callable[[str], Path]) -> Callable[[str], Any]:
    def made_(kind: str) -> Any:
        auto: Any = t.AutoModel
        return auto.from_pretrained(folder(kind), attn_implementation="eager").double().eval()

    return cache(made_)


def ids(kind: str, text: str = TEXT) -> Tensor:
    """The numbers of a text as the model's makers give them."""
    more = {"padding": "max_length", "max_length": 24} if kind == "siglip" else {}
    found = fake.tokenizer()(text, return_tensors="pt", **more)
    made_: Tensor = found["input_ids"]
    return made_


def cosine(model: Any, pixels: Tensor, numbers: Tensor) -> float:
    """By the whole model's own command, divided by what it multiplies and shifts with."""
    with torch.no_grad():
        found = model(input_ids=numbers, pixel_values=pixels)
        logit = found.logits_per_image[0, 0] - getattr(model, "logit_bias", 0.0)
        return float(logit / model.logit_scale.exp())


@pytest.mark.parametrize("kind", KINDS)
def test_the_number_is_the_librarys_cosine_on_both_sides(
    kind: str, opened: Callable[[str], MatcherAsker], library: Callable[[str], Any]
) -> None:
    asker = opened(kind)
    pixels = asker.matcher.pixels(photo())
    wanted = cosine(library(kind), pixels, ids(kind))
    for output in (asker.picture(photo(), TEXT, "mean"), asker.words(photo(), TEXT)):
        assert output.value == pytest.approx(wanted, abs=1e-6)
    assert abs(wanted) < 0.999


@pytest.mark.parametrize("kind", KINDS)
def test_a_patch_or_a_word_left_out_is_the_librarys_model_on_what_is_left(
    kind: str, opened: Callable[[str], MatcherAsker], library: Callable[[str], Any]
) -> None:
    asker, model = opened(kind), library(kind)
    pixels = asker.matcher.pixels(photo())
    whole = cosine(model, pixels, ids(kind))
    output = asker.picture(photo(), TEXT, "grey")
    found = ALL["leave-one-out"].of(output).scores
    before = axis_of(output).before
    for row, column in ((0, 0), (1, 3), (3, 2)):
        less = pixels.clone()
        less[..., 14 * row : 14 * row + 14, 14 * column : 14 * column + 14] = 0
        wanted = whole - cosine(model, less, ids(kind))
        assert float(found[before + 4 * row + column]) == pytest.approx(wanted, abs=1e-6)
    words = asker.words(photo(), TEXT)
    scores = ALL["leave-one-out"].of(words).scores
    table = model.text_model.embeddings.token_embedding
    for place, token in enumerate(words.axis.tokens):
        if getattr(token, "special", False):
            assert float(scores[place]) == 0.0
            continue
        hook = table.register_forward_hook(_without(place, table.weight.detach().mean(0)))
        wanted = whole - cosine(model, pixels, ids(kind))
        hook.remove()
        assert float(scores[place]) == pytest.approx(wanted, abs=1e-6)
    assert bool(scores.any())


def _without(place: int, vector: Tensor) -> Callable[..., Tensor]:
    def instead(_module: Any, _given: Any, entered: Tensor) -> Tensor:
        changed = entered.clone()
        changed[:, place] = vector
        return changed

    return instead


@pytest.mark.parametrize("kind", KINDS)
def test_attention_and_relevance_are_those_of_the_librarys_own_gradients(
    kind: str, opened: Callable[[str], MatcherAsker], library: Callable[[str], Any]
) -> None:
    asker, model = opened(kind), library(kind)
    pixels = asker.matcher.pixels(photo())
    parts = {
        "picture": (model.vision_model, {"pixel_values": pixels}, model.get_image_features),
        "words": (model.text_model, {"input_ids": ids(kind)}, model.get_text_features),
    }
    vectors = {
        side: torch.nn.functional.normalize(made_(**given).pooler_output, dim=-1).detach()
        for side, (_part, given, made_) in parts.items()
    }
    for side, (_part, given, command) in parts.items():
        output = asker.words(photo(), TEXT) if side == "words" else asker.picture(
            photo(), TEXT, "mean"
        )  # fmt: skip
        run = command(**given, output_attentions=True)
        other = vectors["picture" if side == "words" else "words"]
        number = (torch.nn.functional.normalize(run.pooler_output, dim=-1) * other).sum()
        felt = torch.autograd.grad(number, [*run.attentions, run.last_hidden_state])
        lengths = felt[-1][0].norm(dim=-1)
        reads = lengths / lengths.sum()
        torch.testing.assert_close(output.reads, reads, **CLOSE)
        mean = torch.stack([one[0].detach().mean(0) for one in run.attentions]).mean(0)
        torch.testing.assert_close(ALL["attention"].of(output).scores, reads @ mean, **CLOSE)
        size = mean.shape[-1]
        total = torch.eye(size, dtype=torch.float64)
        for weights, slope in zip(run.attentions, felt, strict=False):
            passed = torch.zeros(size, size, dtype=torch.float64)
            for head in range(4):
                passed += (weights[0, head] * slope[0, head]).detach().clamp_min(0) / 4
            total = total + passed @ total
        wanted = reads @ (total - torch.eye(size, dtype=torch.float64))
        torch.testing.assert_close(ALL["relevance"].of(output).scores, wanted, **CLOSE)
    assert int((asker.words(photo(), TEXT).reads > 0).sum()) == 1  # both read one place of a text


@pytest.mark.parametrize("kind", KINDS)
def test_every_method_answers_on_both_sides_and_leaves_nothing_behind(
    kind: str, opened: Callable[[str], MatcherAsker]
) -> None:
    asker = opened(kind)
    for output in (asker.picture(photo(), TEXT, "blurred"), asker.words(photo(), TEXT)):
        for method in ALL.values():
            groups = (tuple(output.own.nonzero().flatten().tolist()[:2]),)
            found = method.of(output, Knobs(steps=6, groups=groups, samples=4))
            assert len(found.scores) == len(output.given)
            assert bool(found.scores.isfinite().all())
    whole: Any = asker.matcher.seeing.whole
    assert all(one.grad is None for one in whole.parameters())


def test_padding_stays_and_is_no_word(opened: Callable[[str], MatcherAsker]) -> None:
    output = opened("siglip").words(photo(), TEXT)
    assert len(output.axis.tokens) == 24
    assert int(output.own.sum()) == 6
    assert torch.equal(output.given[8:], output.blank[8:])
    with pytest.raises(AttentionError):
        opened("siglip").words(photo(), "the cat sat on the mat " * 9)


def test_which_models_have_two_towers() -> None:
    assert matches(clip().config.to_dict())
    assert not matches(fake.model().config.to_dict())
    assert not matches({"model_type": "clip"})
    assert not matches({"model_type": 7, "vision_config": {}})


def test_a_folder_is_found_as_a_matcher_and_a_broken_one_is_said(
    folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = folder("clip")
    monkeypatch.setenv("ATLAS_MODELS_DIR", str(place.parent))
    names = [one.card.name for one in catalogue.entries() if one.task == "match"]
    assert names == ["emoji", "match:folder:clip"]
    files = Origin(place, place.parent, ours=True)
    assert isinstance(family(files.config, "match").open("x", files), Matcher)
    half = tmp_path / "half"
    t.CLIPVisionModel(t.CLIPVisionConfig(**SEEING)).save_pretrained(half)
    fake.tokenizer().save_pretrained(half)
    (half / "config.json").write_text(clip().config.to_json_string())
    with pytest.raises(ModelError, match="lacks"):
        from_folder(half, tmp_path, ours=True)


# The towers that we trained


@pytest.fixture(scope="module")
def emoji() -> Reader:
    found = Reader()
    found.towers.double()
    return found


def test_our_towers_are_asked_about_the_cosine_that_their_page_shows() -> None:
    reader = load_reader()
    asker, text = EmojiAsker(reader), "a red apple"
    wanted = reader.matched(reader.find(text), np.asarray(photo().pixels)).cosine
    for output in (asker.picture(photo(), text, "mean"), asker.words(photo(), text)):
        assert output.value == pytest.approx(wanted, abs=1e-5)
    shown = asker.shown(photo())
    assert (shown.width, shown.height) == (80, 80)
    assert np.asarray(shown.pixels)[0, 0].tolist() == [255, 255, 255]


def words_of(reader: Reader, text: str) -> Output:
    """In double precision."""
    seen = squared(np.asarray(photo().pixels)).double()
    reader.towers.double()
    with torch.no_grad():
        whole = reader.towers.see(seen).whole[0]
    asker = EmojiAsker(reader)
    pieces = numbered(reader.known, [text])
    given = reader.towers.pieces(pieces)[0].detach()
    none = reader.towers.pieces.weight.detach().mean(0).expand_as(given)
    return asker._output(
        reader.axis(text), given, none,
        lambda vectors: reader.towers.hear(pieces.expand(len(vectors), -1), vectors).whole @ whole,
        "text", lambda: False,
    )  # fmt: skip


def test_the_looks_of_our_towers_have_the_gradients_that_autograd_has(emoji: Reader) -> None:
    text = "a red apple"
    output = words_of(emoji, text)
    pieces = numbered(emoji.known, [text])
    vectors = emoji.towers.pieces(pieces).detach().requires_grad_()
    side = emoji.towers.hear(pieces, vectors)
    with torch.no_grad():
        seen = emoji.towers.see(squared(np.asarray(photo().pixels)).double()).whole[0]
    number = side.whole[0] @ seen
    weights = [look.trace.weights for look in side.looks]
    felt = torch.autograd.grad(number, weights)
    for layer, one, slope in zip(output.layers, weights, felt, strict=True):
        torch.testing.assert_close(layer.weights, one[0].detach(), **CLOSE)
        torch.testing.assert_close(layer.gradient, slope[0], **CLOSE)
    assert output.value == pytest.approx(float(number.detach()), abs=1e-12)
    assert torch.equal(
        output.reads, torch.full((len(output.given),), 1 / len(output.given)).double()
    )


def test_what_our_towers_cannot_be_asked_is_said() -> None:
    asker = EmojiAsker(load_reader())
    with pytest.raises(TextError, match="no word"):
        asker.words(photo(), " . ")
    with pytest.raises(AttentionError, match="does not"):
        ALL["values"].of(asker.words(photo(), "a red apple"))
    patches = cut(squared(np.asarray(photo().pixels)), 6, 6)[0]
    assert torch.equal(asker.picture(photo(), "a cat", "grey").given, patches)
    assert float(asker.picture(photo(), "a cat", "grey").blank.min()) == 0.5
