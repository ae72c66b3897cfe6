"""Words, sub-words and characters in many scripts, and merging that conserves."""

from __future__ import annotations

import unicodedata

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as some
from torch import Tensor

from attention_core.axes.merging import merge_keys, merge_queries
from attention_core.axes.text import readable, visible
from attention_core.axes.tokens import TextAxis, Token
from attention_core.axes.words import word_spans
from attention_core.errors import TextError
from tests.sample import axis

FAMILY = "👩‍👩‍👧‍👦"
TECHNICIAN = "👩🏽‍💻"
ENGLAND = "🏴\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f"


def words(text: str, language: str = "") -> list[str]:
    return [text[start:end] for start, end in word_spans(text, language)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't know.", ["I", "don't", "know", "."]),
        ("It’s well-known, isn't it?", ["It’s", "well-known", ",", "isn't", "it", "?"]),
        ("  two   spaces ", ["two", "spaces"]),
        ("“Oh!” (yes)", ["“", "Oh", "!", "”", "(", "yes", ")"]),
        ("</s><b>", ["<", "/", "s", ">", "<", "b", ">"]),
        ("snake_case 3D", ["snake_case", "3D"]),
        ("H₂O, 3½ m² x‿y", ["H₂O", ",", "3½", "m²", "x", "‿", "y"]),
        ("我爱机器学习。", ["我", "爱", "机", "器", "学", "习", "。"]),
        ("我用GPU训练", ["我", "用", "GPU", "训", "练"]),
        ("한국 日本語カナ", ["한", "국", "日", "本", "語", "カ", "ナ"]),
        ("مرحبا بالعالم!", ["مرحبا", "بالعالم", "!"]),
        ("كِتَابٌ", ["كِتَابٌ"]),
        ("שָׁלוֹם עולם", ["שָׁלוֹם", "עולם"]),
        ("हिन्दी भाषा", ["हिन्दी", "भाषा"]),
        ("می‌خواهم", ["می‌خواهم"]),
        ("cafe\u0301 Z\u0351\u0346algo", ["cafe\u0301", "Z\u0351\u0346algo"]),
        (f"hi {FAMILY}!", ["hi", FAMILY, "!"]),
        (f"{TECHNICIAN}👍🏿", [TECHNICIAN, "👍🏿"]),
        ("🤷🏽‍♂️❤️1️⃣", ["🤷🏽‍♂️", "❤️", "1️⃣"]),
        (f"🇫🇷🇨🇳 {ENGLAND}", ["🇫🇷", "🇨🇳", ENGLAND]),
        ("", []),
        (" \t\n", []),
    ],
)
def test_words_are_what_a_reader_of_the_script_calls_words(text: str, expected: list[str]) -> None:
    assert words(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("J'aime l'apprentissage.", ["J'", "aime", "l'", "apprentissage", "."]),
        ("J’ai vu aujourd’hui.", ["J’", "ai", "vu", "aujourd’hui", "."]),
        ("Jusqu'à Aujourd'hui", ["Jusqu'", "à", "Aujourd'hui"]),
        ("d'aujourd'hui", ["d'", "aujourd'hui"]),
        ("j't'aime", ["j'", "t'", "aime"]),
        ("Qu'est-ce que c'est ?", ["Qu'", "est-ce", "que", "c'", "est", "?"]),
        ("peut-être l'été", ["peut-être", "l'", "été"]),
    ],
)
def test_french_is_cut_after_its_apostrophe(text: str, expected: list[str]) -> None:
    assert words(text, "fr") == expected


@settings(deadline=None)
@given(some.text(max_size=30), some.sampled_from(["", "fr", "en"]))
def test_words_cover_every_visible_character_once_and_in_order(text: str, language: str) -> None:
    spans = word_spans(text, language)
    places = [place for start, end in spans for place in range(start, end)]
    assert places == sorted(set(places))
    assert {place for place, c in enumerate(text) if not c.isspace()} <= set(places)


def test_a_very_long_text_is_cut_in_no_time() -> None:
    text = "j'" * 20_000 + "aime " + "👩\u200d" * 20_000 + "-'" * 20_000
    assert len(word_spans(text, "fr")) > 20_000


