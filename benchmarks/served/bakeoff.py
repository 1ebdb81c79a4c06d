"""`bakeoff serve` itself, with the upstreams of a benchmark as its endpoints and no limit near."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness.processes import BAKEOFF, server

NO_LIMITS = (
    "turns-a-minute",
    "messages-a-minute",
    "joins-a-second",
    "turns-at-once",
    "server-turns-at-once",
)
FAR = "100000"


@dataclass(frozen=True, slots=True)
class Serving:
    url: str
    pid: int
    database: Path


@contextmanager
def bakeoff(upstreams: Mapping[str, str], models: Sequence[str], *more: str) -> Iterator[Serving]:
    """`models` are `endpoint/name`; each has a price, as real ones have."""
    with tempfile.TemporaryDirectory() as folder:
        config = Path(folder) / "bakeoff.toml"
        config.write_text(_toml(upstreams, models), encoding="utf-8")
        flags = ["--config", config, "--data-dir", folder, "--port", "0", "--server", "native"]
        flags += ["--registration", "open", "--requests-a-minute", "0", "--simulator", "off"]
        flags += ["--drain-seconds", "0"]
        flags += [part for limit in NO_LIMITS for part in (f"--{limit}", FAR)]
        flags += more
        with server(*BAKEOFF, "serve", *map(str, flags)) as running:
            yield Serving(running.url, running.pid, Path(folder) / "bakeoff.db")


def _toml(upstreams: Mapping[str, str], models: Sequence[str]) -> str:
    lines = []
    for name, url in upstreams.items():
        own = [model.partition("/")[2] for model in models if model.startswith(f"{name}/")]
        lines += ["[[endpoints]]", f'name = "{name}"', f'base_url = "{url}/openai/v1"', f"models = {own}"]
    for model in models:
        lines += [f'[models."{model}"]', "price = { input = 0.20, output = 0.60 }", "context_window = 131072"]
    return "\n".join(lines)
