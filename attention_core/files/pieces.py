"""What the pieces of any tokenizer spell, and where words begin among them.

>>> pieces(["▁un", "believ", "able", "▁cats"])[0]
Piece(spelt=b'un', joined=False)
>>> [piece.spelt.decode() for piece in pieces(["ĠcafÃ©"])]
['café']
>>> [piece.joined for piece in pieces(["un@@", "believ@@", "able"])]
[False, True, True]
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

END_OF_WORD: Final = "</w>"
SPECIAL: Final = re.compile(
    r"</?s>|<(?:eos|bos|pad)>|\[(?:cls|sep|pad)\]|<\|[a-z_]{1,40}\|>", re.IGNORECASE
)
"""What a model puts into a text by itself."""
_BYTE: Final = re.compile(r"<0x([0-9A-F]{2})>")


class Piece(NamedTuple):
    """A piece of a text: its bytes, which may be a part of a character, without the marks.

    joined  whether no space stands before it
    """

    spelt: bytes
    joined: bool


def pieces(tokens: Sequence[str]) -> list[Piece]:
    """Each token read by the marks that its tokenizer puts on some of them.

    Ġ before a word, one sign for each byte    byte-level BPE (GPT-2, RoBERTa)
    ▁ before a word, <0xE4> for a single byte  SentencePiece
    </w> after a word                          BPE of OpenAI GPT, XLM and CLIP
    ## before, @@ after what belongs together; ￭ on the side where it is joined

    Tokens without any of them are words.
    """
    plain = [token for token in tokens if not SPECIAL.fullmatch(token)]
    if any(token[:1] in ("Ġ", "Ċ") for token in plain) and all(map(_is_bytes, plain)):
        return [_byte_level(token) for token in tokens]
    if any(token.startswith("▁") for token in plain):
        return [_sentence_piece(token) for token in tokens]
    ended = any(token.endswith(END_OF_WORD) and token != END_OF_WORD for token in plain)
    return _in_turn(tokens, _ended if ended else _unmarked)


def _byte_level(token: str) -> Piece:
    spelt = bytes(_BYTES.get(letter, 63) for letter in token)
    bare = spelt.lstrip(b" \n\r\t")
    return Piece(bare, len(bare) == len(spelt))


def _is_bytes(token: str) -> bool:
    return all(letter in _BYTES for letter in token)


def _alphabet() -> dict[str, int]:
    """The sign of each byte: itself where it can be seen, else one of those from U+0100 on.

    Source: bytes_to_unicode in src/encoder.py of https://github.com/openai/gpt-2
    """
    seen = [*range(33, 127), *range(161, 173), *range(174, 256)]
    hidden = [byte for byte in range(256) if byte not in seen]
    return {
        **{chr(byte): byte for byte in seen},
        **{chr(256 + place): byte for place, byte in enumerate(hidden)},
    }


_BYTES: Final = _alphabet()


def _sentence_piece(token: str) -> Piece:
    if found := _BYTE.fullmatch(token):
        return Piece(bytes.fromhex(found[1]), True)
    bare = token.removeprefix("▁")
    return Piece(_encoded(bare), bare == token)


def _in_turn(tokens: Sequence[str], read: Callable[[str], tuple[str, bool, bool]]) -> list[Piece]:
    """Pieces whose marks say whether they are joined to what is before or after them."""
    made, joined = list[Piece](), False
    for token in tokens:
        if SPECIAL.fullmatch(token):
            made.append(Piece(_encoded(token), False))
            continue
        shown, before, after = read(token)
        made.append(Piece(_encoded(shown), joined or before))
        joined = after
    return made


def _ended(token: str) -> tuple[str, bool, bool]:
    bare = token.removesuffix(END_OF_WORD)
    return bare, False, bare == token


def _unmarked(token: str) -> tuple[str, bool, bool]:
    """The characters of the text, and whether they are joined to those before and after."""
    if token.startswith("##") and token != "##":
        return token[2:], True, False
    if token.endswith("@@") and token != "@@":
        return token[:-2], False, True
    if "￭" in (token[:1], token[-1:]) and token != "￭":
        return token.strip("￭"), token.startswith("￭"), token.endswith("￭")
    return token, False, False


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")
