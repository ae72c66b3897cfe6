"""Chemical reactions: which atom of the product was which before, by one head of attention.

>>> typed("[CH3:1][OH:2].Br>>[CH3:1][Br:3]").smiles
'CO.Br>>CBr'
>>> typed("CO").maps
Traceback (most recent call last):
    ...
attention_core.errors.TextError: There is no >> in it: write what goes in, then >>, then what \
comes out, such as CO.Br>>CBr.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import torch
from torch import Tensor

from attention_core.errors import TextError
from attention_core.watching.record import AttentionRecord, Site
from models.store.carriers import cache, registry
from models.store.carriers.formats.reactions import Mapped, is_atom, mapped

CARRIER: Final = "reactions"
MODEL: Final = f"wheel:{CARRIER}"
ARROW: Final = ">>"


@dataclass(frozen=True)
class Atoms:
    """Where the atoms of a reaction stand among a model's tokens: before the arrow and after it."""

    before: tuple[int, ...]
    after: tuple[int, ...]

    def looks(self, site: Site) -> Tensor:
        """(head, atom after, atom before), each row scaled to sum to 1 over the atoms before."""
        weights = site.weights()[:, list(self.after)][:, :, list(self.before)]
        return weights / weights.sum(-1, keepdim=True).clamp_min(1e-12)


def typed(text: str) -> Mapped:
    """A reaction as a reader typed it, numbers of atoms taken out and kept as its map.

    Raises TextError when it is none.
    """
    smiles = "".join(text.split())
    if smiles.count(ARROW) != 1:
        raise TextError(
            "There is no >> in it: write what goes in, then >>, then what comes out, such as "
            "CO.Br>>CBr."
        )
    found = mapped(json.dumps({"mapped_rxn": smiles}))
    if not found or not all(map(_has_atoms, found[0].smiles.split(ARROW))):
        raise TextError("One side of it has no atoms; write SMILES on both sides of the >>.")
    return found[0]


def _has_atoms(side: str) -> bool:
    return any(letter.isalpha() for letter in side)


def atoms(record: AttentionRecord) -> Atoms:
    """The atoms among the tokens that were read; raises TextError where the arrow is no token."""
    pieces = [token.piece for token in record.axes[0].tokens]
    if pieces.count(ARROW) != 1:
        raise TextError(
            "There is no >> in it: write what goes in, then >>, then what comes out, such as "
            "CO.Br>>CBr."
        )
    arrow = pieces.index(ARROW)
    tokens = record.axes[0].tokens
    places = [
        place for place, one in enumerate(tokens) if not one.special and is_atom(pieces[place])
    ]
    return Atoms(
        tuple(place for place in places if place < arrow),
        tuple(place for place in places if place > arrow),
    )


def known() -> tuple[Mapped, ...]:
    """Reactions with their maps, by which the model's authors test it; none if it is not here."""
    folder = cache.whole(registry.carrier(CARRIER))
    if folder is None:
        return ()
    said = json.loads((folder / "maps.json").read_text(encoding="utf-8"))["reactions"]
    return tuple(Mapped(one["smiles"], tuple(map(tuple, one["maps"]))) for one in said)


def right(record: AttentionRecord, maps: Sequence[tuple[int, int]]) -> Tensor:
    """(layer, head): how many atoms after look most at the atom that they were, of those mapped.

    maps  (atom after, atom before), each counted from 0 on its own side
    """
    where = atoms(record)
    after, before = zip(*maps, strict=True)
    wanted = torch.tensor(before)
    return torch.stack(
        [(where.looks(site)[:, list(after)].argmax(-1) == wanted).sum(-1) for site in record.sites]
    )
