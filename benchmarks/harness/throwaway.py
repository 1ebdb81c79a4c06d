"""Programs that only a benchmark needs, from PyPI or npm, in folders of their own that git does not see.

Installed when first asked for; they are never dependencies, and removing the folder removes all of them.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

FOLDER: Final = Path(__file__).parents[2] / ".installed"
PATIENCE: Final = 900
_DONE: Final = "installed.txt"


class NotInstalledError(Exception):
    """Why there is nothing to measure."""


def from_pypi(*requirements: str) -> Path:
    """The programs of a virtual environment with nothing else in it."""
    folder = FOLDER / _name(requirements)
    pip = (str(folder / "bin" / "python"), "-m", "pip", "install", "--quiet", *requirements)
    return _installed(folder, ((sys.executable, "-m", "venv", str(folder)), pip)) / "bin"


def from_npm(package: str, version: str, overrides: Mapping[str, str]) -> Path:
    """The folder of its packages, some in other versions. Nothing of theirs is run to install them."""
    npm = shutil.which("npm")
    if npm is None:
        raise NotInstalledError("there is no npm")
    folder = FOLDER / _name((f"{package}@{version}", *(f"{name}@{old}" for name, old in overrides.items())))
    wanted = {"dependencies": {package: version}, "overrides": dict(overrides)}
    quietly = ("--no-audit", "--no-fund", "--no-progress", "--ignore-scripts", "--loglevel=error")
    install = (npm, "install", f"--prefix={folder}", *quietly)
    return _installed(folder, (install,), {"package.json": json.dumps(wanted)}) / "node_modules"


def _installed(
    folder: Path, commands: Sequence[Sequence[str]], files: Mapping[str, str] = MappingProxyType({})
) -> Path:
    """The mark is written last: what was broken off is begun anew."""
    if not (folder / _DONE).exists():
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for name, content in files.items():
            (folder / name).write_text(content, encoding="utf-8")
        for command in commands:
            _run(command)
        (folder / _DONE).write_text("\n".join(" ".join(command) for command in commands), encoding="utf-8")
    return folder


def _run(command: Sequence[str]) -> None:
    quiet = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1", "npm_config_update_notifier": "false"}
    try:
        subprocess.run(command, check=True, capture_output=True, text=True, timeout=PATIENCE, env=quiet)
    except subprocess.TimeoutExpired as slow:
        raise NotInstalledError(f"{command[0]} took over {PATIENCE} s") from slow
    except subprocess.CalledProcessError as failed:
        said = failed.stderr.strip() or failed.stdout.strip() or f"it ended with {failed.returncode}"
        raise NotInstalledError(said.splitlines()[-1]) from failed


def _name(wanted: Sequence[str]) -> str:
    return "+".join(each.replace("/", "-").lstrip("@") for each in wanted)
