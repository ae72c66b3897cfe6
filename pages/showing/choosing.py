"""Choosing a model, a kind of attention, and how its weights are shown."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, get_args

import streamlit as st

from attention_core.errors import AttentionError
from attention_core.numbers.alignment import Direction
from attention_core.pictures.views import Grain, Specials
from models.families.seq2seq.languages import Wish
from models.loading import hub
from models.loading.kinds import Reads
from models.settings import settings
from models.store import catalogue
from models.store.sources.folders import PREFIX
from pages.frame import link, prose
from pages.frame.ask import forget, literal, said
from pages.frame.language import _
from pages.frame.link import Choice, Kept, Listed, Name
from pages.showing import carried, sentences
from pages.showing.readings import DEFAULTS

Scale = Literal["matrix", "row"]
BEFORE: Final = {
    "translate": catalogue.WRITES,
    "see": catalogue.SEES,
    "hear": catalogue.HEARS,
    "match": catalogue.MATCHES,
}
"""How the names of models begin that are opened for a task which is not their usual one."""
_READS: Final[Mapping[str, Reads]] = {"read": "text", "see": "pictures", "hear": "sound"}
_OTHERS: Final = ("other",)
"""What no page gives to a model."""


def model(page: str, task: str = "read") -> Choice[str]:
    """The choice of a model on one page; at first the one that is named, or else the first."""
    known = [entry.card.name for entry in catalogue.entries() if entry.task == task]
    usual = DEFAULTS.get(task, "")
    return link.text(page, "model", usual if usual in known or not known else known[0])


def segments(
    choice: Choice[Name], label: str, titles: Mapping[str, str], about: Sequence[Kept] = ()
) -> Name:
    """A row of alternatives of which exactly one holds.

    about  choices that mean something else for another alternative: forgotten when it changes
    """
    st.segmented_control(
        label,
        list(titles),
        format_func=titles.__getitem__,
        key=choice.key,
        required=True,
        on_change=forget,
        args=(about,),
        persist_state="session",
    )
    return link.value(choice) or choice.default


def dropdown(
    choice: Choice[Listed], label: str, titles: Mapping[Listed, str],
    about: Sequence[Kept] = (), width: int | Literal["stretch"] = "stretch",
) -> Listed:  # fmt: skip
    """One of many alternatives, in a list that opens.

    about  choices that mean something else for another alternative: forgotten when it changes
    """
    link.titled(choice, titles)
    st.selectbox(
        label, list(titles), format_func=lambda name: titles.get(name, str(name)), key=choice.key,
        on_change=forget, args=(about,), persist_state="session", width=width,
    )  # fmt: skip
    return link.value(choice)


def numbered(choice: Choice[int], label: str, count: int, about: Sequence[Kept] = ()) -> int:
    """One of so many layers or heads, said from 1; `about` as in `segments`."""
    link.choose(choice, min(link.value(choice), count - 1))
    return dropdown(choice, label, {place: str(place + 1) for place in range(count)}, about, 110)


def convention(first: Choice[str], direction: Choice[Direction]) -> None:
    """How the numbers of a link are to be read."""
    segments(first, _("Links count words from"), {"0": "0", "1": "1"})
    titles = {
        "source-target": _("source-target"),
        "target-source": _("target-source"),
    }
    segments(direction, _("A link says"), titles)


def switch(choice: Choice[bool], label: str) -> bool:
    """Something that is on or off."""
    return st.toggle(label, key=choice.key, persist_state="session")


def kind(choice: Choice[str], known: Sequence[str]) -> str:
    """Which attention of a model with several kinds; no question where there is one."""
    titles = {
        "encoder": _("encoder"),
        "decoder": _("decoder"),
        "cross": _("decoder to encoder"),
    }
    if link.value(choice) not in known:
        link.choose(choice, known[0])
    if len(known) == 1:
        return known[0]
    return segments(choice, _("Which attention"), {name: titles[name] for name in known})


def grain(page: str, default: Grain) -> Choice[Grain]:
    """Whether a picture shows tokens or words."""
    return link.one_of(page, "grain", get_args(Grain), default)


def specials(page: str, default: Specials) -> Choice[Specials]:
    """What becomes of special tokens."""
    return link.one_of(page, "specials", get_args(Specials), default)


def scale(page: str) -> Choice[Scale]:
    """What the strongest colour of a matrix stands for."""
    return link.one_of(page, "scale", get_args(Scale), "matrix")


def first(page: str) -> Choice[str]:
    """The number of a sentence's first word in a link."""
    return link.one_of(page, "first", ("0", "1"), "0")


