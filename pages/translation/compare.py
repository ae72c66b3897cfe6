"""Compare: one sentence, several translators side by side, their alignments linked.

Each panel is one translator of the story of attention. Pointing at a source word in one panel
lights it in all of them.
"""

from __future__ import annotations

import streamlit as st

from attention_core.files.spreadsheet import cell
from attention_core.marking import N_
from models.families.translation import Translation
from models.store import catalogue
from models.store.catalogue import Card
from pages.frame import ask, downloads, examples, link, prose, site
from pages.frame.language import _
from pages.showing import choosing, figures, looking, sentences
from pages.showing.readings import align, translate
from pages.translation.parts import asking

PAGE = "compare"
CARD = site.Page(
    PAGE, N_("Compare"), order=45, door="languages",
    promise=N_("From no attention to the Transformer: the same words, side by side, linked."),
)  # fmt: skip
SIX = (
    "fixed-en-fr",
    "bahdanau-en-fr",
    "luong-general-en-fr",
    "local-p-en-fr",
    "luong-location-en-fr",
    "transformer-en-fr",
)
MOST = 12

SOURCE = link.text(PAGE, "source", examples.COMPARE[0].text)
TARGET = link.text(PAGE, "target")
MODE = link.one_of(PAGE, "mode", ("translate", "pair"), "translate")
MODELS = link.names(PAGE, "models", SIX)
CUT = link.flag(PAGE, "cut")
PINS = link.numbers(PAGE, "words")
GRAIN = choosing.grain(PAGE, "words")
SPECIALS = choosing.specials(PAGE, "hidden")
PLACES = (PINS, CUT)
CHOICES = (SOURCE, TARGET, MODE, MODELS, CUT, PINS, GRAIN, SPECIALS)


def page() -> None:
    link.restore(CHOICES)
    st.title(_("One sentence, several translators"), anchor=False)
    prose.lead(
        _(
            "From no attention at all to the Transformer: the same words, read by each of them. "
            "Point at an English word, and it lights up everywhere."
        )
    )
    cards = translators(link.value(MODE) == "pair")
    chosen = asked(cards)
    link.publish(CHOICES)
    source, target = link.value(SOURCE), link.value(TARGET)
    pair = link.value(MODE) == "pair"
    if not source.strip() or (pair and not target.strip()):
        st.info(_("Type a sentence on each side, or choose an example."), icon=":material/edit:")
        return
    if not chosen:
        st.info(_("Choose at least one translator."), icon=":material/translate:")
        return
    panels(chosen, cards, source, target if pair else "")


def translators(pair: bool) -> dict[str, Card]:
    """The translators that can be set side by side: those of English that were measured.

    pair  True = those that can follow a French sentence
    """
    spoken = (("en", "fr"),) if pair else (("en", "fr"), ("en", "zh"))
    return {
        one.card.name: one.card
        for one in catalogue.entries()
        if one.task == "translate" and one.card.measured and one.card.languages in spoken
    }


def asked(cards: dict[str, Card]) -> list[str]:
    """The sentence, and who shall translate it."""
    link.choose(MODELS, [name for name in link.value(MODELS) if name in cards][:MOST])
    boxes, side = st.columns([7, 4], gap="medium")
    with side:
        pair = asking.paired(MODE)
        choosing.grain_and_specials(GRAIN, SPECIALS)
    with boxes:
        languages = _("English"), _("French")
        asking.sentence(SOURCE, TARGET, languages, pair, examples.COMPARE, PLACES)
    st.multiselect(
        _("Translators"),
        list(cards),
        format_func=lambda name: _(cards[name].short or cards[name].title),
        key=MODELS.key,
        max_selections=MOST,
        persist_state="session",
    )
    return list(link.value(MODELS))


