"""A comparison as Markdown, as GitHub shows it. What people and models wrote cannot break out of it."""

import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from backend.comparisons.export.figures import (
    ALL,
    LEGEND,
    MAIN,
    Contestant,
    attachment,
    attempts,
    contestants,
    moment,
    retries,
    settings,
    totals,
)
from backend.rooms.snapshot import Comparison, Response, Turn

_SPECIAL: Final = re.compile(r"([\\`*_{}\[\]<>#|~&$!])")
_BACKTICKS: Final = re.compile(r"`+")


def markdown(comparison: Comparison, at: datetime) -> Iterator[str]:
    """In pieces of a response each."""
    yield f"# {inline(comparison.title) or 'Comparison'}\n\n"
    yield f"Created {moment(comparison.created_at)}, exported {moment(at)}. {LEGEND}\n\n"
    yield _table(("", ""), totals(comparison))
    lanes = contestants(comparison)
    yield from _lanes(lanes)
    for turn in comparison.turns:
        yield from _turn(turn, lanes)


def _lanes(lanes: Iterable[Contestant]) -> Iterator[str]:
    yield "## Lanes\n\n"
    rows = [
        (
            each.letter,
            each.name,
            each.lane.model_id,
            settings(each.lane.parameters),
            ", ".join(each.lane.fallback_model_ids),
            "removed" if each.lane.removed else "",
        )
        for each in lanes
    ]
    yield _table(("Lane", "Name", "Model", "Settings", "Fallbacks", ""), rows)
    for each in lanes:
        if each.lane.system_prompt:
            yield f"System prompt of {each.letter}:\n\n{fenced(each.lane.system_prompt)}"


def _turn(turn: Turn, lanes: Iterable[Contestant]) -> Iterator[str]:
    by = f" by {inline(turn.asked_by)}" if turn.asked_by else ""
    yield f"## Turn {turn.number}\n\nAsked{by}, {moment(turn.created_at)}, {turn.history_mode} history.\n\n"
    yield fenced(turn.prompt)
    if turn.attachments:
        yield f"Attached: {', '.join(inline(attachment(each)) for each in turn.attachments)}\n\n"
    asked = [(each, response) for each in lanes for response in reversed(attempts(turn, each.lane.id))]
    heads = ("Lane", "Attempt", "Status", *(figure.name for figure in MAIN))
    rows = [
        (
            each.letter,
            str(response.attempt),
            response.status,
            *(figure.of(response) for figure in MAIN),
        )
        for each, response in asked
    ]
    yield _table(heads, rows)
    for each, response in asked:
        yield "".join(_response(each, response, chosen=response.id == turn.chosen_response_id))


def _response(lane: Contestant, response: Response, *, chosen: bool) -> Iterator[str]:
    attempt = f", attempt {response.attempt}" if response.attempt > 1 else ""
    choice = ", chosen" if chosen else ""
    yield f"### {lane.letter} · {inline(lane.name)}{attempt}: {response.status}{choice}\n\n"
    if response.error_kind or response.error_message:
        kind = (response.error_kind or "error").replace("_", " ")
        yield f"**{kind}:** {inline(response.error_message or '')}\n\n"
    for line in retries(response):
        yield f"- {inline(line)}\n"
    for dropped in response.dropped:
        yield f"- not sent: {inline(dropped.parameter)}, {inline(dropped.reason)}\n"
    yield "\n"
    if response.reasoning:
        yield _folded("Reasoning", fenced(response.reasoning))
    if response.text:
        yield fenced(response.text)
    figures = ((figure.name, figure.of(response)) for figure in ALL)
    yield _folded("All numbers", _table(("", ""), figures))


def inline(text: str) -> str:
    """One line that means nothing to Markdown."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def fenced(text: str) -> str:
    """As it was written, in a fence longer than any in it."""
    longest = max((len(run) for run in _BACKTICKS.findall(text)), default=0)
    fence = "`" * max(3, longest + 1)
    end = "\r" if text.endswith("\r") else "\n"  # or the two would be one end of a line
    return f"{fence}markdown\n{text}{end}{fence}\n\n"


def _folded(summary: str, content: str) -> str:
    return f"<details><summary>{summary}</summary>\n\n{content}</details>\n\n"


def _table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    columns = tuple(heads)
    lines = (_row(columns), _row("---" for _ in columns), *(_row(map(inline, row)) for row in rows))
    return "".join(lines) + "\n"


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |\n"
