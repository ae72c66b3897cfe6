"""Pictures of shapes: what is said of them is true, and the trained models keep a promise."""

from __future__ import annotations

import math
import random
from itertools import permutations
from typing import Any

import numpy as np
import pytest
import torch
from transformers import CLIPConfig, CLIPModel

from attention_core.errors import TextError
from attention_core.mechanisms.families.crossmodal import contrastive_loss
from models.ours.scenes import evaluate, lessons, train
from models.ours.scenes.asking import AskingShape
from models.ours.scenes.captions import caption, colours_swapped, one_word_changed, true_of
from models.ours.scenes.clips import (
    FRAMES,
    THING_SIDE,
    clip_questions,
    film,
    random_clip,
)
from models.ours.scenes.lessons import shorter
from models.ours.scenes.matching import MatchingShape, reversed_within
from models.ours.scenes.moments import MomentsShape
from models.ours.scenes.network import padded
from models.ours.scenes.questions import ANSWERS, KINDS, asked
from models.ours.scenes.reader import ask, compare, match, watch
from models.ours.scenes.recipes import RECIPES, measured, open_model, shipped
from models.ours.scenes.scene import (
    CELL,
    COLOURS,
    SHAPES,
    SIZES,
    Scene,
    box_of,
    centred,
    draw,
    parsed,
    random_scene,
    written,
)
from models.ours.scenes.towers import TowersShape
from models.ours.scenes.words import END, numbered, plain, read

SCENES = [random_scene(random.Random(seed)) for seed in range(200)]


def facts(scene: Scene) -> list[dict[str, object]]:
    """The things of a scene as plain facts, for answers that are worked out here."""
    return [
        {
            "words": {one.shape, one.colour, one.size},
            "shape": one.shape,
            "colour": one.colour,
            "column": one.cell % 3,
            "row": one.cell // 3,
        }
        for one in scene.things
    ]


# --- pictures ---


def test_a_seed_makes_the_same_picture_and_another_seed_another() -> None:
    one, same = random_scene(random.Random(5)), random_scene(random.Random(5))
    assert one == same
    assert (draw(one) == draw(same)).all()
    assert len({random_scene(random.Random(seed)) for seed in range(50)}) == 50


@pytest.mark.parametrize("scene", SCENES[:60])
def test_a_box_holds_all_pixels_of_its_thing_and_no_smaller_one_does(scene: Scene) -> None:
    for thing in scene.things:
        changed = (draw(scene) != draw(scene.without(thing.cell))).any(-1)
        rows, columns = np.nonzero(changed)
        box = box_of(thing)
        assert (box.left, box.right) == (columns.min(), columns.max() + 1)
        assert (box.top, box.bottom) == (rows.min(), rows.max() + 1)
        row, column = divmod(thing.cell, 3)
        assert column * CELL <= box.left < box.right <= (column + 1) * CELL
        assert row * CELL <= box.top < box.bottom <= (row + 1) * CELL


def test_all_shapes_and_colours_look_different() -> None:
    pictures = {
        draw(Scene((centred(shape, colour, size, 4),))).tobytes()
        for shape in SHAPES
        for colour in COLOURS
        for size in SIZES
    }
    assert len(pictures) == 32


def test_an_address_restores_a_picture() -> None:
    for scene in SCENES[:20]:
        found = parsed(written(scene))
        assert found is not None
        assert written(found) == written(scene)
    for wrong in (
        "x",
        "0-small-red-circle",
        "1-small-red",
        "1-small-pink-circle",
        "٣-small-red-star",
    ):
        assert parsed(wrong) is None


# --- questions and captions ---


def answered(text: str, scene: Scene) -> str:
    """The answer to a question, worked out from its words alone."""
    words, things = text.split(), facts(scene)
    known = {*SHAPES, *COLOURS, *SIZES}

    def fitting(part: list[str]) -> list[dict[str, object]]:
        named = {word.removesuffix("s") for word in part} & known
        return [one for one in things if named <= one["words"]]  # type: ignore[operator]

    if words[0] == "what":
        (only,) = fitting(words[3:])
        return str(only[words[1]])
    if words[0] == "how":
        return str(len(fitting(words[2:-2])))
    if words[1] == "there":
        return "yes" if fitting(words[3:]) else "no"
    at = words.index("of")
    (one,), (other,) = fitting(words[: at - 1]), fitting(words[at:])
    first, second = int(str(one["column"])), int(str(other["column"]))
    return "yes" if (first < second if words[at - 1] == "left" else first > second) else "no"


@pytest.mark.parametrize("kind", KINDS)
def test_every_answer_is_the_one_that_the_words_ask_for(kind: str) -> None:
    dice, answers = random.Random(3), set()
    for scene in SCENES:
        for question in asked(scene, dice, kind):
            assert question.answer == answered(question.text, scene)
            assert question.answer in ANSWERS
            assert set(question.things) <= set(scene.things)
            assert len(numbered(question.text)) == len(plain(question.text)) + 2
            answers.add(question.answer)
    assert len(answers) >= 2


