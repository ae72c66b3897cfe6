"""The page of costs, without a browser: what it says follows what is chosen and measured."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import SelectSlider

from attention_core.mechanisms.cost import crossing
from models.work import jobs
from tests.browser.server import ROOT
from tests.test_pages_state import address, html

SMALL = {"longest": "1024", "mechanisms": "luong_dot,local_monotonic"}


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """No test finds what another one has measured."""
    monkeypatch.setattr(jobs.JOBS, "_jobs", type(jobs.JOBS._jobs)())


def opened(**given: str) -> AppTest:
    app = AppTest.from_file(ROOT / "pages" / "mechanisms" / "cost.py", default_timeout=60)
    for name, raw in given.items():
        app.query_params[name] = raw
    app.run()
    assert not app.exception
    return app


def slider(app: AppTest, name: str) -> SelectSlider[Any]:
    return next(one for one in app.select_slider if one.key == f"cost.{name}")


def until_done(app: AppTest) -> None:
    for _attempt in range(200):
        app.run()
        if not any(button.label == "Stop" for button in app.button):
            return
        time.sleep(0.1)
    pytest.fail("The measuring never ended.")


def test_the_page_opens_with_two_charts_and_a_formula_for_each() -> None:
    app = opened()
    assert not app.error
    assert len(app.get("plotly_chart")) == 2
    assert sum("$(2d + 2d)" in one.value for one in app.markdown) >= 2


def test_crossings_are_told_as_they_are_worked_out() -> None:
    app = opened(**SMALL, width="32")
    length = crossing("local_monotonic", "luong_dot", 32, reach=128)
    assert length == 130
    assert f"from <b>{length}</b> tokens on" in html(app)
    slider(app, "reach").set_value(64).run()
    assert "from <b>66</b> tokens on" in html(app)
    assert address(app, "reach") == "64"


def test_the_others_are_compared_with_the_first() -> None:
    app = opened(mechanisms="routing,luong_dot", longest="1024")
    assert "needs more operations than" in html(app)
    assert "needs fewer operations than" not in html(app)


def test_every_crossing_that_is_told_is_ringed_whichever_comes_first() -> None:
    for order in ("routing,luong_dot", "luong_dot,routing"):
        app = opened(mechanisms=order, longest="1024")
        rings = [chart.proto.spec.count("circle-open") for chart in app.get("plotly_chart")]
        assert rings == [1, 1]
        assert html(app).count("tokens on") == 2


def test_the_same_cost_is_said_to_be_the_same() -> None:
    assert "needs as many operations as" in html(opened(mechanisms="luong_dot,rotary"))


def test_projections_are_counted_where_asked() -> None:
    app = opened(mechanisms="luong_dot,luong_general")
    assert "needs as many operations as" in html(app)
    app.segmented_control[0].set_value("total").run()
    assert "needs more operations than" in html(app)
    assert address(app, "counted") == "total"


def test_without_mechanisms_the_page_asks_for_one() -> None:
    app = opened(mechanisms="nonsense")
    assert app.info[0].value == "Choose at least one mechanism."
    assert not app.get("plotly_chart")


def test_a_number_between_the_stops_moves_to_the_nearest() -> None:
    assert slider(opened(width="50"), "width").value == 64


def test_a_click_measures_and_shows_points_beside_the_formulas() -> None:
    app = opened(**SMALL, width="16")
    next(one for one in app.button if one.key == "measure").click().run()
    until_done(app)
    charts = app.get("plotly_chart")
    assert len(charts) == 4
    traces = json.loads(charts[2].proto.spec)["data"]
    line, points = (trace for trace in traces if trace["name"].startswith("Dot"))
    assert (line["mode"], points["mode"]) == ("lines", "markers")
    assert line["y"][-1] == pytest.approx(points["y"][-1])
    assert points["x"] == [128, 256, 512, 1024]
    assert '"mode":"markers"' in charts[2].proto.spec.replace(" ", "")
    assert "Median of 3 to 5 runs" in html(app) or "Median of 5 to 5 runs" in html(app)
    assert "Local attention, monotonic (local-m)" in html(app).rsplit("under a mask", 1)[1]


def test_what_was_measured_is_there_for_the_next_reader() -> None:
    app = opened(**SMALL, width="16")
    next(one for one in app.button if one.key == "measure").click().run()
    until_done(app)
    again = opened(**SMALL, width="16")
    assert len(again.get("plotly_chart")) == 4
    assert not any(one.key == "measure" for one in again.button)


def test_measuring_can_be_stopped_and_goes_on() -> None:
    app = opened(longest="8192", mechanisms="multi_head,entmax", width="16")
    next(one for one in app.button if one.key == "measure").click().run()
    stop = [one for one in app.button if one.label == "Stop"]
    assert stop
    stop[0].click().run()
    until_done(app)
    job = next(iter(jobs.JOBS._jobs.values()))
    assert job.state == "cancelled"
    done = len(job.rows)
    assert done < job.total
    go_on = [one for one in app.button if one.label == "Go on measuring"]
    assert go_on
    go_on[0].click().run()
    for _attempt in range(100):
        if len(job.rows) > done:
            break
        time.sleep(0.1)
    job.cancel()
    assert len(job.rows) > done
