import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any
from uuid import UUID

import httpx2
import pytest

from backend.accounts.callers import Caller
from backend.kit.db import Database
from backend.kit.ids import new_id
from tests.comparisons.history.making import compared, person, shared
from tests.comparisons.history.serving import WHO, Heard, asking

BOB = {WHO: "bob"}


class World:
    def __init__(self, url: str) -> None:
        self.url = url
        self.people: dict[str, Caller] = {}
        self.keys: list[UUID] = []
        asyncio.run(self._fill())

    async def _fill(self) -> None:
        database = Database.open(self.url)
        try:
            ada, bob = await person(database, "ada"), await person(database, "bob")
            viewer = replace(await person(database, "viewer"), role="viewer")
            reader = replace(ada, way="api_key", scopes=frozenset({"read"}))
            self.people = {"ada": ada, "bob": bob, "viewer": viewer, "reader": reader}
            for number in range(5):
                tagged = ["even", "Number"] if number % 2 == 0 else ["number"]
                self.keys.append(await compared(database, ada, f"Question {number}", tagged=tagged))
            await shared(database, self.keys[0], bob, "editor")
        finally:
            await database.close()

    def ids(self, *numbers: int) -> list[str]:
        return [str(self.keys[number]) for number in numbers]


@pytest.fixture
def world(database_url: str) -> World:
    return World(database_url)


@pytest.fixture
def heard() -> Heard:
    return Heard()


@pytest.fixture
def client(world: World, heard: Heard) -> Iterator[httpx2.Client]:
    with asking(world.url, world.people, heard) as client:
        yield client


