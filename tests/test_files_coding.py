"""Codings of text: each is told from the others by what it holds, or the reader is asked."""

from __future__ import annotations

import pytest

from attention_core.errors import TextError
from attention_core.files import letters
from attention_core.files.coding import CHOSEN, LOOKED_AT, coding
from attention_core.files.formats.table_pairs import from_table
from attention_core.files.registry import recognised
from attention_core.files.text import assumed, beginning, decoded, doubtful, recoded

FRENCH = "The summer is over.\tL’été est « fini » : déjà créé à 5 €.\n"
GERMAN = "It is bigger.\tEs ist größer als die Straße.\n"
CHINESE = "I love learning.\t我爱学习。\nHe is a teacher.\t他是老师。\n"
SPACED = "I love learning .\t我 爱 学习 。\nHe is a teacher .\t他 是 老师 。\n"
JAPANESE = "I love learning.\t私は勉強が大好きです。\nShe is a teacher.\t彼女は先生です。\n"
KOREAN = "I love learning.\t나는 배우는 것을 좋아합니다.\nShe is a teacher.\t그녀는 선생님입니다.\n"
TAIWAN = "I love learning.\t我喜愛學習。\nHe is a teacher here.\t他是這裡的老師。\n"
RUSSIAN = "We walked along the river.\tМы долго гуляли по берегу реки.\n"
UKRAINIAN = "We walked along the river.\tМи довго гуляли берегом річки, її не видно.\n"
GREEK = "We walked along the river.\tΠερπατήσαμε πολλή ώρα δίπλα στο ποτάμι.\n"
HEBREW = "We walked along the river.\tטיילנו זמן רב לאורך הנהר.\n"
ARABIC = "We walked along the river.\tمشينا طويلا على ضفة النهر.\n"
THAI = "We walked along the river.\tเราเดินเล่นริมแม่น้ำเป็นเวลานาน\n"
TURKISH = "We walked along the river.\tNehir kıyısında uzun uzun yürüdük.\n"
ICELANDIC = "It is good to live here.\tÞað er gott að búa hér við fjörðinn.\n"
WRITTEN = [
    *((text, coded) for text in (FRENCH, CHINESE, JAPANESE, "plain\ttext\n")
      for coded in ("utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32")
      if coded != "utf-32" or text != "plain"),
    (FRENCH, "cp1252"), (GERMAN, "latin-1"), (CHINESE, "gb18030"), (SPACED, "gb18030"),
    (JAPANESE, "cp932"), (JAPANESE, "euc_jp"), (KOREAN, "euc_kr"), (TAIWAN, "big5"),
    (RUSSIAN, "cp1251"), (RUSSIAN, "koi8-r"), (RUSSIAN, "iso8859-5"), (RUSSIAN, "cp866"),
    (UKRAINIAN, "cp1251"), (UKRAINIAN, "koi8-u"), (GREEK, "cp1253"), (GREEK, "iso8859-7"),
    (HEBREW, "cp1255"), (ARABIC, "cp1256"), (ARABIC, "iso8859-6"), (THAI, "tis-620"),
    (TURKISH, "cp1254"), (ICELANDIC, "cp1252"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "coded"), WRITTEN)
def test_a_text_is_read_as_it_was_written_whatever_its_coding(text: str, coded: str) -> None:
    assert decoded(text.encode(coded)) == text
    assert [pair.target for pair in from_table(text.encode(coded)).rows] == [
        row.split("\t")[1] for row in text.splitlines()
    ]


@pytest.mark.parametrize(("text", "coded"), WRITTEN)
def test_what_only_the_letters_tell_is_said(text: str, coded: str) -> None:
    note = assumed(text.encode(coded))
    if coded in ("utf-8", "utf-8-sig", "utf-16", "utf-32"):
        assert note is None
    else:
        assert note is not None
        assert coding(text.encode(coded)).title in note


@pytest.mark.parametrize(
    ("text", "coded"),
    [
        ("yes\tда\n", "koi8-r"),
        ("cat\tкот\n", "cp1251"),
        ("good\tκαλό\n", "cp1253"),
        ("Hello\tשלום\n", "cp1255"),
        ("dog\t狗\n", "gb18030"),
        ("It rained\tΧθες έβρεχε όλη μέρα.\n", "cp1253"),
        ("Ljubljana\tљубљана њњњ ђђђ ћћћ\n", "iso8859-5"),
    ],
)
def test_what_a_few_letters_do_not_tell_is_never_guessed(text: str, coded: str) -> None:
    with pytest.raises(TextError, match="Line 1 of this file is not UTF-8"):
        decoded(text.encode(coded))


def test_letters_among_latin_ones_are_no_words_of_another_script() -> None:
    words = "оеа инт нево сталин "
    assert letters.told(words.encode("cp1251")) == "cp1251"
    assert letters.told(words.replace(" ", "e").encode("cp1251")) is None
    assert letters.told("о е а и н т с р в л".encode("cp1251")) is None


def test_turkish_is_told_from_its_neighbours_by_letters_that_both_have() -> None:
    assert letters.turkish("ışık ağaç şimdi".encode("cp1254")) is True
    assert letters.turkish("það er gott að".encode("cp1252")) is False
    assert letters.turkish(b"plain") is False
    assert letters.turkish("é".encode("cp1252")) is False


def test_signs_of_windows_do_not_speak_against_a_text() -> None:
    for sign in "–«»":
        assert letters.told(f"Привет, мир {sign} это погода".encode("cp1251")) == "cp1251"


def test_a_text_is_read_in_the_coding_that_a_reader_names() -> None:
    data = "cat\tкот\n".encode("cp1251")
    assert doubtful(data)
    assert recoded(data, "cp1251").decode() == "cat\tкот\n"
    assert not doubtful(recoded(data, "cp1251"))
    with pytest.raises(TextError, match="Line 1 of this file is not UTF-8 text; choose another"):
        recoded(data, "utf_8")


def test_every_coding_that_is_recognised_can_be_named() -> None:
    found = {coding(text.encode(coded)) for text, coded in WRITTEN}
    titles = {CHOSEN[one.codec.replace("-", "_")] for one in found if not one.certain}
    assert len(titles) == len({one.codec for one in found if not one.certain})


def test_the_line_that_is_in_no_coding_is_named() -> None:
    with pytest.raises(TextError, match="Line 3 of this file"):
        decoded(b"one\ntwo\n\xff\xff\xff\xff\n")


def test_a_letter_cut_in_two_at_the_end_of_a_file_is_said() -> None:
    with pytest.raises(TextError, match="ends in the middle of a character"):
        decoded("été".encode()[:-1])


@pytest.mark.parametrize("coded", ["utf-8", "utf-16", "cp1252"])
def test_the_beginning_of_a_long_file_may_end_within_a_letter(coded: str) -> None:
    for more in range(4):
        data = (" " * more + "é€ " * LOOKED_AT).encode(coded)
        assert "\ufffd" not in beginning(data)[0]


def test_letters_beyond_ascii_are_found_wherever_they_stand() -> None:
    text = "a word\n" * LOOKED_AT + "déjà\n"
    assert decoded(text.encode("cp1252")) == text


def test_a_format_is_recognised_in_any_coding() -> None:
    text = "▁le ▁chat ||| 0.8,0.1,0.1 0.1,0.8,0.1 0.1,0.1,0.8\r\n"
    assert {recognised(text.encode(c)).name for c in ("utf-8", "utf-16", "utf-16-le")} == {"marian"}