def test_a_caption_is_true_of_its_picture_and_its_phrases_are_where_they_say() -> None:
    dice = random.Random(4)
    for scene in SCENES:
        said = shorter(caption(scene, dice), dice)
        words = plain(said.text)
        assert true_of(said, scene)
        for phrase in said.phrases:
            found = {words[place] for place in phrase.words}
            thing = phrase.thing
            assert thing in scene.things
            assert found <= {thing.size, thing.colour, thing.shape}
            assert words[phrase.first] == "a"


def test_a_changed_caption_differs_in_that_word_and_is_false() -> None:
    dice = random.Random(6)
    for scene in SCENES[:80]:
        said = caption(scene, dice)
        changed, place = one_word_changed(said, scene, dice)
        before, after = plain(said.text), plain(changed.text)
        assert [
            at for at, pair in enumerate(zip(before, after, strict=True)) if len(set(pair)) > 1
        ] == [place]
        assert not true_of(changed, scene)
        swapped = colours_swapped(said, scene)
        assert swapped is None or sorted(plain(swapped.text)) == sorted(before)
        assert swapped is None or not true_of(swapped, scene)


def test_an_unknown_word_is_named_with_those_that_are_known() -> None:
    with pytest.raises(TextError, match=r"does not know “purple”.*circle"):
        read("is there a purple circle", 16)
    with pytest.raises(TextError, match="nothing to read"):
        read(" ?! ", 16)
    with pytest.raises(TextError, match="17 words; the model reads at most 14"):
        read("red " * 17, 16)
    axis, numbers = read("A red circle, a red SQUARE", 16)
    assert len(axis) == len(numbers) == 8
    assert numbers[-1] == END


# --- clips ---


def test_what_a_clip_is_asked_is_what_it_shows() -> None:
    for seed in range(150):
        clip = random_clip(random.Random(seed))
        assert film(clip).shape == (FRAMES, 32, 32, 3)
        for one, other in permutations(clip.actors, 2):
            for frame in range(FRAMES):
                if one.colours[frame] and other.colours[frame]:
                    a, b = one.box(frame), other.box(frame)
                    assert (
                        a.right <= b.left
                        or b.right <= a.left
                        or a.bottom <= b.top
                        or b.bottom <= a.top
                    )
        before, after, way, last = clip_questions(clip)
        for question in (before, after):
            turned = question.text.split()[-1]
            first = clip.changer.colours.index(turned)
            assert question.answer == clip.changer.colours[first - 1]
            assert question.frames == (first - 1, first)
        (x, y), (u, v) = clip.mover.corners[0], clip.mover.corners[-1]
        assert way.answer == ("right" if u > x else "left" if u < x else "down" if v > y else "up")
        arrived = [
            next(at for at, colour in enumerate(one.colours) if colour) for one in clip.visitors
        ]
        assert last.answer == clip.visitors[int(np.argmax(arrived))].shape
        assert (
            max(
                one.corners[frame][axis]
                for one in clip.actors
                for frame in range(FRAMES)
                for axis in (0, 1)
            )
            <= 32 - THING_SIDE
        )


# --- training ---


@pytest.mark.parametrize(
    ("at", "kinds", "sides"),
    [
        (0.1, {"colour", "shape", "count", "exists"}, set()),
        (0.45, {"left"}, {"left"}),
        (0.55, {"left"}, {"left", "right"}),
        (0.9, set(KINDS), {"left", "right"}),
    ],
)
def test_sides_are_taught_after_all_else_and_in_one_direction_first(
    at: float, kinds: set[str], sides: set[str]
) -> None:
    scenes = lessons.random_scenes(random.Random(5), 40)
    which = [number for number in range(40) for _ in range(5)]
    shown, questions = lessons.taught(scenes, which, random.Random(6), at)
    assert {one.kind for one in questions} == kinds
    named = {word for one in questions if one.kind == "left" for word in one.text.split()}
    assert named & {"left", "right"} == sides
    for number, one in zip(shown, questions, strict=True):
        assert set(one.things) <= set(scenes[number].things)
    if at not in (0.45, 0.55):
        assert shown == which


