"""Quality against the length of a sentence, as a chart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from attention_core.pictures import figures as plots
from models.store import catalogue
from models.store.catalogue import Card
from pages.frame.language import _
from pages.showing import charts


def measured() -> dict[str, Card]:
    """The translators on this machine whose quality was measured over the length, by name."""
    return {
        one.card.name: one.card
        for one in catalogue.entries()
        if one.card.measured.get("quality", {}).get("by_length")
    }


def chart(
    cards: dict[str, Card], names: Sequence[str], measure: str, strong: Sequence[str], key: str
) -> None:
    """A line for each translator; `strong` ones are drawn strongly."""
    if not names:
        return
    bins = {name: cards[name].measured["quality"]["by_length"] for name in names}
    drawn = [
        plots.Curve(_(cards[name].short), [one[measure] for one in bins[name]], name in strong)
        for name in names
    ]
    labels = [words(one) for one in bins[names[0]]]
    titles = (_("length of the English sentence (words)"), unit(measure))
    figure = plots.curves(labels, drawn, titles, charts.theme())
    charts.chart(figure, key, "by-length")


def words(one: dict[str, Any]) -> str:
    """The lengths of one bin, such as 4–6 or 13+."""
    return f"{one['first']}–{one['last']}" if one["last"] else f"{one['first']}+"


def unit(measure: str) -> str:
    """What the chart's upright axis counts."""
    return {"bleu": "BLEU", "exact": _("share exactly right")}[measure]
