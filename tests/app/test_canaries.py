"""Secrets that go through a server at DEBUG, whether it goes well or wrong, are seen nowhere."""

import json
import secrets
import sqlite3
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx2
import pytest
from websockets.sync.client import connect

from tests.support.bakeoff import RunningBakeoff, running_bakeoff
from tests.support.parrot import parrot
from tests.support.traces import traces_of

PATIENCE = 20.0
PROMPT = "Say something.\nOf the canary, "
"""What stands in its first line becomes the title, which reports may show to its owner."""


def canary() -> str:
    """Of no look that anybody would know."""
    return secrets.token_hex(16)


def core(secret: str) -> str:
    """How a secret begins and ends may be shown to tell it from others."""
    return secret[-24:-4]


@dataclass
class Flight:
    """All secrets there were, and all that was answered but where a secret is handed out once."""

    bakeoff: RunningBakeoff
    client: httpx2.Client
    hidden: dict[str, str] = field(default_factory=dict)
    answers: list[str] = field(default_factory=list)

    def hide(self, name: str, secret: str) -> str:
        self.hidden[name] = core(secret)
        return secret

    def ask(self, method: str, path: str, status: int, **options: Any) -> httpx2.Response:
        answer = self.client.request(method, path, **options)
        assert answer.status_code == status, (method, path, answer.text)
        self.answers.append(f"{answer.headers}{answer.text}")
        return answer

    def hand_out(self, method: str, path: str, status: int, **options: Any) -> dict[str, Any]:
        """An answer that is meant to hold a secret."""
        answer = self.ask(method, path, status, **options)
        self.answers.pop()
        self.client.cookies.clear()
        found: dict[str, Any] = answer.json()
        return found


@pytest.fixture(scope="module")
def flight(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flight]:
    folder = tmp_path_factory.mktemp("canaries")
    servers_key, secret_key = canary(), canary()
    with parrot() as upstream:
        environ = {
            "BAKEOFF_REGISTRATION": "open",
            "BAKEOFF_LOG_LEVEL": "debug",
            "BAKEOFF_SECRET_KEY": secret_key,
            "OPENAI_API_KEY": servers_key,
            "OPENAI_BASE_URL": upstream.url,
        }
        with (
            running_bakeoff(folder, environ=environ) as bakeoff,
            httpx2.Client(base_url=bakeoff.url, timeout=PATIENCE) as client,
        ):
            flight = Flight(bakeoff, client)
            flight.hide("the server's provider key", servers_key)
            flight.hide("the one secret", secret_key)
            sign_in(flight)
            wander(flight)
            compare(flight)
            assert upstream.answered >= 10, "the failures did not come about"
            look_back(flight)
            assert bakeoff.terminate() == 0
            yield flight


def sign_in(flight: Flight) -> None:
    who = {"email": "ada@example.org", "password": flight.hide("the password", f"{canary()} Nine")}
    other = who | {"password": flight.hide("a wrong password", canary())}
    flight.hand_out("POST", "/auth/register", 201, json=who)
    flight.ask("POST", "/auth/register", 403, json=who)
    flight.ask("POST", "/auth/login", 401, json=other)
    flight.ask("POST", "/auth/login", 422, json=who | {"passwort": other["password"]})
    flight.ask("POST", "/auth/login", 422, json=who | {"password": [other["password"]]})
    broken = json.dumps(other)[:-1]
    flight.ask("POST", "/auth/login", 400, content=broken, headers={"content-type": "application/json"})
    flight.ask("POST", "/auth/login", 415, content=json.dumps(other), headers={"content-type": "text/plain"})
    with sqlite3.connect(flight.bakeoff.folder / "data" / "bakeoff.db", timeout=PATIENCE) as connection:
        connection.execute("UPDATE users SET role = 'owner'")
    signed_in = flight.hand_out("POST", "/auth/login", 200, json=who)
    flight.hide("a refresh token", signed_in["refreshToken"])
    signed_in = flight.hand_out(
        "POST", "/auth/refresh", 200, json={"refreshToken": signed_in["refreshToken"]}
    )
    flight.hide("its successor", signed_in["refreshToken"])
    token = flight.hide("an access token", signed_in["accessToken"])
    flight.ask("GET", "/auth/me", 401, headers={"authorization": f"Bearer {token}x"})
    flight.ask("GET", f"/api/nothing?access_token={token}", 404)
    flight.client.headers["authorization"] = f"Bearer {token}"


