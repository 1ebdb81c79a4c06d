"""An installation to look at, and what was said of it."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from backend.doctor.checks import Check, examine
from backend.doctor.finding import Finding
from backend.doctor.patient import Patient
from backend.settings import Settings
from tests.support.commands import bakeoff


def patient(environ: Mapping[str, str], *, online: bool = False) -> Patient:
    settings, problems = Settings.as_far_as_usable(environ)
    return Patient(settings, problems, online)


def found(environ: Mapping[str, str], check: Check, *, online: bool = False) -> list[Finding]:
    """By one check alone."""
    looked = asyncio.run(examine(patient(environ, online=online), [("it", check)]))
    return [finding for _, finding in looked]


def one(environ: Mapping[str, str], check: Check, *, online: bool = False) -> Finding:
    (finding,) = found(environ, check, online=online)
    return finding


def report(folder: Path, *flags: str, environ: Mapping[str, str] | None = None) -> tuple[int, dict[str, Any]]:
    """Of the command, as machines read it."""
    done = bakeoff(folder, "doctor", "--json", *flags, environ=environ)
    assert done.complained == "", done
    return done.status, json.loads(done.said)


def lines(said: dict[str, Any], check: str) -> list[tuple[str, str]]:
    return [(each["state"], each["found"]) for each in said["findings"] if each["check"] == check]
