"""The story of attention, stop by stop, each with its picture on the reader's own sentence."""

from __future__ import annotations

from typing import Final

import streamlit as st

from attention_core.marking import N_
from attention_core.mechanisms import ALL
from models.ours.imitation.student import look
from pages.frame import ask, downloads, examples, link, prose, site
from pages.frame.language import _
from pages.mechanisms.parts import stops
from pages.mechanisms.parts.side_by_side import asked, labels, numbers, panel, untrained
from pages.showing import figures, lengths
from pages.widgets.mosaic import TEXT, Mosaic, mosaic

PAGE: Final = "story"
CARD = site.Page(
    PAGE, N_("The story"), order=68, door="mechanisms",
    promise=N_("From one vector for a whole sentence to the heads of today, on your own words."),
)  # fmt: skip
BY_KEY: Final = {stop.key: stop for stop in stops.STOPS}

STOP = link.one_of(PAGE, "stop", BY_KEY, "bottleneck")
TEXT_ = link.text(PAGE, "text", examples.WORDS[0].text)
CUT = link.flag(PAGE, "cut")
CHOICES = (STOP, TEXT_, CUT)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("The story of attention"), anchor=False)
    st.pills(
        _("Stops"), list(BY_KEY), key=STOP.key, required=True, label_visibility="collapsed",
        format_func=lambda key: f"{_(BY_KEY[key].year)} · {_(BY_KEY[key].name)}",
        persist_state="session",
    )  # fmt: skip
    stop = BY_KEY[link.value(STOP)]
    told(stop)
    if stop.mechanisms:
        pictured(stop)
    else:
        measured()
    if not stop.mechanisms and st.button(
        _("See it measured: Why attention?"), icon=":material/arrow_forward:"
    ):
        st.switch_page(site.file("why"))
    onward(stop)
    likeness()
    link.publish(CHOICES)


def told(stop: stops.Stop) -> None:
    """What was missing, what was found, what it costs."""
    st.header(f"{_(stop.year)} · {_(stop.name)}", anchor=False)
    parts = (
        (_("What was missing"), stop.missing),
        (_("What was found"), stop.found),
        (_("At what price"), stop.price),
    )
    for column, (title, said) in zip(st.columns((3, 5, 3), gap="large"), parts, strict=True):
        with column:
            st.markdown(f"**{title}**")
            prose.lead(_(said))


def pictured(stop: stops.Stop) -> None:
    """The stop's mechanisms over the reader's sentence, and where they come from."""
    read = asked(TEXT_, CUT)
    if read is None:
        return
    traces = {name: look(name, read) for name in stop.mechanisms}
    with st.container():
        ask.answers(TEXT_)
        mosaic(
            Mosaic(
                panels=[panel(name, trace, labels(read)) for name, trace in traces.items()],
                title=_(stop.name),
                caption=read.axis.text,
                name=stop.key,
            ),
            key=f"{PAGE}.mosaic",
            text=figures.said(TEXT),
        )
    untrained(stop.mechanisms)
    downloads.lines(_("Numbers (CSV)"), lambda: numbers(traces, labels(read)), f"{stop.key}.csv")
    for name in stop.mechanisms:
        card = ALL[name].card
        with st.container(horizontal=True, vertical_alignment="center"):
            st.markdown(f"[{card.source}]({card.link})")
            if st.button(
                _("{mechanism}, step by step").format(mechanism=_(card.title)),
                key=f"{PAGE}.lab.{name}", type="tertiary", icon=":material/arrow_forward:",
            ):  # fmt: skip
                link.choose(link.text("lab", "mechanism"), name)
                st.switch_page(site.file("lab"))


def measured() -> None:
    """Quality against length, without attention and with it."""
    cards = lengths.measured()
    names = [name for name in ("fixed-en-fr", "bahdanau-en-fr") if name in cards]
    lengths.chart(cards, names, "bleu", names, f"{PAGE}.by-length")


def onward(stop: stops.Stop) -> None:
    """The stop before and the stop after."""
    place = list(BY_KEY).index(stop.key)
    with st.container(horizontal=True):
        for step, icon in ((-1, ":material/arrow_back:"), (1, ":material/arrow_forward:")):
            if not 0 <= place + step < len(BY_KEY):
                continue
            other = list(BY_KEY.values())[place + step]
            st.button(
                f"{_(other.year)} · {_(other.name)}", key=f"{PAGE}.go.{step}", icon=icon,
                on_click=link.choose, args=(STOP, other.key),
            )  # fmt: skip


def likeness() -> None:
    """Human attention as the analogy, with its limits."""
    with st.expander(_("Is this what people do when they pay attention?")):
        for paragraph in stops.ANALOGY:
            prose.lead(_(paragraph))


if __name__ == "__main__":
    page()
