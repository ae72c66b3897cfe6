"""Every head of a model described: what it is called, what it follows, which heads look alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Final

import pandas as pd
import streamlit as st
import torch
from torch import Tensor

from attention_core.numbers import labels, measures
from attention_core.numbers.named import Named
from attention_core.numbers.share import wilson
from attention_core.numbers.syntax import Found
from attention_core.pictures.figures import Curve, curves, heads_map
from models.corpora.grammar import PROBED, GrammarStudy, Head, Profile, Together, together
from models.work.desk import DESK
from pages.explore.parts import treebanks
from pages.frame import downloads, prose, session
from pages.frame.language import _
from pages.showing import charts, naming, readings

SHARES: Final = ("on_specials", "on_previous", "on_itself", "on_next")
"""Measures that are drawn by layer."""


def table(profile: Profile, heads: Sequence[Head], follows: Mapping[int, list[Found]]) -> None:
    """A row for each head: its labels with their scores, the relations that it follows best."""
    rows = described(profile, heads, follows)
    text, number = st.column_config.TextColumn, st.column_config.NumberColumn
    st.dataframe(
        pd.DataFrame(rows)[["layer", "head", "called", "follows"]], hide_index=True, height=430,
        column_config={
            "layer": number(_("layer"), width=58), "head": number(_("head"), width=52),
            "called": text(_("called"), width=250,
                           help=_("Labels that its mean score reaches.")),
            "follows": text(_("follows best"), width=260,
                            help=_("Relations at which no head is better, and that it follows "
                                   "more than the best offset does by chance.")),
        },
    )  # fmt: skip
    downloads.lines("CSV", lambda: scored(profile, heads), "head-labels.csv")


def described(
    profile: Profile, heads: Sequence[Head], follows: Mapping[int, list[Found]]
) -> list[dict[str, object]]:
    """Every head in words."""
    return [
        {
            "layer": head.layer + 1,
            "head": head.number + 1,
            "called": ", ".join(
                f"{_(label.title)} {score:.2f}"
                for label, score in labels.of_head(profile.labels, *_place(heads, at))
            ),
            "follows": ", ".join(
                f"{naming.relation(one.relation)} {100 * one.accuracy:.0f} %"
                for one in follows.get(at, ())
            ),
        }
        for at, head in enumerate(heads)
    ]


def scored(profile: Profile, heads: Sequence[Head]) -> list[dict[str, object]]:
    """Every head in numbers, for a file."""
    tables: dict[str, Named] = {**profile.measures, **profile.labels}
    return [
        {
            "layer": head.layer + 1,
            "head": head.number + 1,
            **{
                name: round(float(one.values[_place(heads, at)]), 4) for name, one in tables.items()
            },
        }
        for at, head in enumerate(heads)
    ]


def _place(heads: Sequence[Head], at: int) -> tuple[int, int]:
    """Where a head stands in (layer, head); layers are counted as they were met."""
    sites = list(dict.fromkeys(head.site for head in heads))
    return sites.index(heads[at].site), heads[at].number


def alike(profile: Profile, heads: Sequence[Head], key: str) -> None:
    """Every head as a dot; those that look alike are near each other."""
    across, upwards = (_grid(profile.points[:, axis], heads) for axis in (0, 1))
    figure = heads_map(
        across, upwards, (_("likeness, first axis"), _("likeness, second axis")),
        _("layer {layer} · head {head}"), charts.theme(),
    )  # fmt: skip
    charts.chart(figure, key, "heads-alike")
    prose.note(
        prose.filled(
            _(
                "Heads whose looks are alike lie near each other (Jensen–Shannon divergence over "
                "{count} sentences, classical scaling): these two axes show {share} % of it. A "
                "stronger colour is a later layer."
            ),
            count=profile.sentences, share=f"{100 * profile.shown:.0f}",
        )
    )  # fmt: skip


def asked_together(key: str, study: GrammarStudy) -> Together:
    """What all heads know of trees together; raises AttentionError where there are too few."""
    return _together(key, study)


@st.cache_resource(max_entries=32, show_spinner=False)
def _together(key: str, _study: GrammarStudy) -> Together:
    step = readings.counting(min(PROBED, len(_study.trees)))

    def work(cancelled: Callable[[], bool]) -> Together:
        return together(_study.reader, _study.trees, cancelled, step)

    return DESK.run(session.reader(), work)


def told(found: Together) -> None:
    """How much of a tree all heads know together, beside what knows no model."""
    low, high = wilson(found.right, found.all)
    prose.caption(
        prose.filled(
            _(
                "A probe that sees nothing but the weights of all heads, taught on one half of "
                "{sentences} sentences, names the head of {share} of {count} words of the other "
                "({low} to {high}). Always the word {offset}: {guessed}; always the word before: "
                "{before}."
            ),
            sentences=found.sentences, share=treebanks.per_cent(found.right / found.all),
            count=f"{found.all:,}", low=treebanks.per_cent(low), high=treebanks.per_cent(high),
            offset=f"{found.offset:+d}", guessed=treebanks.per_cent(found.guessed / found.all),
            before=treebanks.per_cent(found.before / found.all),
        )
    )  # fmt: skip
    prose.note(
        prose.filled(
            _(
                "After Clark et al. 2019, section 5, who report 61 % for BERT. Punctuation is not "
                "asked about."
            )
        )
    )


def _grid(values: Tensor, heads: Sequence[Head]) -> Tensor:
    """(layer, head) of (head,)."""
    places = [_place(heads, at) for at in range(len(heads))]
    rows = 1 + max(layer for layer, _head in places)
    made = torch.full((rows, 1 + max(head for _layer, head in places)), torch.nan)
    for value, place in zip(values.tolist(), places, strict=True):
        made[place] = value
    return made


def layers(profile: Profile, key: str) -> None:
    """Where the attention of each layer goes, as the mean of its heads."""
    means = {name: profile.measures[name].values.nanmean(1).tolist() for name in SHARES}
    count = len(next(iter(means.values())))
    drawn = [Curve(_(measures.ALL[name].title), values) for name, values in means.items()]
    names = [str(layer + 1) for layer in range(count)]
    charts.chart(
        curves(names, drawn, (_("layer"), _("share of attention")), charts.theme()), key, "layers"
    )
    bits = profile.measures["entropy"].values.nanmean(1).tolist()
    prose.note(
        prose.filled(
            _("How widely the heads of each layer look, in bits: {bits}."),
            bits=", ".join(f"{layer + 1}: {value:.2f}" for layer, value in enumerate(bits)),
        )
    )
