"""Nothing on the screen is left in English for a reader who chose another language."""

from __future__ import annotations

import pytest
from babel.messages.catalog import Message

from pages.frame import language
from pages.locale.collect import CATALOGUES, collected, flaws, problems


@pytest.mark.parametrize("code", CATALOGUES)
def test_every_marked_sentence_is_translated_with_its_placeholders(code: str) -> None:
    assert problems(code) == []


def test_every_language_on_the_switch_has_a_catalogue() -> None:
    assert set(language.LANGUAGES) == {"en", *CATALOGUES}


def test_sentences_of_errors_are_collected_too() -> None:
    assert collected().get("There are no keys; a query needs at least one key to look at.")


def test_a_translation_that_loses_a_placeholder_is_found() -> None:
    assert list(flaws(Message("Layer {layer}", "第 {head} 层")))
    assert not list(flaws(Message("Layer {layer}", "第 {layer} 层")))


def test_a_missing_or_doubtful_translation_is_found() -> None:
    assert list(flaws(Message("Head", "")))
    assert list(flaws(Message("Head", "头", flags=["fuzzy"])))
    assert list(flaws(Message(("{n} head", "{n} heads"), ("",))))


def test_without_a_session_the_words_are_english() -> None:
    assert language.current() == "en"
    assert language.gettext("Explore") == "Explore"
    assert language.ngettext("{n} head", "{n} heads", 2) == "{n} heads"


def test_a_catalogue_is_compiled_in_memory() -> None:
    assert language.translations("zh").gettext("Explore") == "探索"
