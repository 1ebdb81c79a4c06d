"""The ASGI scope of a native request."""

from typing import Any
from urllib.parse import unquote_to_bytes

from backend.kit.application import Scope


def text(ffi: Any, pointer: Any, size: int) -> bytes:
    return b"" if pointer == ffi.NULL or size == 0 else bytes(ffi.unpack(pointer, size))


def headers_of(ffi: Any, first: Any) -> list[tuple[bytes, bytes]]:
    """Every header in order, duplicates included; uWebSockets has lower-cased the names."""
    headers = []
    header = first
    while header != ffi.NULL:
        headers.append((text(ffi, header.name, header.name_size), text(ffi, header.value, header.value_size)))
        header = ffi.cast("socketify_header*", header.next)
    return headers


def decoded_path(raw_path: bytes) -> str:
    return unquote_to_bytes(raw_path).decode("utf-8", "replace")


def http_scope(ffi: Any, data: Any, server: tuple[str, int | None]) -> Scope:
    raw_path = text(ffi, data.url, data.url_size)
    client = text(ffi, data.remote_address, data.remote_address_size).decode("ascii", "replace")
    return {
        "type": "http",
        "asgi": {"version": "3.0", "spec_version": "2.4"},
        "http_version": "1.1",
        "method": text(ffi, data.method, data.method_size).decode("ascii", "replace"),
        "scheme": "http",
        "path": decoded_path(raw_path),
        "raw_path": raw_path,
        "query_string": text(ffi, data.query_string, data.query_string_size).removeprefix(b"?"),
        "root_path": "",
        "headers": headers_of(ffi, data.header_list),
        "client": (client, 0) if client else None,  # uWebSockets does not tell the port
        "server": server,
        "state": {},
        "extensions": {},
    }
