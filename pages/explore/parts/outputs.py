"""Pointing at an output: which word, rather than which, or how similar to what."""

from __future__ import annotations

from collections.abc import Sequence
from math import exp
from typing import Final, NamedTuple

import streamlit as st

from models.families.asking import Blank, Kind, Wanted
from models.store import catalogue
from pages.explore.parts import attributing
from pages.explore.parts.attributing import Answers, Offer
from pages.frame import ask, link, prose
from pages.frame import examples as ready
from pages.frame.language import _
from pages.frame.link import Choice, Kept
from pages.showing import choosing
from pages.showing.readings import DEFAULTS

NONE: Final = -1
"""No word, no layer or no head in particular."""
USUAL: Final = "usual"
"""The baseline that suits a model best."""
WRITES: Final = "wheel:smollm2"
"""The model that the examples of a next word open with."""


def word(page: str, name: str) -> Choice[int]:
    """A token of a vocabulary by its number; `NONE` where the reader leaves it to the model."""
    return Choice(name, NONE, lambda raw: int(raw) if raw.isascii() and raw.isdigit() else None,
                  page=page)  # fmt: skip


def part(page: str, name: str) -> Choice[int]:
    """One layer or head, from 1 in the address; `NONE` for all of them."""
    return Choice(name, NONE, link.place, lambda chosen: str(chosen + 1), page)


def of(choice: Choice[int]) -> int | None:
    """What was chosen; None for no particular one."""
    chosen = link.value(choice)
    return None if chosen == NONE else chosen


def kinds() -> dict[Kind, str]:
    """What each output is called."""
    return {
        "next": _("the next word"),
        "mask": _("the masked word"),
        "class": _("its class"),
        "translation": _("a word of the translation"),
        "similarity": _("similarity to a text"),
    }


def one_of(choice: Choice[int], label: str, every: str, count: int) -> None:
    """One of so many layers or heads, or all of them; no question where there is one."""
    if link.value(choice) >= count:
        link.choose(choice, NONE)
    if count > 1:
        titles = {NONE: every, **{place: str(place + 1) for place in range(count)}}
        choosing.dropdown(choice, label, titles, (), 180)


def steps(choice: Choice[int]) -> None:
    """Steps of Integrated Gradients."""
    known = sorted({8, 16, 32, 64, 128, 256, link.value(choice)})
    titles = {one: str(one) for one in known}
    choosing.dropdown(choice, _("Steps of Integrated Gradients"), titles, (), 210)


def baseline(choice: Choice[str], known: Sequence[Blank]) -> None:
    """What stands where a word is taken away."""
    titles = {
        "mask": _("the masked word"),
        "padding": _("the empty token"),
        "mean": _("the mean of all words"),
        "zero": _("zeros"),
    }
    offered: dict[str, str] = {USUAL: titles[known[0]]}
    offered |= {one: titles[one] for one in known[1:]}
    if link.value(choice) not in offered:
        link.choose(choice, USUAL)
    choosing.dropdown(choice, _("In place of a missing word"), offered, (), 240)


def blank(choice: Choice[str], known: Sequence[Blank]) -> Blank:
    """The baseline that was chosen; the one that suits the model best where it has no such."""
    return next((one for one in known if one == link.value(choice)), known[0])


def place(kind: Kind, offer: Offer, choice: Choice[int], about: Sequence[Kept]) -> None:
    """Which masked word, or which piece of the translation; no question where there is one."""
    known = {"mask": [str(at + 1) for at in range(offer.masks)], "translation": offer.written}
    titles = dict(enumerate(known.get(kind, ())))
    if len(titles) > 1:
        link.choose(choice, min(link.value(choice), len(titles) - 1))
        label = _("Masked word") if kind == "mask" else _("Piece of the translation")
        choosing.dropdown(choice, label, titles, about, 200)


def words(
    model: str, text: str, kind: Kind, place: int, chosen: Choice[int], rather: Choice[int]
) -> None:
    """The words that the model thinks likeliest, to choose one, or one rather than another."""
    found = attributing.candidates(model, text, kind, place)
    titles = {one.number: f"{one.text} ({one.share:.2f})" for one in found}
    for choice in (chosen, rather):
        named = link.value(choice)
        if named != NONE and named not in titles:
            titles[named] = attributing.piece(model, named)
    first = _("as translated: {word}") if kind == "translation" else _("the likeliest: {word}")
    likeliest = {NONE: first.format(word=titles[found[0].number])}
    label = _("Which class") if kind == "class" else _("Which word")
    choosing.dropdown(chosen, label, {**likeliest, **titles}, (), 220)
    taken = found[0].number if of(chosen) is None else of(chosen)
    others = {number: title for number, title in titles.items() if number != taken}
    if link.value(rather) not in others:
        link.choose(rather, NONE)
    other = _("any other class") if kind == "class" else _("any other word")
    choosing.dropdown(rather, _("Rather than"), {NONE: other, **others}, (), 220)


def wanted(
    kind: Kind, chosen: Choice[int], rather: Choice[int], place: Choice[int], other: Choice[str]
) -> Wanted:  # fmt: skip
    """What was pointed at; of the choices only those that this kind of output has."""
    if kind == "similarity":
        return Wanted(kind, other=link.value(other))
    at = 0 if kind in ("next", "class") else link.value(place)
    return Wanted(kind, of(chosen), of(rather), at)


class Pointed(NamedTuple):
    """The choices of a page that point at an output."""

    kind: Choice[Kind]
    place: Choice[int]
    word: Choice[int]
    rather: Choice[int]
    other: Choice[str]


