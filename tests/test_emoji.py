"""Words and drawings: the lists say what is held out, the towers' parts add up, figures by hand."""

from __future__ import annotations

import json
from collections import defaultdict

import numpy as np
import pytest
import torch

from attention_core.errors import TextError, TooLong
from attention_core.mechanisms.families.crossmodal import contrastive_loss
from models.ours.emoji import evaluate, train
from models.ours.emoji.collection import (
    LANGUAGES,
    SIDE,
    collection,
    every,
    number_of,
    plain,
    sheet,
    taught,
    words,
)
from models.ours.emoji.pieces import CHECKPOINT, learnt, numbered, shipped
from models.ours.emoji.reader import load_reader
from models.ours.emoji.showing import drawn, on_white, squared, whitened
from models.ours.emoji.towers import GRID, WIDTH, Shape, Towers


def made(seed: int = 1) -> Towers:
    """Towers nobody trained, in double precision."""
    torch.manual_seed(seed)
    return Shape(pieces=60).build().double().eval()


# --- drawings and texts ---


def test_every_drawing_is_there_and_has_a_name_in_each_language() -> None:
    assert len(sheet()) == len(collection()) > 1500
    assert sheet().shape[1:] == (SIDE, SIDE, 4)
    assert (sheet()[..., 3].max((1, 2)) == 255).mean() > 0.99  # each has something opaque
    flat = {one.tobytes() for one in sheet()}
    assert len(flat) > 0.97 * len(collection())
    for one in collection():
        for language in LANGUAGES:
            name = one.names[language]
            assert name
            assert plain(name) == name
            assert name not in one.keywords[language]


def test_some_drawings_are_where_they_should_be() -> None:
    red = sheet()[number_of("2764")].astype(float)
    shown = red[red[..., 3] > 128][:, :3].mean(0)
    assert shown[0] > shown[1] + 60
    assert shown[0] > shown[2] + 60
    assert collection()[number_of("1f987")].character == "🦇"


def test_nothing_that_is_held_out_is_taught_of_the_same_drawing() -> None:
    had: dict[tuple[int, str], set[str]] = defaultdict(set)
    for one in every():
        if one.part == "taught":
            had[one.drawing, one.language].add(one.text)
    parts: dict[tuple[str, str], int] = defaultdict(int)
    for one in every():
        parts[one.part, one.kind] += 1
        if one.part != "taught":
            assert one.text not in had[one.drawing, one.language]
    for number, emoji in enumerate(collection()):
        if emoji.silent is not None:
            assert not had[number, emoji.silent[0]]
            assert sum(bool(had[number, language]) for language in LANGUAGES) == 2
    for part in ("held_out", "chosen_on"):
        for kind in ("name", "keyword"):
            assert parts[part, kind] >= 100
    assert parts["taught", "name"] > 4 * parts["held_out", "name"]


def test_a_keyword_that_is_held_out_shares_no_word_with_the_name() -> None:
    for one in every():
        emoji = collection()[one.drawing]
        silent = emoji.silent is not None and emoji.silent[0] == one.language
        if one.kind == "keyword" and one.part != "taught" and not silent:
            assert not set(words(one.text)) & set(words(emoji.names[one.language]))


def test_words_are_cut_as_they_are_written() -> None:
    assert words("chauve-souris d'été") == ["chauve", "souris", "d", "été"]
    assert words("红心 ok") == ["红", "心", "ok"]
    assert plain("  L’Été  Noir ") == "l'été noir"
    assert "cat" in taught()


# --- pictures ---


