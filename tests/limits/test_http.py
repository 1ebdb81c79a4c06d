"""Through the guards of the real application, on a real socket."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, cast

import httpx2
import pytest
from litestar import Litestar, Request, get

from backend.app import guard
from backend.kit.http.failures import exception_handlers
from backend.kit.metrics import Metrics
from backend.limits.askers import Asker
from backend.limits.http import AddressLimit, hold_to
from backend.limits.memory import memory_buckets
from backend.limits.rules import Rule
from backend.settings import Settings
from tests.limits.conftest import Clock
from tests.support.asgi_server import served

ALL = Rule("requests", 10, 60, "address")
OWN = Rule("turns", 3, 30, "user")
KEY = Rule("api_key_requests", 2, 60, "api_key")

Start = Callable[..., httpx2.Client]


@pytest.fixture
def start(tmp_path: Path, clock: Clock) -> Iterator[Start]:
    def serve(rule: Rule = ALL, **environ: str) -> httpx2.Client:
        buckets = memory_buckets(clock)

        @get("/api/free", sync_to_thread=False)
        def free() -> str:
            return "free"

        @get("/api/turn")
        async def turn(request: Request[Any, Any, Any]) -> str:
            asker = Asker("unused", "user:a", request.headers.get("x-key"))
            await hold_to([KEY, OWN], asker, buckets, request.scope)
            return "turn"

        litestar = Litestar(
            [free, turn], exception_handlers=exception_handlers(), openapi_config=None, logging_config=None
        )
        limited = AddressLimit(cast("Any", litestar), buckets, rule, frozenset({"/health"}))
        settings = Settings.load({"BAKEOFF_DATA_DIR": str(tmp_path), **environ})
        return stack.enter_context(
            served(guard(cast("Litestar", limited), settings, Metrics.declare("0.0.0")))
        )

    with ExitStack() as stack:
        yield serve


def test_every_answer_says_what_is_left(start: Start, clock: Clock) -> None:
    client = start()
    for left in (9, 8, 7):
        before = time.time()
        headers = client.get("/api/free").headers
        assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("10", str(left))
        assert before + 60 <= int(headers["x-ratelimit-reset"]) <= time.time() + 61
        assert "retry-after" not in headers
    assert client.get("/api/nothing").headers["x-ratelimit-remaining"] == "6"


def test_who_asks_too_much_is_refused_in_the_houses_words(start: Start, clock: Clock) -> None:
    client = start()
    for _ in range(10):
        assert client.get("/api/free").status_code == 200
    clock.now += 17.5
    refused = client.get("/api/free")
    assert refused.status_code == 429
    assert refused.json()["code"] == "rate_limited"
    assert refused.json()["requestId"] == refused.headers["x-request-id"]
    assert refused.headers["retry-after"] == "43"
    assert (refused.headers["x-ratelimit-limit"], refused.headers["x-ratelimit-remaining"]) == ("10", "0")
    assert "content-security-policy" in refused.headers
    clock.now += 43
    assert client.get("/api/free").status_code == 200


async def test_a_hundred_at_once_are_not_one_too_many(start: Start) -> None:
    url = start(Rule("requests", 40, 60, "address")).base_url
    async with httpx2.AsyncClient(base_url=url, timeout=30) as client:
        answers = await asyncio.gather(*(client.get("/api/free") for _ in range(100)))
    assert sorted(answer.status_code for answer in answers) == [200] * 40 + [429] * 60


def forwarded(client: httpx2.Client, addresses: list[str]) -> list[int]:
    return [
        client.get("/api/free", headers={"x-forwarded-for": made_up}).status_code for made_up in addresses
    ]


def test_a_rotating_header_does_not_help_a_stranger(start: Start) -> None:
    made_up = [f"198.51.100.{number}" for number in range(20)]
    assert forwarded(start(), made_up) == [200] * 10 + [429] * 10


def test_nor_does_it_help_behind_a_believed_proxy(start: Start) -> None:
    client = start(BAKEOFF_TRUSTED_PROXIES="127.0.0.1")
    made_up = [f"198.51.100.{number}, 203.0.113.9" for number in range(20)]
    assert forwarded(client, made_up) == [200] * 10 + [429] * 10
    assert forwarded(client, ["203.0.113.10"]) == [200]


def test_nor_does_moving_within_one_network_of_ipv6(start: Start) -> None:
    client = start(BAKEOFF_TRUSTED_PROXIES="127.0.0.1")
    made_up = [f"2001:db8:1:2:{number:x}::1" for number in range(20)]
    assert forwarded(client, made_up) == [200] * 10 + [429] * 10
    assert forwarded(client, ["2001:db8:1:3::1"]) == [200]


def test_monitors_are_spared(start: Start) -> None:
    client = start()
    assert [client.get("/api/free").status_code for _ in range(11)][-1] == 429
    answers = [client.get("/health") for _ in range(11)]
    assert {answer.status_code for answer in answers} == {404}
    assert "x-ratelimit-limit" not in answers[0].headers


def test_the_tightest_limit_is_the_one_that_is_told(start: Start) -> None:
    client = start()
    told = []
    for _ in range(4):
        headers = client.get("/api/turn").headers
        told.append((headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]))
    assert told == [("3", "2"), ("3", "1"), ("3", "0"), ("3", "0")]


def test_a_route_does_not_hide_that_the_address_is_nearly_used_up(start: Start) -> None:
    client = start()
    for _ in range(9):
        client.get("/api/free")
    headers = client.get("/api/turn").headers
    assert (headers["x-ratelimit-limit"], headers["x-ratelimit-remaining"]) == ("10", "0")


def test_a_route_refuses_by_its_own_limit_in_the_same_words(start: Start, clock: Clock) -> None:
    client = start()
    for _ in range(3):
        client.get("/api/turn")
    refused = client.get("/api/turn")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert refused.headers.get_list("retry-after") == ["30"]
    assert refused.headers.get_list("x-ratelimit-limit") == ["3"]
    assert client.get("/api/free").status_code == 200


def test_what_a_narrow_rule_refuses_is_not_counted_by_the_wide_one(start: Start) -> None:
    client = start()
    by_key = [client.get("/api/turn", headers={"x-key": "key:1"}).status_code for _ in range(6)]
    assert by_key == [200, 200, 429, 429, 429, 429]
    assert [client.get("/api/turn").status_code for _ in range(2)] == [200, 429]