@pytest.mark.parametrize(
    ("how", "at", "priced"),
    [("co_attention", 0.9, True), ("co_attention", 0.55, False), ("cross_attention", 0.9, False)],
)
def test_the_one_look_of_co_attention_costs_its_entropy_in_the_end(
    how: Any, at: float, priced: bool
) -> None:
    torch.manual_seed(4)
    model: Any = AskingShape(how).build().double()
    scenes = lessons.random_scenes(random.Random(1), 4)
    pool = lessons.Pool(tuple(scenes), torch.randn(4, 9, 64, dtype=torch.float64))
    costs = []
    for price in (0.0, 1.0):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(train, "OPEN", price)
            costs.append(float(train.answering(model, pool, [0, 1], random.Random(2), at)))
    which, questions = lessons.taught(scenes, [0, 1], random.Random(2), at)
    words = padded([numbered(one.text) for one in questions])
    shares = model(pool.at(which), words).looks[0].trace.weights.detach()
    rows = shares.flatten(0, -2).tolist()
    by_hand = -sum(one * math.log(one) for row in rows for one in row if one) / len(rows)
    assert costs[1] - costs[0] == pytest.approx(by_hand if priced else 0.0)


# --- networks ---


def test_regions_in_another_order_are_looked_at_as_before() -> None:
    torch.manual_seed(1)
    model: Any = AskingShape("co_attention").build().double().eval()
    words = torch.tensor([numbered("what colour is the star")])
    question = model.reading(model.words(words))[0]
    regions = torch.randn(1, 9, 64, dtype=torch.float64)
    order = torch.randperm(9)
    everything = torch.ones(1, words.shape[1], 9, dtype=torch.bool)
    here = model.attention.attend(question, regions, regions, everything)
    there = model.attention.attend(question, regions[:, order], regions[:, order], everything)
    assert (here.weights[..., order] - there.weights).abs().max() < 1e-12
    assert (here.context - there.context).abs().max() < 1e-12


@pytest.mark.parametrize("how", ["co_attention", "cross_attention"])
def test_padding_changes_no_answer(how: str) -> None:
    torch.manual_seed(2)
    model = AskingShape(how).build().double().eval()  # type: ignore[arg-type]
    seen = torch.randn(1, 9, 64, dtype=torch.float64)
    words = numbered("is there a red star")
    short, long = model(seen, torch.tensor([words])), model(seen, torch.tensor([[*words, 0, 0]]))
    assert (short.logits - long.logits).abs().max() < 1e-12
    if short.words is not None and long.words is not None:
        assert float(long.words[0, -2:].detach().abs().max()) == 0
        assert abs(float(long.words.detach().sum()) - 1) < 1e-12


def test_stacked_cross_attention_is_the_papers_sum_in_numpy() -> None:
    torch.manual_seed(3)
    model = MatchingShape().build().double().eval()
    regions = torch.randn(1, 9, 64, dtype=torch.float64)
    words = torch.tensor([[6, 8, 12, 15]])
    with torch.no_grad():
        spoken = model.spoken(words)
        fits = model.fits(regions, words, spoken)
    e, v = spoken[0].numpy(), regions[0].numpy()
    s = np.array([[a @ b / np.linalg.norm(a) / np.linalg.norm(b) for b in v] for a in e])
    kept = np.maximum(s, 0)
    scaled = kept / np.sqrt((kept**2).sum(0))
    alpha = np.exp(9 * scaled) / np.exp(9 * scaled).sum(1, keepdims=True)
    taken = alpha @ v
    r = [a @ b / np.linalg.norm(a) / np.linalg.norm(b) for a, b in zip(e, taken, strict=True)]
    assert np.abs(fits.look.trace.weights[0, 0].numpy() - alpha).max() < 1e-12
    assert np.abs(fits.words[0].numpy() - r).max() < 1e-12
    assert abs(float(fits.mean[0]) - np.mean(r)) < 1e-12


def test_a_caption_is_read_backwards_within_itself() -> None:
    assert reversed_within(torch.tensor([[5, 6, 7, 0], [5, 6, 0, 0]])).tolist() == [
        [2, 1, 0, 3],
        [1, 0, 2, 3],
    ]


def test_the_towers_directions_have_length_one_and_words_look_back_only() -> None:
    torch.manual_seed(4)
    model = TowersShape().build().double().eval()
    words = padded([numbered("a red star"), numbered("a small blue square")])
    pictured, spoken = model.see(torch.randn(2, 9, 64).double()), model.hear(words)
    for side in (pictured, spoken):
        assert (side.whole.norm(dim=-1) - 1).abs().max() < 1e-12
    assert all(float(look.trace.weights.triu(1).abs().max()) == 0 for look in spoken.looks)
    ends = [row.index(END) for row in words.tolist()]
    assert torch.equal(spoken.whole, spoken.parts[[0, 1], ends])


