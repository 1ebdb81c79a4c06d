"""What every way to read has in common: one question, and somebody who hears each piece of its answer."""

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeAlias

QUESTION = "What does a piece of an answer cost?"
LONGEST = 4096  # tokens; one API asks for it, and the simulated model says no more

Heard: TypeAlias = Callable[[str], None]
Read: TypeAlias = Callable[[str, Heard], Coroutine[Any, Any, None]]
"""Asks the named model and hands over each piece of its text, to the end of the stream."""
Connect: TypeAlias = Callable[[str], AbstractAsyncContextManager[Read]]
"""To the server at that address."""


class CutOffError(Exception):
    """A stream ended before its answer did."""
