"""A raw WebSocket client over a plain socket: frames are built by hand, the forbidden ones too."""

import base64
import hashlib
import os
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass
from enum import IntEnum
from types import TracebackType
from typing import Self

PATIENCE = 5.0  # seconds without a byte before a silent server is taken for a hanging one
ACCEPT_MAGIC = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Opcode(IntEnum):
    CONTINUATION = 0
    TEXT = 1
    BINARY = 2
    CLOSE = 8
    PING = 9
    PONG = 10


@dataclass(frozen=True, slots=True)
class Frame:
    """As it came from the server, header bits included."""

    opcode: int
    payload: bytes = b""
    fin: bool = True
    reserved: int = 0

    @property
    def close_code(self) -> int | None:
        return struct.unpack("!H", self.payload[:2])[0] if len(self.payload) >= 2 else None


def frame(
    opcode: int, payload: bytes = b"", *, fin: bool = True, reserved: int = 0, masked: bool = True
) -> bytes:
    """One client frame, exactly as asked for."""
    head = struct.pack("!B", fin << 7 | reserved << 4 | opcode)
    mask_bit = 0x80 if masked else 0
    size = len(payload)
    if size < 126:
        head += struct.pack("!B", mask_bit | size)
    elif size < 65536:
        head += struct.pack("!BH", mask_bit | 126, size)
    else:
        head += struct.pack("!BQ", mask_bit | 127, size)
    if not masked:
        return head + payload
    mask = os.urandom(4)
    return head + mask + _xor(payload, mask)


def _xor(payload: bytes, mask: bytes) -> bytes:
    size = len(payload)
    pad = (mask * (size // 4 + 1))[:size]
    return (int.from_bytes(payload, "big") ^ int.from_bytes(pad, "big")).to_bytes(size, "big")


def closing(code: int, reason: bytes = b"") -> bytes:
    """The payload of a close frame."""
    return struct.pack("!H", code) + reason


def upgrade_request(path: str = "/ws", *, method: str = "GET", without: str = "", **changed: str) -> bytes:
    """A handshake; headers are changed by name (underscores for hyphens), or one is left out."""
    headers = {
        "host": "localhost",
        "upgrade": "websocket",
        "connection": "Upgrade",
        "sec-websocket-key": base64.b64encode(os.urandom(16)).decode(),
        "sec-websocket-version": "13",
    }
    headers |= {name.replace("_", "-"): value for name, value in changed.items()}
    headers.pop(without, None)
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class RawClient:
    """A client that is as impolite as its test wants it to be: it answers nothing by itself."""

    def __init__(self, connection: socket.socket) -> None:
        self.connection = connection
        self._received = bytearray()

    @classmethod
    def connect(cls, host: str, port: int, path: str = "/ws", *, receive_buffer: int | None = None) -> Self:
        """An open WebSocket. A small receive buffer makes the server feel a stalled reader sooner."""
        client = cls(dial(host, port, receive_buffer=receive_buffer))
        request = upgrade_request(path)
        client.connection.sendall(request)
        head = client.read_head()
        key = request.split(b"sec-websocket-key: ")[1].split(b"\r\n")[0]
        accept = base64.b64encode(hashlib.sha1(key + ACCEPT_MAGIC).digest())  # noqa: S324 — RFC 6455 asks for it
        assert head.startswith(b"HTTP/1.1 101"), head
        assert accept in head, head
        return client

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.connection.close()

    def send(self, opcode: int, payload: bytes = b"", *, fin: bool = True) -> None:
        self.connection.sendall(frame(opcode, payload, fin=fin))

    def send_bytes(self, data: bytes) -> None:
        """Whatever it is. A server that has dropped the connection already may be the point of the test."""
        with suppress(ConnectionError):
            self.connection.sendall(data)

    def command(self, text: str, answer: str) -> None:
        """One of the probe's commands, and the answer that says it was carried out."""
        self.send(Opcode.TEXT, text.encode())
        received = self.read()
        assert received == Frame(Opcode.TEXT, answer.encode()), received

    def read_head(self) -> bytes:
        while b"\r\n\r\n" not in self._received:
            assert self._fill(), "the connection ended within the response head"
        head, _, rest = bytes(self._received).partition(b"\r\n\r\n")
        self._received = bytearray(rest)
        return head

    def read(self) -> Frame | None:
        """The next frame; None when the connection has ended. A silence is a TimeoutError."""
        head = self._take(2)
        if head is None:
            return None
        assert not head[1] & 0x80, "a server must not mask"
        size = head[1] & 0x7F
        if size > 125:
            extended = self._take(2 if size == 126 else 8)
            if extended is None:
                return None
            size = int.from_bytes(extended, "big")
        payload = self._take(size)
        if payload is None:
            return None
        return Frame(head[0] & 0x0F, payload, bool(head[0] & 0x80), head[0] >> 4 & 0x07)

    def read_to_the_end(self) -> list[Frame]:
        """Every frame until the connection ends; a close frame is answered, as the handshake wants it."""
        frames = []
        while received := self.read():
            frames.append(received)
            if received.opcode == Opcode.CLOSE:
                self.send_bytes(frame(Opcode.CLOSE, received.payload[:2]))
        return frames

    def _take(self, size: int) -> bytes | None:
        while len(self._received) < size:
            if not self._fill():
                return None
        taken = bytes(self._received[:size])
        del self._received[:size]
        return taken

    def _fill(self) -> bool:
        try:
            piece = self.connection.recv(1 << 18)
        except ConnectionError:
            return False
        self._received += piece
        return bool(piece)


def dial(host: str, port: int, *, receive_buffer: int | None = None) -> socket.socket:
    connection = socket.socket()
    connection.settimeout(PATIENCE)
    if receive_buffer is not None:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connection.connect((host, port))
    return connection
