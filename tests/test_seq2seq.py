"""Any encoder–decoder as a translator: framed as its makers do, looked at as it really looks."""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import torch
from huggingface_hub import constants
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import (
    AutoModelForSeq2SeqLM,
    AutoTokenizer,
    BartConfig,
    BartForConditionalGeneration,
    FSMTConfig,
    FSMTForConditionalGeneration,
)

from attention_core.errors import (
    AttentionError,
    ModelError,
    ShapeError,
    Superseded,
    TextError,
    TooLong,
)
from attention_core.watching.capture import Call, capture
from attention_core.watching.edit import Edit
from attention_core.watching.record import Site
from models.families import fake
from models.families.seq2seq import Seq2Seq, translator
from models.families.seq2seq.languages import iso
from models.families.seq2seq.search import hypotheses
from models.families.translation import Search, Translating, Translation
from models.loading import hub
from models.loading.checkpoint import Checkpoint, from_folder, pair_from_folder
from tests import tiny_models, tiny_pairs
from tests.test_edit import mixed_results

SOURCE, TARGET = "The cat sat.", "Le chat était assis."
KINDS = list(tiny_pairs.KINDS)
BEAM = Search(3, 0.8)


@pytest.fixture(autouse=True)
def brief(monkeypatch: pytest.MonkeyPatch) -> None:
    """Models of chance seldom end by themselves: they write as little as shows all there is."""
    monkeypatch.setattr(translator, "ROOM", 2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """The saved model of a kind, made once."""
    return cache(lambda kind: tiny_pairs.saved(kind, tmp_path_factory.mktemp("pair")))


@pytest.fixture(scope="module")
def made(folder: Callable[[str], Path]) -> Callable[[str], Seq2Seq]:
    """The translator of a kind, loaded once."""
    return cache(lambda kind: opened(folder(kind)))


def opened(folder: Path, **wish: str) -> Seq2Seq:
    return Seq2Seq(folder.name, pair_from_folder(folder, folder.parent), **wish)


def pieces(translation: Translation) -> list[str]:
    return [token.piece for token in translation.target.tokens]


def whole(site: Site) -> Tensor:
    return site.weights()


# Against what the library says of itself

FIRSTS = {"m2m100": "__fr__", "mbart50": "fr_XX", "nllb": "fra_Latn"}
"""The piece that every translation must begin with."""
STARTS = {"t5": "<pad>", "marian": "<pad>", "marian many": "<pad>", "mbart": "fr_XX",
          "unequal": "[CLS]"}  # fmt: skip
"""What each decoder is given first; the others </s>."""


def expected(kind: str, folder: Path) -> tuple[Any, Any, list[int], list[int]]:
    """(model, tokenizer, source, target) as the library's own tokenizer frames them."""
    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    if kind == "nllb":
        tokenizer.tgt_lang = "fra_Latn"
    text = f">>fra<< {SOURCE}" if kind == "marian many" else SOURCE
    source = tokenizer(text)["input_ids"]
    target = tokenizer(text_target=TARGET)["input_ids"]
    if kind == "mbart":
        target = target[:-1]  # its labels end with the language, which is wrapped to the front
    model: Any = AutoModelForSeq2SeqLM.from_pretrained(folder, attn_implementation="eager")
    return model.train(False), tokenizer, source, target


@pytest.mark.parametrize("kind", KINDS)
def test_a_given_translation_is_framed_and_read_as_the_library_does(
    kind: str, folder: Callable[[str], Path], made: Callable[[str], Seq2Seq]
) -> None:
    model, tokenizer, source, target = expected(kind, folder(kind))
    start = tokenizer.convert_tokens_to_ids(STARTS.get(kind, "</s>"))
    with torch.inference_mode():
        outputs = model(
            input_ids=torch.tensor([source]),
            decoder_input_ids=torch.tensor([[start, *target[:-1]]]),
            output_attentions=True,
        )
    mine = made(kind).align(SOURCE, TARGET)
    for name in ("encoder", "decoder", "cross"):
        sites = [site for site in mine.record.sites if site.kind == name]
        theirs = getattr(outputs, f"{name}_attentions")
        assert len(sites) == len(theirs)
        for site, layer in zip(sites, theirs, strict=True):
            assert whole(site).shape == layer[0].shape
            assert float((whole(site) - layer[0]).abs().max()) <= 1e-5
            assert site.integrity.verified
    logits = outputs.logits[0].index_fill(1, banned(tokenizer, outputs.logits.shape[2]), -math.inf)
    own = 2 if kind in FIRSTS else 1  # the steps that may end, and are not forced
    chances = logits.softmax(-1)[range(own, len(target)), target[own:]]
    assert mine.chosen[own:] == pytest.approx(chances.tolist(), rel=1e-3)


def banned(tokenizer: Any, rows: int) -> Tensor:
    """Padding, and rows without a piece."""
    codes = getattr(tokenizer, "lang_token_to_id", {})  # M2M100 keeps them apart
    numbers = {*tokenizer.get_vocab().values(), *codes.values()} - {tokenizer.pad_token_id}
    return torch.tensor(sorted(set(range(rows)) - numbers))


@pytest.mark.parametrize("kind", KINDS)
def test_every_axis_fits_its_site(kind: str, made: Callable[[str], Seq2Seq]) -> None:
    translation = made(kind).align(SOURCE, TARGET)
    source, target = translation.source, translation.target
    assert (source.name, target.name) == ("source", "target")
    assert (source.text, target.text, translation.text) == (SOURCE, TARGET, TARGET)
    for site in translation.record.sites:
        assert site.queries is (source if site.kind == "encoder" else target)
        assert site.weights([0]).shape == (1, len(site.queries), len(site.keys))
        if site.kind == "decoder":
            shifted = [token.piece for token in target.tokens[:-1]]
            assert [token.piece for token in site.keys.tokens[1:]] == shifted
            assert site.keys.tokens[0].special
        else:
            assert site.keys is source
    assert len(translation.chosen) == len(translation.candidates) == len(target)
    assert len(translation.cross) == {"unequal": 4}.get(kind, 3)


@pytest.mark.parametrize("kind", KINDS)
def test_what_the_model_puts_around_texts_is_special_and_nothing_else(
    kind: str, made: Callable[[str], Seq2Seq]
) -> None:
    for axis in (made(kind).align(SOURCE, TARGET).source, made(kind).align(SOURCE, TARGET).target):
        spoken = [t for t in axis.tokens if not t.special]
        covered = {place for t in spoken for place in range(t.start, t.end)}
        assert covered >= {at for at, letter in enumerate(axis.text) if letter != " "}
        assert all(t.start == t.end for t in axis.tokens if t.special)
        assert axis.tokens[-1].special


@pytest.mark.parametrize("kind", KINDS)
def test_pieces_that_were_written_lie_where_a_reader_would_have_typed_them(
    kind: str, made: Callable[[str], Seq2Seq]
) -> None:
    """Random models write nonsense, so the pieces of a real sentence are written instead."""
    side = made(kind).frame.target
    text = "le chat et la mer." if kind == "unequal" else TARGET
    typed = side.read(text, "target")
    written = side.written(typed.ids, "target")
    if any(number == side.number(side.unknown) for number in typed.ids):
        assert kind in ("marian", "marian many")  # their vocabularies lack a few pieces
        return
    assert written.axis.text == text
    for there, here in zip(typed.axis.tokens, written.axis.tokens, strict=True):
        assert (there.piece, there.special) == (here.piece, here.special)
        if text[there.start : there.end].strip():
            spaces = text[there.start] == " "  # a tokenizer may count the space in front
            assert (here.start, here.end) == (there.start + spaces, there.end)


@pytest.mark.parametrize("kind", ["marian", "m2m100"])
@pytest.mark.parametrize(
    "text", [*tiny_pairs.ENGLISH, *tiny_pairs.FRENCH, "  Zoë  ran ½ away…  ", "it ´s ¨ so ¨"]
)
def test_sentencepiece_files_cut_as_sentencepiece_does(
    kind: str, text: str, folder: Callable[[str], Path], made: Callable[[str], Seq2Seq]
) -> None:
    tokenizer: Any = AutoTokenizer.from_pretrained(folder(kind))
    read, written = made(kind).frame.source, made(kind).frame.target
    assert list(read.read(text, "source").ids) == tokenizer(text)["input_ids"]
    found = list(written.read(text, "target").ids)
    assert found == tokenizer(text_target=text)["input_ids"]


# Against what generation itself did


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [1, 4])
def test_the_looks_of_the_best_translation_are_those_of_the_beam_that_wrote_it(
    kind: str, width: int, made: Callable[[str], Seq2Seq]
) -> None:
    """Step by step, with a cache, in whichever row of the batch the beam then stood."""
    model = made(kind)
    source = model.frame.source.read(SOURCE, "source")
    with capture() as collector:
        best = hypotheses(model._model, model.frame, source.ids, BEAMS[width], most(model))[0]
    translation = model.translate(SOURCE, BEAMS[width])
    assert pieces(translation) == list(map(model.frame.target.piece, best.pieces))
    for site in translation.cross:
        module = model.watch.places[site.name]
        calls = [call for call in collector.calls if call.module is module]
        assert len(calls) >= len(best.pieces)
        for step, row in enumerate(best.rows):
            looked = of_row(calls[step], row)
            assert looked.shape[1] == 1
            assert float((looked[:, 0] - whole(site)[:, step]).abs().max()) <= 2e-5


