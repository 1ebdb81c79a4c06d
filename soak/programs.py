"""The server under test and the model servers behind it, as processes that can be ended in every way."""

import asyncio
import os
import secrets
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from benchmarks.harness.processes import BAKEOFF, environment

PATIENCE: Final = 60.0


class DidNotStart(RuntimeError):  # noqa: N818 - reads as what it is
    """A program ended before it listened."""


def free_port() -> int:
    """None of those that the kernel gives to whoever connects: while nobody listens on such a one, a client
    can be connected to itself, and another program can take it.
    """
    while True:
        port = secrets.choice(range(12_000, 30_000))
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


class Program:
    """Always at the same address. What it says on standard error is added to one file, whoever lives."""

    def __init__(self, folder: Path, name: str, arguments: Sequence[str]) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder / f"{name}.log"
        self._folder = folder
        self._arguments = (*arguments, "--port", str(self.port))
        self._process: Process | None = None
        self._readers: list[asyncio.Task[None]] = []
        self.said: list[str] = []
        """On standard output, by all its lives."""

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.returncode is None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                *self._arguments,
                cwd=self._folder,
                env=environment() | {"PYTHONWARNINGS": "default::ResourceWarning"},
                stdout=PIPE,
                stderr=log,
            )
        assert self._process.stdout is not None
        async with asyncio.timeout(PATIENCE):
            while True:
                line = (await self._process.stdout.readline()).decode()
                if not line:
                    code = await self._process.wait()
                    last = self.log.read_text(encoding="utf-8")[-2000:]
                    raise DidNotStart(f"{self.log.stem} ended with {code} before it listened:\n{last}")
                self.said.append(line)
                if self.url in line and "listening" in line:
                    break
        self._readers.append(asyncio.create_task(self._listen_on(self._process.stdout)))

    async def until_said(self, words: str) -> str:
        async with asyncio.timeout(PATIENCE):
            while True:
                for line in self.said:
                    if words in line:
                        return line
                await asyncio.sleep(0.01)

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def terminate(self) -> int:
        return await self._end(signal.SIGTERM)

    async def _end(self, number: int) -> int:
        if self._process is None:
            return 0
        process, self._process = self._process, None
        if process.returncode is None:
            os.kill(process.pid, number)
        try:
            async with asyncio.timeout(PATIENCE):
                code = await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
            raise
        await asyncio.gather(*self._readers)
        self._readers.clear()
        return code

    async def _listen_on(self, stream: asyncio.StreamReader) -> None:
        async for line in stream:
            self.said.append(line.decode())


def simulator(folder: Path, name: str) -> Program:
    return Program(folder, name, (*BAKEOFF, "simulate", "--host", "127.0.0.1"))


def bakeoff(
    folder: Path, config: Path, kind: str, database_url: str, program: Sequence[str] = BAKEOFF
) -> Program:
    """No limit is near: what is looked for is what breaks under load, not what refuses it."""
    far = [
        part
        for limit in ("turns-a-minute", "messages-a-minute", "joins-a-second", "turns-at-once")
        for part in (f"--{limit}", "100000")
    ]
    flags = [
        *("--config", str(config), "--data-dir", str(folder / "data"), "--database-url", database_url),
        *("--server", kind, "--registration", "open", "--requests-a-minute", "0", "--simulator", "off"),
        *("--log-format", "json", *far),
    ]
    return Program(folder, "bakeoff", (*program, "serve", *flags))
