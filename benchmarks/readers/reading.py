"""What every way to read has in common: one question, and somebody who hears each piece of its answer."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from typing import TypeAlias

QUESTION = "What does a piece of an answer cost?"
LONGEST = 4096  # tokens; one API asks for it, and the simulated model says no more

Heard: TypeAlias = Callable[[str], None]
Read: TypeAlias = Callable[[str, Heard], Awaitable[None]]
"""Asks the named model and hands over each piece of its text, to the end of the stream."""
Connect: TypeAlias = Callable[[str], AbstractAsyncContextManager[Read]]
"""To the server at that address."""


class CutOffError(Exception):
    """A stream ended before its answer did."""
