"""What every one of our translators gives to a page, whichever way it looks: record, tree, edits.

The networks know no language: what is promised here must not depend on what was learnt.
"""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from attention_core.errors import AttentionError, ShapeError, Superseded
from attention_core.watching.edit import Edit
from attention_core.watching.record import Integrity
from models.families.translation import USUAL, Node, Search, Translation
from models.ours.translator.network import Followed
from models.ours.translator.reader import TranslatorReader
from models.ours.translator.vocabulary import END_ID
from tests.toy_networks import LOOKING, TINY, toy_reader

TEXT, GIVEN = "She reads a book.", "Elle lit un livre."
every = pytest.mark.parametrize("kind", TINY)
looking = pytest.mark.parametrize("kind", LOOKING)


@pytest.fixture(scope="module")
def readers(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TranslatorReader]:
    folder = tmp_path_factory.mktemp("readers")
    return {kind: toy_reader(kind, folder) for kind in TINY}


def weights(made: Translation) -> dict[str, torch.Tensor]:
    return {site.name: site.weights() for site in made.record.sites}


@every
def test_every_site_is_verified_and_lies_on_the_right_axes(
    readers: dict[str, TranslatorReader], kind: str
) -> None:
    for made in (readers[kind].translate(TEXT), readers[kind].align(TEXT, GIVEN)):
        assert [site.name for site in made.record.sites] == list(readers[kind].network.sites)
        for site in made.record.sites:
            assert site.integrity.verified
            assert site.queries is (made.source if site.kind == "encoder" else made.target)
            if site.kind != "decoder":
                assert site.keys is made.source
            shape = (site.heads, len(site.queries), len(site.keys))
            assert site.weights().shape == shape
            assert (site.weights()[:, ~site.allowed()] == 0).all()


def test_a_decoder_that_looks_back_counts_from_the_start_sign(
    readers: dict[str, TranslatorReader],
) -> None:
    """Step 0 has read <s> only, so nothing later than itself is there to look at."""
    made = readers["transformer"].align(TEXT, GIVEN)
    keys = [token.piece for token in made.record.site("decoder.0").keys.tokens]
    assert keys == ["<s>", *(token.piece for token in made.target.tokens[:-1])]
    first = made.record.site("decoder.0").keys.tokens[0]
    assert (first.start, first.end, first.special) == (0, 0, True)
    back = made.record.site("decoder.0").weights()
    assert (back.triu(1) == 0).all()
    assert (back[:, 0, 0] == 1).all()


def test_the_fixed_vector_has_a_translation_but_nothing_to_look_at(
    readers: dict[str, TranslatorReader],
) -> None:
    made = readers["none"].translate(TEXT)
    assert (made.record.sites, made.cross) == ((), ())
    assert made.text
    assert len(made.chosen) == len(made.target)
    with pytest.raises(AttentionError, match=r"no attention “cross\.0”"):
        readers["none"].translate(TEXT, edits=[Edit("cross.0", "zero")])


@every
def test_a_given_target_is_scored_as_the_search_scored_it(
    readers: dict[str, TranslatorReader], kind: str
) -> None:
    made = readers[kind].translate(TEXT, Search(width=3))
    way = [node for node in made.tree if node.chosen]
    assert [node.log_probability for node in way] == pytest.approx(
        [math.log(chance) for chance in made.chosen[: len(way)]], abs=1e-3
    )
    assert made.score == pytest.approx(sum(map(math.log, made.chosen)) / len(made.chosen), abs=1e-4)


def test_each_side_knows_its_language_and_a_request_that_is_overtaken_is_not_followed(
    readers: dict[str, TranslatorReader],
) -> None:
    reader = readers["additive"]
    made = reader.align(TEXT, GIVEN)
    assert reader.axis(TEXT).language == made.source.language == "en"
    assert reader.translate(TEXT).target.language == made.target.language == "fr"
    with pytest.raises(Superseded):
        reader.align(TEXT, GIVEN, cancelled=lambda: True)


def test_five_candidates_are_shown_at_every_step(readers: dict[str, TranslatorReader]) -> None:
    made = readers["additive"].align(TEXT, GIVEN)
    assert [len(row) for row in made.candidates] == [5] * len(made.target)


def test_a_pair_that_may_be_cut_has_as_many_pieces_as_tokens_and_ends_with_the_end(
    readers: dict[str, TranslatorReader],
) -> None:
    reader = readers["additive"]
    long = "une maison " * 90
    source, pieces, target, ids = reader.pieces(long, long, cut=True)
    for axis, numbers in ((source, pieces), (target, ids)):
        assert len(axis) == len(numbers) == reader.limit
        assert numbers[-1] == END_ID
        assert axis.tokens[-1].special
        assert axis.tokens[-2].end == len(axis.text) == axis.tokens[-1].start
    note = "Only the first 60 pieces were read."
    assert [str(one) for one in reader.align(long, GIVEN, cut=True).record.notes] == [note]
    assert [str(one) for one in reader.align(TEXT, long, cut=True).record.notes] == [note]
    assert reader.align(TEXT, GIVEN, cut=True).record.notes == ()


