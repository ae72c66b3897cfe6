"""Choices in the address: what is written is read again, and what cannot be read is left out."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, urlencode

import pytest
from streamlit.runtime.state import SafeSessionState, SessionState
from streamlit.runtime.state.session_state import SCRIPT_RUN_WITHOUT_ERRORS_KEY
from streamlit.testing.v1 import AppTest

from pages.frame import link
from pages.showing import looking

CHOICES: dict[str, tuple[link.Choice[Any], dict[str, Any]]] = {
    "text": (link.text("x", "text"), {"a b": "a b"}),
    "one_of": (link.one_of("x", "one", ("a", "b"), "a"), {"b": "b"}),
    "number": (link.number("x", "number", 3), {"1": 0, "10": 9}),
    "perhaps": (link.perhaps("x", "perhaps", most=50), {"1": 0, "50": 49}),
    "amount": (link.amount("x", "amount", 5, 0, 9), {"0": 0, "9": 9}),
    "numbers": (link.numbers("x", "numbers"), {"3,5": [2, 4]}),
    "cell": (link.numbers("x", "cell", ordered=True), {"5,3": [4, 2]}),
    "names": (link.names("x", "names"), {"b,a": ["b", "a"]}),
    "flag": (link.flag("x", "flag"), {"1": True}),
    "layer": (looking.choices("x").layer, {"1": 0, "63": 62, "every": looking.EVERY}),
}
NONSENSE = {
    "one_of": ("c", ""), "number": ("0", "-1", "x", "٣"), "perhaps": ("0", "51", ""),
    "amount": ("10", "-1"), "numbers": ("0", "a,1"), "flag": ("2", "yes"),
    "layer": ("0", "65", "-1", "all"),
}  # fmt: skip


@pytest.mark.parametrize("kind", CHOICES)
def test_what_is_written_into_an_address_is_read_again(kind: str) -> None:
    choice, known = CHOICES[kind]
    for raw, value in known.items():
        assert choice.parse(raw) == value
        assert choice.write(value) == raw


@pytest.mark.parametrize("kind", NONSENSE)
def test_what_cannot_be_read_is_left_out(kind: str) -> None:
    choice, _known = CHOICES[kind]
    assert [choice.parse(raw) for raw in NONSENSE[kind]] == [None] * len(NONSENSE[kind])


def test_an_older_address_of_all_layers_still_opens_them() -> None:
    assert looking.choices("translate").layer.parse("64") == looking.EVERY


def test_a_layer_that_a_translator_lacks_is_its_last_one() -> None:
    layers: list[looking.Layer | None] = [None, 0, 1, 2, 40, looking.EVERY]
    assert [looking._within(one, 2) for one in layers] == [1, 0, 1, 1, 1, looking.EVERY]
    assert looking._within(looking.EVERY, 1) == 0


def _asking() -> None:
    """A page that asks for a text, and keeps places in it."""
    from pages.frame import ask, link  # noqa: PLC0415  the page is a program of its own

    text, pins = link.text("x", "text", "usual"), link.numbers("x", "pins")
    link.restore((text, pins))
    ask.text_box(text, "Text", (pins,))
    link.publish((text, pins))


def _anew(page: AppTest) -> AppTest:
    """The page as an open window shows it to a server that has never seen it."""
    state = SessionState()
    state[SCRIPT_RUN_WITHOUT_ERRORS_KEY] = False
    page._session_state = SafeSessionState(state, lambda: None)
    return page.run()


def _address(page: AppTest) -> dict[str, str]:
    """The address: each choice once."""
    return dict(parse_qsl(urlencode(page.query_params, doseq=True)))


@pytest.mark.parametrize("address", [{"text": ["old"], "pins": ["2"]}, {"pins": ["2"]}])
def test_what_stands_in_an_open_window_is_newer_than_its_address(
    address: dict[str, list[str]],
) -> None:
    page = AppTest.from_function(_asking, default_timeout=30)
    page.query_params.update(address)
    page.run()
    page.text_area[0].input("new")
    assert _anew(page).text_area[0].value == "new"
    assert _address(page) == {"text": "new"}
    assert page.run().text_area[0].value == "new"
