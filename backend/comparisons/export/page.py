"""A comparison as one HTML page that asks nobody for anything and runs nothing.

What people and models wrote is hostile: it is escaped everywhere, and the page's own policy allows no script,
no style but the one below and no picture but those within.
"""

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Final
from uuid import UUID

from backend.attachments.schemas import Attachment
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
from backend.comparisons.export.files import Read, nothing
from backend.comparisons.export.timing import longest, timing_bar
from backend.providers.capabilities import IMAGE_TYPES
from backend.rooms.snapshot import Comparison, Response, Turn

_COLOURS: Final = 8
_FENCE: Final = re.compile(r" {0,3}(`{3,}|~{3,})(.*)")

_KEY: Final = (
    '<span class="key queue"></span>waited here<span class="key connect"></span>connecting'
    '<span class="key wait"></span>waiting for the first token<span class="key reasoning"></span>reasoning'
    '<span class="key answer"></span>answering'
)


def page(comparison: Comparison, at: datetime, read: Read = nothing) -> Iterator[str]:
    """In pieces of a response each."""
    lanes = contestants(comparison)
    yield _head(comparison.title or "Comparison")
    yield f"<header><h1>{escape(comparison.title) or 'Comparison'}</h1>"
    yield f'<p class="soft">Created {moment(comparison.created_at)}, exported {moment(at)}</p>'
    yield f"{_list(totals(comparison), 'totals')}</header><main>"
    yield from _lanes(lanes)
    for turn in comparison.turns:
        yield from _turn(turn, lanes, read)
    yield f'</main><footer class="soft"><p>{LEGEND}</p><p>{_KEY}</p></footer></body></html>\n'


@cache
def _style() -> tuple[str, str]:
    """The sheet, and what the policy calls it."""
    sheet = Path(__file__).with_name("page.css").read_text(encoding="utf-8")
    return sheet, f"sha256-{base64.b64encode(hashlib.sha256(sheet.encode()).digest()).decode()}"


def _head(title: str) -> str:
    sheet, name = _style()
    policy = f"default-src 'none'; style-src '{name}'; img-src data:; base-uri 'none'; form-action 'none'"
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="content-security-policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="referrer" content="no-referrer">'
        f"<title>{escape(title)}</title><style>{sheet}</style></head><body>"
    )


def _lanes(lanes: Iterable[Contestant]) -> Iterator[str]:
    yield '<h2>Lanes</h2><div class="card scroll" tabindex="0" role="region" aria-label="Lanes"><table>'
    yield "<tr><th>Lane<th>Model<th>Settings<th>Fallbacks<th>System prompt"
    for each in lanes:
        lane = each.lane
        yield f"<tr><td>{_letter(each)} {escape(lane.label)}{' (removed)' if lane.removed else ''}"
        yield f"<td>{escape(lane.model_id)}<td>{escape(settings(lane.parameters))}"
        yield f"<td>{escape(', '.join(lane.fallback_model_ids))}<td>{_pre(lane.system_prompt)}"
    yield "</table></div>"


def _turn(turn: Turn, lanes: Sequence[Contestant], read: Read) -> Iterator[str]:
    by = f"{escape(turn.asked_by)}, " if turn.asked_by else ""
    yield f'<section><h2>Turn {turn.number}</h2><div class="card prompt">{_pre(turn.prompt)}'
    yield from (_attachment(file, read) for file in turn.attachments)
    yield "</div>"
    yield f'<p class="soft">{by}{moment(turn.created_at)}, {turn.history_mode} history</p>'
    yield f'<div class="lanes" tabindex="0" role="region" aria-label="Answers of turn {turn.number}">'
    axis = longest(turn.responses)
    for each in lanes:
        if made := attempts(turn, each.lane.id):
            yield from _lane(each, made, axis, turn.chosen_response_id)
    yield "</div></section>"


