"""Questions about a picture: what the model answers, and which words and cells it answered from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, Literal

import streamlit as st
import torch
from torch import Tensor

from models.ours.scenes.reader import Answer, Reply, ask
from models.ours.scenes.recipes import measured, shipped
from models.ours.scenes.scene import Scene
from pages.frame import ask as asking
from pages.frame import link, prose
from pages.frame.examples import Example
from pages.frame.language import _
from pages.modalities.parts import scenery
from pages.modalities.parts.scenery import PAGE, SCENE, WORD
from pages.showing import choosing, sentences

How = Literal["scenes-co-attention", "scenes-cross-attention"]
QUESTION = link.text(PAGE, "question", "What colour is the star?")
HOW: link.Choice[How] = link.one_of(
    PAGE, "how", ("scenes-co-attention", "scenes-cross-attention"), "scenes-co-attention"
)
LAYER = link.number(PAGE, "layer", default=1)
HEAD = link.perhaps(PAGE, "head")
CHOICES: Final = (QUESTION, HOW, LAYER, HEAD)
PICTURE: Final = f"{PAGE}.asked"
SHOWN: Final = 4
"""Answers that are listed."""
EXAMPLES: Final = (
    Example("What colour is the star?"),
    Example("What shape is the blue thing?"),
    Example("How many small things are there?"),
    Example("Is the red circle left of the blue square?"),
    Example("Is there a yellow star?"),
)


def shown() -> None:
    """Ask, read, then the picture beside the answer."""
    left, right = st.columns([6, 5], gap="large")
    with right:
        asking.text_box(QUESTION, _("Your question, in English"), (WORD,), height=68)
        with st.container(horizontal=True, gap="small"):
            asking.send(_("Ask"), QUESTION)
            asking.examples(EXAMPLES, (WORD,), QUESTION)
        titles = {
            "scenes-co-attention": _("co-attention"),
            "scenes-cross-attention": _("cross-attention"),
        }
        titles = {name: title for name, title in titles.items() if shipped(name)}
        if link.value(HOW) not in titles:
            link.choose(HOW, HOW.default)
        how = choosing.segments(HOW, _("The model looks by"), titles, (HEAD,))
    text, scene = link.value(QUESTION), link.value(SCENE)
    if not text.strip():
        with right:
            st.info(_("Ask something about the picture."), icon=":material/help:")
        with left:
            scenery.tools()
            scenery.over(torch.zeros(1, 9), PICTURE, "picture", scenery.click_hint())
            prose.caption(prose.filled(_("The picture, before any question.")))
        return
    with right:
        reply = asking.answered(lambda: ask(how, scene, text, scenery.covered()))
    if reply is None:
        with left:
            scenery.tools()
            scenery.over(torch.zeros(1, 9), PICTURE, "picture", scenery.click_hint())
            prose.caption(prose.filled(_("The picture, before any question.")))
        return
    with right:
        answer(reply, scene, text, how)
        word = scenery.words(reply.text, _("Where does this word look?"), _whole(how))
        told(reply, word)
        known(how)
    with left:
        scenery.tools()
        looked(reply, word, how)


def _whole(how: How) -> str:
    if how == "scenes-co-attention":
        return _(
            "Shown: where the whole question looks. Co-attention has one look for all words; for "
            "a word it has the affinity with each cell."
        )
    return _("Shown: where the place looks at which the answer is read, <s>.")


def answer(reply: Reply, scene: Scene, text: str, how: How) -> None:
    """What the model answers, how sure it is, and whether hiding cells changed that."""
    first = reply.answers[0]
    prose.headline(f"{first.text} · {100 * first.share:.0f} %")
    table(reply.answers)
    if scenery.covered():
        before = ask(how, scene, text).answers[0]
        prose.caption(
            prose.filled(
                _("With nothing hidden it answers {answer} ({share} %)."),
                answer=prose.token(before.text),
                share=prose.number(100 * before.share, 0),
            )
        )
    lost = scenery.missing(text, scene)
    if lost and not reply.text.text.lower().strip().startswith(("is there", "how many")):
        st.info(
            asking.literal(
                _(
                    "There is no {things} in this picture. The model does not know how to say so: "
                    "it answers all the same."
                ).format(things=", ".join(lost))
            ),
            icon=":material/info:",
        )


def table(answers: Sequence[Answer]) -> None:
    """The likeliest answers with their probabilities."""
    st.dataframe(
        {
            _("answer"): [one.text for one in answers[:SHOWN]],
            _("probability"): [100 * one.share for one in answers[:SHOWN]],
        },
        hide_index=True,
        column_config={
            _("probability"): st.column_config.ProgressColumn(
                format="%.1f %%", min_value=0, max_value=100
            )
        },
    )


def told(reply: Reply, word: int | None) -> None:
    """How much each word was listened to, where the model says so."""
    if reply.words is None or word is not None:
        return
    tokens = reply.text.tokens
    order = reply.words.argsort(descending=True).tolist()[:3]
    prose.caption(
        prose.filled(
            _("Of the question it listened most to {words}."),
            words=prose.Markup(
                prose.listed(
                    [
                        f"{prose.token(tokens[place].text)} ("
                        f"{prose.number(100 * float(reply.words[place]), 0)} %)"
                        for place in order
                    ]
                )
            ),
        )
    )


def known(how: How) -> None:
    """How often it is right, on pictures that it never saw."""
    found = measured(how)
    heads = [mass for name, mass in found["sides"].items() if " head " in name]
    prose.note(
        prose.filled(
            _(
                "Measured on {count} questions about pictures that it never saw: {right} % right; "
                "of those about left and right {left} %, where guessing gives 50 %. Of its best "
                "head’s look at these, {mass} % falls on the two things (spread evenly, {even} %): "
                "a right answer is no proof that the look shows why. The words of the question "
                "alone would give {alone} %."
            ),
            mass=prose.number(100 * max(heads), 0),
            even=prose.number(100 * found["sides"]["uniform"], 0),
            count=found["questions"],
            right=prose.number(100 * found["accuracy"], 1),
            left=prose.number(100 * found["by_kind"]["left"], 0),
            alone=prose.number(100 * found["question_only"], 0),
        )
    )


def looked(reply: Reply, word: int | None, how: How) -> None:
    """The picture under the look, and where it falls."""
    if how == "scenes-co-attention" and word is not None and reply.affinity is not None:
        affinity = reply.affinity[word].clamp_min(0).unsqueeze(0)
        scenery.over(affinity, PICTURE, "affinity", scenery.click_hint(), plain=True)
        prose.caption(
            prose.filled(
                _(
                    "The affinity of {word} and each cell, from −1 to 1; only what is above 0 is "
                    "coloured. The most is {most}, at {place}."
                ),
                word=prose.token(reply.text.tokens[word].text),
                most=prose.number(float(reply.affinity[word].max())),
                place=scenery.cell(int(reply.affinity[word].argmax())),
            )
        )
    else:
        looks = weights(reply, word or 0, how)
        mean = looks.mean(0)
        caption = prose.filled(
            _("{share} % of the look falls on {place}."),
            share=prose.number(100 * float(mean.max()), 0),
            place=scenery.cell(int(mean.argmax())),
        )
        scenery.over(looks, PICTURE, "look", scenery.click_hint(), caption=prose.joined(caption))
        prose.caption(caption)
    prose.badge(*sentences.integrity(reply.record.sites))


def weights(reply: Reply, place: int, how: How) -> Tensor:
    """(look, cell): the look of a place of the question, one head or all of a layer."""
    sites = [site for site in reply.record.sites if site.place.crosses]
    if how == "scenes-co-attention":
        return sites[0].weights()[:, place]
    layer = min(link.value(LAYER), len(sites) - 1)
    with st.container(horizontal=True, gap="small"):
        names = {str(number): str(number + 1) for number in range(len(sites))}
        key = f"{PAGE}.layer.shown"
        st.segmented_control(
            _("Layer"), list(names), format_func=names.__getitem__, default=str(layer), key=key,
            required=True, on_change=lambda: link.choose(LAYER, int(st.session_state[key])),
        )  # fmt: skip
        heads = [None, *range(sites[layer].heads)]
        if link.value(HEAD) not in heads:
            link.choose(HEAD, None)
        st.selectbox(
            _("Head"), heads, key=HEAD.key, persist_state="session", width=160,
            format_func=lambda one: _("all, on average") if one is None else str(one + 1),
        )  # fmt: skip
    head = link.value(HEAD)
    return sites[layer].weights(None if head is None else [head])[:, place]
