"""The files of deploy/, and the settings that they name."""

from collections.abc import Mapping
from pathlib import Path

from backend.settings import Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "deploy"


def read(*parts: str) -> str:
    return DEPLOY.joinpath(*parts).read_text(encoding="utf-8")


def settings_of(environ: Mapping[str, str]) -> Settings:
    """Raises SettingsError for what the program would refuse: an unknown name, a value of no use."""
    return Settings.load({name: value for name, value in environ.items() if name != "BAKEOFF_CONFIG"})