BEAMS = {1: Search(1), 4: Search(4, 1.0)}


def most(model: Seq2Seq) -> int:
    """The pieces that it writes at most for SOURCE."""
    return min(model.limit, 2 * len(model.axis(SOURCE)) + translator.ROOM)


def of_row(call: Call, row: int) -> Tensor:
    source = call.sources[row]
    return source.weights(range(len(source.query)), slice(None))


def test_beams_really_change_places(made: Callable[[str], Seq2Seq]) -> None:
    """Otherwise the test above would prove little."""
    moved = 0
    for kind in KINDS:
        model = made(kind)
        source = model.frame.source.read(SOURCE, "source")
        best = hypotheses(model._model, model.frame, source.ids, BEAMS[4], most(model))[0]
        moved += len(set(best.rows[1:])) > 1
    assert moved >= 5


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("width", [1, 3])
def test_probabilities_are_those_that_the_search_went_by(
    kind: str, width: int, made: Callable[[str], Seq2Seq]
) -> None:
    model = made(kind)
    source = model.frame.source.read(SOURCE, "source")
    search = Search(width, 0.8)
    best = hypotheses(model._model, model.frame, source.ids, search, most(model))[0]
    translation = model.translate(SOURCE, search)
    logs = [math.log(chance) for chance in translation.chosen]
    assert logs == pytest.approx(best.log_probabilities, abs=2e-4)
    assert best.score == pytest.approx(sum(logs) / len(logs) ** 0.8, abs=1e-3)
    own = logs[1:] if model.frame.forced is not None else logs
    assert translation.score == pytest.approx(sum(own) / len(own), abs=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_a_beam_of_one_takes_the_likeliest_piece_at_every_step(
    kind: str, made: Callable[[str], Seq2Seq]
) -> None:
    translation = made(kind).translate(SOURCE, Search(1))
    for row, piece, share in zip(
        translation.candidates, pieces(translation), translation.chosen, strict=True
    ):
        assert row[0].piece == piece
        assert row[0].probability == pytest.approx(share)
        assert [c.probability for c in row] == sorted((c.probability for c in row), reverse=True)
    assert translation.alternatives == ()


@pytest.mark.parametrize("kind", KINDS)
def test_the_tree_holds_the_ways_to_all_translations_found(
    kind: str, made: Callable[[str], Seq2Seq]
) -> None:
    translation = made(kind).translate(SOURCE, BEAM)
    tree = translation.tree
    ends = [node for node in tree if node.score is not None]
    assert len(ends) == 3
    assert max(node.score for node in ends if node.score is not None) == ends[0].score
    way = [node for node in tree if node.chosen]
    assert [node.log_probability for node in way] == pytest.approx(
        [math.log(share) for share in translation.chosen], abs=2e-4
    )
    assert ends[0].way == translation.text
    assert {node.way for node in ends} <= {
        translation.text,
        *(other.text for other in translation.alternatives),
    }
    for place, node in enumerate(tree):
        assert node.parent < place
        before = tree[node.parent].total if node.parent >= 0 else 0.0
        assert node.total == pytest.approx(before + node.log_probability, abs=1e-5)
    scores = [one.score for one in translation.alternatives]
    assert scores == sorted(scores, reverse=True)
    assert translation.text not in [one.text for one in translation.alternatives]


@pytest.mark.parametrize("kind", ["t5", "m2m100", "mbart"])
def test_one_word_that_is_written_and_then_given_is_looked_at_alike(
    kind: str, made: Callable[[str], Seq2Seq]
) -> None:
    """The given target goes through the tokenizer, the written one does not."""
    model = made(kind)
    given = model.align(SOURCE, "la mer")
    source = model.frame.source.read(SOURCE, "source")
    ids = [model.frame.target.number(piece) for piece in pieces(given)]
    again = model._follow(source, model.frame.target.written(ids, "target"), (), lambda: False)
    assert again.text == given.text == "la mer"
    assert again.chosen == given.chosen
    for one, other in zip(again.record.sites, given.record.sites, strict=True):
        assert torch.equal(whole(one), whole(other))


def test_it_is_a_translator_like_ours(made: Callable[[str], Seq2Seq]) -> None:
    model: Translating = made("marian")
    assert model.languages == ("en", "fr")
    assert (model.name, model.limit) == ("marian", 64)


# Languages and prefixes


@pytest.mark.parametrize("kind", FIRSTS)
def test_a_translation_must_begin_with_its_language(
    kind: str, made: Callable[[str], Seq2Seq]
) -> None:
    for translation in (made(kind).translate(SOURCE, BEAM), made(kind).align(SOURCE, TARGET)):
        first = translation.target.tokens[0]
        assert (first.piece, first.special) == (FIRSTS[kind], True)
        assert translation.chosen[0] == 1
        assert [c.piece for c in translation.candidates[0]] == [FIRSTS[kind]]
        assert translation.target.language == "fr"


CHOICES = {
    ("m2m100", "de", "zh"): ("__de__", "__zh__", ("de", "zh")),
    ("mbart50", "de_DE", "ja_XX"): ("de_DE", "ja_XX", ("de", "ja")),
    ("nllb", "deu_Latn", "zho_Hans"): ("deu_Latn", "zho_Hans", ("de", "zh")),
    ("nllb", "de", "it"): ("deu_Latn", "ita_Latn", ("de", "it")),
}


@pytest.mark.parametrize("choice", CHOICES)
def test_languages_are_chosen_by_their_code_or_by_iso(
    choice: tuple[str, str, str], folder: Callable[[str], Path]
) -> None:
    kind, source, target = choice
    model = opened(folder(kind), source_language=source, target_language=target)
    translation = model.align(SOURCE, TARGET)
    read, written, languages = CHOICES[choice]
    assert translation.source.tokens[0].piece == read
    assert translation.target.tokens[0].piece == written
    assert (
        model.languages == languages == (translation.source.language, translation.target.language)
    )


def test_mbart_ends_its_source_with_the_language_and_starts_its_decoder_with_the_other(
    folder: Callable[[str], Path],
) -> None:
    model = opened(folder("mbart"), source_language="ro", target_language="de_DE")
    translation = model.align(SOURCE, TARGET)
    assert [t.piece for t in translation.source.tokens[-2:]] == ["</s>", "ro_RO"]
    assert translation.record.site("decoder.0").keys.tokens[0].piece == "de_DE"
    assert not translation.target.tokens[0].special
    assert model.languages == ("ro", "de")


def test_marian_says_in_front_of_the_source_what_is_to_be_written(
    folder: Callable[[str], Path],
) -> None:
    model = opened(folder("marian many"), target_language="zho")
    first = model.axis(SOURCE).tokens[0]
    assert (first.piece, first.special, first.start, first.end) == (">>zho<<", True, 0, 0)
    assert model.languages == ("en", "zh")
    assert opened(folder("marian many")).axis(SOURCE).tokens[0].piece == ">>fra<<"


@pytest.mark.parametrize("kind", ["m2m100", "mbart", "mbart50", "nllb", "marian many"])
@pytest.mark.parametrize("side", ["source_language", "target_language"])
def test_a_language_that_is_not_there_is_refused_and_some_named(
    kind: str, side: str, folder: Callable[[str], Path]
) -> None:
    if (kind, side) == ("marian many", "source_language"):
        side = "target_language"  # its sources have no code
    with pytest.raises(ModelError, match=r"has no language “tlh_Latn”; it has \d+, such as \S+, "):
        opened(folder(kind), **{side: "tlh_Latn"})


@pytest.mark.parametrize(
    ("code", "language"),
    [
        ("fra_Latn", "fr"),
        ("fr_XX", "fr"),
        ("zho_Hans", "zh"),
        ("eng", "en"),
        ("de", "de"),
        ("", ""),
    ],
)
def test_codes_are_known_by_their_iso_language(code: str, language: str) -> None:
    assert iso(code) == language


def test_a_prefix_is_read_by_the_model_but_is_not_the_readers_text(
    folder: Callable[[str], Path], made: Callable[[str], Seq2Seq]
) -> None:
    prefix = "translate English to French: "
    model = opened(folder("t5"), prefix=prefix, source_language="en", target_language="fr")
    axis = model.axis(SOURCE)
    tokenizer: Any = AutoTokenizer.from_pretrained(folder("t5"))
    read = model.frame.source.read(SOURCE, "source")
    assert list(read.ids) == tokenizer(prefix + SOURCE)["input_ids"]
    assert axis.text == SOURCE
    assert model.languages == ("en", "fr")
    spoken = [(t.piece, t.start, t.end) for t in axis.tokens if not t.special]
    plain = [(t.piece, t.start, t.end) for t in made("t5").axis(SOURCE).tokens if not t.special]
    assert spoken == plain[1:]  # a lone space comes first there, and belongs to the prefix here
    translation = model.translate(SOURCE, BEAM)
    assert translation.cross[0].weights([0]).shape[2] == len(axis) > len(plain) + 10
    assert all(site.integrity.verified for site in translation.record.sites)
    words = [t.text for t in axis.words.tokens if not t.special]
    assert words == ["The", "cat", "sat", "."]


def test_what_a_reader_types_is_never_a_special_token(made: Callable[[str], Seq2Seq]) -> None:
    for kind in KINDS:
        for text in ("a </s> fr_XX [SEP]", "</s>", "a<pad>b", "__fr__ fra_Latn >>fra<< <unk> b"):
            read = made(kind).frame.source.read(text, "source")
            numbers = {n for t, n in zip(read.axis.tokens, read.ids, strict=True) if not t.special}
            side = made(kind).frame.source
            special = {side.piece(n) for n in numbers if side.is_special(n)}
            assert special <= {side.unknown}


def test_characters_the_vocabulary_lacks_are_named(made: Callable[[str], Seq2Seq]) -> None:
    assert made("t5").translate("The 猫 sat ♞.", BEAM).unknown == ("猫", "♞")
    assert made("t5").translate("The cat sat.", BEAM).unknown == ()


# Bad input


@pytest.mark.parametrize("text", ["", "  ", "\u200b", "\x00"])
def test_nothing_to_read_is_an_invitation(text: str, made: Callable[[str], Seq2Seq]) -> None:
    model = made("bart")
    with pytest.raises(TextError):
        model.axis(text)
    with pytest.raises(TextError):
        model.translate(text)
    with pytest.raises(TextError):
        model.align(SOURCE, text)


@pytest.mark.parametrize("kind", ["marian many", "unequal", "mbart50"])
def test_a_long_text_is_cut_only_where_the_reader_agrees(
    kind: str, made: Callable[[str], Seq2Seq]
) -> None:
    model, text = made(kind), "the cat sat on the mat " * 30
    with pytest.raises(TooLong, match=r"tokens; this model reads at most 64"):
        model.translate(text)
    with pytest.raises(TooLong):
        model.align("the cat", text)
    for translation in (
        model.translate(text, Search(1), cut=True), model.align(text, "la mer", cut=True),
        model.align("the sea", text, cut=True),
    ):  # fmt: skip
        longest = max(len(translation.source), len(translation.target))
        assert 55 <= longest <= 64 or len(translation.source) < 64
        assert max(len(translation.source), len(translation.target)) <= 64
        assert "tokens were read" in translation.record.notes[0]
        assert translation.source.tokens[-1].special


def test_a_text_beyond_all_measure_is_refused_before_it_is_tokenized(
    made: Callable[[str], Seq2Seq],
) -> None:
    with pytest.raises(TextError, match="1,000,001 characters"):
        made("t5").translate("a" * 1_000_001)


def test_the_operators_limit_is_kept(
    folder: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ATLAS_MAX_TOKENS", "20")
    model = opened(folder("bart"))
    assert model.limit == 20
    assert len(model.translate("The cat.", Search(1)).target) <= 20


def test_weights_that_are_no_numbers_are_refused(
    folder: Callable[[str], Path], tmp_path: Path
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    for file in folder("bart").iterdir():
        (broken / file.name).write_bytes(file.read_bytes())
    weights = load_file(broken / "model.safetensors")
    weights["model.encoder.layers.0.fc1.weight"][0, 0] = math.nan
    save_file(weights, broken / "model.safetensors", {"format": "pt"})
    with pytest.raises(ModelError, match="NaN or infinite"):
        pair_from_folder(broken, tmp_path)
    (broken / "model.safetensors").rename(broken / "pytorch_model.bin")
    with pytest.raises(ModelError, match="pickle"):
        pair_from_folder(broken, tmp_path)


def test_a_model_that_writes_nothing_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "reads-only"
    fake.model().save_pretrained(place)
    fake.tokenizer().save_pretrained(place)
    with pytest.raises(ModelError, match=r"\(bert\) does not write one text from another"):
        pair_from_folder(place, tmp_path)


def test_a_model_without_a_start_for_its_decoder_is_named() -> None:
    sizes: Any = tiny_models._BART
    config: Any = BartConfig(vocab_size=tiny_models.VOCABULARY, **sizes)
    config.decoder_start_token_id = config.bos_token_id = None
    model: Any = BartForConditionalGeneration
    model = model._from_config(config, attn_implementation="eager").train(False)
    model.generation_config.decoder_start_token_id = model.generation_config.bos_token_id = None
    with pytest.raises(ModelError, match="starts its decoder"):
        Seq2Seq("nameless", Checkpoint(model, fake.tokenizer()))


def fsmt() -> Seq2Seq:
    """The kind of model that won at WMT 2019; it computes attention by code of its own."""
    sizes: Any = tiny_models._BART
    config: Any = FSMTConfig(
        langs=["en", "fr"], src_vocab_size=tiny_models.VOCABULARY,
        tgt_vocab_size=tiny_models.VOCABULARY, **sizes,
    )  # fmt: skip
    model: Any = FSMTForConditionalGeneration
    model = model._from_config(config, attn_implementation="eager").train(False)
    return Seq2Seq("fsmt", Checkpoint(model, fake.tokenizer()))


def test_a_model_that_only_reports_its_weights_says_so_and_is_not_edited() -> None:
    model = fsmt()
    assert not model.routed
    translation = model.translate(SOURCE, BEAM)
    assert len(translation.cross) == 3
    assert "can be checked, but not changed" in translation.record.notes[-1]
    assert all(site.integrity.verified for site in translation.cross)
    with pytest.raises(AttentionError, match=r"no attention “cross\.0” to change"):
        model.translate(SOURCE, edits=[Edit("cross.0", "zero")])


# Edits


@pytest.mark.parametrize("kind", KINDS)
def test_without_a_cache_the_search_finds_the_same(
    kind: str, made: Callable[[str], Seq2Seq]
) -> None:
    """An edit of no cell changes nothing, though every step is then worked out anew."""
    plain = made(kind).translate(SOURCE, BEAM)
    same = made(kind).translate(SOURCE, BEAM, edits=[Edit("cross.0", "zero", None, (0,), ())])
    assert pieces(same) == pieces(plain)
    assert same.chosen == pytest.approx(plain.chosen, rel=1e-3)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("site", ["encoder.1", "decoder.1", "cross.1"])
def test_the_search_goes_by_the_edited_attention_and_the_record_shows_it(
    kind: str, site: str, made: Callable[[str], Seq2Seq]
) -> None:
    model = made(kind)
    edits = [Edit(site, "zero", heads=(1,), queries=(0, 3, 5)), Edit(site, "uniform", heads=(0,))]
    source = model.frame.source.read(SOURCE, "source")
    translation = model.translate(SOURCE, BEAM, edits=edits)
    shown = translation.record.site(site)
    weights = shown.weights()
    assert float(weights[1, [0, 3, 5]].abs().max()) == 0
    assert float(weights[1, [1, 2, 4]].sum(-1).min()) > 0.99
    equal = shown.allowed().float() / shown.allowed().sum(-1, keepdim=True)
    torch.testing.assert_close(weights[0], equal)
    assert all(one.integrity.verified for one in translation.record.sites)
    logs = [node.log_probability for node in translation.tree if node.chosen]
    assert [math.log(share) for share in translation.chosen] == pytest.approx(logs, abs=2e-4)
    assert len(source) == len(translation.source)
    plain = model.align(SOURCE, TARGET)
    changed = model.align(SOURCE, TARGET, edits=edits)
    assert changed.chosen != pytest.approx(plain.chosen, rel=1e-4)


@pytest.mark.parametrize("kind", KINDS)
def test_edits_of_all_steps_alike_are_searched_with_a_cache(
    kind: str, made: Callable[[str], Seq2Seq]
) -> None:
    model = made(kind)
    edits = [Edit("cross.1", "zero", heads=(1,)), Edit("cross.0", "uniform", keys=(0, 1, 2)),
             Edit("decoder.1", "set", heads=(0,), keys=(0,), value=0.5),
             Edit("encoder.1", "uniform", queries=(2,))]  # fmt: skip
    with capture() as collector:
        translation = model.translate(SOURCE, BEAM, edits=edits)
    seen = [call for call in collector.calls if call.module is model.watch.places["cross.1"]]
    assert {call.sources[0].query.shape[1] for call in seen} == {1}
    logs = [node.log_probability for node in translation.tree if node.chosen]
    assert [math.log(share) for share in translation.chosen] == pytest.approx(logs, abs=2e-4)


@pytest.mark.parametrize("kind", ["t5", "marian", "unequal"])
def test_editing_one_step_leaves_the_steps_before_it(
    kind: str, made: Callable[[str], Seq2Seq]
) -> None:
    model = made(kind)
    plain = model.translate(SOURCE, Search(1))
    edits = [Edit("cross.0", "set", queries=(4,), keys=(2,)),
             Edit("cross.1", "zero", queries=(4,))]  # fmt: skip
    changed = model.translate(SOURCE, Search(1), edits=edits)
    assert pieces(changed)[:4] == pieces(plain)[:4]
    assert changed.chosen[:4] == pytest.approx(plain.chosen[:4], rel=1e-3)
    assert changed.chosen[4] != pytest.approx(plain.chosen[4], rel=1e-3)
    looked = changed.record.site("cross.0").weights()
    assert (looked[:, 4, 2] == 1).all()


def test_an_edit_of_what_is_not_there_is_refused(made: Callable[[str], Seq2Seq]) -> None:
    model = made("t5")
    with pytest.raises(AttentionError, match=r"no attention “cross\.9” .*cross\.2"):
        model.translate(SOURCE, edits=[Edit("cross.9", "zero")])
    with pytest.raises(ShapeError, match=r"no head 3 at cross\.1: its 3 heads"):
        model.align(SOURCE, TARGET, edits=[Edit("cross.1", "zero", heads=(3,))])
    assert model.align(SOURCE, TARGET).cross[1].integrity.verified


def test_one_readers_edits_never_reach_another(made: Callable[[str], Seq2Seq]) -> None:
    model = made("marian")

    edits = [Edit("cross.1", "uniform")]

    def looks(edits: Sequence[Edit]) -> Tensor:
        sites = model.align(SOURCE, TARGET, edits=edits).cross
        return torch.cat([site.weights().flatten() for site in sites])

    assert mixed_results(lambda: looks(()), lambda: looks(edits), 40) == [0, 0]


# Many readers


def test_a_superseded_request_gives_up_before_within_and_after_the_search(
    made: Callable[[str], Seq2Seq],
) -> None:
    model = made("bart")
    asked = 0

    def count() -> bool:
        nonlocal asked
        asked += 1
        return False

    model.translate(SOURCE, BEAM, cancelled=count)
    assert asked > 10
    for patience in (0, 1, 3, asked - 2, asked - 1):
        left = iter([False] * patience)

        def impatient(left: Iterator[bool] = left) -> bool:
            return next(left, True)

        with pytest.raises(Superseded):
            model.translate(SOURCE, BEAM, cancelled=impatient)
    with pytest.raises(Superseded):
        model.align(SOURCE, TARGET, cancelled=lambda: True)
    assert model.translate(SOURCE, BEAM).text


def test_two_readers_translate_at_once_each_their_own_text(made: Callable[[str], Seq2Seq]) -> None:
    model = made("t5")
    texts = (SOURCE, "Take an umbrella, my brother.")
    right = [model.translate(text, BEAM) for text in texts]
    wrong, done = [0, 0], [0, 0]
    barrier = threading.Barrier(2, timeout=60)

    def read(mine: int) -> None:
        for _ in range(3):
            barrier.wait()
            found = model.translate(texts[mine], BEAM)
            same = all(
                torch.equal(whole(a), whole(b))
                for a, b in zip(found.cross, right[mine].cross, strict=True)
            )
            wrong[mine] += not (same and found.text == right[mine].text)
            done[mine] += 1

    threads = [threading.Thread(target=read, args=(mine,)) for mine in (0, 1)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (wrong, done) == ([0, 0], [3, 3])


def test_the_models_own_habits_of_generation_are_left_aside(
    folder: Callable[[str], Path],
) -> None:
    """A file may ask for sampling or a ban of repetition; what is shown is the plain beam."""
    place = folder("unequal")
    checkpoint = pair_from_folder(place, place.parent)
    habits: Any = checkpoint.model.generation_config
    habits.no_repeat_ngram_size, habits.do_sample, habits.max_length = 1, True, 3
    with_habits = Seq2Seq("habits", checkpoint).translate(SOURCE, BEAM)
    assert pieces(with_habits) == pieces(opened(place).translate(SOURCE, BEAM))
    assert len(set(pieces(with_habits))) < len(pieces(with_habits))
    assert len(with_habits.target) > 3


def test_a_model_of_the_hub_is_taken_from_the_cache_with_the_links_that_it_has(
    folder: Callable[[str], Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cache keeps the files in one place and links to them from another."""
    blobs, place = tmp_path / "models--us--opus" / "blobs", tmp_path / "models--us--opus"
    snapshot = place / "snapshots" / "abc"
    snapshot.mkdir(parents=True)
    blobs.mkdir()
    for file in folder("marian").iterdir():
        (blobs / file.name).write_bytes(file.read_bytes())
        (snapshot / file.name).symlink_to(blobs / file.name)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    model = Seq2Seq("hub:us/opus", pair_from_folder(*hub.place("us/opus"), links=True))
    assert model.align(SOURCE, TARGET).text == TARGET


def test_typed_special_tokens_are_text_and_said_to_be(made: Callable[[str], Seq2Seq]) -> None:
    (note,) = made("marian").align(f"{SOURCE} </s>", TARGET).record.notes
    assert note == "Read as plain text, and not as the model's own tokens: </s>."
    assert not made("marian").align(SOURCE, TARGET).record.notes


def test_a_typed_sign_that_is_read_as_a_blank_is_said(made: Callable[[str], Seq2Seq]) -> None:
    (note,) = made("marian").align("the▁cat", TARGET).record.notes
    assert note == "Read as a blank, which this model writes so: ▁."


def test_a_translator_that_explore_cannot_read_is_sent_to_translate(
    folder: Callable[[str], Path],
) -> None:
    place = folder("marian")
    with pytest.raises(ModelError, match="understood on the page Translate only"):
        from_folder(place, place.parent)


def test_a_folder_without_a_tokenizer_is_refused(tmp_path: Path) -> None:
    place = tmp_path / "bare"
    tiny_pairs.KINDS["unequal"](tmp_path)[0].save_pretrained(place)
    with pytest.raises(ModelError, match="has no tokenizer"):
        pair_from_folder(place, tmp_path)
