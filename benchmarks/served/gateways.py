"""Other people's gateways in front of a model server: how each is installed, started and asked.

On loopback, with what they tell their makers switched off, without a database and without a log of requests.
"""

import http.client
import json
import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final
from urllib.parse import urlsplit

from benchmarks.harness.throwaway import NotInstalledError, from_npm, from_pypi

PATIENCE: Final = 120
"""Seconds until a gateway listens, on a machine that has other things to do."""
GRACE: Final = 5
QUESTION: Final = "What does a piece of an answer cost?"
_KEY: Final = "sk-of-a-benchmark-that-lives-for-seconds"
_LITELLM, _PORTKEY = "1.106.2", "1.15.2"
_SERVES_STREAMS: Final = {"@hono/node-server": "1.13.8"}
"""With the newest it takes, that version of Portkey answers every stream with a 500."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Where and how somebody asks for a stream."""

    url: str
    path: str
    headers: Mapping[str, str]
    pid: int | None
    """None: nobody stands between."""
    body: Callable[[str], Any] = field(
        default=lambda model: {
            "model": model,
            "stream": True,
            "messages": [{"role": "user", "content": QUESTION}],
        }
    )


@dataclass(frozen=True, slots=True)
class Gateway:
    name: str
    version: str
    install: Callable[[], Path]
    command: Callable[[Path, Path, int, str, Sequence[str]], Sequence[str]]
    """Of what is installed where, a folder of its own, its port, the model server, the models."""
    environment: Mapping[str, str]
    headers: Callable[[str], Mapping[str, str]]
    """For that model server."""


def _litellm(installed: Path, folder: Path, port: int, upstream: str, models: Sequence[str]) -> Sequence[str]:
    config = folder / "config.yaml"
    there = {"api_base": f"{upstream}/openai/v1", "api_key": "any"}
    known = [
        {"model_name": model, "litellm_params": {"model": f"openai/{model}", **there}} for model in models
    ]
    # JSON is YAML.
    config.write_text(json.dumps({"model_list": known, "litellm_settings": {"telemetry": False}}))
    return (
        *(str(installed / "litellm"), "--config", str(config), "--host", "127.0.0.1", "--port", str(port)),
        *("--telemetry", "False"),
    )


def _portkey(
    installed: Path, _folder: Path, port: int, _upstream: str, _models: Sequence[str]
) -> Sequence[str]:
    node = shutil.which("node")
    if node is None:
        raise NotInstalledError("there is no node")
    program = installed / "@portkey-ai" / "gateway" / "build" / "start-server.js"
    return node, str(program), "--headless", f"--port={port}"


GATEWAYS: Final = (
    Gateway(
        name="LiteLLM proxy",
        version=_LITELLM,
        install=lambda: from_pypi(f"litellm[proxy]=={_LITELLM}"),
        command=_litellm,
        environment={
            "LITELLM_LOCAL_MODEL_COST_MAP": "True",
            "LITELLM_MASTER_KEY": _KEY,
            "LITELLM_LOG": "ERROR",
            "LITELLM_TELEMETRY": "False",
        },
        headers=lambda _upstream: {"authorization": f"Bearer {_KEY}"},
    ),
    Gateway(
        name="Portkey gateway",
        version=f"{_PORTKEY} (on {', '.join(map(' '.join, _SERVES_STREAMS.items()))})",
        install=lambda: from_npm("@portkey-ai/gateway", _PORTKEY, _SERVES_STREAMS),
        command=_portkey,
        environment={"NODE_ENV": "production", "TRUSTED_CUSTOM_HOSTS": "127.0.0.1"},
        headers=lambda upstream: {
            "authorization": "Bearer any",
            "x-portkey-provider": "openai",
            "x-portkey-custom-host": f"{upstream}/openai/v1",
        },
    ),
)


@contextmanager
def gateway(kind: Gateway, upstream: str, models: Sequence[str]) -> Iterator[Asked]:
    """Started, and listening. What it needs is installed first."""
    installed = kind.install()
    with TemporaryDirectory() as folder:
        port = _free_port()
        process = subprocess.Popen(
            kind.command(installed, Path(folder), port, upstream, models),
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": folder, **kind.environment},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        with process:
            try:
                _await_listening(kind.name, process, port)
                url = f"http://127.0.0.1:{port}"
                yield Asked(url, "/v1/chat/completions", kind.headers(upstream), process.pid)
            finally:
                _end(process)


def refusal(asked: Asked, model: str) -> str | None:
    """What it says when it does not pass on a stream; None when it does."""
    connection = http.client.HTTPConnection(urlsplit(asked.url).netloc, timeout=PATIENCE)
    try:
        headers = {"content-type": "application/json", **asked.headers}
        connection.request("POST", asked.path, json.dumps(asked.body(model)), headers)
        answer = connection.getresponse()
        said = answer.read()
    except OSError as error:
        return str(error)
    finally:
        connection.close()
    return None if answer.status == 200 and b"[DONE]" in said else f"{answer.status} {said[:200]!r}"


def _end(process: "subprocess.Popen[bytes]") -> None:
    """In order if it can: some wait for streams that nobody ends."""
    process.terminate()
    try:
        process.wait(GRACE)
    except subprocess.TimeoutExpired:
        process.kill()


def _free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port: int = taken.getsockname()[1]
        return port


def _await_listening(name: str, process: "subprocess.Popen[bytes]", port: int) -> None:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        if process.poll() is not None:
            raise NotInstalledError(f"{name} ended with {process.returncode} before it listened")
        with socket.socket() as trying:
            if trying.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise NotInstalledError(f"{name} did not listen within {PATIENCE} s")
