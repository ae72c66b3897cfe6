"""All methods side by side: a table of tokens and methods, each cell as strong as its score."""

from __future__ import annotations

from collections.abc import Container, Iterable, Iterator, Sequence
from html import escape
from math import isnan
from typing import Final

import streamlit as st

from attention_core.files.spreadsheet import cell
from attention_core.numbers.attribution import ALL, SEES, Knobs
from pages.explore.parts.attributing import Answers
from pages.frame import ask, prose
from pages.frame.language import _
from pages.frame.prose import Markup
from pages.showing import sentences

WHOLE: Final = ("leave-one-out", "integrated")
"""Methods that see the whole model, the first that answers is what the others are held against."""
KIN: Final = frozenset({frozenset(("leave-one-out", "leave-group-out"))})
"""Methods that are the same but for what goes together, so that no sentence compares them."""
COMPLETE: Final = 0.05
"""The share of what scores must add up to by which they may miss it."""


def title(name: str) -> str:
    """What a method is called."""
    return _(ALL[name].title)


def table(made: Answers, count: int, one: bool = False) -> None:
    """Tokens as rows, methods as columns; every column is coloured by its own largest score.

    count  of a column's largest scores are framed
    one    all columns are coloured by the largest score of all
    """
    largest = {
        name: max((abs(float(found.scores[place])) for place in made.own), default=0.0)
        for name, found in made.found.items()
    }
    if one:
        largest = dict.fromkeys(largest, max(largest.values(), default=0.0))
    best = {name: set(made.named(name, count)) for name in made.found}
    lines = []
    for place, token in enumerate(made.tokens):
        following = made.tokens[place + 1 : place + 2]
        if following == (token,) and not {place, place + 1} & {*made.own}:
            continue  # of a row of padding the last one is shown
        cells = "".join(
            _cell(float(found.scores[place]), largest[name], place in best[name])
            if place in made.own
            else f"<td>{_written(float(found.scores[place]))}</td>"
            for name, found in made.found.items()
        )
        kind = "" if place in made.own else "atlas-special"
        lines.append((token, cells, kind))
    framed([title(name) for name in made.found], lines)


def framed(heads: Sequence[str], lines: Iterable[tuple[str, str, str]], kind: str = "") -> None:
    """A table on the page.

    heads  of the columns, as text
    lines  the name of each row, as text; its cells, as HTML; what kind of row it is, for the style
    kind   of table, in the same way
    """
    titles = "".join(f"<th scope='col'>{escape(head)}</th>" for head in heads)
    rows = "".join(
        f"<tr class='{row}'><th scope='row'><bdi>{escape(name)}</bdi></th>{cells}</tr>"
        for name, cells, row in lines
    )
    st.html(
        f'<div class="atlas-heats {kind}" tabindex="0"><table><thead><tr><td></td>{titles}</tr>'
        f"</thead><tbody>{rows}</tbody></table></div>"
    )


def _cell(score: float, largest: float, best: bool) -> str:
    strength = abs(score) / largest if largest > 0 else 0.0
    kind = "loss" if score < 0 else "gain"
    mark = " atlas-most" if best else ""
    return (
        f'<td class="atlas-{kind}{mark}" style="--strength:{strength:.3f}">{_written(score)}</td>'
    )


def _written(score: float) -> str:
    """Two digits after the point, more where there would be nothing but zeros."""
    if score == 0 or abs(score) >= 0.095:
        return f"{score:.2f}".replace("-", "−")
    return f"{score:.1g}".replace("-", "−") if abs(score) >= 1e-4 else "≈0"


def summary(made: Answers, count: int, one: bool = False) -> None:
    """What the picture says: who names which words, and what they miss; `one` as in `table`."""
    prose.note(
        prose.filled(
            _(
                "Colour: all columns by the largest score of all; methods count in different "
                "units, so only some of them can be compared. Green speaks for the output, red "
                "against it. Framed: the {count} largest of each column. Grey rows are special "
                "tokens, which stay when words are taken away."
            )
            if one
            else _(
                "Colour: each column by its own largest score among your words; green speaks for "
                "the output, red against it. Framed: the {count} largest of each column. Grey "
                "rows are special tokens, which stay when words are taken away."
            ),
            count=count,
        )
    )
    whole = next((name for name in WHOLE if name in made.found), None)
    if whole is not None and len(made.found) > 1:
        prose.caption(*_told(made, whole, count))
    for name, found in made.found.items():
        if found.claimed is not None and found.missing is not None:
            prose.badge(*_complete(name, found.claimed, found.missing))


def refused(made: Answers, unasked: Container[str] = ()) -> None:
    """Which methods have no answer here, and why; nothing of those that nobody asked for."""
    reasons = dict[str, list[str]]()
    for name, problem in made.refused.items():
        if name in unasked:
            continue
        reasons.setdefault(ask.said(problem), []).append(title(name))
    if reasons:
        lines = (f"**{prose.listed(names)}**: {why}" for why, names in reasons.items())
        st.info("\n\n".join(lines), icon=":material/info:")


