"""Sounds that people bring: heard as one channel of 16,000 samples, or refused with a sentence."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from scipy.io import wavfile

from attention_core.errors import TextError
from attention_core.files.sound import RATE, Sound, made, sound


def tone(rate: int, seconds: float = 0.5, pitch: float = 440.0, loud: float = 0.5) -> Any:
    return loud * np.sin(2 * np.pi * pitch * np.arange(int(rate * seconds)) / rate)


def file(samples: Any, rate: int = RATE) -> bytes:
    into = io.BytesIO()
    wavfile.write(into, rate, samples)
    return into.getvalue()


def sentences(found: Sound) -> str:
    return " ".join(found.notes)


@pytest.mark.parametrize(
    "samples",
    [
        (tone(RATE) * 127 + 128).round().astype(np.uint8),
        (tone(RATE) * 2**15).astype(np.int16),
        (tone(RATE) * 2**31).astype(np.int32),
        tone(RATE).astype(np.float32),
        tone(RATE),
    ],
    ids=lambda one: str(one.dtype),
)
def test_every_depth_sounds_alike(samples: Any) -> None:
    found = sound(file(samples))
    assert found.notes == ()
    depth = 2 / 256 if samples.dtype == np.uint8 else 2 / 2**15
    np.testing.assert_allclose(found.samples, tone(RATE), rtol=0, atol=depth)


@pytest.mark.parametrize("rate", [8_000, 11_025, 22_050, 44_100, 48_000])
def test_every_rate_keeps_its_pitch(rate: int) -> None:
    found = sound(file(tone(rate, 1.0).astype(np.float32), rate))
    strength = np.abs(np.fft.rfft(found.samples[: RATE // 2]))
    assert abs(float(strength.argmax()) * 2 - 440) <= 2
    assert abs(found.seconds - 1.0) < 0.01
    assert ("nothing above 4,000 Hz" in sentences(found)) == (rate == 8_000)
    assert len(found.notes) == 1


def test_what_is_too_high_to_be_kept_is_taken_out_and_does_not_fold() -> None:
    found = sound(file(tone(48_000, 1.0, pitch=11_000).astype(np.float32), 48_000))
    assert float(np.abs(found.samples[1000:-1000]).max()) < 0.01


def test_channels_are_averaged_and_said() -> None:
    both = np.stack([tone(RATE), np.zeros(RATE // 2)], -1).astype(np.float32)
    found = sound(file(both))
    np.testing.assert_allclose(found.samples, tone(RATE) / 2, rtol=0, atol=2e-4)
    assert "2 channels" in sentences(found)


def test_of_ten_minutes_the_beginning_is_heard_and_said() -> None:
    found = sound(file(np.tile((tone(8_000, 1.0) * 127 + 128).astype(np.uint8), 600), 8_000))
    assert found.seconds == 30.0
    assert "first 30 of 600 seconds" in sentences(found)


def test_what_is_made_is_read_back() -> None:
    samples = tone(RATE)
    np.testing.assert_allclose(sound(made(samples).wav).samples, samples, rtol=0, atol=1e-4)


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "no sound"),
        (b"a text called sound.wav", "no sound"),
        (b"RIFF\xff\xff\xff\xffWAVEfmt ", "no sound"),
        (file((tone(RATE) * 2**15).astype(np.int16))[:30], "no sound"),
        (b"ID3\x03", "MP3"),
        (b"OggS\0", "Ogg"),
        (b"fLaC\0", "FLAC"),
        (b"\0\0\0 ftypM4A ", "M4A"),
        (b"\x1aE\xdf\xa3", "WebM"),
        (file(np.zeros(RATE, np.int16)), "silent"),
        (file(np.full(RATE, np.nan, np.float32)), "silent"),
        (file((tone(RATE, 0.05) * 2**15).astype(np.int16)), "tenth of a second"),
        (file((tone(RATE) * 2**15).astype(np.int16), 3), "samples a second"),
    ],
)
def test_what_cannot_be_heard_is_refused_with_a_sentence(data: bytes, said: str) -> None:
    with pytest.raises(TextError, match=said):
        sound(data)
