"""What the next answer will probably be like."""

from datetime import timedelta

import pytest

from backend.kit import clock
from backend.kit.db import Database
from backend.providers.usage import Usage
from backend.usage import ledger
from backend.usage.history import output_tokens
from tests.usage.entries import ADA, BOB, entry


async def test_how_long_answers_were_is_told_by_model_from_ones_own(database: Database) -> None:
    now = clock.now()
    own = [
        entry(user_id=ADA, at=now - timedelta(days=3 * number), model_id="a/x", usage=Usage(output=number))
        for number in range(1, 101)
    ]
    others = [
        entry(user_id=BOB, at=now, model_id="a/x", usage=Usage(output=9000)),
        entry(user_id=ADA, at=now, model_id="a/y", usage=Usage(output=7)),
        entry(user_id=ADA, at=now, model_id="a/z", usage=Usage(output=7), outcome="cancelled"),
        entry(user_id=ADA, at=now, model_id="a/z", usage=Usage(origin="unknown")),
        entry(user_id=ADA, at=now - timedelta(days=500), model_id="a/x", usage=Usage(output=50_000)),
    ]
    async with database.transaction() as db:
        await ledger.append(db, [*own, *others])

    async with database.reading() as db:
        found = await output_tokens(db, ADA, ["a/x", "a/z", "a/none"])
    assert list(found) == ["a/x"]
    assert found["a/x"].p50 == pytest.approx(50, rel=0.03)
    assert found["a/x"].p90 == pytest.approx(90, rel=0.03)
    assert found["a/x"].answers == 100
