"""A small model with random weights, for tests and examples: real in form, untrained in fact.

It is a BERT of two layers with four heads. Its vocabulary is every printable ASCII character, alone
and as the continuation of a word, and a few whole words; nothing is read from a file.

>>> from models.families.reader import Reader
>>> reader = Reader("fake", checkpoint())
>>> [token.text for token in reader.axis("The cat sat").tokens]
['[CLS]', 'The', 'cat', 'sat', '[SEP]']
"""

from __future__ import annotations

import string

import torch
from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors
from transformers import BertConfig, BertModel, PreTrainedTokenizerFast

from models.loading.checkpoint import Checkpoint

SEED = 7
_SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")
_ROLES = ("pad_token", "unk_token", "cls_token", "sep_token", "mask_token")
_WORDS = ("the", "a", "cat", "dog", "animal", "street", "sat", "on", "mat", "it", "was", "did")
_ENDINGS = ("##ing", "##ed", "##s")


def vocabulary() -> dict[str, int]:
    """Each piece and its number, special tokens first."""
    letters = [c for c in string.printable if not c.isspace() and not c.isupper()]
    pieces = [*_SPECIAL, *letters, *("##" + letter for letter in letters), *_WORDS, *_ENDINGS]
    return {piece: number for number, piece in enumerate(dict.fromkeys(pieces))}


def tokenizer() -> PreTrainedTokenizerFast:
    """WordPiece over the small vocabulary, lower-casing, with [CLS] and [SEP] around a text."""
    pieces = vocabulary()
    backend = Tokenizer(models.WordPiece(pieces, unk_token=_SPECIAL[1]))
    backend.normalizer = normalizers.BertNormalizer(lowercase=True)
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    ends = [(name, pieces[name]) for name in ("[CLS]", "[SEP]")]
    pair = "[CLS] $A [SEP] $B:1 [SEP]:1"
    backend.post_processor = processors.TemplateProcessing("[CLS] $A [SEP]", pair, ends)
    return PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend,
        model_max_length=128,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
        **dict(zip(_ROLES, _SPECIAL, strict=True)),
    )


def model() -> BertModel:
    """The network with its random weights, the same at every call."""
    config = BertConfig(
        vocab_size=len(vocabulary()),
        hidden_size=32,
        num_hidden_layers=2,
        num_attention_heads=4,
        intermediate_size=64,
        max_position_embeddings=128,
        initializer_range=0.3,  # wide, so that untrained heads still differ to the eye
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(SEED)
        network = BertModel(config)
    network.train(False)
    return network


def checkpoint() -> Checkpoint:
    """Model and tokenizer, ready for a reader."""
    return Checkpoint(model(), tokenizer())
