"""Sentences drawn from rules, each with its tree: which word hangs on which, and as what.

Relations are those of Universal Dependencies. The verb agrees with its subject, however far that
is; a determiner with its noun; which verbs, adjectives, nouns, places and prepositions go together
is in the lexicon, so that whoever is to guess a hidden word needs the word that it hangs on.

>>> sentence = drawn(random.Random(3))
>>> len(sentence.words) == len(sentence.heads) == len(sentence.relations)
True
>>> sentence.relations.count("root"), sentence.words[-1]
(1, '.')
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple
from zlib import crc32

from models.ours.grammar.lexicon import (
    ADJECTIVES,
    AN,
    BESIDE,
    BESIDES,
    COMMA,
    DETERMINERS,
    FROM,
    NOUNS,
    OFTEN,
    STOP,
    THAT,
    VERBS,
    VERY,
    WHERE,
)

ROOT: Final = -1
LONGEST: Final = 26
"""Words of a sentence; longer ones are drawn again."""
PARTS: Final = 10
"""One part of so many shapes is never taught."""
_BEFORE: Final = (0.3, 0.4, 0.2, 0.1)
"""The chances of 0, 1, 2, 3 adjectives."""


class Sentence(NamedTuple):
    """Words with their heads.

    heads   for each word the place of the one that it hangs on, from 0; ROOT for the main verb
    verbs   the places of verbs that agree with a subject
    """

    words: tuple[str, ...]
    heads: tuple[int, ...]
    relations: tuple[str, ...]
    verbs: tuple[int, ...]

    @property
    def held_out(self) -> bool:
        """Whether its shape, the relations with their heads, belongs to those never taught."""
        shape = " ".join(
            f"{relation}{head - place}"
            for place, (head, relation) in enumerate(zip(self.heads, self.relations, strict=True))
        )
        return crc32(shape.encode()) % PARTS == 0


@dataclass
class _Node:
    """A word and what hangs on it, before it in order and behind it."""

    word: str
    relation: str = ""
    before: list[_Node] = field(default_factory=list)
    behind: list[_Node] = field(default_factory=list)
    agrees: bool = False


def drawn(dice: random.Random, deepest: int = 2) -> Sentence:
    """One sentence, LONGEST words at most."""
    while True:
        found = _flat(_clause(dice, deepest))
        if len(found.words) <= LONGEST:
            return found


def taught(dice: random.Random) -> Sentence:
    """One of the shapes that training sees."""
    while (found := drawn(dice)).held_out:
        pass
    return found


def unseen(dice: random.Random) -> Sentence:
    """One of the shapes that it never sees."""
    while not (found := drawn(dice)).held_out:
        pass
    return found


def _clause(dice: random.Random, deep: int) -> _Node:
    """A whole sentence, at times with a place in front."""
    verb, name = _verb(dice, *_subject(dice, deep), deep)
    verb.relation = "root"
    if dice.random() < 0.2:
        verb.before[:0] = [_where(dice, name), _Node(COMMA, "punct")]
    verb.behind.append(_Node(STOP, "punct"))
    return verb


def _subject(dice: random.Random, deep: int) -> tuple[_Node, str, bool]:
    """A noun that can do something, what it names, and whether it is several."""
    kind = dice.choice(("person", "person", "animal", "animal", "vehicle", "tool", "food"))
    several = dice.random() < 0.5
    return _noun(dice, kind, several, "nsubj", deep), kind, several


def _verb(
    dice: random.Random, subject: _Node, kind: str, several: bool, deep: int
) -> tuple[_Node, str]:
    """What this subject does, with its object or its place; and the verb's name in the lexicon."""
    name = dice.choice([name for name, verb in VERBS.items() if kind in verb.subjects])
    verb = _Node(name if several else VERBS[name].singular, agrees=True)
    verb.before.append(subject)
    if dice.random() < 0.25:
        verb.before.append(_Node(dice.choice(OFTEN), "advmod"))
    if VERBS[name].objects:
        what = dice.choice(VERBS[name].objects)
        verb.behind.append(_noun(dice, what, dice.random() < 0.5, "obj", deep - 1))
    if dice.random() < (0.15 if VERBS[name].objects else 0.4):
        verb.behind.append(_where(dice, name))
    return verb, name


