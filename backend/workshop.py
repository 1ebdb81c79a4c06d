"""How comparisons are made here, built from the settings: rooms, recorder, conductor, sockets."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from uuid import UUID

from backend.comparisons import repository
from backend.comparisons.conductor import Conductor
from backend.comparisons.contestants import Contestants
from backend.comparisons.recorder import Recorder
from backend.comparisons.recovery import recover
from backend.comparisons.studio import Studio
from backend.equipment import Equipment
from backend.kit.db import Database
from backend.kit.sockets import SocketTransport
from backend.limits.buckets import Buckets
from backend.limits.commands import CommandLimits
from backend.limits.rules import JOINS, MESSAGES, TURNS, command_rules
from backend.limits.turnstile import Capacity, Turnstile
from backend.rooms.hub import Hub
from backend.rooms.snapshot import Comparison
from backend.settings import Settings

_TO_WRITE_DOWN: Final = 2.0
"""Seconds of the drain that are kept for what was broken off."""


@dataclass(frozen=True, slots=True)
class Workshop:
    studio: Studio
    hub: Hub
    limits: CommandLimits


@asynccontextmanager
async def workshop(
    settings: Settings,
    database: Database,
    transport: SocketTransport,
    equipment: Equipment,
    buckets: Buckets,
) -> AsyncIterator[Workshop]:
    await recover(database, equipment.tokens)
    hub = Hub(transport, partial(_load, database))
    recorder = Recorder(database, equipment.tokens, hub.publish)
    conductor = Conductor(hub, recorder)
    turns = replace(TURNS, amount=settings.turns_a_minute)
    studio = Studio(
        database=database,
        hub=hub,
        conductor=conductor,
        contestants=Contestants(
            database,
            equipment.catalogue,
            equipment.keyring,
            equipment.keys,
            equipment.providers,
            equipment.outsiders,
        ),
        turnstile=Turnstile(
            Capacity(inside_per_user=settings.turns_at_once, inside=settings.server_turns_at_once)
        ),
        buckets=buckets,
        turns=turns,
        lanes_a_turn=settings.lanes_a_turn,
    )
    joins = replace(JOINS, amount=settings.joins_a_second)
    messages = replace(MESSAGES, amount=settings.messages_a_minute)
    recorder.start()
    try:
        yield Workshop(
            studio=studio,
            hub=hub,
            limits=CommandLimits(buckets, command_rules(turns=turns, joins=joins), messages),
        )
    finally:
        await conductor.close(max(0.0, settings.drain_seconds - _TO_WRITE_DOWN))
        await recorder.close()


async def _load(database: Database, comparison_id: UUID) -> Comparison:
    async with database.reading() as db:
        return await repository.load(db, comparison_id)
