"""A model is watched in a way that changes nothing of it, and what contradicts it is not drawn."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
import transformers as t
from torch import Tensor

from attention_core.errors import AttentionError, ModelError, TooLong, UnverifiedError
from attention_core.watching.record import Integrity
from models.families import fake, reporting, sites, trial, untouched
from models.families.reader import Reader
from models.families.seq2seq import Seq2Seq
from models.loading.checkpoint import Checkpoint, from_folder, pair_from_folder
from pages.showing import sentences
from tests import architectures, tiny_models

TEXT, SECOND = "the cat sat on the mat", "it was"


def reader(kind: str) -> Reader:
    return Reader(kind, Checkpoint(architectures.build(kind), fake.tokenizer()))


# The model as it was, before and after


def test_a_twin_shares_every_weight_and_nothing_that_a_run_may_change() -> None:
    model = architectures.build("big_bird")
    other: Any = untouched.twin(model)
    pairs = zip(model.parameters(), other.parameters(), strict=True)
    assert all(mine is theirs for mine, theirs in pairs)
    other(input_ids=torch.tensor([[5, 6, 7]]))
    assert (other.attention_type, model.attention_type) == ("original_full", "block_sparse")
    tables = [{id(part) for module in one.modules() for part in vars(module).values()
               if isinstance(part, dict | set)} for one in (model, other)]  # fmt: skip
    assert not tables[0] & tables[1]
    layer = other.get_input_embeddings()
    layer.register_forward_hook(lambda *_given: None)
    assert not model.get_input_embeddings()._forward_hooks
    assert not layer._backward_hooks


@pytest.mark.parametrize("kind", ["splinter", "nllb-moe"])
def test_a_way_that_changes_what_a_model_says_is_no_way_to_watch_it(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With the masks of fast kernels these look back only, or ahead as well."""
    monkeypatch.setattr(trial, "CAPTURED", (trial.ATTENTION,))
    assert not reader(kind).routed


def test_a_watched_model_says_what_the_untouched_one_says() -> None:
    for kind in ("splinter", "nllb-moe", "pegasus_x"):
        model = architectures.build(kind)
        before = copy.deepcopy(model)
        watched = Reader(kind, Checkpoint(model, fake.tokenizer()))
        before.config.use_cache = False
        second = SECOND if watched.second == "decoder" else ""
        steps = [watched._example().inputs]
        gap = untouched.distance(untouched.said(model, steps), untouched.said(before, steps))
        assert gap <= Integrity.TOLERANCE
        assert all(site.integrity.verified for site in watched.read(TEXT, second).sites)


def test_what_is_compared_is_every_token_but_padding() -> None:
    model = tiny_models.build("llama")
    long, short = ({"input_ids": ids, "attention_mask": torch.ones_like(ids)}
                   for ids in (torch.arange(5, 18)[None], torch.arange(5, 8)[None]))  # fmt: skip
    together = untouched.padded(long, short)
    assert together["attention_mask"].sum(1).tolist() == [13, 3]
    (said,) = untouched.said(model, [together])
    assert said.shape == (16, 24)
    first, last = untouched.said(model, untouched.stepped(long))
    assert (len(first), len(last)) == (12, 1)
    torch.testing.assert_close(said[12:13], last, atol=1e-5, rtol=0)
    assert untouched.distance([said], [said + 0.1]) > untouched.allowed(model, [together], [said])


def test_what_differs_in_shape_or_is_no_number_is_infinitely_far() -> None:
    one = torch.ones(2, 3)
    assert untouched.distance([one], [one]) == 0
    assert untouched.distance([one], [one[:1]]) == torch.inf
    assert untouched.distance([one * torch.nan], [one]) == torch.inf
    assert untouched.distance([], []) == torch.inf


def test_the_bound_is_how_far_roundings_move_the_model(monkeypatch: pytest.MonkeyPatch) -> None:
    model = tiny_models.build("bert")
    steps = [{"input_ids": torch.arange(5, 18)[None]}]
    expected = untouched.said(model, steps)
    assert untouched.allowed(model, steps, expected) == Integrity.TOLERANCE
    found, most = [], untouched.MOST
    for roundings, limit in ((1e6, math.inf), (2e6, math.inf), (1e9, most)):
        monkeypatch.setattr(untouched, "ROUNDINGS", roundings)
        monkeypatch.setattr(untouched, "MOST", limit)
        found.append(untouched.allowed(model, steps, expected))
    assert found[1] == pytest.approx(2 * found[0])
    assert found[0] > Integrity.TOLERANCE
    assert found[2] == untouched.MOST


