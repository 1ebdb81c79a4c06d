"""An installation with something of everything in it, made through its API."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from tests.attachments.pictures import png
from tests.support.bakeoff import RunningBakeoff, running_bakeoff

EMAIL, PASSWORD = "ada@example.org", "nine dry umbrellas"
PICTURE = png(40, 30, note=bytes(range(256)))
QUICK = ["simulator/swift@ttft:0@pace:0", "simulator/sage@ttft:0@pace:0"]
SLOW = "simulator/smith@tokens:5000@pace:20"
ENVIRON = {"BAKEOFF_REGISTRATION": "open", "BAKEOFF_TURNS_A_MINUTE": "1000"}


@dataclass
class LivedIn:
    """What the API says of it."""

    bakeoff: RunningBakeoff
    api: httpx2.Client
    sessions: tuple[str, ...] = ()
    attachment: str = ""
    link: str = ""
    slow: str = ""

    def fill(self) -> None:
        self.attachment = self.api.post("/api/attachments", params={"name": "a.png"}, content=PICTURE).json()[
            "id"
        ]
        first = self._run(
            {"prompt": "What is this?", "modelIds": QUICK[1:], "attachments": [self.attachment]}
        )
        second = self._run({"prompt": "Say größer 👩🏽‍🚀.", "modelIds": QUICK, "tags": ["kept"]})
        for prompt in ("And then?", "And after that?"):
            self._turn(second, prompt)
        shared = self.api.post(f"/api/comparisons/{second}/shares", json={"link": True})
        self.link = shared.raise_for_status().json()["secret"]
        self.sessions = (first, second)

    def stream(self) -> None:
        """Answers that run for minutes, of which something is on the disk already."""
        asked = {"prompt": "Say much.", "modelIds": [SLOW, SLOW], "start": True}
        self.slow = self.api.post("/api/comparisons", json=asked).raise_for_status().json()["sessionId"]
        while not all(each["text"] for each in self.answers(self.slow).values()):
            pass

    def told(self) -> dict[str, Any]:
        """All that should be the same after a restore."""
        report = self.api.get("/api/reports/costs", params={"group": "model"}).raise_for_status().json()
        with httpx2.Client(base_url=self.bakeoff.url) as nobody:
            opened = nobody.post("/api/shares/open", json={"token": self.link}).raise_for_status().json()
        return {
            "comparisons": [self._comparison(each) for each in self.sessions],
            "history": [
                each
                for each in self.api.get("/api/comparisons").json()["items"]
                if each["sessionId"] in self.sessions
            ],
            "found": [
                each["sessionId"] for each in self.api.get("/api/comparisons?q=größer").json()["items"]
            ],
            "costs": [{**row, "share": None} for row in report["rows"] if "smith" not in row["key"]],
            "file": self.api.get(f"/api/attachments/{self.attachment}").content,
            "shared": {key: value for key, value in opened.items() if "oken" not in key},
        }

    def answers(self, session_id: str) -> dict[str, dict[str, Any]]:
        comparison = self.api.get(f"/api/comparisons/{session_id}").json()
        return {each["id"]: each for turn in comparison["turns"] for each in turn["responses"]}

    def _comparison(self, session_id: str) -> dict[str, Any]:
        """But for its room, which is anew in every process."""
        comparison: dict[str, Any] = self.api.get(f"/api/comparisons/{session_id}").raise_for_status().json()
        comparison.pop("room", None)
        return comparison

    def _run(self, asked: Mapping[str, Any]) -> str:
        answer = self.api.post("/api/comparisons/run", json=asked).raise_for_status().json()
        return str(answer["sessionId"])

    def _turn(self, session_id: str, prompt: str) -> None:
        self.api.post(f"/api/comparisons/{session_id}/turns", json={"prompt": prompt}).raise_for_status()
        while any(each["endedAt"] is None for each in self.answers(session_id).values()):
            pass


@contextmanager
def lived_in(folder: Path, environ: Mapping[str, str] | None = None) -> Iterator[LivedIn]:
    account = {"email": EMAIL, "password": PASSWORD}
    with (
        running_bakeoff(folder, environ={**ENVIRON, **(environ or {})}) as bakeoff,
        httpx2.Client(base_url=bakeoff.url, timeout=30) as client,
    ):
        answer = client.post("/auth/register", json=account)
        if answer.status_code != 201:
            answer = client.post("/auth/login", json=account).raise_for_status()
        client.cookies.clear()
        client.headers["authorization"] = f"Bearer {answer.json()['accessToken']}"
        yield LivedIn(bakeoff, client)
