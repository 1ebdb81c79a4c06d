"""The rules of the house that no linter knows: sizes, names, whose tables are whose, the reading order."""

import ast
import re
from pathlib import Path

import pytest

from scripts.settings_table import PAGE as PAGE_OF_SETTINGS
from scripts.settings_table import with_table

ROOT = Path(__file__).parents[1]
BACKEND = ROOT / "backend"
FILES = sorted(BACKEND.rglob("*.py"))
PAGE = sorted(path for kind in ("*.svelte", "*.ts") for path in (ROOT / "frontend" / "src").rglob(kind))

MAX_FILE = 400
MAX_FUNCTION = 50
MAX_COMPONENT = 200
SAYS_NOTHING = {"service", "services", "utils", "util", "helpers", "common", "misc", "manager", "base"}
GENERATED = {"schema.d.ts", "wire.d.ts"}


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"))


def imported_modules(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return names


def test_no_file_outgrows_one_noun() -> None:
    tests = sorted((ROOT / "tests").rglob("*.py"))
    lengths = {named(path): len(path.read_text(encoding="utf-8").splitlines()) for path in (*FILES, *tests)}
    assert {name: length for name, length in lengths.items() if length > MAX_FILE} == {}


def test_no_component_outgrows_a_screen_or_two() -> None:
    lengths = {
        named(path): len(path.read_text(encoding="utf-8").splitlines())
        for path in PAGE
        if path.name not in GENERATED
    }
    assert {name: length for name, length in lengths.items() if length > MAX_COMPONENT} == {}


def test_no_function_outgrows_a_screen() -> None:
    too_long = [
        f"{named(path)}: {node.name}"
        for path in FILES
        for node in ast.walk(tree(path))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= MAX_FUNCTION
    ]
    assert too_long == []


def test_every_file_name_says_something() -> None:
    assert [named(path) for path in (*FILES, *PAGE) if path.stem in SAYS_NOTHING] == []


def test_every_module_says_what_it_is_in_one_to_four_lines() -> None:
    silent = [
        named(path) for path in FILES if not 1 <= len((ast.get_docstring(tree(path)) or "").splitlines()) <= 5
    ]
    assert silent == []


def test_packages_hold_a_docstring_only() -> None:
    busy = [named(path) for path in FILES if path.name == "__init__.py" and len(tree(path).body) != 1]
    assert busy == []


def test_no_annotation_is_postponed() -> None:
    """Litestar resolves them at run time; hidden imports would break handlers, guards and dependencies."""
    hidden = [
        named(path)
        for path in FILES
        if "TYPE_CHECKING" in path.read_text(encoding="utf-8") or "__future__" in imported_modules(path)
    ]
    assert hidden == []


@pytest.mark.parametrize("tables", sorted(BACKEND.glob("*/tables.py")), ids=named)
def test_tables_are_private_to_their_feature(tables: Path) -> None:
    module = f"backend.{tables.parent.name}.tables"
    strangers = [
        named(path)
        for path in FILES
        if tables.parent not in path.parents
        and any(name.startswith(module) for name in imported_modules(path))
    ]
    assert strangers == []


def test_only_settings_reads_the_environment() -> None:
    """The command line hands the environment over; nobody else looks."""
    readers = {
        named(path)
        for path in FILES
        if re.search(r"\bos\.(environ|getenv)\b", path.read_text(encoding="utf-8"))
    }
    assert readers <= {"backend/cli.py", "backend/settings.py"}


def test_only_one_module_loads_the_native_library() -> None:
    loaders = {named(path) for path in FILES if '"socketify"' in path.read_text(encoding="utf-8")}
    assert loaders == {"backend/server/native/library.py"}


def test_broad_excepts_carry_their_reason() -> None:
    bare = [
        f"{named(path)}:{number}"
        for path in FILES
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1)
        if re.search(r"except (Base)?Exception\b", line) and "#" not in line
    ]
    assert bare == []


def test_the_chain_of_next_leads_through_existing_files() -> None:
    """A docstring that ends in `Next: <file>` hands the reader on; no link is broken or circular."""
    links = {}
    for path in FILES:
        if match := re.search(r"^Next: (\S+)$", ast.get_docstring(tree(path)) or "", re.MULTILINE):
            links[named(path)] = match[1]
    assert [target for target in links.values() if not (ROOT / target).is_file()] == []
    for start in links:
        seen = [start]
        while (target := links.get(seen[-1])) is not None:
            assert target not in seen, f"{seen} goes round"
            seen.append(target)


def test_the_readers_way_through_a_request_is_complete() -> None:
    """From the command line to the route: the order in which the house is best read."""
    chain = ["backend/cli.py"]
    while match := re.search(r"^Next: (\S+)$", ast.get_docstring(tree(ROOT / chain[-1])) or "", re.MULTILINE):
        chain.append(match[1])
    assert chain == [
        "backend/cli.py",
        "backend/serving.py",
        "backend/server/process.py",
        "backend/server/native/server.py",
        "backend/app.py",
        "backend/health/routes.py",
    ]


def test_the_path_of_a_prompt_is_complete() -> None:
    chain = ["backend/comparisons/routes.py"]
    while match := re.search(r"^Next: (\S+)$", ast.get_docstring(tree(ROOT / chain[-1])) or "", re.MULTILINE):
        chain.append(match[1])
    assert chain == [
        "backend/comparisons/routes.py",
        "backend/comparisons/creation.py",
        "backend/comparisons/starting.py",
        "backend/comparisons/conductor.py",
        "backend/comparisons/fanout.py",
        "backend/comparisons/recorder.py",
        "backend/rooms/hub.py",
    ]


def test_the_documents_name_files_that_exist() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    named_files = set(
        re.findall(r"`((?:backend|migrations|frontend|tests|benchmarks|scripts)/[\w./-]*\w)`", text)
    )
    assert sorted(name for name in named_files if not (ROOT / name).exists()) == []


def test_every_dependency_has_its_reason() -> None:
    pyproject = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    block = re.search(r"^dependencies = \[(.*?)^\]", pyproject, re.MULTILINE | re.DOTALL)
    assert block is not None
    packages = set(re.findall(r'^\s+"([A-Za-z0-9-]+)', block[1], re.MULTILINE))
    reasons = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    assert sorted(package for package in packages if f"| {package} |" not in reasons) == []


@pytest.mark.parametrize("lock", ["requirements/run.txt", "requirements/dev.txt", "requirements/node.txt"])
def test_a_lock_names_no_index_and_hashes_everything(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert re.findall(r"https?://|file:|--index|--extra|--find", text) == []
    packages = re.findall(r"^\S+==.*?(?=^\S|\Z)", text, re.MULTILINE | re.DOTALL)
    assert packages
    assert [package.split("==")[0] for package in packages if "--hash=sha256:" not in package] == []


def test_the_pages_lock_names_no_address_to_download_from() -> None:
    text = (ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8")
    assert '"resolved"' not in text


def test_the_documents_list_every_setting_as_it_is() -> None:
    text = PAGE_OF_SETTINGS.read_text(encoding="utf-8")
    assert with_table(text) == text
