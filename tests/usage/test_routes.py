"""Reports and budgets over HTTP."""

import csv
import io
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, timedelta
from uuid import UUID

import httpx2
import pytest

from backend.accounts import audit
from backend.accounts.callers import Caller
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.ids import new_id
from backend.usage import ledger
from backend.usage.entry import Entry, Timing
from backend.usage.periods import day_of
from tests.accounts.people import somebody
from tests.usage.entries import entry
from tests.usage.serving import WHO, asking

COMPARISON = new_id()


@dataclass
class House:
    client: httpx2.Client
    ada: UUID
    bob: UUID
    database: Database
    today: str

    def get(self, path: str, who: str = "ada", **query: str) -> httpx2.Response:
        return self.client.get(path, params=query, headers={WHO: who})


@pytest.fixture
async def house(database: Database, database_url: str) -> AsyncIterator[House]:
    ada, bob, eve = [
        await somebody(database, f"{name}@example.org", role)  # type: ignore[arg-type]
        for name, role in (("ada", "member"), ("bob", "viewer"), ("eve", "admin"))
    ]
    people = {
        "ada": Caller(ada.id, ada.email, "member", "cookie"),
        "bob": Caller(bob.id, bob.email, "viewer", "cookie"),
        "eve": Caller(eve.id, eve.email, "admin", "cookie"),
    }
    now = clock.now()
    history: list[Entry] = [
        entry("1.5", user_id=ada.id, at=now, comparison_id=COMPARISON, timing=Timing(first_token=400.0)),
        entry("0.5", user_id=ada.id, at=now, model_id="groq/@sum", provider="groq"),
        entry("2", user_id=bob.id, at=now),
        entry("1", user_id=ada.id, at=now - timedelta(days=1)),
        entry(None, user_id=ada.id, at=now),
    ]
    async with database.transaction() as db:
        await ledger.append(db, history)
    with asking(database_url, people) as client:
        yield House(client, ada.id, bob.id, database, day_of(now).isoformat())


def named(answer: httpx2.Response) -> tuple[int, list[str]]:
    """The status, and the fields that it is about."""
    return answer.status_code, [problem["field"] for problem in answer.json().get("details", ())]


async def test_members_see_what_they_spent_and_admins_what_everybody_did(house: House) -> None:
    mine = house.get("/api/reports/costs", **{"from": house.today, "to": house.today}).json()
    assert (mine["totalCost"], mine["requests"], mine["unknownCosts"]) == (2.0, 3, 1)
    assert mine["totalTokens"] == 450

    path, day = "/api/reports/costs", {"from": house.today, "to": house.today, "group": "user"}
    assert [row["label"] for row in house.get(path, **day).json()["rows"]] == ["ada@example.org"]
    everybodys = house.get(path, "eve", **day).json()
    assert everybodys["totalCost"] == 4.0
    assert {row["label"]: row["cost"] for row in everybodys["rows"]} == {
        "ada@example.org": 2.0,
        "bob@example.org": 2.0,
    }
    assert house.get(path, "eve", **day, user=str(house.bob)).json()["totalCost"] == 2.0


async def test_a_member_asks_for_nobody_else_and_a_viewer_not_at_all(house: House) -> None:
    for path in ("/api/reports/costs", "/api/reports/latency"):
        assert house.get(path, user=str(house.bob)).status_code == 403
        assert house.get(path, user=str(house.ada)).status_code == 200
        assert house.get(path, "bob").status_code == 403
        assert house.get(path, "nobody").status_code == 401


async def test_a_row_has_its_share_and_its_change(house: House) -> None:
    answer = house.get(
        "/api/reports/costs", **{"from": house.today, "to": house.today, "group": "model"}
    ).json()
    assert answer["rows"][0] == {
        "key": "openai/gpt-5",
        "label": "openai/gpt-5",
        "cost": 1.5,
        "share": 0.75,
        "tokens": 300,
        "requests": 2,
        "unknownCosts": 1,
        "previousCost": 1.0,
        "change": 0.5,
    }
    assert answer["rows"][1]["change"] is None
    assert answer["previous"]["totalCost"] == 1.0
    assert answer["previous"]["from"] == str(date.fromisoformat(house.today) - timedelta(days=1))
    assert (answer["from"], answer["to"], answer["currency"]) == (house.today, house.today, "USD")


async def test_without_dates_the_last_thirty_days_are_reported_each(house: House) -> None:
    answer = house.get("/api/reports/costs").json()
    assert len(answer["rows"]) == 30
    assert answer["rows"][-1]["key"] == house.today
    assert answer["rows"][0]["cost"] == 0


async def test_where_nothing_was_spent_there_is_no_share(house: House) -> None:
    answer = house.get("/api/reports/costs", **{"from": "2020-01-01", "to": "2020-01-02"}).json()
    assert answer["totalCost"] == 0
    assert [row["share"] for row in answer["rows"]] == [None, None]


IMPOSSIBLE = [
    ({"from": "yesterday"}, "from"),
    ({"from": "2026-02-30"}, "from"),
    ({"to": "2026-11-21T12:00:00Z"}, "to"),
    ({"from": "2026-11-22", "to": "2026-11-21"}, "to"),
    ({"from": "0001-01-01"}, "from"),
    ({"from": "2001-01-01", "to": "2026-01-01"}, "from"),
    ({"group": "planet"}, "group"),
    ({"user": "me"}, "user"),
    ({"format": "xml"}, "format"),
]


