"""What Python sends a browser: checked, typed on both sides, and served by its address only."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import numpy as np
import pytest
from starlette.applications import Starlette
from starlette.types import Message

from attention_core.errors import ShapeError
from attention_core.pictures.contracts import (
    PICTURES,
    HeadGrid,
    HeadView,
    Links,
    Matrix,
    Mosaic,
    Panel,
    Tree,
)
from attention_core.pictures.contracts.packing import choices, packed
from pages.widgets import generate, serving
from pages.widgets.hosts.streamlit import stub

WORDS = ["a", "b"]


async def asked(path: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of what the route answers, without a server."""
    sent: list[Message] = []

    async def receive() -> Message:
        await asyncio.Event().wait()  # the reader stays on the line
        return {"type": "http.disconnect"}

    async def send(message: Message) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [],
    }
    await Starlette(routes=[serving.ROUTE])(scope, receive, send)
    start = next(one for one in sent if one["type"] == "http.response.start")
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, b"".join(one.get("body", b"") for one in sent)


def answered(path: str) -> tuple[int, dict[str, str], bytes]:
    loop = asyncio.new_event_loop()
    try:
        return loop.run_until_complete(asked(path))
    finally:
        loop.close()


@pytest.mark.parametrize("base", ["", "/atlas", "/some/where"])
@pytest.mark.parametrize("file", ["matrix/widget.js", "shared/style.css", "lab/widget.js"])
def test_a_script_is_served_wherever_the_app_is_mounted_and_kept_for_ever(
    base: str, file: str
) -> None:
    status, headers, body = answered(f"{base}/widgets/{serving.digest()}/{file}")
    assert status == 200
    assert body == (serving.FOLDER / file).read_bytes()
    assert "immutable" in headers["cache-control"]
    assert headers["content-type"].startswith(("text/javascript", "text/css"))


@pytest.mark.parametrize(
    "file",
    [
        "matrix/__init__.py",
        "../frame/theme.css",
        "matrix/../../frame/theme.css",
        "/etc/passwd",
        "matrix/drawing_test.js",
        "",
        "shared",
        "shared/pictures.d.ts",
    ],
)
def test_nothing_else_is_served(file: str) -> None:
    assert answered(f"/widgets/{serving.digest()}/{file}")[0] == 404


def test_another_versions_scripts_are_not_given_out_as_this_ones() -> None:
    assert answered("/widgets/0123456789abcdef/matrix/widget.js")[0] == 404


@pytest.mark.parametrize("picture", PICTURES, ids=lambda one: one.__name__)
def test_a_stub_is_small_and_names_all_that_its_widget_imports(picture: type[Matrix]) -> None:
    text = stub(picture.widget)
    assert len(text) < 2_500
    names = [path.removesuffix(".js") for path in serving.modules(picture.widget)]
    assert f'"{",".join(names)}"' in text
    assert "\n" in text  # else Streamlit takes it for a file's name


def test_every_import_written_is_an_import_found() -> None:
    for path, file in serving.files().items():
        if path.endswith(".js"):
            written = re.findall(r'from "(\.[^"]+)";', file.read_text(encoding="utf-8"))
            written = [name for name in written if not name.endswith(".d.ts")]
            assert len(serving.imported(path)) == len(written)


@pytest.mark.parametrize("path", list(generate.written()), ids=lambda path: path.name)
def test_what_the_browser_is_told_of_python_is_up_to_date(path: Path) -> None:
    """Else: `make types`."""
    assert path.read_text(encoding="utf-8") == generate.written()[path]


@pytest.mark.parametrize("picture", PICTURES, ids=lambda one: one.__name__)
def test_every_picture_has_its_widget_and_says_what_its_files_are(picture: type[Matrix]) -> None:
    assert serving.entry(picture.widget) == f"{picture.widget}/widget.js"
    assert {"png", "svg", "hint"} <= set(picture.words)


def test_layers_may_have_different_numbers_of_heads() -> None:
    two, four = np.zeros((2, 3, 3)), np.full((4, 3, 3), 255.0)
    sent = packed(HeadGrid(sites=WORDS, thumbnails=[two, four], values=[np.ones(2), np.ones(4)]))
    assert sent["thumbnails"].dtype == np.uint8
    assert sent["thumbnails"].tolist() == [0] * 18 + [255] * 36
    assert sent["thumbnails_shapes"] == [[2, 3, 3], [4, 3, 3]]
    assert sent["values_shapes"] == [[2], [4]]


def test_a_layer_with_more_values_than_heads_is_named() -> None:
    with pytest.raises(ShapeError, match=r"\(3,\).*\(2,\)"):
        HeadGrid(sites=["1"], thumbnails=[np.zeros((2, 3, 3))], values=[np.ones(3)])


def test_thumbnails_that_are_not_square_or_lack_a_layer_are_named() -> None:
    with pytest.raises(ShapeError, match=r"\(2, 3, 5\)"):
        HeadGrid(sites=["1"], thumbnails=[np.zeros((2, 3, 5))])
    with pytest.raises(ShapeError, match=r"\(1,\).*\(2,\)"):
        HeadGrid(sites=WORDS, thumbnails=[np.zeros((2, 3, 3))])


def test_shares_are_sent_in_steps_and_never_outside_them() -> None:
    weights = np.array([[[-0.1, 0.5], [1.0, 1.5]]])
    sent = packed(HeadView(rows=WORDS, columns=WORDS, heads=[7], weights=weights))
    assert sent["weights"].tolist() == [[[0, 32768], [65535, 65535]]]
    assert sent["weights"].dtype == np.uint16


def test_heads_without_a_number_each_are_named() -> None:
    with pytest.raises(ShapeError, match=r"\(1, 2, 2\).*\(2, 2, 2\)"):
        HeadView(rows=WORDS, columns=WORDS, heads=[0, 1], weights=np.zeros((1, 2, 2)))


def test_gold_is_sent_in_order_and_no_link_is_both() -> None:
    links = Links(sure=[(1, 1), (0, 1)], possible=[(1, 1), (0, 0)])
    wanted = choices(Matrix(rows=WORDS, columns=WORDS, weights=np.ones((2, 2)), gold=links))
    assert wanted["gold"] == {"sure": [[0, 1], [1, 1]], "possible": [[0, 0]]}
    assert wanted["cell"] is None


def test_panels_send_their_numbers_one_after_the_other() -> None:
    may = np.ones((1, 2), bool)
    panels = [Panel("t", "", ["a"], WORDS, np.array([[1.0, at]]), may) for at in (2.0, 3.0)]
    sent = packed(Mosaic(panels=panels))
    assert sent["weights"].tolist() == [1, 2, 1, 3]
    assert sent["panels"][0] == {
        "title": "t", "note": "", "rows": ["a"], "columns": WORDS, "group": "",
    }  # fmt: skip


def test_a_mosaic_of_nothing_is_refused() -> None:
    with pytest.raises(ShapeError, match="nothing to draw"):
        Mosaic(panels=[])


def test_a_piece_without_a_score_is_no_number() -> None:
    tree = Tree(
        texts=WORDS, parents=[-1, 0], log_probabilities=[0, 0], totals=[0, 0],
        scores=[None, -1.5], chosen=[True, True],
    )  # fmt: skip
    scores = packed(tree)["scores"]
    assert np.isnan(scores[0])
    assert scores[1] == -1.5
