"""Which version this is. pyproject.toml says it; an installation has it in its metadata."""

import tomllib
from functools import cache
from importlib import metadata
from pathlib import Path


@cache
def version() -> str:
    try:
        return metadata.version("bakeoff")
    except metadata.PackageNotFoundError:
        # A checkout that nobody installed.
        project = Path(__file__).parents[2] / "pyproject.toml"
        return str(tomllib.loads(project.read_text(encoding="utf-8"))["project"]["version"])
