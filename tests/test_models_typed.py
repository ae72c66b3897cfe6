"""What is typed is what a model reads and what the axis shows; where it is not, a note says so."""

from __future__ import annotations

import itertools

import pytest
from tokenizers import AddedToken, Tokenizer, normalizers
from transformers import PreTrainedTokenizerFast

from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import TooLong
from attention_core.watching.record import Note
from models.families import fake
from models.families.reader import Reader
from models.families.remarks import remarks
from models.families.tokenization import _Piece, _token, left_out, tokens
from models.loading.checkpoint import Checkpoint
from models.settings import settings
from pages.showing import readings, sentences
from tests import tiny_models
from tests.test_pages_state import address, html, opened
from tests.test_tokens_of_models import FAMILIES, byte_level, unigram

CODE = "def f(x):\n    return x\n\n\tprint(f(1))  \n"


@pytest.fixture(scope="module")
def reader() -> Reader:
    """A BERT that lower-cases, and knows ASCII alone."""
    return Reader("fake", fake.checkpoint())


def with_tokenizer(backend: Tokenizer, architecture: str = "gpt2", **special: str) -> Reader:
    """A model of that architecture with room for this tokenizer."""
    known = max(backend.get_vocab().values()) + 1
    made = PreTrainedTokenizerFast(  # type: ignore[no-untyped-call]
        tokenizer_object=backend, model_max_length=64, **special
    )
    return Reader("tiny", Checkpoint(tiny_models.build(architecture, vocab_size=known), made))


def pieces(axis: TextAxis) -> list[str]:
    return [token.piece for token in axis.tokens]


# --- as typed ---


def test_line_breaks_and_indentation_are_read_as_typed() -> None:
    backend = byte_level()
    expected = Tokenizer.from_str(backend.to_str()).encode(CODE)
    record = with_tokenizer(backend).read(CODE)
    assert pieces(record.axes[0]) == expected.tokens
    assert record.axes[0].text == CODE
    assert not record.notes
    shown = [token.text for token in record.axes[0].tokens]
    assert "⏎" in "".join(shown)
    assert "⇥" in "".join(shown)


@pytest.mark.parametrize("text", ["the cat\nsat", "the  cat sat", "the\tcat sat", "a\u00a0b\nc"])
def test_a_tokenizer_without_line_breaks_says_so(reader: Reader, text: str) -> None:
    (note,) = reader.read(text).notes
    assert "does not tell line breaks and indentation from single blanks" in note


@pytest.mark.parametrize("text", ["the cat sat", " the cat sat ", "the cat sat\n"])
def test_plain_lines_need_no_remark(reader: Reader, text: str) -> None:
    assert not reader.read(text).notes


def test_letters_are_not_composed_before_they_are_read() -> None:
    typed = "cafe\u0301"
    reader = with_tokenizer(byte_level())
    assert pieces(reader.read(typed).axes[0])[-2:] == ["Ì", "ģ"]
    assert pieces(reader.read("café").axes[0]) == ["ca", "fÃ©"]
    assert reader.read(typed).axes[0].text == typed


def test_several_blanks_in_one_token_are_all_drawn() -> None:
    """A byte-level tokenizer trims the blanks of a token away, and so all of it."""
    piece = _Piece("ĠĠĠ", 0, 0, 0, (3, 3))
    assert _token(piece, "a  b", 0).text == "␣␣␣"


# --- the reader's own characters ---


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(
    "text", ["ÉTÉ", "e\u0301te\u0301 cafe\u0301", "HeLLo ﬁn", "le fleuve……monté", "½ Ⅷ ℃", "İs ß"]
)
def test_words_are_the_readers_own_characters(family: str, text: str) -> None:
    axis = tokens(FAMILIES[family](), text).axis
    words = [token.text for token in axis.words.tokens if not token.special]
    assert "".join(words).replace("␣", "") == "".join(text.split())