async def test_what_cannot_be_asked_is_named(house: House) -> None:
    answers = [(house.get("/api/reports/costs", **query), field) for query, field in IMPOSSIBLE]
    assert [named(answer) for answer, _ in answers] == [(422, [field]) for _, field in answers]


async def test_a_sheet_is_asked_for_by_format_or_by_header(house: House) -> None:
    for path in ("/api/reports/costs", "/api/reports/latency"):
        for answer in (
            house.get(path, format="csv"),
            house.client.get(path, headers={"accept": "text/csv"}),
        ):
            assert answer.headers["content-type"] == "text/csv; charset=utf-8"
            assert "attachment; filename=" in answer.headers["content-disposition"]
        asked = house.client.get(path, params={"format": "json"}, headers={"accept": "text/csv"})
        assert asked.headers["content-type"] == "application/json"


async def test_a_sheet_has_every_digit_and_no_formula(house: House) -> None:
    query = {"from": house.today, "to": house.today, "group": "comparison", "format": "csv"}
    head, *rows = csv.reader(io.StringIO(house.get("/api/reports/costs", **query).text))
    assert head[:3] == ["comparison", "label", "cost"]
    assert rows[0] == [str(COMPARISON), "'=cmd()", "1.5", "0.75", "150", "1", "0", "0", ""]
    assert rows[1][:3] == ["", "others", "0.5"]


async def test_times_are_reported_by_model(house: House) -> None:
    answer = house.get("/api/reports/latency", "eve").json()
    row = answer["rows"][0]
    assert (row["modelId"], row["requests"], row["completed"]) == ("openai/gpt-5", 4, 4)
    assert row["timeToFirstTokenMs"]["count"] == 1
    assert row["timeToFirstTokenMs"]["p50"] == pytest.approx(400, rel=0.025)
    assert row["cachedTimeToFirstTokenMs"] == {"p50": None, "p90": None, "p99": None, "count": 0}
    assert row["outputTokens"]["p90"] == pytest.approx(50, rel=0.025)


def put(house: House, who: str = "eve", **budget) -> httpx2.Response:
    wanted = {"amount": 10, "period": "day"} | budget
    return house.client.put("/api/budgets", json=wanted, headers={WHO: who})


async def test_a_budget_is_set_seen_and_removed_and_that_is_on_the_record(house: House) -> None:
    made = put(house, userId=str(house.ada), hard=True, webhookUrl="http://127.0.0.1:9/hook")
    assert made.status_code == 200, made.text
    assert len(made.json()["webhookSecret"]) == 64
    put(house, amount=100)

    everyones, own = house.get("/api/budgets").json()
    assert (own["id"], own["userId"], own["everyone"]) == (made.json()["id"], str(house.ada), False)
    assert (own["amount"], own["spent"], own["remaining"], own["hard"]) == (10.0, 2.0, 8.0, True)
    assert own["webhookUrl"] is None
    assert (everyones["everyone"], everyones["period"], everyones["spent"]) == (True, "day", 4.0)
    assert house.get("/api/budgets", "eve").json()[1]["webhookUrl"] == "http://127.0.0.1:9/hook"

    report = house.get("/api/reports/costs").json()
    assert {(each["everyone"], each["remaining"]) for each in report["budgets"]} == {
        (False, 8.0),
        (True, 96.0),
    }

    path = f"/api/budgets/{own['id']}"
    assert house.client.delete(path, headers={WHO: "eve"}).status_code == 204
    assert house.client.delete(path, headers={WHO: "eve"}).status_code == 404
    async with house.database.reading() as db:
        entries = await audit.page(db, action="budget.changed")
    assert [entry.subject for entry in entries] == ["ada@example.org", "everyone", "ada@example.org"]
    assert entries[-1].details == {
        "period": "day",
        "amount": "10.0",
        "hard": True,
        "onCross": "finish",
        "webhookHost": "127.0.0.1",
    }


async def test_only_who_manages_budgets_sets_them(house: House) -> None:
    assert put(house, "ada").status_code == 403
    answer = house.client.delete(f"/api/budgets/{new_id()}", headers={WHO: "ada"})
    assert answer.status_code == 403


NO_BUDGETS = [
    ({"amount": 0}, "amount"),
    ({"amount": "a lot"}, "amount"),
    ({"period": "week"}, "period"),
    ({"userId": str(new_id())}, "userId"),
    ({"onCross": "stop"}, "onCross"),
    ({"onCross": "explode"}, "onCross"),
    ({"webhookUrl": "ftp://one.example"}, "webhookUrl"),
    ({"webhookUrl": "http://169.254.169.254/latest"}, "webhookUrl"),
    ({"colour": "red"}, "colour"),
]


async def test_a_budget_that_cannot_be_names_its_field(house: House) -> None:
    answers = [(put(house, **changed), field) for changed, field in NO_BUDGETS]
    assert [named(answer) for answer, _ in answers] == [(422, [field]) for _, field in answers]


async def test_the_exact_amount_is_kept(house: House) -> None:
    put(house, amount=0.29)
    assert house.get("/api/budgets").json()[0]["amount"] == 0.29
