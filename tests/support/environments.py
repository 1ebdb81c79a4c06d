"""What the processes that tests start find around them."""

import os
from collections.abc import Mapping
from pathlib import Path

from backend.settings import SETTINGS


def clean_environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Nothing of the machine's own settings or keys reaches a test."""
    own = {variable for setting in SETTINGS for variable in setting.variables}
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in own and not name.startswith(("BAKEOFF_", "OPENAI_", "ANTHROPIC_"))
    }
    # The first folder has the guard that keeps the process on this machine.
    paths = (Path(__file__).parent / "loopback", Path(__file__).parents[2])
    own_ways = {"PYTHONPATH": os.pathsep.join(map(str, paths)), "PYTHONFAULTHANDLER": "1"}
    return {**kept, **own_ways, **environ}
