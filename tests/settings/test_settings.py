import argparse
from pathlib import Path
from typing import Any

import pytest

from backend.providers.endpoints import ENDPOINTS
from backend.setting_values import Secret
from backend.settings import SETTINGS, Settings, SettingsError, add_flags, given_flags, markdown_table

CANARY = "sk-canary-0123456789abcdef"


def problems_of(environ: dict[str, str], toml: Path | None = None) -> tuple[str, ...]:
    with pytest.raises(SettingsError) as caught:
        Settings.load(environ, toml_path=toml)
    return caught.value.problems


@pytest.fixture(autouse=True)
def in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def test_without_anything_set_every_setting_has_its_default() -> None:
    settings = Settings.load({})

    assert settings.host == "127.0.0.1"
    assert settings.port == 8000
    assert settings.unix_socket is None
    assert settings.data_dir == Path("data")
    assert settings.database_url.reveal() == "sqlite:///data/bakeoff.db"
    assert settings.server == "auto"
    assert settings.cors_origins == settings.allowed_hosts == settings.trusted_proxies == ()
    assert settings.max_body_bytes == 16 * 1024 * 1024
    assert settings.drain_seconds == 10.0
    assert settings.simulator == "auto"
    assert settings.provider_keys == settings.provider_base_urls == settings.models == {}
    assert settings.endpoints == []


def test_a_flag_wins_over_the_environment_and_that_over_the_file_and_that_over_the_default(
    tmp_path: Path,
) -> None:
    toml = tmp_path / "bakeoff.toml"
    toml.write_text(
        'port = 3\nhost = "h3"\nlog_level = "error"\ncors_origins = ["https://a.example", "http://b:1"]\n'
    )

    settings = Settings.load({"BAKEOFF_PORT": "2", "BAKEOFF_HOST": "h2"}, {"port": "1"})

    assert (settings.port, settings.host, settings.log_level) == (1, "h2", "error")
    assert settings.cors_origins == ("https://a.example", "http://b:1")


def test_the_own_variable_wins_over_the_conventional_one() -> None:
    assert Settings.load({"PORT": "5"}).port == 5
    assert Settings.load({"PORT": "5", "BAKEOFF_PORT": "6"}).port == 6


def test_an_empty_variable_counts_as_not_set() -> None:
    settings = Settings.load({"BAKEOFF_PORT": "", "OPENAI_API_KEY": " ", "DATABASE_URL": ""})

    assert settings.port == 8000
    assert settings.provider_keys == {}


def test_the_default_database_lies_in_the_data_folder_whatever_the_folder_is_called(tmp_path: Path) -> None:
    folder = tmp_path / "50% of? it"

    url = Settings.load({"BAKEOFF_DATA_DIR": str(folder)}).database_url.reveal()

    assert url == f"sqlite:///{tmp_path}/50%25%20of%3F%20it/bakeoff.db"


