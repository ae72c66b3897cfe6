"""What a picture needs: the weights of some heads of one site, at the grain the reader chose.

>>> from attention_core.axes.tokens import spaced
>>> from attention_core.watching.place import Place
>>> from attention_core.watching.record import Integrity, Stored
>>> axis, weights = spaced("a b"), torch.tensor([[[0.25, 0.75], [1.0, 0.0]]])
>>> site = Site((Place("encoder", 0),), 1, axis, axis, Stored(weights), Integrity(0.0, 0.0))
>>> view(site).strongest(row=0)
Cell(row=0, column=1, weight=0.75)
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from attention_core.axes.axis import Item
from attention_core.axes.merging import merge_keys, merge_queries
from attention_core.axes.tokens import Token
from attention_core.errors import ShapeError
from attention_core.numbers.alignment import shifted
from attention_core.watching.capture import never, wanted
from attention_core.watching.parted import Parted
from attention_core.watching.record import QueryKey, Site

Grain = Literal["tokens", "words"]
Specials = Literal["shown", "hidden", "renormalised"]
Groups = tuple[tuple[int, ...], ...]
SINK = Token("∅", 0, 0, special=True, piece="sink")
"""Stands for a model's attention sink among the columns."""
BESIDE = Token("⊕", 0, 0, special=True, piece="places that are no tokens")
"""Stands for all places of a model that take attention, give something, and are no tokens."""


@dataclass(frozen=True)
class Cell:
    """One cell in words: this row looks at this column with this weight."""

    row: int
    column: int
    weight: float


@dataclass(frozen=True)
class View:
    """The weights of some heads over what is shown of a text.

    weights  (head, row, column), float32; a row is a query, a column a key; the last column is
             the model's sink where it has one, a place that takes attention and gives nothing,
             or all of its places together that give something and are no tokens
    allowed  (row, column), bool
    kept     share of all attention of the shown rows that lies on shown columns, before any
             renormalising; 1.0 when nothing is hidden
    """

    site: str
    heads: tuple[int, ...]
    rows: tuple[Item, ...]
    columns: tuple[Item, ...]
    weights: NDArray[np.float32]
    allowed: NDArray[np.bool_]
    grain: Grain
    specials: Specials
    kept: float
    one_text: bool
    """True when queries and keys are the same text."""
    row_places: tuple[tuple[int, ...], ...]
    """For each row the token positions it stands for: one, or those of a word."""
    column_places: tuple[tuple[int, ...], ...]
    sink: float | None = None
    """Share of all attention that goes to the model's sink; None where it has none."""
    beside: float | None = None
    """Share of all attention that goes to places that are no tokens; None where there are none."""

    def row_of(self, place: int) -> int | None:
        """The row that shows a token of the queries, or None when it is hidden."""
        return _index(self.row_places, place)

    def column_of(self, place: int) -> int | None:
        """The column that shows a token of the keys, or None when it is hidden."""
        return _index(self.column_places, place)

    @property
    def mean(self) -> NDArray[np.float32]:
        """(row, column): the mean of the heads of this view."""
        mean: NDArray[np.float32] = self.weights.mean(0)
        return mean

    def only(self, heads: Sequence[int]) -> View:
        """The same picture of some of its heads."""
        places = [self.heads.index(head) for head in heads]
        return replace(self, heads=tuple(heads), weights=self.weights[places])

    def beginning(self, most: int) -> View:
        """The same picture of its first rows and columns."""
        return replace(
            self,
            rows=self.rows[:most],
            columns=self.columns[:most],
            weights=self.weights[:, :most, :most],
            allowed=self.allowed[:most, :most],
            row_places=self.row_places[:most],
            column_places=self.column_places[:most],
        )

    def strongest(self, row: int, matrix: NDArray[np.float32] | None = None) -> Cell:
        """Where one row looks most, in the mean of the heads or in the matrix given."""
        weights = (self.mean if matrix is None else matrix)[row]
        column = int(weights.argmax())
        return Cell(row, column, float(weights[column]))

    def telling(self, matrix: NDArray[np.float32] | None = None) -> Cell | None:
        """The strongest look from one word of the reader to another one, if there is any."""
        weights = (self.mean if matrix is None else matrix).copy()
        weights[[row.special for row in self.rows]] = 0
        weights[:, [column.special for column in self.columns]] = 0
        if self.one_text:
            np.fill_diagonal(weights, 0)
        if not weights.size or weights.max() <= 0:
            return None
        row, column = np.unravel_index(int(weights.argmax()), weights.shape)
        return Cell(int(row), int(column), float(weights[row, column]))


