"""The words that the network reads and those that it writes, each with its number.

>>> known = vocabulary()
>>> known.reads("i see a bat .".split())[-1] == END_ID
True
>>> known.target[known.starts["fr"]]
'<fr>'
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from models.ours.decides.nouns import Language
from models.ours.decides.sentences import sentences

LANGUAGES: Final[tuple[Language, ...]] = ("fr", "zh")
PAD, END = "<pad>", "</s>"
STARTS: Final = {language: f"<{language}>" for language in LANGUAGES}
END_ID: Final = 1


@dataclass(frozen=True)
class Vocabulary:
    """source, target: the words in the order of their numbers."""

    source: tuple[str, ...]
    target: tuple[str, ...]

    @cached_property
    def source_ids(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.source)}

    @cached_property
    def target_ids(self) -> dict[str, int]:
        return {word: number for number, word in enumerate(self.target)}

    @cached_property
    def starts(self) -> dict[Language, int]:
        """The number that a translation into each language begins with."""
        return {language: self.target_ids[STARTS[language]] for language in LANGUAGES}

    def reads(self, words: Iterable[str]) -> list[int]:
        """The numbers of English words, </s> at the end."""
        return [*(self.source_ids[word] for word in words), END_ID]

    def writes(self, words: Sequence[str]) -> list[int]:
        """The numbers of French or Chinese words, </s> at the end."""
        return [*(self.target_ids[word] for word in words), END_ID]

    def as_json(self) -> str:
        return json.dumps({"source": self.source, "target": self.target}, ensure_ascii=False)


def vocabulary() -> Vocabulary:
    """All words of all sentences, held out or not; French and Chinese share one list."""
    source, target = set[str](), set[str]()
    for unseen in (False, True):
        for made in sentences(unseen):
            source |= set(made.source)
            target |= {word.text for one in LANGUAGES for word in made.target(one)}
    return Vocabulary((PAD, END, *sorted(source)), (PAD, END, *STARTS.values(), *sorted(target)))
