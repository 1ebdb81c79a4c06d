import asyncio
import csv
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from sqlalchemy import func, select

from backend.accounts.callers import Caller
from backend.accounts.rights import Role
from backend.comparisons.export.archive import Document, document
from backend.comparisons.tables import ComparisonRow, LaneRow, ResponseRow, TurnRow
from backend.kit.db import Database
from tests.accounts.people import somebody
from tests.comparisons.export.example import ANSWER, EXAMPLE, NOW
from tests.comparisons.export.serving import LARGEST, WHO, asking
from tests.support.archives import content

FILE = document(EXAMPLE, NOW)
JSON = {"content-type": "application/json"}


async def some_people(url: str) -> dict[str, Caller]:
    database = Database.open(url)
    roles: dict[str, Role] = {"alice": "member", "bob": "member", "viewer": "viewer"}
    try:
        people = {name: await somebody(database, f"{name}@example.org", role) for name, role in roles.items()}
    finally:
        await database.close()
    return {name: Caller(user.id, user.email, user.role, "cookie") for name, user in people.items()}


async def rows_in(url: str) -> int:
    database = Database.open(url)
    try:
        async with database.reading() as db:
            counts = [
                await db.scalar(select(func.count()).select_from(table))
                for table in (ComparisonRow, LaneRow, TurnRow, ResponseRow)
            ]
    finally:
        await database.close()
    return sum(count or 0 for count in counts)


@pytest.fixture
def client(database_url: str, tmp_path: Path) -> Iterator[httpx2.Client]:
    with asking(database_url, tmp_path, asyncio.run(some_people(database_url))) as client:
        yield client


@pytest.fixture
def comparison_id(client: httpx2.Client) -> str:
    answer = client.post("/api/comparisons/import", content=FILE, headers=JSON)
    assert answer.status_code == 201, answer.text
    assert answer.json()["title"] == EXAMPLE.title
    return str(answer.json()["sessionId"])


def exported(client: httpx2.Client, comparison_id: str, file_format: str = "") -> httpx2.Response:
    params = {"format": file_format} if file_format else {}
    answer = client.get(f"/api/comparisons/{comparison_id}/export", params=params)
    assert answer.status_code == 200, answer.text
    return answer


