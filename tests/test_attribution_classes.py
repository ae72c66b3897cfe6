"""Classes of a text as an output: what the library's own classifier says, and what it reads."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import transformers

from attention_core.errors import AttentionError, TextError
from attention_core.numbers.attribution import ALL, Knobs
from models.families import fake
from models.families.asking import Asker, Wanted
from models.families.reader import Reader
from models.loading.checkpoint import from_folder
from tests.test_attribution import GPT2, SIZES, TEXT

t: Any = transformers
LABELS = {0: "sad", 1: "glad", 2: "<b>neither</b>"}


def built(kind: str) -> Any:
    """A small classifier of the library; `mean` takes the mean of all tokens."""
    torch.manual_seed(4)
    named: dict[str, Any] = {"num_labels": 3, "id2label": LABELS}
    several = {"problem_type": "multi_label_classification"} if kind == "several" else {}
    if kind == "gpt2":
        return t.GPT2ForSequenceClassification(t.GPT2Config(**GPT2, **named, pad_token_id=0))
    if kind == "mean":
        sizes = {name: size for name, size in SIZES.items() if name != "initializer_range"}
        return t.ModernBertForSequenceClassification(
            t.ModernBertConfig(
                **sizes,
                **named,
                classifier_pooling="mean",
                initializer_range=0.3,
                pad_token_id=0,
                bos_token_id=2,
                eos_token_id=3,
                cls_token_id=2,
                sep_token_id=3,
            )
        )
    return t.BertForSequenceClassification(t.BertConfig(**SIZES, **named, **several))


@pytest.fixture(scope="module", params=["bert", "several", "gpt2", "mean"])
def sorting(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """(asker, the library's own model, kind) of a model that sorts texts, in double precision."""
    folder = tmp_path_factory.mktemp(request.param)
    network = built(request.param).eval()
    network.save_pretrained(folder)
    fake.tokenizer().save_pretrained(folder)
    asker = Asker(Reader(request.param, from_folder(folder, folder.parent, ours=True)))
    writer = asker.reader.writer
    assert writer is not None
    writer.model.double()
    return asker, network.double(), request.param


@torch.no_grad()
def said(asker: Asker, network: Any) -> torch.Tensor:
    """(class,): the library's logits for TEXT."""
    found: torch.Tensor = network(**asker.reader.given(TEXT)[2]).logits[0]
    return found


def test_the_classes_are_those_of_the_library(sorting: Any) -> None:
    asker, network, kind = sorting
    assert asker.kinds == ("class", "similarity")
    logits = said(asker, network)
    shares = logits.sigmoid() if kind == "several" else logits.softmax(-1)
    torch.testing.assert_close(asker.shares(TEXT, "class"), shares, rtol=1e-9, atol=1e-12)
    best = asker.candidates(TEXT, "class")
    assert [one.number for one in best] == shares.argsort(descending=True).tolist()
    assert best[0].text == LABELS[best[0].number]


def test_an_output_is_the_logarithm_of_a_class_or_of_one_rather_than_another(sorting: Any) -> None:
    asker, network, kind = sorting
    logits = said(asker, network)
    logs = logits.sigmoid().log() if kind == "several" else logits.log_softmax(-1)
    best = int(logits.argmax())
    assert asker.output(TEXT, Wanted("class")).value == pytest.approx(float(logs[best]), rel=1e-9)
    assert asker.output(TEXT, Wanted("class", 1)).value == pytest.approx(float(logs[1]), rel=1e-9)
    found = asker.output(TEXT, Wanted("class", 1, rather=2)).value
    assert found == pytest.approx(float(logits[1] - logits[2]), rel=1e-9)


def test_it_is_read_from_the_tokens_that_the_classifier_takes(sorting: Any) -> None:
    asker, _network, kind = sorting
    reads = asker.output(TEXT, Wanted("class")).reads
    count = len(reads)
    alone = {"bert": 0, "several": 0, "gpt2": count - 1}
    if kind == "mean":
        assert reads.tolist() == pytest.approx([1 / count] * count)
    else:
        assert reads.tolist() == [float(place == alone[kind]) for place in range(count)]


def test_every_method_answers_or_says_why(sorting: Any) -> None:
    asker, _network, _kind = sorting
    output = asker.output(TEXT, Wanted("class"))
    whole = ALL["leave-one-out"].attribute(output, Knobs()).scores
    value, number = output.value, output.own.nonzero()[0, 0]
    given = output.given[None].clone()
    given[0, number] = output.blank[number]
    assert float(whole[number]) == pytest.approx(value - float(output.numbers(given)[0]), abs=1e-9)
    found = ALL["integrated"].attribute(output, Knobs(steps=64))
    claimed = value - float(output.numbers(output.blank[None])[0])
    assert float(found.scores.sum()) == pytest.approx(claimed, rel=0.05, abs=0.02)


def test_what_is_not_there_gets_a_sentence(sorting: Any) -> None:
    asker, _network, _kind = sorting
    with pytest.raises(TextError, match="3 classes and none of number 7"):
        asker.output(TEXT, Wanted("class", 7))
    with pytest.raises(AttentionError, match="names no words; ask it for the class"):
        asker.output(TEXT, Wanted("next"))
    with pytest.raises(AttentionError, match="names no words; ask it for the class"):
        asker.output(TEXT, Wanted("mask"))
    assert asker.loss(TEXT) is None


def test_a_model_without_classes_says_so(tmp_path: Path) -> None:
    plain = Asker(Reader("fake", fake.checkpoint()))
    with pytest.raises(AttentionError, match="no layer that names words or classes"):
        plain.output(TEXT, Wanted("class"))
    torch.manual_seed(4)
    t.BertForMaskedLM(t.BertConfig(**SIZES)).eval().save_pretrained(tmp_path)
    fake.tokenizer().save_pretrained(tmp_path)
    guessing = Asker(Reader("guessing", from_folder(tmp_path, tmp_path.parent, ours=True)))
    with pytest.raises(AttentionError, match="does not sort texts into classes"):
        guessing.output(TEXT, Wanted("class"))


def test_one_number_for_a_text_is_no_class(tmp_path: Path) -> None:
    torch.manual_seed(4)
    network = t.BertForSequenceClassification(t.BertConfig(**SIZES, num_labels=1))
    network.eval().save_pretrained(tmp_path)
    fake.tokenizer().save_pretrained(tmp_path)
    asker = Asker(Reader("scoring", from_folder(tmp_path, tmp_path.parent, ours=True)))
    assert asker.kinds == ("similarity",)
