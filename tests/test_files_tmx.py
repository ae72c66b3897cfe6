"""Translation memories: what is read of them, and what they cannot do."""

from __future__ import annotations

import pytest

from attention_core.errors import TextError, TooLong
from attention_core.files import corpus
from attention_core.files.formats.tmx import FORMAT, from_tmx
from attention_core.files.pairs import MOST

HEAD = (
    '<?xml version="1.0"{}?>\n<!DOCTYPE tmx SYSTEM "tmx14.dtd">\n<tmx version="1.4"><header/><body>'
)


def unit(*said: tuple[str, str], name: str = "xml:lang") -> str:
    return (
        "<tu>"
        + "".join(
            f'<tuv {name}="{language}"><prop>x</prop><seg>{text}</seg></tuv>'
            for language, text in said
        )
        + "</tu>\n"
    )


def memory(*units: str, coding: str = "") -> str:
    return HEAD.format(coding) + "".join(units) + "</body></tmx>\n"


def texts(data: bytes, cut: bool = False) -> list[tuple[str, str]]:
    return [(pair.source, pair.target) for pair in from_tmx(data, cut).rows]


CAT = unit(("en", "A cat."), ("fr", "Un chat."))
DOG = unit(("fr", "Un chien."), ("de", "Ein Hund."), ("EN", "A dog."))


@pytest.mark.parametrize("coding", ["utf-8", "utf-16", "utf-8-sig"])
def test_units_are_read_in_the_first_two_languages(coding: str) -> None:
    lone = unit(("en", "alone"))
    assert texts(memory(CAT, lone, DOG, unit(("en", ""), ("fr", "vide"))).encode(coding)) == [
        ("A cat.", "Un chat."), ("A dog.", "Un chien."),
    ]  # fmt: skip


def test_the_coding_that_the_file_names_is_its_own() -> None:
    summer = memory(unit(("en", "summer"), ("fr", "été")), coding=' encoding="iso-8859-1"')
    assert texts(summer.encode("latin-1")) == [("summer", "été")]
    assert corpus.read("tmx", [summer.encode("latin-1")]).notes == ()


def test_marks_inside_a_segment_are_left_out_and_highlights_kept() -> None:
    marked = "A <bpt i='1'>&lt;b&gt;</bpt>big<ept i='1'/>\n <hi>old</hi> cat &amp; dog"
    found = texts(memory(unit(("en", marked), ("fr", "x"), name="lang")).encode())
    assert found == [("A big old cat & dog", "x")]


def test_what_a_memory_declares_is_never_expanded() -> None:
    bomb = '<!DOCTYPE tmx [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    text = f'<?xml version="1.0"?>{bomb}<tmx><body>{unit(("en", "&b;"), ("fr", "x"))}</body></tmx>'
    for coding in ("utf-8", "utf-16"):
        with pytest.raises(TextError, match="declares entities"):
            from_tmx(text.encode(coding))


def test_files_that_are_no_memories_say_so() -> None:
    with pytest.raises(TextError, match="Line 3 of this file is no XML"):
        from_tmx(memory(CAT).encode()[:-20])
    with pytest.raises(TextError, match="lie too deep"):
        from_tmx(b"<tmx><body>" + b"<tu>" * 200_000)
    with pytest.raises(TextError, match="no unit in two languages"):
        from_tmx(memory().encode())


def test_a_long_memory_is_cut_only_when_the_reader_agrees() -> None:
    long = memory(CAT * (MOST + 1)).encode()
    with pytest.raises(TooLong):
        from_tmx(long)
    assert len(from_tmx(long, cut=True)) == MOST


def test_a_memory_is_recognised_and_other_xml_is_not() -> None:
    assert FORMAT.recognise(memory(CAT).encode("utf-16"))
    assert not FORMAT.recognise(b"<html><body>tmx</body></html>")