def test_a_drawing_is_laid_on_its_ground() -> None:
    clear = np.zeros((1, SIDE, SIDE, 4), np.uint8)
    assert torch.equal(whitened(drawn(clear)), torch.ones(1, 3, WIDTH, WIDTH))
    red = clear.copy()
    red[..., 0], red[..., 3] = 255, 255
    shown = whitened(drawn(red), light=torch.zeros(1, 3))
    assert (shown[0].mean((1, 2)) - torch.tensor([1.0, 0.0, 0.0])).abs().max() < 1e-6
    half = red.copy()
    half[..., 3] = 51  # a fifth
    shown = whitened(drawn(half), light=torch.tensor([[0.0, 1.0, 0.0]]))
    assert (shown[0].mean((1, 2)) - torch.tensor([0.2, 0.8, 0.0])).abs().max() < 1e-6


def test_a_long_picture_stands_in_the_middle_of_white() -> None:
    black = np.zeros((10, 30, 3), np.uint8)
    shown = on_white(black)
    assert shown.shape == (30, 30, 3)
    assert not shown[10:20].any()
    assert (shown[:10] == 255).all()
    assert (shown[20:] == 255).all()
    assert squared(black).shape == (1, 3, WIDTH, WIDTH)


# --- towers ---


def test_the_terms_of_pieces_and_patches_sum_to_the_cosine() -> None:
    towers = made()
    torch.manual_seed(2)
    pictures = torch.rand(3, 3, WIDTH, WIDTH, dtype=torch.float64)
    pieces = torch.tensor([[5, 6, 7, 0], [8, 9, 0, 0], [3, 0, 0, 0]])
    with torch.no_grad():
        seen, heard = towers.see(pictures), towers.hear(pieces)
    assert seen.parts.shape[1] == GRID**2
    for one in range(3):
        text = heard.parts[one].sum(0).numpy()
        picture = seen.parts[one].sum(0).numpy()
        cosine = text @ picture / np.linalg.norm(text) / np.linalg.norm(picture)
        terms = heard.parts[one] @ seen.parts[one].mT
        assert abs(float(terms.sum()) - cosine) < 1e-12
        assert abs(float(heard.whole[one] @ seen.whole[one]) - cosine) < 1e-12
    for side in (seen, heard):
        assert (side.whole.norm(dim=-1) - 1).abs().max() < 1e-12
    assert float(heard.parts[1, 2:].abs().max()) == 0


def test_padding_changes_no_text_and_order_does() -> None:
    towers = made()
    with torch.no_grad():
        short = towers.hear(torch.tensor([[5, 6]])).whole
        long = towers.hear(torch.tensor([[5, 6, 0, 0, 0]])).whole
        turned = towers.hear(torch.tensor([[6, 5]])).whole
    assert (short - long).abs().max() < 1e-12
    assert (short - turned).abs().max() > 1e-6


def test_no_tower_sees_what_the_other_one_reads() -> None:
    """The whole record holds looks of patches at patches and of pieces at pieces, and no other."""
    assert {str(place) for place in made().places} == {
        "vision.0", "vision.1", "text.0", "text.1",
    }  # fmt: skip


def test_the_loss_is_clips_where_every_text_has_one_drawing() -> None:
    torch.manual_seed(3)
    texts = torch.nn.functional.normalize(torch.randn(5, 7).double(), dim=-1)
    pictures = torch.nn.functional.normalize(torch.randn(5, 7).double(), dim=-1)
    scale = torch.tensor(2.0, dtype=torch.float64)
    logits = scale.exp() * texts @ pictures.mT
    one = torch.eye(5, dtype=torch.bool)
    ours = (train.several(logits, one) + train.several(logits.mT, one)) / 2
    assert abs(float(ours) - float(contrastive_loss(texts, pictures, scale))) < 1e-6


def test_a_text_of_two_drawings_may_choose_either() -> None:
    logits = torch.log(torch.tensor([[0.5, 0.25, 0.25]], dtype=torch.float64))
    both = torch.tensor([[True, True, False]])
    by_hand = -(np.log(0.5) + np.log(0.25)) / 2
    assert abs(float(train.several(logits, both)) - by_hand) < 1e-7