@pytest.mark.parametrize(
    ("typed", "read"),
    [
        ("  Hello \n\t world ", "Hello world"),
        ("cafe\u0301", "café"),
        ("a\x00b\ud800c\udfff", "abc"),
        ("two\u00a0words\u3000more", "two words more"),
        (f"{FAMILY}", FAMILY),
        ("</script><img src=x>", "</script><img src=x>"),
        ("?", "?"),
    ],
)
def test_the_text_to_read_is_what_was_typed_less_what_cannot_be_read(typed: str, read: str) -> None:
    assert readable(typed) == read
    read.encode()


@pytest.mark.parametrize(
    "typed", ["", "  \n", "\x00", "\ud83d", "\u200b\u200d", "\u0301", "\u202e"]
)
def test_a_text_without_a_visible_character_is_answered_with_an_invitation(typed: str) -> None:
    with pytest.raises(TextError, match="There is no word here yet; type at least one word"):
        readable(typed)


@given(some.text())
def test_readable_text_reads_as_itself(text: str) -> None:
    try:
        once = readable(text)
    except TextError:
        return
    assert readable(once) == once
    assert unicodedata.is_normalized("NFC", once)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("word", "word"),
        (" word", "word"),
        ("<b>$x^2$**", "<b>$x^2$**"),
        (FAMILY, FAMILY),
        ("❤️", "❤️"),
        (" ", "␣"),
        ("\n\n", "⏎⏎"),
        ("\r\n    ", "␍⏎␣␣␣␣"),
        (")\n", ")⏎"),
        ("\tx ", "⇥x"),
        ("\u200d", "⟨200D⟩"),
        ("\u200b", "⟨200B⟩"),
        ("\x00", "⟨0000⟩"),
        ("\ufeff", "⟨FEFF⟩"),
        ("a\u202eb", "a⟨202E⟩b"),
        ("a\x07b", "a⟨0007⟩b"),
        ("so\u00adft", "so⟨00AD⟩ft"),
        ("\u0301", "⟨0301⟩"),
        ("كِ", "كِ"),
        ("", ""),
    ],
)
def test_invisible_characters_are_named_and_visible_ones_left_alone(text: str, shown: str) -> None:
    assert visible(text) == shown


@given(some.text(min_size=1))
def test_every_token_shows_something(text: str) -> None:
    assert visible(text).strip()


def test_pieces_of_a_word_form_one_group_and_specials_stand_alone() -> None:
    made = axis("[CLS] un ##believ ##able cats [SEP]")
    assert made.text == "unbelievable cats"
    assert made.groups == ((0,), (1, 2, 3), (4,), (5,))
    assert [word.text for word in made.words.tokens] == ["[CLS]", "unbelievable", "cats", "[SEP]"]
    assert [word.special for word in made.words.tokens] == [True, False, False, True]
    assert made.words.tokens[1] == Token("unbelievable", 0, 12, piece="un ##believ ##able")


def test_words_of_words_are_the_same_words() -> None:
    once = axis("[CLS] un ##believ ##able cats [SEP]").words
    assert once.words == once
    assert once.groups == ((0,), (1,), (2,), (3,))


def test_the_last_word_of_one_text_and_the_first_of_the_next_stay_apart() -> None:
    """`cat` and `s` are neighbours in the tokens but belong to two texts."""
    tokens = (
        Token("[CLS]", 0, 0, special=True),
        Token("cat", 0, 3),
        Token("s", 3, 4, segment=1),
        Token("s", 4, 5, segment=1),
    )
    assert TextAxis("text", "catss", tokens).groups == ((0,), (1,), (2, 3))


def test_a_sentence_pair_keeps_its_segments() -> None:
    made = axis("[CLS] play ##ing [SEP] play ##er [SEP]")
    assert made.groups == ((0,), (1, 2), (3,), (4, 5), (6,))
    assert [word.segment for word in made.words.tokens] == [0, 0, 0, 1, 1]
    assert made.words.tokens[3].text == "player"


def test_a_special_token_inside_a_word_splits_it() -> None:
    assert axis("un [MASK] ##able").groups == ((0,), (1,), (2,))


