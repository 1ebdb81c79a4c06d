"""A past that never was: comparisons with lanes, turns, responses and the search index, written in bulk.

Nine in ten belong to one person, the others to fifty more. Words are drawn as languages draw them, a few very
often and most hardly ever; `half` is in every second answer, `needle` in five of all.
"""

import json
import random
import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import accumulate, islice
from typing import Any
from uuid import UUID

import asyncpg

from backend.accounts.tables import UserRow
from backend.comparisons import search_index
from backend.comparisons.search import PLACES, TEXTS
from backend.comparisons.tables import (
    ComparisonRow,
    LaneRow,
    ResponseRow,
    SearchPlaceRow,
    SearchShelfRow,
    SearchTextRow,
    TagRow,
    TurnRow,
)
from backend.kit.columns import Base
from backend.kit.database_url import PostgresServer, SqliteFile, parse
from backend.kit.db import Database

LANES = 4
MODELS = tuple(f"lab/model-{number}" for number in range(12))
HALF, NEEDLE = "half", "needle"
COMMON_TAG, RARE_TAG = "common", "rare"
_OTHERS = 50
_WORDS = 30  # of an answer
_VOCABULARY = 20_000
_NOW = datetime(2026, 11, 21, tzinfo=UTC)
_BATCH = 2_000  # comparisons

Rows = dict[type[Base], list[dict[str, Any]]]
Texts = list[tuple[int, int, Sequence[str]]]


@dataclass(frozen=True, slots=True)
class Past:
    url: str
    owner: UUID
    newcomer: UUID
    """Who has three comparisons among all these."""
    comparisons: tuple[UUID, ...]
    """The owner's, as they came."""
    words: tuple[str, ...]
    """The most frequent first."""


