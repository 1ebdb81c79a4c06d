"""From script and faults to what goes over the wire: frames, their tempo, and how the connection ends.

Knows no sockets.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum, auto
from itertools import islice
from typing import Final

from backend.providers.simulator.cast import Pacing
from backend.providers.simulator.dice import Dice
from backend.providers.simulator.faults import Break, Breakage, Faults
from backend.providers.simulator.script import NOT_UTF8, Script
from backend.providers.simulator.voice import Voice


class Ending(Enum):
    CLEAN = auto()
    SILENCE = auto()
    PINGS = auto()
    CUT = auto()
    RESET = auto()


# The breaks that end an answer early; all others spoil it and let it go on.
_ENDINGS: Final = {
    Break.STALL: Ending.SILENCE,
    Break.STALL_PINGS: Ending.PINGS,
    Break.CUT: Ending.CUT,
    Break.RESET: Ending.RESET,
    Break.END: Ending.CLEAN,
    Break.ERROR: Ending.CLEAN,
}


@dataclass(frozen=True, slots=True)
class Tempo:
    first: float  # seconds to the first frame
    gap: float  # mean seconds between tokens; 0: as fast as it can
    jitter: float
    seed: bytes

    @classmethod
    def of(cls, pacing: Pacing, faults: Faults, seed: bytes) -> "Tempo":
        first = pacing.first_token if faults.ttft is None else faults.ttft
        if faults.pace is not None:
            return cls(first, faults.pace, 0.0, seed)
        return cls(first, pacing.gap, pacing.jitter, seed)

    def total(self, tokens: int) -> float:
        return self.first + self.gap * tokens

    def gaps(self) -> Iterator[float]:
        """Seconds before each frame: the opening, the first token at the same moment, then one by one."""
        yield self.first
        yield 0.0
        for fraction in Dice(self.seed).fractions():
            yield self.gap * (1 + self.jitter * (2 * fraction - 1))


def ending(breakage: Breakage | None) -> Ending:
    return _ENDINGS.get(breakage.kind, Ending.CLEAN) if breakage else Ending.CLEAN


def streamed(script: Script, voice: Voice, breakage: Breakage | None) -> Iterator[bytes]:
    """One frame for each moment, rendered when it is due."""
    frames = _frames(script, voice, breakage)
    if breakage and breakage.kind is Break.BAD_UTF8:
        return (_without_utf8(frame) for frame in frames)
    return frames


def whole(voice: Voice, breakage: Breakage | None) -> bytes:
    body = voice.whole()
    if breakage is None:
        return body
    match breakage.kind:
        case Break.BROKEN_JSON:
            return body[:-1]
        case Break.BAD_UTF8:
            return _without_utf8(body)
        case kind if kind in _ENDINGS:
            return body[: len(body) // 2]
        case _:
            return body


def _frames(script: Script, voice: Voice, breakage: Breakage | None) -> Iterator[bytes]:
    yield voice.opening()
    early = breakage.after if breakage and breakage.kind in _ENDINGS else None
    broken = -1
    if breakage and breakage.kind is Break.BROKEN_JSON:
        broken = min(breakage.after, len(script.pieces) - 1)
    for number, piece in enumerate(islice(script.pieces, early)):
        frame = voice.token(piece)
        yield frame if number != broken else _broken(frame or voice.ping())
    if early is None:
        yield voice.closing()
    elif breakage and breakage.kind is Break.ERROR:
        yield voice.error()


def _broken(frame: bytes) -> bytes:
    return frame.rstrip()[:-2] + b"\n\n"


def _without_utf8(data: bytes) -> bytes:
    return data.replace(NOT_UTF8.encode(), b"\xff\xc3")
