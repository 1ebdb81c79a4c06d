"""People bear what was promised for the weather; the same without a fault is a finding."""

from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager, nullcontext

import pytest
from aiohttp import web

from soak.crowd import Crowd
from soak.person import Disturbed, Person
from soak.plan import Plan
from soak.programs import free_port
from soak.room_socket import RoomSocket
from soak.weather import Kind
from soak.world import Posted, World

PLAN = Plan(seconds=1, seed=1, faults=())
UNAVAILABLE = {"code": "database_unavailable"}


@asynccontextmanager
async def answering(status: int, body: object) -> AsyncIterator[World]:
    async def answer(_request: web.Request) -> web.Response:
        return web.json_response(body, status=status)

    async with serving(answer) as world:
        yield world


@asynccontextmanager
async def closing(code: int) -> AsyncIterator[World]:
    """After the greeting."""

    async def converse(request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        await socket.send_json({"type": "hello", "version": 1, "authenticated": True})
        await socket.close(code=code)
        return socket

    async with serving(converse) as world:
        yield world


@asynccontextmanager
async def serving(handler: object) -> AsyncIterator[World]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)  # type: ignore[arg-type]
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    port = free_port()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield World(f"http://127.0.0.1:{port}", PLAN)
    finally:
        await runner.cleanup()


def fault(world: World, kind: Kind | None) -> AbstractContextManager[object]:
    return nullcontext() if kind is None else world.weather.during(kind)


async def ask(world: World) -> None:
    person = Person(world, "one")
    try:
        with pytest.raises(Disturbed):
            await person.ask("GET", "/api/comparisons/01a1ff45-4185-7759-a406-9567f0d81096")
    finally:
        await person.hang_up()


@pytest.mark.parametrize(
    ("status", "body", "kind", "findings"),
    [
        (503, UNAVAILABLE, None, ["GET /api/comparisons/*: 503 database_unavailable"]),
        (503, UNAVAILABLE, "pause", []),
        (503, UNAVAILABLE, "refusal", ["GET /api/comparisons/*: 503 database_unavailable"]),
        (503, {}, "pause", ["GET /api/comparisons/*: 503 "]),
        (503, {}, "terminate", []),
        (500, {"code": "internal"}, "kill", ["GET /api/comparisons/*: 500 internal"]),
        (404, {"code": "not_found"}, "pause", ["GET /api/comparisons/*: 404 not_found"]),
    ],
)
async def test_an_answer_is_borne_only_in_its_weather(
    status: int, body: object, kind: Kind | None, findings: list[str]
) -> None:
    async with answering(status, body) as world:
        with fault(world, kind):
            await ask(world)
    assert list(world.tally.findings) == findings


@pytest.mark.parametrize(("kind", "count"), [("kill", 0), ("terminate", 0), ("pause", 1), (None, 1)])
async def test_a_server_that_is_not_there_is_borne_only_when_it_was_ended(
    kind: Kind | None, count: int
) -> None:
    world = World(f"http://127.0.0.1:{free_port()}", PLAN)
    with fault(world, kind):
        await ask(world)
    assert len(world.tally.findings) == count


@pytest.mark.parametrize(
    ("code", "kind", "findings"),
    [
        (1012, "terminate", []),
        (1012, None, ["a socket was closed with 1012"]),
        (1012, "pause", ["a socket was closed with 1012"]),
        (1011, "terminate", ["a socket was closed with 1011"]),
        (4408, "kill", ["a socket was closed with 4408"]),
    ],
)
async def test_a_socket_is_closed_only_as_was_promised(
    code: int, kind: Kind | None, findings: list[str]
) -> None:
    async with closing(code) as world:
        with fault(world, kind):
            async with RoomSocket(Person(world, "one")) as socket:
                with pytest.raises(Disturbed):
                    await socket.frame(20)
    assert list(world.tally.findings) == findings


async def test_who_meets_something_that_nobody_thought_of_has_found_something_and_others_go_on() -> None:
    world = World("http://127.0.0.1:1", PLAN)
    crowd = Crowd(world)

    class Stumbling:
        async def round(self) -> None:
            raise KeyError("turns")

    class Walking:
        rounds = 0

        async def round(self) -> None:
            self.rounds += 1
            await world.pause(0.001)
            if self.rounds > 5 and world.tally.findings:
                world.over.set()

    walking = Walking()
    crowd.living += [("one", Stumbling()), ("other", walking)]
    await crowd.live()
    assert list(world.tally.findings) == ["Stumbling met KeyError: 'turns'"]
    assert walking.rounds > 5


def test_who_asked_before_it_was_restored_may_have_met_it_in_the_trash() -> None:
    posted = Posted("a", object(), "word")
    assert not posted.may_be_gone(since=10)
    posted.trashed = True
    assert posted.may_be_gone(since=10)
    posted.trashed, posted.back_at = False, 20
    assert posted.may_be_gone(since=19)
    assert not posted.may_be_gone(since=21)
