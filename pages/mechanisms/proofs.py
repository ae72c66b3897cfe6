"""Put to the test: what each mechanism can do, and what it cannot, on tasks with a known answer.

Choose a task, ask it with words of one's own, and see what models say that differ in nothing but
how they look.
"""

from __future__ import annotations

import streamlit as st

from attention_core.marking import N_
from models.ours.proofs.reader import Reply
from models.ours.proofs.registry import shipped
from models.ours.proofs.task import Example, Task
from pages.frame import ask, link, prose, site
from pages.frame.examples import Example as Ready
from pages.frame.language import _
from pages.mechanisms.parts import proving
from pages.showing import choosing

PAGE = "proofs"
CARD = site.Page(
    PAGE, N_("Put to the test"), order=85, door="mechanisms",
    promise=N_("Small tasks with a known answer: what each mechanism can do, and what it cannot."),
)  # fmt: skip
TASK = link.one_of(PAGE, "task", tuple(one.name for one in shipped()), shipped()[0].name)
TEXT = link.text(PAGE, "text")
LEFT = link.one_of(PAGE, "left", proving.names(), "")
RIGHT = link.one_of(PAGE, "right", proving.names(), "")
CHOICES = (TASK, TEXT, LEFT, RIGHT)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("What can a mechanism do, and what not?"), anchor=False)
    titles = {one.name: _(one.title) for one in shipped()}
    name = choosing.segments(TASK, _("Task"), titles, (TEXT, LEFT, RIGHT))
    chosen = next(one for one in shipped() if one.name == name)
    if not link.value(TEXT):
        link.choose(TEXT, chosen.ready[0])
    prose.lead(_(chosen.question))
    ask.text_box(TEXT, _("Your input"), (), 68)
    with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
        ask.send(_("Ask"), TEXT)
        ask.examples(tuple(map(Ready, chosen.ready)), (), TEXT)
        prose.note(prose.filled(_(chosen.hint)))
    link.publish(CHOICES)
    example = ask.answered(lambda: chosen.read(link.value(TEXT)))
    if example is not None:
        ask.answers(TEXT)
        shown(chosen, example)
    proving.table(chosen)
    prose.caption(prose.filled(_(chosen.lesson)))


@st.fragment
def shown(chosen: Task, example: Example) -> None:
    """Two mechanisms beside each other: what they answer, and where they looked."""
    first, second = proving.usual(chosen)
    columns = st.columns(2, gap="large")
    for column, choice, usual in zip(columns, (LEFT, RIGHT), (first, second), strict=True):
        with column:
            one = proving.contender(chosen, choice, usual)
            reply: Reply | None = ask.answered(lambda one=one: proving.reply(chosen, one, example))  # type: ignore[misc]
            if reply is not None:
                proving.told(chosen, reply, example)
                proving.looked(chosen, one, reply, example, f"{PAGE}.{choice.name}.look")
    link.publish(CHOICES)


if __name__ == "__main__":
    page()
