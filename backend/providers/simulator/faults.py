"""What is to go wrong, read from a model's name (`swift@cut:5`) or the x-simulate header (`cut:5 first:1`).

Knows neither HTTP nor the wire formats.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from enum import Enum, auto
from typing import Any, Final

from backend.providers.simulator.refusals import Reason, Refused

MOST_TOKENS: Final = 1_000_000
LONG_LINE: Final = 10 * 1024 * 1024 + 1024  # just over what a reader of lines should take


class Break(Enum):
    """What happens to an answer on its way."""

    STALL = auto()  # silence
    STALL_PINGS = auto()  # silence, but for pings
    CUT = auto()  # the connection ends inside a chunk
    RESET = auto()  # the connection is reset
    END = auto()  # a clean end without the terminal marker
    ERROR = auto()  # the vendor's error event
    BROKEN_JSON = auto()
    BAD_UTF8 = auto()
    LONG_LINE = auto()


@dataclass(frozen=True, slots=True)
class Breakage:
    kind: Break
    after: int  # tokens


@dataclass(frozen=True, slots=True)
class Refusal:
    reason: Reason
    retry_after: str | None = None  # the form: seconds, ms or date
    amount: float = 0.0

    def headers(self) -> dict[str, str]:
        match self.retry_after:
            case "seconds":
                return {"retry-after": f"{self.amount:g}"}
            case "ms":
                return {"retry-after-ms": f"{self.amount:g}"}
            case "date":
                then = datetime.now(UTC) + timedelta(seconds=self.amount)
                return {"retry-after": format_datetime(then, usegmt=True)}
            case _:
                return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Faults:
    refusal: Refusal | None = None
    hang: bool = False
    slow_headers: float = 0.0
    breakage: Breakage | None = None
    usage: bool = True
    html: bool = False
    first: int | None = None  # only so many requests are met by them
    tokens: int | None = None
    pace: float | None = None  # seconds between tokens, without jitter; 0: as fast as it can
    ttft: float | None = None
    seed: int | None = None

    def past(self) -> "Faults":
        """What is left when the faults are over: the controls."""
        return Faults(tokens=self.tokens, pace=self.pace, ttft=self.ttft, seed=self.seed)


NONE: Final = Faults()

Change = Callable[[str | None], Mapping[str, Any]]


def _whole(value: str | None) -> int:
    if value is None or not re.fullmatch(r"\d{1,7}", value, re.ASCII) or int(value) > MOST_TOKENS:
        raise ValueError(value)
    return int(value)


def _number(value: str | None) -> float:
    if value is None or not re.fullmatch(r"\d{1,7}(\.\d{1,3})?", value, re.ASCII):
        raise ValueError(value)
    return float(value)


def _flag(field: str, *, value: bool = True) -> Change:
    def change(given: str | None) -> Mapping[str, Any]:
        if given is not None:
            raise ValueError(given)
        return {field: value}

    return change


def _refusal(reason: Reason, form: str = "seconds") -> Change:
    def change(given: str | None) -> Mapping[str, Any]:
        if given is None and form == "seconds":
            return {"refusal": Refusal(reason)}
        return {"refusal": Refusal(reason, form, _number(given))}

    return change


def _break(kind: Break, *, default: int | None = None) -> Change:
    def change(given: str | None) -> Mapping[str, Any]:
        after = default if given is None and default is not None else _whole(given)
        return {"breakage": Breakage(kind, after)}

    return change


def _set(field: str, parse: Callable[[str | None], float], unit: float | None = None) -> Change:
    return lambda given: {field: parse(given) if unit is None else parse(given) * unit}


CONTROLS: Final[Mapping[str, Change]] = {
    "401": _refusal(Reason.BAD_KEY),
    "429": _refusal(Reason.LIMITED),
    "429-ms": _refusal(Reason.LIMITED, "ms"),
    "429-date": _refusal(Reason.LIMITED, "date"),
    "500": _refusal(Reason.FAILED),
    "503": _refusal(Reason.UNAVAILABLE),
    "529": _refusal(Reason.OVERLOADED),
    "hang": _flag("hang"),
    "slow-headers": _set("slow_headers", _number),
    "stall": _break(Break.STALL),
    "stall-pings": _break(Break.STALL_PINGS),
    "cut": _break(Break.CUT),
    "reset": _break(Break.RESET),
    "end": _break(Break.END),
    "no-end": _break(Break.END, default=MOST_TOKENS),
    "error": _break(Break.ERROR),
    "broken-json": _break(Break.BROKEN_JSON),
    "bad-utf8": _break(Break.BAD_UTF8),
    "long-line": _break(Break.LONG_LINE, default=0),
    "no-usage": _flag("usage", value=False),
    "content-type": _flag("html"),
    "first": _set("first", _whole),
    "tokens": _set("tokens", _whole),
    "pace": _set("pace", _number, 0.001),
    "ttft": _set("ttft", _number, 0.001),
    "seed": _set("seed", _whole),
}


def parse(model: str, header: str = "") -> tuple[str, Faults]:
    """The character's name, and what its name and the header ask for; the header has the last word."""
    name, *controls = model.split("@")
    changes: dict[str, Any] = {}
    for control in (*controls, *header.split()):
        word, colon, value = control.partition(":")
        try:
            changes.update(CONTROLS[word](value if colon else None))
        except (KeyError, ValueError):
            known = ", ".join(CONTROLS)
            raise Refused(Reason.UNKNOWN_FAULT, fault=control, known=known) from None
    return name, replace(NONE, **changes)
