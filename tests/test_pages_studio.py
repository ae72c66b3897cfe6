"""Translate and Compare with small random translators of several kinds, without a browser."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from attention_core.files.formats.pharaoh import golds
from attention_core.numbers.alignment import Link, extract, scores, symmetrised
from attention_core.pictures.views import View, view
from attention_core.watching.edit import Edit
from models.families.translation import Translation
from models.ours.translator import reader, recipes
from models.ours.translator.network import Shape
from models.ours.translator.reader import TranslatorReader, load_translator
from models.ours.translator.recurrent import Looks, RecurrentShape
from models.ours.translator.train import write_checkpoint
from models.ours.translator.transformer import TransformerShape
from models.store import shelf
from models.store.sources import shipped
from pages.showing import readings
from pages.translation.parts import changes
from tests.test_pages_state import address, html, opened
from tests.toy_networks import tiny

TEXT = "The white cat sleeps."
FRENCH = "Le chat blanc dort."


def recurrent(looks: Looks, vocabulary: int = 6000) -> Shape:
    return RecurrentShape(
        vocabulary=vocabulary, embedding=12, encoder=7, decoder=14, attention=5, looks=looks
    )


def transformer() -> Shape:
    return TransformerShape(
        vocabulary=6000, embedding=12, dropout=0.0, heads=3, layers=2, feed_forward=11
    )


SHAPES: Final[dict[str, Callable[[], Shape]]] = {
    "fixed-en-fr": lambda: recurrent("none"),
    "bahdanau-en-fr": lambda: recurrent("additive"),
    "transformer-en-fr": transformer,
    "transformer-fr-en": transformer,
}
CHOSEN: Final = {"site": "cross.1", "head": 2, "extraction": "matching", "least": 0.0, "shift": 1}
"""What the small Transformer's card says of its heads: layer 2, head 3, one step later."""


def card(name: str) -> dict[str, Any]:
    """What evaluation might have written; every model has numbers of its own."""
    place = list(SHAPES).index(name)
    return {
        "parameters": 1_000_000 * (place + 1),
        "megabytes": 0.5,
        "minutes": 10.0 + place,
        "command": "a test",
        "quality": {"one_reference": {"bleu": 20.0 + place, "chrf": 40.0 + place}},
        "alignment": {
            "error_rate": 0.1 + place / 100,
            "crossing_recall": 0.6 + place / 100,
            **({"chosen": CHOSEN} if name == "transformer-en-fr" else {}),
        },
    }


