"""Every route of the API against every kind of caller: generated, so that a new route cannot be forgotten."""

import hashlib
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, get_args
from uuid import UUID

import httpx2
import pytest
from litestar import Litestar

from backend.accounts.callers import NOBODY_MAY, Caller
from backend.accounts.guards import objection, right_of
from backend.accounts.rights import BY_LINK, BY_ROLE, ROLES, SCOPES, Right
from backend.app import compose
from backend.kit.ids import new_id
from backend.kit.metrics import Metrics
from backend.kit.sockets import Nowhere
from backend.settings import Settings
from tests.support.bakeoff import RunningBakeoff, running_bakeoff

PASSWORD = "nine dry umbrellas"
HIDDEN = "What a guest never sees"
NOWHERE = "01a1fd60-cbca-74a0-96e0-e94c30fadaba"


def all_routes() -> list[tuple[str, str, Right | None]]:
    app: Litestar = compose(Settings.load({}), Metrics.declare("0"), Nowhere())
    # The reference under /schema is there for everybody, and Litestar's own.
    return sorted(
        (method, route.path_format, right_of(handler.opt))
        for route in app.routes
        for handler in getattr(route, "route_handlers", ())
        for method in handler.http_methods
        if method != "OPTIONS" and not route.path_format.startswith("/schema")
    )


ROUTES = all_routes()
CLOSED = [(method, path, right) for method, path, right in ROUTES if right not in NOBODY_MAY]


def test_every_route_declares_the_right_that_it_needs() -> None:
    assert [(method, path) for method, path, right in ROUTES if right is None] == []
    assert {right for *_, right in ROUTES if right} <= set(get_args(Right))


@pytest.mark.parametrize("role", ROLES)
def test_a_role_may_what_is_written_down_and_nothing_else(role: str) -> None:
    caller = Caller(new_id(), "a@example.org", role, "token")  # type: ignore[arg-type]
    for right in get_args(Right):
        refused = objection(caller, right)
        assert (refused is None) == (right in BY_ROLE[role])  # type: ignore[index]
    assert objection(caller, None) is not None


def test_no_scope_of_a_key_reaches_the_account_that_it_belongs_to() -> None:
    for role in ROLES:
        for scope in SCOPES:
            key = Caller(new_id(), "a@example.org", role, "api_key", scopes=frozenset({scope}))
            assert objection(key, "account") is not None
            assert objection(key, "owners.manage") is not None
            for right in get_args(Right):
                if right not in BY_ROLE[role]:
                    assert right in NOBODY_MAY or objection(key, right) is not None


@pytest.fixture(scope="module")
def bakeoff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBakeoff]:
    environ = {"BAKEOFF_REGISTRATION": "open", "BAKEOFF_METRICS": "admin"}
    with running_bakeoff(tmp_path_factory.mktemp("matrix"), environ=environ) as running:
        yield running


@pytest.fixture(scope="module")
def tokens(bakeoff: RunningBakeoff) -> dict[str, str]:
    """One signed-in person of each role."""
    found = {}
    for role in ROLES:
        join = {"email": f"{role}@example.org", "password": PASSWORD}
        answer = httpx2.post(f"{bakeoff.url}/auth/register", json=join)
        found[role] = answer.json()["accessToken"]
        with sqlite3.connect(bakeoff.folder / "data" / "bakeoff.db", timeout=10) as connection:
            connection.execute("UPDATE users SET role = ? WHERE email = ?", (role, join["email"]))
    return found


@dataclass(frozen=True)
class Guest:
    """Who has nothing but a link, which may comment on one of a member's comparisons."""

    link: str
    shown: str
    hidden: str
    """Another one, whose title, prompt and tags are all `HIDDEN`."""


@pytest.fixture(scope="module")
def guest(bakeoff: RunningBakeoff, tokens: dict[str, str]) -> Guest:
    secret = "bakeoff-share-" + "g" * 43
    with sqlite3.connect(bakeoff.folder / "data" / "bakeoff.db", timeout=10) as connection:
        shown, hidden = (_insert_comparison(connection, words) for words in ("Shown", HIDDEN))
        connection.execute(
            "INSERT INTO shares (id, comparison_id, hash, shown, level, created_at, opened_count)"
            " VALUES (?, ?, ?, '', 'commenter', '2026-11-21 12:00:00.000000', 0)",
            (new_id().hex, shown.hex, hashlib.sha256(secret.encode()).digest()),
        )
    return Guest(secret, str(shown), str(hidden))


