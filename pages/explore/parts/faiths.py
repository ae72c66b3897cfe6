"""What became of the output as words were taken away, for every method against chance."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from attention_core.numbers.faithfulness import Faith
from attention_core.pictures import figures
from pages.explore.parts import heats
from pages.explore.parts.attributing import CHANCE
from pages.frame import downloads, prose
from pages.frame.language import _
from pages.frame.link import Choice
from pages.showing import charts, choosing


def titled(name: str) -> str:
    """What an order of words is called."""
    return _("by chance") if name == CHANCE else heats.title(name)


def shown(found: Mapping[str, Faith], lines: Choice[list[str]], page: str, things: str) -> None:
    """The four numbers of every method, and the curves of those chosen.

    things  what was taken away: words, patches
    """
    numbers(found)
    prose.caption(told(found, things))
    st.multiselect(
        _("Curves"), [name for name in found if name != CHANCE], format_func=titled, key=lines.key,
        persist_state="session",
    )  # fmt: skip
    chosen = [*st.session_state[lines.key], CHANCE]
    titles = {"deletion": _("taken away, most important first"), "insertion": _("put back")}
    for (kind, said), column in zip(titles.items(), st.columns(2, gap="large"), strict=True):
        with column:
            axis = _("{things} {how}").format(things=things, how=said)
            curves(found, chosen, kind, axis, f"{page}.{kind}")
    downloads.rows(rows(found), "faithfulness.csv")


def wanted(choice: Choice[bool], label: str, runs: str, count: int) -> bool:
    """Whether the reader wants things taken away; says what it costs where they do not.

    runs  in a sentence with {count}, the orders by chance
    """
    if choosing.switch(choice, label):
        return True
    prose.note(prose.filled(runs, count=count))
    return False


def numbers(found: Mapping[str, Faith]) -> None:
    """A line for each method, the better of chance or method in bold."""
    titles = (_("Deletion ↓"), _("Insertion ↑"), _("Comprehensiveness ↑"), _("Sufficiency ↓"))
    chance = measures(found[CHANCE])
    lines = []
    for name, one in found.items():
        cells = "".join(
            f"<td{_better(value, by_chance, lower) if name != CHANCE else ''}>{value:.3f}</td>"
            for value, by_chance, lower in zip(
                measures(one), chance, (True, False, False, True), strict=True
            )
        )
        lines.append((titled(name), cells, ""))
    heats.framed(titles, lines)
    prose.note(
        prose.filled(
            _(
                "Deletion and insertion: the mean of the output while parts go, or come, in the "
                "order of their scores. Comprehensiveness: what is lost without the first 1, 5, "
                "10, 20 and 50 % of them; sufficiency: what is lost when only these are there. "
                "Arrows say which way is better; green is better than chance, red worse."
            )
        )
    )


def _better(value: float, chance: float, lower: bool) -> str:
    """Green where a method is better than chance, red where it is worse."""
    if value == chance:
        return ""
    good = (value < chance) == lower
    return f' class="atlas-{"gain" if good else "loss"}" style="--strength:0.4"'


def measures(one: Faith) -> tuple[float, float, float, float]:
    """The four numbers of an order of words."""
    return one.deletion_area, one.insertion_area, one.comprehensiveness, one.sufficiency


def told(found: Mapping[str, Faith], things: str) -> prose.Markup:
    """Which methods name things that matter more than any."""
    chance = found[CHANCE].deletion_area
    methods = {name: one.deletion_area for name, one in found.items() if name != CHANCE}
    best = min(methods, key=methods.__getitem__)
    worse = [titled(name) for name, area in methods.items() if area >= chance]
    said = prose.filled(
        _(
            "Taking {things} away in the order of {best} lowers the output fastest: its mean is "
            "{area} on the way, by chance {chance}."
        ),
        things=things, best=titled(best), area=prose.number(methods[best], 3),
        chance=prose.number(chance, 3),
    )  # fmt: skip
    if not worse:
        return prose.Markup(f"{said} {prose.filled(_('Every method does better than chance.'))}")
    more = prose.filled(_("No better than chance: {methods}."), methods=prose.listed(worse))
    return prose.Markup(f"{said} {more}")


def curves(
    found: Mapping[str, Faith], chosen: Sequence[str], kind: str, axis: str, key: str
) -> None:
    """The output each time something went, or came back."""
    drawn = [
        figures.Curve(titled(name), getattr(found[name], kind), name != CHANCE)
        for name in chosen
        if name in found
    ]
    length = len(next(iter(found.values())).deletion)
    figure = figures.curves(
        [str(count) for count in range(length)], drawn, (axis, _("output")), charts.theme()
    )
    figure.update_yaxes(rangemode="normal")
    charts.chart(figure, key, kind)


def rows(found: Mapping[str, Faith]) -> list[dict[str, object]]:
    """Every curve, value by value."""
    return [
        {"method": name, "curve": kind, "words": count, "output": repr(value)}
        for name, one in found.items()
        for kind, curve in (("deletion", one.deletion), ("insertion", one.insertion))
        for count, value in enumerate(curve)
    ]
