"""Tables of numbers with their words, as spreadsheets and we write them."""

from __future__ import annotations

import numpy as np
import pytest

from attention_core.axes.tokens import TextAxis, Token
from attention_core.errors import TextError
from attention_core.files.formats.csv_table import as_csv
from attention_core.files.formats.npz import as_npz
from attention_core.files.reading import read
from attention_core.pictures.views import view
from tests.foreign_files import HOUSE, ROWS, one, tokens_of
from tests.sample import site


@pytest.mark.parametrize(
    "text",
    [
        "x,the,house,</s>\ndas,.75,.125,.125\nHaus,.0625,.875,.0625\n</s>,0,.25,.75\n",
        ";the;house;</s>\r\ndas;0,75;0,125;0,125\r\nHaus;0,0625;0,875;0,0625\r\n</s>;0;0,25;0,75",
        "\tthe\thouse\t</s>\ndas\t75e-2\t.125\t.125\nHaus\t.0625\t.875\t.0625\n</s>\t0\t.25\t.75",
    ],
)
@pytest.mark.parametrize("coding", ["utf-8", "utf-8-sig", "utf-16"])
def test_a_table_of_any_spreadsheet_gives_its_weights_exactly(text: str, coding: str) -> None:
    found = one(text.encode(coding), "csv")
    assert tokens_of(found) == HOUSE
    assert found.weights.tolist() == [ROWS]
    assert found.weights.dtype == np.float32
    assert found.notes == ()


def test_a_lone_quotation_mark_between_tabs_is_a_token() -> None:
    found = one('\t"\tHi\t"\n«\t1\t0\t0\n"Sa\t0\t1\t0\nlut"\t0\t0\t1\n', "csv")
    assert tokens_of(found) == (('"', "Hi", '"'), ("«", '"Sa', 'lut"'))
    first, second = read(b'\t"\tHi\t"\nx\t1\t0\t0\n\n\ta\n"\t1\n', "csv")
    assert tokens_of(first) == (('"', "Hi", '"'), ("x",))
    assert tokens_of(second) == (("a",), ('"',))


def test_quotation_marks_in_pairs_are_those_of_a_spreadsheet() -> None:
    found = one('\t"a\tb"\n"x ""y"""\t1\n', "csv")
    assert tokens_of(found) == (("a\tb",), ('x "y"',))


def test_tables_after_empty_lines_are_further_sentences() -> None:
    text = ',a,","\nx,0.5,0.5\n\n,,\n,b\ny,1\nz,1\n\n'
    first, second = read(text.encode(), "csv")
    assert (first.source, first.target, first.number) == (("a", ","), ("x",), 1)
    assert (second.source, second.target, second.number) == (("b",), ("y", "z"), 2)
    assert second.weights.tolist() == [[[1], [1]]]


AWKWARD = ["=1+1", "-3", "a,b", 'say "hi"', "été", "👩‍💻", "我", "</script>", "x\ny"]


@pytest.mark.parametrize("form", ["csv", "npz"])
def test_what_we_export_is_read_back_exactly(form: str) -> None:
    weights = np.random.default_rng(2).dirichlet(np.ones(9), (3, 9)).astype(np.float32)
    tokens = tuple(Token(text, place, place + 1) for place, text in enumerate(AWKWARD))
    seen = view(site(weights.tolist(), TextAxis("text", "x" * 9, tokens)), heads=[2, 0, 1])
    found = one({"csv": as_csv, "npz": as_npz}[form](seen), form)
    assert tokens_of(found) == (tuple(AWKWARD), tuple(AWKWARD))
    order = [2, 0, 1] if form == "npz" else [0, 1, 2]
    assert (found.weights == weights[order]).all()


def test_our_export_without_some_of_its_lines_is_refused() -> None:
    whole = as_csv(view(site([[[0.5, 0.5]] * 2], TextAxis("text", "ab", (Token("a", 0, 1), Token("b", 1, 2)))))).decode()  # fmt: skip # noqa: E501
    with pytest.raises(TextError, match="lost some"):
        one("\n".join(whole.splitlines()[:-1]), "csv")
    with pytest.raises(TextError, match="other lines"):
        one(whole.replace("0.5", "half"), "csv")