def test_the_contrastive_loss_is_that_of_the_clip_of_transformers() -> None:
    torch.manual_seed(5)
    config = CLIPConfig(
        projection_dim=8,
        text_config={
            "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 16, "vocab_size": 30, "eos_token_id": 29, "bos_token_id": 28,
            "pad_token_id": 0,
        },
        vision_config={
            "hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2,
            "intermediate_size": 16, "image_size": 8, "patch_size": 4,
        },
    )  # fmt: skip
    theirs: Any = CLIPModel(config)
    theirs = theirs.double().eval()
    texts = torch.randint(1, 28, (5, 6))
    texts[:, -1] = 29
    with torch.no_grad():
        given = theirs(
            input_ids=texts, pixel_values=torch.randn(5, 3, 8, 8).double(), return_loss=True
        )
        ours = contrastive_loss(given.text_embeds, given.image_embeds, theirs.logit_scale)
    assert abs(float(ours) - float(given.loss)) < 1e-10
    same = torch.ones(7, 3, dtype=torch.float64)
    assert abs(float(contrastive_loss(same, same, torch.tensor(1.0))) - math.log(7)) < 1e-12


def test_a_clip_of_one_frame_gives_all_its_time_to_it() -> None:
    torch.manual_seed(6)
    model = MomentsShape().build().double().eval()
    seen = torch.randn(2, 1, 16, 48, dtype=torch.float64)
    space, time = model(seen, padded([numbered("what appears last")] * 2)).looks
    assert torch.equal(time.trace.weights, torch.ones(2, 1, 1, 1, dtype=torch.float64))
    assert (space.trace.weights.sum(-1) - 1).abs().max() < 1e-12


# --- what is shipped ---


SCENE = parsed("1-small-red-circle.5-large-blue-square.9-small-green-star") or SCENES[0]
CLIP = random_clip(random.Random(7))
RECORDS = {
    "scenes-co-attention": lambda: ask("scenes-co-attention", SCENE, "What colour is it?").record,
    "scenes-cross-attention": lambda: ask("scenes-cross-attention", SCENE, "a red star?").record,
    "scenes-stacked-cross": lambda: match(SCENE, "a red circle and a red star").record,
    "scenes-clip": lambda: compare(SCENE, "a red circle").record,
    "scenes-clips": lambda: watch(CLIP, "What appears last?").record,
}


@pytest.mark.parametrize("name", [name for name in RECIPES if shipped(name)])
def test_a_shipped_model_gives_a_record_that_explains_itself(name: str) -> None:
    record = RECORDS[name]()
    for site in record.sites:
        assert site.integrity.verified
        assert site.weights().shape == (site.heads, len(site.queries), len(site.keys))


@pytest.mark.parametrize("name", ["scenes-co-attention", "scenes-cross-attention"])
def test_a_shipped_model_answers_every_kind_of_question(name: str) -> None:
    with torch.inference_mode():
        found = evaluate.asking(open_model(name), 600)
    assert found["accuracy"] >= 0.95
    assert all(right >= 0.85 for right in found["by_kind"].values())
    told = measured(name)["sides"]
    assert {one for one in told if " head " in one} <= set(found["sides"])
    assert all(
        found["sides"][one] == pytest.approx(told[one], abs=0.08) for one in told if " " in one
    )


def test_hiding_what_a_question_is_about_takes_the_answer_away() -> None:
    with torch.inference_mode():
        found = evaluate.asking(open_model("scenes-co-attention"), 400)
    hidden = found["hidden"]
    assert hidden["nothing"] >= 0.95
    assert hidden["the_thing"] <= 0.4
    assert hidden["another"] >= hidden["nothing"] - 0.03
    attention = found["attention"]
    assert attention["question-cross.0 head 0"]["mass"] >= 0.7
    assert attention["random_head"]["mass"] < 0.2
    assert found["question_only"] <= 0.55 < found["accuracy"]


def test_repeated_words_keep_looks_of_their_own() -> None:
    scene = parsed("1-small-red-circle.9-large-red-star")
    assert scene is not None
    found = match(scene, "a small red circle and a large red star")
    red = [at for at, token in enumerate(found.text.tokens) if token.text == "red"]
    looks = found.record.sites[0].weights()[0, red]
    assert looks.argmax(-1).tolist() == [0, 8]


def test_the_shipped_matcher_tells_true_captions_from_false_ones() -> None:
    with torch.inference_mode():
        found = evaluate.matching(open_model("scenes-stacked-cross"), 120)
    assert found["auc"] >= 0.97
    assert found["attention"]["model"]["mass"] >= 0.8
    assert found["attention"]["model"]["mass"] > 5 * found["attention"]["random_head"]["mass"]


def test_the_ranks_and_the_area_under_the_curve_by_hand() -> None:
    assert evaluate.auc(torch.tensor([3.0, 1.0]), torch.tensor([2.0, 1.0])) == (1 + 1 + 0 + 0.5) / 4
    alike = torch.tensor([[0.9, 0.1], [0.8, 0.3]])
    assert evaluate._ranks(alike) == [0, 1]
    assert lessons.twin(SCENES[0], random.Random(1)) != SCENES[0]
