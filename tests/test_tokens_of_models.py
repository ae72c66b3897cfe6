"""Tokens show the reader's own characters, whichever way a tokenizer cuts them."""

from __future__ import annotations

import pytest
from tokenizers import (
    Tokenizer,
    decoders,
    models,
    normalizers,
    pre_tokenizers,
    processors,
    trainers,
)

from attention_core.axes.text import readable
from attention_core.axes.tokens import TextAxis
from models.families import fake
from models.families.tokenization import cut, decoder_input, tokens

CORPUS = [
    "the cat sat on the mat because it was tired",
    "machine learning is the name of the game",
    "un café noir, déjà vu",
] * 20


def wordpiece() -> Tokenizer:
    return fake.tokenizer().backend_tokenizer


def byte_level() -> Tokenizer:
    made = Tokenizer(models.BPE())
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.post_processor = processors.ByteLevel(trim_offsets=True)
    made.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=400, initial_alphabet=alphabet, show_progress=False)
    made.train_from_iterator(CORPUS, trainer)
    return made


def unigram() -> Tokenizer:
    made = Tokenizer(models.Unigram())
    made.normalizer = normalizers.NFKC()
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<unk>", "</s>"]
    trainer = trainers.UnigramTrainer(
        vocab_size=120, unk_token=special[0], special_tokens=special, show_progress=False
    )
    made.train_from_iterator(CORPUS, trainer)
    end = [("</s>", made.token_to_id("</s>"))]
    made.post_processor = processors.TemplateProcessing("$A </s>", "$A </s> $B </s>", end)
    return made


def byte_fallback() -> Tokenizer:
    made = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    made.pre_tokenizer = pre_tokenizers.Metaspace()
    special = ["<unk>", *(f"<0x{byte:02X}>" for byte in range(256))]
    trainer = trainers.BpeTrainer(vocab_size=500, special_tokens=special, show_progress=False)
    made.train_from_iterator(CORPUS, trainer)
    return made


FAMILIES = {
    "wordpiece": wordpiece,
    "byte level": byte_level,
    "unigram": unigram,
    "byte fallback": byte_fallback,
}


@pytest.fixture(scope="module", params=FAMILIES)
def tokenizer(request: pytest.FixtureRequest) -> Tokenizer:
    return FAMILIES[request.param]()


def shown(axis: TextAxis) -> list[str]:
    return [token.text for token in axis.tokens if not token.special]


TEXTS = [
    "the cat sat on the mat",
    "Le café déjà vu, non ?",
    "中文也可以",
    "שלום عليكم",
    "a 👩‍🚀 and a 🦄!",
    "</script><img src=x onerror=alert(1)> <b>bold</b> **x** $x^2$",
    "[CLS] [SEP] <s> </s> <unk> <|endoftext|>",
    "e\u0301 ﬁne ½ Ⅷ",
    "x\u200by\u202ez",
]


@pytest.mark.parametrize("text", TEXTS)
def test_no_mark_of_the_tokenizer_is_shown(tokenizer: Tokenizer, text: str) -> None:
    for token in shown(tokens(tokenizer, readable(text)).axis):
        assert token
        assert not set(token) & set("▁Ġ")
        assert not token.startswith("##")
        assert "<0x" not in token


@pytest.mark.parametrize("text", TEXTS)
def test_every_visible_character_belongs_to_a_token(tokenizer: Tokenizer, text: str) -> None:
    text = readable(text)
    covered = {
        place for token in tokens(tokenizer, text).axis.tokens
        for place in range(token.start, token.end)
    }  # fmt: skip
    missed = {text[place] for place in range(len(text)) if place not in covered}
    assert all(not character.isalnum() and character not in "🦄🚀<>$*" for character in missed)


@pytest.mark.parametrize("text", TEXTS)
def test_tokens_follow_the_text_from_left_to_right(tokenizer: Tokenizer, text: str) -> None:
    starts = [t.start for t in tokens(tokenizer, readable(text)).axis.tokens if not t.special]
    assert starts == sorted(starts)


@pytest.mark.parametrize("family", ["byte level", "byte fallback"])
def test_bytes_of_one_emoji_are_numbered(family: str) -> None:
    axis = tokens(FAMILIES[family](), "the 🦄").axis
    assert shown(axis)[-4:] == ["🦄₁", "🦄₂", "🦄₃", "🦄₄"]
    assert {(token.start, token.end) for token in axis.tokens[-4:]} == {(4, 5)}
    assert axis.groups[-1][-4:] == tuple(range(len(axis) - 4, len(axis)))


def test_a_space_put_in_front_stands_for_no_character() -> None:
    first = tokens(unigram(), "the cat").axis.tokens[0]
    assert (first.text, first.start, first.end, first.piece) == ("␣", 0, 0, "▁")


def test_what_a_reader_types_is_never_a_command() -> None:
    backend = wordpiece()
    backend.encode_special_tokens = True
    axis = tokens(backend, "a [SEP] b").axis
    assert [token.text for token in axis.tokens if token.special] == ["[CLS]", "[SEP]"]
    assert "".join(shown(axis)) == "a[SEP]b"


def test_unknown_words_show_the_readers_characters() -> None:
    axis = tokens(wordpiece(), "the 犬").axis
    assert shown(axis) == ["the", "犬"]
    assert axis.tokens[2].piece == "[UNK]"


def test_the_second_text_follows_in_the_same_axis(tokenizer: Tokenizer) -> None:
    axis = tokens(tokenizer, "the cat", "the mat").axis
    assert axis.text == "the cat\nthe mat"
    assert axis.segment_starts == (0, 8)
    for token in axis.tokens:
        if not token.special:
            assert (token.start >= 8) == (token.segment == 1)
            assert (
                axis.text[token.start : token.end].strip() in ("the cat", "the mat")[token.segment]
            )


def test_words_are_the_same_for_every_tokenizer(tokenizer: Tokenizer) -> None:
    axis = tokens(tokenizer, "the café was noir")
    words = [token.text for token in axis.axis.words.tokens if not token.special]
    assert [word for word in words if word != "␣"] == ["the", "café", "was", "noir"]


@pytest.mark.parametrize("limit", [5, 8, 13, 40])
def test_a_cut_pair_fits_and_keeps_the_shorter_text_whole(tokenizer: Tokenizer, limit: int) -> None:
    long, short = "the cat sat on the mat because it was tired " * 4, "name"
    first, second = cut(tokenizer, readable(long), short, limit)
    assert len(tokens(tokenizer, first, second)) <= limit
    assert long.startswith(first)
    assert second == short or limit < 13


def test_a_cut_keeps_as_many_tokens_as_fit(tokenizer: Tokenizer) -> None:
    text = readable("the cat sat on the mat because it was tired " * 4)
    first, _ = cut(tokenizer, text, "", 20)
    assert 17 <= len(tokens(tokenizer, first)) <= 20


def test_a_decoder_begins_with_its_start_token_and_gets_no_end() -> None:
    target = tokens(unigram(), "the cat")
    end = target.ids[-1]
    given = decoder_input(target, 0, "<pad>", frozenset([end]))
    assert given.ids == (0, *target.ids[:-1])
    assert [t.text for t in given.axis.tokens][:1] == ["<pad>"]
    assert len(given.axis) == len(given.ids)
    assert given.axis.tokens[0].special
