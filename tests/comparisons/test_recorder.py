"""What is told is what is stored, and nobody who speaks waits for the database."""

import asyncio
import time
from contextlib import AsyncExitStack
from itertools import pairwise

import aiohttp
import msgspec
import pytest
import structlog
from sqlalchemy import text

from backend.comparisons.lane import Heard
from backend.comparisons.recorder import BETWEEN_COMMITS
from backend.comparisons.recording import FRAME
from backend.kit.db import Database
from backend.providers.chat import Text
from backend.rooms.protocol import RoomEvent
from tests.comparisons.rehearsal import (
    QUICK,
    TERMINAL,
    TURN_ENDS,
    Listener,
    Rehearsal,
    check_sums,
    of_lane,
    rehearsing,
    responses_of,
)
from tests.support.waiting import eventually

ENDLESS = "simulator/sage@ttft:0@pace:5@tokens:100000"
SLOW = "simulator/swift@ttft:0@pace:10@tokens:60"
ROOM_FOR_A_START = 12  # pages: of 4 kB, as SQLite has them


async def spoken(rehearsal: Rehearsal) -> dict[str, str]:
    """What the provider says to each question that it was asked, by model and prompt: the whole at once."""
    answers = {}
    async with aiohttp.ClientSession() as session:
        for body in rehearsal.asked_of_provider():
            key = f"{body['model']} {body['messages'][-1]['content']}"
            if key not in answers:
                whole = {name: value for name, value in body.items() if not name.startswith("stream")}
                url = f"{rehearsal.simulator.openai_url}/chat/completions"
                async with session.post(url, json=whole, headers={"authorization": "Bearer x"}) as response:
                    answers[key] = (await response.json())["choices"][0]["message"]["content"]
    return answers


