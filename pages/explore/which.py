"""Which head does this? From words to words, a habit, or what another head does: all ranked."""

from __future__ import annotations

from typing import Final, Literal, NamedTuple

import streamlit as st

from attention_core.marking import N_
from attention_core.numbers.patterns import PATTERNS
from pages.explore.parts import ranking
from pages.explore.parts.ranking import Ranked
from pages.frame import ask, downloads, examples, link, prose, site
from pages.frame.language import _, ngettext
from pages.showing import choosing, figures, sentences
from pages.showing.readings import Part, read

PAGE = "which"
CARD = site.Page(
    PAGE, N_("Which head does this?"), order=25, door="inside",
    promise=N_("From one word to another, a habit, or like that head: all heads in their order."),
)  # fmt: skip
By = Literal["words", "habit", "like"]
LISTED: Final = 40
"""Words that can be pressed one by one; of longer texts they are picked from a list."""

TEXT = link.text(PAGE, "text", examples.EXPLORE[0].text)
MODEL = choosing.model(PAGE)
CUT = link.flag(PAGE, "cut")
KIND = link.one_of(PAGE, "kind", ("encoder", "decoder", "cross"), "encoder")
BY: link.Choice[By] = link.one_of(PAGE, "by", ("words", "habit", "like"), "words")
FROM = link.numbers(PAGE, "from")
TO = link.numbers(PAGE, "to")
HABIT = link.one_of(PAGE, "habit", tuple(PATTERNS), "previous")
LAYER = link.number(PAGE, "layer", default=3)
HEAD = link.number(PAGE, "head", default=1)
OPENED = link.numbers(PAGE, "opened", ordered=True)
PLACES = (FROM, TO, OPENED, CUT)
CHOICES = (TEXT, MODEL, CUT, KIND, BY, FROM, TO, HABIT, LAYER, HEAD, OPENED)


class Asked(NamedTuple):
    """What the reader asks for, worked out for every head.

    said  in plain words, as a heading and a column say it
    """

    said: str
    found: Ranked
    back: Ranked | None = None


def page() -> None:
    link.restore(CHOICES)
    st.title(_("Which head does this?"), anchor=False)
    boxes, side = st.columns([7, 4], gap="medium")
    with boxes:
        text = ask.text_box(TEXT, _("Your text"), PLACES, 68)
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            ask.send(_("Read it"), TEXT)
            ask.examples(examples.EXPLORE[:4], PLACES, TEXT)
    with side:
        model = choosing.choose_model(MODEL, "read", (OPENED,))
    link.publish(CHOICES)
    if not text.strip():
        st.info(_("Type a sentence, or choose an example."), icon=":material/edit:")
        return
    reading = ask.answered(
        lambda: read(model, text, "", link.value(CUT)), CUT, doing=_("Reading …")
    )
    if reading is not None:
        with st.container():
            ask.answers(TEXT)
            shown(reading.parts[choosing.kind(KIND, tuple(reading.parts))])


@st.fragment
def shown(part: Part) -> None:
    """The question, and all heads in the order of their answers."""
    prose.badge(*sentences.integrity(part.sites))
    titles = {
        "words": _("from words to words"), "habit": _("a habit"), "like": _("like a head"),
    }  # fmt: skip
    by = choosing.segments(BY, _("Find heads by"), titles, (OPENED,))
    asked = {"words": by_words, "habit": by_habit, "like": by_likeness}[by](part)
    if asked is None:
        link.publish(CHOICES)
        return
    if asked.found.best is None:
        st.info(_("This text has no place where that could be seen; try another text."),
                icon=":material/info:")  # fmt: skip
        link.publish(CHOICES)
        return
    best = asked.found.best
    layer, head = settled(part, best)
    prose.caption(headline(asked, best))
    left, right = st.columns(2, gap="large")
    with left:
        show_heads(part, asked, (layer, head))
        show_ranking(part, asked)
    with right:
        show_head(part, asked, layer, head)
    link.publish(CHOICES)


def by_words(part: Part) -> Asked | None:
    """From some words to others, both ways where one text looks at itself."""
    rows, columns = ranking.rows(part), ranking.columns(part)
    link.choose(FROM, [at for at in link.value(FROM) if at < len(rows)])
    link.choose(TO, [at for at in link.value(TO) if at < len(columns)])
    if not link.value(FROM) and not link.value(TO):
        for choice, place in zip((FROM, TO), ranking.start(part), strict=True):
            link.choose(choice, [place])
    pick(FROM, _("These words look"), rows)
    pick(TO, _("at these words"), columns)
    here, there = sorted(link.value(FROM)), sorted(link.value(TO))
    if not here or not there:
        st.info(_("Choose at least one word that looks, and one that it looks at."),
                icon=":material/touch_app:")  # fmt: skip
        return None
    said = _("{words} → {others}").format(
        words=", ".join(rows[at] for at in here), others=", ".join(columns[at] for at in there)
    )
    back = ranking.between(part, there, here) if part.sites[0].kind != "cross" else None
    return Asked(said, ranking.between(part, here, there), back)


def pick(choice: link.Choice[list[int]], label: str, words: list[str]) -> None:
    """Some words of the text, by their places."""
    places = list(range(len(words)))
    if len(words) > LISTED:
        st.multiselect(
            label, places, format_func=words.__getitem__, key=choice.key,
            on_change=ask.forget, args=((OPENED,),), persist_state="session",
        )  # fmt: skip
        return
    st.pills(
        label, places, format_func=lambda at: ask.literal(words[at]), key=choice.key,
        selection_mode="multi", on_change=ask.forget, args=((OPENED,),), persist_state="session",
    )  # fmt: skip