def view(
    site: Site[Any],
    heads: Sequence[int] | None = None,
    grain: Grain = "tokens",
    specials: Specials = "shown",
    shift: int = 0,
) -> View:
    """The picture of one site: merged to words and stripped of special tokens as asked.

    Merging conserves: the weights on the sub-words of a looked-at word are added, those of a
    looking word averaged, so every row keeps its total.

    shift  decoding steps: 1 shows with each row the look of the step after it

    Raises ShapeError when no head is chosen, or one that this site has not.
    """
    chosen = _chosen(site, heads)
    extra, mark = _extra(site, chosen)
    weights = _moved(site.weights(chosen), extra, shift)
    allowed = torch.nn.functional.pad(site.allowed(), (0, extra.shape[-1]), value=True)
    rows, columns = site.queries.tokens, (*site.keys.tokens, *[mark] * extra.shape[-1])
    row_groups: Groups = tuple((place,) for place in range(len(rows)))
    column_groups: Groups = tuple((place,) for place in range(len(columns)))
    if grain == "words":
        row_groups = site.queries.groups
        column_groups = (*site.keys.groups, *column_groups[len(site.keys) :])
        weights = merge_queries(merge_keys(weights, column_groups), row_groups)
        allowed = merge_queries(merge_keys(allowed.float(), column_groups), row_groups) > 0
        rows = site.queries.words.tokens
        columns = (*site.keys.words.tokens, *columns[len(site.keys) :])
    row_kept = _kept(rows, specials)
    column_kept = _kept(columns, specials)
    if len(row_kept) < len(rows):
        weights = weights[:, row_kept]
    total = float(weights.sum())
    taken = float(weights[..., -1].sum()) / total if extra.shape[-1] and total else None
    kept = 1.0
    if len(column_kept) < len(columns):
        weights = weights[:, :, column_kept]
        kept = float(weights.sum()) / total if total else 1.0
    if specials == "renormalised":
        weights = weights / weights.sum(-1, keepdim=True).clamp_min(1e-12)
    return View(
        site=site.name,
        heads=chosen,
        rows=tuple(rows[index] for index in row_kept),
        columns=tuple(columns[index] for index in column_kept),
        weights=weights.numpy().astype(np.float32, copy=False),
        allowed=allowed[row_kept][:, column_kept].numpy(),
        grain=grain,
        specials=specials,
        kept=kept,
        one_text=site.queries is site.keys,
        row_places=tuple(row_groups[index] for index in row_kept),
        column_places=tuple(column_groups[index] for index in column_kept),
        sink=taken if mark is SINK else None,
        beside=taken if mark is BESIDE else None,
    )


def _moved(weights: Tensor, extra: Tensor, shift: int) -> Tensor:
    """The weights with what goes to no token behind them; nothing is copied without need."""
    whole = torch.cat([weights, extra], -1) if extra.shape[-1] else weights
    return torch.from_numpy(shifted(whole.numpy(), shift)) if shift else whole


def _chosen(site: Site[Any], heads: Sequence[int] | None) -> tuple[int, ...]:
    """The heads asked for, all of them by default; raises ShapeError where there is none such."""
    chosen = tuple(range(site.heads)) if heads is None else tuple(heads)
    if not chosen or not set(chosen) <= set(range(site.heads)):
        raise ShapeError(
            "The heads asked for are {chosen}; choose at least one from 0 to {last}.",
            chosen=list(chosen),
            last=site.heads - 1,
        )
    return chosen


def _extra(site: Site[Any], heads: Sequence[int]) -> tuple[Tensor, Token]:
    """(head, query, 1) of what goes to no token, and its mark; (head, query, 0) where none does."""
    source = site.source
    if isinstance(source, QueryKey) and source.sinks is not None:
        return source.shares(heads, slice(None))[..., len(site.keys) :].float(), SINK
    beside = source.beside(heads, slice(None)) if isinstance(source, Parted) else None
    if beside is not None:
        return beside.unsqueeze(-1), BESIDE
    return torch.zeros(len(heads), len(site.queries), 0), SINK


def _index(groups: Groups, place: int) -> int | None:
    return next((index for index, group in enumerate(groups) if place in group), None)


def _kept(items: Sequence[Item], specials: Specials) -> list[int]:
    every = range(len(items))
    ordinary = [index for index in every if not items[index].special]
    return list(every) if specials == "shown" or not ordinary else ordinary


def overview(
    sites: Sequence[Site[Any]], size: int, cancelled: Callable[[], bool] = never
) -> list[NDArray[np.uint8]]:
    """Thumbnails of all heads, for each site (head, size, size), each scaled to its own peak.

    Texts shorter than `size` are drawn at their own length and enlarged to `size`.

    Raises Superseded when `cancelled`, which is asked before every site, says so.
    """
    return [_thumbnails(site, size) for site in wanted(sites, cancelled)]


def _thumbnails(site: Site[Any], size: int) -> NDArray[np.uint8]:
    small = site.overview(size)
    peak = small.amax((-2, -1), keepdim=True).clamp_min(1e-12)
    shown = torch.nn.functional.interpolate(
        (small / peak).unsqueeze(1), (size, size), mode="nearest"
    ).squeeze(1)
    pixels: NDArray[np.uint8] = (shown * 255).round().to(torch.uint8).numpy()
    return pixels