def test_a_model_that_changes_itself_is_kept_as_it_reads_short_texts() -> None:
    model = architectures.build("big_bird")
    watched = Reader("big", Checkpoint(model, fake.tokenizer()))
    assert model.attention_type == "original_full"
    first = watched.read("a cat " * 20, cut=True)
    watched.read("a cat")
    again = watched.read("a cat " * 20, cut=True)
    for one, other in zip(first.sites, again.sites, strict=True):
        assert torch.equal(one.weights(), other.weights())
    assert model.attention_type == "original_full"
    with pytest.raises(TooLong):
        watched.read("a cat " * 80)


# What a model reports is checked against what it made of it


def misreport(monkeypatch: pytest.MonkeyPatch, watched: Reader, layer: int) -> None:
    """From now on that layer's module hands on the weights of other keys."""
    model: Any = watched._model
    module = model.h[layer].attn
    given: Callable[..., tuple[Tensor, ...]] = module.forward

    def forward(*args: Any, **named: Any) -> tuple[Tensor, ...]:
        output, weights, *rest = given(*args, **named)
        return (output, weights.roll(1, -1), *rest)

    monkeypatch.setattr(module, "forward", forward)


def test_reported_weights_that_explain_nothing_are_left_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    watched = Reader("gptj", Checkpoint(tiny_models.build("gptj"), fake.tokenizer()))
    misreport(monkeypatch, watched, 1)
    record = watched.read(TEXT)
    assert [site.name for site in record.sites] == ["decoder.0"]
    assert "decoder.1" in record.notes[0]
    misreport(monkeypatch, watched, 0)
    with pytest.raises(UnverifiedError, match="nothing is shown"):
        watched.read(TEXT)


def test_weights_that_are_reported_wrong_from_the_start_are_never_called_checked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module: Any = t.models.gptj.modeling_gptj.GPTJAttention
    given = module._attn

    def attend(*args: Any, **named: Any) -> tuple[Tensor, Tensor]:
        output, weights = given(*args, **named)
        return output, weights.roll(1, -1)

    monkeypatch.setattr(module, "_attn", attend)
    watched = Reader("gptj", Checkpoint(tiny_models.build("gptj"), fake.tokenizer()))
    record = watched.read(TEXT)
    assert not any(site.integrity.verified for site in record.sites)
    assert "cannot be checked" in record.notes[-1]


@pytest.mark.parametrize("split", reporting.SPLITS)
def test_values_are_found_wherever_a_projection_has_them(split: Any) -> None:
    heads, keys, width = 4, 5, 2
    values = torch.randn(1, keys, (1 if split is reporting.behind_all else heads) * width)
    other = torch.randn(1, keys, heads * width)

    def parted(*thirds: Tensor) -> Tensor:
        """Head by head: a part of each."""
        return torch.cat([one.reshape(1, keys, heads, -1) for one in thirds], -1).flatten(2)

    made: Callable[[], Tensor] = {
        reporting.whole: lambda: values,
        reporting.last_third: lambda: torch.cat([other, other, values], -1),
        reporting.behind_all: lambda: torch.cat([other, other[..., :width], values], -1),
        reporting.third_of_each: lambda: parted(other, other, values),
        reporting.middle_of_quarters: lambda: parted(other, values, other),
    }[split]
    assert torch.equal(split(made(), heads), values)


def test_the_gap_is_that_of_a_sum_by_hand() -> None:
    weights = torch.tensor([[[0.5, 0.5]], [[0.0, 1.0]]])
    values = torch.tensor([[[2.0], [4.0]]])
    taken = torch.tensor([[[3.0, 4.0]]])
    assert reporting.gap(weights, values, taken) == 0
    assert reporting.gap(weights, values, taken + 1) == pytest.approx(1 / 5)
    assert reporting.gap(weights, values[:, :1], taken) == torch.inf


# What is drawn, and what is said where something is not


def test_looks_that_contradict_the_model_are_not_drawn() -> None:
    good = sites.stored("encoder", torch.full((1, 2, 3, 3), 1 / 3))
    bad = replace(good, integrity=Integrity(1.41, None))
    kept, notes = sites.sound([good, bad])
    assert kept == [good]
    assert "encoder.1" in notes[0]
    assert sites.sound([good]) == ([good], ())
    with pytest.raises(UnverifiedError):
        sites.sound([bad])


def test_layers_have_the_models_own_numbers_and_a_layer_is_one_layer() -> None:
    assert [site.name for site in reader("jamba").read(TEXT).sites] == ["decoder.2"]
    names = [site.name for site in reader("diffllama").read(TEXT).sites]
    assert names == ["decoder.0", "decoder.1"]


