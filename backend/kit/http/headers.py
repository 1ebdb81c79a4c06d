"""Reading and adding headers of plain ASGI messages."""

from collections.abc import Iterable, Mapping
from typing import Any

from backend.kit.application import AsgiMessage, Scope

RawHeaders = list[tuple[bytes, bytes]]


def values(scope: Mapping[str, Any], name: bytes) -> list[str]:
    """Every header of that name, in order; servers have lower-cased the names."""
    return [value.decode("latin-1") for key, value in scope["headers"] if key == name]


def joined(scope: Scope, name: bytes) -> str:
    """As one list, the way RFC 9110 lets repeated headers be read."""
    return ", ".join(values(scope, name))


def set_missing(message: AsgiMessage, defaults: Iterable[tuple[bytes, bytes]]) -> None:
    """What the route has said itself stays."""
    headers: RawHeaders = list(message.get("headers", ()))
    present = {key.lower() for key, _ in headers}
    headers += [header for header in defaults if header[0] not in present]
    message["headers"] = headers


def append(message: AsgiMessage, *added: tuple[bytes, bytes]) -> None:
    message["headers"] = [*message.get("headers", ()), *added]


def encoded(headers: Mapping[str, str]) -> RawHeaders:
    return [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