@pytest.fixture(scope="module")
def checkpoints(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of small random translators beside the real vocabularies."""
    folder = tmp_path_factory.mktemp("checkpoints")
    shutil.copytree(recipes.CHECKPOINTS / "vocabularies", folder / "vocabularies")
    for seed, (name, shape) in enumerate(SHAPES.items()):
        (folder / name).mkdir()
        write_checkpoint(folder / name, tiny(shape(), 0.9, seed), {})
        (folder / name / "card.json").write_text(json.dumps(card(name)))
    return folder


@pytest.fixture(autouse=True)
def _small(checkpoints: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pages see the small translators, and nobody sees them afterwards."""
    for module in (recipes, reader, shipped):
        monkeypatch.setattr(module, "CHECKPOINTS", checkpoints)
    monkeypatch.setattr(shelf, "load", shelf.Shelf().load)
    readings._translate.clear()
    yield
    readings._translate.clear()


def small(name: str) -> TranslatorReader:
    return load_translator(name)


def words(found: Translation, layer: int = -1, heads: tuple[int, ...] | None = None) -> View:
    return view(found.cross[layer], heads, "words", "hidden")


def clearest(picture: View) -> str:
    """What the caption under the ribbons must say."""
    row = int(picture.mean.max(1).argmax())
    look = picture.strongest(row)
    return f"{look.weight:.2f}</b>). On average"


def button(app: AppTest, label: str) -> Any:
    return next(one for one in app.button if one.label == label)


def test_the_head_that_the_address_names_is_shown_and_the_mean_is_one_click_away() -> None:
    app = opened("translate", model="transformer-en-fr", source=TEXT, layer="1", heads="2",
                 shift="0", how="argmax")  # fmt: skip
    found = small("transformer-en-fr").translate(TEXT)
    assert "Shown: layer 1, head 2." in html(app)
    assert clearest(words(found, 0, (1,))) in html(app)
    button(app, "Mean of the layer").click().run()
    assert "Shown: layer 1, the mean of heads 1, 2, 3." in html(app)
    assert clearest(words(found, 0)) in html(app)
    assert [address(app, name) for name in ("layer", "heads")] == ["1", None]


def test_a_page_opens_with_the_look_that_the_card_names() -> None:
    app = opened("translate", model="transformer-en-fr", source=TEXT, layer="1")
    assert "layer 1" in app.expander[0].label
    button(app, "Head that aligns best").click().run()
    assert "layer 2, head 3" in app.expander[0].label
    assert address(app, "layer") is None
    found = small("transformer-en-fr").translate(TEXT)
    pieces = found.cross[1].weights()[2].numpy()
    later = pieces[np.clip(np.arange(len(pieces)) + 1, 0, len(pieces) - 1)]
    merged = _by_words(later, found)
    assert f"{merged.max():.2f}</b>). On average" in html(app)


def _by_words(pieces: np.ndarray[Any, Any], found: Translation) -> np.ndarray[Any, Any]:
    """(target word, source word): added over source pieces, averaged over target pieces."""
    rows, columns = (
        [group for group, token in zip(axis.groups, axis.words.tokens, strict=True)
         if not token.special]
        for axis in (found.target, found.source)
    )  # fmt: skip
    return np.array(
        [[pieces[np.ix_(row, column)].sum(1).mean() for column in columns] for row in rows]
    )


PAIR: Final = {"mode": "pair", "source": TEXT, "target": FRENCH, "shift": "0", "how": "argmax"}
GOLD: Final = "0-0 1-2 2p1 3-3"


def both() -> dict[str, list[Link]]:
    """The links of both directions, straight from the two readers."""
    forward = words(small("bahdanau-en-fr").align(TEXT, FRENCH))
    back = words(small("transformer-fr-en").align(FRENCH, TEXT))
    there = extract(forward.mean, "argmax", 0.0)
    here = [Link(one.target, one.source) for one in extract(back.mean, "argmax", 0.0)]
    return {"there": there, "here": here}


def test_links_of_both_directions_are_joined_and_scored() -> None:
    app = opened(
        "translate", model="bahdanau-en-fr", part="both", joined="union", gold=GOLD, **PAIR
    )
    links = both()
    joined = symmetrised(links["there"], links["here"], "union")
    counts = [f"{len(found)} links" for found in (links["there"], links["here"], joined)]
    assert [text for text in counts if text not in html(app)] == []
    gold = golds(GOLD)[0]
    expected = [f"{scores([(found, gold)]).error_rate:.2f}" for found in (*links.values(), joined)]
    assert [one.value for one in app.metric if one.label == "AER"] == expected


@pytest.mark.parametrize(
    ("gold", "sentence"),
    [("9-0", "links source word 9"), ("0-9", "target word 9"), ("cat-chat", "“cat-chat” where"),
     ("-1-0", "where a link should stand"), ("0-0,1-1", "where a link should stand"),
     ("٣-٤", "where a link should stand"), ("0-0 </script>", "where a link should stand")],
)  # fmt: skip
@pytest.mark.parametrize("part", ["gold", "both"])
def test_links_that_do_not_fit_get_one_sentence_and_stay_as_written(
    part: str, gold: str, sentence: str
) -> None:
    app = opened("translate", model="bahdanau-en-fr", part=part, gold=gold, **PAIR)
    assert [sentence in info.value.replace("\\", "") for info in app.info] == [True]
    assert not app.metric
    assert address(app, "gold") == gold


def test_links_of_the_reader_survive_a_look_at_another_part() -> None:
    app = opened("translate", model="bahdanau-en-fr", part="gold", gold=GOLD, **PAIR)
    before = [one.value for one in app.metric]
    assert len(before) == 4
    for part in ("steps", "change", "gold"):
        next(one for one in app.segmented_control if "steps" in one.options or
             "step by step" in one.options).set_value(part).run()  # fmt: skip
        assert address(app, "gold") == GOLD
    assert [one.value for one in app.metric] == before


def test_no_links_are_an_invitation_and_a_translator_without_attention_says_why() -> None:
    app = opened("translate", model="bahdanau-en-fr", part="gold", **PAIR)
    assert "Draw or write some links" in html(app)
    for part in ("steps", "gold", "both", "change"):
        app = opened("translate", model="fixed-en-fr", part=part, source=TEXT)
        assert "This translator has no attention" in html(app)
        assert not app.info


CHANGES: Final = {
    "zero@cross.0k1-2": (Edit("cross.0", "zero", None, None, (1, 2)),),
    "uniform@cross.1h0-2q1": (Edit("cross.1", "uniform", (0, 2), (1,), None),),
    "set@cross.0h1q0k2v70;zero@cross.1": (
        Edit("cross.0", "set", (1,), (0,), (2,), 0.7), Edit("cross.1", "zero"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("raw", CHANGES)
def test_changes_in_the_address_are_made_and_every_number_is_that_of_the_reader(raw: str) -> None:
    app = opened("translate", model="transformer-en-fr", part="change", edits=raw, **PAIR)
    network = small("transformer-en-fr")
    before = network.align(TEXT, FRENCH)
    after = network.align(TEXT, FRENCH, edits=CHANGES[raw])
    moved = [
        sum(np.log(after.chosen[place]) - np.log(before.chosen[place]) for place in group)
        for group in before.target.groups
    ]
    shown = [part.split("</small>")[0] for part in html(app).split("<small>")]
    assert [text for text in shown if text[:1] in "+-"] == [
        f"{round(one, 2) + 0.0:+.2f}" for one in moved
    ]
    assert max(map(abs, moved)) > 0.01
    assert address(app, "edits") == raw

    button(app, "Undo all").click().run()
    assert address(app, "edits") is None
    assert 'class="atlas-delta' not in html(app)


@pytest.mark.parametrize(
    ("raw", "sentence"),
    [("zero@cross.7", "has no attention “cross.7”"), ("zero@cross.0h9", "no head 9 at cross.0"),
     ("zero@nowhere.0", "has no attention “nowhere.0”")],
)  # fmt: skip
def test_a_change_that_cannot_be_made_says_so_and_can_be_undone(raw: str, sentence: str) -> None:
    app = opened("translate", model="transformer-en-fr", part="change", edits=raw, **PAIR)
    assert [sentence in info.value.replace("\\", "") for info in app.info] == [True]
    button(app, "Undo").click().run()
    assert not app.info


@pytest.mark.parametrize("raw", ["", ";", "zero", "zero@cross.0;x", "zero@cross.0q" + "9" * 500])
def test_changes_that_cannot_be_read_are_left_out(raw: str) -> None:
    app = opened("translate", model="transformer-en-fr", part="change", edits=raw, **PAIR)
    assert not app.info
    assert address(app, "edits") is None


def test_every_translator_of_the_comparison_says_what_its_reader_says_and_what_its_card_says() -> (
    None
):
    names = ("fixed-en-fr", "bahdanau-en-fr", "transformer-en-fr")
    app = opened("compare", source=TEXT, models=",".join(names))
    table = app.dataframe[0].value
    found = [small(name).translate(TEXT) for name in names]
    assert table["translation"].tolist() == [one.text for one in found]
    assert table["score"].tolist() == pytest.approx([one.score for one in found])
    for column, part, name in (
        ("bleu", "one_reference", "bleu"), ("chrf", "one_reference", "chrf"),
        ("aer", "alignment", "error_rate"), ("crossing", "alignment", "crossing_recall"),
    ):  # fmt: skip
        cards = [{**card(model), **card(model)["quality"]} for model in names]
        assert table[column].tolist() == [one[part][name] for one in cards]
    assert table["parameters"].tolist() == [1.0, 2.0, 3.0]
    assert table["minutes"].tolist() == [10.0, 11.0, 12.0]
    assert len(app.get("bidi_component")) == 2  # one for each that has attention
    assert "This translator has no attention" in html(app)


def test_only_translators_of_english_are_compared() -> None:
    app = opened("compare", source=TEXT, models="transformer-fr-en,nobody,bahdanau-en-fr")
    assert app.multiselect[0].value == ["bahdanau-en-fr"]
    assert len(app.multiselect[0].options) == 3


def test_what_is_too_long_is_said_once_and_cut_for_all_when_the_reader_agrees() -> None:
    app = opened("compare", source="word " * 700, models="fixed-en-fr,bahdanau-en-fr")
    assert len(app.warning) == 1
    button(app, "Read only the beginning").click().run()
    assert not app.warning
    assert len(app.dataframe[0].value) == 2


def test_no_translator_and_no_sentence_are_invitations() -> None:
    app = opened("compare", source=TEXT, models="bahdanau-en-fr")
    app.multiselect[0].set_value([]).run()
    assert [info.value for info in app.info] == ["Choose at least one translator."]
    app.text_area[0].set_value(" ").run()
    assert ["Type a sentence" in info.value for info in app.info] == [True]


def test_undo_takes_back_what_one_press_of_the_button_did() -> None:
    """One change in three layers is one gesture; the same cell and layer again is another."""
    layers = [Edit(f"cross.{layer}", "zero", keys=(7,)) for layer in range(3)]
    other = Edit("cross.1", "zero", keys=(6,))
    assert changes.undone([other, *layers]) == (other,)
    assert changes.undone([*layers, other]) == tuple(layers)
    assert changes.undone([layers[1], *layers]) == (layers[1],)
    assert changes.undone([other, other]) == (other,)
    assert changes.undone([]) == ()
