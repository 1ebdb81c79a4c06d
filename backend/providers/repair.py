"""A request without the one parameter that its model refused by name."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from backend.providers.chat import ParameterName
from backend.providers.fitting import Dropped

_DROPPABLE: Final[dict[str, ParameterName]] = {
    "temperature": "temperature",
    "top_p": "top_p",
    "stop": "stop",
    "stop_sequences": "stop",
    "seed": "seed",
    "random_seed": "seed",
    "reasoning": "reasoning_effort",
    "reasoning_effort": "reasoning_effort",
    "thinking": "reasoning_effort",
    "output_config": "reasoning_effort",
    "output_config.format": "response_format",
    "response_format": "response_format",
    "text": "response_format",
    "tools": "tools",
}

# Extras of ours that a server may not know; nobody asked for them, so nobody is told.
_OWN: Final = frozenset({"stream_options", "store", "usage", "reasoning.summary"})

# The one parameter whose name the vendors changed. It is never dropped: it bounds what an answer costs.
_OTHER_NAME: Final = {"max_tokens": "max_completion_tokens", "max_completion_tokens": "max_tokens"}


@dataclass(frozen=True, slots=True)
class Repaired:
    body: dict[str, Any]
    dropped: Dropped | None


def repair(body: dict[str, Any], refused: str | None, *, required: frozenset[str]) -> Repaired | None:
    """None where nothing can be left out. A name may be a path: `reasoning.summary`, `tools[0].name`."""
    path = (refused or "").partition("[")[0]
    field = path.partition(".")[0]
    if field not in body or field in required:
        return None
    if (other := _OTHER_NAME.get(field)) is not None and other not in body:
        return Repaired(_leave_out(body, field) | {other: body[field]}, None)
    for known in _beginnings(path):
        parameter = _DROPPABLE.get(known)
        if known not in _OWN and parameter is None:
            continue
        if (rest := _leave_out(body, known)) != body:
            return Repaired(rest, parameter and Dropped(parameter, "The provider refused it."))
    return None


def _beginnings(path: str) -> Iterator[str]:
    """The longest first: what is inside says more exactly what was refused."""
    steps = path.split(".")
    return (".".join(steps[:end]) for end in range(len(steps), 0, -1))


def _leave_out(body: dict[str, Any], path: str) -> dict[str, Any]:
    field, _, inner = path.partition(".")
    rest = {name: value for name, value in body.items() if name != field}
    kept = _leave_out(body[field], inner) if inner else None
    return rest | {field: kept} if kept else rest
