"""Our adapters, through the door that the rest of the house uses."""

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from functools import partial

from backend.providers.admission import Outcome
from backend.providers.answering import Answer, Candidate
from backend.providers.calling import Providers
from backend.providers.capabilities import Capabilities
from backend.providers.chat import Call, Text, user
from backend.providers.endpoints import Dialect, Endpoint
from backend.providers.keys import Key
from backend.providers.target import Target
from benchmarks.readers.reading import QUESTION, Connect, CutOffError, Heard, Read

KEY = Key("any")


class Adapter:
    """One endpoint, asked in one dialect."""

    def __init__(self, url: str, dialect: Dialect) -> None:
        messages = dialect == "messages"
        self.providers = Providers(_forget)
        self._dialect = dialect
        self._endpoint = Endpoint(
            "upstream",
            "Upstream",
            f"{url}/anthropic" if messages else f"{url}/openai/v1",
            sdk="anthropic" if messages else "openai",
        )

    def answer(self, model: str) -> Answer:
        target = Target(self._endpoint, model, self._dialect, Capabilities())
        return self.providers.answer(Call(model, (user(QUESTION),)), [Candidate(target, KEY)])

    async def read(self, model: str, heard: Heard) -> None:
        answer = self.answer(model)
        async with aclosing(answer.pieces()) as reads:
            async for pieces in reads:
                for piece in pieces:
                    if isinstance(piece, Text):
                        heard(piece.text)
        if answer.finished is None:
            raise CutOffError


def connecting(dialect: Dialect) -> Connect:
    return partial(_connected, dialect=dialect)


@asynccontextmanager
async def _connected(url: str, dialect: Dialect) -> AsyncIterator[Read]:
    adapter = Adapter(url, dialect)
    try:
        yield adapter.read
    finally:
        await adapter.providers.aclose()


def _forget(_target: Target, _outcome: Outcome) -> None:
    pass