def pointed(model: str, text: str, by: Pointed) -> Wanted | None:
    """The output that the reader points at; None while something of it is missing.

    Raises TextError or ModelError where nothing can be asked.
    """
    offer, titles = attributing.offer(model, text), kinds()
    about = (by.word, by.rather, by.place)
    if link.value(by.kind) not in offer.kinds:
        link.choose(by.kind, offer.kinds[0])
    if offer.kinds[0] == "mask" and not offer.masks:
        prose.note(
            prose.filled(
                _("Write {mask} where this model is to guess a word, and ask what it came from."),
                mask=offer.mask,
            )
        )
        link.choose(by.kind, "similarity")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        kind = link.value(by.kind)
        if len(offer.kinds) > 1:
            offered: dict[str, str] = {one: titles[one] for one in offer.kinds}
            kind = choosing.segments(by.kind, _("Which output"), offered, about)
        place(kind, offer, by.place, (by.word, by.rather))
        if kind != "similarity":
            words(model, text, kind, link.value(by.place), by.word, by.rather)
    if kind == "similarity":
        other = ask.text_box(by.other, _("Compared with this text"), (), 68)
        if not other.strip():
            st.info(
                _("Type a second text: asked is how similar the model finds both."),
                icon=":material/edit:",
            )
            return None
    return wanted(kind, by.word, by.rather, by.place, by.other)


def examples(
    text: Choice[str], other: Choice[str], model: Choice[str], kind: Choice[Kind],
    taken_away: Choice[bool], about: Sequence[Kept],
) -> None:  # fmt: skip
    """Ready texts with the model and the output that they are for.

    taken_away  not at once where the model is large: that runs it some hundred times
    """
    here = [entry.card.name for entry in catalogue.entries()]
    offered: list[tuple[ready.Example, str, Kind]] = [
        *((one, model.default, "similarity") for one in ready.MADE),
        *((one, WRITES, "next") for one in ready.CONTINUED),
        *((one, DEFAULTS["translate"], "translation") for one in ready.TRANSLATE[:2]),
    ]
    ends: dict[Kind, str] = {"next": " …", "translation": " →"}
    known = {
        f"{one.text} / {one.second}" if one.second else one.text + ends[output]: (one, name, output)
        for one, name, output in offered
        if name in here
    }
    shown = list(known)
    key = f"{text.key}.examples"

    def take() -> None:
        taken, name, output = known[st.session_state[key]]
        ask.forget(about)
        link.choose(text, taken.text)
        link.choose(other, taken.second or other.default)
        link.choose(model, name)
        link.choose(kind, output)
        link.choose(taken_away, output != "next")

    st.menu_button(
        _("Examples"), shown, key=key, on_click=take, icon=":material/list:", type="tertiary"
    )


def switched(
    text: Choice[str], clean: Choice[str], model: Choice[str], kind: Choice[Kind],
    about: Sequence[Kept],
) -> None:  # fmt: skip
    """Ready texts with the sentence that lends its states, and the model that they are for."""
    here = [entry.card.name for entry in catalogue.entries()]
    first, *continued, compared = ready.SWITCHED
    offered: list[tuple[ready.Example, str, Kind]] = [
        (first, DEFAULTS["translate"], "translation"),
        *((one, WRITES, "next") for one in continued),
        (compared, DEFAULTS["read"], "similarity"),
    ]
    ends: dict[Kind, str] = {"next": " …", "translation": " →"}
    known = {
        one.text + ends.get(output, ""): (one, name, output)
        for one, name, output in offered
        if name in here
    }
    key = f"{text.key}.examples"

    def take() -> None:
        taken, name, output = known[st.session_state[key]]
        ask.forget(about)
        link.choose(text, taken.text)
        link.choose(clean, taken.second)
        link.choose(model, name)
        link.choose(kind, output)

    st.menu_button(
        _("Examples"), list(known), key=key, on_click=take, icon=":material/list:", type="tertiary"
    )


def said(model: str, text: str, asked: Wanted, made: Answers) -> None:
    """The output in a sentence, and what is left of it when every word is gone."""
    if asked.kind == "similarity":
        prose.caption(
            prose.filled(
                _(
                    "The model finds the two texts similar by {value} (the cosine of their mean "
                    "vectors; 1 is the same direction). With every word of the first one taken "
                    "away it is {blank}. Which words is the rest made of?"
                ),
                value=prose.number(made.value),
                blank=prose.number(made.blank),
            )
        )
        return
    found = attributing.candidates(model, text, asked.kind, asked.place)
    number = found[0].number if asked.word is None else asked.word
    name = prose.token(attributing.piece(model, number))
    if asked.rather is None:
        prose.caption(
            prose.filled(
                _(
                    "The model says {word} with a probability of {share}: the logarithm is "
                    "{value}. With every word taken away the logarithm is {blank}. Which words is "
                    "the difference made of?"
                ),
                word=name,
                share=prose.number(exp(made.value)),
                value=prose.number(made.value),
                blank=prose.number(made.blank),
            )
        )
        return
    prose.caption(
        prose.filled(
            _(
                "The model says {word} rather than {other}: it is {times} times as likely, and the "
                "logarithm of that is {value}. With every word taken away the logarithm is "
                "{blank}. Which words is the difference made of?"
            ),
            word=name,
            other=prose.token(attributing.piece(model, asked.rather)),
            times=prose.number(exp(min(made.value, 30.0)), 1),
            value=prose.number(made.value),
            blank=prose.number(made.blank),
        )
    )
