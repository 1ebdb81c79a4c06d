"""Sheets are read back as they were, and nothing in them is computed."""

import csv
import io
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backend.usage.sheets import csv_of
from tests.support.laws import law


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@sum", "\tx", "\rx", "  =1", "\uff1d1"])
def test_what_a_spreadsheet_would_compute_is_made_text(text: str) -> None:
    sheet = io.StringIO(csv_of(["a"], [[text]]), newline="")
    assert list(csv.reader(sheet)) == [["a"], [f"'{text}"]]


def test_numbers_stay_numbers() -> None:
    sheet = csv_of(["a", "b", "c", "d"], [[-1, -0.5, Decimal("-0.000000000100"), None]])
    assert sheet == "a,b,c,d\r\n-1,-0.5,-0.0000000001,\r\n"


@law
@given(st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"))))
def test_every_text_comes_back(texts: list[str]) -> None:
    rows = list(csv.reader(io.StringIO(csv_of(["a", "b"], [[text, 1] for text in texts]), newline="")))
    assert [row[0].removeprefix("'") for row in rows[1:]] == [text.removeprefix("'") for text in texts]