def code(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_a_file_goes_out_and_comes_back_the_same(client: httpx2.Client, comparison_id: str) -> None:
    out = exported(client, comparison_id)
    file = msgspec.json.decode(out.content, type=Document)
    assert content(file.comparison) == content(EXAMPLE)
    back = client.post("/api/comparisons/import", content=out.content, headers=JSON)
    again = msgspec.json.decode(exported(client, back.json()["sessionId"]).content, type=Document)
    assert content(again.comparison) == content(EXAMPLE)
    assert again.comparison.session_id != file.comparison.session_id


FORMATS = {
    "": ("json", "application/json", '{"format":"bakeoff-comparison","version":1,'),
    "json": ("json", "application/json", '{"format":"bakeoff-comparison","version":1,'),
    "markdown": ("md", "text/markdown; charset=utf-8", "# Queues"),
    "csv": ("csv", "text/csv; charset=utf-8", "\ufeffsession_id,"),
    "html": ("html", "text/html; charset=utf-8", "<!doctype html>"),
}


def test_each_format_is_a_file_to_keep(client: httpx2.Client, comparison_id: str) -> None:
    for file_format, (extension, media_type, start) in FORMATS.items():
        answer = exported(client, comparison_id, file_format)
        assert answer.headers["content-type"] == media_type
        assert answer.headers["x-content-type-options"] == "nosniff"
        name = answer.headers["content-disposition"]
        assert name.startswith(f'attachment; filename="Queues stacks two of each.{extension}"; ')
        assert answer.content.decode().startswith(start)


def test_a_spreadsheet_has_every_response(client: httpx2.Client, comparison_id: str) -> None:
    text = exported(client, comparison_id, "csv").content.decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert rows[0]["text"] == ANSWER
    assert len(rows) == 6


def test_a_format_that_nobody_writes_is_named(client: httpx2.Client, comparison_id: str) -> None:
    answer = client.get(f"/api/comparisons/{comparison_id}/export?format=docx")
    assert code(answer) == (422, "validation_failed")
    assert answer.json()["details"][0]["field"] == "format"


def test_what_is_somebody_elses_is_not_there(client: httpx2.Client, comparison_id: str) -> None:
    other = {WHO: "bob"}
    path = f"/api/comparisons/{comparison_id}"
    assert code(client.get(f"{path}/export", headers=other)) == (404, "not_found")
    assert code(client.get(f"{path}/replay", headers=other)) == (404, "not_found")
    turn = {"turnId": str(EXAMPLE.turns[0].id)}
    assert code(client.post(f"{path}/branch", json=turn, headers=other)) == (404, "not_found")
    looks_only = {WHO: "viewer"} | JSON
    assert code(client.post("/api/comparisons/import", content=FILE, headers=looks_only)) == (
        403,
        "forbidden",
    )


def test_a_comparison_is_played_back_as_it_happened(client: httpx2.Client, comparison_id: str) -> None:
    played = client.get(f"/api/comparisons/{comparison_id}/replay").json()
    assert played["sessionId"] == comparison_id
    first, second = played["turns"]
    assert (first["number"], first["endedMs"], second["endedMs"]) == (1, 7000.0, 4000.0)
    assert second["responses"][0]["askedMs"] == 0.0  # it was there before its turn began
    quick, thoughtful, failed, again = first["responses"]
    assert quick["timeline"] == [[310, 40, 0], [1200, 200, 0], [2480, len(ANSWER), 0]]
    assert (quick["askedMs"], quick["startedMs"], quick["endedMs"]) == (0.0, 40.0, 4000.0)
    assert thoughtful["queueMs"] == 850.0
    assert thoughtful["retries"] == [
        {
            "atMs": 90.0,
            "waitMs": 800.0,
            "kind": "rate_limited",
            "message": "Slow down, please.",
            "nextModelId": "anthropic/claude-opus-4.8",
        }
    ]
    assert (failed["status"], failed["timeline"]) == ("interrupted", [])
    assert (again["attempt"], again["askedMs"], again["startedMs"]) == (2, 60_000.0, 60_005.0)


def test_a_branch_is_another_comparison(client: httpx2.Client, comparison_id: str) -> None:
    source = exported(client, comparison_id).json()["comparison"]
    path = f"/api/comparisons/{comparison_id}/branch"
    made = client.post(path, json={"turnId": source["turns"][0]["id"]})
    assert made.status_code == 201, made.text
    branch = exported(client, made.json()["sessionId"]).json()["comparison"]
    assert [turn["prompt"] for turn in branch["turns"]] == [source["turns"][0]["prompt"]]
    assert (branch["totalCost"], branch["status"]) == (0.0, "completed")
    nowhere = client.post(path, json={"turnId": comparison_id})
    assert (code(nowhere), nowhere.json()["details"][0]["field"]) == ((422, "validation_failed"), "turnId")


def put(file: dict[str, Any], path: str, value: object) -> dict[str, Any]:
    *steps, last = (int(step) if step.isdigit() else step for step in path.split("."))
    place: Any = file
    for step in steps:
        place = place[step]
    place[last] = value
    return file


LIES: list[tuple[str, object]] = [
    ("version", 2),
    ("format", "chat"),
    ("comparison.turns.0.responses.0.status", "perfect"),
    ("comparison.turns.0.responses.0.laneId", str(EXAMPLE.session_id)),
    ("comparison.turns.0.responses.0.inputTokens", -1),
    ("comparison.turns.0.responses.0.text", "a\0b"),
]


def test_a_lie_is_refused_by_its_name_and_nothing_is_stored(client: httpx2.Client, database_url: str) -> None:
    for path, value in LIES:
        answer = client.post("/api/comparisons/import", json=put(msgspec.json.decode(FILE), path, value))
        assert code(answer) == (422, "validation_failed"), path
        assert [problem["field"] for problem in answer.json()["details"]] == [path]
    for body in (b"", b"[]", b"{}", b'{"comparison":' * 1000, b"\xff"):
        answer = client.post("/api/comparisons/import", content=body, headers=JSON)
        assert answer.status_code in {400, 422}, answer.text
    too_large = client.post("/api/comparisons/import", content=b" " * (LARGEST + 1), headers=JSON)
    assert too_large.status_code == 413
    assert asyncio.run(rows_in(database_url)) == 0


def test_a_large_comparison_comes_in_pieces(client: httpx2.Client) -> None:
    file = msgspec.json.decode(FILE)
    for number, response in enumerate(file["comparison"]["turns"][0]["responses"]):
        response["text"] = f"<{number}>" * 50_000
    made = client.post("/api/comparisons/import", json=file)
    assert made.status_code == 201, made.text
    path = f"/api/comparisons/{made.json()['sessionId']}/export"
    for file_format, said in (("markdown", "<1>" * 50_000), ("html", "&lt;1&gt;" * 50_000)):
        with client.stream("GET", path, params={"format": file_format}) as answer:
            pieces = list(answer.iter_raw())
        assert "content-length" not in answer.headers
        assert said in b"".join(pieces).decode()
