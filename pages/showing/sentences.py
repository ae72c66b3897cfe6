"""Captions in words, each true of the data it stands under."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from attention_core.files.judging import flat
from attention_core.numbers import measures
from attention_core.numbers.named import Named
from attention_core.pictures.views import View
from attention_core.watching.record import Note, Site
from models.families.translation import Translation
from pages.frame.language import _, ngettext
from pages.frame.prose import Markup, filled, number, token

SPOKEN = 3
"""Pinned words that a caption speaks of; more would not be read."""


def where(layer: int, heads: Sequence[int]) -> str:
    """The heads of a picture in words, counted from 1."""
    if len(heads) == 1:
        return _("layer {layer}, head {head}").format(layer=layer + 1, head=heads[0] + 1)
    listed = ", ".join(str(head + 1) for head in heads)
    return _("layer {layer}, the mean of heads {heads}").format(layer=layer + 1, heads=listed)


def pinned(view: View, pins: Iterable[int]) -> list[Markup]:
    """What each pinned word looks at most."""
    made = []
    for row in list(pins)[:SPOKEN]:
        look = view.strongest(row)
        made.append(
            filled(
                _("{word} looks mostly at {other} ({weight})."),
                word=token(view.rows[row].text),
                other=token(view.columns[look.column].text),
                weight=number(look.weight),
            )
        )
    return made


def telling(view: View, place: str) -> Markup:
    """The strongest look between two different words of the reader, or that there is none."""
    look = view.telling()
    if look is None:
        return filled(
            _("In {place}, no word looks at another word; there is nothing else to see."),
            place=place,
        )
    return filled(
        _("In {place}, the strongest look from one word to another: {word} → {other} ({weight})."),
        place=place,
        word=token(view.rows[look.row].text),
        other=token(view.columns[look.column].text),
        weight=number(look.weight),
    )


def titled(name: str, measures_of: Mapping[str, Named]) -> str:
    """A measure's short name, with its unit where it has one."""
    title, unit = _(measures.ALL[name].title), measures_of[name].unit
    return _("{title} ({unit})").format(title=title, unit=_(unit)) if unit else title


def measured(measures_of: Mapping[str, Named], layer: int, head: int) -> Markup:
    """One head in numbers, those that the table sorts by."""
    numbers = [
        filled("{title} {value}", title=titled(name, measures_of), value=number(value))
        for name, found in measures_of.items()
        if not math.isnan(value := float(found.values[layer, head]))
    ]
    return Markup(" · ".join([where(layer, [head]), *numbers]))


def extremes(measures_of: Mapping[str, Named]) -> Markup:
    """The heads at two ends of the map: the narrowest look and the farthest."""
    narrow, far = measures_of["entropy"].least(), measures_of["distance"].most()
    return filled(
        _("Narrowest: {narrow}, {bits} bits. Farthest: {far}, {tokens} tokens away on average."),
        narrow=where(narrow[0], [narrow[1]]),
        bits=number(float(measures_of["entropy"].values[narrow])),
        far=where(far[0], [far[1]]),
        tokens=number(float(measures_of["distance"].values[far]), 1),
    )


def cell(view: View, row: int, column: int) -> Markup:
    """One cell in words: its weight, and its rank in its row."""
    weights = view.mean[row]
    rank = int((weights > weights[column]).sum()) + 1
    return filled(
        _("{word} gives {other} {weight} of its attention: number {rank} of {count} in its row."),
        word=token(view.rows[row].text),
        other=token(view.columns[column].text),
        weight=number(float(weights[column]), 4),
        rank=rank,
        count=len(view.columns),
    )


def shown(view: View) -> Markup:
    """How the picture differs from the model's own matrix; printed on the picture itself."""
    parts = [
        _("words (sub-words added up)") if view.grain == "words" else _("the model's own tokens")
    ]
    if view.specials == "shown":
        sums = view.mean.sum(-1)
        if abs(sums - 1).max() < 1e-3:
            parts.append(_("every row adds up to 1"))
        else:
            parts.append(
                _("rows add up to between {least} and {most}").format(
                    least=f"{sums.min():.2f}", most=f"{sums.max():.2f}"
                )
            )
    elif view.specials == "hidden":
        parts.append(
            _("special tokens hidden: the rows keep {share} % of their attention").format(
                share=f"{100 * view.kept:.0f}"
            )
        )
    else:
        parts.append(
            _(
                "special tokens hidden and the rest scaled up to 1; "
                "{share} % of the attention was on what is shown"
            ).format(share=f"{100 * view.kept:.0f}")
        )
    if view.sink is not None:
        parts.append(
            _("the model's attention sink (∅) takes {share} % of the attention and gives nothing")
            .format(share=f"{100 * view.sink:.0f}")
        )  # fmt: skip
    if view.beside is not None:
        parts.append(
            _("{share} % of the attention goes to places of the model that are no tokens (⊕)")
            .format(share=f"{100 * view.beside:.0f}")
        )  # fmt: skip
    return filled(" · ".join(parts))