def test_a_token_that_reaches_into_the_next_word_adds_nothing_to_its_own() -> None:
    """Two ellipses that a tokenizer reads as six full stops, and takes in pairs."""
    parts = tuple(Token("…", *place) for place in ((0, 1), (0, 2), (1, 2), (2, 3)))
    axis = TextAxis("text", "……x", parts)
    assert [word.text for word in axis.words.tokens] == ["…", "…", "x"]
    assert [(word.start, word.end) for word in axis.words.tokens] == [(0, 1), (1, 2), (2, 3)]


@pytest.mark.parametrize("blank", ["\u3000", "\u00a0"])
def test_parts_of_one_wide_blank_are_one_word(blank: str) -> None:
    axis = tokens(byte_level(), f"a{blank}{blank}b").axis
    assert len(axis) > 4
    assert [token.text for token in axis.words.tokens] == ["a", "␣", "␣", "b"]


def test_what_a_tokenizer_leaves_out_is_said(reader: Reader) -> None:
    record = reader.read("the\u200bcat\x07 sat")
    assert left_out(record.axes[0]) == ("\u200b", "\x07")
    assert "leaves out ⟨200B⟩, ⟨0007⟩" in " ".join(record.notes)
    stripping = unigram()
    stripping.normalizer = normalizers.Replace("…", "")
    (note,) = with_tokenizer(stripping, unk_token="<unk>").read("the cat… sat").notes
    assert "leaves out …: the model does not read them" in note


def test_an_accent_that_is_stripped_stays_with_its_letter(reader: Reader) -> None:
    record = reader.read("cafe\u0301 sat")
    assert [t.text for t in record.axes[0].words.tokens] == ["[CLS]", "cafe\u0301", "sat", "[SEP]"]
    assert not record.notes


# --- special tokens and unknown words ---


def test_a_typed_special_token_is_text_until_the_reader_says_otherwise(reader: Reader) -> None:
    text = "the [MASK] sat [SEP] it"
    plain, own = reader.read(text), reader.read(text, own=True)
    assert "[MASK]" not in pieces(plain.axes[0])
    assert pieces(own.axes[0]) == ["[CLS]", "the", "[MASK]", "sat", "[SEP]", "it", "[SEP]"]
    assert [token.special for token in own.axes[0].tokens] == [True, *[False] * 5, True]
    assert [t.text for t in own.axes[0].words.tokens][2] == "[MASK]"
    assert "plain text, and not as the model's own tokens: [MASK], [SEP]" in " ".join(plain.notes)
    assert "Read as the model's own tokens: [MASK], [SEP]" in " ".join(own.notes)
    assert reader.named(text) == ("[MASK]", "[SEP]")
    assert reader.named("the mask sat", "a [CLS]") == ("[CLS]",)


def test_two_readers_of_one_model_may_choose_differently(reader: Reader) -> None:
    before = pieces(reader.read("a [SEP] b").axes[0])
    assert pieces(reader.read("a [SEP] b", own=True).axes[0]) != before
    assert pieces(reader.read("a [SEP] b").axes[0]) == before


def test_a_token_that_was_added_to_a_model_is_named_too() -> None:
    backend = fake.tokenizer().backend_tokenizer
    backend.add_special_tokens([AddedToken("<user>")])
    made = with_tokenizer(backend, "bert", unk_token="[UNK]")
    assert "<user>" in pieces(made.read("<user> the cat", own=True).axes[0])
    assert "own tokens: <user>" in " ".join(made.read("<user> the cat").notes)


def test_letters_of_a_special_piece_never_make_it() -> None:
    """A unigram tokenizer has </s> among its pieces, and would take its letters for it."""
    made = with_tokenizer(unigram(), unk_token="<unk>", eos_token="</s>")
    assert pieces(made.read("the </s> cat").axes[0]).count("</s>") == 1
    assert pieces(made.read("the </s> cat", own=True).axes[0]).count("</s>") == 2


