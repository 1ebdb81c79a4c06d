"""How a wire format renders a script; three do. Knows no sockets and no faults."""

from typing import Any, Final, Protocol

import msgspec

from backend.providers.simulator.script import Piece

to_json: Final = msgspec.json.Encoder().encode


class Voice(Protocol):
    """Renders one script, from the first piece to the last; it is used once."""

    def opening(self) -> bytes:
        """What comes before the first token."""

    def token(self, piece: Piece) -> bytes:
        """One token with what has to open before it; empty where the client does not get to see it."""

    def closing(self) -> bytes:
        """What comes after the last token, with usage and the terminal marker."""

    def error(self) -> bytes:
        """The event that says in the middle of a stream that the server has failed."""

    def ping(self) -> bytes:
        """A sign of life that carries nothing."""

    def whole(self) -> bytes:
        """The answer in one piece, for who did not ask for a stream."""


def event(name: str, data: Any) -> bytes:
    return b"event: " + name.encode() + b"\ndata: " + to_json(data) + b"\n\n"


def given(request: msgspec.Struct) -> frozenset[str]:
    """The parameters that say something: `false` and `null` are what a model does anyway."""
    names = request.__struct_fields__
    return frozenset(name for name in names if getattr(request, name) not in (None, False))
