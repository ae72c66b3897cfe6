"""Small random encoder–decoders of many kinds, saved to disk as their makers save them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import sentencepiece
import torch
import transformers as t
from tokenizers import ByteLevelBPETokenizer
from transformers.models.mbart import tokenization_mbart
from transformers.models.mbart50 import tokenization_mbart50
from transformers.tokenization_utils_base import generate_merges

from models.families import fake
from tests import tiny_models

ENGLISH = (
    "The cat sat on the mat.", "A dog ran away.", "I love machine learning.", "Is it raining?",
    "The animal did not cross the street because it was too tired.", "Take an umbrella.",
    "She reads a long book about the sea.", "We eat bread and cheese every morning.",
    "My brother works in a small town.", "Where is the station?", "Two red apples, please!",
)  # fmt: skip
FRENCH = (
    "Le chat était assis sur le tapis.", "Un chien s'est enfui.",
    "J'aime l'apprentissage automatique.", "Pleut-il ?", "Prends un parapluie.",
    "L'animal n'a pas traversé la rue parce qu'il était trop fatigué.",
    "Elle lit un long livre sur la mer.", "Nous mangeons du pain et du fromage chaque matin.",
    "Mon frère travaille dans une petite ville.", "Où est la gare ?", "Deux pommes rouges !",
)  # fmt: skip
SPECIAL = ("<s>", "<pad>", "</s>", "<unk>")


def pieces(place: Path, lines: tuple[str, ...], kind: str = "unigram") -> Path:
    """A SentencePiece model of these lines."""
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=str(place), vocab_size=90, model_type=kind,
        hard_vocab_limit=False, character_coverage=1.0, minloglevel=9, num_threads=1,
    )  # fmt: skip
    return place.with_suffix(".model")


def scored(folder: Path) -> list[tuple[str, float]]:
    """Pieces of both languages and their scores, in fairseq's order."""
    read = sentencepiece.SentencePieceProcessor(
        model_file=str(pieces(folder / "both", ENGLISH + FRENCH))
    )
    own = [(read.id_to_piece(n), read.get_score(n)) for n in range(3, read.get_piece_size())]
    (folder / "both.model").unlink()
    (folder / "both.vocab").unlink()
    return [*((piece, 0.0) for piece in SPECIAL), *own]


def t5(folder: Path) -> tuple[Any, Any]:
    vocabulary = [("<pad>", 0.0), ("</s>", 0.0), ("<unk>", 0.0), *scored(folder)[4:]]
    tokenizer: Any = t.T5Tokenizer
    ids: Any = {"pad_token_id": 0, "eos_token_id": 1, "decoder_start_token_id": 0}
    config = t.T5Config(
        vocab_size=len(vocabulary) + 7, d_model=24, d_kv=8, num_layers=2, num_decoder_layers=3,
        num_heads=3, d_ff=37, **ids,
    )  # fmt: skip
    return t.T5ForConditionalGeneration(config), tokenizer(vocab=vocabulary, extra_ids=0)


def bart(folder: Path) -> tuple[Any, Any]:
    trained: Any = ByteLevelBPETokenizer()
    trained.train_from_iterator(ENGLISH + FRENCH, 330, special_tokens=[*SPECIAL, "<mask>"])
    made = json.loads(trained.to_str())["model"]
    tokenizer: Any = t.BartTokenizer
    tokenizer = tokenizer(vocab=made["vocab"], merges=[tuple(m) for m in made["merges"]])
    return t.BartForConditionalGeneration(_bart(t.BartConfig, 340)), tokenizer


def marian(folder: Path, codes: tuple[str, ...] = ()) -> tuple[Any, Any]:
    sides = [pieces(folder / name, lines) for name, lines in (("s", ENGLISH), ("t", FRENCH))]
    read = [sentencepiece.SentencePieceProcessor(model_file=str(side)) for side in sides]
    both = {one.id_to_piece(n) for one in read for n in range(3, one.get_piece_size())}
    order = ["</s>", "<unk>", *codes, *sorted(both)[5:], "<pad>"]  # a few pieces are unknown
    numbers = {piece: number for number, piece in enumerate(order)}
    place = folder / "numbers.json"
    place.write_text(json.dumps(numbers))
    tokenizer: Any = t.MarianTokenizer
    tokenizer = tokenizer(
        str(sides[0]), str(sides[1]), str(place), source_lang="eng", target_lang="fra"
    )
    pad = numbers["<pad>"]
    config = _bart(
        t.MarianConfig, len(numbers), eos_token_id=0, bos_token_id=0, pad_token_id=pad,
        decoder_start_token_id=pad, forced_eos_token_id=0,
    )  # fmt: skip
    return t.MarianMTModel(config), tokenizer