def _attachment(file: Attachment, read: Read) -> str:
    """What shows itself, and of everything else the name."""
    name = escape(attachment(file))
    data = read(file.id) if file.media_type in IMAGE_TYPES else None
    if data is None:
        return f'<p class="soft">{name}</p>'
    source = f"data:{file.media_type};base64,{base64.b64encode(data).decode()}"
    return f'<figure><img src="{source}" alt="{name}"><figcaption class="soft">{name}</figcaption></figure>'


def _lane(lane: Contestant, made: Sequence[Response], axis: float, chosen: UUID | None) -> Iterator[str]:
    """The latest attempt, and the earlier ones folded."""
    latest, *earlier = made
    yield f'<article class="card lane lane-{lane.position % _COLOURS}"><div class="head">'
    yield f"{_letter(lane)}<h3>{escape(lane.name)}</h3>{_status(latest, chosen)}</div>"
    yield from _response(latest, axis)
    for response in earlier:
        yield f"<details><summary>Attempt {response.attempt}: {response.status}</summary>"
        yield from _response(response, axis)
        yield "</details>"
    yield "</article>"


def _response(response: Response, axis: float) -> Iterator[str]:
    yield f"<div>{timing_bar(response, axis)}</div>"
    if response.error_kind or response.error_message:
        kind = (response.error_kind or "error").replace("_", " ")
        yield f'<p class="problem"><strong>{kind}</strong> {escape(response.error_message or "")}</p>'
    remarks = [
        *retries(response),
        *(f"{each.parameter} not sent: {each.reason}" for each in response.dropped),
    ]
    if remarks:
        yield f'<ul class="soft">{"".join(f"<li>{escape(remark)}" for remark in remarks)}</ul>'
    if response.reasoning:
        yield f"<details><summary>Reasoning</summary><div>{_prose(response.reasoning)}</div></details>"
    if response.text:
        yield f"<div>{_prose(response.text)}</div>"
    yield _list(((figure.name, figure.of(response)) for figure in MAIN), "main")
    rows = "".join(f"<tr><th>{figure.name}<td>{escape(figure.of(response))}" for figure in ALL)
    yield f"<details><summary>All numbers</summary><table>{rows}</table></details>"


def _status(response: Response, chosen: UUID | None) -> str:
    attempt = f"attempt {response.attempt}, " if response.attempt > 1 else ""
    choice = ", chosen" if response.id == chosen else ""
    return f'<span class="status {response.status}">{attempt}{response.status}{choice}</span>'


def _letter(lane: Contestant) -> str:
    return f'<span class="letter lane-{lane.position % _COLOURS}">{lane.letter}</span>'


def _list(pairs: Iterable[tuple[str, str]], name: str) -> str:
    items = "".join(f"<div><dt>{escape(term)}<dd>{escape(value)}</div>" for term, value in pairs)
    return f'<dl class="{name}">{items}</dl>'


def _pre(text: str, kind: str = "text") -> str:
    # The parser eats one line break after the tag, so it gets one of ours.
    return f'<pre class="{kind}" dir="auto">\n{escape(text)}</pre>' if text else ""


def _prose(text: str) -> str:
    """As it was written; only code in fences gets a look of its own."""
    return "".join(_pre(part.strip("\n"), kind) for kind, part in blocks(text))


def blocks(text: str) -> Iterator[tuple[str, str]]:
    """`text`, `soft` (what a fence says of its code) and `code`. Only the fences themselves are left out."""
    lines: list[str] = []
    fence = ""
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if match is None or (fence and not _closes(match, fence)):
            lines.append(line)
            continue
        yield "code" if fence else "text", "\n".join(lines)
        lines = []
        if fence:
            fence = ""
        else:
            fence = match[1]
            yield "soft", match[2].strip()
    yield "code" if fence else "text", "\n".join(lines)


def _closes(match: re.Match[str], fence: str) -> bool:
    return match[1].startswith(fence) and not match[2].strip()