def test_an_encoder_that_cannot_be_shown_is_said() -> None:
    watched = reader("prophetnet")
    record = watched.read(TEXT, SECOND)
    assert {site.kind for site in record.sites} == {"decoder"}
    assert any("encoder is not shown" in note for note in record.notes)
    with pytest.raises(AttentionError, match="give a second text"):
        watched.read(TEXT)


def test_a_model_of_pictures_and_text_says_that_it_reads_text_alone() -> None:
    assert "here it reads text alone" in reader("llava").read(TEXT).notes[0]
    assert reader("llama").read(TEXT).notes == ()


def test_a_model_without_attention_is_told_from_one_that_hides_it() -> None:
    with pytest.raises(ModelError, match="has no attention"):
        reader("mamba")
    with pytest.raises(ModelError, match="neither lets its attention be captured nor reports"):
        reader("mra")


# Folders as other tools leave them


def saved(folder: Path, model: Any) -> Path:
    with torch.no_grad():
        for weight in model.parameters():
            weight.normal_(std=0.3) if weight.ndim > 1 and weight.requires_grad else None
    model.eval().save_pretrained(folder)
    fake.tokenizer().save_pretrained(folder)
    return folder


def test_sinusoids_that_were_not_saved_are_no_missing_weights(tmp_path: Path) -> None:
    model: Any = t.MarianMTModel(architectures.shrunk(t.MarianConfig))
    folder = saved(tmp_path / "marian", model)
    read = Reader("m", from_folder(folder, tmp_path)).read(TEXT, SECOND)
    written = Seq2Seq("m", pair_from_folder(folder, tmp_path)).translate(TEXT).record
    for record in (read, written):
        assert {site.kind for site in record.sites} == {"encoder", "decoder", "cross"}
        assert all(site.integrity.verified for site in record.sites)
    made: Any = from_folder(folder, tmp_path).model
    for stack in ("encoder", "decoder"):
        mine = made.get_submodule(f"{stack}.embed_positions").weight
        theirs = model.get_submodule(f"model.{stack}.embed_positions").weight
        assert torch.equal(mine, theirs)


def test_an_encoder_saved_alone_reads_and_does_not_write(tmp_path: Path) -> None:
    folder = saved(tmp_path / "half", t.T5EncoderModel(architectures.shrunk(t.T5Config)))
    record = Reader("half", from_folder(folder, tmp_path)).read(TEXT)
    assert [site.name for site in record.sites] == ["encoder.0", "encoder.1"]
    with pytest.raises(ModelError, match="one half of an encoder–decoder"):
        pair_from_folder(folder, tmp_path)


def test_two_berts_and_the_text_part_of_a_model_of_pictures_are_opened(tmp_path: Path) -> None:
    halves = [architectures.shrunk(t.BertConfig, is_decoder=bool(n), add_cross_attention=bool(n))
              for n in (0, 1)]  # fmt: skip
    config = t.EncoderDecoderConfig.from_encoder_decoder_configs(*halves)
    config.decoder_start_token_id, config.pad_token_id, config.eos_token_id = 2, 0, 3
    folder = saved(tmp_path / "berts", t.EncoderDecoderModel(config))
    record = Seq2Seq("berts", pair_from_folder(folder, tmp_path)).translate(TEXT).record
    assert {site.kind for site in record.sites} == {"encoder", "decoder", "cross"}
    part = saved(tmp_path / "part", t.SiglipTextModel(architectures.shrunk(t.SiglipTextConfig)))
    record = Reader("part", from_folder(part, tmp_path)).read(TEXT)
    assert all(site.integrity.verified for site in record.sites)


def test_a_picture_that_contradicts_the_model_is_never_called_checked() -> None:
    """Of a recurrent translator of ours it is drawn, but not as if it were right."""
    site = reader("bert").read(TEXT).sites[0]
    right, said = sentences.integrity([site])
    assert right
    assert "checked" in said
    wrong, said = sentences.integrity([site, replace(site, integrity=Integrity(0.0, 0.5))])
    assert not wrong
    assert "do not rely on the picture" in said


def test_a_translator_that_would_change_itself_writes_long_texts_as_before_a_short_one() -> None:
    config = architectures.build("bigbird_pegasus").config
    model: Any = t.BigBirdPegasusForConditionalGeneration(config)
    model.eval()
    block, random = config.block_size, config.num_random_blocks
    translator = Seq2Seq("big", Checkpoint(model, fake.tokenizer()))
    assert translator.limit == (5 + 2 * random) * block
    first = translator.align("a cat " * 14, "the cat", cut=True)
    translator.align("a cat", "the cat")
    again = translator.align("a cat " * 14, "the cat", cut=True)
    assert first.score == again.score
    with pytest.raises(TooLong, match=f"reads at most {translator.limit}"):
        translator.align("a cat " * 80, "the cat")
