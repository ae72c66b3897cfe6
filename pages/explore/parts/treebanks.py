"""A treebank on the screen: asked for, its relations as a table and as dots, one sentence."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
import pandas as pd
import streamlit as st

from attention_core.files.treebank import MOST, Treebank
from attention_core.numbers.syntax import ROOT, Direction, Found, Tree, between, pieces
from attention_core.numbers.syntax.tree import rows as rows_of
from attention_core.pictures.grammar import Arcs, Beaten, arcs, beaten
from attention_core.watching.record import AttentionRecord
from models.corpora import treebanks
from models.corpora.grammar import Head
from models.corpora.treebanks import Ready
from models.work.uploads import UPLOADS
from pages.frame import ask, downloads, link, prose, session
from pages.frame.language import _
from pages.frame.link import Choice, Kept
from pages.showing import charts, choosing, figures, naming, sentences
from pages.widgets.matrix import TEXT, Links, Matrix, matrix

Callback = Callable[[], None]
Origin = Literal["english", "chinese", "grammar", "own"]
ORIGINS: Final[tuple[Origin, ...]] = (*treebanks.READY, "own")
ENDINGS: Final = ["conllu", "conll", "txt", "gz"]
MEGABYTES: Final = 5
"""The largest file that the browser sends; as server.maxUploadSize in .streamlit/config.toml."""
DRAWN: Final = 14
"""Relations in the chart; the table has them all."""
OFFERED: Final = 40
"""Sentences of a relation that are offered."""


class Line(NamedTuple):
    """One relation of the table with the head that follows it, named for a reader."""

    found: Found
    head: Head

    @property
    def relation(self) -> str:
        return self.found.relation


def asked(origin: Choice[Origin], page: str, cut: Choice[bool], about: Sequence[Kept]
          ) -> Treebank | None:  # fmt: skip
    """Our own treebank or the reader's; None while there is none.

    about  choices about the treebank that is shown: forgotten when another one is asked for
    """
    titles = {
        "english": _("English"), "chinese": _("Chinese"), "grammar": _("from rules"),
        "own": _("my own file"),
    }  # fmt: skip
    chosen = choosing.segments(origin, _("Sentences"), titles, about)
    if chosen != "own":
        told(chosen)
        return treebanks.ready(chosen)
    UPLOADS.warm()
    given = st.file_uploader(
        _("Treebank in the CoNLL-U format"), ENDINGS, key=f"{page}.file",
        max_upload_size=MEGABYTES, on_change=ask.forget, args=(about,),
    )  # fmt: skip
    prose.note(
        prose.filled(
            _(
                "One word a line, ten columns between tabs, an empty line after each sentence, as "
                "Universal Dependencies publishes them; packed as .gz or not. Up to {size} MB; of "
                "more than {most} sentences as many are read, evenly out of the file."
            ),
            size=MEGABYTES, most=f"{MOST:,}",
        )
    )  # fmt: skip
    if given is None:
        return None
    data = given.getvalue()
    found = ask.answered(lambda: _read(data), cut)
    for note in found.notes if found is not None else ():
        prose.note(sentences.noted(note))
    return found


def told(name: Ready) -> None:
    """What a treebank of ours is, and its file where it has one."""
    sentence = {
        "english": _("Sentences that were written and annotated for this project."),
        "chinese": _(
            "Sentences that were written and annotated for this project; choose a model that "
            "reads Chinese."
        ),
        "grammar": _(
            "Sentences drawn from rules, so every tree is exact; the small BERT in the list of "
            "models was taught these rules."
        ),
    }[name]
    prose.note(prose.filled(sentence))
    if treebanks.source(name):
        downloads.file("CoNLL-U", lambda: treebanks.source(name), f"{name}.conllu")


@st.cache_resource(max_entries=8, show_spinner=False)
def _read(data: bytes) -> Treebank:
    """Read once, however many readers bring the same file."""
    return UPLOADS.trees(session.reader(), data)


def place(head: Head) -> str:
    """A head in words, counted from 1."""
    return sentences.where(head.layer, [head.number])


def ways() -> Mapping[Direction, str]:
    """What a head does that follows a relation."""
    return {"to head": _("looks at its head"), "from head": _("is looked at by its head")}


def per_cent(share: float) -> str:
    return f"{100 * share:.1f} %"


def _points(gain: float) -> str:
    return f"{100 * gain:+.1f}".replace("-", "−")


def said(line: Line) -> prose.Markup:
    """The head that follows a relation, how well, and what it must beat."""
    found = line.found
    low, high = found.interval
    sentence = {
        "to head": _(
            "{relation}: in {place}, the word looks most at its head in {share} of {count} cases "
            "({low} to {high}). Always the word {offset}: {baseline}; gain {gain} points ({least} "
            "to {most})."
        ),
        "from head": _(
            "{relation}: in {place}, the word is looked at most by its head in {share} of {count} "
            "cases ({low} to {high}). Always the word {offset}: {baseline}; gain {gain} points "
            "({least} to {most})."
        ),
    }[found.direction]
    return prose.filled(
        sentence, relation=naming.relation(found.relation), place=place(line.head),
        share=per_cent(found.accuracy), count=f"{found.all:,}", low=per_cent(low),
        high=per_cent(high), offset=f"{found.offset:+d}", baseline=per_cent(found.baseline),
        gain=_points(found.gain), least=_points(found.gain_interval[0]),
        most=_points(found.gain_interval[1]),
    )  # fmt: skip


def rows(lines: Sequence[Line]) -> list[dict[str, object]]:
    """The table for a file; numbers as they are, heads counted from 1."""
    return [
        {
            "relation": one.relation or "ALL", "layer": one.head.layer + 1,
            "head": one.head.number + 1, "direction": one.found.direction,
            "words": one.found.all, "right": one.found.right,
            "accuracy": round(one.found.accuracy, 4),
            "from": round(one.found.interval[0], 4), "to": round(one.found.interval[1], 4),
            "offset": one.found.offset, "baseline": round(one.found.baseline, 4),
            "gain": round(one.found.gain, 4),
            "gain_from": round(one.found.gain_interval[0], 4),
            "gain_to": round(one.found.gain_interval[1], 4),
        }
        for one in lines
    ]  # fmt: skip


def table(lines: Sequence[Line], key: str, took: Callback) -> None:
    """Every relation with its best head; a click on a column sorts, a click on a row chooses."""
    number, text = st.column_config.NumberColumn, st.column_config.TextColumn
    data = pd.DataFrame(
        {
            "relation": [naming.relation(one.relation) for one in lines],
            "head": [f"{one.head.layer + 1} · {one.head.number + 1}" for one in lines],
            "share": [100 * one.found.accuracy for one in lines],
            "baseline": [100 * one.found.baseline for one in lines],
            "gain": [100 * one.found.gain for one in lines],
            "more": [_ends(one.found.gain_interval, "+") for one in lines],
            "interval": [_ends(one.found.interval) for one in lines],
            "words": [one.found.all for one in lines],
            "offset": [f"{one.found.offset:+d}" for one in lines],
            "way": [ways()[one.found.direction] for one in lines],
        }
    )  # fmt: skip
    st.dataframe(
        data, key=key, hide_index=True, height=460, on_select=took,
        selection_mode=["single-row", "single-cell"],
        column_config={
            "relation": text(_("relation"), width=160),
            "head": text(_("head"), width=58,
                         help=_("Layer and head, chosen on one half, reported on the other.")),
            "share": number(_("right"), format="%.1f", width=56,
                            help=_("Per cent of the words whose head it names.")),
            "baseline": number(_("offset"), format="%.1f", width=58,
                               help=_("Per cent that the best fixed offset names.")),
            "gain": number(_("gain"), format="%+.1f", width=58,
                           help=_("Points above the best offset.")),
            "more": text(_("of the gain"), width=100,
                         help=_("The gain's 95 % interval, over the same words (Agresti & Min "
                                "2005); above 0, the head knows more than the offset.")),
            "interval": text(_("95 % interval"), width=82,
                             help=_("Wilson's interval, as if words were independent.")),
            "words": number(_("words"), width=60),
            "offset": text(_("always"), width=60,
                           help=_("The head is always so many words further on.")),
            "way": text(_("the word …"), width=170),
        },
    )  # fmt: skip


def _ends(interval: tuple[float, float], sign: str = "") -> str:
    """An interval in per cent; sign "+" where it may lie below 0."""
    low, high = (f"{100 * end:{sign}.0f}".replace("-", "−") for end in interval)
    return f"{low} – {high}"


def table_row(key: str, lines: Sequence[Line]) -> Line | None:
    """The relation that was clicked in `table`."""
    chosen = st.session_state[key]["selection"]
    places = [*chosen["rows"], *(row for row, _column in chosen["cells"])]
    return lines[places[0]] if places and places[0] < len(lines) else None


def dots(lines: Sequence[Line], relation: str, key: str, took: Callback) -> None:
    """The most frequent relations: what the head reaches, and what the offset does."""
    shown = list(lines[:DRAWN])
    drawn = [
        Beaten(
            naming.relation(one.relation),
            one.found.accuracy,
            one.found.interval,
            one.found.baseline,
        )
        for one in shown
    ]
    chosen = next((at for at, one in enumerate(shown) if one.relation == relation), None)
    names = (_("best head"), _("best fixed offset"))
    figure = beaten(drawn, names, _("named rightly"), charts.theme(), chosen)
    charts.chart(figure, key, "relations", took)


def dot(key: str, lines: Sequence[Line]) -> Line | None:
    """The relation whose dot was clicked in `dots`."""
    at = charts.point(key)
    return lines[at] if at is not None and at < len(lines) else None


def having(trees: Sequence[Tree], relation: str) -> list[int]:
    """Some sentences with that relation, those that are easily read first."""
    found = [at for at, tree in enumerate(trees) if list(asking(tree, relation))]
    return sorted(found[: 4 * OFFERED], key=lambda at: (abs(len(trees[at]) - 11), at))[:OFFERED]


def asking(tree: Tree, relation: str) -> list[int]:
    """The words of a sentence that count to a row of the table."""
    return [word for word, named in tree.counted() if relation in rows_of(named)]


def drawn(tree: Tree, relation: str, named: Sequence[int], key: str) -> None:
    """The tree as arcs, and over it what the head names for the words of the relation."""
    words = asking(tree, relation)
    gold = [(word, head) for word, head in enumerate(tree.heads) if head != ROOT]
    same = {word: tree.units[tree.heads[word]] == _unit(tree, named[word]) for word in words}
    right = [(word, tree.heads[word]) for word in words if same[word]]
    missed = [(word, tree.heads[word]) for word in words if not same[word]]
    wrong = [(word, named[word]) for word in words if not same[word] and named[word] != ROOT]
    quiet = [pair for pair in gold if pair[0] not in words]
    figure = arcs(
        tree.words,
        [
            Arcs(_("the tree"), quiet, "quiet"),
            Arcs(_("named rightly"), right, "right"),
            Arcs(_("named wrongly"), wrong, "wrong"),
            Arcs(_("right, but not named"), missed, "wanted"),
        ],
        charts.theme(),
    )
    charts.chart(figure, key, "arcs")


def _unit(tree: Tree, word: int) -> int:
    return ROOT if word == ROOT else tree.units[word]


def looked(tree: Tree, record: AttentionRecord, line: Line, key: str) -> None:
    """The attention that made the arcs, between words; the pairs of the tree are squares."""
    weights = record.site(line.head.site).weights([line.head.number])
    seen = between(weights.double(), pieces(tree, record.axes[0]))[0].numpy()
    to_head = line.found.direction == "to head"
    pairs = [(word, tree.heads[word]) for word in asking(tree, line.relation)]
    place_of = place(line.head)
    matrix(
        Matrix(
            rows=tree.words, columns=tree.words, weights=seen.astype(np.float32), scale="row",
            cell=[], pins=[],
            gold=Links(sure=[pair if to_head else pair[::-1] for pair in pairs]),
            title=place_of, caption=_("Attention between words: rows look, columns are looked at."),
            name="grammar",
        ),
        key=key,
        text={**figures.said(TEXT), "sure": _("pair of the tree")},
    )  # fmt: skip


def chosen(choice: Choice[str], lines: Sequence[Line]) -> Line:
    """The relation that was clicked; at first that of subjects, or else the most frequent."""
    known = {one.relation or "ALL": one for one in lines}
    wanted = link.value(choice)
    return known.get(wanted) or known.get("nsubj") or lines[0]
