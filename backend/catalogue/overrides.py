"""What bakeoff.toml says of endpoints and models: `[[endpoints]]` and `[models."endpoint/name"]`."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from msgspec import Struct

from backend.catalogue.checking import Problems, check
from backend.catalogue.facts import Facts
from backend.providers.chat import ParameterName
from backend.providers.endpoints import Clocks, Dialect, EffortField, Endpoint, SdkName

_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_.-]*")

_DIALECTS: Final[Mapping[SdkName, tuple[Dialect, ...]]] = {
    "openai": ("chat", "responses"),
    "anthropic": ("messages",),
}


@dataclass(frozen=True, slots=True)
class CustomEndpoint:
    endpoint: Endpoint
    dialect: Dialect | None = None
    """None: the usual one of its SDK."""
    key: str | None = field(default=None, repr=False)
    key_variable: str | None = None
    """The environment variable that holds the key."""


@dataclass(frozen=True, slots=True)
class Overrides:
    endpoints: tuple[CustomEndpoint, ...] = ()
    facts: Mapping[str, Facts] = field(default_factory=dict)
    """By the id of the model."""


_USUAL: Final = Clocks()


class _ClocksTable(Struct, frozen=True):
    connect: float = _USUAL.connect
    first_chunk: float = _USUAL.first_chunk
    silence: float = _USUAL.silence
    total: float = _USUAL.total


class _EndpointTable(Struct, frozen=True, kw_only=True):
    name: str
    base_url: str
    display_name: str | None = None
    key: str | None = None
    key_variable: str | None = None
    needs_key: bool | None = None
    sdk: SdkName = "openai"
    dialect: Dialect | None = None
    discovers: bool | None = None
    prices: str | None = None
    refuses: tuple[ParameterName, ...] = ()
    max_tokens_field: Literal["max_tokens", "max_completion_tokens"] = "max_tokens"
    seed_field: str = "seed"
    effort_field: EffortField = "reasoning_effort"
    stream_options: bool = True
    extra_body: dict[str, Any] = {}
    headers: dict[str, str] = {}
    clocks: _ClocksTable = _ClocksTable()
    models: list[Any] = []

    def custom(self) -> CustomEndpoint:
        has_key = self.key is not None or self.key_variable is not None
        clocks = self.clocks
        endpoint = Endpoint(
            name=self.name,
            display_name=self.display_name or self.name,
            base_url=self.base_url.rstrip("/"),
            sdk=self.sdk,
            needs_key=has_key if self.needs_key is None else self.needs_key,
            discovers=not self.models if self.discovers is None else self.discovers,
            prices=self.prices,
            refuses=frozenset(self.refuses),
            max_tokens_field=self.max_tokens_field,
            seed_field=self.seed_field,
            effort_field=self.effort_field,
            stream_options=self.stream_options,
            extra_body=self.extra_body,
            headers=self.headers,
            clocks=Clocks(clocks.connect, clocks.first_chunk, clocks.silence, clocks.total),
        )
        return CustomEndpoint(endpoint, self.dialect, self.key, self.key_variable)


def read_overrides(
    endpoints: object, models: object, known_endpoints: Collection[str]
) -> tuple[Overrides, list[str]]:
    """From parsed TOML; what is wrong with it comes as lines, and then the overrides are not to be used."""
    problems = Problems()
    facts: dict[str, Facts] = {}
    names = set(known_endpoints)
    custom = []
    for index, table in enumerate(_listed(endpoints, "endpoints", problems)):
        path = f"endpoints[{index}]"
        if read := check(table, _EndpointTable, path, problems):
            _check_endpoint(read, names, path, problems)
            names.add(read.name)
            custom.append(read.custom())
            facts |= _own_models(read, f"{path}.models", problems)
        elif isinstance(table, Mapping):
            names.add(str(table.get("name")))  # so that its models are not called strangers as well
    facts |= _read_models(models, names, problems)
    return Overrides(tuple(custom), facts), problems


def _listed(value: object, path: str, problems: Problems) -> list[object]:
    if isinstance(value, list):
        return value
    problems.say(path, "is not a list of tables: write [[endpoints]]")
    return []


def _check_endpoint(table: _EndpointTable, names: Collection[str], path: str, problems: Problems) -> None:
    if not _NAME.fullmatch(table.name):
        problems.say(f"{path}.name", "is not made of small letters, digits and . _ -")
    elif table.name in names:
        problems.say(f"{path}.name", f"there is an endpoint {table.name} already")
    if not _is_http(table.base_url):
        problems.say(f"{path}.base_url", "is not a URL that begins with http:// or https://")
    allowed = _DIALECTS[table.sdk]
    if table.dialect is not None and table.dialect not in allowed:
        problems.say(f"{path}.dialect", f"the SDK of {table.sdk} speaks {' and '.join(allowed)}")


def _is_http(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname)


def _own_models(table: _EndpointTable, path: str, problems: Problems) -> dict[str, Facts]:
    """Names, or tables with a name and facts."""
    facts = {}
    for index, model in enumerate(table.models):
        name, said = (model.get("name"), model) if isinstance(model, Mapping) else (model, {})
        if not isinstance(name, str) or not name:
            problems.say(f"{path}[{index}]", "is neither a name nor a table with a name")
            continue
        rest = {key: value for key, value in said.items() if key != "name"}
        if read := check(rest, Facts, f"{path}[{index}]", problems):
            facts[f"{table.name}/{name}"] = read
    return facts


def _read_models(models: object, endpoints: Collection[str], problems: Problems) -> dict[str, Facts]:
    if not isinstance(models, Mapping):
        problems.say("models", 'is not a table: write [models."endpoint/name"]')
        return {}
    facts = {}
    for model_id, table in models.items():
        path = f'models."{model_id}"'
        endpoint, slash, name = str(model_id).partition("/")
        if not slash or not name:
            problems.say(path, "is not of the form endpoint/name")
        elif endpoint not in endpoints:
            problems.unknown(path, endpoint, endpoints, f"there is no endpoint {endpoint}")
        if read := check(table, Facts, path, problems):
            facts[model_id] = read
    return facts
