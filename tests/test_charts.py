"""Charts: what all share is said once, words are words, and each can be saved."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

import plotly.graph_objects as go
import pytest
import torch
from streamlit.testing.v1 import AppTest

from attention_core.pictures import figures, palette
from attention_core.pictures.chart import CAMERA, Theme, toolbar
from attention_core.pictures.figures import (
    Curve,
    Dot,
    Growth,
    curves,
    growth,
    heads_map,
    pairs_map,
)  # fmt: skip
from attention_core.pictures.palette import ACCENT, INK, PAPER, SCALE
from tests.browser.server import ROOT

ODD: Final = "<b>bold</b> & a < b"
PLAIN: Final = "&lt;b&gt;bold&lt;/b&gt; &amp; a &lt; b"
TITLES: Final = (ODD, "upwards")


def drawn(theme: Theme) -> dict[str, go.Figure]:
    """One chart of each kind, every word of which looks like a tag."""
    numbers = torch.arange(6.0).reshape(3, 2)
    return {
        "heads": heads_map(numbers, numbers, TITLES, ODD, theme),
        "pairs": pairs_map([Dot(1.0, 2.0, ODD), Dot(3.0, 5.0, ODD)], TITLES, theme, 1),
        "curves": curves([ODD, ODD], [Curve(ODD, [2.0, None])], TITLES, theme),
        "grid": figures.grid(numbers, ([ODD] * 3, [ODD] * 2), TITLES, ODD, theme),
        "compared": figures.compared([figures.Before(ODD, 0.1, 0.2)], (ODD,), ODD, theme),
        "growth": growth([Growth(ODD, [(16, 2.0)])], TITLES, theme, [(16, 2.0, ODD)]),
    }


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_all_charts_share_letters_colours_and_edges(theme: Theme) -> None:
    for figure in drawn(theme).values():
        layout = figure.layout
        assert (layout.font.color, layout.font.size) == (INK[theme], 15)
        assert layout.paper_bgcolor == layout.plot_bgcolor == PAPER[theme]
        assert layout.margin.to_plotly_json() == {**dict.fromkeys("ltb", 10), "r": CAMERA}
        assert layout.xaxis.gridcolor == layout.yaxis.gridcolor
        assert layout.xaxis.automargin
        assert layout.yaxis.automargin
        assert layout.dragmode is False


@pytest.mark.parametrize("kind", ["heads", "pairs", "curves", "growth"])
def test_no_word_of_a_chart_is_taken_for_a_tag(kind: str) -> None:
    written = json.dumps(drawn("light")[kind].to_plotly_json(), default=str, ensure_ascii=False)
    assert "<b>" not in written
    assert PLAIN in written
    assert drawn("light")[kind].layout.xaxis.title.text == PLAIN


def test_equal_labels_stay_apart() -> None:
    axis = drawn("light")["curves"].layout.xaxis
    assert axis.tickvals == (0, 1)
    assert axis.ticktext == (PLAIN, PLAIN)


def test_a_later_layer_is_stronger_and_the_heads_of_one_layer_are_alike() -> None:
    colours = drawn("light")["heads"].data[0].marker.color
    steps = [SCALE["light"].index(colour) for colour in colours]
    assert steps[::2] == steps[1::2] == sorted(set(steps))
    assert SCALE["light"][0] not in colours


def test_a_dot_is_called_by_its_layer_and_head_counted_from_one() -> None:
    numbers = torch.arange(6.0).reshape(3, 2)
    dots = heads_map(numbers, numbers * 2, TITLES, "{layer}.{head}", "light").data[0]
    assert dots.text == ("1.1", "1.2", "2.1", "2.2", "3.1", "3.2")
    assert (dots.x[3], dots.y[3]) == (3.0, 6.0)


def test_only_the_chosen_pair_has_the_accent() -> None:
    marker = drawn("dark")["pairs"].data[0].marker
    assert marker.color[1] == ACCENT["dark"] != marker.color[0]
    assert marker.size == (8, 13)
    unchosen = pairs_map([Dot(1.0, 2.0, "one")], TITLES, "dark").data[0].marker
    assert ACCENT["dark"] not in unchosen.color


def test_curves_over_powers_of_ten_do_not_begin_at_zero() -> None:
    drawn = [Curve("faint", [1e-3, 1.0], strong=False), Curve("strong", [1e-6, None])]
    figure = curves(["a", "b"], drawn, TITLES, "light", logarithmic=True)
    assert (figure.layout.yaxis.type, figure.layout.yaxis.rangemode) == ("log", None)
    assert figure.data[0].line.width < figure.data[1].line.width
    assert curves(["a"], [], TITLES, "light").layout.yaxis.rangemode == "tozero"


def test_the_toolbar_has_the_one_button_that_saves() -> None:
    config = toolbar("png", "heads-map", "Save as PNG")
    assert config["modeBarButtons"] == [["toImage"]]
    assert config["toImageButtonOptions"] == {"format": "png", "filename": "heads-map", "scale": 2}
    assert set(config["locales"][config["locale"]]["dictionary"].values()) == {"Save as PNG"}
    assert "scale" not in toolbar("svg", "heads-map", "Save")["toImageButtonOptions"]


@pytest.mark.parametrize(
    ("said", "room"),
    [
        (r"go\.Layout|update_layout|paper_bgcolor", "attention_core/pictures/chart.py"),
        (r"toImageButtonOptions", "attention_core/pictures/chart.py"),
        (r"\.plotly_chart\(", "pages/showing/charts.py"),
    ],
)
def test_layout_toolbar_and_mounting_are_each_said_in_one_room(said: str, room: str) -> None:
    rooms = [
        path.relative_to(ROOT).as_posix()
        for floor in ("attention_core", "models", "pages")
        for path in Path(ROOT, floor).rglob("*.py")
        if re.search(said, re.sub(r'"""[^"]*"""', "", path.read_text(encoding="utf-8")))
    ]
    assert rooms == [room]


