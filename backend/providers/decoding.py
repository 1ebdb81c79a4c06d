"""From the bytes of a stream to chunks. What events mean is each dialect's own; this is what they share."""

from typing import Protocol

from backend.providers.chat import Chunk, Finished, Interrupted
from backend.providers.failures import ProviderError, shortened
from backend.providers.sse import SseReader, TooLongError
from backend.providers.usage import Usage

_SHOWN = 120


class EventStream(Protocol):
    """Reads the events of one stream in their order."""

    @property
    def usage(self) -> Usage | None:
        """The last that was reported. Until the stream has finished it may count the answer only in part."""
        ...

    def read(self, event: bytes, at: float, chunks: list[Chunk]) -> bool:
        """Appends what the event says; True when it was the last. Raises ProviderError for an error in it."""
        ...

    def finished(self, at: float) -> Finished | None:
        """The end, if the terminal marker has been seen."""
        ...


class ChunkReader:
    """Feed it what comes from the socket. Chunks that came before a failure are handed out before it."""

    __slots__ = ("_events", "_stream", "ended", "failure", "interrupted")

    def __init__(self, stream: EventStream) -> None:
        self._stream = stream
        self._events = SseReader()
        self.ended = False
        self.interrupted = False
        self.failure: ProviderError | None = None

    @property
    def usage(self) -> Usage | None:
        return self._stream.usage

    def feed(self, piece: bytes, at: float) -> list[Chunk]:
        chunks: list[Chunk] = []
        if self.ended:
            return chunks
        try:
            for event in self._events.feed(piece):
                if self._stream.read(event, at, chunks):
                    self._end(at, chunks)
                    break
        except TooLongError as error:
            self.failure = ProviderError("bad_stream", f"The provider sent {error}.")
        except ProviderError as error:
            self.failure = error
        self.ended = self.ended or self.failure is not None
        return chunks

    def close(self, at: float) -> list[Chunk]:
        """The body has ended, by itself or by a fault."""
        chunks: list[Chunk] = []
        if self.ended:
            return chunks
        try:
            for event in self._events.end():
                if self._stream.read(event, at, chunks):
                    break
        except TooLongError:
            pass
        except ProviderError as error:
            # Half an event at a cut is no fault of its own; an error that was said in full is.
            self.failure = None if error.kind == "bad_stream" else error
        if self.failure is None:
            self._end(at, chunks)
        self.ended = True
        return chunks

    def _end(self, at: float, chunks: list[Chunk]) -> None:
        """What an answer used is told only once it is whole."""
        finished = self._stream.finished(at)
        usage = self._stream.usage if finished else None
        if usage is not None:
            chunks.append(usage)
        chunks.append(finished or Interrupted(at))
        self.interrupted = finished is None
        self.ended = True


def not_understood(event: bytes, error: Exception) -> ProviderError:
    shown = shortened(event[:_SHOWN].decode("utf-8", "backslashreplace"), _SHOWN)
    return ProviderError("bad_stream", f"The provider sent what cannot be read ({error}): {shown}")