def test_a_search_is_five_wide_with_a_penalty_unless_said_otherwise() -> None:
    assert Search() == USUAL == Search(5, 0.8)
    node = Node(-1, "a", -1.0, -1.0)
    assert (node.score, node.chosen, node.way) == (None, False, "")


# The beam's tree


def roots(tree: tuple[Node, ...], place: int) -> list[int]:
    """The way from a node to the first piece."""
    way = [place]
    while tree[way[-1]].parent >= 0:
        way.append(tree[way[-1]].parent)
    return way


@every
@pytest.mark.parametrize("width", [1, 4])
def test_the_tree_has_one_chosen_way_and_its_totals_add_up(
    readers: dict[str, TranslatorReader], kind: str, width: int
) -> None:
    made = readers[kind].translate(TEXT, Search(width))
    tree = made.tree
    chosen = {place for place, node in enumerate(tree) if node.chosen}
    assert set(roots(tree, max(chosen))) == chosen
    for place, node in enumerate(tree):
        assert node.parent < place
        way = roots(tree, place)
        assert node.total == pytest.approx(sum(tree[n].log_probability for n in way), abs=1e-4)
    ended = [node for node in tree if node.score is not None]
    if ended:
        assert max(ended, key=lambda node: node.score or 0.0).chosen
    assert all(node.text for node in tree)


@every
def test_the_chosen_way_is_the_translation(readers: dict[str, TranslatorReader], kind: str) -> None:
    made = readers[kind].translate(TEXT, Search(width=3))
    shown = [node.text for node in made.tree if node.chosen]
    assert (
        shown
        == [token.piece.replace("▁", " ").strip() or "␣" for token in made.target.tokens][
            : len(shown)
        ]
    )


@every
def test_every_node_says_the_text_from_the_beginning_to_itself(
    readers: dict[str, TranslatorReader], kind: str
) -> None:
    made = readers[kind].translate(TEXT, Search(width=3))
    for node in made.tree:
        before = made.tree[node.parent].way if node.parent >= 0 else ""
        added = "".join(node.text.split()) if node.score is None else ""
        assert "".join(node.way.split()) == "".join(before.split()) + added.replace("␣", "")
    finished = {node.way for node in made.tree if node.score is not None}
    assert finished <= {made.text, *(other.text for other in made.alternatives)}


def test_a_given_target_has_no_tree(readers: dict[str, TranslatorReader]) -> None:
    made = readers["additive"].align(TEXT, GIVEN)
    assert (made.tree, made.alternatives) == ((), ())


# Edits


@looking
def test_an_edit_changes_the_cells_it_names_and_no_step_before_it(
    readers: dict[str, TranslatorReader], kind: str
) -> None:
    calm = readers[kind].align(TEXT, GIVEN)
    edit = Edit("cross.0", "set", heads=(0,), queries=(2,), keys=(1, 2), value=1.0)
    made = readers[kind].align(TEXT, GIVEN, edits=[edit])
    before, after = weights(calm)["cross.0"], weights(made)["cross.0"]
    row = after[0, 2]
    allowed = [place for place in (1, 2) if before[0, 2, place] > 0]
    assert allowed
    assert float(row[allowed].sum()) == pytest.approx(1, abs=1e-6)
    assert float(row.sum()) == pytest.approx(1, abs=1e-6)
    torch.testing.assert_close(after[:, :2], before[:, :2])
    torch.testing.assert_close(after[1:, 2], before[1:, 2])  # the other heads of that step
    assert made.chosen[:2] == pytest.approx(calm.chosen[:2], rel=1e-4)
    assert made.chosen[2:] != pytest.approx(calm.chosen[2:], rel=1e-4)


def test_an_edit_of_one_layer_leaves_what_comes_before_that_layer(
    readers: dict[str, TranslatorReader],
) -> None:
    """It cannot reach the encoder, nor the first decoder layer when the second is edited."""
    reader = readers["transformer"]
    calm = weights(reader.align(TEXT, GIVEN))
    made = weights(reader.align(TEXT, GIVEN, edits=[Edit("decoder.1", "uniform", heads=(1,))]))
    for name in ("encoder.0", "encoder.1", "decoder.0", "cross.0"):
        assert torch.equal(made[name], calm[name])
    assert torch.equal(made["decoder.1"][[0, 2]], calm["decoder.1"][[0, 2]])
    for step, row in enumerate(made["decoder.1"][1]):
        torch.testing.assert_close(row[: step + 1], torch.full((step + 1,), 1 / (step + 1)))
    assert not torch.allclose(made["cross.1"], calm["cross.1"], atol=1e-4)


