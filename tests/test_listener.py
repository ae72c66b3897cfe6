"""Models that hear: each weight lies on the moment that it belongs to."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import transformers

from attention_core.axes.axis import Axis
from attention_core.axes.frames import FrameAxis
from attention_core.axes.tokens import TextAxis
from attention_core.errors import ModelError, Superseded, TextError
from attention_core.files.sound import RATE, Sound, made
from attention_core.watching.edit import Edit
from models.families import fake
from models.families.family import Origin, family
from models.families.sound import Heard, Listener, untrained
from models.families.sound.listener import FRAME
from models.loading.hearing import called_sound
from models.store import sounds


def voice(seconds: float = 1.0, seed: int = 0) -> Sound:
    dice = np.random.default_rng(seed)
    return made(dice.normal(size=int(seconds * RATE)) / 6)


@pytest.fixture(scope="module")
def listener() -> Listener:
    return Listener("untrained", untrained.ear())


def pieces(axis: Axis) -> list[str]:
    assert isinstance(axis, TextAxis)
    return [token.piece for token in axis.tokens]


@pytest.fixture(scope="module")
def heard(listener: Listener) -> Heard:
    return listener.listen(voice())


def test_weights_are_those_of_the_library(listener: Listener, heard: Heard) -> None:
    reference = untrained.model()
    reference.set_attn_implementation("eager")
    bands = listener._bands(voice())
    before, target = heard.record.of("decoder")[0].keys, heard.record.axes[1]
    words = fake.vocabulary()
    numbers = [words[piece] for piece in pieces(before)]
    with torch.inference_mode():
        said = reference(
            input_features=bands, decoder_input_ids=torch.tensor([numbers]), output_attentions=True
        )
    wanted = {
        "encoder": said.encoder_attentions,
        "decoder": said.decoder_attentions,
        "cross": said.cross_attentions,
    }
    bound = 64 * torch.finfo(torch.float32).eps
    for kind, layers in wanted.items():
        sites = heard.record.of(kind)
        assert len(sites) == len(layers) == 2
        for site, weights in zip(sites, layers, strict=True):
            assert site.integrity.verified
            torch.testing.assert_close(site.weights(), weights[0], rtol=0, atol=bound)
    likeliest = said.logits[0].argmax(-1).tolist()
    assert [words[piece] for piece in pieces(target)] == likeliest


def test_a_row_of_cross_attention_belongs_to_the_token_that_is_written_then(heard: Heard) -> None:
    target, before = heard.record.axes[1], heard.record.of("decoder")[0].keys
    assert pieces(target)[:-1] == pieces(before)[1:]
    assert heard.cross[0].queries is target


def test_what_lies_after_the_sound_is_the_models_own(heard: Heard) -> None:
    axis = heard.record.axes[0]
    assert isinstance(axis, FrameAxis)
    assert len(axis) == 1500
    assert heard.frames == round(1 / FRAME) == 50
    assert [one.special for one in axis.tokens] == [False] * 50 + [True] * 1450
    assert axis.tokens[49].end == pytest.approx(1.0)
    assert heard.bands.shape == (80, 100)
    assert "hears silence" in " ".join(heard.record.notes)


def test_frames_of_the_encoder_lie_where_the_sound_changes(listener: Listener) -> None:
    """A click is felt most by the frame that its moment belongs to."""
    samples = voice(2.0).samples.copy()
    clicked = samples.copy()
    clicked[int(1.21 * RATE) : int(1.22 * RATE)] += 0.4
    states = []
    for one in (samples, clicked):
        bands = listener._bands(made(one))
        with torch.inference_mode():
            encoder = listener._model.get_encoder()
            convolved = torch.nn.functional.gelu(encoder.conv1(bands))
            states.append(torch.nn.functional.gelu(encoder.conv2(convolved))[0])
    moved = (states[1] - states[0]).abs().sum(0)[: round(2 / FRAME)]
    assert abs(int(moved.argmax()) * FRAME - 1.21) <= 2 * FRAME


def test_words_follow_one_another_and_fill_the_sound(listener: Listener) -> None:
    heard = listener.listen(voice(3.0))
    words = heard.words(heard.looks([(0, 0), (1, 2)]))
    assert words[0].start == 0
    assert words[-1].end == pytest.approx(heard.frames * FRAME)
    assert all(one.end == other.start for one, other in itertools.pairwise(words))
    told = [place for word in words for place in word.tokens]
    special = [token.special for token in heard.record.axes[1].tokens]
    assert told == [place for place, one in enumerate(special) if not one]


def test_looks_are_the_mean_of_the_heads_asked_for(heard: Heard) -> None:
    found = heard.looks([(0, 1), (1, 3)])
    wanted = (heard.cross[0].weights()[1] + heard.cross[1].weights()[3])[:, :50] / 2
    torch.testing.assert_close(found, wanted, rtol=0, atol=0)


def test_an_edit_changes_what_is_heard_and_only_then(listener: Listener, heard: Heard) -> None:
    changed = listener.listen(voice(), edits=[Edit("cross.1", "zero", (0, 1, 2, 3))])
    again = listener.listen(voice())
    assert torch.equal(again.cross[1].weights(), heard.cross[1].weights())
    assert not (
        changed.text == heard.text
        and torch.equal(changed.cross[1].weights(), heard.cross[1].weights())
    )


def test_a_newer_request_ends_an_older_one(listener: Listener) -> None:
    asked: list[int] = []

    def gone() -> bool:
        asked.append(1)
        return len(asked) > 3

    with pytest.raises(Superseded):
        listener.listen(voice(), cancelled=gone)


def test_nothing_heard_is_said(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(listener._tokenizer, "decode", lambda *_args, **_named: "  ")
    with pytest.raises(TextError, match="heard no words"):
        listener.listen(voice())


def saved(folder: Path, said: dict[str, Any] | None = None) -> Path:
    ear = untrained.ear()
    ear.model.save_pretrained(folder)
    ear.tokenizer.save_pretrained(folder)
    if said is not None:
        (folder / "preprocessor_config.json").write_text(json.dumps(said))
    return folder


def opened(folder: Path) -> Any:
    origin = Origin(folder, folder.parent)
    return family(origin.config, "hear").open("mine", origin)


def test_a_folder_of_whisper_opens(tmp_path: Path, heard: Heard) -> None:
    again = opened(saved(tmp_path / "ear", {"feature_size": 80})).listen(voice())
    assert again.text == heard.text
    assert torch.equal(again.cross[0].weights(), heard.cross[0].weights())


def test_a_model_that_hears_in_another_way_is_refused(tmp_path: Path) -> None:
    config = transformers.Wav2Vec2Config(hidden_size=32, num_hidden_layers=1, num_attention_heads=2)
    transformers.Wav2Vec2Model(config).save_pretrained(tmp_path / "wav")
    with pytest.raises(ModelError, match="choose a model of the kind Whisper"):
        opened(tmp_path / "wav")


def test_absurd_bands_are_refused() -> None:
    with pytest.raises(ModelError, match="Whisper has 80 or 128"):
        called_sound({"feature_size": 10**9})


@pytest.mark.parametrize("name", sounds.READY)
def test_every_ready_sound_can_be_heard(name: str) -> None:
    found = sounds.sound(name)
    assert 2 < found.seconds < 5
    assert found.notes == ()
