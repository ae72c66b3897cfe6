"""What acts changed: an output, the words around it, the loss, the translation."""

from __future__ import annotations

from math import exp

import streamlit as st

from attention_core.files.spreadsheet import cell
from attention_core.pictures import figures
from models.families.asking import Wanted
from pages.explore.parts import attributing
from pages.explore.parts.acting import Effect
from pages.frame import downloads, prose
from pages.frame.language import _
from pages.frame.prose import Markup
from pages.showing import charts


def shown(model: str, text: str, wanted: Wanted, found: Effect, changed: bool, page: str) -> None:
    """Everything before and after.

    changed  False while nothing is done to the model
    """
    translated(found, changed)
    prose.caption(*told(model, text, wanted, found, changed))
    if not found.words:
        return
    bars = (_("as it is"), *((_("with the changes"),) if changed else ()))
    figure = figures.compared(found.words, bars, _("probability"), charts.theme())
    charts.chart(figure, f"{page}.words", "before-and-after")
    downloads.rows(rows(found), "before-and-after.csv")


def translated(found: Effect, changed: bool) -> None:
    """The translation before and after."""
    before, after = found.translation
    if not before:
        return
    left, right = st.columns(2, gap="large")
    with left:
        prose.note(prose.filled(_("Translation, the model as it is")))
        prose.sentence(before)
    if not changed:
        return
    with right:
        prose.note(prose.filled(_("Translation with these changes")))
        if after is None:
            prose.note(
                prose.filled(
                    _(
                        "It is not searched for: one of these changes needs all words of the "
                        "decoder at once, and a search has them one after the other."
                    )
                )
            )
            return
        prose.sentence(after or "–")
        if after == before:
            prose.note(prose.filled(_("It is the same.")))


def told(model: str, text: str, wanted: Wanted, found: Effect, changed: bool) -> list[Markup]:
    """The output before and after, and the loss, in sentences."""
    before, after = found.value
    said = [_said(model, text, wanted, before, after, changed)]
    if found.loss is not None:
        first, last = found.loss
        sentence = (
            _("The loss of the text goes from {before} to {after} nats a token (Δ {change}).")
            if wanted.kind != "translation"
            else _(
                "The loss of the translation that it wrote goes from {before} to {after} nats a "
                "piece (Δ {change})."
            )
        )
        if changed:
            said.append(
                prose.filled(
                    sentence,
                    before=prose.number(first, 3),
                    after=prose.number(last, 3),
                    change=signed(last - first),
                )
            )
    return said


def signed(value: float) -> Markup:
    """A change, with its sign."""
    return Markup(f'<b class="atlas-number">{value:+.3f}</b>'.replace(">-", ">−"))


def _said(
    model: str, text: str, wanted: Wanted, before: float, after: float, changed: bool
) -> Markup:
    if wanted.kind == "similarity":
        sentence = (
            _("The similarity of the two texts goes from {before} to {after} (Δ {change}).")
            if changed
            else _("The model finds the two texts similar by {before}.")
        )
        return prose.filled(
            sentence, before=prose.number(before, 3), after=prose.number(after, 3),
            change=signed(after - before),
        )  # fmt: skip
    candidates = attributing.candidates(model, text, wanted.kind, wanted.place)
    number = candidates[0].number if wanted.word is None else wanted.word
    word = prose.token(attributing.piece(model, number))
    if wanted.rather is None:
        sentence = (
            _(
                "The probability of {word} goes from {before} to {after}; its logarithm changes "
                "by {change}."
            )
            if changed
            else _("The model says {word} with a probability of {before}.")
        )
        return prose.filled(
            sentence, word=word, before=prose.number(exp(before), 3),
            after=prose.number(exp(after), 3), change=signed(after - before),
        )  # fmt: skip
    sentence = (
        _(
            "The logarithm of how many times as likely {word} is as {other} goes from {before} to "
            "{after} (Δ {change})."
        )
        if changed
        else _("The logarithm of how many times as likely {word} is as {other} is {before}.")
    )
    return prose.filled(
        sentence, word=word, other=prose.token(attributing.piece(model, wanted.rather)),
        before=prose.number(before, 3), after=prose.number(after, 3),
        change=signed(after - before),
    )  # fmt: skip


def rows(found: Effect) -> list[dict[str, object]]:
    """The words as a table."""
    return [
        {
            "word": cell(one.name), "before": repr(one.before), "after": repr(one.after),
            "change": repr(one.after - one.before),
        }
        for one in found.words
    ]  # fmt: skip