def test_a_leading_space_belongs_to_the_word_it_leads() -> None:
    """GPT-2 keeps the space in the piece: ` the` starts at its t."""
    tokens = (Token("the", 0, 3), Token("cats", 3, 7), Token("s", 7, 8), Token("␣", 8, 9))
    made = TextAxis("text", "the cats ", tokens)
    assert made.groups == ((0,), (1, 2), (3,))
    assert (made.words.tokens[1].start, made.words.tokens[1].end) == (4, 8)
    assert made.words.tokens[1].text == "cats"


def test_pieces_of_one_character_are_one_word() -> None:
    """Byte-level pieces of an emoji all carry the span of the whole character."""
    tokens = tuple(Token("👍🏽", 0, 2, piece=f"byte{n}") for n in range(4))
    made = TextAxis("text", "👍🏽", tokens)
    assert made.groups == ((0, 1, 2, 3),)
    assert made.words.tokens[0].text == "👍🏽"


@pytest.mark.parametrize("text", ["我爱你", "مرحبا بك", f"ok {FAMILY} שָׁלוֹם"])
def test_character_tokens_join_to_the_words_of_any_script(text: str) -> None:
    tokens = tuple(Token(visible(c), place, place + 1) for place, c in enumerate(text) if c != " ")
    made = TextAxis("text", text, tokens)
    assert [word.text for word in made.words.tokens] == words(text)


groups = some.lists(some.integers(1, 3), min_size=1, max_size=5).map(
    lambda sizes: [list(range(sum(sizes[:n]), sum(sizes[: n + 1]))) for n in range(len(sizes))]
)


def random_weights(rows: int, columns: int, seed: int) -> Tensor:
    dice = torch.Generator().manual_seed(seed)
    return torch.rand(2, rows, columns, generator=dice, dtype=torch.float64)


@settings(deadline=None)
@given(groups, groups, some.integers(0, 1000))
def test_merging_conserves_the_total_of_every_row(
    rows: list[list[int]], columns: list[list[int]], seed: int
) -> None:
    weights = random_weights(rows[-1][-1] + 1, columns[-1][-1] + 1, seed)
    merged = merge_queries(merge_keys(weights, columns), rows)
    assert merged.shape == (2, len(rows), len(columns))
    totals = torch.stack([weights[:, row].sum(-1).mean(-1) for row in rows], -1)
    torch.testing.assert_close(merged.sum(-1), totals)


@settings(deadline=None)
@given(groups, groups, some.integers(0, 1000))
def test_the_order_of_the_two_merges_does_not_matter(
    rows: list[list[int]], columns: list[list[int]], seed: int
) -> None:
    weights = random_weights(rows[-1][-1] + 1, columns[-1][-1] + 1, seed)
    torch.testing.assert_close(
        merge_queries(merge_keys(weights, columns), rows),
        merge_keys(merge_queries(weights, rows), columns),
    )


def test_merging_by_hand_adds_over_keys_and_averages_over_queries() -> None:
    weights = torch.tensor([[0.5, 0.25, 0.25], [0.0, 0.25, 0.75], [1.0, 0.0, 0.0]])
    pairs = [[0], [1, 2]]
    assert merge_keys(weights, pairs).tolist() == [[0.5, 0.5], [0.0, 1.0], [1.0, 0.0]]
    assert merge_queries(weights, pairs).tolist() == [[0.5, 0.25, 0.25], [0.5, 0.125, 0.375]]


def test_tokens_in_no_group_are_left_out_and_a_group_without_tokens_is_empty() -> None:
    weights = torch.tensor([[0.5, 0.25, 0.25], [0.0, 0.5, 0.5], [1.0, 0.0, 0.0]]).double()
    assert merge_keys(weights, [[2], []]).tolist() == [[0.25, 0.0], [0.5, 0.0], [0.0, 0.0]]
    assert merge_queries(weights, [[], [0, 2]]).tolist() == [[0.0, 0.0, 0.0], [0.75, 0.125, 0.125]]
    assert merge_keys(weights[0], [[0, 1], [2]]).tolist() == [0.75, 0.25]
