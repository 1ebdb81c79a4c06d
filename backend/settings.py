"""What can be set from outside, read once at the start. The only reader of the environment.

`SETTINGS` is the one list: the value, the flags with their help and the table in README come from it.
"""
# ruff: noqa: E501 - in the table, one line for each setting reads best

import difflib
import ipaddress
import re
import tomllib
from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import SplitResult, quote, unquote, urlsplit

_OWN: Final = "BAKEOFF_"
_CONFIG: Final = "BAKEOFF_CONFIG"
_CONFIG_FILE: Final = "bakeoff.toml"


class SettingsError(Exception):
    """Everything that is wrong with the settings at once, one line each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


class Secret:
    """A value that shows itself only to who asks for it by name."""

    __slots__ = ("_value",)

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "***"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and other._value == self._value

    def __hash__(self) -> int:
        return hash(self._value)


# A parser raises ValueError with the reason. It repeats the value only where the value cannot be a secret.
Parser = Callable[[str], Any]


def _text(value: str) -> str:
    return value


def _path(value: str) -> Path:
    return Path(value).expanduser()


def _whole_number(low: int, high: int) -> Parser:
    def parse(value: str) -> int:
        if not re.fullmatch(r"\d{1,18}", value) or not low <= int(value) <= high:
            raise ValueError(f"{value!r} is not a whole number from {low} to {high}")
        return int(value)

    return parse


def _seconds(value: str) -> float:
    if not re.fullmatch(r"\d{1,6}(\.\d{1,3})?", value):
        raise ValueError(f"{value!r} is not a number of seconds")
    return float(value)


def _size(value: str) -> int:
    match = re.fullmatch(r"(\d{1,12})\s*(KiB|MiB|GiB)?", value)
    if not match:
        raise ValueError(f"{value!r} is not a size such as 16777216 or 16 MiB")
    return int(match[1]) << 10 * ("", "KiB", "MiB", "GiB").index(match[2] or "")


def _choice(*choices: str) -> Parser:
    def parse(value: str) -> str:
        if value.lower() not in choices:
            raise ValueError(f"{value!r} is not one of {', '.join(choices)}{_did_you_mean(value, choices)}")
        return value.lower()

    return parse


def _list_of(parse_item: Parser) -> Parser:
    def parse(value: str) -> tuple[Any, ...]:
        return tuple(parse_item(item.strip()) for item in value.split(",") if item.strip())

    return parse


def _http_url(value: str) -> SplitResult:
    # The value stays out of the reasons: a URL may carry a password.
    try:
        url = urlsplit(value)
        _ = url.port
    except ValueError:
        raise ValueError("it is not a URL") from None
    if url.scheme not in {"http", "https"} or not url.hostname:
        raise ValueError("it is not a URL that begins with http:// or https://")
    if url.username is not None or url.password is not None:
        raise ValueError("a user or a password does not belong in this URL")
    return url


def _base_url(value: str) -> str:
    url = _http_url(value)
    if url.query or url.fragment:
        raise ValueError("a query or a fragment does not belong in this URL")
    return value.rstrip("/")


def _origin(value: str) -> str:
    if value == "*":
        raise ValueError("'*' would give every site the user's cookies; name the origins")
    url = _http_url(value)
    if url.path not in {"", "/"} or url.query or url.fragment:
        raise ValueError("an origin has no path, only scheme, host and port")
    return f"{url.scheme}://{url.netloc}".lower()


def _host_pattern(value: str) -> str:
    if not re.fullmatch(r"\*|(\*\.)?[a-z0-9_]([a-z0-9_.-]*[a-z0-9_])?|\[?[0-9a-f:.]+\]?", value.lower()):
        raise ValueError(f"{value!r} is not a host name, an address or *.domain (and takes no port)")
    return value.lower().strip("[]")


def _proxy(value: str) -> str:
    if value == "unix":
        return value
    try:
        return str(ipaddress.ip_network(value, strict=False))
    except ValueError:
        raise ValueError(f"{value!r} is not an address, a network such as 10.0.0.0/8, or unix") from None


def _database_url(value: str) -> Secret:
    # Which databases there are, the database itself knows; here only nothing may be said of the password.
    try:
        scheme = urlsplit(value).scheme
    except ValueError:
        scheme = ""
    if not scheme:
        raise ValueError(
            "it is not a URL such as sqlite:///data/bakeoff.db or postgresql://user:password@host/name"
        )
    return Secret(value)


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    parse: Parser
    default: str  # empty: not set
    help: str
    conventional: tuple[str, ...] = ()  # variables that other programs use for the same thing
    unset: tuple[()] | None = None  # the value when nothing sets it
    flag: bool = True  # keys have none: a command line is there for every user of the machine to read

    @property
    def variables(self) -> tuple[str, ...]:
        return (f"{_OWN}{self.name.upper()}", *self.conventional)

    @property
    def option(self) -> str:
        return "--" + self.name.replace("_", "-")


# fmt: off
SETTINGS: Final = (
    Setting("host", _text, "127.0.0.1", "address to listen on; 0.0.0.0 or :: for every network"),
    Setting("port", _whole_number(0, 65535), "8000", "port to listen on; 0 takes a free one", ("PORT",)),
    Setting("unix_socket", _path, "", "listen on this Unix socket instead of host and port"),
    Setting("data_dir", _path, "data", "folder for the database and uploaded files"),
    Setting("database_url", _database_url, "", "sqlite: or postgresql: URL; without it bakeoff.db in the data folder", ("DATABASE_URL",)),
    Setting("server", _choice("auto", "native", "portable"), "auto", "auto takes the native server where it can load"),
    Setting("tls_certificate", _path, "", "PEM file with the certificate chain; needs the key too"),
    Setting("tls_key", _path, "", "PEM file with the certificate's private key"),
    Setting("log_level", _choice("debug", "info", "warning", "error"), "info", "debug, info, warning or error"),
    Setting("log_format", _choice("auto", "pretty", "json"), "auto", "pretty, json, or auto: pretty on a terminal"),
    Setting("cors_origins", _list_of(_origin), "", "origins of other sites whose pages may call the API, comma separated", unset=()),
    Setting("allowed_hosts", _list_of(_host_pattern), "", "names in the Host header that are answered, *.domain and * allowed; without it the address listened on", unset=()),
    Setting("trusted_proxies", _list_of(_proxy), "", "addresses, networks or unix whose X-Forwarded-* headers are believed", unset=()),
    Setting("public_url", _base_url, "", "how the outside world reaches this server"),
    Setting("max_body_bytes", _size, "16 MiB", "largest request body"),
    Setting("drain_seconds", _seconds, "10", "time that running requests get when the server stops"),
    Setting("openai_api_key", Secret, "", "key for OpenAI and what speaks its API", ("OPENAI_API_KEY",), flag=False),
    Setting("openai_base_url", _base_url, "", "another server that speaks OpenAI's API", ("OPENAI_BASE_URL",)),
    Setting("anthropic_api_key", Secret, "", "key for Anthropic", ("ANTHROPIC_API_KEY",), flag=False),
    Setting("anthropic_base_url", _base_url, "", "another server that speaks Anthropic's API", ("ANTHROPIC_BASE_URL",)),
)
# fmt: on


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    host: str
    port: int
    unix_socket: Path | None
    data_dir: Path
    database_url: Secret  # its password is one
    server: Literal["auto", "native", "portable"]
    tls_certificate: Path | None
    tls_key: Path | None
    log_level: Literal["debug", "info", "warning", "error"]
    log_format: Literal["auto", "pretty", "json"]
    cors_origins: tuple[str, ...]
    allowed_hosts: tuple[str, ...]
    trusted_proxies: tuple[str, ...]
    public_url: str | None
    max_body_bytes: int
    drain_seconds: float
    openai_api_key: Secret | None
    openai_base_url: str | None
    anthropic_api_key: Secret | None
    anthropic_base_url: str | None

    @classmethod
    def load(
        cls, environ: Mapping[str, str], flags: Mapping[str, str] | None = None, toml_path: Path | None = None
    ) -> Self:
        """Flags win over the environment, the environment over the file, the file over the default."""
        values, problems = _read(environ, flags or {}, toml_path)
        if values["database_url"] is None and isinstance(values["data_dir"], Path):
            values["database_url"] = Secret(f"sqlite:///{quote(str(values['data_dir'] / 'bakeoff.db'))}")
        if (values["tls_certificate"] is None) != (values["tls_key"] is None):
            problems.append("tls_certificate, tls_key: one does not work without the other")
        if problems:
            raise SettingsError(problems)
        return cls(**values)

    def secret_values(self) -> tuple[str, ...]:
        """What must never be seen in a log."""
        keys = [key.reveal() for key in (self.openai_api_key, self.anthropic_api_key) if key]
        password = urlsplit(self.database_url.reveal()).password
        return (*keys, password, unquote(password)) if password else tuple(keys)


def add_flags(parser: ArgumentParser) -> None:
    """One flag for every setting, and all of them in `--help`."""
    parser.add_argument(
        "--config", metavar="FILE", help=f"settings file [{_CONFIG}; default: {_CONFIG_FILE}]"
    )
    group = parser.add_argument_group(
        "settings",
        f"A flag wins over its variable, the variable over {_CONFIG_FILE}, the file over the default.",
    )
    for setting in SETTINGS:
        if setting.flag:
            metavar = setting.name.rsplit("_", 1)[-1].upper()
            help_text = f"{setting.help} {_sources(setting)}".replace("%", "%%")
            group.add_argument(
                setting.option, dest=f"setting_{setting.name}", metavar=metavar, help=help_text
            )
    keys = "; ".join(
        f"{setting.variables[0]}: {setting.help} {_sources(setting)}"
        for setting in SETTINGS
        if not setting.flag
    )
    parser.epilog = f"Without a flag, because others could read it: {keys}".replace("%", "%%")


def given_flags(arguments: Namespace) -> dict[str, str]:
    """What the flags of `add_flags` were given, as `Settings.load` takes it."""
    given = ((setting.name, getattr(arguments, f"setting_{setting.name}", None)) for setting in SETTINGS)
    return {name: value for name, value in given if value is not None}


def markdown_table() -> str:
    """The configuration table of README."""
    rows = ["| flag | variable | in `bakeoff.toml` | default | meaning |", "|---|---|---|---|---|"]
    for setting in SETTINGS:
        flag = f"`{setting.option}`" if setting.flag else ""
        variables = ", ".join(f"`{variable}`" for variable in setting.variables)
        default = f"`{setting.default}`" if setting.default else ""
        rows.append(f"| {flag} | {variables} | `{setting.name}` | {default} | {setting.help} |")
    return "\n".join(rows) + "\n"


def _sources(setting: Setting) -> str:
    return f"[{', '.join(setting.variables)}; toml: {setting.name}; default: {setting.default or 'none'}]"


def _read(
    environ: Mapping[str, str], flags: Mapping[str, str], toml_path: Path | None
) -> tuple[dict[str, Any], list[str]]:
    problems = list(_unknown_variables(environ))
    try:
        file, in_file = _read_file(environ, toml_path)
    except SettingsError as error:
        file, in_file = "", {}
        problems.extend(error.problems)
    problems.extend(_unknown_keys(file, in_file))
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        source, given = _first_given(setting, environ, flags, file, in_file)
        try:
            text = _as_text(given)
            values[setting.name] = setting.parse(text) if text else setting.unset
        except ValueError as reason:
            values[setting.name] = ...  # given, but not usable
            problems.append(f"{source}: {reason}")
    return values, problems


def _first_given(
    setting: Setting,
    environ: Mapping[str, str],
    flags: Mapping[str, str],
    file: str,
    in_file: Mapping[str, object],
) -> tuple[str, object]:
    """An empty value counts as not given: that is how a compose file leaves a variable out."""
    candidates: list[tuple[str, object]] = [(setting.option, flags.get(setting.name, ""))]
    candidates += [(variable, environ.get(variable, "").strip()) for variable in setting.variables]
    candidates += [(f"{file}: {setting.name}", in_file.get(setting.name, ""))]
    return next((candidate for candidate in candidates if candidate[1] != ""), ("default", setting.default))


def _as_text(value: object) -> str:
    match value:
        case str():
            return value
        case bool():
            return str(value).lower()
        case int() | float():
            return str(value)
        case list() if all(isinstance(item, str) for item in value):
            return ",".join(value)
        case _:
            raise ValueError("it is neither text, a number nor a list of texts")


def _read_file(environ: Mapping[str, str], toml_path: Path | None) -> tuple[str, dict[str, object]]:
    named = toml_path or (Path(environ[_CONFIG]) if environ.get(_CONFIG) else None)
    path = named or Path(_CONFIG_FILE)
    if named is None and not path.exists():
        return str(path), {}
    try:
        return str(path), tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise SettingsError([f"{path}: {error.strerror}"]) from None
    except (UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError([f"{path}: it is not TOML: {error}"]) from None


def _unknown_variables(environ: Mapping[str, str]) -> Iterator[str]:
    known = {_CONFIG} | {setting.variables[0] for setting in SETTINGS}
    for variable in sorted(environ):
        if variable.startswith(_OWN) and variable not in known:
            yield f"{variable}: there is no such setting{_did_you_mean(variable, known)}"


def _unknown_keys(file: str, in_file: Mapping[str, object]) -> Iterator[str]:
    known = {setting.name for setting in SETTINGS}
    for key in sorted(set(in_file) - known):
        yield f"{file}: {key}: there is no such setting{_did_you_mean(key, known)}"


def _did_you_mean(wrong: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(wrong, sorted(known), n=1)
    return f"; did you mean {near[0]}?" if near else ""
