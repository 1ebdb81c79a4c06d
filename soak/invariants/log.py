"""The log: what stands in it as an error has to be of a fault that was there, and nothing is beside it."""

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from soak.verdict import Verdict
from soak.weather import Kind, Weather

_LATE: Final = 20.0
"""Seconds after a fault in which its consequences are still written down: whoever waits may wait so long."""

INJECTED: Final[Mapping[str, frozenset[Kind]]] = {
    "database.unavailable": frozenset({"pause"}),
    "recorder.waiting": frozenset({"pause"}),
    "socket.database_unavailable": frozenset({"pause"}),
    "socket.rights_unknown": frozenset({"pause"}),
    "responses.interrupted": frozenset({"kill", "terminate"}),
    "server.cancelling": frozenset({"terminate", "end"}),
    "request.done": frozenset({"pause", "kill", "terminate", "end"}),
}
"""What is written as a warning or an error, and by which faults."""
_LOUD: Final = frozenset({"warning", "error", "critical", "exception"})
_DATABASE_GONE: Final = 503

Line = Mapping[str, Any]


def read(path: Path) -> tuple[Sequence[Line], Sequence[str]]:
    """Lines of the log, and what else was said on standard error."""
    lines, others = [], []
    for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
        try:
            said = json.loads(line)
        except ValueError:
            others.append(line)
        else:
            lines.append(said)
    return lines, others


def log(lines: Sequence[Line], others: Sequence[str], weather: Weather) -> Iterator[Verdict]:
    loud = [line for line in lines if line.get("level") in _LOUD]
    events = Counter(line["event"] for line in loud)
    named = ", ".join(f"{count} {event}" for event, count in events.most_common())
    looked_at = f"{len(lines)} lines, of them {named or 'no warning'}"
    yield Verdict.of("the log has errors of injected faults only", looked_at, _uninjected(loud, weather))
    yield Verdict.of("nothing else is on standard error", f"{len(others)} other lines", others)


def _uninjected(loud: Sequence[Line], weather: Weather) -> Iterator[str]:
    for line in loud:
        kinds = INJECTED.get(line["event"], frozenset())
        if line["event"] == "request.done" and line.get("status") != _DATABASE_GONE:
            kinds = frozenset()
        if not weather.had_at(kinds, datetime.fromisoformat(line["timestamp"]), _LATE):
            yield json.dumps(line)[:1500]
