import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backend.accounts.callers import Caller
from backend.accounts.rights import Role
from backend.keyring.ring import Keyring
from backend.kit.db import Database
from backend.kit.http.openapi import document_of
from backend.providers.failures import ProviderError
from tests.keyring.doors import GOOD, Door, person, stranger
from tests.keyring.serving import WHO, app_of, asking

ADMIN = {WHO: "admin"}
BOB = {WHO: "bob"}
MINE = {"name": "mine", "baseUrl": "https://one.example/v1"}


async def some_people(url: str) -> dict[str, Caller]:
    database = Database.open(url)
    roles: dict[str, Role] = {"alice": "member", "bob": "member", "admin": "admin", "viewer": "viewer"}
    try:
        return {name: await person(database, name, role) for name, role in roles.items()}
    finally:
        await database.close()


@pytest.fixture
def people(database_url: str) -> dict[str, Caller]:
    return asyncio.run(some_people(database_url))


@pytest.fixture
def client(database_url: str, ring: Keyring, people: dict[str, Caller]) -> Iterator[httpx2.Client]:
    with asking(database_url, ring, people) as client:
        yield client


def code(response: httpx2.Response) -> tuple[int, str]:
    return response.status_code, response.json()["code"]


def test_a_key_goes_in_and_its_end_comes_out(client: httpx2.Client) -> None:
    saved = client.put("/api/keys/openai", json={"key": f"{GOOD}\n"})
    assert saved.status_code == 200, saved.text
    body = saved.json()
    assert body == {
        "endpoint": "openai",
        "displayName": "OpenAI",
        "lastFour": "cdef",
        "shared": False,
        "savedAt": body["savedAt"],
        "testedAt": body["savedAt"],
        "warning": None,
    }
    del body["warning"]
    assert client.get("/api/keys").json() == [body]
    assert client.get("/api/keys/openai").json() == body
    assert client.delete("/api/keys/openai").status_code == 204
    assert client.get("/api/keys").json() == []
    for response in (client.get("/api/keys/openai"), client.delete("/api/keys/openai")):
        assert code(response) == (404, "not_found")


def test_everyones_key_is_an_admins_to_save_and_everyones_to_use(client: httpx2.Client) -> None:
    asked = {"key": GOOD, "shared": True}
    assert code(client.put("/api/keys/openai", json=asked)) == (403, "forbidden")
    assert client.put("/api/keys/openai", json=asked, headers=ADMIN).json()["lastFour"] == "cdef"
    seen = client.get("/api/keys/openai").json()
    assert (seen["shared"], seen["lastFour"]) == (True, "")
    assert code(client.delete("/api/keys/openai?shared=true")) == (403, "forbidden")
    assert code(client.delete("/api/keys/openai")) == (404, "not_found")
    assert client.delete("/api/keys/openai?shared=true", headers=ADMIN).status_code == 204


def test_a_key_that_is_refused_is_a_field_that_cannot_be_used(client: httpx2.Client) -> None:
    refused = client.put("/api/keys/openai", json={"key": "bad-key-0123456789"})
    assert code(refused) == (422, "validation_failed")
    assert refused.json()["details"] == [
        {"field": "key", "message": "OpenAI does not take it: Incorrect API key provided: ***."}
    ]


def test_a_key_that_could_not_be_tested_carries_a_warning(client: httpx2.Client, door: Door) -> None:
    door.answer = ProviderError("rate_limited", "Slow down.")
    saved = client.put("/api/keys/openai", json={"key": GOOD}).json()
    assert (saved["testedAt"], saved["warning"]) == (None, "It could not be tested: Slow down.")


NO_KEYS: list[dict[str, Any]] = [
    {},
    {"key": ""},
    {"key": "   "},
    {"key": "two words"},
    {"key": "one\r\nx-injected: two"},
    {"key": "schl\u00fcssel"},
    {"key": "x" * 4097},
    {"key": 7},
    {"key": None},
    {"key": GOOD, "shared": "yes"},
    {"key": GOOD, "owner": "bob"},
]


def test_what_is_no_key_is_refused_before_anybody_is_asked(client: httpx2.Client, door: Door) -> None:
    answers = [client.put("/api/keys/openai", json=body) for body in NO_KEYS]
    assert [code(answer) for answer in answers] == [(422, "validation_failed")] * len(NO_KEYS)
    assert door.knocks == []


def test_where_no_key_can_go_there_is_nothing(client: httpx2.Client, door: Door) -> None:
    for name in ("nobody", "azure", "simulator", "%00", "..%2f", "OPENAI", "x" * 300):
        path = f"/api/keys/{name}"
        for response in (client.get(path), client.put(path, json={"key": GOOD}), client.delete(path)):
            assert code(response) == (404, "not_found")
    assert door.knocks == []


