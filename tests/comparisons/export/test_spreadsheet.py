import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backend.comparisons.export.spreadsheet import cell, spreadsheet
from backend.rooms.snapshot import Comparison
from tests.comparisons.export.example import ANSWER, EXAMPLE
from tests.support.comparisons import NASTY, characters, comparisons
from tests.support.laws import law

FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001


def rows(comparison: Comparison) -> list[dict[str, str]]:
    data = "".join(spreadsheet(comparison)).encode().decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(data, newline=""), strict=True))


@settings(law, max_examples=20)
@given(comparisons(running=True))
def test_every_response_is_a_row_and_every_text_is_whole(comparison: Comparison) -> None:
    expected = [(turn, response) for turn in comparison.turns for response in turn.responses]
    found = rows(comparison)
    assert len(found) == len(expected)
    for row, (turn, response) in zip(found, expected, strict=True):
        assert None not in row
        assert row["response_id"] == str(response.id)
        assert row["text"].removeprefix("'") == response.text.removeprefix("'")
        assert row["prompt"].removeprefix("'") == turn.prompt.removeprefix("'")
        assert row["cost_usd"] == ("" if response.cost is None else str(response.cost))
        assert not [name for name, value in row.items() if value.startswith(FORMULAS)]


@law
@given(st.text(characters) | st.sampled_from(NASTY))
def test_no_cell_begins_like_a_formula_and_none_loses_a_letter(text: str) -> None:
    safe = cell(text)
    assert not safe.startswith(FORMULAS)
    assert safe in {text, f"'{text}"}


@pytest.mark.parametrize("start", FORMULAS)
def test_what_a_spreadsheet_would_compute_is_quoted(start: str) -> None:
    assert cell(f"{start}1+1") == f"'{start}1+1"


def test_the_numbers_are_plain_and_what_is_unknown_is_empty() -> None:
    quick, thoughtful, failed, second, refused, _ = rows(EXAMPLE)
    assert (quick["lane"], quick["attempt"], quick["chosen"], quick["text"]) == ("A", "1", "yes", ANSWER)
    assert (quick["cost_usd"], quick["cost_origin"], quick["tokens_cache_read"]) == (
        "0.002993",
        "computed",
        "1024",
    )
    assert (thoughtful["tokens_origin"], thoughtful["retries"], thoughtful["dropped"]) == (
        "estimated",
        "1",
        "seed",
    )
    assert (failed["cost_usd"], failed["total_tokens"], failed["tokens_output"]) == ("", "", "")
    assert (second["cost_usd"], second["attempt"], second["chosen"]) == ("0.0", "2", "no")
    assert (refused["status"], refused["error_kind"], refused["turn"]) == ("error", "rate_limited", "2")


def test_lines_end_as_the_standard_has_it_and_begin_with_a_byte_order_mark() -> None:
    text = "".join(spreadsheet(EXAMPLE))
    assert text.startswith("\ufeffsession_id,title,")
    assert text.endswith("\r\n")