def test_every_problem_is_told_at_once_with_the_name_and_the_reason(tmp_path: Path) -> None:
    toml = tmp_path / "other.toml"
    toml.write_text('prot = 1\nlog_format = "xml"\nserver = ["a", 1]\n')

    problems = problems_of({"BAKEOFF_PORT": "eighty", "BAKEOFF_HOTS": "x", "BAKEOFF_TLS_KEY": "k.pem"}, toml)

    assert problems == (
        "BAKEOFF_HOTS: there is no such setting; did you mean BAKEOFF_HOST?",
        f"{toml}: prot: there is no such setting; did you mean port?",
        "BAKEOFF_PORT: 'eighty' is not a whole number from 0 to 65535",
        f"{toml}: server: it is neither text, a number nor a list of texts",
        f"{toml}: log_format: 'xml' is not one of auto, pretty, json",
        "tls_certificate, tls_key: one does not work without the other",
    )


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("BAKEOFF_PORT", "65536", "not a whole number"),
        ("BAKEOFF_PORT", "-1", "not a whole number"),
        ("BAKEOFF_SERVER", "natvie", "did you mean native?"),
        ("BAKEOFF_MAX_BODY_BYTES", "16 MB", "not a size"),
        ("BAKEOFF_DRAIN_SECONDS", "soon", "not a number of seconds"),
        ("BAKEOFF_CORS_ORIGINS", "*", "name the origins"),
        ("BAKEOFF_CORS_ORIGINS", "https://a.example/path", "no path"),
        ("BAKEOFF_CORS_ORIGINS", "a.example", "not a URL"),
        ("BAKEOFF_ALLOWED_HOSTS", "https://a.example", "not a host name"),
        ("BAKEOFF_ALLOWED_HOSTS", "a.example:80", "takes no port"),
        ("BAKEOFF_TRUSTED_PROXIES", "10.0.0.0/33", "not an address"),
        ("BAKEOFF_PUBLIC_URL", "bakeoff.example", "not a URL"),
        ("OPENAI_BASE_URL", "ftp://a.example", "not a URL"),
        ("DATABASE_URL", "bakeoff.db", "not a URL"),
        ("BAKEOFF_CONFIG", "nowhere.toml", "No such file"),
    ],
)
def test_an_unusable_value_is_refused_with_its_reason(variable: str, value: str, reason: str) -> None:
    (problem,) = problems_of({variable: value})

    assert reason in problem
    assert variable in problem or value in problem


def test_a_file_that_is_not_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "bakeoff.toml").write_text("port: 8000\n")

    assert "it is not TOML" in problems_of({})[0]


@pytest.mark.parametrize(
    ("variable", "value", "expected"),
    [
        ("BAKEOFF_MAX_BODY_BYTES", "2 MiB", 2 * 1024 * 1024),
        ("BAKEOFF_MAX_BODY_BYTES", "1000", 1000),
        ("BAKEOFF_ALLOWED_HOSTS", "A.example, *.b.example,[::1]", ("a.example", "*.b.example", "::1")),
        ("BAKEOFF_TRUSTED_PROXIES", "10.1.2.3/8,::1,unix", ("10.0.0.0/8", "::1/128", "unix")),
        ("BAKEOFF_CORS_ORIGINS", "https://A.example/", ("https://a.example",)),
        ("BAKEOFF_PUBLIC_URL", "https://a.example/sub/", "https://a.example/sub"),
    ],
)
def test_values_are_brought_into_one_form(variable: str, value: str, expected: object) -> None:
    settings = Settings.load({variable: value})

    assert getattr(settings, variable.removeprefix("BAKEOFF_").lower()) == expected


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("OPENAI_API_KEY", CANARY),
        ("ANTHROPIC_API_KEY", CANARY),
        ("DATABASE_URL", f"postgresql://bob:{CANARY}@db/bakeoff"),
    ],
)
def test_a_secret_is_never_in_the_text_of_the_settings(variable: str, value: str) -> None:
    settings = Settings.load({variable: value})

    assert CANARY not in f"{settings!r} {settings}"
    assert CANARY in settings.secret_values()


@pytest.mark.parametrize("variable", ["OPENAI_BASE_URL", "BAKEOFF_PUBLIC_URL", "BAKEOFF_CORS_ORIGINS"])
def test_a_password_in_a_url_is_refused_without_repeating_it(variable: str) -> None:
    (problem,) = problems_of({variable: f"https://bob:{CANARY}@a.example"})

    assert CANARY not in problem


def test_a_broken_database_url_is_refused_without_repeating_it() -> None:
    (problem,) = problems_of({"DATABASE_URL": f"postgresql://bob:{CANARY}@[::1/x"})

    assert CANARY not in problem


def test_a_password_is_known_to_the_redaction_as_written_and_as_meant() -> None:
    settings = Settings.load({"DATABASE_URL": "postgresql://bob:p%40ssword1@db/bakeoff"})

    assert set(settings.secret_values()) == {"p%40ssword1", "p@ssword1"}


def parse(*arguments: str) -> argparse.Namespace:
    parser = argparse.ArgumentParser()
    add_flags(parser)
    return parser.parse_args(arguments)


