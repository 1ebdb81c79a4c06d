"""Splits a stream of bytes into the data of its server-sent events, whatever the network cut them into.

Comments, event names and ids are not ours to need: every vendor says in the data what it is.
"""

from typing import Final

LONGEST_LINE: Final = 10 * 1024 * 1024


class TooLongError(Exception):
    """One line, or the data of one event, beyond what any answer needs."""


class SseReader:
    __slots__ = ("_after_cr", "_data", "_data_size", "_kept", "_kept_size", "_longest", "_started")

    def __init__(self, longest: int = LONGEST_LINE) -> None:
        self._longest = longest
        self._kept: list[bytes] = []  # the beginning of a line whose end has not come
        self._kept_size = 0
        self._data: list[bytes] = []  # the lines of an event whose end has not come
        self._data_size = 0
        self._after_cr = False
        self._started = False

    def feed(self, piece: bytes) -> list[bytes]:
        if not self._started:
            piece = self._skip_byte_order_mark(piece)
        if self._after_cr or b"\r" in piece:
            piece = self._with_plain_line_ends(piece)
        end = piece.rfind(b"\n")
        if end < 0:
            self._keep(piece)
            return []
        whole = piece[:end]
        if self._kept:
            self._check(self._kept_size + piece.find(b"\n"))
            whole = b"".join((*self._kept, whole))
            self._kept.clear()
            self._kept_size = 0
        self._keep(piece[end + 1 :])
        return self._events(whole.split(b"\n"))

    def end(self) -> list[bytes]:
        """What stood there when the body ended; some servers leave out the last empty line."""
        last, self._kept = b"".join(self._kept), []
        return self._events([last, b""])

    def _events(self, lines: list[bytes]) -> list[bytes]:
        events = []
        data = self._data
        for line in lines:
            if line.startswith(b"data:"):
                data.append(line[6:] if line.startswith(b" ", 5) else line[5:])
                self._data_size += len(line)
                if self._data_size > self._longest:  # a call for each line would cost more than its look
                    self._check(self._data_size)
            elif not line and data:
                events.append(data[0] if len(data) == 1 else b"\n".join(data))
                data.clear()
                self._data_size = 0
        return events

    def _keep(self, piece: bytes) -> None:
        if piece:
            self._kept.append(piece)
            self._kept_size += len(piece)
            self._check(self._kept_size)

    def _check(self, size: int) -> None:
        if size > self._longest:
            raise TooLongError(f"a line of over {self._longest:,} bytes")

    def _with_plain_line_ends(self, piece: bytes) -> bytes:
        """CRLF, LF and CR end a line alike, and a CRLF may come in two pieces."""
        if self._after_cr and piece.startswith(b"\n"):
            piece = piece[1:]
            self._after_cr = False
        if piece:
            self._after_cr = piece.endswith(b"\r")
        return piece.replace(b"\r\n", b"\n").replace(b"\r", b"\n")

    def _skip_byte_order_mark(self, piece: bytes) -> bytes:
        piece = b"".join((*self._kept, piece))
        self._kept.clear()
        self._kept_size = 0
        if len(piece) < 3 and b"\xef\xbb\xbf".startswith(piece):
            self._keep(piece)
            return b""
        self._started = True
        return piece.removeprefix(b"\xef\xbb\xbf")
