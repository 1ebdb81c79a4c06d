"""The numbers of a response in words, the same in every file for reading. Unknown is a dash, never 0."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

import msgspec

from backend.attachments.schemas import Attachment
from backend.providers.usage import Origin
from backend.rooms.snapshot import Comparison, Lane, LaneParameters, Response, Turn

UNKNOWN: Final = "—"
MARKS: Final[dict[Origin, str]] = {"reported": "✓", "computed": "=", "estimated": "≈", "unknown": UNKNOWN}
LEGEND: Final = "✓ reported by the provider · = computed from what it reported · ≈ estimated · — unknown"

_TINY: Final = Decimal("0.01")


def count(number: int | None) -> str:
    return UNKNOWN if number is None else f"{number:,}"


def milliseconds(number: float | None) -> str:
    if number is None:
        return UNKNOWN
    return f"{number:,.0f} ms" if number < 1000 else f"{number / 1000:,.2f} s"


def dollars(amount: float | None) -> str:
    """To a millionth; what is very small in full."""
    if amount is None:
        return UNKNOWN
    exact = Decimal(repr(amount))
    whole, _, places = f"{exact:,.{6 if exact >= _TINY else 12}f}".partition(".")
    return f"${whole}.{places.rstrip('0'):0<2}"


def marked(figure: str, origin: Origin) -> str:
    return figure if figure == UNKNOWN else f"{figure} {MARKS[origin]}"


def cost(response: Response) -> str:
    return marked(dollars(response.cost), response.cost_origin)


def speed(number: float | None) -> str:
    return UNKNOWN if number is None else f"{number:,.1f} tok/s"


def moment(at: datetime | None) -> str:
    return UNKNOWN if at is None else f"{at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


@dataclass(frozen=True, slots=True)
class Figure:
    name: str
    of: Callable[[Response], str]


def _bucket(name: str) -> Callable[[Response], str]:
    return lambda response: count(getattr(response.buckets, name, None))


def _tokens(name: str) -> Callable[[Response], str]:
    return lambda response: marked(count(getattr(response, name)), response.tokens_origin)


def _time(name: str) -> Callable[[Response], str]:
    return lambda response: milliseconds(getattr(response, name))


def _moment(name: str) -> Callable[[Response], str]:
    return lambda response: moment(getattr(response, name))


MAIN: Final = (
    Figure("First token", _time("time_to_first_token_ms")),
    Figure("Speed", lambda response: speed(response.tokens_per_second)),
    Figure("Total", _time("response_time_ms")),
    Figure("Input", _tokens("input_tokens")),
    Figure("Cached", _bucket("cache_read")),
    Figure("Output", _tokens("output_tokens")),
    Figure("Reasoning", _bucket("reasoning")),
    Figure("Cost", cost),
)

ALL: Final = (
    Figure("Provider", lambda response: response.provider or UNKNOWN),
    Figure("Answered by", lambda response: response.answered_by or response.model_id),
    Figure("Finish reason", lambda response: response.finish_reason or UNKNOWN),
    Figure("Waited here", _time("queue_ms")),
    Figure("Connected", _time("connect_ms")),
    Figure("First token", _time("time_to_first_token_ms")),
    Figure("First token of the answer", _time("time_to_first_answer_ms")),
    Figure("Total time", _time("response_time_ms")),
    Figure("Speed", lambda response: speed(response.tokens_per_second)),
    Figure("Input tokens", _tokens("input_tokens")),
    Figure("— fresh", _bucket("input")),
    Figure("— read from a cache", _bucket("cache_read")),
    Figure("— written to a cache, 5 minutes", _bucket("cache_write_5m")),
    Figure("— written to a cache, 1 hour", _bucket("cache_write_1h")),
    Figure("— audio", _bucket("input_audio")),
    Figure("Output tokens", _tokens("output_tokens")),
    Figure("— answer", _bucket("output")),
    Figure("— reasoning", _bucket("reasoning")),
    Figure("— audio", _bucket("output_audio")),
    Figure("All tokens", _tokens("total_tokens")),
    Figure("Counted with", lambda response: response.tokens_note or UNKNOWN),
    Figure("Cost", cost),
    Figure("Asked", _moment("created_at")),
    Figure("Begun", _moment("started_at")),
    Figure("Ended", _moment("ended_at")),
)


def totals(comparison: Comparison) -> tuple[tuple[str, str], ...]:
    unknown = f" + {comparison.unknown_costs} unknown" if comparison.unknown_costs else ""
    return (
        ("Status", comparison.status.replace("_", " ")),
        ("Responses", f"{comparison.completed_count:,} of {comparison.response_count:,} completed"),
        ("Tokens", count(comparison.total_tokens)),
        ("Cost", dollars(comparison.total_cost) + unknown),
        ("Average time", milliseconds(comparison.average_response_time)),
    )


def letter(position: int) -> str:
    """A to Z, then AA: as spreadsheets name their columns."""
    name = ""
    number = position + 1
    while number:
        number, rest = divmod(number - 1, 26)
        name = chr(ord("A") + rest) + name
    return name


@dataclass(frozen=True, slots=True)
class Contestant:
    """A lane under the letter by which a file calls it."""

    lane: Lane
    position: int

    @property
    def letter(self) -> str:
        return letter(self.position)

    @property
    def name(self) -> str:
        return self.lane.label or self.lane.model_id


def contestants(comparison: Comparison) -> tuple[Contestant, ...]:
    return tuple(Contestant(lane, position) for position, lane in enumerate(comparison.lanes))


def attempts(turn: Turn, lane_id: UUID) -> Sequence[Response]:
    """The latest first."""
    own = (response for response in turn.responses if response.lane_id == lane_id)
    return sorted(own, key=lambda response: -response.attempt)


def settings(parameters: LaneParameters) -> str:
    """What was set, and nothing that was left to the model."""
    given: dict[str, object] = msgspec.to_builtins(parameters)
    return " · ".join(f"{name} {_plain(value)}" for name, value in given.items())


def _plain(value: object) -> str:
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def retries(response: Response) -> Iterable[str]:
    for retry in response.retries:
        yield (
            f"{retry.kind.replace('_', ' ')}: {retry.message} — after {milliseconds(retry.wait_ms)} "
            f"{retry.next_model_id} was asked"
        )


def attachment(of: Attachment) -> str:
    size = f"{of.width} x {of.height}, " if of.width and of.height else ""
    return f"{of.name} ({size}{of.size:,} bytes)"
