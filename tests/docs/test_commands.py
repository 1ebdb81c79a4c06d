"""Every command of the pages is run, page by page and in order, beside a real server, or is listed here."""

import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.docs.house import ADDRESS, House, house
from tests.docs.pages import PAGES, ROOT, Block, blocks, named


@dataclass(frozen=True)
class Elsewhere:
    pattern: str
    why: str
    instead: str
    """What covers it."""


NOT_RUN_HERE = (
    Elsewhere(
        r"(OPENAI_API_KEY=\S+ )?make run\b",
        "it installs into the checkout and takes the terminal until it is stopped",
        "tests/serving/test_serving.py",
    ),
    Elsewhere(r"make test\b", "it is what runs this test", "Makefile"),
)


def is_elsewhere(line: str) -> bool:
    return any(re.match(each.pattern, line) for each in NOT_RUN_HERE)


def to_run(block: Block) -> bool:
    """A block is run as a whole or not at all, so that nothing in it goes unseen."""
    lines = [line for line in block.text.splitlines() if line.strip()]
    listed = [is_elsewhere(line) for line in lines]
    assert all(listed) or not any(listed), f"{block.place}: put what is not run into a block of its own"
    return not any(listed)


RUN = {page: found for page in PAGES if (found := [each for each in blocks(page, "sh") if to_run(each)])}


ONLY_ASK = [page for page, found in RUN.items() if not any("bakeoff " in each.text for each in found)]


@pytest.mark.parametrize("page", ONLY_ASK, ids=named)
def test_the_commands_of_a_page_that_only_asks_do_what_they_say(page: Path, home: House) -> None:
    require_to_work(page, home)


@pytest.mark.parametrize("page", [page for page in RUN if page not in ONLY_ASK], ids=named)
def test_the_commands_of_a_page_do_what_they_say(page: Path, tmp_path: Path) -> None:
    with house(tmp_path) as own:
        require_to_work(page, own)


def require_to_work(page: Path, home: House) -> None:
    script = "".join(f"echo '>>> {block.place}' >&2\n{block.text}" for block in RUN[page])
    done = typed(home, script.replace(ADDRESS, home.url))
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
    assert done.stderr.count(">>> ") == len(RUN[page])


def typed(home: House, script: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["sh", "-eu", "-c", script],
        cwd=home.folder,
        env=home.environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )


def test_what_is_not_run_here_is_needed_and_covered() -> None:
    lines = [line for page in PAGES for block in blocks(page, "sh") for line in block.text.splitlines()]
    assert [
        each.pattern for each in NOT_RUN_HERE if not any(re.match(each.pattern, line) for line in lines)
    ] == []
    assert [each.instead for each in NOT_RUN_HERE if not (ROOT / each.instead).is_file()] == []


@pytest.mark.parametrize(
    "script", ["false", 'curl -sS "$URL/api/nowhere"', "bakeoff user disable nobody@example.org"]
)
def test_a_command_that_fails_is_seen(home: House, script: str) -> None:
    """A refusal by the server is a failure of the command that asked, too."""
    assert typed(home, script).returncode != 0
    assert typed(home, "true").returncode == 0