def test_pieces_cover_a_text_and_a_letter_never_seen_is_none() -> None:
    known = learnt(["red cat", "red car", "chat rouge", "红心", "红车"] * 3)
    ids = numbered(known, ["red cat", "红"])
    assert ids.shape[0] == 2
    assert int(ids[1, -1]) == 0
    assert known.token_to_id("ж") is None
    assert known.token_to_id("红") is not None


# --- figures ---


@pytest.mark.parametrize(
    ("right", "of", "low", "high"), [(81, 263, 0.2553, 0.3662), (1, 29, 0.0061, 0.1718)]
)
def test_the_interval_is_wilsons(right: int, of: int, low: float, high: float) -> None:
    """The numbers of Newcombe 1998 (Statistics in Medicine 17, 857), table I, method 3."""
    found = evaluate.share([0] * right + [20] * (of - right), 10)
    assert found["share"] == round(right / of, 4)
    assert np.allclose(found["interval"], (low, high), atol=1e-4)


pytestmark_shipped = pytest.mark.skipif(not shipped(), reason="the towers were not trained yet")


@pytestmark_shipped
def test_a_word_finds_its_drawing_and_the_record_explains_itself() -> None:
    reader = load_reader()
    found = reader.find("red heart")
    matched = reader.match(found, found.order[0])
    assert abs(matched.cosine - float(found.cosines[found.order[0]])) < 1e-4
    for one in matched.record.sites:
        assert one.integrity.verified
        assert one.weights().shape == (one.heads, len(one.queries), len(one.keys))
    assert "".join(token.text for token in found.axis.tokens) == "redheart"


@pytestmark_shipped
def test_taught_names_find_their_drawings_and_exchanged_ones_do_not() -> None:
    reader = load_reader()
    names = [one for one in every() if one.kind == "name" and one.part == "taught"][::12]
    found = evaluate.recalled(reader, names, reader.pictures)
    assert found["at_10"]["share"] >= 0.6
    assert found["exchanged_at_10"]["share"] <= 0.05


@pytestmark_shipped
def test_the_card_says_what_these_weights_do() -> None:
    reader = load_reader()
    card = json.loads((CHECKPOINT / "card.json").read_text(encoding="utf-8"))
    unheard = [one for one in every() if one.part == "held_out" and one.kind == "name"]
    found = evaluate.recalled(reader, unheard, reader.pictures)
    written = card["measured"]["name_in_another_language"]["all"]
    assert abs(found["at_10"]["share"] - written["at_10"]["share"]) <= 0.02
    assert card["parameters"] == reader.towers.parameter_count()


@pytestmark_shipped
def test_what_the_towers_cannot_read_is_said() -> None:
    reader = load_reader()
    for text in ("", "  ", "?!", "🦇"):
        with pytest.raises(TextError):
            reader.find(text)
    with pytest.raises(TextError, match=r"never saw “л”"):
        reader.find("летучая мышь")
    with pytest.raises(TooLong):
        reader.find("a red cat and a dog " * 20)
    assert reader.find("zxqv cat").unseen == ("zxqv",)
    assert reader.find("Black CAT").unseen == ()


@pytestmark_shipped
def test_most_drawings_are_called_by_what_is_taught_of_them_and_not_of_others() -> None:
    reader, some = load_reader(), range(0, len(collection()), 40)
    texts: dict[int, set[str]] = defaultdict(set)
    for one in every():
        if one.part == "taught":
            texts[one.drawing].add(one.text)
    mine, others = [], []
    for number in some:
        shown = whitened(drawn(sheet()[number : number + 1]))[0].permute(1, 2, 0)
        called = reader.called(np.rint(255 * shown.numpy()).astype(np.uint8), 8)
        near = {named.text for language in LANGUAGES for named in called[language]}
        mine.append(bool(near & texts[number]))
        others.append(bool(near & texts[(number + 797) % len(collection())]))
    assert sum(mine) >= 0.5 * len(mine)
    assert sum(others) <= 0.2 * len(others)
