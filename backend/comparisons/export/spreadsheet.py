"""A comparison as CSV (RFC 4180): a row for each response. No cell is taken for a formula.

With a byte order mark: without it Excel reads UTF-8 as something else.
"""

import csv
import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from backend.comparisons.export.figures import Contestant, contestants
from backend.providers.usage import BUCKETS
from backend.rooms.snapshot import Comparison, Response, Turn

_BYTE_ORDER_MARK: Final = "\ufeff"
# The wide ones are formulas too where people write Chinese or Japanese.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")  # noqa: RUF001

Value = str | int | float | bool | datetime | None


@dataclass(frozen=True, slots=True)
class _Line:
    comparison: Comparison
    turn: Turn
    lane: Contestant
    response: Response


@dataclass(frozen=True, slots=True)
class _Column:
    name: str
    of: Callable[[_Line], Value]


def _own(name: str, field: str) -> _Column:
    return _Column(name, lambda line: getattr(line.response, field))


def _bucket(name: str) -> _Column:
    return _Column(f"tokens_{name}", lambda line: getattr(line.response.buckets, name, None))


_COLUMNS: Final = (
    _Column("session_id", lambda line: str(line.comparison.session_id)),
    _Column("title", lambda line: line.comparison.title),
    _Column("turn", lambda line: line.turn.number),
    _Column("asked_by", lambda line: line.turn.asked_by),
    _Column("prompt", lambda line: line.turn.prompt),
    _Column("attachments", lambda line: ", ".join(each.name for each in line.turn.attachments)),
    _Column("lane", lambda line: line.lane.letter),
    _Column("label", lambda line: line.lane.lane.label),
    _own("model_id", "model_id"),
    _own("provider", "provider"),
    _own("answered_by", "answered_by"),
    _own("attempt", "attempt"),
    _own("status", "status"),
    _Column("chosen", lambda line: line.turn.chosen_response_id == line.response.id),
    _own("text", "text"),
    _own("reasoning", "reasoning"),
    _own("error_kind", "error_kind"),
    _own("error_message", "error_message"),
    _own("finish_reason", "finish_reason"),
    _own("input_tokens", "input_tokens"),
    _own("output_tokens", "output_tokens"),
    _own("total_tokens", "total_tokens"),
    *(_bucket(name) for name in BUCKETS),
    _own("tokens_origin", "tokens_origin"),
    _own("tokens_note", "tokens_note"),
    _own("cost_usd", "cost"),
    _own("cost_origin", "cost_origin"),
    _own("queue_ms", "queue_ms"),
    _own("connect_ms", "connect_ms"),
    _own("time_to_first_token_ms", "time_to_first_token_ms"),
    _own("time_to_first_answer_ms", "time_to_first_answer_ms"),
    _own("response_time_ms", "response_time_ms"),
    _own("tokens_per_second", "tokens_per_second"),
    _Column("retries", lambda line: len(line.response.retries)),
    _Column("dropped", lambda line: " ".join(each.parameter for each in line.response.dropped)),
    _own("created_at", "created_at"),
    _own("started_at", "started_at"),
    _own("ended_at", "ended_at"),
    _own("response_id", "id"),
)


def spreadsheet(comparison: Comparison) -> Iterator[str]:
    """In pieces of a row each."""
    yield _BYTE_ORDER_MARK + _row([column.name for column in _COLUMNS])
    lanes = {each.lane.id: each for each in contestants(comparison)}
    for turn in comparison.turns:
        for response in turn.responses:
            line = _Line(comparison, turn, lanes[response.lane_id], response)
            yield _row([cell(column.of(line)) for column in _COLUMNS])


def cell(value: Value) -> str:
    """Unknown is empty. What a spreadsheet would compute begins with an apostrophe instead."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bool):
        return "yes" if value else "no"
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _row(cells: list[str]) -> str:
    out = io.StringIO()
    csv.writer(out, lineterminator="\r\n").writerow(cells)
    return out.getvalue()