def wander(flight: Flight) -> None:
    """Keys, links, tickets and sockets."""
    made = flight.hand_out("POST", "/auth/api-keys", 201, json={"name": "ci", "scopes": ["read"]})
    key = flight.hide("an API key", made["secret"])
    flight.ask("GET", "/api/comparisons", 200, headers={"authorization": f"Bearer {key}"})
    flight.ask("POST", "/api/comparisons", 403, headers={"authorization": f"Bearer {key}"}, json={})
    invited = flight.hand_out("POST", "/api/invitations", 201, json={"role": "member"})
    invitation = flight.hide("an invitation", invited["secret"])
    bert = {"email": "bert@example.org", "password": canary(), "invitation": f"{invitation}x"}
    flight.ask("POST", "/auth/register", 410, json=bert)
    bert |= {"password": flight.hide("the guest's password", canary()), "invitation": invitation}
    guest = flight.hand_out("POST", "/auth/register", 201, json=bert)
    link = flight.hand_out("POST", f"/api/users/{guest['user']['id']}/password-link", 201)
    secret = flight.hide("a link for a password", link["secret"])
    flight.ask("POST", "/auth/password/reset", 422, json={"link": secret, "newPassword": "short"})

    own = flight.hide("a provider key", canary())
    flight.ask("PUT", "/api/keys/openai", 200, json={"key": own})
    flight.ask("PUT", "/api/keys/openai", 422, json={"key": f"{own} {own}"})
    flight.ask("GET", "/api/keys", 200)

    ticket = flight.hide("a ticket", flight.hand_out("POST", "/auth/ws-ticket", 201)["ticket"])
    address = flight.bakeoff.url.replace("http", "ws", 1)
    with connect(f"{address}/ws?ticket={ticket}", open_timeout=PATIENCE) as signed_in:
        flight.answers.append(str(signed_in.recv(PATIENCE)))
    flight.ask("GET", f"/ws?ticket={ticket}", 404)
    with connect(f"{address}/ws", open_timeout=PATIENCE) as stranger:
        for wrong in ({"token": f"{key}x"}, {"ticket": ticket}, {"token": [key]}, {"tokken": key}):
            stranger.send(json.dumps({"type": "authenticate", "id": 1, **wrong}))
            flight.answers.append(str(stranger.recv(PATIENCE)))
        stranger.send(f'{{"type": "authenticate", "token": "{key}"')
        flight.answers.append(str(stranger.recv(PATIENCE)))


def compare(flight: Flight) -> None:
    """A prompt and a key that the provider says again in all its errors."""
    models = flight.ask("GET", "/comparison/models/available", 200).json()
    names = [each["id"] for each in models if each["id"].startswith("openai/") and each["available"]][:6]
    assert len(names) == 6
    prompt = PROMPT + flight.hide("a prompt", canary())
    asked = {"prompt": prompt, "modelIds": names, "start": True}
    session_id = flight.ask("POST", "/api/comparisons", 201, json=asked).json()["sessionId"]
    failed = over(flight, session_id)
    assert {each["status"] for each in failed["turns"][0]["responses"]} <= {"error", "interrupted"}
    flight.ask("POST", "/api/comparisons", 422, json=asked | {"modelIds": ["openai/none"]})
    shared = flight.hand_out("POST", f"/api/comparisons/{session_id}/shares", 201, json={"link": True})
    link = flight.hide("a share link", shared["secret"])
    flight.ask("POST", "/api/shares/open", 200, json={"token": link})
    flight.ask("POST", "/api/shares/open", 404, json={"token": f"{link}x"})
    guest = {"authorization": f"Bearer {link}"}
    for path in (f"/api/comparisons/{session_id}", f"/api/comparisons/{session_id}/events?{link}"):
        with flight.client.stream("GET", path, headers=guest) as answer:
            assert answer.status_code == 200
    # With nothing of one's own, the server's key is asked with.
    flight.ask("DELETE", "/api/keys/openai", 204)
    over(flight, flight.ask("POST", "/api/comparisons", 201, json=asked).json()["sessionId"])


def over(flight: Flight, session_id: str) -> dict[str, Any]:
    """The comparison itself holds its prompt; what it says of the failures is looked at."""
    deadline = time.monotonic() + PATIENCE
    while True:
        found: dict[str, Any] = flight.client.get(f"/api/comparisons/{session_id}").json()
        if found["status"] not in {"pending", "in_progress"}:
            break
        assert time.monotonic() < deadline, "it does not end"
        time.sleep(0.02)
    flight.answers.append(json.dumps(found).replace(found["prompt"], ""))
    return found


def look_back(flight: Flight) -> None:
    for path in (
        "/metrics",
        "/health/detailed",
        "/api/info",
        "/api/audit?limit=1000",
        "/api/audit.csv",
        "/api/users",
        "/auth/devices",
        "/auth/api-keys",
        *(
            f"/api/reports/costs?group={group}"
            for group in ("day", "model", "provider", "user", "comparison")
        ),
        "/api/reports/costs?format=csv&group=comparison",
        "/api/reports/latency",
        "/api/reports/latency?format=csv",
    ):
        flight.ask("GET", path, 200)


def found_in(flight: Flight, text: bytes, *but: str) -> dict[str, list[str]]:
    hidden = {name: secret for name, secret in flight.hidden.items() if name not in but}
    return {name: found for name, secret in hidden.items() if (found := traces_of(secret, text))}


def test_no_answer_holds_a_secret_but_the_one_that_hands_it_out(flight: Flight) -> None:
    told = "\n".join(flight.answers).encode()
    for expected in (b"user.register_refused", b"link_useless", b"bakeoff_build_info", b"share.created"):
        assert expected in told
    # A prompt is in the answer to who asks it, and in what its own comparison says of the failures.
    assert found_in(flight, told, "a prompt") == {}


def test_nothing_but_a_comparison_itself_holds_its_prompt(flight: Flight) -> None:
    told = [answer for answer in flight.answers if '"prompt"' not in answer]
    assert found_in(flight, "\n".join(told).encode()) == {}


def test_no_line_of_the_log_holds_a_secret_or_a_prompt(flight: Flight) -> None:
    log = (flight.bakeoff.folder / "log").read_bytes()
    for expected in (b"request.done", b"socket.opened"):
        assert expected in log
    assert found_in(flight, log) == {}


def test_no_secret_is_in_the_files_as_it_is(flight: Flight) -> None:
    """Prompts are what the database is for."""
    data: Path = flight.bakeoff.folder / "data"
    files = [path for path in data.rglob("*") if path.is_file()]
    assert data / "bakeoff.db" in files
    for path in files:
        assert found_in(flight, path.read_bytes(), "a prompt") == {}, path