def _noun(
    dice: random.Random, kind: str, several: bool, relation: str, deep: int, name: str = ""
) -> _Node:
    """A noun with a determiner, adjectives, and what says more of it; of its kind any, or that."""
    name = name or dice.choice([name for name, noun in NOUNS.items() if noun.kind == kind])
    noun = _Node(NOUNS[name].plural if several else name, relation)
    own = DETERMINERS["plural" if several else "singular"]
    noun.before.append(_Node(dice.choice((*own, *own, *DETERMINERS["both"])), "det"))
    count = dice.choices(range(len(_BEFORE)), _BEFORE)[0]
    for word in dice.sample(ADJECTIVES[kind], count):
        degree = [_Node(dice.choice(VERY), "advmod")] if dice.random() < 0.15 else []
        noun.before.append(_Node(word, "amod", before=degree))
    chance = dice.random()
    if deep > 0 and chance < 0.25:
        noun.behind.append(_beside(dice, kind, deep))
    elif deep > 0 and chance < 0.5:
        noun.behind.append(_relative(dice, kind, several, deep))
    return noun


def _beside(dice: random.Random, first: str, deep: int) -> _Node:
    """Another noun that says where the first one is, or what is with it.

    first  what that one names
    """
    kind = BESIDES[first]
    other = _noun(dice, kind, dice.random() < 0.5, "nmod", deep - 2)
    other.before[:0] = [_Node(BESIDE[kind], "case")]
    return other


def _where(dice: random.Random, verb: str) -> _Node:
    """One of the places where that is done."""
    name = dice.choice(VERBS[verb].places)
    place = _noun(dice, "place", dice.random() < 0.3, "obl", 0, name)
    place.before[:0] = [_Node(FROM if dice.random() < 0.3 else WHERE[name], "case")]
    return place


def _relative(dice: random.Random, kind: str, several: bool, deep: int) -> _Node:
    """A clause about a noun: what it does, or what somebody does to it."""
    does = [name for name, verb in VERBS.items() if kind in verb.subjects]
    suffers = [name for name, verb in VERBS.items() if kind in verb.objects]
    if does and (not suffers or dice.random() < 0.5):
        verb, _name = _verb(dice, _Node(THAT, "nsubj"), kind, several, deep - 1)
    else:
        name = dice.choice(suffers)
        many = dice.random() < 0.5
        who = dice.choice(VERBS[name].subjects)
        subject = _noun(dice, who, many, "nsubj", deep - 2)
        verb = _Node(name if many else VERBS[name].singular, agrees=True)
        verb.before += [_Node(THAT, "obj"), subject]
    verb.relation = "acl:relcl"
    return verb


def _flat(root: _Node) -> Sentence:
    """The words of a tree in order."""
    words: list[_Node] = []
    over: dict[int, _Node] = {}

    def walk(node: _Node) -> None:
        for child in node.before:
            over[id(child)] = node
            walk(child)
        words.append(node)
        for child in node.behind:
            over[id(child)] = node
            walk(child)

    walk(root)
    place = {id(node): at for at, node in enumerate(words)}
    heads = [place[id(over[id(node)])] if id(node) in over else ROOT for node in words]
    said = _written([node.word for node in words])
    verbs = tuple(at for at, node in enumerate(words) if node.agrees)
    return Sentence(said, tuple(heads), tuple(node.relation for node in words), verbs)


def _written(words: Sequence[str]) -> tuple[str, ...]:
    """With "an" where a vowel follows."""
    follows = [*words[1:], ""]
    return tuple(
        AN if word == "a" and after[:1] in "aeiou" else word
        for word, after in zip(words, follows, strict=True)
    )
