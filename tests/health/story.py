"""A server with a past: everything has happened on it that a figure or a line of the log is about."""

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.samples import Sample

from tests.server.frames import Opcode, RawClient, dial, frame, upgrade_request
from tests.support.bakeoff import RunningBakeoff, running_bakeoff
from tests.support.environments import clean_environment
from tests.support.household import OWNER, PASSWORD, first_link
from tests.support.room_client import RoomClient

QUICK = "@ttft:0@pace:0"
SHORT = f"simulator/swift{QUICK}@tokens:20"
ENDLESS = "simulator/smith@ttft:0@pace:20@tokens:100000"
REFUSED = f"simulator/swift@401{QUICK}"
BROKEN = f"simulator/swift@500{QUICK}"
RETRIED = f"simulator/swift@503@first:1{QUICK}@tokens:20"
PROMPT = "Which canary sings in the coal mine of Zwickau?"
LONG_PROMPT = "Read all of this. " * 8_000  # short enough for the snapshot of who joins late
SMALL = 16 * 1024  # a receive buffer that leaves a stalled reader's bytes with the server
PATIENCE = 60.0
SOON_OLD = 600.0  # seconds; a token lives for fifteen minutes

ENVIRON = {
    "BAKEOFF_REGISTRATION": "open",
    "BAKEOFF_SIMULATOR": "on",
    "BAKEOFF_LOCAL_ENDPOINTS": "on",
    "BAKEOFF_TURNS_A_MINUTE": "1000",
    "BAKEOFF_MESSAGES_A_MINUTE": "1000",
    "BAKEOFF_JOINS_A_SECOND": "1000",
    "BAKEOFF_LOG_LEVEL": "debug",
    "BAKEOFF_METRICS": "admin",
}


class Owner:
    """Signs in anew before what it has runs out: others may take their time before the story goes on."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._token = ""
        self._since = 0.0

    @property
    def token(self) -> str:
        if not self._token or time.monotonic() - self._since > SOON_OLD:
            who = {"email": OWNER, "password": PASSWORD}
            answer = httpx2.post(f"{self._url}/auth/login", json=who, timeout=PATIENCE).raise_for_status()
            self._token, self._since = answer.json()["accessToken"], time.monotonic()
        return self._token

    def sign(self, request: httpx2.Request) -> httpx2.Request:
        request.headers.setdefault("authorization", f"Bearer {self.token}")
        return request


@dataclass
class Story:
    bakeoff: RunningBakeoff
    owner: "Owner"
    api: httpx2.Client
    """The owner's."""
    key: str
    """For programs that read figures."""

    def run(self, *models: str, prompt: str = PROMPT, **headers: str) -> dict[str, Any]:
        asked = {"prompt": prompt, "modelIds": models}
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        answer = self.api.post("/api/comparisons/run", json=asked, headers=sent)
        assert answer.status_code == 200, answer.text
        done: dict[str, Any] = answer.json()
        return done

    def make(self, *models: str, prompt: str = PROMPT) -> str:
        asked = {"prompt": prompt, "modelIds": models}
        return str(self.api.post("/api/comparisons", json=asked).json()["sessionId"])

    def in_a_room(self) -> None:
        """Joined, started, left and found again, stopped."""
        session_id = self.make(ENDLESS)
        with RoomClient(self.bakeoff.url, self.owner.token) as visitor:
            visitor.join(session_id)
            visitor.say("start_comparison", sessionId=session_id)
            visitor.until_type("model_chunk")
            visitor.drop()
            visitor.open()
            assert visitor.join(session_id)["recovered"]
            visitor.say("stop_comparison", sessionId=session_id)
            visitor.until_type("comparison_complete", "comparison_error")

    def too_slow(self) -> None:
        """Somebody joins one room after another, with a long prompt in each, and reads nothing."""
        closed = "bakeoff_sockets_closed_total"
        before = self.figure(closed, code="4408")
        deadline = time.monotonic() + PATIENCE
        with self._deaf() as deaf:
            while self.figure(closed, code="4408") == before:
                assert time.monotonic() < deadline, "a reader that reads nothing was never too slow"
                session_id = self.make(f"simulator/smith{QUICK}@tokens:1", prompt=LONG_PROMPT)
                join = json.dumps({"type": "join_session", "sessionId": session_id}).encode()
                deaf.send_bytes(frame(Opcode.TEXT, join))
                self.api.post(f"/api/comparisons/{session_id}/start").raise_for_status()

    def at_an_endpoint_of_its_own(self) -> dict[str, Any]:
        with simulator() as url:
            mine = {"name": "mine", "baseUrl": f"{url}/openai/v1", "models": [f"swift{QUICK}@tokens:20"]}
            made = self.api.post("/api/endpoints", json=mine)
            assert made.status_code == 201, made.text
            try:
                return self.run(f"mine/swift{QUICK}@tokens:20")
            finally:
                self.api.delete(f"/api/endpoints/{made.json()['id']}").raise_for_status()

    def turned_away(self) -> None:
        wrong = {"authorization": "Bearer of-nothing"}
        assert httpx2.get(f"{self.bakeoff.url}/api/info", headers=wrong).status_code == 401
        assert self.api.post("/api/comparisons/run", json={}).status_code == 422

    def everything(self) -> None:
        self.run(SHORT, f"simulator/sage{QUICK}@tokens:20")
        self.run(REFUSED, BROKEN, RETRIED)
        self.in_a_room()
        self.too_slow()
        self.at_an_endpoint_of_its_own()
        self.turned_away()

    def samples(self) -> list[Sample]:
        answer = self.api.get("/metrics", headers={"authorization": f"Bearer {self.key}"})
        assert answer.status_code == 200, answer.text
        families = text_string_to_metric_families(answer.text)
        return [sample for family in families for sample in family.samples]

    def figure(self, name: str, **labels: str) -> float:
        """The sum of all that have these labels."""
        return sum(
            sample.value
            for sample in self.samples()
            if sample.name == name and labels.items() <= sample.labels.items()
        )

    @contextmanager
    def _deaf(self) -> Iterator[RawClient]:
        place = urlsplit(self.bakeoff.url)
        assert place.hostname is not None
        assert place.port is not None
        client = RawClient(dial(place.hostname, place.port, receive_buffer=SMALL))
        with client:
            client.connection.sendall(upgrade_request(authorization=f"Bearer {self.owner.token}"))
            assert client.read_head().startswith(b"HTTP/1.1 101")
            yield client


@contextmanager
def story(folder: Path, environ: Mapping[str, str] | None = None) -> Iterator[Story]:
    with running_bakeoff(folder, environ={**ENVIRON, **(environ or {})}) as bakeoff:
        with httpx2.Client(base_url=bakeoff.url) as browser:
            browser.get(first_link(bakeoff))
            browser.post("/auth/password", json={"newPassword": PASSWORD}).raise_for_status()
        owner = Owner(bakeoff.url)
        with httpx2.Client(base_url=bakeoff.url, auth=owner.sign, timeout=PATIENCE) as api:
            made = api.post("/auth/api-keys", json={"name": "watch", "scopes": ["read"]})
            assert made.status_code == 201, made.text
            yield Story(bakeoff, owner, api, made.json()["secret"])


@contextmanager
def simulator() -> Iterator[str]:
    """As somebody else runs it."""
    command = (sys.executable, "-m", "backend", "simulate", "--port", "0")
    environ = clean_environment({})
    with subprocess.Popen(command, env=environ, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            yield process.stdout.readline().split()[-1]
        finally:
            process.terminate()
