"""What attention costs: operations and memory over the length, and seconds on this machine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, NamedTuple

import streamlit as st

from attention_core.marking import N_
from attention_core.mechanisms import ALL, cost
from attention_core.mechanisms.cost import Price
from attention_core.mechanisms.price import Size
from attention_core.pictures.figures import Growth
from pages.frame import downloads, link, prose, site
from pages.frame.language import _
from pages.frame.link import Choice
from pages.mechanisms.parts.costing import PAGE, draw, lengths, priced, table, title
from pages.mechanisms.parts.measuring import measuring
from pages.showing import choosing

CARD = site.Page(
    PAGE, N_("Cost"), order=90, door="mechanisms",
    promise=N_("How operations, memory and seconds grow with the length of a text."),
)  # fmt: skip
SHORTEST: Final = 16
LONGEST: Final = tuple(1 << power for power in range(10, 20))

CHOSEN = link.names(
    PAGE,
    "mechanisms",
    [
        name
        for name in ("multi_head", "additive", "sliding_window", "light_conv", "routing")
        if name in ALL
    ],
)
WIDTH = link.amount(PAGE, "width", 64, 16, 1024)
HEADS = link.amount(PAGE, "heads", 4, 1, 16)
REACH = link.amount(PAGE, "reach", 128, 4, 1024)
MOST = link.amount(PAGE, "longest", 65536, LONGEST[0], LONGEST[-1])
COUNTED = link.one_of(PAGE, "counted", ("pairs", "total"), "pairs")
CHOICES = (CHOSEN, WIDTH, HEADS, REACH, MOST, COUNTED)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("What does attention cost?"), anchor=False)
    prose.lead(
        _(
            "Where every word looks at every other, a text of twice the length takes four times "
            "the work. Windows, convolutions and routing look at fewer pairs, so that their work "
            "only doubles. Choose mechanisms and see from which length one overtakes another."
        )
    )
    names, size = asked()
    link.publish(CHOICES)
    if not names:
        st.info(_("Choose at least one mechanism."), icon=":material/edit:")
        return
    charts(names, size)
    formulas(names, size)
    measuring(names, size)


def asked() -> tuple[list[str], Size]:
    """Which mechanisms, and how large."""
    link.choose(CHOSEN, [name for name in link.value(CHOSEN) if name in ALL])
    names: list[str] = st.multiselect(
        _("Mechanisms (the others are compared with the first)"), list(ALL), format_func=title,
        key=CHOSEN.key, persist_state="session",
    )  # fmt: skip
    places = st.columns(4, gap="medium")
    with places[0]:
        longest = stop(MOST, _("Longest text (tokens)"), LONGEST)
    with places[1]:
        width = stop(WIDTH, _("Numbers a token (d)"), (16, 32, 64, 128, 256, 512, 1024))
    with places[2]:
        heads = stop(HEADS, _("Heads (H)"), (1, 2, 4, 8, 16))
    with places[3]:
        reach = stop(REACH, _("Keys on either side (D)"), tuple(1 << p for p in range(2, 11)))
    return names, Size(longest, width, heads, reach=reach)


def stop(choice: Choice[int], label: str, stops: Sequence[int]) -> int:
    """One of a few numbers; what an address says in between is moved to the nearest."""
    wanted = int(link.value(choice))
    link.choose(choice, min(stops, key=lambda one: abs(one - wanted)))
    return int(
        st.select_slider(
            label, stops, format_func=lambda one: f"{one:,}", key=choice.key,
            persist_state="session",
        )
    )  # fmt: skip


def charts(names: list[str], size: Size) -> None:
    """Operations and memory, with rings where one overtakes the first."""
    counted = choosing.segments(
        COUNTED, _("Operations counted"),
        {"pairs": _("scores and values"), "total": _("projections too")},
    )  # fmt: skip
    work = cost.operations if counted == "pairs" else cost.total
    left, right = st.columns(2, gap="large")
    with left:
        st.subheader(_("Operations"), anchor=False)
        chart(names, size, work, _("multiplications and additions"), "operations")
        crossings(names, size, work, of_work())
    with right:
        st.subheader(_("Memory"), anchor=False)
        chart(names, size, cost.memory, _("numbers that stand at once"), "memory")
        crossings(names, size, cost.memory, of_memory())
    downloads.rows(table(names, size), "cost.csv")


def crossed(price: Price, one: str, other: str, size: Size) -> int | None:
    """The length on the chart from which `one` is cheaper."""
    found = cost.crossing(one, other, size.width, size.heads, price, size.length, reach=size.reach)
    return found if found is None or found >= SHORTEST else None


def chart(names: list[str], size: Size, price: Price, unit: str, file: str) -> None:
    """One line for each mechanism."""
    drawn = [
        Growth(title(name), [(n, priced(price, name, size, n)) for n in lengths(size.length)])
        for name in names
    ]
    rings = [
        (found, priced(price, one, size, found), title(one))
        for pair in ((name, names[0]) for name in names[1:])
        for one, other in (pair, pair[::-1])
        if (found := crossed(price, one, other, size))
    ]
    draw(drawn, unit, file, rings)


class Verdicts(NamedTuple):
    """What may be said of {one} mechanism beside the {first}, from a {length} on."""

    from_less: str
    from_more: str
    same: str
    less: str
    more: str


def of_work() -> Verdicts:
    return Verdicts(
        _("{one} needs fewer operations than {first} from {length} tokens on."),
        _("{one} needs more operations than {first} from {length} tokens on."),
        _("{one} needs as many operations as {first}."),
        _("{one} needs fewer operations than {first} at every length here."),
        _("{one} needs more operations than {first} at every length here."),
    )


def of_memory() -> Verdicts:
    return Verdicts(
        _("{one} needs less memory than {first} from {length} tokens on."),
        _("{one} needs more memory than {first} from {length} tokens on."),
        _("{one} needs as much memory as {first}."),
        _("{one} needs less memory than {first} at every length here."),
        _("{one} needs more memory than {first} at every length here."),
    )


def crossings(names: list[str], size: Size, price: Price, said: Verdicts) -> None:
    """From which length on each mechanism is cheaper or dearer than the first."""
    first = names[0]
    for one in names[1:]:
        sentence, length = verdict(one, first, size, price, said)
        prose.caption(
            prose.filled(
                sentence,
                one=prose.token(title(one)),
                first=prose.token(title(first)),
                length=prose.Markup(f"<b>{length:,}</b>"),
            )
        )


def verdict(one: str, first: str, size: Size, price: Price, said: Verdicts) -> tuple[str, int]:
    """A sentence about two mechanisms, and the length that it speaks of."""
    if found := crossed(price, one, first, size):
        return said.from_less, found
    if found := crossed(price, first, one, size):
        return said.from_more, found
    mine, theirs = (priced(price, name, size, size.length) for name in (one, first))
    if mine == theirs:
        return said.same, size.length
    return (said.less if mine < theirs else said.more), size.length


def formulas(names: list[str], size: Size) -> None:
    """How the lines are worked out."""
    st.subheader(_("The formulas"), anchor=False)
    for name in names:
        said = cost.formulas(name)
        with st.container(border=True):
            st.markdown(f"**{title(name)}**")
            parts = zip(
                st.columns(3, gap="medium"),
                (_("Scores and values"), _("Projections"), _("Memory")),
                (said.operations, said.projections, said.memory),
                (cost.operations, cost.projections, cost.memory),
                strict=True,
            )
            for place, label, formula, price in parts:
                number = priced(price, name, size, size.length)
                is_so = f"$= {written(number)}$" if number else ""
                place.markdown(f"{label}  \n${formula}$  \n{is_so}")
    prose.note(
        prose.filled(
            _(
                "The numbers are those at {length} tokens. n: tokens that look and are looked at, "
                "d: numbers a token, H: heads, D: keys on either side. Two operations are counted "
                "for each product that is added to a sum: 2d of them score a pair, another 2d add "
                "its value. What is done number by number (softmax, tanh, sorting, turning) is "
                "left out, and so is the memory of what is learnt."
            ),
            length=f"{size.length:,}",
        )
    )
    letters(names, size)


def written(number: float) -> str:
    """LaTeX of a count: as it is up to a million, by its power of ten beyond."""
    if number < 1e6:
        return f"{number:,.0f}".replace(",", "{,}")
    digits, power = f"{number:.2e}".split("e")
    return rf"{digits} \times 10^{{{int(power)}}}"


def letters(names: list[str], size: Size) -> None:
    """What else stands in the formulas above, and how large it is here."""
    known = {
        r"\delta": _("δ = {number}: steps from one key of a window to the next").format(
            number=size.dilation
        ),
        "b": _("b = {number}: tokens of a block").format(number=size.block),
        r"\gamma": _("γ = {number}: blocks that look at all").format(number=size.global_blocks),
        r"\rho": _("ρ = {number}: blocks drawn at random").format(number=size.random),
        "g": _("g = {number}: tokens that look at all").format(number=size.global_tokens),
        "G": _("G = {number}: heads of keys and values").format(number=size.groups),
        "k": _("k = {number}: positions of a convolution").format(number=size.kernel),
        "z": _("z = {number}: keys back that count fully").format(number=size.span),
        "R": _("R = {number}: keys over which a span fades").format(number=size.ramp),
        "J": _("J = {number}: capsules that tokens are routed to").format(number=size.capsules),
        "r": _("r = {number}: rounds of routing").format(number=size.rounds),
    }
    used = cost.letters(names)
    if shown := [sentence for letter, sentence in known.items() if letter in used]:
        prose.note(prose.filled("{all}", all=prose.listed(shown)))


if __name__ == "__main__":
    page()
