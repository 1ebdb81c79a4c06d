"""Where the time of a response went, as a bar. All bars of a turn are drawn on one axis."""

from collections.abc import Iterable, Iterator
from typing import Final

from backend.comparisons.export.figures import milliseconds
from backend.rooms.snapshot import Response

_WIDTH: Final = 1000


def longest(responses: Iterable[Response]) -> float:
    """Milliseconds of the axis."""
    return max(((each.queue_ms or 0) + (each.response_time_ms or 0) for each in responses), default=0)


def timing_bar(response: Response, axis: float) -> str:
    """Plain SVG: nothing in it is styled, run or fetched."""
    parts = list(_parts(response))
    scale = _WIDTH / axis if axis > 0 else 0.0
    shapes = []
    start = 0.0
    for name, length in parts:
        shapes.append(
            f'<rect class="{name}" x="{start * scale:.1f}" width="{length * scale:.1f}" height="8"/>'
        )
        start += length
    said = ", ".join(f"{name} {milliseconds(length)}" for name, length in parts) or "no times known"
    return (
        f'<svg class="bar" viewBox="0 0 {_WIDTH} 8" preserveAspectRatio="none" role="img" '
        f'aria-label="{said}">{"".join(shapes)}</svg>'
    )


def _parts(response: Response) -> Iterator[tuple[str, float]]:
    """What is not known is part of what comes after it."""
    if response.queue_ms:
        yield "queue", response.queue_ms
    moments = (
        ("connect", response.connect_ms),
        ("wait", response.time_to_first_token_ms),
        ("reasoning", response.time_to_first_answer_ms),
        ("answer", response.response_time_ms),
    )
    before = 0.0
    for name, moment in moments:
        if moment is not None and moment > before:
            yield name, moment - before
            before = moment
