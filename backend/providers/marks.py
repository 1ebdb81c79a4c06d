"""The moments of one call, in seconds on the monotonic clock. What has not happened is None."""

from dataclasses import dataclass


@dataclass(slots=True)
class Marks:
    queued: float
    """Asked for; between this and `sent` lies the wait for a free slot and between tries."""
    sent: float | None = None
    """The request of the try that counts left for the provider."""
    headers: float | None = None
    first_chunk: float | None = None
    """Of any kind: reasoning and tool calls count."""
    first_text: float | None = None
    """Of the answer itself."""
    last: float | None = None
