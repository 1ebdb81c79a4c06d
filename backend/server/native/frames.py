"""What uWebSockets lets through and RFC 6455 does not: no mask, a message inside an unfinished one.

Reads the headers of incoming frames only; everything else about a frame is the library's to judge.
"""

FIN, OPCODE, MASKED, LENGTH = 0x80, 0x0F, 0x80, 0x7F
CONTINUATION, FIRST_CONTROL = 0, 8
EXTENDED = {126: 2, 127: 8}  # bytes that follow when the length does not fit
MASK_BYTES = 4


class FrameCheck:
    def __init__(self) -> None:
        self._head = b""
        self._payload_left = 0
        self._unfinished = False

    def fault_in(self, data: bytes) -> str | None:
        """The first thing that is wrong with what has come now, if anything is."""
        at = 0
        while at < len(data):
            if self._payload_left:
                step = min(self._payload_left, len(data) - at)
                self._payload_left -= step
                at += step
                continue
            step = min(self._missing(), len(data) - at)
            self._head += data[at : at + step]
            at += step
            if len(self._head) == 2 and (fault := self._fault()):
                return fault
            if not self._missing():
                self._end_of_head()
        return None

    def _missing(self) -> int:
        if len(self._head) < 2:
            return 2 - len(self._head)
        return 2 + EXTENDED.get(self._head[1] & LENGTH, 0) + MASK_BYTES - len(self._head)

    def _fault(self) -> str | None:
        if not self._head[1] & MASKED:
            return "a client has to mask its frames"
        opcode = self._head[0] & OPCODE
        if opcode >= FIRST_CONTROL:
            return None
        if opcode != CONTINUATION and self._unfinished:
            return "the message before is not finished"
        self._unfinished = not self._head[0] & FIN
        return None

    def _end_of_head(self) -> None:
        short = self._head[1] & LENGTH
        extended = EXTENDED.get(short, 0)
        self._payload_left = int.from_bytes(self._head[2 : 2 + extended]) if extended else short
        self._head = b""
