"""What the charts of costs share: names, lengths, prices, and how they are drawn."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from attention_core.mechanisms import ALL, cost
from attention_core.mechanisms.cost import Price
from attention_core.mechanisms.price import Size
from attention_core.mechanisms.timing import Measured
from attention_core.pictures.figures import Growth, growth
from pages.frame.language import _
from pages.showing import charts

PAGE: Final = "cost"
Ring = tuple[int, float, str]
"""Length, value, and what is said of a place that is ringed."""


def title(name: str) -> str:
    """What readers call a mechanism."""
    return _(ALL[name].card.title)


def lengths(longest: int) -> list[int]:
    """Powers of two, and one between every two of them."""
    powers = [1 << power for power in range(4, longest.bit_length())]
    return sorted({*powers, *(3 * power // 2 for power in powers[:-1])})


def priced(price: Price, name: str, size: Size, length: int) -> float:
    return price(name, length, size.width, size.heads, reach=size.reach)


def table(
    names: Sequence[str], size: Size, rows: Sequence[Measured] = ()
) -> list[dict[str, object]]:
    """Every number of the charts."""
    found = {(row.name, row.length): row for row in rows}
    places = [(n, k) for n in names for k in lengths(size.length)]
    return [
        {
            "mechanism": name,
            "length": length,
            "operations": priced(cost.operations, name, size, length),
            "projections": priced(cost.projections, name, size, length),
            "memory": priced(cost.memory, name, size, length),
            "seconds": row.seconds if (row := found.get((name, length))) else "",
            "peak numbers": row.numbers if row else "",
            "runs": row.runs if row else "",
        }
        for name, length in places
    ]


def draw(drawn: Sequence[Growth], unit: str, name: str, rings: Sequence[Ring] = ()) -> None:
    """A chart over the length, with its file."""
    titles = (_("length of the text (tokens)"), unit)
    charts.chart(growth(drawn, titles, charts.theme(), rings), f"{PAGE}.{name}", name)
