"""What a trained mechanism answers, where it looked, and how often it is right."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from attention_core.numbers.alignment import Gold, Link
from attention_core.pictures.views import View
from attention_core.watching.place import places
from attention_core.watching.record import Site
from models.ours.proofs import reader
from models.ours.proofs.reader import Reply
from models.ours.proofs.registry import shipped
from models.ours.proofs.task import Contender, Example, Task
from pages.frame import link, prose
from pages.frame.language import _
from pages.showing import choosing, figures, sentences
from pages.showing.kept import view

LISTED = 12
"""Answers that are listed; of more, the first."""


def names() -> tuple[str, ...]:
    """Every mechanism of every task, and none."""
    every = {one.name for task in shipped() for one in task.contenders}
    return ("", *sorted(every))


def usual(chosen: Task) -> tuple[str, str]:
    """The first that can do the task, and the last that cannot."""
    able = [one.name for one in chosen.contenders if one.able]
    unable = [one.name for one in chosen.contenders if not one.able]
    return able[0], (unable or able)[-1]


def contender(chosen: Task, choice: link.Choice[str], first: str) -> Contender:
    """The mechanism of one side, as the reader chose it."""
    titles = {one.name: _(one.title) for one in chosen.contenders}
    if link.value(choice) not in titles:
        link.choose(choice, first)
    name = choosing.dropdown(choice, _("Looks by"), titles)
    return reader.contender(chosen, name)


def reply(chosen: Task, one: Contender, example: Example) -> Reply:
    return reader.answered(chosen, one.name, example)


def told(chosen: Task, found: Reply, example: Example) -> None:
    """The answers, each with a mark whether it is right."""
    right = [said == wanted for said, wanted in zip(found.answers, example.answers, strict=True)]
    if len(right) == 1:
        one = {"said": found.answers[0], "chance": f"{100 * found.chances[0]:.0f}"}
        if right[0]:
            prose.headline(_("✓ {said} ({chance} %)").format(**one))
        else:
            wanted = example.answers[0]
            prose.headline(_("✗ {said} ({chance} %), not {wanted}").format(**one, wanted=wanted))
        return
    if chosen.whole:
        both = {"said": chosen.joined(found.answers), "wanted": chosen.joined(example.answers)}
        sign = "✓ {said}" if all(right) else _("✗ {said}, not {wanted}")
        prose.headline(sign.format(**both))
        return
    count = {"right": sum(right), "all": len(right)}
    prose.headline(_("{right} of {all} right").format(**count))
    marks = ("✓" if one else "✗" for one in right)
    said = " ".join(f"{one}{mark}" for one, mark in zip(found.answers, marks, strict=True))
    prose.sentence(said)


def looked(chosen: Task, one: Contender, found: Reply, example: Example, key: str) -> None:
    """The head that keeps most weight on the right place, as a matrix; that place is a square."""
    card = reader.card(chosen.name)[one.name]
    place, _word, head = card["best_head"].partition(" head ")
    sites = found.record.sites
    seen = next(one for one in sites if one.place == places(place)[0])
    picture = view(seen, [int(head) - 1], "tokens", "shown")
    caption = _("Layer {layer}, head {head}: the right place is framed.").format(
        layer=seen.layer + 1, head=head
    )
    figures.matrix(
        picture, cell(picture, example), [], "row", key, lambda: None, lambda: None,
        title=_(one.title), caption=caption, gold=gold(seen, example), called=_("the right place"),
    )  # fmt: skip
    prose.caption(prose.filled(caption), prose.filled(weighed(picture, example)))
    prose.badge(*sentences.integrity(sites))


def row(picture: View, asked: int) -> int:
    """The row of a place that asks: the only one, where only that one looks."""
    return asked if len(picture.rows) > 1 else 0


def cell(picture: View, example: Example) -> tuple[int, ...]:
    """The first place that asks and where its answer stands."""
    return row(picture, example.asked[0]), example.gold[0]


def gold(seen: Site, example: Example) -> Gold:
    """Where each answer stands, as links from the place that asks."""
    alone = len(seen.queries) == 1
    links = (
        Link(target=0 if alone else asked, source=right)
        for asked, right in zip(example.asked, example.gold, strict=True)
    )
    return Gold(frozenset(links), frozenset())


def weighed(picture: View, example: Example) -> str:
    """How much of the look lies on the right place, on average over the places that ask."""
    pairs = zip(example.asked, example.gold, strict=True)
    mass = [float(picture.mean[row(picture, asked), right]) for asked, right in pairs]
    return _("{share} % of its weight lies there.").format(
        share=f"{100 * sum(mass) / len(mass):.0f}"
    )


def table(chosen: Task) -> None:
    """Every mechanism with its figures, and what one that can do the task must reach."""
    cards = reader.card(chosen.name)
    rows = [
        {
            _("Looks by"): _(one.title),
            _("right"): share(cards[one.name]),
            _("weight on the right place"): f"{100 * cards[one.name]['mass']:.0f} %",
            _("parameters"): f"{cards[one.name]['parameters']:,}",
        }
        for one in chosen.contenders
    ]
    st.table(rows, border="horizontal")
    asked = next(iter(cards.values()))["asked"]
    prose.note(
        prose.filled(
            _(
                "Right answers among {asked} on examples that were not trained on, with the "
                "interval of 95 %; a mechanism that can do it should reach {floor} %."
            ),
            asked=f"{asked:,}", floor=f"{100 * chosen.floor:.0f}",
        )
    )  # fmt: skip
    if chosen.pointed:
        prose.note(
            prose.filled(
                _("Of its best head {pointed} % of the weight should lie on the right place."),
                pointed=f"{100 * chosen.pointed:.0f}",
            )
        )


def share(card: Mapping[str, Any]) -> str:
    """A share with its interval, in per cent."""
    low, high = (100 * end for end in card["interval"])
    return f"{100 * card['right']:.1f} % [{low:.1f}, {high:.1f}]"
