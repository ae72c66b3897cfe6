"""Reactions whose atoms are mapped, read out of a text as data: nothing of it is run.

>>> (one,) = mapped('{"mapped_rxn": "[CH3:1][OH:2].Br>>[CH3:1][Br:3]"}')
>>> one.smiles, one.maps
('CO.Br>>CBr', ((0, 0),))
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

PIECES: Final = r"\[[^\]]+\]|Br|Cl|[BCNOSPFI]|[bcnosp]|>>?|%[0-9]{2}|[0-9]|[().=#\-+\\/:~@?*$]"
"""What a SMILES is cut into: atoms, in brackets or not; where a product begins; rings, bonds,
branches and the rest.

Source: Schwaller et al. 2019, Molecular Transformer, supporting information, for the pieces of a
SMILES, https://doi.org/10.1021/acscentsci.9b00576.
"""
_PIECE = re.compile(PIECES)
_TOLD = re.compile(r'"mapped_rxn": "([^"\s]+)')
_BRACKET = re.compile(
    r"\[(?P<isotope>\d*)(?P<atom>\*|[A-Z][a-z]?|[bcnops])(?P<turn>@*)(?P<hydrogen>H\d*)?"
    r"(?P<charge>[+-]\d*)?(?::(?P<number>\d+))?\]"
)
_BARE: Final = ("B", "C", "N", "O", "P", "S", "F", "Cl", "Br", "I", *"bcnops*")
"""Atoms that stand without brackets where nothing else is said of them."""


@dataclass(frozen=True)
class Mapped:
    """A reaction as a model reads it, and where each atom of the product comes from.

    maps  (atom of the product, atom of what goes in), each counted from 0 on its own side
    """

    smiles: str
    maps: tuple[tuple[int, int], ...]


def is_atom(piece: str) -> bool:
    """Whether a piece of a SMILES is an atom."""
    return piece[0].isalpha() or piece[0] in "[*"


def mapped(text: str) -> list[Mapped]:
    """Every reaction of a text that is given with its map, each once."""
    return list(dict.fromkeys(map(_mapped, _TOLD.findall(text))))


def _mapped(reaction: str) -> Mapped:
    sides = reaction.partition(">>")[::2]
    before, after = (list(_numbered(side)) for side in sides)
    origin = {number: place for place, (_, number) in enumerate(_atoms(before)) if number}
    maps = tuple(
        (place, origin[number])
        for place, (_, number) in enumerate(_atoms(after))
        if number in origin
    )
    return Mapped(">>".join("".join(piece for piece, _ in side) for side in (before, after)), maps)


def _atoms(side: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [one for one in side if is_atom(one[0])]


def _numbered(side: str) -> Iterator[tuple[str, str]]:
    """Each piece without its number, and the number; brackets only where they say something."""
    for piece in _PIECE.findall(side):
        match = _BRACKET.fullmatch(piece)
        if match is None:
            yield piece, ""
            continue
        atom, hydrogen = match["atom"], match["hydrogen"] or ""
        told = match["isotope"] or match["turn"] or match["charge"]
        alone = not told and atom in _BARE and not (hydrogen and atom in "bnops")
        plain = atom if alone else re.sub(r":\d+\]$", "]", piece)
        yield plain, match["number"] or ""