def direction(page: str) -> Choice[Direction]:
    """Which side the first number of a link counts."""
    return link.one_of(page, "links", get_args(Direction), "source-target")


def grain_and_specials(grain: Choice[Grain], specials: Choice[Specials]) -> None:
    """Tokens or words; special tokens shown, hidden, or hidden with the rest scaled up."""
    with st.container(horizontal=True, gap="medium"):
        segments(grain, _("Show"), {"tokens": _("tokens"), "words": _("words")})
        segments(
            specials,
            _("Special tokens"),
            {"shown": _("shown"), "hidden": _("hidden"), "renormalised": _("hidden, rest = 1")},
        )


def choose_model(
    choice: Choice[str], task: str, about_it: Sequence[Kept] = (),
    beside: Callable[[], None] | None = None, writing: bool = False,
) -> str:  # fmt: skip
    """A model of the catalogue that can do the task, with its card.

    about_it  choices that mean something else for another model: forgotten when it changes
    beside    draws what else stands beside the card
    writing   True where models from elsewhere that translate are offered as well
    """
    entries = catalogue.entries()
    cards = {
        entry.card.name: entry.card
        for entry in entries
        if (entry.card.reads not in _OTHERS or entry.task == task)
        and (
            entry.task == task
            or (task == "read" and entry.card.heads > 1)
            or (writing and entry.card.name.startswith(catalogue.WRITES))
        )
    }
    unread = [
        entry.card.title
        for entry in entries
        if task == "read" and entry.card.reads != "text" and entry.card.name.startswith(PREFIX)
    ]
    chosen = link.value(choice)
    if chosen not in cards:
        cards = {**cards, **_named(choice, chosen)}
    titles = {name: _titled(card, task) for name, card in cards.items()}
    picked = dropdown(choice, _("Model"), titles, about_it)
    if link.overruled(choice):
        forget(about_it)
    if unread:
        prose.note(
            prose.filled(
                _(
                    "Not in this list, because they do not read text: {names}. "
                    "Those that see are on the page Pictures, those that hear on the page Sound."
                ),
                names=prose.listed(unread),
            )
        )
    with st.container(horizontal=True, gap="small"):
        about(cards[picked])
        if beside is not None:
            beside()
        if picked.startswith(catalogue.WRITES):
            wishes(choice, picked)
        another_model(choice, task, writing)
    return picked


def _titled(card: catalogue.Card, task: str) -> str:
    """What a model is called, and that it translates where others read."""
    title = _(card.title)
    if task != "translate" and card.name.startswith(catalogue.WRITES):
        return _("{model}, as a translator").format(model=title)
    return title


def wishes(choice: Choice[str], name: str) -> None:
    """What a model of several languages shall read and write, and what stands before a text."""
    place, wish = catalogue.parted(name)

    def use() -> None:
        asked = (st.session_state[f"{choice.key}.{part}"] for part in ("reads", "writes", "before"))
        link.choose(choice, catalogue.named(place, Wish(*asked)))

    menu = st.popover(_("Languages"), icon=":material/language:", type="tertiary")
    with menu, st.form(f"{choice.key}.wishes", border=False):
        for part, title, value in (
            ("reads", _("Reads (such as en or eng_Latn)"), wish.source),
            ("writes", _("Writes (such as fr or fra_Latn)"), wish.target),
            ("before", _("Before every text (T5: translate English to French: )"), wish.prefix),
        ):
            st.text_input(title, value, max_chars=200, key=f"{choice.key}.{part}")
        st.form_submit_button(_("Use these"), on_click=use)


