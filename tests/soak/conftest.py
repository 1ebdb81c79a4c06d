"""One small soak, for all who look at what it left behind."""

import asyncio
from pathlib import Path

import pytest

from soak.evidence import Evidence
from soak.plan import Attendance, Fault, Plan
from soak.run import Stage, soak

SMALL = Plan(
    seconds=6.0,
    seed=3,
    faults=(Fault(1.5, "kill", 0.0), Fault(3.5, "pause", 1.0)),
    attendance=Attendance(
        askers=2, watchers=3, reloaders=1, slow_readers=1, history_readers=1, refreshers=1, pause=0.2
    ),
    rooms_close_after=20.0,
)


@pytest.fixture(scope="session")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("soak")


@pytest.fixture(scope="session")
def evidence(folder: Path) -> Evidence:
    return asyncio.run(soak(SMALL, Stage(folder, program=("-m", "tests.soak.hasty"))))
