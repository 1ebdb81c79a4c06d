"""A call until it is answered: parameters fitted, tries repeated, other models asked, until the first chunk.

Next: backend/providers/exchange.py
"""

import asyncio
import random
import time
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, TypeAlias

import structlog
from msgspec import Struct

from backend.providers.admission import Admission, Admitted
from backend.providers.chat import Call, Chunk, Finished, Interrupted
from backend.providers.dialects import WIRE_FORMATS
from backend.providers.exchange import Exchange, exchange
from backend.providers.failures import FailureKind, ProviderError, cleaned
from backend.providers.fitting import Dropped, fit
from backend.providers.keys import Key
from backend.providers.marks import Marks
from backend.providers.repair import repair
from backend.providers.retrying import Retries
from backend.providers.sdks import Sdks
from backend.providers.target import Target
from backend.providers.usage import Usage

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Candidate:
    """Who may answer, and under which key."""

    target: Target
    key: Key


class Retrying(Struct, frozen=True):
    """A try came to nothing before its first chunk; another one follows, perhaps with another model."""

    kind: FailureKind
    message: str
    wait: float
    next_id: str
    """The model that is tried next."""
    at: float


Piece: TypeAlias = Chunk | Retrying


class Answer:
    """Read `pieces` once, under `aclosing`; the rest says how it went, also when it broke off."""

    def __init__(self, call: Call, candidates: Sequence[Candidate], admission: Admission, sdks: Sdks) -> None:
        self.marks = Marks(queued=time.monotonic())
        self.dropped: tuple[Dropped, ...] = ()
        """Parameters that were asked for and not sent."""
        self.finished: Finished | None = None
        self._call = call
        self._waiting = list(candidates)
        self._admission = admission
        self._sdks = sdks
        self._stream: Exchange | None = None
        self._start_with(self._waiting.pop(0))

    @property
    def target(self) -> Target:
        """Who answers, or was asked last."""
        return self._candidate.target

    @property
    def usage(self) -> Usage | None:
        """As reported so far. Before the end it may count the answer only in part."""
        return self._stream.reader.usage if self._stream else None

    async def pieces(self) -> AsyncGenerator[Sequence[Piece], None]:
        """What each read of the socket brought. Raises ProviderError if nobody answers or one fails."""
        while True:
            try:
                async with self._try() as (admitted, stream):
                    while chunks := await stream.next():
                        self._note(admitted, chunks[-1])
                        yield chunks
                    return
            except ProviderError as error:
                error.message = cleaned(error.message, self._candidate.key.secret)
                # Without its words: providers repeat in them what they were asked.
                log.info("call.failed", model=self.target.id, kind=error.kind, status=error.status)
                retrying = self._after(error)
                if retrying is None:
                    raise
            log.info("call.retried", model=retrying.next_id, kind=retrying.kind, wait=round(retrying.wait, 3))
            yield [retrying]
            await asyncio.sleep(retrying.wait)

    def _start_with(self, candidate: Candidate) -> None:
        self._candidate = candidate
        self._retries = Retries(random.random)
        self._body: dict[str, Any] | None = None
        self._repaired = False

    @asynccontextmanager
    async def _try(self) -> AsyncIterator[tuple[Admitted, Exchange]]:
        target, key = self._candidate.target, self._candidate.key
        log.debug("call.tried", model=target.id)
        if self._body is None:
            fitted = fit(self._call, target)
            self.dropped = fitted.dropped
            self._body = WIRE_FORMATS[target.dialect].body(fitted.call, target)
        sdk = await self._sdks.get(target.endpoint.sdk)
        async with (
            self._admission.enter(target, key) as admitted,
            exchange(sdk, target, key, self._body, self.marks) as stream,
        ):
            self._stream = stream
            yield admitted, stream

    def _note(self, admitted: Admitted, last: Chunk) -> None:
        admitted.answered()
        if isinstance(last, Finished):
            self.finished = last
        elif isinstance(last, Interrupted):
            admitted.broke_off()

    def _after(self, error: ProviderError) -> Retrying | None:
        """What happens next, if anything does: nothing is repeated once a piece of the answer is out."""
        wait: float | None
        if self.marks.first_chunk is not None:
            return None
        if self._repair(error):
            wait = 0.0
        elif (wait := self._retries.pause_after(error)) is None:
            if not self._waiting:
                return None
            self._start_with(self._waiting.pop(0))
            wait = 0.0
        return Retrying(error.kind, error.message, wait, self.target.id, time.monotonic())

    def _repair(self, error: ProviderError) -> bool:
        if self._repaired or self._body is None or error.kind != "refused":
            return False
        required = WIRE_FORMATS[self.target.dialect].required
        repaired = repair(self._body, error.parameter, required=required)
        if repaired is None:
            return False
        self._repaired = True
        self._body = repaired.body
        # What nobody asked for is nobody's loss: the wire format may say more than the call.
        if repaired.dropped is not None and repaired.dropped.parameter in self._call.parameters.given():
            self.dropped += (repaired.dropped,)
        return True
