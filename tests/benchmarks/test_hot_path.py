"""Every sample belongs to one part, the innermost."""

from collections import Counter

import pytest

from benchmarks.hot_path import LOOP, by_part, explained

MAIN = "main (/home/any/backend/cli.py:1);run_until_complete (/usr/lib/asyncio/base_events.py:600)"


def test_a_sample_belongs_to_the_innermost_part_that_asked_for_it() -> None:
    lane = f"{MAIN};_read (/home/any/backend/comparisons/lane.py:99)"
    seen = by_part(
        [
            f"{lane} 1",
            f"{lane};next (/home/any/backend/providers/exchange.py:90) 2",
            f"{lane};next (/x/backend/providers/exchange.py:90);read (/x/aiohttp/streams.py:5) 4",
            f"{lane};emit (/x/backend/comparisons/recorder.py:150);publish (/x/backend/rooms/room.py:7) 8",
            f"{lane};wait (/usr/lib/asyncio/tasks.py:3) 16",
            "_bootstrap (/usr/lib/threading.py:1);execute (/x/site-packages/aiosqlite/core.py:9) 32",
            f"{MAIN};publish (/x/backend/server/native/topics.py:30) 64",
            f"{MAIN} 128",
        ]
    )
    assert seen == {
        "lane": 17,
        "exchange": 2,
        "reading upstream": 4,
        "room": 8,
        "database": 32,
        "socket send": 64,
        LOOP.name: 128,
    }


def test_a_thread_that_waits_for_work_is_not_at_work() -> None:
    pool = "_bootstrap (/usr/lib/threading.py:1);_worker (/usr/lib/concurrent/futures/thread.py:81)"
    database = "run (/usr/lib/threading.py:1);_connection_worker_thread (/x/aiosqlite/core.py:59)"
    assert not by_part([f"{pool} 5", f"{database} 7"])
    assert by_part([f"{database};execute (/x/sqlalchemy/engine.py:3) 7"]) == {"database": 7}


def test_what_is_no_stack_is_not_counted_in_silence() -> None:
    with pytest.raises(ValueError, match="not a stack"):
        by_part(["Sampling process 100 times a second"])


def test_the_three_biggest_are_explained() -> None:
    said = explained("paced", Counter({"lane": 10, "socket send": 50, "room": 15, LOOP.name: 25}))
    assert said.startswith("Where most of the hot path's CPU goes, paced: socket send 50% (one system call")
    assert f"; {LOOP.name} 25% ({LOOP.why}); room 15% (" in said
    assert "lane" not in said


def test_a_line_that_was_torn_is_not_counted() -> None:
    whole = "serve (/x/a.py:1);execute (/x/sqlalchemy/engine.py:3) 2"
    assert by_part([*[whole] * 20, "", "ex\x85"]) == {"database": 40}
