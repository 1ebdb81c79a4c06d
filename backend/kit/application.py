"""What a server runs: one ASGI application for HTTP and the endpoints of its sockets by path."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from typing import Any

from backend.kit.sockets import SocketEndpoint

Scope = MutableMapping[str, Any]
AsgiMessage = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[AsgiMessage]]
Send = Callable[[AsgiMessage], Awaitable[None]]
AsgiApp = Callable[[Scope, Receive, Send], Awaitable[None]]


class ClientGoneError(OSError):
    """The reader of a response has gone; ASGI 2.4 wants its sender to be told."""


def _unheard(_code: int) -> None:
    """Nobody wants to know."""


def _no_matter() -> None:
    """Nothing waits for an end."""


def _never() -> bool:
    """Nobody ever waits for long."""
    return False


def _nothing(_url: str) -> Sequence[str]:
    """There is nothing to add."""
    return ()


@dataclass(frozen=True, slots=True)
class Application:
    asgi: AsgiApp
    sockets: Mapping[str, SocketEndpoint]
    socket_closed: Callable[[int], None] = _unheard  # told the close code of every socket that was open
    welcome: Callable[[str], Sequence[str]] = _nothing  # lines for whoever started it, once it can be reached
    ending: Callable[[], None] = _no_matter  # told before running requests are waited for
    busy: Callable[[], bool] = _never  # whether a pause would be felt