def test_an_endpoint_is_made_listed_changed_and_removed(client: httpx2.Client) -> None:
    made = client.post("/api/endpoints", json={**MINE, "displayName": "Mine", "models": ["small", "large"]})
    assert made.status_code == 201, made.text
    body = made.json()
    assert body == {
        "id": body["id"],
        "name": "mine",
        "displayName": "Mine",
        "baseUrl": "https://one.example/v1",
        "dialect": "chat",
        "discovers": False,
        "models": ["small", "large"],
        "shared": False,
        "createdAt": body["createdAt"],
        "changedAt": body["createdAt"],
    }
    assert client.get("/api/endpoints").json() == [body]

    path = f"/api/endpoints/{body['id']}"
    assert client.put("/api/keys/mine", json={"key": GOOD}).status_code == 200
    changed = client.patch(path, json={"dialect": "messages"}).json()
    assert changed == {
        "endpoint": {**body, "dialect": "messages", "changedAt": changed["endpoint"]["changedAt"]},
        "keysDropped": 0,
    }
    moved = client.patch(path, json={"baseUrl": "https://two.example/v1"}).json()
    assert (moved["endpoint"]["baseUrl"], moved["keysDropped"]) == ("https://two.example/v1", 1)
    assert client.get("/api/keys").json() == []
    assert client.delete(path).status_code == 204
    assert client.get("/api/endpoints").json() == []
    assert code(client.delete(path)) == (404, "not_found")


def test_what_is_somebody_elses_is_not_there(client: httpx2.Client) -> None:
    made = client.post("/api/endpoints", json=MINE).json()
    client.put("/api/keys/mine", json={"key": GOOD})
    path = f"/api/endpoints/{made['id']}"
    for who in (BOB, ADMIN):
        assert client.get("/api/endpoints", headers=who).json() == []
        assert client.get("/api/keys", headers=who).json() == []
        for response in (
            client.patch(path, json={"displayName": "Yours"}, headers=who),
            client.patch(path, json={"baseUrl": "https://nobody.example"}, headers=who),
            client.delete(path, headers=who),
            client.get("/api/keys/mine", headers=who),
            client.put("/api/keys/mine", json={"key": GOOD}, headers=who),
            client.delete("/api/keys/mine", headers=who),
        ):
            assert code(response) == (404, "not_found")
    assert [each["name"] for each in client.get("/api/endpoints").json()] == ["mine"]
    assert [each["endpoint"] for each in client.get("/api/keys").json()] == ["mine"]


def test_everyones_endpoint_is_an_admins_to_change(client: httpx2.Client) -> None:
    asked = {**MINE, "name": "ours", "shared": True}
    assert code(client.post("/api/endpoints", json=asked)) == (403, "forbidden")
    made = client.post("/api/endpoints", json=asked, headers=ADMIN).json()
    path = f"/api/endpoints/{made['id']}"
    assert [each["shared"] for each in client.get("/api/endpoints").json()] == [True]
    assert code(client.patch(path, json={"displayName": "Mine"})) == (403, "forbidden")
    assert code(client.delete(path)) == (403, "forbidden")
    assert client.delete(path, headers=ADMIN).status_code == 204


NO_ENDPOINTS: list[tuple[str, Any]] = [
    ("name", "Mine"),
    ("name", ""),
    ("name", "a/b"),
    ("name", "x" * 41),
    ("baseUrl", "http://one.example/v1"),
    ("baseUrl", "https://inside.example/v1"),
    ("baseUrl", "https://169.254.169.254/latest"),
    ("baseUrl", "https://one.example/\0"),
    ("baseUrl", ""),
    ("dialect", "morse"),
    ("displayName", "a\0b"),
    ("displayName", ""),
    ("models", ["a\nb"]),
    ("models", [""]),
    ("models", ["x"] * 501),
    ("surprise", 1),
]


def test_what_is_no_endpoint_is_refused_by_its_field(client: httpx2.Client) -> None:
    for field, value in NO_ENDPOINTS:
        refused = client.post("/api/endpoints", json={**MINE, field: value})
        assert code(refused) == (422, "validation_failed")
        assert refused.json()["details"][0]["field"].split(".")[0] == field
    assert client.get("/api/endpoints").json() == []


def test_a_name_that_is_taken_is_a_conflict(client: httpx2.Client) -> None:
    assert client.post("/api/endpoints", json=MINE).status_code == 201
    for name in ("mine", "openai"):
        assert code(client.post("/api/endpoints", json={**MINE, "name": name})) == (409, "name_taken")


@pytest.mark.parametrize(
    ("who", "expected"), [("viewer", (403, "forbidden")), ("nobody", (401, "not_signed_in"))]
)
def test_every_route_has_its_right(client: httpx2.Client, who: str, expected: tuple[int, str]) -> None:
    somewhere = f"/api/endpoints/{stranger()}"
    for method, path, body in (
        ("GET", "/api/keys", None),
        ("GET", "/api/keys/openai", None),
        ("PUT", "/api/keys/openai", {"key": GOOD}),
        ("DELETE", "/api/keys/openai", None),
        ("GET", "/api/endpoints", None),
        ("POST", "/api/endpoints", MINE),
        ("PATCH", somewhere, {}),
        ("DELETE", somewhere, None),
    ):
        assert code(client.request(method, path, json=body, headers={WHO: who})) == expected


def test_the_document_names_and_describes_every_operation(ring: Keyring, tmp_path: Path) -> None:
    application = app_of(f"sqlite:///{tmp_path}/none.db", ring, {})
    document = document_of(application).value
    operations = [each for item in document["paths"].values() for each in item.values()]
    assert len(operations) == 8
    assert all(len(each["summary"].split()) > 4 and each["tags"] for each in operations)
    secret = document["components"]["schemas"]["SaveKey"]["properties"]["key"]
    assert (secret["maxLength"], secret["pattern"]) == (4096, "^[!-~]+$")
