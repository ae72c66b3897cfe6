"""What heads are called: a filter over all of them, and the names of one with their scores.

Some labels are read off the reader's own text; some off tokens by chance; and some are known only
where people have said what is right: heads that follow a relation of grammar, heads that align.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Final, NamedTuple

import streamlit as st

from attention_core.numbers import labels
from attention_core.numbers.labels.judged import MARGIN, Judged
from attention_core.numbers.named import Named
from attention_core.numbers.syntax import EVERY
from attention_core.numbers.syntax.titles import TITLES, titled
from models.corpora import treebanks
from models.corpora.grammar import Followed, GrammarStudy
from models.corpora.treebanks import Ready
from models.families.family import Task
from models.store import catalogue
from models.work.jobs import JOBS
from pages.frame import ask, background, link, prose, site
from pages.frame.language import _, ngettext
from pages.frame.link import Choice
from pages.showing import choosing, readings
from pages.showing.readings import Part, repeating

NONE: Final = "none"
FOLLOWS: Final = "follows."
"""Before the name of a relation, in the address."""
ALIGNS: Final = "aligns"
LISTED: Final = 12
"""Heads that are named; of more their number is said."""
GRAMMAR: Final = "syntax"
"""The page on which a reader brings a treebank."""
STUDY: Final = background.choice(GRAMMAR)
"""The study that this reader asked for last on that page."""


class Marked(NamedTuple):
    """Heads with a label: its score of every head, what it means, and which heads have it."""

    scores: Named
    said: prose.Markup


def choice(page: str) -> Choice[str]:
    """The label whose heads are marked; at first none."""
    relations = (f"{FOLLOWS}{name}" for name in TITLES if name != EVERY)
    return link.one_of(page, "label", (NONE, *labels.ALL, *relations, ALIGNS), NONE)


def asked(chosen: Choice[str], part: Part, model: str) -> Marked | None:
    """The label that the reader asks for; None for none."""
    repeats = part.sites[0].kind != "cross"
    known = [
        name
        for name, one in labels.ALL.items()
        if (repeats if one.repeats else name in part.labels)
    ]
    titles = {
        NONE: _("none"), **{name: _counted(name, part.labels) for name in known},
        **_judgeable(part, model),
    }  # fmt: skip
    if link.value(chosen) not in titles:
        link.choose(chosen, NONE)
    name = choosing.dropdown(chosen, _("Mark the heads that are called"), titles, width=280)
    if name == NONE:
        return None
    if name not in labels.ALL:
        return _judged(name, part, model)
    scored: Mapping[str, Named] = part.labels
    if labels.ALL[name].repeats:
        found = ask.answered(lambda: repeating(model), doing=_("Reading tokens by chance …"))
        scored = (found or {}).get(part.sites[0].kind, {})
    if name not in scored or len(scored[name].values) != len(part.sites):
        return None
    return Marked(scored[name], having(name, scored[name]))


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
    heads = [f"{_place(*one)} ({float(scores.values[one]):.2f})" for one in found]
    return _listed(said, heads)


def _place(layer: int, head: int) -> str:
    return f"{layer + 1}·{head + 1}"


def _listed(said: prose.Markup, heads: Sequence[str]) -> prose.Markup:
    """What a label means, and heads that have it."""
    if not heads:
        return prose.Markup(f"{said} {prose.filled(_('No head reaches that.'))}")
    sentence = ngettext(
        "{count} head (layer·head): {heads}", "{count} heads (layer·head): {heads}", len(heads)
    )
    shown = ", ".join(heads[:LISTED]) + (" …" if len(heads) > LISTED else "")
    return prose.Markup(f"{said} {prose.filled(sentence, count=len(heads), heads=shown)}")


def called(part: Part, model: str, layer: int, head: int) -> list[prose.Markup]:
    """What one head is called in this text, with its scores, and what it is known to be."""
    found = labels.of_head(part.labels, layer, head)
    if not found:
        said = prose.filled(_("In this text it fits no label."))
    else:
        names = prose.listed(f"{_(label.title)} ({score:.2f})" for label, score in found)
        said = prose.filled(_("In this text it is called: {names}."), names=names)
    return [said, *_known(part, model, layer, head)]


# Where people have said what is right


def relation(name: str) -> str:
    """A relation with its name in plain words: nsubj · subject."""
    title = titled(name)
    if name == EVERY:
        return _(title)
    return f"{name} · {_(title)}" if title else name


def followed(part: Part, model: str) -> Followed | None:
    """What is known of heads that follow grammar: by the treebank that this reader brought, or else
    by ours. None where that is of other layers than these, or nothing is known yet.
    """
    found: Followed | None
    job = JOBS.find(link.value(STUDY)) if link.value(STUDY) else None
    work = job.work if job is not None else None
    if job is not None and isinstance(work, GrammarStudy) and work.reader.name == model:
        found = _studied(job.key, len(job.rows), work)
    else:
        found = readings.known_to_follow(model)
    return found if found is not None and _fits(found, part) else None


@st.cache_resource(max_entries=64, show_spinner=False)
def _studied(key: str, rows: int, _work: GrammarStudy) -> Followed:
    return _work.judged()


def _fits(found: Followed, part: Part) -> bool:
    """Whether these are the layers that were held against trees."""
    return bool(found.judged) and found.kind == part.sites[0].kind


@lru_cache(256)
def _does(model: str) -> tuple[Task, Ready | None]:
    """What a model does, and our treebank for it; kept, since every click asks for it."""
    return catalogue.entry(model).task, readings.treebank_of(model)


def _judgeable(part: Part, model: str) -> dict[str, str]:
    """Labels that are known once sentences with trees, or pairs with links, were read."""
    task, bank = _does(model)
    if part.sites[0].kind == "cross":
        if task != "translate":
            return {}
        known = readings.known_to_align(model)
        return {ALIGNS: _with_count(_("aligns words"), known and known.judged)}
    if task == "translate":
        return {}
    found = followed(part, model)
    names = list(found.judged) if found else [] if bank is None else treebanks.frequent(bank)
    return {
        f"{FOLLOWS}{name}": _with_count(
            _("follows {relation}").format(relation=relation(name)), found and found.judged[name]
        )
        for name in names
        if name in TITLES
    }


def _with_count(title: str, judged: Judged | None) -> str:
    return title if judged is None else f"{title} ({len(judged.having())})"


def _judged(name: str, part: Part, model: str) -> Marked | None:
    """Heads that follow a relation, or that align, as far as the reader waits for it."""
    if name == ALIGNS:
        made = ask.answered(lambda: readings.aligns(model), doing=_("Reading pairs with links …"))
        if made is None or made.judged.right.shape[0] != len(part.sites):
            return None
        return Marked(made.judged.scores, _aligners(made.pairs, made.judged))
    found = followed(part, model) or ask.answered(
        lambda: readings.follows(model), doing=_("Reading sentences with trees …")
    )
    wanted = name.removeprefix(FOLLOWS)
    if found is None or not _fits(found, part) or wanted not in found.judged:
        return None
    return Marked(
        found.judged[wanted].scores, _followers(wanted, found.sentences, found.judged[wanted])
    )


def _followers(name: str, sentences: int, judged: Judged) -> prose.Markup:
    """What a relation's label means, and the heads that have it with their intervals."""
    said = prose.filled(
        _(
            "It finds the word that each {relation} hangs on: it looks most there, or is looked at "
            "most from there. Over {count} such words of {sentences} sentences with trees it is "
            "right at least {margin} points more often than the best fixed offset ({offset}: "
            "{baseline} %), with the whole 95 % interval of the gain above 0."
        ),
        count=judged.guess.all, relation=relation(name), sentences=f"{sentences:,}",
        margin=round(100 * MARGIN), offset=f"{judged.guess.offset:+d}",
        baseline=f"{100 * judged.guess.share:.0f}",
    )  # fmt: skip
    return _listed(said, _shares(judged))


