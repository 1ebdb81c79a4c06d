"""What can be set from outside, read once at the start. The only reader of the environment.

`SETTINGS` is the one list: the value, the flags with their help and the table in docs/configuration.md come from it.
"""
# ruff: noqa: E501 - in the table, one line for each setting reads best

import tomllib
from argparse import SUPPRESS, ArgumentParser, Namespace
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, Self
from urllib.parse import quote, unquote, urlsplit

from backend import setting_values as to
from backend.setting_values import Parser, Secret, did_you_mean

_OWN: Final = "BAKEOFF_"
_CONFIG: Final = "BAKEOFF_CONFIG"
_CONFIG_FILE: Final = "bakeoff.toml"


class SettingsError(Exception):
    """Everything that is wrong with the settings at once, one line each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(self.problems))


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


# Who serves models, what they are called, and the variables in which their keys usually are. Those without one
# run on a machine of one's own and have an address instead.
_PROVIDERS: Final[tuple[tuple[str, str, tuple[str, ...], tuple[str, ...]], ...]] = (
    ("openai", "OpenAI", ("OPENAI_API_KEY",), ("OPENAI_BASE_URL",)),
    ("anthropic", "Anthropic", ("ANTHROPIC_API_KEY",), ("ANTHROPIC_BASE_URL",)),
    ("google", "Google", ("GEMINI_API_KEY", "GOOGLE_API_KEY"), ()),
    ("groq", "Groq", ("GROQ_API_KEY",), ()),
    ("mistral", "Mistral", ("MISTRAL_API_KEY",), ()),
    ("deepseek", "DeepSeek", ("DEEPSEEK_API_KEY",), ()),
    ("xai", "xAI", ("XAI_API_KEY",), ()),
    ("together", "Together", ("TOGETHER_API_KEY",), ()),
    ("openrouter", "OpenRouter", ("OPENROUTER_API_KEY",), ()),
    ("azure", "Azure OpenAI", ("AZURE_OPENAI_API_KEY",), ()),
    ("ollama", "Ollama", (), ()),
    ("lmstudio", "LM Studio", (), ()),
    ("vllm", "vLLM", (), ()),
    ("llamacpp", "llama.cpp", (), ()),
)


def _provider_settings() -> Iterator[Setting]:
    for name, display_name, keys, urls in _PROVIDERS:
        if keys:
            yield Setting(f"{name}_api_key", Secret, "", f"key for {display_name}", keys, flag=False)
        yield Setting(
            f"{name}_base_url", to.base_url, "", f"where {display_name} is, if not where it usually is", urls
        )


# fmt: off
SETTINGS: Final = (
    Setting("host", to.text, "127.0.0.1", "address to listen on; 0.0.0.0 or :: for every network"),
    Setting("port", to.whole_number(0, 65535), "8000", "port to listen on; 0 takes a free one", ("PORT",)),
    Setting("unix_socket", to.path, "", "listen on this Unix socket instead of host and port"),
    Setting("data_dir", to.path, "data", "folder for the database and uploaded files"),
    Setting("database_url", to.database_url, "", "sqlite: or postgresql: URL; without it bakeoff.db in the data folder", ("DATABASE_URL",)),
    Setting("server", to.choice("auto", "native", "portable"), "auto", "auto takes the native server where it can load"),
    Setting("tls_certificate", to.path, "", "PEM file with the certificate chain; needs the key too"),
    Setting("tls_key", to.path, "", "PEM file with the certificate's private key"),
    Setting("log_level", to.choice("debug", "info", "warning", "error"), "info", "debug, info, warning or error"),
    Setting("log_format", to.choice("auto", "pretty", "json"), "auto", "pretty, json, or auto: pretty on a terminal"),
    Setting("cors_origins", to.list_of(to.origin), "", "origins of other sites whose pages may call the API, comma separated", unset=()),
    Setting("allowed_hosts", to.list_of(to.host_pattern), "", "names in the Host header that are answered, *.domain and * allowed; without it the address listened on", unset=()),
    Setting("trusted_proxies", to.list_of(to.believed_proxy), "", "addresses, networks or unix whose X-Forwarded-* headers are believed", unset=()),
    Setting("public_url", to.base_url, "", "how the outside world reaches this server"),
    Setting("max_body_bytes", to.size, "16 MiB", "largest request body"),
    Setting("max_attachment_bytes", to.size, "20 MiB", "largest attachment, and the most that goes to a model with one prompt"),
    Setting("max_unused_attachment_bytes", to.size, "200 MiB", "attachments of one user that are in no comparison yet; they go after a day"),
    Setting("drain_seconds", to.seconds, "10", "time that running requests get when the server stops"),
    Setting("secret_key", to.secret_key, "", "what tokens are signed and keys are sealed with, at least 32 characters; without it secret.key in the data folder", flag=False),
    Setting("registration", to.choice("open", "invite", "closed"), "invite", "who may make an account"),
    Setting("oidc_issuer", to.issuer, "", "provider to sign in with (OpenID Connect), to the letter as it calls itself"),
    Setting("oidc_client_id", to.text, "", "what this server is called there"),
    Setting("oidc_client_secret", Secret, "", "its secret there; a public client has none", flag=False),
    Setting("oidc_api_audience", to.text, "", "whom that provider's API tokens must be for to be taken here; without it none are"),
    Setting("local_endpoints", to.choice("on", "off"), "off", "whether endpoints that users add may be on this machine and in private networks"),
    Setting("metrics", to.choice("local", "open", "admin"), "local", "who reads /metrics and /health/detailed without signing in: local: programs on this machine; open: everybody; admin: nobody"),
    Setting("requests_a_minute", to.whole_number(0, 1_000_000), "1200", "requests from one address in a minute; 0 is no limit"),
    Setting("key_requests_a_minute", to.whole_number(0, 1_000_000), "600", "requests with one API key in a minute; 0 is no limit"),
    Setting("turns_a_minute", to.whole_number(1, 1_000_000), "20", "turns that one user may start in a minute"),
    Setting("messages_a_minute", to.whole_number(1, 1_000_000), "30", "socket commands of one user in a minute that have no limit of their own"),
    Setting("joins_a_second", to.whole_number(1, 100_000), "5", "rooms that one user may join in a second"),
    Setting("turns_at_once", to.whole_number(1, 100_000), "10", "turns of one user that run at once; more wait in a line"),
    Setting("server_turns_at_once", to.whole_number(1, 100_000), "200", "turns of everybody that run at once"),
    Setting("lanes_a_turn", to.whole_number(1, 24), "24", "models that may be asked at once"),
    Setting("simulator", to.choice("auto", "on", "off"), "auto", "simulated models; auto: while no provider has a key"),
    Setting("provider_proxy", to.proxy_url, "", "HTTP proxy on the way to providers; never used for this machine", ("HTTPS_PROXY",)),
    *_provider_settings(),
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
    max_attachment_bytes: int
    max_unused_attachment_bytes: int
    drain_seconds: float
    secret_key: Secret | None
    registration: Literal["open", "invite", "closed"]
    oidc_issuer: str | None
    oidc_client_id: str | None
    oidc_client_secret: Secret | None
    oidc_api_audience: str | None
    local_endpoints: Literal["on", "off"]
    metrics: Literal["local", "open", "admin"]
    requests_a_minute: int
    key_requests_a_minute: int
    turns_a_minute: int
    messages_a_minute: int
    joins_a_second: int
    turns_at_once: int
    server_turns_at_once: int
    lanes_a_turn: int
    simulator: Literal["auto", "on", "off"]
    provider_proxy: Secret | None  # its password is one
    provider_keys: Mapping[str, Secret]
    provider_base_urls: Mapping[str, str]
    endpoints: object
    """`[[endpoints]]` of the file, for the catalogue to judge. Their keys are among `provider_keys`."""
    models: object
    """`[models]` of the file: what is known better here than in the catalogue."""

    @classmethod
    def load(
        cls, environ: Mapping[str, str], flags: Mapping[str, str] | None = None, toml_path: Path | None = None
    ) -> Self:
        """Flags win over the environment, the environment over the file, the file over the default."""
        settings, problems = cls.as_far_as_usable(environ, flags, toml_path)
        if problems:
            raise SettingsError(problems)
        return settings

    @classmethod
    def as_far_as_usable(
        cls, environ: Mapping[str, str], flags: Mapping[str, str] | None = None, toml_path: Path | None = None
    ) -> tuple[Self, list[str]]:
        """With every problem there is; what cannot be used is as if it had not been set."""
        values, problems = _read(environ, flags or {}, toml_path)
        if (values["tls_certificate"] is None) != (values["tls_key"] is None):
            problems.append("tls_certificate, tls_key: one does not work without the other")
        if (values["oidc_issuer"] is None) != (values["oidc_client_id"] is None):
            problems.append("oidc_issuer, oidc_client_id: one does not work without the other")
        for setting in SETTINGS:
            if values[setting.name] is ...:
                values[setting.name] = setting.parse(setting.default) if setting.default else setting.unset
        if values["database_url"] is None:
            values["database_url"] = Secret(f"sqlite:///{quote(str(values['data_dir'] / 'bakeoff.db'))}")
        for kind in ("api_key", "base_url"):
            found = {name: values.pop(f"{name}_{kind}", None) for name, *_ in _PROVIDERS}
            values[f"provider_{kind}s"] = {name: value for name, value in found.items() if value}
        values["provider_keys"] = values.pop("provider_api_keys") | values.pop("endpoint_keys")
        return cls(**values), problems

    def secret_values(self) -> tuple[str, ...]:
        """What must never be seen in a log."""
        keys = [key.reveal() for key in self.provider_keys.values()]
        urls = (self.database_url, self.provider_proxy)
        passwords = [urlsplit(url.reveal()).password for url in urls if url]
        keys += [secret.reveal() for secret in (self.secret_key, self.oidc_client_secret) if secret]
        return (*keys, *(form for word in passwords if word for form in (word, unquote(word))))


def key_variable(provider: str) -> str | None:
    """Where its key usually is."""
    return next((keys[0] for name, _, keys, _ in _PROVIDERS if name == provider and keys), None)


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


def add_hidden_flags(parser: ArgumentParser) -> None:
    """The same flags once more behind the name of a deed, where people type them; its help stays short."""
    parser.add_argument("--config", default=SUPPRESS, help=SUPPRESS)
    for setting in SETTINGS:
        if setting.flag:
            parser.add_argument(
                setting.option, dest=f"setting_{setting.name}", default=SUPPRESS, help=SUPPRESS
            )


def given_flags(arguments: Namespace) -> dict[str, str]:
    """What the flags of `add_flags` were given, as `Settings.load` takes it."""
    given = ((setting.name, getattr(arguments, f"setting_{setting.name}", None)) for setting in SETTINGS)
    return {name: value for name, value in given if value is not None}


def markdown_table() -> str:
    """The table of docs/configuration.md."""
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
    values["endpoints"], values["endpoint_keys"] = _endpoints(in_file.get("endpoints", []), environ)
    values["models"] = in_file.get("models", {})
    return values, problems


def _endpoints(given: object, environ: Mapping[str, str]) -> tuple[object, dict[str, Secret]]:
    """Without their keys, which stand in a variable that is named there or, less well, in the file."""
    if not isinstance(given, list):
        return given, {}
    keys: dict[str, Secret] = {}
    tables = [_without_key(table, environ, keys) if isinstance(table, dict) else table for table in given]
    return tables, keys


def _without_key(
    table: dict[str, Any], environ: Mapping[str, str], keys: dict[str, Secret]
) -> dict[str, Any]:
    table = dict(table)
    key = environ.get(str(table.get("key_variable")), "").strip()
    if isinstance(table.get("key"), str):
        key = table.pop("key")
        table.setdefault("needs_key", True)
    if key:
        keys[str(table.get("name"))] = Secret(key)
    return table


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
            yield f"{variable}: there is no such setting{did_you_mean(variable, known)}"


def _unknown_keys(file: str, in_file: Mapping[str, object]) -> Iterator[str]:
    known = {setting.name for setting in SETTINGS} | {"endpoints", "models"}
    for key in sorted(set(in_file) - known):
        yield f"{file}: {key}: there is no such setting{did_you_mean(key, known)}"
