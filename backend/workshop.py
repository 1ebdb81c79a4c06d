"""How comparisons are made here, built from the settings: rooms, recorder, conductor, what goes with them."""

from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Final
from uuid import UUID

import msgspec

from backend.accounts.door import Door
from backend.attachments.shelf import Shelf
from backend.comparisons import repository
from backend.comparisons.commands import backing_of
from backend.comparisons.conductor import Conductor
from backend.comparisons.contestants import Contestants
from backend.comparisons.purger import Purger
from backend.comparisons.readers import Readers
from backend.comparisons.recorder import Recorder
from backend.comparisons.recovery import recover
from backend.comparisons.sharing import Sharing
from backend.comparisons.studio import Studio
from backend.equipment import Equipment
from backend.kit.blobs import Blobs
from backend.kit.db import Database
from backend.kit.master_key import MasterKey
from backend.kit.metrics import Metrics
from backend.kit.sockets import SocketTransport
from backend.limits.commands import CommandLimits
from backend.limits.memory import memory_buckets
from backend.limits.rules import JOINS, MESSAGES, TURNS, command_rules
from backend.limits.turnstile import Capacity, Turnstile
from backend.rooms.backing import House
from backend.rooms.hub import Hub
from backend.rooms.protocol import BudgetWarning
from backend.rooms.snapshot import Comparison
from backend.settings import Settings
from backend.usage.alerts import Alerts, running
from backend.usage.budget import Crossing

_TO_WRITE_DOWN: Final = 2.0
"""Seconds of the drain that are kept for what was broken off."""


@dataclass(frozen=True, slots=True)
class Workshop:
    studio: Studio
    house: House
    readers: Readers
    sharing: Sharing
    alerts: Alerts


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is there already."""

    database: Database
    transport: SocketTransport
    door: Door
    equipment: Equipment
    master: MasterKey
    metrics: Metrics
    tell: Callable[[UUID | None, msgspec.Struct], None]
    """Says something to all sockets of a user, or to all there are."""


@asynccontextmanager
async def workshop(settings: Settings, here: Surroundings) -> AsyncIterator[Workshop]:
    database, tokens = here.database, here.equipment.tokens
    shelf = _shelf(settings, database)
    await recover(database, shelf, tokens)
    load = partial(_load, database)
    hub = Hub(here.transport, load)
    buckets = memory_buckets()
    alerts = Alerts(database, here.equipment.keyring.outside, here.master)

    def crossed(crossings: Sequence[Crossing]) -> None:
        alerts.wake()
        for crossing in crossings:
            here.tell(crossing.user_id, _warning(crossing))
            if crossing.stops:
                conductor.stop_payer(crossing.user_id, "budget")

    recorder = Recorder(database, tokens, hub.publish, here.metrics, crossed)
    conductor = Conductor(hub, recorder)
    sharing = Sharing(here.door, hub.access_changed, buckets)
    turns = replace(TURNS, amount=settings.turns_a_minute)
    joins = replace(JOINS, amount=settings.joins_a_second)
    messages = replace(MESSAGES, amount=settings.messages_a_minute)
    limits = CommandLimits(buckets, command_rules(turns=turns, joins=joins), messages)
    studio = Studio(
        database=database,
        hub=hub,
        conductor=conductor,
        contestants=_contestants(here),
        shelf=shelf,
        tokens=tokens,
        turnstile=Turnstile(
            Capacity(inside_per_user=settings.turns_at_once, inside=settings.server_turns_at_once)
        ),
        buckets=buckets,
        turns=turns,
        lanes_a_turn=settings.lanes_a_turn,
    )
    house = House(here.door, hub, backing_of(studio, load), limits, here.metrics.refused)
    _measure(here, studio, recorder)
    recorder.start()
    try:
        async with Purger(database, shelf), sharing.watching(), running(alerts):
            yield Workshop(studio, house, Readers(database, here.door), sharing, alerts)
    finally:
        await conductor.close(max(0.0, settings.drain_seconds - _TO_WRITE_DOWN))
        await recorder.close()


def _measure(here: Surroundings, studio: Studio, recorder: Recorder) -> None:
    """What is asked for only when somebody looks."""
    metrics, turnstile, equipment = here.metrics, studio.turnstile, here.equipment
    traffic = studio.hub.traffic
    metrics.turns.running.set_function(lambda: turnstile.inside)
    waiting = metrics.turns.waiting
    waiting.labels("server").set_function(lambda: turnstile.waiting_for_others)
    waiting.labels("user").set_function(lambda: turnstile.waiting - turnstile.waiting_for_others)
    metrics.turns.streams.set_function(lambda: recorder.streams)
    metrics.providers.waiting.set_function(lambda: equipment.providers.waiting + equipment.outsiders.waiting)
    metrics.rooms.open.set_function(lambda: studio.hub.live_rooms)
    metrics.rooms.members.set_function(lambda: studio.hub.members)
    metrics.rooms.events.set_function(lambda: {(): traffic.events})
    metrics.rooms.deliveries.set_function(lambda: {(): traffic.deliveries})
    metrics.rooms.joins.set_function(
        lambda: {
            ("replay",): traffic.replays,
            ("snapshot",): traffic.snapshots,
            ("position",): traffic.fetched,
        }
    )
    metrics.database.unwritten_rows.set_function(lambda: recorder.unwritten)
    metrics.database.unwritten_age_seconds.set_function(lambda: recorder.unwritten_for)


def _shelf(settings: Settings, database: Database) -> Shelf:
    return Shelf(
        database,
        Blobs(settings.data_dir / "attachments"),
        largest=settings.max_attachment_bytes,
        most_unused=settings.max_unused_attachment_bytes,
    )


def _contestants(here: Surroundings) -> Contestants:
    equipment = here.equipment
    return Contestants(
        here.database,
        equipment.catalogue,
        equipment.keyring,
        equipment.keys,
        equipment.providers,
        equipment.outsiders,
    )


def _warning(crossing: Crossing) -> BudgetWarning:
    state = crossing.state
    return BudgetWarning(
        scope="everyone" if crossing.user_id is None else "user",
        period=state.budget.period,
        limit=float(state.budget.amount),
        spent=float(state.spent),
        message=state.message,
    )


async def _load(database: Database, comparison_id: UUID) -> Comparison:
    async with database.reading() as db:
        return await repository.load(db, comparison_id)