def _told(made: Answers, whole: str, count: int) -> Iterator[Markup]:
    right = made.named(whole, count)
    yield prose.filled(
        _("Taken away one at a time, these words change the output most: {words}.")
        if whole == "leave-one-out"
        else _("On the way from the baseline to the text, these words matter most: {words}."),
        words=_words(made, right),
    )
    if "attention" not in made.found:
        return
    looked = made.named("attention", count)
    yield prose.filled(
        _("Attention looks most at {words}: {shared} of the {count}."),
        words=_words(made, looked),
        shared=made.agreed(whole, "attention", count),
        count=count,
    )
    same = {*KIN, frozenset({whole})}
    others = [name for name in made.found if frozenset((name, whole)) not in same]
    nearest = max(
        others,
        key=lambda name: (made.agreed(whole, name, count), _known(made.kendall(whole, name))),
    )
    if nearest != "attention":
        yield prose.filled(
            _("Nearest to what really happens comes {method}, with {shared} of the {count}.")
            if whole == "leave-one-out"
            else _("Nearest to that comes {method}, with {shared} of the {count}."),
            method=title(nearest),
            shared=made.agreed(whole, nearest, count),
            count=count,
        )


def _known(tau: float) -> float:
    """A method that gives all words the same comes last."""
    return -2.0 if isnan(tau) else tau


def _words(made: Answers, places: Sequence[int]) -> Markup:
    """These tokens, one after the other."""
    parts = [prose.token(made.tokens[place]) for place in places]
    return Markup(prose.listed(parts))


def _complete(name: str, claimed: float, missing: float) -> tuple[bool, Markup]:
    """Whether scores add up to what they must."""
    good = abs(missing) <= COMPLETE * max(abs(claimed), 1e-9)
    sentence = (
        _("{method} adds up to {total}, and must add up to {claimed}.")
        if good
        else _(
            "{method} adds up to {total} and must add up to {claimed}: do not trust this column. "
            "Take more steps, or put something else in place of a missing word."
        )
    )
    return good, prose.filled(
        sentence, method=title(name), claimed=f"{claimed:.3f}", total=f"{claimed + missing:.3f}"
    )  # fmt: skip


def pairs(made: Answers, count: int) -> None:
    """Methods against methods: Kendall's τ, and how many of the strongest words they share."""
    names = list(made.found)
    lines = [
        (title(one), "".join(_pair(made, one, other, count) for other in names), "")
        for one in names
    ]
    framed([title(name) for name in names], lines, "atlas-pairs")


def _pair(made: Answers, one: str, other: str, count: int) -> str:
    if one == other:
        return "<td></td>"
    tau = made.kendall(one, other)
    if isnan(tau):
        return "<td>–</td>"
    kind = "loss" if tau < 0 else "gain"
    shared = f"{made.agreed(one, other, count)}/{count}"
    return (
        f'<td class="atlas-{kind}" style="--strength:{abs(tau):.3f}">'
        f"{_written(round(tau, 2) + 0.0)}<small>{shared}</small></td>"
    )


def agreement(made: Answers, count: int) -> Markup:
    """Who agrees best, and who least, in one sentence."""
    names = list(made.found)
    taus = {
        (one, other): tau
        for at, one in enumerate(names)
        for other in names[at + 1 :]
        if frozenset((one, other)) not in KIN
        if not isnan(tau := made.kendall(one, other))
    }
    if len(taus) < 2:
        return prose.filled(_("There are too few methods here to compare."))
    best, worst = max(taus, key=taus.__getitem__), min(taus, key=taus.__getitem__)
    return prose.filled(
        _(
            "{one} and {other} agree best: τ is {best}, and {shared} of the {count} words that "
            "matter most are the same. {third} and {fourth} agree least: τ is {worst}, and "
            "{few} of {count}."
        ),
        one=title(best[0]), other=title(best[1]), best=prose.number(taus[best]),
        shared=made.agreed(*best, count), count=count,
        third=title(worst[0]), fourth=title(worst[1]),
        worst=prose.number(taus[worst]), few=made.agreed(*worst, count),
    )  # fmt: skip


def remarks(made: Answers) -> None:
    """What must be known of what some methods found, and how well it is known."""
    notes = [note for found in made.found.values() for note in found.notes]
    if notes:
        prose.note(Markup(" ".join(map(sentences.noted, notes))))


def cards(made: Answers, knobs: Knobs) -> None:
    """What each method is: its equation, what it sees, what it holds constant, what it costs."""
    tokens = len(made.own)
    with st.popover(_("What each method is"), icon=":material/info:", type="tertiary"):
        for method in ALL.values():
            cost = method.passes(tokens, knobs)
            st.markdown(f"**{_(method.title)}**")
            st.latex(method.equation)
            prose.note(prose.filled(_(method.constant)))
            prose.note(
                prose.filled(
                    _(
                        "Sees {what}. Needs {forward} passes of the model forward and {backward} "
                        "backward here. Source: {source}"
                    ),
                    what=prose.listed([_(SEES[one]) for one in method.sees]),
                    forward=cost.forward,
                    backward=cost.backward,
                    source=_source(method.source),
                )
            )


def _source(cited: str) -> Markup:
    """Who wrote it and where, as a link: “names, address, section”."""
    names, _comma, rest = cited.partition(", https://")
    address, _comma, part = rest.partition(", ")
    said = escape(", ".join(filter(None, [names, part])))
    return Markup(f'<a href="https://{escape(address)}" target="_blank">{said}</a>')


def rows(made: Answers) -> list[dict[str, object]]:
    """The picture as a table."""
    return [
        {
            "token": cell(token),
            "own": int(place in made.own),
            **{name: repr(float(found.scores[place])) for name, found in made.found.items()},
        }
        for place, token in enumerate(made.tokens)
    ]
