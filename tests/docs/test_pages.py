"""What the pages name is there: files, headings, settings, commands, routes, limits."""

import json
import os
import re
import shlex
import subprocess
import tomllib
from pathlib import Path

import pytest

from backend import cli
from backend.cli import COMMANDS
from backend.settings import SETTINGS, Settings
from scripts.command_reference import parser_of, tree
from scripts.http_reference import GROUPS, routes
from tests.docs.pages import PAGES, ROOT, Block, anchors, blocks, inline, links, named, prose

DOCS = ROOT / "docs"
LANGUAGES = {"", "sh", "text", "toml", "json", "python", "js", "nginx"}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_link_leads_somewhere(page: Path) -> None:
    lost = []
    for link in links(page):
        if link.startswith("https://"):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            lost.append(link)
    assert lost == []


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached = {(ROOT / link.partition("#")[0]).resolve() for link in links(ROOT / "README.md")}
    assert [named(page) for page in PAGES[1:] if page not in reached] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_block_says_what_it_is(page: Path) -> None:
    """One without a language, or with one that nobody looks at, would be looked at by no test."""
    text = page.read_text(encoding="utf-8")
    opened = re.findall(r"^```(.*)$", text, re.MULTILINE)[::2]
    assert sorted(set(opened) - (LANGUAGES - {""})) == []


@pytest.mark.parametrize(
    "block", [block for page in PAGES for block in blocks(page, "toml")], ids=lambda block: block.place
)
def test_every_example_of_the_settings_file_is_taken(block: Block, tmp_path: Path) -> None:
    file = tmp_path / "bakeoff.toml"
    file.write_text(block.text)
    settings = Settings.load({"HOUSE_KEY": "a key of the house"}, toml_path=file)
    for name, value in tomllib.loads(block.text).items():
        if isinstance(value, str | int) and name != "database_url":
            assert str(getattr(settings, name)) in {str(value), str(cli_value(name, value))}


def cli_value(name: str, value: object) -> object:
    """As its own parser reads it."""
    return next(setting for setting in SETTINGS if setting.name == name).parse(str(value))


def test_the_tables_of_the_settings_file_are_taken_by_the_catalogue(tmp_path: Path) -> None:
    from backend.equipment import plan_of  # noqa: PLC0415 - composes everything

    tables = [block for page in PAGES for block in blocks(page, "toml") if "[[" in block.text]
    assert tables
    for block in tables:
        (tmp_path / "bakeoff.toml").write_text(block.text)
        plan_of(Settings.load({"HOUSE_KEY": "a key"}, toml_path=tmp_path / "bakeoff.toml"))


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_example_in_json_is_json(page: Path) -> None:
    for block in blocks(page, "json"):
        json.loads(block.text)


def test_every_setting_is_explained() -> None:
    text = (DOCS / "configuration.md").read_text(encoding="utf-8")
    missing = [
        setting.name
        for setting in SETTINGS
        for word in (*setting.variables, setting.name, *([setting.option] if setting.flag else []))
        if f"`{word}`" not in text
    ]
    assert missing == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_no_setting_is_made_up(page: Path) -> None:
    known = {variable for setting in SETTINGS for variable in setting.variables} | {"BAKEOFF_CONFIG"}
    named_there = set(re.findall(r"\bBAKEOFF_[A-Z_]*[A-Z]\b", page.read_text(encoding="utf-8")))
    assert sorted(named_there - known) == []


def test_every_command_is_explained() -> None:
    text = (DOCS / "commands.md").read_text(encoding="utf-8")
    said = [command for command, _ in tree()]
    assert said[0] == "bakeoff serve"
    assert [command for command in said if command not in text] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_that_is_named_can_be_typed(page: Path) -> None:
    typed = [line for block in blocks(page, "sh") for line in block.text.splitlines()] + list(inline(page))
    known = {command for command, _ in tree()}
    commands = [line for line in typed if re.match(r"bakeoff [a-z]", line) and "[" not in line]
    for line in commands:
        if line in known:
            continue
        name, *arguments = shlex.split(line.partition("#")[0])[1:]
        if name == "--help" or "--help" in arguments:
            continue
        assert name in COMMANDS, line
        if arguments and not any(argument.isupper() for argument in arguments):
            parser_of(name).parse_args(arguments)


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_target_of_make_that_is_named_is_there(page: Path) -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named_there = {
        word
        for line in [*inline(page), *(block.text for block in blocks(page, "sh"))]
        for word in re.findall(r"\bmake ([a-z]+)", line)
    }
    assert sorted(named_there - targets) == []


def test_every_target_of_make_knows_its_variables_when_nobody_gives_any() -> None:
    targets = re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    assert {"run", "test", "bench", "soak"} <= set(targets)
    said = subprocess.run(
        ["make", "--dry-run", "--warn-undefined-variables", *targets],
        cwd=ROOT,
        env={"PATH": os.environ["PATH"]},
        capture_output=True,
        text=True,
        check=True,
    )
    assert [line for line in said.stderr.splitlines() if "undefined variable" in line] == []
    assert "-m soak --minutes 10" in said.stdout


def addresses() -> set[str]:
    known = {address for route in routes() for address in (route.address, *route.also)}
    return {re.sub(r"\{\w+\}", "{}", address) for address in known}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_route_that_is_named_is_there(page: Path) -> None:
    named_there = {
        re.sub(r"\{\w+\}", "{}", text.partition("?")[0])
        for text in inline(page)
        if re.match(r"(GET|POST|PUT|PATCH|DELETE) /\S*$", text)
    }
    assert sorted(named_there - addresses()) == []


def test_every_route_of_the_api_is_in_its_reference() -> None:
    text = (DOCS / "http.md").read_text(encoding="utf-8")
    listed = {route.address for route in routes()}
    assert len(listed) > 60
    assert [address for address in listed if f"#### {address}\n" not in text] == []
    assert {route.operation["tags"][0] for route in routes()} == set(GROUPS)


def test_the_limits_of_the_operators_page_are_those_of_the_settings() -> None:
    """A row that ends in a setting begins with its default."""
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \| `(\w+)` \|$", prose(DOCS / "operations.md"), re.MULTILINE)
    defaults = {setting.name: setting.default for setting in SETTINGS}
    assert len(rows) > 8
    for said, name in rows:
        assert said.replace(",", "").startswith(defaults[name]), name


def test_every_metric_that_is_named_is_there() -> None:
    page = DOCS / "operations.md"
    listed = set(re.findall(r"^\| `(bakeoff_\w+)` \|", prose(page), re.MULTILINE))
    named_there = {name for text in inline(page) for name in re.findall(r"\bbakeoff_[a-z_]+", text)}
    assert len(listed) > 20
    assert sorted(named_there - listed) == []


def test_the_help_of_the_program_names_what_the_page_names(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["--help"])
    told = capsys.readouterr().out
    assert [name for name in COMMANDS if name not in told] == []
