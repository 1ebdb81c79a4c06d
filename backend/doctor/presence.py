"""Who answers where this installation listens: a Bakeoff, a stranger, or nobody."""

import asyncio
import re
import ssl
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from backend.settings import Settings

_PATIENCE: Final = 3.0
_ENOUGH: Final = 64 * 1024
_OURS: Final = re.compile(rb'"service":"bakeoff"|"requestId":"')
_VERSION: Final = re.compile(rb'"version":"([\w.+-]{1,40})"')
_EVERYWHERE: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on

Who: TypeAlias = Literal["bakeoff", "stranger", "nobody"]


@dataclass(frozen=True, slots=True)
class Answering:
    who: Who
    version: str = ""


async def who_answers(settings: Settings) -> Answering:
    try:
        async with asyncio.timeout(_PATIENCE):
            reader, writer = await _connected(settings)
    except (OSError, TimeoutError) as error:
        return Answering("stranger" if isinstance(error, ssl.SSLError) else "nobody")
    if _is_ourselves(writer):
        writer.transport.abort()
        return Answering("nobody")
    try:
        async with asyncio.timeout(_PATIENCE):
            said = await _front_door(settings, reader, writer)
    except (OSError, TimeoutError):
        said = b""
    finally:
        writer.transport.abort()
    if not _OURS.search(said):
        return Answering("stranger")
    version = _VERSION.search(said)
    return Answering("bakeoff", version[1].decode() if version else "")


async def _connected(settings: Settings) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    if settings.unix_socket is not None:
        return await asyncio.open_unix_connection(str(settings.unix_socket))
    tls = None
    if settings.tls_certificate is not None:
        # Whose certificate it is does not matter: nothing is told.
        tls = ssl.create_default_context()
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    host = _EVERYWHERE.get(settings.host, settings.host)
    return await asyncio.open_connection(host, settings.port, ssl=tls)


def _is_ourselves(writer: asyncio.StreamWriter) -> bool:
    """A connection to a free port can, rarely, be given that very port to come from, and meets itself."""
    peer = writer.get_extra_info("peername")
    return bool(peer) and peer == writer.get_extra_info("sockname")


async def _front_door(
    settings: Settings, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
) -> bytes:
    host = "localhost" if settings.unix_socket else settings.host
    host = f"[{host}]" if ":" in host else host
    writer.write(
        f"GET / HTTP/1.1\r\nHost: {host}\r\nAccept: application/json\r\nConnection: close\r\n\r\n".encode()
    )
    await writer.drain()
    said = b""
    while len(said) < _ENOUGH and (piece := await reader.read(_ENOUGH)):
        said += piece
        if _OURS.search(said) and said.endswith(b"}"):
            break
    return said