def languages(model: str) -> tuple[str, str]:
    """What a translator reads and writes, in the reader's language."""
    names = {"en": _("English"), "fr": _("French"), "zh": _("Chinese"), "de": _("German")}
    codes = catalogue.entry(model).card.languages
    reads, writes = codes if len(codes) == 2 else ("", "")
    return names.get(reads, reads or _("Source text")), names.get(
        writes, writes or _("Translation")
    )


def _named(choice: Choice[str], name: str) -> dict[str, catalogue.Card]:
    """The card of a model that the address names beyond the list; none when there is no such."""
    try:
        return {name: catalogue.entry(name).card}
    except AttentionError as problem:
        st.info(said(problem), icon=":material/info:")
        link.choose(choice, choice.default)
        return {}


def about(card: catalogue.Card) -> None:
    """The card of a model: what it is, where it comes from, what it is good for."""
    with st.popover(_("About"), icon=":material/info:", type="tertiary"):
        facts = {
            _("Good for"): _(card.good_for),
            _("Parameters"): f"{card.parameters:,}" if card.parameters else "",
            _("Size"): f"{card.megabytes:,.1f} MB" if card.megabytes else "",
            _("Languages"): ", ".join(card.languages),
            _("Trained on"): _(card.data),
            _("Licence"): _(card.licence),
            _("Made by"): card.credit,
            _("Source"): card.source,
        }
        prose.facts(_(card.title), {name: fact for name, fact in facts.items() if fact})
        for figure in card.figures:
            prose.note(sentences.noted(figure))


def another_model(choice: Choice[str], task: str, writing: bool = False) -> None:
    """A small menu that names a model of the hub, says how large it is, and fetches it.

    writing  True where it may also be opened as a translator
    """
    with st.popover(_("Another model"), icon=":material/add:", type="tertiary"):
        if task in _READS:
            carried.offered(_READS[task])
        st.write(
            {
                "translate": _(
                    "Any encoder–decoder of the Hugging Face hub, such as "
                    "Helsinki-NLP/opus-mt-en-fr."
                ),
                "see": _(
                    "Any vision transformer of the Hugging Face hub, such as facebook/dinov2-small."
                ),
                "match": _(
                    "Any model of two towers of the Hugging Face hub, such as "
                    "openai/clip-vit-base-patch32."
                ),
                "hear": _("Any Whisper of the Hugging Face hub, such as openai/whisper-tiny."),
                "read": _("Any model of the Hugging Face hub by name, such as bert-base-uncased."),
            }[task]
        )
        name = st.text_input(_("Name on the hub"), key=f"{choice.key}.hub", max_chars=200)
        if not name:
            if not settings().downloads:
                st.caption(_("Models on this machine only: this server does not download."))
            return
        try:
            _offered(choice, hub.checked_name(name.strip()), BEFORE.get(task, ""), writing)
        except AttentionError as problem:
            st.info(said(problem), icon=":material/info:")


def _opening(choice: Choice[str], name: str, before: str, writing: bool) -> None:
    st.button(_("Open it"), on_click=link.choose, args=(choice, f"{before}hub:{name}"))
    if writing:
        place = f"{catalogue.WRITES}hub:{name}"
        st.button(_("Open it as a translator"), on_click=link.choose, args=(choice, place))


def _offered(choice: Choice[str], name: str, before: str, writing: bool) -> None:
    """Opens the model if it is here; otherwise shows its size and a button that fetches it."""
    if hub.cached(name) is not None:
        _opening(choice, name, before, writing)
        return
    plan = _plan(name)
    size = f"{plan.bytes / 1e6:,.0f} MB"
    st.write(
        _("{name}: {size} in {count} files.").format(
            name=literal(name), size=size, count=len(plan.files)
        )
    )
    if st.button(_("Download {size}").format(size=size), type="primary"):
        bar = st.progress(0.0, text=_("Downloading …"))

        def progress(done: int, whole: int) -> None:
            bar.progress(min(1.0, done / max(1, whole)), text=_("Downloading …"))

        hub.download(plan, progress)
        _opening(choice, name, before, writing)


@st.cache_data(ttl=600, max_entries=32, show_spinner=False)
def _plan(name: str) -> hub.DownloadPlan:
    return hub.plan(name)
