"""Thousands who come, join and break off at every moment; nothing of them stays behind."""

import asyncio
import json
import random
from collections.abc import Callable
from contextlib import suppress
from uuid import UUID

import pytest

from tests.rooms.stage import Person, Stage
from tests.server.frames import Opcode, frame, upgrade_request
from tests.support.scale import scaled

CYCLES, AT_ONCE = scaled(1_000, 5_000), 50  # on each of the servers


async def come_and_go(stage: Stage, person: Person, sessions: list[UUID], dice: random.Random) -> None:
    """As far as the dice let him, and then without a word."""
    port = stage.thread.server.port
    with suppress(ConnectionError, asyncio.IncompleteReadError):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            known = {"authorization": f"Bearer {person.token}"} if dice.random() < 0.8 else {}
            writer.write(upgrade_request(**known))
            if dice.random() < 0.1:
                return
            await reader.readuntil(b"\r\n\r\n")
            for kind in dice.choices(("join_session", "typing", "leave_session", "start_comparison"), k=3):
                if dice.random() < 0.2:
                    return
                command = {"type": kind, "id": 1, "sessionId": str(dice.choice(sessions))}
                writer.write(frame(Opcode.TEXT, json.dumps(command).encode()))
            if dice.random() < 0.7:
                await reader.read(100)
        finally:
            writer.transport.abort()


@pytest.mark.promised
async def test_thousands_who_break_off_leave_nothing_behind(stage_with: Callable[..., Stage]) -> None:
    stage = stage_with(idle=0.01)
    people = [stage.person(f"{number}@example.org") for number in range(3)]
    sessions = [stage.archive.keep(person.id).session_id for person in people for _ in range(10)]
    dice = random.Random(3)
    tasks_before = stage.now(lambda: len(asyncio.all_tasks()))
    turns = asyncio.Semaphore(AT_ONCE)

    async def one() -> None:
        async with turns:
            await come_and_go(stage, dice.choice(people), sessions, dice)

    async with asyncio.timeout(scaled(120, 600)):
        await asyncio.gather(*(one() for _ in range(CYCLES)))
    assert stage.archive.reads > 30
    assert len(stage.archive.performed) > 30
    sockets = stage.sockets
    stage.until(lambda: stage.thread.server.open_sockets() == 0)
    stage.until(lambda: not sockets._visitors and stage.hub.live_rooms == 0)
    stage.now(forget_the_lost, stage)
    assert (sockets._crowd.size, sockets._on_the_way, sockets._watch) == (0, {}, None)
    stage.until(lambda: len(asyncio.all_tasks()) <= tasks_before)


def forget_the_lost(stage: Stage) -> None:
    """As the next who comes does, a while later."""
    sockets = stage.sockets
    for number, (request, admitted, _) in tuple(sockets._on_the_way.items()):
        sockets._on_the_way[number] = (request, admitted, 0.0)
    sockets._forget_the_lost()