def by_habit(part: Part) -> Asked | None:
    """A habit within one text."""
    if part.sites[0].kind == "cross":
        st.info(
            _("Habits are those of a text that looks at itself; ask from words to words here."),
            icon=":material/info:",
        )
        return None
    titles = {name: _(one.title) for name, one in PATTERNS.items()}
    name = choosing.dropdown(HABIT, _("Each word looks at"), titles, (OPENED,), width=320)
    return Asked(titles[name], ranking.habit(part, name))


def by_likeness(part: Part) -> Asked:
    """What another head does in this text."""
    with st.container(horizontal=True, gap="medium"):
        layer = choosing.numbered(LAYER, _("Layer"), len(part.sites), (OPENED,))
        head = choosing.numbered(HEAD, _("Head"), part.sites[layer].heads, (OPENED,))
    return Asked(
        _("like {place}").format(place=sentences.where(layer, [head])),
        ranking.like(part, layer, head),
    )


def settled(part: Part, best: tuple[int, int]) -> tuple[int, int]:
    """The head that is opened: the reader's, or the first of the ranking."""
    opened = link.value(OPENED)
    if len(opened) == 2 and tuple(opened) in part.heads:
        return opened[0], opened[1]
    return best


def headline(asked: Asked, best: tuple[int, int]) -> prose.Markup:
    """Which head does it most, how much, and how much is there by chance."""
    place = sentences.where(best[0], [best[1]])
    said = prose.token(asked.said) if link.value(BY) == "words" else asked.said
    score = float(asked.found.scores.values[best])
    if asked.found.even is None:
        return prose.filled(
            _("Most {said}: {place} ({score}; 1 is the same look everywhere)."),
            said=said, place=place, score=prose.number(score),
        )  # fmt: skip
    more = sum(float(one) > asked.found.even for one in asked.found.scores.values.flatten())
    return prose.filled(
        ngettext(
            "{said}: most by {place}, {score} of the attention. An even look would give {even}; "
            "{count} head of {all} gives more than that.",
            "{said}: most by {place}, {score} of the attention. An even look would give {even}; "
            "{count} heads of {all} give more than that.",
            more,
        ),
        said=said, place=place, score=prose.number(score),
        even=f"{asked.found.even:.2f}", count=more, all=len(asked.found.ordered),
    )  # fmt: skip


def show_heads(part: Part, asked: Asked, opened: tuple[int, int]) -> None:
    """All heads as thumbnails, each with a bar for its score; a click opens one."""

    def took() -> None:
        link.choose(OPENED, list(figures.state(f"{PAGE}.grid", "head")))

    st.subheader(_("All heads"), anchor=False)
    figures.head_grid(
        part, opened, f"{PAGE}.grid", took, asked.found.scores,
        _("The bar under a head is its score, 0 to 1."),
    )  # fmt: skip


def show_ranking(part: Part, asked: Asked) -> None:
    """Every head with its score, the best first; a click on a row opens it."""
    order = asked.found.ordered
    scored = {asked.said: asked.found}
    if asked.back is not None:
        scored[_("the other way")] = asked.back
    table = ranking.table(part, order, (_("layer"), _("head")), scored)

    def took() -> None:
        chosen = st.session_state[f"{PAGE}.table"]["selection"]["rows"]
        link.choose(OPENED, list(order[chosen[0]]) if chosen else [])

    st.dataframe(
        table, key=f"{PAGE}.table", hide_index=True, height=320, on_select=took,
        selection_mode="single-row",
        column_config={
            name: st.column_config.ProgressColumn(name, min_value=0.0, max_value=1.0, format="%.2f")
            for name in scored
        },
    )  # fmt: skip
    downloads.file("CSV", lambda: table.to_csv(index=False), "which-head.csv")


def show_head(part: Part, asked: Asked, layer: int, head: int) -> None:
    """The opened head: where it looks from the words asked for."""
    place = sentences.where(layer, [head])
    st.subheader(place, anchor=False)
    every = ranking.seen(part, layer)
    chosen = every.only([head])
    pins = link.value(FROM) if link.value(BY) == "words" else []
    spoken = sentences.pinned(chosen, pins) or [sentences.telling(chosen, place)]

    def took_pins() -> None:
        found = figures.state(f"{PAGE}.lines", "pins")
        if link.value(BY) == "words" and found:
            link.choose(FROM, list(found))

    def took_heads() -> None:
        found = figures.state(f"{PAGE}.lines", "active")
        if found:
            link.choose(OPENED, [layer, found[-1]])

    figures.head_view(
        every.beginning(ranking.LINES), [head], pins, f"{PAGE}.lines", took_pins, took_heads,
        title=place, caption=prose.joined(*spoken),
    )  # fmt: skip
    prose.caption(*spoken)
    st.page_link(
        site.file("explore"), label=_("Open it in Explore"), icon=":material/arrow_forward:",
        query_params={
            "text": link.value(TEXT), "model": link.value(MODEL), "kind": link.value(KIND),
            "layer": str(layer + 1), "heads": str(head + 1), "grain": "words",
        },
    )  # fmt: skip


if __name__ == "__main__":
    page()
