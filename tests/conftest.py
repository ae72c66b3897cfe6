"""Fixtures shared by all tests: one server and one browser for the whole run of a process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pytest
import torch
from hypothesis import HealthCheck, settings
from playwright.sync_api import Browser, Page
from streamlit.components.v2 import manifest_scanner

from models.store.carriers import cache
from models.store.carriers.registry import carriers
from tests.browser.chromium import chromium
from tests.browser.server import Server, serving
from tests.browser.visit import Visit

torch.set_num_threads(1)
settings.register_profile("calm", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("calm")  # how fast a machine is says nothing of what is right

manifest_scanner.scan_component_manifests = lru_cache(manifest_scanner.scan_component_manifests)
"""What is installed stays so while tests run: Streamlit would read it anew for every page."""

ALONE: Final = frozenset({"browser", "server"})
"""What a test asks for that needs so much of the machine that only two may run side by side."""

NUMERIC: Final = (
    "mechanisms", "test_alignment_scores", "test_attribution_pictures", "test_capture",
    "test_combined", "test_counterfactual", "test_depth", "test_edit", "test_heads",
    "test_intervention", "test_judged", "test_kinship", "test_labels", "test_linear",
    "test_measures", "test_record", "test_trial", "test_gradcam", "test_listener", "test_probe",
    "test_rollout", "test_segments", "test_syntax", "test_unfolding", "test_viewer", "test_views",
    "test_watching",
)  # fmt: skip
"""How the names of tests begin that hold computed numbers against others: they must pass with the
kernels of every processor, and `make test` runs them with the plainest ones too."""


def pytest_report_header() -> str:
    """Which real models are tried as such; of the others it is tried what is said of them."""
    missing = [one.name for one in carriers() if cache.whole(one) is None]
    return f"real models not in the cache: {', '.join(missing) or 'none'}"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Marks what needs a browser or a server, so that all the rest may run side by side."""
    for item in items:
        if str(item.path.relative_to(Path(__file__).parent)).startswith(NUMERIC):
            item.add_marker(pytest.mark.numeric)
        if ALONE & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The app, started once."""
    with serving(tmp_path_factory.mktemp("server") / "log.txt") as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One browser; each test opens windows of its own in it."""
    with chromium() as running:
        yield running


@pytest.fixture
def visit(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens windows in which every request that leaves this machine is stopped and every complaint
    of the browser is kept; the test fails at its end if there was one of either.

    Takes what a browser context takes: viewport, color_scheme, locale …
    """
    visits: list[Visit] = []

    def opened(**options: Any) -> Page:
        visits.append(Visit(browser, **options))
        return visits[-1].page

    yield opened
    complaints = [complaint for visit in visits for complaint in visit.closed()]
    assert complaints == []


@pytest.fixture
def page(visit: Callable[..., Page]) -> Page:
    """One guarded window, 1280 pixels wide, light, English."""
    return visit()
