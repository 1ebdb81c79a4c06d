"""The real server with the simulator behind three wire formats, and people who are signed in."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2

from backend.providers.simulator.server import Simulator
from tests.support.bakeoff import RunningBakeoff, running_bakeoff

QUICK = "@ttft:0@pace:0"
WIRES = ("chat", "responses", "messages")
SEEING = tuple(f"{wire}/sage{QUICK}" for wire in WIRES)
BLIND = f"chat/swift{QUICK}"
LARGEST = 200_000

_ENDPOINT = """
[[endpoints]]
name = "{name}"
base_url = "{url}"
sdk = "{sdk}"
dialect = "{name}"
key = "sk-of-the-simulator"
discovers = false
"""
_MODEL = '[models."{name}/{model}"]\nkind = "chat"\ncontext_window = 30000\ninputs = {inputs}\n'


@dataclass
class House:
    bakeoff: RunningBakeoff
    simulator: Simulator
    client: httpx2.AsyncClient
    tokens: dict[str, str]

    async def ask(self, who: str, method: str, path: str, **more: Any) -> httpx2.Response:
        headers = {"authorization": f"Bearer {self.tokens.get(who, who)}"} if who else {}
        return await self.client.request(method, path, headers=headers | more.pop("headers", {}), **more)

    async def upload(self, data: bytes, name: str = "a.png", who: str = "ada", **headers: str) -> Any:
        answer = await self.ask(
            who, "POST", "/api/attachments", params={"name": name}, content=data, headers=headers
        )
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def run(self, prompt: str, models: tuple[str, ...], *ids: str) -> Any:
        asked = {"prompt": prompt, "modelIds": models, "attachments": ids}
        answer = await self.ask("ada", "POST", "/api/comparisons/run", json=asked)
        assert answer.status_code == 200, answer.text
        assert [each["status"] for each in answer.json()["turns"][0]["responses"]] == ["completed"] * len(
            models
        )
        return answer.json()

    def bodies(self) -> list[bytes]:
        return [each.body for each in self.simulator.requests if each.method == "POST"]

    def on_disk(self) -> list[Path]:
        return [path for path in (self.bakeoff.folder / "data" / "attachments").rglob("*") if path.is_file()]


@asynccontextmanager
async def house(folder: Path, database_url: str, **environ: str) -> AsyncIterator[House]:
    simulator = await Simulator.start(remember=50)
    (folder / "bakeoff.toml").write_text(_toml(simulator))
    settings = {
        "BAKEOFF_REGISTRATION": "open",
        "BAKEOFF_DATABASE_URL": database_url,
        "BAKEOFF_MAX_ATTACHMENT_BYTES": str(LARGEST),
        "BAKEOFF_TURNS_A_MINUTE": "1000",
        "BAKEOFF_SIMULATOR": "off",
        **environ,
    }
    try:
        with running_bakeoff(folder, environ=settings) as bakeoff:
            async with httpx2.AsyncClient(base_url=bakeoff.url, timeout=60) as client:
                tokens = {}
                for name in ("ada", "eve"):
                    join = {"email": f"{name}@example.org", "password": "nine dry umbrellas"}
                    tokens[name] = (await client.post("/auth/register", json=join)).json()["accessToken"]
                client.cookies.clear()  # who asks is said with each request
                yield House(bakeoff, simulator, client, tokens)
    finally:
        await simulator.stop()


def _toml(simulator: Simulator) -> str:
    endpoints = [
        _ENDPOINT.format(
            name=wire,
            sdk="anthropic" if wire == "messages" else "openai",
            url=simulator.anthropic_url if wire == "messages" else simulator.openai_url,
        )
        for wire in WIRES
    ]
    models = [_MODEL.format(name=wire, model=f"sage{QUICK}", inputs='["image", "pdf"]') for wire in WIRES]
    models.append(_MODEL.format(name="chat", model=f"swift{QUICK}", inputs="[]"))
    return "".join((*endpoints, *models))
