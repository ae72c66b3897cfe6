"""What heads are called: a filter over all of them, and the names of one with their scores."""

from __future__ import annotations

from collections.abc import Mapping

from attention_core.numbers import labels
from attention_core.numbers.named import Named
from pages.frame import ask, link, prose
from pages.frame.language import _, ngettext
from pages.frame.link import Choice
from pages.showing import choosing
from pages.showing.readings import Part, repeating

NONE = "none"
LISTED = 12
"""Heads that are named; of more their number is said."""


def choice(page: str) -> Choice[str]:
    """The label whose heads are marked; at first none."""
    return link.one_of(page, "label", (NONE, *labels.ALL), NONE)


def asked(chosen: Choice[str], part: Part, model: str) -> tuple[str, Named] | None:
    """The label that the reader asks for, and its score of every head; None for none."""
    repeats = part.sites[0].kind != "cross"
    known = [
        name
        for name, one in labels.ALL.items()
        if (repeats if one.repeats else name in part.labels)
    ]
    titles = {NONE: _("none"), **{name: _counted(name, part.labels) for name in known}}
    if link.value(chosen) not in titles:
        link.choose(chosen, NONE)
    name = choosing.dropdown(chosen, _("Mark the heads that are called"), titles, width=280)
    if name == NONE:
        return None
    scored: Mapping[str, Named] = part.labels
    if labels.ALL[name].repeats:
        found = ask.answered(lambda: repeating(model), doing=_("Reading tokens by chance …"))
        scored = (found or {}).get(part.sites[0].kind, {})
    if name not in scored or len(scored[name].values) != len(part.sites):
        return None
    return name, scored[name]


def _counted(name: str, scored: Mapping[str, Named]) -> str:
    """A label, and how many heads have it in this text."""
    title = _(labels.ALL[name].title)
    if name not in scored:
        return title
    return f"{title} ({len(labels.having(scored, name))})"


def having(name: str, scores: Named) -> prose.Markup:
    """What a label means, and the heads that have it, the strongest first."""
    found = labels.having({name: scores}, name)
    said = prose.filled(_(labels.ALL[name].explanation))
    if not found:
        return prose.Markup(f"{said} {prose.filled(_('No head reaches that.'))}")
    heads = ", ".join(
        f"{layer + 1}·{head + 1} ({float(scores.values[layer, head]):.2f})"
        for layer, head in found[:LISTED]
    )
    sentence = ngettext(
        "{count} head (layer·head): {heads}", "{count} heads (layer·head): {heads}", len(found)
    )
    more = " …" if len(found) > LISTED else ""
    return prose.Markup(f"{said} {prose.filled(sentence, count=len(found), heads=heads + more)}")


def called(part: Part, layer: int, head: int) -> prose.Markup:
    """What one head is called in this text, with its scores."""
    found = labels.of_head(part.labels, layer, head)
    if not found:
        return prose.filled(_("In this text it fits no label."))
    names = prose.listed(f"{_(label.title)} ({score:.2f})" for label, score in found)
    return prose.filled(_("In this text it is called: {names}."), names=names)
