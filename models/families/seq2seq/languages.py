"""How a sequence-to-sequence model is told what language it reads and what it writes.

Some know one pair of languages and need nothing; T5 reads a sentence in front of the text; Marian,
mBART, M2M100 and NLLB have a piece for each language, each in a place of its own.

>>> iso("fra_Latn"), iso("zh_CN"), iso("deu")
('fr', 'zh', 'de')
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from babel.core import get_global
from tokenizers import Tokenizer
from transformers import M2M100Tokenizer, MarianTokenizer, MBartTokenizer, PreTrainedModel

from attention_core.errors import ModelError
from models.families.cutting import for_readers
from models.families.seq2seq import sentencepiece
from models.families.seq2seq.vocabulary import Vocabulary
from models.families.tokenization import guarded
from models.loading.checkpoint import Checkpoint

_CODE = re.compile(r"[a-z]{2,3}_[A-Z][A-Za-z]{1,3}")
_WANTED = ("fr", "en")
"""The languages that are written where nobody says which; our pages begin with French."""


@dataclass(frozen=True)
class Frame:
    """What stands around the texts of one model.

    start   the number that the decoder is given before the first piece
    forced  the piece that every translation must begin with, such as that of its language
    ends    the pieces that end a translation
    banned  numbers that no translation holds: padding, and those that no piece has
    """

    source: Vocabulary
    target: Vocabulary
    start: int
    forced: int | None
    ends: frozenset[int]
    banned: frozenset[int]

    @property
    def languages(self) -> tuple[str, str]:
        return self.source.language, self.target.language


@dataclass(frozen=True)
class Wish:
    """What is asked of a model: codes of its own or ISO 639-1, and a text for the front."""

    source: str = ""
    target: str = ""
    prefix: str = ""


def framed(name: str, checkpoint: Checkpoint, wish: Wish) -> Frame:
    """How the texts of this model are framed for that wish.

    Raises ModelError when the model has no such language, or does not say how a translation starts.
    """
    tokenizer: Any = checkpoint.tokenizer
    if isinstance(tokenizer, MarianTokenizer):
        frame = _marian(name, checkpoint.model, tokenizer, wish)
    elif isinstance(tokenizer, M2M100Tokenizer):
        frame = _m2m100(name, checkpoint.model, tokenizer, wish)
    elif hasattr(tokenizer, "set_tgt_lang_special_tokens"):
        frame = _coded(name, checkpoint.model, tokenizer, wish)
    else:
        frame = _plain(name, checkpoint.model, tokenizer, wish)
    source, target = (
        replace(side, tokenizer=for_readers(side.tokenizer, name, checkpoint.foreign))
        for side in (frame.source, frame.target)
    )
    return replace(frame, source=replace(source, prefix=wish.prefix), target=target)


def _plain(name: str, model: PreTrainedModel, tokenizer: Any, wish: Wish) -> Frame:
    """A model without languages of its own: the tokenizer says what stands around a text."""
    sides = [_fast(tokenizer, iso(language)) for language in (wish.source, wish.target)]
    return _frame(name, model, sides[0], sides[1], forced=_number(model, "forced_bos_token_id"))


def _coded(name: str, model: PreTrainedModel, tokenizer: Any, wish: Wish) -> Frame:
    """mBART, mBART-50 and NLLB: their tokenizers put the codes where they belong.

    mBART's decoder starts with the code of its language; the other two must write it first.
    """
    codes = {code: code for code in tokenizer.get_vocab() if _CODE.fullmatch(code)}
    first = _number(model, "forced_bos_token_id"), _number(model, "decoder_start_token_id")
    known = [str(tokenizer.convert_ids_to_tokens(one)) for one in first if one is not None]
    usual = next((code for code in (tokenizer.tgt_lang, *known) if code in codes), "")
    source = _chosen(name, codes, wish.source, tokenizer.src_lang)
    target = _chosen(name, codes, wish.target, usual, source)
    tokenizer.set_tgt_lang_special_tokens(target)
    written = _fast(tokenizer, iso(target))
    tokenizer.src_lang = source
    number = written.number(target)
    starts = isinstance(tokenizer, MBartTokenizer)
    return _frame(
        name, model, _fast(tokenizer, iso(source)), written,
        forced=None if starts else number, start=number if starts else None,
    )  # fmt: skip


def _m2m100(name: str, model: PreTrainedModel, tokenizer: Any, wish: Wish) -> Frame:
    """M2M100: a code before each text, which a translation must begin with."""
    codes = dict(tokenizer.lang_code_to_token)
    source = _chosen(name, codes, wish.source, tokenizer.src_lang)
    target = _chosen(name, codes, wish.target, tokenizer.tgt_lang or "", source)
    numbers = {**tokenizer.encoder, **tokenizer.lang_token_to_id}
    special = frozenset((*tokenizer.all_special_tokens, *codes.values()))
    sides = [
        Vocabulary(
            sentencepiece.frame(
                guarded(sentencepiece.tokenizer(tokenizer.sp_model, name), special),
                [codes[code]], [tokenizer.eos_token],
            ),
            special, tokenizer.unk_token, numbers, language=iso(code),
        )
        for code in (source, target)
    ]  # fmt: skip
    return _frame(name, model, sides[0], sides[1], forced=numbers[codes[target]])


def _marian(name: str, model: PreTrainedModel, tokenizer: Any, wish: Wish) -> Frame:
    """Marian: where it writes several languages, the source says in front which is wanted."""
    codes = {code.strip("<>"): code for code in tokenizer.supported_language_codes}
    written = wish.target or tokenizer.target_lang or ""
    if codes:
        written = _chosen(name, codes, wish.target, "")
    before = [codes[written]] if codes else []
    special = frozenset((*tokenizer.all_special_tokens, *codes.values()))
    source, target = (
        sentencepiece.frame(
            guarded(sentencepiece.tokenizer(spm, name), special), front, [tokenizer.eos_token]
        )
        for spm, front in ((tokenizer.spm_source, before), (tokenizer.spm_target, []))
    )
    read = wish.source or tokenizer.source_lang or ""
    numbers = tokenizer.encoder
    own = tokenizer.target_encoder if tokenizer.separate_vocabs else numbers
    return _frame(
        name, model,
        Vocabulary(source, special, tokenizer.unk_token, numbers, language=iso(read)),
        Vocabulary(target, special, tokenizer.unk_token, own, language=iso(written)),
        forced=_number(model, "forced_bos_token_id"),
    )  # fmt: skip


def _fast(tokenizer: Any, language: str) -> Vocabulary:
    """A copy of a fast tokenizer as it stands."""
    backend: Tokenizer = tokenizer.backend_tokenizer
    special = {str(t) for t in backend.get_added_tokens_decoder().values() if t.special}
    unknown = tokenizer.unk_token or tokenizer.pad_token or next(iter(special))
    return Vocabulary(
        guarded(Tokenizer.from_str(backend.to_str()), special),
        frozenset((*special, *tokenizer.all_special_tokens)),
        unknown,
        language=language,
    )


def _frame(
    name: str, model: PreTrainedModel, source: Vocabulary, target: Vocabulary,
    forced: int | None, start: int | None = None,
) -> Frame:  # fmt: skip
    for key in ("decoder_start_token_id", "bos_token_id"):
        start = _number(model, key) if start is None else start
    if start is None:
        raise ModelError(
            "{model} does not say which token starts its decoder; choose another model.",
            model=name,
        )
    ends, padding = _numbers(model, "eos_token_id"), _numbers(model, "pad_token_id")
    single = {
        word[0]
        for word in getattr(model.generation_config, "bad_words_ids", None) or ()
        if isinstance(word, list) and len(word) == 1
    }
    nameless = frozenset(range(_rows(model))) - target.known
    banned = frozenset(number for number in padding | single if isinstance(number, int)) - ends
    return Frame(source, target, start, forced, ends, banned | nameless)


def _number(model: PreTrainedModel, key: str) -> int | None:
    return min(_numbers(model, key), default=None)


def _numbers(model: PreTrainedModel, key: str) -> frozenset[int]:
    """What the model says under this name, as far as those are rows that it has."""
    for place in (model.generation_config, model.config, getattr(model.config, "decoder", None)):
        found = getattr(place, key, None)
        if found is not None:
            several = found if isinstance(found, list) else [found]
            return frozenset(n for n in several if isinstance(n, int) and 0 <= n < _rows(model))
    return frozenset()


def _rows(model: PreTrainedModel) -> int:
    """How many numbers the model can write; often a few more than there are pieces."""
    layer: Any = model.get_output_embeddings()  # type: ignore[no-untyped-call]
    return len(layer.weight)


def _chosen(name: str, codes: Mapping[str, str], wanted: str, usual: str, other: str = "") -> str:
    """The model's code for what is wanted: the code itself, or ISO 639-1.

    usual  taken when nothing is wanted; without it a language other than `other`
    """
    if not wanted:
        rest = [code for code in codes if code != other]
        liked = [code for want in _WANTED for code in rest if iso(code) == want]
        return usual if usual in codes else next(iter([*liked, *rest]))
    found = next((code for code in codes if code == wanted), "")
    found = found or next((code for code in codes if iso(code) == wanted), "")
    if found:
        return found
    raise ModelError(
        "{model} has no language “{code}”; it has {count}, such as {known}.",
        model=name,
        code=wanted[:40],
        count=len(codes),
        known=", ".join(sorted(codes)[:6]),
    )


def iso(code: str) -> str:
    """ISO 639-1 of a code such as ``fra_Latn``, ``fr_XX`` or ``fra``; the code itself otherwise."""
    language = code.partition("_")[0].lower()
    aliases: Mapping[str, str] = get_global("language_aliases")
    return aliases.get(language, language)
