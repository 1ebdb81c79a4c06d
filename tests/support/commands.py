"""`bakeoff …` as somebody types it, in a folder, as a process of its own."""

import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support.environments import clean_environment


@dataclass(frozen=True)
class Done:
    status: int
    said: str
    complained: str


def bakeoff(folder: Path, *typed: object, environ: Mapping[str, str] | None = None) -> Done:
    done = subprocess.run(
        [sys.executable, "-m", "backend", *map(str, typed)],
        cwd=folder,
        env=clean_environment(environ or {}),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)