def _aligners(pairs: int, judged: Judged) -> prose.Markup:
    """What a head is that aligns, and the heads that do."""
    said = prose.filled(
        _(
            "Where it looks most is a word that people linked: over {pairs} pairs of ours at least "
            "{margin} points more often than on the diagonal ({baseline} %), with the whole 95 % "
            "interval of the gain above 0."
        ),
        pairs=pairs, margin=round(100 * MARGIN), baseline=f"{100 * judged.guess.share:.0f}",
    )  # fmt: skip
    return _listed(said, _shares(judged))


def _shares(judged: Judged) -> list[str]:
    """Every head that is called so, with its share and interval."""
    return [f"{_place(*place)}: {_share(judged, *place)}" for place in judged.having()]


def _share(judged: Judged, layer: int, head: int) -> str:
    low, high = judged.interval(layer, head)
    share = float(judged.scores.values[layer, head])
    return f"{100 * share:.0f} % ({100 * low:.0f}–{100 * high:.0f})"


def _known(part: Part, model: str, layer: int, head: int) -> list[prose.Markup]:
    """What one head is, as far as it was held against trees or links; what was not says nothing."""
    if part.sites[0].kind == "cross":
        made = readings.known_to_align(model)
        if made is None or not made.judged.has(layer, head):
            return []
        return [
            prose.filled(
                _("It aligns words: {share} of the words that it looks at most are linked."),
                share=_share(made.judged, layer, head),
            )
        ]
    found = followed(part, model)
    if found is None:
        return []
    names = [
        f"{relation(name)}: {_share(one, layer, head)}"
        for name, one in found.judged.items()
        if one.has(layer, head)
    ]
    if not names:
        return [prose.filled(_("It follows no relation of grammar."))]
    return [prose.filled(_("Of grammar it follows: {names}."), names=prose.listed(names))]


def unheard(part: Part, model: str) -> None:
    """Says where heads that follow grammar are known only once the reader has brought trees."""
    task, bank = _does(model)
    if part.sites[0].kind == "cross" or task == "translate" or bank is not None:
        return
    if followed(part, model) is not None:
        return
    prose.note(
        prose.filled(
            _(
                "Which heads follow grammar is not known: we have no sentences with trees in the "
                "languages of this model. Bring a treebank."
            )
        )
    )
    st.page_link(site.file(GRAMMAR), label=_("What heads know of grammar"),
                 icon=":material/arrow_forward:")  # fmt: skip