def alignment(view: View) -> Markup:
    """The clearest link of a translation, and how clear the alignment is on the whole."""
    if not view.rows or not view.columns:
        return filled(_("There is nothing to align."))
    peaks, equal = view.mean.max(1), flat(view.mean)
    if equal.all():
        return filled(_("All weights of each word are equal; no look is clearer than another."))
    row = int((peaks * ~equal).argmax())
    look = view.strongest(row)
    return filled(
        _(
            "Clearest: {word} looks at {other} ({weight}). "
            "On average, the strongest look of a word weighs {mean}."
        ),
        word=token(view.rows[row].text),
        other=token(view.columns[look.column].text),
        weight=number(look.weight),
        mean=number(float(peaks.mean())),
    )


def doubts(found: Translation, language: str) -> list[Markup]:
    """What the reader should know before they trust this translation.

    language  the name of the one that is read
    """
    made = []
    if found.unknown:
        words = Markup(", ".join(map(token, found.unknown[:6])))
        made.append(
            filled(
                _("This translator has never seen {words}: it guesses there. It reads {language}."),
                words=words,
                language=language,
            )
        )
    return made


def reading(found: Translation, place: str) -> str:
    """Which attention is shown, where there is a choice, and that one may choose."""
    if len(found.cross) * found.cross[0].heads == 1:
        return _("How the alignment is read")
    return _("Which attention: {place}").format(place=place)


def no_attention(found: Translation) -> list[Markup]:
    """Why there is no alignment to see."""
    return [
        filled(
            _(
                "This translator has no attention: it read the sentence into one vector of numbers "
                "and wrote from that alone, so there is no look to show."
            )
        )
    ]


def no_tree(pair: bool) -> list[Markup]:
    """Why there is no beam to see."""
    if pair:
        return [filled(_("Your own translation was followed, so nothing was searched for."))]
    return [filled(_("The library that runs this model does not tell what its beam kept."))]


def changed(before: Translation, after: Translation) -> Markup:
    """Whether the translation is another one, and how sure the network is of it."""
    sentence = (
        _("The translation stays the same; its mean log-probability goes from {old} to {new}.")
        if before.text == after.text
        else _("Another translation; the mean log-probability goes from {old} to {new}.")
    )
    return filled(sentence, old=number(before.score), new=number(after.score))


def noted(note: Note) -> Markup:
    """What a record says about itself, in the reader's language."""
    return filled("{note}", note=_(note.sentence).format(**note.values))


def integrity(sites: Sequence[Site[Any]]) -> tuple[bool, Markup]:
    """Whether the numbers reproduce the model, and how exactly."""
    heads = sum(site.heads for site in sites)
    rows = max(site.integrity.rows for site in sites)
    gaps = [site.integrity.output for site in sites]
    known = [gap for gap in gaps if gap is not None]
    if any(site.integrity.broken for site in sites):
        return False, filled(
            _(
                "These weights do not explain what the model computed from them (largest relative "
                "difference {gap}; rows add up to 1 within {rows}): do not rely on the picture."
            ),
            gap=f"{max(known, default=0):.0g}",
            rows=f"{rows:.0g}",
        )
    if len(known) == len(gaps):
        return all(site.integrity.verified for site in sites), filled(
            ngettext(
                "{heads} head checked: weights × values give the model's own output "
                "(largest relative difference {gap}).",
                "All {heads} heads checked: weights × values give the model's own output "
                "(largest relative difference {gap}).",
                heads,
            ),
            heads=heads,
            gap=f"{max(known):.0g}",
        )
    return False, filled(
        _(
            "Not verified: this model does not let us compare with its output. "
            "Its rows add up to 1 within {gap}."
        ),
        gap=f"{rows:.0g}",
    )