def test_unknown_words_are_named_in_explore_as_in_translate(reader: Reader) -> None:
    (note,) = reader.read("the 犬 and 犬 sat on 🤗").notes
    assert note == "This model does not know 犬, 🤗: it reads [UNK] in their place."
    many = "".join(map(chr, itertools.chain(range(0x4E00, 0x4E09))))
    (note,) = reader.read(many).notes
    assert note.count("…") == 1
    assert note.count(",") == 6


def test_a_typed_unknown_token_is_no_unknown_word(reader: Reader) -> None:
    assert "does not know" not in " ".join(reader.read("the [UNK] sat", own=True).notes)


def test_a_model_that_knows_every_byte_has_no_unknown_words() -> None:
    backend = byte_level()
    backend.add_special_tokens([AddedToken("<end>")])
    assert not with_tokenizer(backend, unk_token="<end>").read("the 犬").notes


def test_remarks_are_on_both_texts(reader: Reader) -> None:
    notes = " ".join(reader.read("the cat", "a [MASK]\nand 犬").notes)
    assert "[MASK]" in notes
    assert "犬" in notes
    assert "line breaks" in notes


def test_what_was_cut_off_is_not_remarked_on(reader: Reader) -> None:
    record = reader.read("the cat sat " * 100 + "[MASK] 犬", cut=True)
    assert len(record.notes) == 1
    assert "Only the first" in record.notes[0]


def test_a_text_that_is_read_as_typed_has_no_remarks() -> None:
    backend = byte_level()
    made = tokens(backend, "the cat")
    assert not list(remarks(backend, ("the cat",), (made,), None, False))


# --- whose limit ---


def test_a_limit_is_said_to_be_the_servers_only_where_it_is(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = "the cat sat " * 100
    with pytest.raises(TooLong, match="this model reads at most 128"):
        Reader("fake", fake.checkpoint()).read(long)
    monkeypatch.setenv("ATLAS_MAX_TOKENS", "128")
    with pytest.raises(TooLong, match="this model reads at most 128"):
        Reader("fake", fake.checkpoint()).read(long)
    monkeypatch.setenv("ATLAS_MAX_TOKENS", "127")
    assert settings().max_tokens == 127
    with pytest.raises(TooLong, match=r"this server reads at most 127, .* ATLAS_MAX_TOKENS"):
        Reader("fake", fake.checkpoint()).read(long)


# --- on the page ---


def test_a_reader_may_have_a_special_token_read_as_one() -> None:
    app = opened("explore", model="fake", text="the [MASK] <b>sat</b> {x}")
    assert "not as the model's own tokens: [MASK]" in html(app).replace("&#x27;", "'")
    switch = next(one for one in app.toggle if one.key == "explore.own")
    switch.set_value(True).run()
    assert not app.exception
    assert "Read as the model's own tokens: [MASK]" in html(app).replace("&#x27;", "'")
    assert address(app, "own") == "1"


def test_without_a_special_token_there_is_nothing_to_choose() -> None:
    app = opened("explore", model="fake", text="the cat")
    assert not [one for one in app.toggle if one.key == "explore.own"]


def test_a_note_shows_what_was_typed_and_nothing_else() -> None:
    note = Note("Unknown: {words}.", words="{0} {x} <b>&")
    assert sentences.noted(note) == "Unknown: {0} {x} &lt;b&gt;&amp;."


def test_a_translator_says_that_it_reads_one_line() -> None:
    laid_out = readings.translate("bahdanau-en-fr", "the cat\nis here")
    plain = readings.translate("bahdanau-en-fr", "the cat is here")
    assert laid_out.text == plain.text
    assert [*laid_out.record.notes] == ["Line breaks and several blanks were read as one blank."]
    assert not plain.record.notes
    (note,) = readings.align("bahdanau-en-fr", "the cat", "le  chat").record.notes
    assert "as one blank" in note