def test_flags_are_generated_from_the_list() -> None:
    settings = Settings.load({}, given_flags(parse("--port", "9", "--data-dir", "/d", "--log-level=debug")))

    assert (settings.port, settings.data_dir, settings.log_level) == (9, Path("/d"), "debug")


def test_a_wrong_flag_is_named_as_a_flag() -> None:
    with pytest.raises(SettingsError, match="--port: 'x' is not a whole number"):
        Settings.load({}, given_flags(parse("--port", "x")))


def test_help_lists_every_setting_with_its_variables_and_default(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        parse("--help")

    text = " ".join(capsys.readouterr().out.split())
    for setting in SETTINGS:
        assert setting.default in text
        assert f"toml: {setting.name}" in text
        assert all(variable in text for variable in setting.variables)
        assert (setting.option in text) == setting.flag


def test_keys_have_no_flag_because_other_users_could_read_it() -> None:
    with pytest.raises(SystemExit):
        parse("--openai-api-key", CANARY)


def test_the_table_for_the_readme_has_a_row_for_every_setting() -> None:
    rows = markdown_table().splitlines()

    assert len(rows) == len(SETTINGS) + 2
    assert all(row.count("|") == 6 for row in rows)
    assert "`--port` | `BAKEOFF_PORT`, `PORT` | `port` | `8000`" in markdown_table()


def test_the_list_and_the_value_name_the_same_settings() -> None:
    fields: Any = Settings.__dataclass_fields__

    own = [setting.name for setting in SETTINGS if not setting.name.endswith(("_api_key", "_base_url"))]
    assert own == [name for name in fields if name in own]
    assert set(fields) - set(own) == {"provider_keys", "provider_base_urls", "endpoints", "models"}


def test_every_known_provider_can_be_given_an_address_and_if_it_wants_one_a_key() -> None:
    names = {setting.name for setting in SETTINGS}

    assert [each.name for each in ENDPOINTS if f"{each.name}_base_url" not in names] == []
    assert [each.name for each in ENDPOINTS if each.needs_key != (f"{each.name}_api_key" in names)] == []


def test_keys_are_found_under_their_conventional_names_and_by_provider() -> None:
    settings = Settings.load({"GROQ_API_KEY": "gk", "BAKEOFF_VLLM_BASE_URL": "http://gpu:8000/v1/"})

    assert settings.provider_keys == {"groq": Secret("gk")}
    assert settings.provider_base_urls == {"vllm": "http://gpu:8000/v1"}
    assert settings.secret_values() == ("gk",)


def test_endpoints_of_the_file_bring_their_keys_or_name_a_variable(tmp_path: Path) -> None:
    toml = tmp_path / "bakeoff.toml"
    toml.write_text(
        '[[endpoints]]\nname = "a"\nkey_variable = "A_KEY"\n[[endpoints]]\nname = "b"\nkey = "kb"\n'
        '[models."a/x"]\ncontext_window = 5\n'
    )

    settings = Settings.load({"A_KEY": "ka"}, toml_path=toml)

    assert settings.endpoints == [{"name": "a", "key_variable": "A_KEY"}, {"name": "b", "needs_key": True}]
    assert settings.provider_keys == {"a": Secret("ka"), "b": Secret("kb")}
    assert settings.models == {"a/x": {"context_window": 5}}


def test_a_proxy_with_a_password_is_a_secret() -> None:
    settings = Settings.load({"HTTPS_PROXY": "http://me:pass%20word@proxy:3128"})

    assert "pass" not in repr(settings)
    assert settings.secret_values() == ("pass%20word", "pass word")


def test_a_secret_shows_itself_only_by_name() -> None:
    assert f"{Secret('abc')} {Secret('abc')!r}" == "*** ***"
    assert Secret("abc").reveal() == "abc"
    assert Secret("abc") == Secret("abc") != Secret("abd")
    assert len({Secret("abc"), Secret("abc")}) == 1
