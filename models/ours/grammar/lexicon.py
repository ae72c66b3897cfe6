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
    """A verb: its form with one subject, who does it, to what, if to anything, and where."""

    singular: str
    subjects: tuple[str, ...]
    objects: tuple[str, ...]
    places: tuple[str, ...]


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
    "eat": Verb("eats", _LIVING, ("food",), ("kitchen", "garden")),
    "smell": Verb("smells", ("animal",), ("food", "animal"), ("garden", "forest")),
    "cook": Verb("cooks", ("person",), ("food",), ("kitchen", "house")),
    "read": Verb("reads", ("person",), ("text",), ("school", "house")),
    "write": Verb("writes", ("person",), ("text",), ("school", "kitchen")),
    "drive": Verb("drives", ("person",), ("vehicle",), ("bridge", "market")),
    "repair": Verb("repairs", ("person",), ("vehicle", "tool"), ("house", "market")),
    "carry": Verb("carries", ("person",), ("tool", "food"), ("market", "bridge")),
    "buy": Verb("buys", ("person",), _THINGS, ("market", "school")),
    "chase": Verb("chases", ("animal",), _LIVING, ("forest", "river")),
    "follow": Verb("follows", _LIVING, _LIVING, ("forest", "bridge")),
    "love": Verb("loves", _LIVING, _LIVING, ("house", "garden")),
    "see": Verb("sees", _LIVING, (*_LIVING, *_THINGS), ("river", "bridge")),
    "visit": Verb("visits", ("person",), ("person", "place"), ("river", "forest")),
    "cross": Verb("crosses", ("vehicle",), ("place",), ("market", "forest")),
    "sleep": Verb("sleeps", _LIVING, (), ("house", "forest")),
    "run": Verb("runs", _LIVING, (), ("garden", "river")),
    "smile": Verb("smiles", ("person",), (), ("school", "garden")),
    "wait": Verb("waits", ("person", "vehicle"), (), ("school", "bridge")),
    "stop": Verb("stops", ("vehicle",), (), ("bridge", "market")),
    "fall": Verb("falls", ("tool", "food"), (), ("kitchen", "river")),
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
BESIDE: Final = {"tool": "with", "person": "near", "vehicle": "near", "animal": "behind"}
"""What stands between two nouns, by what the second one names; it says more of the first."""
BESIDES: Final = {
    "person": "tool", "animal": "person", "food": "animal", "text": "person", "tool": "vehicle",
    "vehicle": "animal", "place": "vehicle",
}  # fmt: skip
"""What the second of two such nouns names, by what the first one does."""
WHERE: Final = {
    "garden": "in", "house": "in", "kitchen": "in", "forest": "in",
    "river": "at", "school": "at", "bridge": "at", "market": "at",
}  # fmt: skip
"""Before a place; says where something happens."""
FROM: Final = "from"
"""Before any place."""
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
        COMMA, STOP, THAT, AN, *determiners, *BESIDE.values(), *WHERE.values(), FROM,
        *OFTEN, *VERY, *adjectives,
        *(form for word, noun in NOUNS.items() for form in (word, noun.plural)),
        *(form for word, verb in VERBS.items() for form in (word, verb.singular)),
    )  # fmt: skip
    return tuple(dict.fromkeys(every))


@cache
def other_number() -> dict[str, str]:
    """Each form of a verb and the same verb's other form: sleeps – sleep."""
    pairs = {verb.singular: word for word, verb in VERBS.items()}
    return pairs | {plural: singular for singular, plural in pairs.items()}