async def test_what_was_said_is_what_was_told_and_what_is_stored(rehearsal: Rehearsal) -> None:
    """To the character, over hundreds of answers: all scripts, emoji, thoughts."""
    models = [
        f"simulator/{name}{QUICK}@seed:{seed}" for name in ("polyglot", "sage", "swift") for seed in range(8)
    ]
    comparison = await rehearsal.comparison(*models, prompt="Turn 0")
    listener = await rehearsal.listener(comparison)
    for number in range(9 if rehearsal.database.name == "sqlite" else 3):
        await rehearsal.start(comparison, f"Turn {number}")
        comparison = await rehearsal.over(comparison)
    answers = await spoken(rehearsal)
    assert any(len(each) != len(each.encode("utf-16-le")) // 2 for each in answers.values())
    assert any(each.reasoning for each in responses_of(comparison))
    compared = 0
    for turn in comparison.turns:
        for response in turn.responses:
            assert response.status == "completed"
            assert listener.text(response.id) == response.text
            assert listener.text(response.id, "model_reasoning") == response.reasoning
            said = answers.get(f"{response.model_id.removeprefix('simulator/')} {turn.prompt}")
            if said is not None:
                assert response.text == said
                compared += 1
    assert compared >= 72
    assert await rehearsal.chunks_left() == set()


async def test_frames_of_a_flood_are_kept_apart(on_sqlite: Rehearsal) -> None:
    comparison, listener = await on_sqlite.played("simulator/swift@ttft:0@pace:0.5@tokens:1200")
    moments = [each["heard"] for each in listener.of("model_chunk")]
    gaps = [after - before for before, after in pairwise(moments)]
    assert min(gaps[:-1]) >= FRAME - 0.002  # the end waits for none
    assert listener.text(of_lane(comparison, 0).id) == of_lane(comparison, 0).text


async def test_chunks_flow_while_the_database_keeps_everybody_waiting(rehearsal: Rehearsal) -> None:
    comparison = await rehearsal.comparison(SLOW, SLOW)
    listener = await rehearsal.listener(comparison)
    await rehearsal.start(comparison)
    async with rehearsal.database.transaction() as db:
        if rehearsal.database.name == "postgresql":
            await db.execute(text("LOCK TABLE responses, chunks IN EXCLUSIVE MODE"))
        ids = [each.id for each in responses_of(listener.room.snapshot())]
        await _silence(listener)
        told = [listener.text(response) for response in ids]
        assert listener.of(*TERMINAL) == []
    comparison = await rehearsal.over(comparison)
    assert [each.text for each in responses_of(comparison)] == told
    assert [each.status for each in responses_of(comparison)] == ["completed"] * 2


async def _silence(listener: Listener) -> None:
    """Everything has been said: nothing comes for longer than any of them pauses."""
    await listener.first("model_chunk")
    await eventually(lambda: listener.frames[-1]["heard"] < time.monotonic() - 0.5)


@pytest.mark.parametrize("streams", [5, 48])
async def test_commits_do_not_grow_with_the_streams(on_sqlite: Rehearsal, streams: int) -> None:
    lanes = 5 if streams == 5 else 24
    talking = "simulator/swift@ttft:0@pace:5@tokens:200"
    comparisons = [await on_sqlite.comparison(*[talking] * lanes) for _ in range(streams // lanes)]
    for each in comparisons:
        await on_sqlite.start(each)
    before = len(on_sqlite.commits)
    for each in comparisons:
        await on_sqlite.over(each)
    commits = on_sqlite.commits[before:]
    assert 1 <= len(commits) <= (commits[-1] - commits[0]) / BETWEEN_COMMITS + 2


async def test_what_waits_for_its_frame_while_others_are_written_is_written_soon_after(
    on_sqlite: Rehearsal,
) -> None:
    comparison = await on_sqlite.comparison("simulator/swift@hang")
    (response_id,) = (await on_sqlite.start(comparison)).response_ids
    await eventually(lambda: bool(on_sqlite.asked_of_provider()))

    def say(word: str) -> None:
        on_sqlite.recorder.emit(response_id, Heard([Text(word, 0.0)]))

    said = ""
    for word in ("one", "two", "three"):
        say(word)  # leaves at once, and is written at once
        say("!")  # has to wait for its frame, and nothing follows
        said += f"{word}!"

        async def all_of_it(expected: str = said) -> bool:
            return await _on_disk(on_sqlite.database) == expected

        await eventually(all_of_it)
        await asyncio.sleep(1.5 * BETWEEN_COMMITS)


async def _on_disk(database: Database) -> str:
    async with database.reading() as db:
        return "".join(await db.scalars(text("SELECT text FROM chunks ORDER BY number")))


async def test_a_full_disk_stops_nobody_and_everything_is_stored_once_there_is_room(
    on_sqlite: Rehearsal,
) -> None:
    long = f"simulator/swift@tokens:20000{QUICK}"  # a hundred thousand characters
    comparison = await on_sqlite.comparison(long, long)
    listener = await on_sqlite.listener(comparison)
    async with on_sqlite.database.transaction() as db:
        pages = await db.scalar(text("PRAGMA page_count"))
        await db.execute(text(f"PRAGMA max_page_count = {pages + ROOM_FOR_A_START}"))
    started = await on_sqlite.start(comparison)
    for response_id in started.response_ids:
        end = await listener.first(*TERMINAL, responseId=str(response_id))
        assert (end["stored"], end["totals"]) == (False, None)
    assert [each.stored for each in responses_of(listener.room.snapshot())] == [False, False]
    assert listener.of(*TURN_ENDS) == []
    async with on_sqlite.database.transaction() as db:
        await db.execute(text("PRAGMA max_page_count = 1000000"))
    comparison = await on_sqlite.over(comparison)
    assert len(listener.of("response_stored")) == 2
    assert len(listener.of(*TERMINAL)) == 2
    assert listener.frames[-1]["type"] == "comparison_complete"
    assert listener.frames[-1]["totals"]["responseCount"] == 2
    check_sums(comparison, await on_sqlite.ledger())


async def test_a_connection_that_is_killed_while_it_writes_costs_nothing_and_doubles_nothing(
    postgres_url: str,
) -> None:
    async with rehearsing(postgres_url) as rehearsal:
        comparison = await rehearsal.comparison(ENDLESS, ENDLESS)
        listener = await rehearsal.listener(comparison)
        await rehearsal.start(comparison)
        async with rehearsal.database.transaction() as db:
            await db.execute(text("LOCK TABLE responses IN EXCLUSIVE MODE"))

            async def killed() -> bool:
                await db.execute(_LOOK_AGAIN)
                return bool(await db.scalar(_KILL))

            rehearsal.studio.conductor.stop_comparison(comparison.session_id)
            await eventually(killed)
        comparison = await rehearsal.over(comparison)
        assert len(listener.of(*TERMINAL)) == 2
        check_sums(comparison, await rehearsal.ledger())


# In one transaction a server shows its activity as it was at the first look.
_LOOK_AGAIN = text("SELECT pg_stat_clear_snapshot()")
_KILL = text(
    "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid() AND wait_event_type = 'Lock'"
)


async def test_a_room_that_refuses_an_event_costs_nobody_the_record(on_sqlite: Rehearsal) -> None:
    publish = on_sqlite.studio.hub.publish

    def refuses(event: RoomEvent) -> None:
        if type(event).__name__ in {"ModelStart", "ModelComplete"}:
            raise ValueError("out of step")
        publish(event)

    on_sqlite.recorder._publish = refuses
    with structlog.testing.capture_logs() as logs:
        comparison = await on_sqlite.comparison(f"simulator/swift{QUICK}")
        await on_sqlite.start(comparison)
        async with asyncio.timeout(20):
            await on_sqlite.studio.conductor.over(comparison.session_id)
    stored = await on_sqlite.load(comparison)
    assert of_lane(stored, 0).status == "completed"
    assert of_lane(stored, 0).text
    assert "room.refused" in {entry["event"] for entry in logs}


async def test_a_value_that_no_database_takes_keeps_no_others_from_the_record(rehearsal: Rehearsal) -> None:
    """One ledger row that cannot be: its own response alone is without a record, and says so."""
    async with rehearsal.database.transaction() as db:
        for statement in _NO_SAGE[rehearsal.database.name]:
            await db.execute(text(statement))
    comparison = await rehearsal.comparison(f"simulator/sage{QUICK}", f"simulator/swift{QUICK}")
    listener = await rehearsal.listener(comparison)
    with structlog.testing.capture_logs() as logs:
        await rehearsal.start(comparison)
        async with asyncio.timeout(20):
            await rehearsal.studio.conductor.over(comparison.session_id)
    stored = await rehearsal.load(comparison)
    assert [of_lane(stored, place).status for place in (0, 1)] == ["streaming", "completed"]
    ends = {each["modelId"].partition("@")[0]: each["stored"] for each in listener.of(*TERMINAL)}
    assert ends == {"simulator/sage": False, "simulator/swift": True}
    assert "recorder.gave_up" in {entry["event"] for entry in logs}


_ON_SQLITE = """
CREATE TRIGGER no_sage BEFORE INSERT ON ledger WHEN NEW.model_id LIKE '%/sage%'
BEGIN SELECT RAISE(ABORT, 'no'); END
"""
_FUNCTION = """
CREATE FUNCTION no_sage() RETURNS trigger AS $$ BEGIN RAISE EXCEPTION 'no'; END $$ LANGUAGE plpgsql
"""
_ON_POSTGRESQL = """
CREATE TRIGGER no_sage BEFORE INSERT ON ledger FOR EACH ROW WHEN (NEW.model_id LIKE '%/sage%')
EXECUTE FUNCTION no_sage()
"""
_NO_SAGE = {"sqlite": [_ON_SQLITE], "postgresql": [_FUNCTION, _ON_POSTGRESQL]}


async def test_closing_writes_what_there_is(on_sqlite: Rehearsal) -> None:
    async with AsyncExitStack() as stack:
        stack.push_async_callback(on_sqlite.recorder.close)
        comparison = await on_sqlite.comparison(SLOW)
        await on_sqlite.start(comparison)
        await on_sqlite.studio.conductor.close(0)
    response = of_lane(await on_sqlite.load(comparison), 0)
    assert (response.status, response.error_kind) == ("interrupted", "restart")
    assert msgspec.json.encode(response)
