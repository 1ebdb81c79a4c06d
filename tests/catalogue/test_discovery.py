import asyncio
from collections.abc import Sequence

import pytest

from backend.catalogue.discovery import Discovery, Found
from backend.providers.endpoints import Endpoint
from backend.providers.failures import FailureKind, ProviderError

OLLAMA = Endpoint("ollama", "Ollama", "http://127.0.0.1:11434/v1", discovers=True)


class Server:
    """Answers when it is let; the last answer is for all who ask later."""

    def __init__(self, *answers: Sequence[str] | Exception, waits: bool = False) -> None:
        self._answers = list(answers)
        self.asked = 0
        self.answered = asyncio.Event()
        self.may_answer = asyncio.Event()
        if not waits:
            self.may_answer.set()

    async def __call__(self) -> Sequence[str]:
        self.asked += 1
        answer = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        await self.may_answer.wait()
        self.answered.set()
        if isinstance(answer, Exception):
            raise answer
        return answer


async def test_what_a_server_has_is_asked_once_and_remembered() -> None:
    server = Server(["llama3.2", "qwen3"])
    discovery = Discovery(OLLAMA, server)
    assert await discovery.look() == Found(("llama3.2", "qwen3"))
    assert await discovery.look() == Found(("llama3.2", "qwen3"))
    assert server.asked == 1


async def test_many_who_look_first_ask_once() -> None:
    server = Server(["llama3.2"], waits=True)
    discovery = Discovery(OLLAMA, server, patience=60)
    looks = [asyncio.create_task(discovery.look()) for _ in range(5)]
    await asyncio.sleep(0)
    server.may_answer.set()
    assert await asyncio.gather(*looks) == [Found(("llama3.2",))] * 5
    assert server.asked == 1


async def test_nobody_waits_for_a_server_that_hangs_and_what_it_says_later_counts() -> None:
    server = Server(["llama3.2"], waits=True)
    discovery = Discovery(OLLAMA, server, patience=0.01)
    assert await discovery.look() == Found(problem="has not answered yet at http://127.0.0.1:11434/v1")
    server.may_answer.set()
    await server.answered.wait()
    assert await discovery.look() == Found(("llama3.2",))
    assert server.asked == 1


async def test_what_is_old_is_asked_anew_in_the_background() -> None:
    server = Server(["old"], ["new"])
    discovery = Discovery(OLLAMA, server, fresh=-1)
    await discovery.look()
    server.answered.clear()
    assert await discovery.look() == Found(("old",))
    await server.answered.wait()
    assert await discovery.look() == Found(("new",))
    await discovery.close()


@pytest.mark.parametrize(
    ("error", "problem"),
    [
        (ConnectionRefusedError(), "not running at http://127.0.0.1:11434/v1"),
        (TimeoutError(), "not running at http://127.0.0.1:11434/v1"),
        (ProviderError("unreachable", "no route"), "not running at http://127.0.0.1:11434/v1"),
        (ProviderError("credentials", "Wrong key."), "does not list its models: Wrong key."),
    ],
)
async def test_a_server_that_does_not_answer_says_what_to_do(error: Exception, problem: str) -> None:
    assert await Discovery(OLLAMA, Server(error)).look() == Found(problem=problem)


async def test_a_server_that_comes_back_is_found() -> None:
    kind: FailureKind = "unreachable"
    server = Server(ProviderError(kind, "no"), ["llama3.2"])
    discovery = Discovery(OLLAMA, server, fresh=-1)
    assert (await discovery.look()).problem
    server.answered.clear()
    await discovery.look()
    await server.answered.wait()
    assert await discovery.look() == Found(("llama3.2",))
    await discovery.close()


async def test_closing_leaves_no_question_behind() -> None:
    server = Server(["llama3.2"], waits=True)
    discovery = Discovery(OLLAMA, server, patience=0.01)
    await discovery.look()
    before = asyncio.all_tasks()
    await discovery.close()
    assert len(asyncio.all_tasks()) == len(before) - 1
    await discovery.close()
