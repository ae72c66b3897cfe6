"""The page of sound without a browser: choices hold, what is brought is heard or named."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from streamlit.testing.v1 import AppTest

from attention_core.files.sound import RATE, made
from models.families.sound import Listener
from models.store import shelf, sounds
from tests.test_files_sound import file, tone
from tests.test_pages_state import address, html, opened

EAR = {"model": "fake-ear"}


def test_an_address_restores_what_was_chosen_and_stays() -> None:
    asked = {**EAR, "sound": "moon", "which": "one", "head": "2,3", "word": "2"}
    app = opened("sound", **asked)
    assert "layer 2, head 3" in html(app)
    app.run()
    assert {name: address(app, name) for name in asked} == asked


@pytest.mark.parametrize(
    ("name", "raw"),
    [
        ("sound", "nobody"), ("from", "voice"), ("from", "file"), ("from", "zzz"), ("which", "zzz"),
        ("which", "named"), ("head", "99,99"), ("head", "1"), ("head", "x"), ("word", "9999"),
        ("model", "minilm"), ("model", "../../etc/passwd"),
    ],
)  # fmt: skip
def test_nonsense_in_the_address_leaves_the_page_usable(name: str, raw: str) -> None:
    app = opened("sound", **{**EAR, name: raw})
    assert not app.error


def test_what_was_heard_stands_above_and_every_head_in_the_table() -> None:
    app = opened("sound", **EAR)
    assert "The model heard:" in html(app)
    assert len(app.dataframe[0].value) == 8
    order = app.dataframe[0].value["order"].tolist()
    assert order == sorted(order, reverse=True)
    assert all(0 <= share <= 1 for share in order)


def test_a_head_aligns_where_nine_of_ten_pairs_are_in_order() -> None:
    """Pair by pair over the mean places at which the spoken tokens look, on a real model's head."""
    app = opened("sound", **EAR)
    table = app.dataframe[0].value
    wanted = [bool(share >= 0.9) for share in table["order"]]
    assert table["aligns"].tolist() == wanted
    assert f"{sum(wanted)} of 8 heads align" in html(app)


def test_heads_of_any_model_that_hears_align_or_not_by_the_order_of_their_looks() -> None:
    heard = shelf.load("fake-ear")
    assert isinstance(heard, Listener)
    made_ = heard.listen(sounds.sound("moon"))
    spoken = [at for at, one in enumerate(made_.record.axes[1].tokens) if not one.special]
    rigged, found = dict.fromkeys(made_.order, 0.5), set[tuple[int, int]]()
    for (layer, head), _share in made_.order.items():
        weights = made_.cross[layer].weights()[head, spoken, : made_.frames].double()
        places = (weights * torch.arange(made_.frames)).sum(-1) / weights.sum(-1)
        pairs = [(one, two) for at, one in enumerate(places) for two in places[at + 1 :]]
        rigged[layer, head] = sum(float(one < two) for one, two in pairs) / len(pairs)
        if rigged[layer, head] >= 0.9:
            found.add((layer, head))
    assert made_.order == pytest.approx(rigged, abs=0.02)
    assert set(made_.aligning) == found
    vars(made_)["order"] = {(0, 0): 0.95, (0, 1): 0.9, (1, 0): 0.89}
    assert made_.aligning == [(0, 0), (0, 1)]


def brought(data: bytes) -> AppTest:
    app = opened("sound", **EAR, **{"from": "file"})
    assert "Record a sentence" in app.info[0].value
    app.file_uploader[0].upload("mine.wav", data, "audio/wav").run()
    return app


def test_an_own_file_is_heard_and_what_was_done_to_it_is_said() -> None:
    both = np.stack([tone(44_100, 4.0), tone(44_100, 4.0)], -1).astype(np.float32)
    app = brought(file(both, 44_100))
    assert not app.error
    assert not app.info
    assert "2 channels" in html(app)
    assert "44,100" in html(app)


@pytest.mark.parametrize(
    ("data", "said"),
    [(b"just a text", "no sound"), (b"ID3\x03", "MP3"), (made(np.zeros(RATE)).wav, "silent")],
)
def test_what_cannot_be_heard_is_named(data: bytes, said: str) -> None:
    app = brought(data)
    assert not app.error
    assert said in " ".join(info.value for info in app.info)


def test_ready_sounds_are_offered_by_what_is_said_in_them() -> None:
    app = opened("sound", **EAR)
    (box,) = [box for box in app.selectbox if box.label == "Which sound"]
    assert box.options == [f"“{sentence}”" for sentence in sounds.READY.values()]
