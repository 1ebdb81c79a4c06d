"""compose.yaml, by the rules that matter: nothing opens by itself, and each waits for the other."""

import re
from typing import Any

import yaml

from backend.settings import SETTINGS
from tests.deploy.checkout import DEPLOY, ROOT, read, settings_of

COMPOSE: dict[str, Any] = yaml.safe_load(read("compose.yaml"))
BAKEOFF: dict[str, Any] = COMPOSE["services"]["bakeoff"]
DATABASE: dict[str, Any] = COMPOSE["services"]["database"]
REFERENCE = re.compile(r"\$\{(\w+)(:-|:\?)([^}]*)\}")
SET = {
    "POSTGRES_PASSWORD": "a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6a1b2c3d4e5f6",
    "BAKEOFF_SECRET_KEY": "0123456789abcdef" * 4,
}


def filled(text: str, environ: dict[str, str]) -> str:
    """As Compose fills in what is to be set."""

    def value(match: re.Match[str]) -> str:
        name, way, rest = match.groups()
        if environ.get(name):
            return environ[name]
        if way == ":?":
            raise KeyError(name)
        return rest

    return REFERENCE.sub(value, text)


def texts(node: Any) -> list[str]:
    if isinstance(node, dict):
        return [text for value in node.values() for text in texts(value)]
    if isinstance(node, list):
        return [text for value in node for text in texts(value)]
    return [node] if isinstance(node, str) else []


def test_without_secrets_of_ones_own_nothing_starts() -> None:
    required = {name for text in texts(COMPOSE) for name, way, _ in REFERENCE.findall(text) if way == ":?"}
    assert required == set(SET)
    defaults = {
        name: rest for text in texts(COMPOSE) for name, way, rest in REFERENCE.findall(text) if way == ":-"
    }
    assert set(defaults.values()) == {""}
    for secret in ("POSTGRES_PASSWORD", "BAKEOFF_SECRET_KEY"):
        values = [text for text in texts(COMPOSE) if secret in text]
        assert values
        assert all(f"${{{secret}:?" in text for text in values)


def test_its_settings_are_settings_and_lead_to_its_database() -> None:
    environ = {name: filled(value, SET) for name, value in BAKEOFF["environment"].items()}
    settings = settings_of({name: value for name, value in environ.items() if value})
    known = {variable for setting in SETTINGS for variable in setting.variables}
    assert set(environ) <= known
    assert settings.database_url.reveal() == (
        f"postgresql://bakeoff:{SET['POSTGRES_PASSWORD']}@database:5432/bakeoff"
    )
    there = {name: filled(value, SET) for name, value in DATABASE["environment"].items()}
    assert (there["POSTGRES_USER"], there["POSTGRES_DB"]) == ("bakeoff", "bakeoff")
    assert there["POSTGRES_PASSWORD"] == SET["POSTGRES_PASSWORD"]


def test_empty_is_not_set() -> None:
    """What nobody has filled in comes as an empty variable, and must not be taken for a value."""
    environ = {name: filled(value, SET) for name, value in BAKEOFF["environment"].items()}
    assert "" in environ.values()
    settings = settings_of(environ)
    assert settings.provider_keys == {}
    assert settings.public_url is None
    assert settings.trusted_proxies == ()


def test_it_is_built_from_what_is_there() -> None:
    build = BAKEOFF["build"]
    assert (DEPLOY / build["context"]).resolve() == ROOT
    assert (ROOT / build["dockerfile"]).is_file()


def test_the_server_waits_for_a_database_that_answers() -> None:
    assert BAKEOFF["depends_on"] == {"database": {"condition": "service_healthy"}}
    check = DATABASE["healthcheck"]
    assert "--host 127.0.0.1" in check["test"][1]
    assert {"interval", "timeout", "retries", "start_period"} < set(check)
    assert {service["restart"] for service in COMPOSE["services"].values()} == {"unless-stopped"}


def test_nothing_is_open_to_the_world_and_little_can_be_written() -> None:
    assert [port.split(":")[0] for port in BAKEOFF["ports"]] == ["127.0.0.1"]
    assert "ports" not in DATABASE
    assert BAKEOFF["read_only"] is True
    assert BAKEOFF["cap_drop"] == ["ALL"]
    assert BAKEOFF["security_opt"] == ["no-new-privileges:true"]
    named = {
        mount.partition(":")[0] for service in COMPOSE["services"].values() for mount in service["volumes"]
    }
    assert named == set(COMPOSE["volumes"])
    assert "files:/data" in BAKEOFF["volumes"]


def test_both_get_longer_to_end_than_they_need() -> None:
    assert int(BAKEOFF["stop_grace_period"].removesuffix("s")) > settings_of({}).drain_seconds + 2