def _insert_comparison(connection: sqlite3.Connection, words: str) -> UUID:
    key = new_id()
    connection.execute(
        "INSERT INTO comparisons (id, owner_id, title, prompt, history_mode, status, total_tokens,"
        " total_cost, unknown_costs, response_count, completed_count, completed_ms, created_at, updated_at)"
        " SELECT ?, id, ?, ?, 'isolated', 'completed', 0, 0, 0, 0, 0, 0, created_at, created_at"
        " FROM users WHERE email = 'member@example.org'",
        (key.hex, words, words),
    )
    connection.execute("INSERT INTO comparison_tags (comparison_id, tag) VALUES (?, ?)", (key.hex, words))
    return key


def asked(
    client: httpx2.Client,
    method: str,
    path: str,
    headers: dict[str, str] | None = None,
    comparison: str = NOWHERE,
) -> httpx2.Response:
    """With ids that nobody has, and an empty body: what is allowed gets as far as being wrong."""
    path = path.replace("{comparison_id}", comparison)
    real = re.sub(r"\{\w+_id\}", NOWHERE, path).replace("{endpoint}", "nowhere")
    body: Any = {} if method in {"POST", "PATCH", "PUT"} else None
    request = client.build_request(method, real, headers=headers, json=body)
    answer = client.send(request, stream=True)
    if "event-stream" in answer.headers["content-type"]:
        answer.close()  # it would go on for as long as somebody listens
        return httpx2.Response(answer.status_code)
    answer.read()
    return answer


@pytest.mark.parametrize(("method", "path", "right"), CLOSED, ids=str)
def test_who_may_not_is_turned_away_before_anything_else(
    method: str, path: str, right: Right, bakeoff: RunningBakeoff, tokens: dict[str, str]
) -> None:
    with httpx2.Client(base_url=bakeoff.url, timeout=60) as client:
        assert asked(client, method, path).status_code == 401
        for role in ROLES:
            if path == "/auth/logout" and right in BY_ROLE[role]:
                continue  # it would do what it says
            answer = asked(client, method, path, {"authorization": f"Bearer {tokens[role]}"})
            if right in BY_ROLE[role]:
                assert answer.status_code not in {401, 403}, (role, answer.text)
            else:
                assert answer.status_code == 403, (role, answer.text)


@pytest.mark.parametrize(("method", "path", "right"), CLOSED, ids=str)
def test_a_guest_sees_what_the_link_shows_and_changes_nothing(
    method: str, path: str, right: Right, bakeoff: RunningBakeoff, guest: Guest
) -> None:
    headers = {"authorization": f"Bearer {guest.link}"}
    with httpx2.Client(base_url=bakeoff.url, timeout=60) as client:
        for comparison in (guest.shown, guest.hidden, NOWHERE):
            answer = asked(client, method, path, headers, comparison)
            assert HIDDEN not in answer.text
            if right not in BY_LINK:
                assert answer.status_code == 403, answer.text
            elif "{comparison_id}" in path and comparison != guest.shown:
                assert answer.status_code == 404, answer.text
            else:
                assert answer.status_code not in {401, 403}, answer.text
        if (method, path) == ("GET", "/api/comparisons/{comparison_id}"):
            assert asked(client, method, path, headers, guest.shown).json()["title"] == "Shown"


@pytest.mark.parametrize(
    "credential",
    [
        "",
        "Bearer",
        "Bearer x",
        "Basic eDp5",
        "Bearer sk-bakeoff-unknown",
        "Bearer bakeoff-share-unknown",
        f"Bearer {'a.' * 5000}b",
        "x" * 9000,
    ],
)
def test_credentials_that_are_none_are_refused_even_where_none_are_needed(
    credential: str, bakeoff: RunningBakeoff
) -> None:
    answer = httpx2.get(f"{bakeoff.url}/api/info", headers={"authorization": credential})
    assert answer.status_code == (200 if not credential else 401)


async def test_nobody_sees_anybody_elses_devices_and_keys(
    bakeoff: RunningBakeoff, tokens: dict[str, str]
) -> None:
    member = {"authorization": f"Bearer {tokens['member']}"}
    viewer = {"authorization": f"Bearer {tokens['viewer']}"}
    with httpx2.Client(base_url=bakeoff.url, timeout=60) as client:
        made = client.post("/auth/api-keys", json={"name": "mine", "scopes": ["read"]}, headers=member).json()
        device = client.get("/auth/devices", headers=member).json()[0]["id"]

        assert client.delete(f"/auth/api-keys/{made['key']['id']}", headers=viewer).status_code == 404
        assert client.delete(f"/auth/devices/{device}", headers=viewer).status_code == 404
        assert client.get("/auth/api-keys", headers=viewer).json() == []
        assert client.get("/auth/me", headers=member).json()["email"] == "member@example.org"
        assert datetime.fromisoformat(made["key"]["createdAt"]).tzinfo == UTC