def many(folder: Path) -> tuple[Any, Any]:
    return marian(folder, (">>fra<<", ">>deu<<", ">>zho<<"))


def m2m100(folder: Path) -> tuple[Any, Any]:
    place = pieces(folder / "b", ENGLISH + FRENCH, "bpe")
    read = sentencepiece.SentencePieceProcessor(model_file=str(place))
    order = [*SPECIAL, *(read.id_to_piece(n) for n in range(3, read.get_piece_size()))]
    numbers = {piece: number for number, piece in enumerate(order)}
    (folder / "numbers.json").write_text(json.dumps(numbers))
    tokenizer: Any = t.M2M100Tokenizer
    tokenizer = tokenizer(str(folder / "numbers.json"), str(place), src_lang="en", tgt_lang="fr")
    config = _bart(t.M2M100Config, len(numbers) + 120)
    return t.M2M100ForConditionalGeneration(config), tokenizer


def mbart(folder: Path, kind: str = "MBartTokenizer") -> tuple[Any, Any]:
    module: Any = tokenization_mbart if kind == "MBartTokenizer" else tokenization_mbart50
    codes = [(code, 0.0) for code in module.FAIRSEQ_LANGUAGE_CODES]
    vocabulary = [*scored(folder), *codes, ("<mask>", 0.0)]
    tokenizer = getattr(t, kind)(vocab=vocabulary, src_lang="en_XX", tgt_lang="fr_XX")
    start = 2
    if kind == "MBartTokenizer":
        start = tokenizer.convert_tokens_to_ids("fr_XX")
    config = _bart(t.MBartConfig, len(vocabulary) + 60, decoder_start_token_id=start)
    return t.MBartForConditionalGeneration(config), tokenizer


def mbart50(folder: Path) -> tuple[Any, Any]:
    return mbart(folder, "MBart50Tokenizer")


def nllb(folder: Path) -> tuple[Any, Any]:
    place = pieces(folder / "b", ENGLISH + FRENCH, "bpe")
    read = sentencepiece.SentencePieceProcessor(model_file=str(place))
    order = [*SPECIAL, *(read.id_to_piece(n) for n in range(3, read.get_piece_size()))]
    numbers = {piece: number for number, piece in enumerate(order)}
    tokenizer: Any = t.NllbTokenizer
    tokenizer = tokenizer(vocab=numbers, merges=generate_merges(numbers), src_lang="eng_Latn")
    config = _bart(t.M2M100Config, len(numbers) + 240)
    return t.M2M100ForConditionalGeneration(config), tokenizer


def unequal(folder: Path) -> tuple[Any, Any]:
    """A BERT that reads and a BERT of another depth and width that writes."""
    size: Any = {"vocab_size": tiny_models.VOCABULARY, "intermediate_size": 37,
            "max_position_embeddings": 64}  # fmt: skip
    encoder = t.BertConfig(hidden_size=24, num_hidden_layers=2, num_attention_heads=3, **size)
    decoder = t.BertConfig(
        hidden_size=16, num_hidden_layers=4, num_attention_heads=2, is_decoder=True,
        add_cross_attention=True, **size,
    )  # fmt: skip
    config = t.EncoderDecoderConfig.from_encoder_decoder_configs(encoder, decoder)
    numbers = fake.vocabulary()
    config.decoder_start_token_id = numbers["[CLS]"]
    config.eos_token_id, config.pad_token_id = numbers["[SEP]"], numbers["[PAD]"]
    model: Any = t.EncoderDecoderModel
    return model(config), fake.tokenizer()


def _bart(kind: Any, rows: int, **changes: Any) -> Any:
    sizes = {**tiny_models._BART, "bos_token_id": 0, "pad_token_id": 1, "eos_token_id": 2}
    return kind(**{"vocab_size": rows, **sizes, "decoder_start_token_id": 2, **changes})


KINDS: dict[str, Callable[[Path], tuple[Any, Any]]] = {
    "t5": t5, "bart": bart, "marian": marian, "marian many": many, "m2m100": m2m100,
    "mbart": mbart, "mbart50": mbart50, "nllb": nllb, "unequal": unequal,
}  # fmt: skip


def saved(kind: str, root: Path) -> Path:
    """The folder of a model of this kind, with weights far from uniform."""
    scratch, folder = root / "scratch", root / kind.replace(" ", "-")
    scratch.mkdir()
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(11)
        model, tokenizer = KINDS[kind](scratch)
        for name, parameter in model.named_parameters():
            if parameter.ndim > 1:
                small = "embed" in name or "shared" in name
                torch.nn.init.normal_(parameter, std=0.05 if small else 0.3)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return folder