def saving(app: AppTest) -> dict[str, Any]:
    """What the button of the first chart of a page writes."""
    config = json.loads(app.get("plotly_chart")[0].proto.config)
    options: dict[str, Any] = config["toImageButtonOptions"]
    return options


def test_a_chart_is_saved_as_svg_and_as_png_where_asked() -> None:
    app = AppTest.from_file(ROOT / "pages" / "mechanisms" / "cost.py", default_timeout=60).run()
    assert saving(app)["format"] == "svg"
    forms = {one.key: one for one in app.segmented_control}
    forms["cost.operations.form"].set_value("png").run()
    assert saving(app)["format"] == "png"
    others = [json.loads(one.proto.config) for one in app.get("plotly_chart")[1:]]
    assert [one["toImageButtonOptions"]["format"] for one in others] == ["svg"]


def test_a_grid_has_a_dot_for_each_cell_that_is_known_and_colours_by_sign() -> None:
    values = torch.tensor([[0.5, -2.0, float("nan")], [float("nan"), 0.0, 1.0]])
    figure = figures.grid(
        values, (["a", "<b>"], ["1", "2", "3"]), ("head", ""), "{row}, {column}", "dark",
        chosen=[(1, 2)],
    )  # fmt: skip
    dots, heat = figure.data
    places = figures.cells(values)
    assert places == [(0, 0), (0, 1), (1, 1), (1, 2)]
    assert list(zip(dots.y, dots.x, strict=True)) == places
    assert list(dots.text) == ["a, 1: +0.500", "a, 2: -2.000", "&lt;b&gt;, 2: +0.000",
                               "&lt;b&gt;, 3: +1.000"]  # fmt: skip
    assert list(dots.marker.line.width) == [0, 0, 0, 3]
    assert (heat.zmin, heat.zmax) == (-2, 2)
    assert [list(row) for row in heat.z] == [[0.5, -2, None], [None, 0, 1]]
    assert [colour for _place, colour in heat.colorscale] == list(palette.SIGNED["dark"])
    assert figure.layout.yaxis.range == (1.5, -0.5)  # the first row on top


def test_bars_before_and_after_stand_side_by_side_and_one_alone_by_itself() -> None:
    drawn = [figures.Before("Rome", 0.4, 0.1), figures.Before("<the>", 0.1, 0.2)]
    figure = figures.compared(drawn, ("before", "after"), "probability", "light")
    assert [list(bar.x) for bar in figure.data] == [[0.4, 0.1], [0.1, 0.2]]
    assert figure.layout.yaxis.ticktext == ("Rome", "&lt;the&gt;")
    assert len(figures.compared(drawn, ("as it is",), "probability", "light").data) == 1