class _Scribe:
    def __init__(self, responses: int) -> None:
        self._random = random.Random(7)
        self.count = max(8, responses // LANES)
        self.people = [self._key(0) for _ in range(_OTHERS + 2)]
        self.owner, self.newcomer = self.people[0], self.people[-1]
        self.theirs: list[UUID] = []
        letters = "abcdefghijklmnopqrstuvwxyz"
        self.vocabulary = tuple(
            "".join(self._random.choices(letters, k=self._random.randint(3, 9))) for _ in range(_VOCABULARY)
        )
        weights = accumulate(1 / rank for rank in range(1, _VOCABULARY + 1))
        self._drawn = self._random.choices(self.vocabulary, cum_weights=list(weights), k=200_000)
        self._shelves: dict[tuple[UUID, int], int] = {}

    def batches(self) -> Iterator[tuple[Rows, Texts]]:
        numbers = iter(range(self.count))
        people = [
            {"id": key, "email": f"{key.hex}@example.org", "name": "", "role": "member", "created_at": _NOW}
            for key in self.people
        ]
        first: Rows = {UserRow: people}
        yield first, []
        while some := list(islice(numbers, _BATCH)):
            rows: Rows = {}
            texts: Texts = []
            for number in some:
                self._comparison(number, rows, texts)
            yield rows, texts

    def _comparison(self, number: int, rows: Rows, texts: Texts) -> None:
        millisecond = int(_NOW.timestamp() * 1000) - (self.count - number) * 60_000
        at = _NOW - timedelta(minutes=self.count - number)
        owner = self._owner(number)
        key, turn = self._key(millisecond), self._key(millisecond)
        if owner == self.owner:
            self.theirs.append(key)
        lanes = [self._key(millisecond) for _ in range(LANES)]
        models = self._random.sample(MODELS, LANES)
        prompt = " ".join(self._words(8))
        answers = [self._answer(number, lane) for lane in range(LANES)]
        responses = [self._key(millisecond) for _ in range(LANES)]
        _add(rows, ComparisonRow, _comparison(key, owner, prompt, at, failed=number % 10_000 == 3))
        for lane, model in enumerate(models):
            _add(rows, LaneRow, _lane(lanes[lane], key, lane, model))
        _add(rows, TurnRow, _turn(turn, key, prompt, at))
        for lane, (model, answer) in enumerate(zip(models, answers, strict=True)):
            _add(rows, ResponseRow, _response(responses[lane], key, turn, lanes[lane], model, answer, at))
        if number % 7 == 0:
            _add(rows, TagRow, {"comparison_id": key, "tag": COMMON_TAG})
        if number in self._few():
            _add(rows, TagRow, {"comparison_id": key, "tag": RARE_TAG})
        self._index(number + 1, key, owner, prompt, answers, (turn, *responses), rows, texts)

    def _index(
        self,
        place: int,
        key: UUID,
        owner: UUID,
        prompt: str,
        answers: Sequence[str],
        refs: Sequence[UUID],
        rows: Rows,
        texts: Texts,
    ) -> None:
        home = owner, place // PLACES
        if home not in self._shelves:
            self._shelves[home] = len(self._shelves) + 1
            shelf = {"id": self._shelves[home], "owner_id": owner, "generation": home[1]}
            _add(rows, SearchShelfRow, shelf)
        written = (prompt, prompt, *answers)
        spot = {"place": place, "comparison_id": key, "owner_id": owner, "texts": len(written)}
        _add(rows, SearchPlaceRow, spot)
        kinds = ("title", "prompt", *("answer" for _ in answers))
        for within, (kind, ref, text) in enumerate(zip(kinds, (key, *refs), written, strict=True)):
            number = place * TEXTS + within
            _add(rows, SearchTextRow, {"number": number, "kind": kind, "ref": ref})
            texts.append((number, self._shelves[home], text.split()))

    def _answer(self, number: int, lane: int) -> str:
        words = self._words(_WORDS)
        if lane % 2:
            words[3] = HALF
        if lane == 0 and number in self._few():
            words[5] = NEEDLE
        return " ".join(words)

    def _few(self) -> frozenset[int]:
        """Five, all over."""
        return frozenset(self.count * part // 6 // 10 * 10 + 1 for part in range(1, 6))

    def _owner(self, number: int) -> UUID:
        if number in {self.count // 3, self.count // 2, self.count - 1}:
            return self.newcomer
        return self.owner if number % 10 or self.count < 100 else self.people[1 + number // 10 % _OTHERS]

    def _words(self, amount: int) -> list[str]:
        start = self._random.randrange(len(self._drawn) - amount)
        return self._drawn[start : start + amount]

    def _key(self, millisecond: int) -> UUID:
        bits = self._random.getrandbits(74)
        return UUID(int=millisecond << 80 | 7 << 76 | (bits >> 62) << 64 | 2 << 62 | bits & ((1 << 62) - 1))


async def write_past(url: str, responses: int) -> Past:
    """Into a migrated, empty database."""
    scribe = _Scribe(responses)
    match parse(url):
        case SqliteFile(path):
            with closing(sqlite3.connect(path, isolation_level=None)) as connection:
                connection.execute("PRAGMA foreign_keys = OFF")
                for rows, texts in scribe.batches():
                    await _write_sqlite(connection, rows)
                    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                    await _write_index(url, texts)
        case PostgresServer(dsn):
            server = await asyncpg.connect(dsn)
            try:
                # Sorting everything in at the end takes a fraction of the time.
                await server.execute("DROP INDEX ix_search_words_words")
                for rows, texts in scribe.batches():
                    await _write_postgres(server, rows)
                    await _write_index(url, texts)
                await server.execute("CREATE INDEX ix_search_words_words ON search_words USING gin (words)")
                await server.execute("VACUUM ANALYZE")
            finally:
                await server.close()
    return Past(url, scribe.owner, scribe.newcomer, tuple(scribe.theirs), scribe.vocabulary)


async def _write_index(url: str, texts: Texts) -> None:
    database = Database.open(url)
    try:
        async with database.transaction() as db:
            await search_index.add(db, texts)
    finally:
        await database.close()


async def _write_sqlite(connection: sqlite3.Connection, rows: Rows) -> None:
    connection.execute("BEGIN IMMEDIATE")
    for table, values in rows.items():
        names = list(values[0])
        places = ", ".join("?" for _ in names)
        connection.executemany(
            f"INSERT INTO {table.__tablename__} ({', '.join(names)}) VALUES ({places})",  # noqa: S608 - names of columns
            ([_for_sqlite(value[name]) for name in names] for value in values),
        )
    connection.execute("COMMIT")


async def _write_postgres(server: Any, rows: Rows) -> None:
    for table, values in rows.items():
        names = list(values[0])
        records = ([_for_postgres(value[name]) for name in names] for value in values)
        await server.copy_records_to_table(table.__tablename__, records=records, columns=names)


def _for_sqlite(value: Any) -> Any:
    match value:
        case UUID():
            return value.hex
        case datetime():
            return value.strftime("%Y-%m-%d %H:%M:%S.%f")
        case Decimal():
            return int(value.scaleb(12))
        case dict() | list():
            return json.dumps(value)
    return value


def _for_postgres(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value


def _add(rows: Rows, table: type[Base], row: dict[str, Any]) -> None:
    rows.setdefault(table, []).append(row)


def _comparison(key: UUID, owner: UUID, prompt: str, at: datetime, *, failed: bool) -> dict[str, Any]:
    return {
        "id": key,
        "owner_id": owner,
        "title": prompt,
        "prompt": prompt,
        "history_mode": "isolated",
        "status": "failed" if failed else "completed",
        "total_tokens": 400,
        "total_cost": Decimal("0.01"),
        "unknown_costs": 0,
        "response_count": LANES,
        "completed_count": LANES,
        "completed_ms": 1200 * LANES,
        "created_at": at,
        "updated_at": at,
    }


def _lane(key: UUID, comparison_id: UUID, position: int, model: str) -> dict[str, Any]:
    return {
        "id": key,
        "comparison_id": comparison_id,
        "position": position,
        "model_id": model,
        "label": "",
        "system_prompt": "",
        "parameters": {},
        "fallback_model_ids": [],
    }


def _turn(key: UUID, comparison_id: UUID, prompt: str, at: datetime) -> dict[str, Any]:
    return {
        "id": key,
        "comparison_id": comparison_id,
        "number": 1,
        "prompt": prompt,
        "history_mode": "isolated",
        "asked_by_name": "",
        "created_at": at,
        "started_at": at,
        "ended_at": at,
    }


def _response(
    key: UUID, comparison_id: UUID, turn_id: UUID, lane_id: UUID, model: str, text: str, at: datetime
) -> dict[str, Any]:
    return {
        "id": key,
        "comparison_id": comparison_id,
        "turn_id": turn_id,
        "lane_id": lane_id,
        "attempt": 1,
        "model_id": model,
        "status": "completed",
        "text": text,
        "reasoning": "",
        "system_prompt": "",
        "parameters": {},
        "history": [],
        "metrics": {"inputTokens": 60, "outputTokens": 40, "totalTokens": 100, "cost": 0.0025},
        "cost": Decimal("0.0025"),
        "retries": [],
        "created_at": at,
        "started_at": at,
        "ended_at": at,
    }
