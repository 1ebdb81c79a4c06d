"""`bakeoff …` as somebody types it, in a folder, as a process of its own."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryFile

from tests.support.environments import clean_environment
from tests.support.nursery import born

LONGEST = 120.0
"""Seconds."""


@dataclass(frozen=True)
class Done:
    status: int
    said: str
    complained: str


def bakeoff(folder: Path, *typed: object, environ: Mapping[str, str] | None = None) -> Done:
    with TemporaryFile("w+", encoding="utf-8") as errors:
        process = born([str(word) for word in typed], folder, clean_environment(environ or {}), errors)
        watchdog = threading.Timer(LONGEST, process.kill)
        watchdog.start()
        try:
            with process.stdout as output:
                said = output.read()
            status = process.wait(LONGEST)
        finally:
            watchdog.cancel()
        errors.seek(0)
        return Done(status, said, errors.read())
