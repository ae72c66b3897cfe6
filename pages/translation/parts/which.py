"""Controls for the look that stands for the alignment: all heads to click on, how to read them."""

from __future__ import annotations

import streamlit as st

from attention_core.numbers.alignment import EXTRACTIONS
from models.families.translation import Translation
from pages.frame import link, prose
from pages.frame.language import _
from pages.showing import choosing, figures
from pages.showing.looking import EVERY, Look, Looking, best, cross_part, settled, where


def choose(found: Translation, model: str, chosen: Looking, key: str) -> None:
    """Controls for the look: all heads to click on where there are several, and how to read it."""
    look = settled(found, model, chosen)
    if look is None:
        return
    cross = found.cross
    many = len(cross) * cross[0].heads > 1
    if many:
        heads(found, model, chosen, look, key)
    with st.container(horizontal=True, gap="medium"):
        choosing.segments(
            chosen.shift,
            _("Look taken from"),
            {
                "best": _("best step"),
                "-1": _("step before"),
                "0": _("same step"),
                "1": _("step after"),
            },
        )
        choosing.segments(
            chosen.how,
            _("Links"),
            {
                "best": _("best way"),
                **{name: _(way.title) for name, way in EXTRACTIONS.items()},
            },
        )
        if EXTRACTIONS[look.how].weighed:
            st.slider(
                _("Least weight (%)"), 1, 100, key=chosen.least.key, width=220,
                persist_state="session",
            )  # fmt: skip


def heads(found: Translation, model: str, chosen: Looking, look: Look, key: str) -> None:
    """A thumbnail of every head that looks at the source; a click opens one."""
    part = cross_part(found)

    def took() -> None:
        at, head = figures.state(f"{key}.grid", "head")
        link.choose(chosen.layer, at)
        link.choose(chosen.heads, [head])

    def mean() -> None:
        last = len(found.cross) - 1
        link.choose(chosen.layer, last if look.layer == EVERY else look.layer)
        link.choose(chosen.heads, [])

    def every() -> None:
        link.choose(chosen.layer, EVERY)
        link.choose(chosen.heads, [])

    def reset() -> None:
        link.choose(chosen.layer, None)
        link.choose(chosen.heads, [])

    opened = None if look.layer == EVERY else (look.layer, look.heads[0])
    figures.head_grid(part, opened, f"{key}.grid", took)
    if look.layer != EVERY and link.value(chosen.layer) is not None:
        st.pills(
            _("Heads of layer {layer}; none chosen is the mean of all").format(
                layer=look.layer + 1
            ),
            range(look.site.heads),
            selection_mode="multi",
            format_func=lambda head: str(head + 1),
            key=chosen.heads.key,
        )
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        prose.caption(prose.filled(_("Shown: {place}."), place=where(look)))
        if best(model).layer is not None:
            st.button(
                _("Head that aligns best"), on_click=reset, type="tertiary", key=f"{key}.best"
            )
        st.button(_("Mean of the layer"), on_click=mean, type="tertiary", key=f"{key}.mean")
        st.button(_("Mean of all layers"), on_click=every, type="tertiary", key=f"{key}.every")
