"""Atoms of reactions: typed, mapped, and found by the head that looks at them."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import TextError
from attention_core.watching.place import Place
from attention_core.watching.record import AttentionRecord, Integrity, Site, Stored
from models.store import reactions
from models.store.carriers import cache, registry
from pages.showing import readings
from tests.test_pages_state import address, headings, html, opened

PIECES = ("[CLS]", "C", "O", ".", "Br", ">>", "C", "Br", "[SEP]")
HERE = [reactions.MODEL] if cache.whole(registry.carrier(reactions.CARRIER)) else []
"""The model, where set-up could fetch it."""


def record(*heads: dict[int, int]) -> AttentionRecord:
    """One layer; each head looks from some tokens at others, from the rest at [CLS]."""
    size = len(PIECES)
    weights = torch.zeros(len(heads), size, size)
    weights[..., 0] = 1
    for number, looks in enumerate(heads):
        for query, key in looks.items():
            weights[number, query] = 0
            weights[number, query, key] = 0.6
            weights[number, query, 0] = 0.4
    tokens = tuple(
        Token(piece, place, place + 1, piece.startswith("[C") or piece == "[SEP]", piece=piece)
        for place, piece in enumerate(PIECES)
    )
    axis = TextAxis("text", " " * size, tokens)
    site = Site((Place("encoder", 0),), len(heads), axis, axis, Stored(weights), Integrity(0, 0))
    return AttentionRecord("toy", (site,), (axis,))


def test_atoms_are_found_on_their_sides() -> None:
    found = reactions.atoms(record({}))
    assert (found.before, found.after) == ((1, 2, 4), (6, 7))


def test_a_head_is_right_where_it_looks_at_the_atom_that_it_was() -> None:
    maps = ((0, 0), (1, 2))
    given = record({6: 1, 7: 4}, {6: 2, 7: 4}, {6: 4, 7: 1}, {})
    assert reactions.right(given, maps).tolist() == [[2, 1, 0, 1]]  # the last looks at none: first
    looks = reactions.atoms(given).looks(given.sites[0])
    assert looks[0].tolist() == [[1, 0, 0], [0, 0, 1]]


def test_numbers_of_atoms_are_taken_out_and_kept() -> None:
    found = reactions.typed(" [CH3:1][OH:2] . Br>>[CH3:1][Br:3] ")
    assert found.smiles == "CO.Br>>CBr"
    assert found.maps == ((0, 0),)


@pytest.mark.parametrize(
    ("text", "said"),
    [("", ">>"), ("CO", ">>"), ("C>>O>>N", ">>"), (">>C", "no atoms"), ("C>>", "no atoms"),
     ("1>>2", "no atoms"), ("C>O", ">>")],
)  # fmt: skip
def test_what_is_no_reaction_is_named(text: str, said: str) -> None:
    with pytest.raises(TextError, match=said):
        reactions.typed(text)


def test_where_the_model_is_missing_a_sentence_says_how_to_have_it(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("ATLAS_CARRIERS_DIR", str(tmp_path))
    app = opened("reactions")
    assert not app.error
    assert any("models\\.store\\.carriers reactions" in info.value for info in app.info)


@pytest.mark.parametrize("model", HERE)
def test_the_head_that_its_authors_name_finds_most_atoms(model: str) -> None:
    right, count = readings.scored_heads()
    assert model == reactions.MODEL
    assert count == sum(len(one.maps) for one in reactions.known()) >= 80
    assert float(right[10, 5]) / count >= 0.8
    assert float(right.float().mean()) / count <= 0.5


@pytest.mark.parametrize("model", HERE)
def test_the_page_scores_what_the_reader_mapped(model: str) -> None:
    mapped = "[CH3:1][S:2].[F:9][c:3]>>[CH3:1][S:2][c:3]"
    app = opened("reactions", smiles=mapped, head="11,6")
    assert model
    assert not app.error
    assert "What layer 11, head 6 looks at" in headings(app)
    assert "of 3 links are right" in html(app)
    assert address(app, "smiles") == mapped


@pytest.mark.parametrize("model", HERE)
@pytest.mark.parametrize(("smiles", "said"), [("CC", ">>"), ("C>>", "no atoms"), ("C$$Q>>C", "")])
def test_a_broken_smiles_is_named(model: str, smiles: str, said: str) -> None:
    app = opened("reactions", smiles=smiles)
    assert model
    assert not app.error
    assert said.replace(">", "\\>") in " ".join(info.value for info in app.info)


@pytest.mark.parametrize("model", HERE)
@pytest.mark.parametrize(("name", "raw"), [("head", "99,99"), ("head", "x"), ("pins", "999")])
def test_nonsense_in_the_address_leaves_the_page_usable(model: str, name: str, raw: str) -> None:
    app = opened("reactions", **{name: raw})
    assert model
    assert not app.error
