"""What the relations of Universal Dependencies are called in plain words.

>>> TITLES["nsubj"], titled("obl:tmod"), titled("dep:mine")
('subject', 'phrase beside the verb', '')

Source: https://universaldependencies.org/u/dep/index.html, the list of relations.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from attention_core.marking import N_
from attention_core.numbers.syntax.tree import EVERY, relations

TITLES: Final[Mapping[str, str]] = {
    EVERY: N_("all words but punctuation"),
    "nsubj": N_("subject"),
    "nsubj:pass": N_("subject of a passive"),
    "csubj": N_("clause as a subject"),
    "obj": N_("object"),
    "iobj": N_("indirect object"),
    "ccomp": N_("clause as an object"),
    "xcomp": N_("clause that shares its subject"),
    "obl": N_("phrase beside the verb"),
    "advcl": N_("clause beside the verb"),
    "advmod": N_("adverb"),
    "aux": N_("auxiliary"),
    "aux:pass": N_("auxiliary of a passive"),
    "cop": N_("copula"),
    "mark": N_("word that opens a clause"),
    "nmod": N_("noun at a noun"),
    "nmod:poss": N_("possessor"),
    "amod": N_("adjective at a noun"),
    "acl": N_("clause at a noun"),
    "acl:relcl": N_("relative clause"),
    "appos": N_("apposition"),
    "nummod": N_("number at a noun"),
    "det": N_("determiner"),
    "case": N_("preposition or case mark"),
    "clf": N_("measure word"),
    "compound": N_("part of a compound"),
    "compound:prt": N_("particle of a verb"),
    "flat": N_("part of a name"),
    "fixed": N_("part of a fixed phrase"),
    "conj": N_("second of two joined"),
    "cc": N_("and, or"),
    "expl": N_("word that only fills a place"),
    "discourse": N_("interjection"),
    "vocative": N_("who is spoken to"),
    "dislocated": N_("moved out of the clause"),
    "parataxis": N_("clause side by side"),
    "list": N_("item of a list"),
    "punct": N_("punctuation"),
}


def titled(relation: str) -> str:
    """Its name in plain words, of a kind that has none that of its family; "" where none has."""
    return TITLES.get(relation) or TITLES.get(relations(relation)[0], "")
