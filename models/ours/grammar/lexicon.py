"""The words of the grammar: nouns by what they name, verbs by who does what to what.

>>> NOUNS["dog"].plural, NOUNS["dog"].kind
('dogs', 'animal')
>>> len(words()) == len(set(words()))
True
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple


class Noun(NamedTuple):
    """A noun in its plural, and what it names."""

    plural: str
    kind: str


class Verb(NamedTuple):
    """A verb: its form with one subject, who does it, and to what, if to anything."""

    singular: str
    subjects: tuple[str, ...]
    objects: tuple[str, ...]


_KINDS: Final = {
    "person": "teacher doctor farmer king singer student pilot baker nurse writer child:children "
    "woman:women man:men",
    "animal": "dog cat horse bird cow rabbit lion goat fox:foxes mouse:mice wolf:wolves",
    "food": "apple cake pear carrot egg pie orange potato:potatoes sandwich:sandwiches",
    "text": "book letter poem song map report story:stories",
    "tool": "hammer chair lamp clock key basket umbrella box:boxes",
    "vehicle": "car boat truck train bicycle bus:buses",
    "place": "garden house river school kitchen bridge forest market",
}
NOUNS: Final = {
    word.partition(":")[0]: Noun(word.partition(":")[2] or f"{word}s", kind)
    for kind, several in _KINDS.items()
    for word in several.split()
}

_LIVING: Final = ("person", "animal")
_THINGS: Final = ("food", "text", "tool", "vehicle")
VERBS: Final = {
    "eat": Verb("eats", _LIVING, ("food",)),
    "smell": Verb("smells", ("animal",), ("food", "animal")),
    "cook": Verb("cooks", ("person",), ("food",)),
    "read": Verb("reads", ("person",), ("text",)),
    "write": Verb("writes", ("person",), ("text",)),
    "drive": Verb("drives", ("person",), ("vehicle",)),
    "repair": Verb("repairs", ("person",), ("vehicle", "tool")),
    "carry": Verb("carries", ("person",), ("tool", "food")),
    "buy": Verb("buys", ("person",), _THINGS),
    "chase": Verb("chases", ("animal",), _LIVING),
    "follow": Verb("follows", _LIVING, _LIVING),
    "love": Verb("loves", _LIVING, _LIVING),
    "see": Verb("sees", _LIVING, (*_LIVING, *_THINGS)),
    "visit": Verb("visits", ("person",), ("person", "place")),
    "cross": Verb("crosses", ("vehicle",), ("place",)),
    "sleep": Verb("sleeps", _LIVING, ()),
    "run": Verb("runs", _LIVING, ()),
    "smile": Verb("smiles", ("person",), ()),
    "wait": Verb("waits", ("person", "vehicle"), ()),
    "stop": Verb("stops", ("vehicle",), ()),
    "fall": Verb("falls", ("tool", "food"), ()),
}
ADJECTIVES: Final = {
    "person": ("clever", "polite", "famous", "young", "old", "tall"),
    "animal": ("hungry", "wild", "young", "old", "small"),
    "food": ("sweet", "fresh", "ripe", "cold"),
    "text": ("boring", "funny", "long", "short"),
    "tool": ("heavy", "wooden", "broken", "small"),
    "vehicle": ("fast", "rusty", "empty", "old"),
    "place": ("quiet", "large", "dark", "famous"),
}
DETERMINERS: Final = {
    "singular": ("a", "this", "every"), "plural": ("these", "some", "many"), "both": ("the",)
}  # fmt: skip
AN: Final = "an"
"""How "a" is written before a vowel."""
BESIDE: Final = ("near", "behind", "with")
"""Between two nouns; the second says more of the first."""
WHERE: Final = ("in", "at", "from")
"""Before a place; says where something happens."""
OFTEN: Final = ("often", "never", "always")
VERY: Final = ("very", "rather")
THAT: Final = "that"
COMMA, STOP = ",", "."


@cache
def words() -> tuple[str, ...]:
    """Every form, once."""
    adjectives = (word for several in ADJECTIVES.values() for word in several)
    determiners = (word for several in DETERMINERS.values() for word in several)
    every = (
        COMMA, STOP, THAT, AN, *determiners, *BESIDE, *WHERE, *OFTEN, *VERY, *adjectives,
        *(form for word, noun in NOUNS.items() for form in (word, noun.plural)),
        *(form for word, verb in VERBS.items() for form in (word, verb.singular)),
    )  # fmt: skip
    return tuple(dict.fromkeys(every))


@cache
def other_number() -> dict[str, str]:
    """Each form of a verb and the same verb's other form: sleeps – sleep."""
    pairs = {verb.singular: word for word, verb in VERBS.items()}
    return pairs | {plural: singular for singular, plural in pairs.items()}