def panels(chosen: list[str], cards: dict[str, Card], source: str, target: str) -> None:
    """One panel for each translator, in the order chosen, filled as each answers."""
    if ask.answered(
        lambda: worked_out(chosen[0], source, target), CUT, doing=_("Translating …")
    ) is None:  # fmt: skip
        return  # a text that is too long is so for all of them
    rows = []
    for first in range(0, len(chosen), 2):
        for name, column in zip(
            chosen[first : first + 2], st.columns(2, gap="large"), strict=False
        ):
            with column, st.container(border=True, height="stretch"):
                found = ask.answered(
                    lambda name=name: worked_out(name, source, target),  # type: ignore[misc]
                    CUT,
                    name,
                    _("Translating …"),
                )
                if found is not None:
                    ask.answers(SOURCE, *((TARGET,) if target else ()))
                    panel(found, name, cards[name])
                    rows.append(line(found, cards[name]))
    if rows:
        with st.container():
            ask.answers(SOURCE, *((TARGET,) if target else ()))
            scores(rows)


def worked_out(model: str, source: str, target: str) -> Translation:
    cut = link.value(CUT)
    return align(model, source, target, cut) if target else translate(model, source, cut)


def panel(found: Translation, name: str, card: Card) -> None:
    """One translator: its text, its alignment, what it is."""
    st.subheader(_(card.short or card.title), anchor=False)
    prose.sentence(found.text)
    look = looking.settled(found, name)
    if look is None:
        prose.caption(*sentences.no_attention(found))
        return
    picture = look.view(link.value(GRAIN), link.value(SPECIALS))
    places = [picture.column_of(place) for place in link.value(PINS)]

    def took() -> None:
        columns = figures.state(f"{PAGE}.{name}", "sources") or []
        link.choose(PINS, [picture.column_places[column][0] for column in columns])

    figures.alignment(
        picture, look.links(picture), [], f"{PAGE}.{name}", None,
        title=f"{_(card.short)}: {found.text}", caption=prose.joined(sentences.shown(picture)),
        compact=True, group=PAGE, sources=[one for one in places if one is not None],
        took_sources=took,
    )  # fmt: skip
    shown = sentences.shown(picture)
    if len(found.cross) * found.cross[0].heads > 1:
        place = looking.where(look)
        shown = prose.filled("{place} · {shown}", place=place, shown=shown)
    prose.note(shown)


def line(found: Translation, card: Card) -> dict[str, object]:
    """One translator in numbers: this sentence, and the test set."""
    quality = card.measured.get("quality", {}).get("one_reference", {})
    aligned = card.measured.get("alignment", {})
    return {
        "translator": cell(_(card.short or card.title)),
        "translation": cell(found.text),
        "score": found.score,
        "bleu": quality.get("bleu"),
        "chrf": quality.get("chrf"),
        "aer": aligned.get("error_rate"),
        "crossing": aligned.get("crossing_recall"),
        "parameters": card.parameters / 1e6 if card.parameters else None,
        "minutes": card.measured.get("minutes"),
    }


def scores(rows: list[dict[str, object]]) -> None:
    """The same in numbers, sortable, as a file."""
    st.subheader(_("In numbers"), anchor=False)
    number = st.column_config.NumberColumn
    on_test = _("On the Tatoeba test split, one reference.")
    st.dataframe(
        rows,
        hide_index=True,
        placeholder="–",
        column_config={
            "translator": st.column_config.TextColumn(_("translator"), pinned=True),
            "translation": st.column_config.TextColumn(_("translation")),
            "score": number(
                _("log-probability"),
                help=_("Mean over the pieces of this translation, in nats; nearer 0 is surer."),
                format="%.2f",
            ),
            "bleu": number("BLEU", help=on_test, format="%.1f"),
            "chrf": number("chrF", help=on_test, format="%.1f"),
            "aer": number(
                "AER",
                help=_("Alignment error rate on 50 hand-aligned pairs; 0 is perfect."),
                format="%.2f",
            ),
            "crossing": number(
                _("crossing links"),
                help=_("Share of the links that cross another one that were found."),
                format="%.2f",
            ),
            "parameters": number(_("parameters (millions)"), format="%.1f"),
            "minutes": number(_("training (minutes)"), format="%.0f"),
        },
    )
    downloads.rows(rows, "translators.csv")


if __name__ == "__main__":
    page()