def ids(answer: httpx2.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [item["sessionId"] for item in answer.json()["items"]]


def fields(answer: httpx2.Response) -> list[str]:
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed"), answer.text
    return [problem["field"] for problem in answer.json()["details"]]


def test_the_history_is_read_page_by_page(client: httpx2.Client, world: World) -> None:
    first = client.get("/api/comparisons?limit=3")
    assert ids(first) == world.ids(4, 3, 2)
    assert first.json()["total"] == 5
    second = client.get("/api/comparisons", params={"limit": 3, "cursor": first.json()["nextCursor"]})
    assert ids(second) == world.ids(1, 0)
    assert (second.json()["nextCursor"], second.json()["total"]) == (None, None)


def test_an_item_has_what_a_list_shows(client: httpx2.Client, world: World) -> None:
    item = client.get("/api/comparisons?limit=1").json()["items"][0]
    assert item == {
        "sessionId": str(world.keys[4]),
        "title": "Question 4",
        "prompt": "Question 4",
        "models": ["lab/one", "lab/two"],
        "status": "completed",
        "tags": ["even", "number"],
        "laneCount": 2,
        "turnCount": 1,
        "totalTokens": 14,
        "totalCost": 0.25,
        "unknownCosts": 0,
        "averageResponseTime": 100.0,
        "responseCount": 2,
        "completedCount": 2,
        "createdAt": item["createdAt"],
        "updatedAt": item["updatedAt"],
        "deletedAt": None,
        "access": "owner",
        "owner": None,
        "hits": [],
    }
    seen = client.get("/api/comparisons", headers=BOB).json()["items"][0]
    assert (seen["access"], seen["owner"]) == ("editor", "ada@example.org")


def test_clients_that_count_pages_are_served_too(client: httpx2.Client, world: World) -> None:
    assert ids(client.get("/comparison?limit=2&offset=2")) == world.ids(2, 1)
    assert ids(client.get("/comparison?limit=2&offset=40")) == []
    assert ids(client.get("/comparison?limit=2&offset=1&tag=even")) == world.ids(2, 0)
    assert ids(client.get("/comparison?limit=2&offset=2&q=question")) == world.ids(2, 1)
    assert ids(client.get("/comparison?limit=2&offset=7&q=question")) == []


def test_a_search_shows_where_it_found_something(client: httpx2.Client, world: World) -> None:
    found = client.get("/api/comparisons", params={"q": "quest", "limit": 2})
    assert ids(found) == world.ids(4, 3)
    hit = found.json()["items"][0]["hits"][0]
    assert (hit["kind"], hit["text"], hit["marks"]) == ("title", "Question 4", [[0, 8]])
    rest = client.get("/api/comparisons", params={"q": "quest", "cursor": found.json()["nextCursor"]})
    assert ids(rest) == world.ids(2, 1, 0)
    assert ids(client.get("/api/comparisons", params={"q": "question 3"})) == world.ids(3)
    assert ids(client.get("/api/comparisons", params={"q": "  "})) == world.ids(4, 3, 2, 1, 0)
    assert ids(client.get("/api/comparisons", params={"q": "quest"}, headers=BOB)) == world.ids(0)
    for question in ('"', "a AND (", "\u0000", "';--", "%"):
        assert ids(client.get("/api/comparisons", params={"q": question})) == []


def test_lists_can_be_narrowed(client: httpx2.Client, world: World) -> None:
    for query, numbers in (
        ("tag=even", (4, 2, 0)),
        ("tag=EVEN&limit=100", (4, 2, 0)),
        ("status=failed", ()),
        ("model=lab/one&q=question+1", (1,)),
        ("from=2020-01-01", (4, 3, 2, 1, 0)),
        ("to=2020-01-01", ()),
        ("from=2020-01-01&to=9999-12-30", (4, 3, 2, 1, 0)),
        ("from=2999-01-01T00:00:00Z", ()),
        ("q=question&to=2020-01-01T00:00:00%2B02:00", ()),
    ):
        assert ids(client.get(f"/api/comparisons?{query}")) == world.ids(*numbers), query
    today = client.get("/api/comparisons?limit=1").json()["items"][0]["createdAt"][:10]
    assert len(ids(client.get(f"/api/comparisons?from={today}&to={today}"))) == 5


REFUSED = [
    ("limit=0", "limit"),
    ("limit=101", "limit"),
    ("limit=many", "limit"),
    ("offset=-1", "offset"),
    ("offset=10001", "offset"),
    ("cursor=", "cursor"),
    ("cursor=%00", "cursor"),
    ("cursor=AAAAAAAAAAA", "cursor"),
    ("cursor=__________8", "cursor"),
    ("q=word&cursor=AAAAAAAAAAAAAAAAAAAAAA", "cursor"),
    ("cursor=AAAAAAAAAAE", "cursor"),
    ("cursor=\u00fc", "cursor"),
    ("model=%00", "model"),
    ("tag=a%00b", "tag"),
    ("status=done", "status"),
    ("from=yesterday", "from"),
    ("from=2026-11-21T10:00:00", "from"),
    ("to=9999-12-31", "to"),
    ("to=2026-13-01", "to"),
    ("deleted=perhaps", "deleted"),
    (f"q={'x' * 1001}", "q"),
]


def test_what_cannot_be_meant_is_named(client: httpx2.Client) -> None:
    for query, field in REFUSED:
        assert fields(client.get(f"/api/comparisons?{query}")) == [field], query
    assert fields(client.get("/api/tags?q=%00")) == ["q"]


def test_a_comparison_goes_into_the_trash_and_back(client: httpx2.Client, world: World, heard: Heard) -> None:
    path = f"/api/comparisons/{world.keys[2]}"
    assert client.post(f"{path}/restore").status_code == 404
    assert heard.hub is not None
    client.get("/api/tags", headers={"x-open": str(world.keys[2])})
    assert heard.hub.find(world.keys[2]) is not None

    assert client.delete(path).status_code == 204
    assert heard.stopped == [world.keys[2]]
    assert heard.hub.find(world.keys[2]) is None
    assert ids(client.get("/api/comparisons")) == world.ids(4, 3, 1, 0)
    in_trash = client.get("/api/comparisons?deleted=true")
    assert ids(in_trash) == world.ids(2)
    assert in_trash.json()["items"][0]["deletedAt"] is not None
    assert ids(client.get("/api/comparisons?deleted=true&q=question")) == world.ids(2)
    assert ids(client.get("/api/comparisons?deleted=true", headers=BOB)) == []
    assert client.delete(path).status_code == 404

    back = client.post(f"{path}/restore")
    assert (back.status_code, back.json()["sessionId"], back.json()["deletedAt"]) == (
        200,
        str(world.keys[2]),
        None,
    )
    assert ids(client.get("/api/comparisons")) == world.ids(4, 3, 2, 1, 0)


def test_others_neither_delete_nor_restore(client: httpx2.Client, world: World, heard: Heard) -> None:
    def codes(who: str, key: Any) -> list[int]:
        path, headers = f"/api/comparisons/{key}", {WHO: who}
        deleted, restored = (
            client.delete(path, headers=headers),
            client.post(f"{path}/restore", headers=headers),
        )
        return [deleted.status_code, restored.status_code]

    assert codes("bob", world.keys[0]) == [403, 404]  # he sees it
    assert codes("bob", world.keys[1]) == [404, 404]
    assert codes("ada", new_id()) == [404, 404]
    assert codes("viewer", world.keys[1]) == [403, 403]
    assert codes("reader", world.keys[1]) == [403, 403]
    assert codes("nobody", world.keys[1]) == [401, 401]
    assert heard.stopped == []
    assert ids(client.get("/api/comparisons")) == world.ids(4, 3, 2, 1, 0)


def test_tags_are_offered_with_their_counts(client: httpx2.Client) -> None:
    assert client.get("/api/tags").json() == [{"tag": "number", "count": 5}, {"tag": "even", "count": 3}]
    assert client.get("/api/tags?q=E").json() == [{"tag": "even", "count": 3}]
    assert client.get("/api/tags", headers=BOB).json() == [
        {"tag": "even", "count": 1},
        {"tag": "number", "count": 1},
    ]
    assert client.get("/api/tags", headers={WHO: "nobody"}).status_code == 401