@looking
def test_an_edited_picture_is_still_checked_against_the_network(
    readers: dict[str, TranslatorReader], kind: str
) -> None:
    """A row of which cells were taken away sums to less than 1, as the reader asked."""
    made = readers[kind].align(TEXT, GIVEN, edits=[Edit("cross.0", "zero", queries=(1,))])
    assert (weights(made)["cross.0"][:, 1] == 0).all()
    assert all(site.integrity.verified for site in made.record.sites)


@looking
def test_a_translation_under_edits_is_the_one_that_following_it_under_them_explains(
    readers: dict[str, TranslatorReader], kind: str
) -> None:
    edits = [Edit("cross.0", "uniform", queries=(0, 1)), Edit("cross.0", "zero", queries=(3,))]
    made = readers[kind].translate(TEXT, edits=edits)
    way = [node for node in made.tree if node.chosen]
    assert [node.log_probability for node in way] == pytest.approx(
        [math.log(chance) for chance in made.chosen[: len(way)]], abs=1e-3
    )


@looking
def test_nothing_is_left_of_an_edit(readers: dict[str, TranslatorReader], kind: str) -> None:
    reader = readers[kind]
    calm = reader.translate(TEXT)
    edit = Edit("cross.0", "zero")
    changed = reader.translate(TEXT, edits=[edit])
    assert changed.score != pytest.approx(calm.score, abs=1e-4)
    with pytest.raises(Superseded):
        reader.translate(TEXT, edits=[edit], cancelled=lambda: True)
    with pytest.raises(ShapeError, match="no head 9"):
        reader.align(TEXT, GIVEN, edits=[Edit("cross.0", "zero", heads=(9,))])
    again = reader.translate(TEXT)
    assert again.text == calm.text
    assert again.score == calm.score
    for name, matrix in weights(again).items():
        assert torch.equal(matrix, weights(calm)[name])


def test_an_edit_of_a_site_that_is_not_there_names_those_that_are(
    readers: dict[str, TranslatorReader],
) -> None:
    with pytest.raises(AttentionError, match=r"no attention “cross.7” .* encoder.0, .*cross.1"):
        readers["transformer"].translate(TEXT, edits=[Edit("cross.7", "zero")])


# The check of what is shown


def shown_with(
    reader: TranslatorReader, monkeypatch: pytest.MonkeyPatch, factor: float, edits: bool = False
) -> list[Integrity]:
    """The checks of a network whose weights are `factor` times what they ought to be."""
    follow = reader.network.follow

    def wrong(*given: torch.Tensor) -> Followed:
        logits, looks = follow(*given)
        scaled = [
            look._replace(
                trace=replace(
                    look.trace,
                    weights=look.trace.weights * factor,
                    context=look.mechanism.take(look.trace.weights * factor, look.trace.values),
                )
            )
            for look in looks
        ]
        return Followed(logits, tuple(scaled))

    monkeypatch.setattr(reader.network, "follow", wrong)
    edit = [Edit(name, "uniform") for name in reader.network.sites] if edits else []
    made = reader.align(TEXT, GIVEN, edits=edit)
    return [site.integrity for site in made.record.sites]


@pytest.mark.parametrize("factor", [0.9, 1.1])
@pytest.mark.parametrize("kind", ["additive", "transformer"])
def test_rows_that_sum_to_less_or_more_than_1_are_reported(
    readers: dict[str, TranslatorReader], kind: str, factor: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    checks = shown_with(readers[kind], monkeypatch, factor)
    for check in checks:
        assert check.rows == pytest.approx(0.1, abs=1e-5)
        assert check.output == pytest.approx(0, abs=1e-5)
        assert check.broken


@pytest.mark.parametrize(("factor", "rows"), [(0.9, 0.0), (1.1, 0.1)])
def test_rows_that_a_reader_edited_may_sum_to_less_than_1_but_never_to_more(
    readers: dict[str, TranslatorReader],
    factor: float,
    rows: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for check in shown_with(readers["transformer"], monkeypatch, factor, edits=True):
        assert check.rows == pytest.approx(rows, abs=1e-5)
        assert check.broken == (rows > 0)


@pytest.mark.parametrize("size", [1e-3, 1.0, 1e3])
def test_the_gap_to_the_networks_output_is_a_share_of_its_largest_number(
    readers: dict[str, TranslatorReader], size: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = readers["additive"]
    follow = reader.network.follow

    def louder(*given: torch.Tensor) -> Followed:
        logits, looks = follow(*given)
        traces = [
            replace(
                look.trace,
                values=look.trace.values * size,
                context=look.mechanism.take(look.trace.weights, look.trace.values) * size * 1.25,
            )
            for look in looks
        ]
        both = zip(looks, traces, strict=True)
        return Followed(logits, tuple(look._replace(trace=trace) for look, trace in both))

    monkeypatch.setattr(reader.network, "follow", louder)
    check = reader.align(TEXT, GIVEN).cross[0].integrity
    assert check.output == pytest.approx(0.2, rel=1e-4)
    assert check.broken
