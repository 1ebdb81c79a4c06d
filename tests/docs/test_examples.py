"""The example programs, run against a real server: what they print is what the database holds."""

import csv
import json
import re
import socket
import subprocess
import sys
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from sqlalchemy import create_engine, select

from backend.comparisons.tables import ComparisonRow, ResponseRow
from tests.docs.house import House, house
from tests.docs.impatient import impatient
from tests.docs.pages import ROOT, blocks
from tests.docs.relay import relayed
from tests.support.bakeoff import running_bakeoff

MODELS = ("simulator/swift", "simulator/polyglot")


def program(name: str) -> list[str]:
    return ["node" if name.endswith(".mjs") else sys.executable, f"docs/examples/{name}"]


def run(home: House, command: Sequence[str]) -> list[str]:
    done = subprocess.run(
        command,
        cwd=home.folder,
        env=home.environment(),
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def stored(home: House) -> tuple[Any, dict[str, Any]]:
    """The newest comparison and its responses by model, from the file itself."""
    engine = create_engine(f"sqlite:///{home.folder}/data/bakeoff.db")
    with engine.connect() as connection:
        comparison = connection.execute(
            select(ComparisonRow).order_by(ComparisonRow.id.desc()).limit(1)
        ).one()
        rows = connection.execute(select(ResponseRow).where(ResponseRow.comparison_id == comparison.id)).all()
    engine.dispose()
    return comparison, {row.model_id: row for row in rows}


def said_by(lines: Sequence[str]) -> dict[str, str]:
    """What was printed of each answer, put together."""
    texts: defaultdict[str, str] = defaultdict(str)
    for line in lines:
        model, _, rest = line.partition(": ")
        if rest.startswith('"'):
            texts[model] += json.loads(rest)
    return dict(texts)


def figures_of(lines: Sequence[str]) -> dict[str, tuple[str, list[float | None]]]:
    """Status, cost and two times, as they were printed for each model."""
    found = {}
    for line in lines:
        if match := re.fullmatch(r"(\S+): (\w+), (\S+) dollars, first after (\S+) ms, (\S+) ms", line):
            found[match[1]] = (
                match[2],
                [None if each in {"None", "null"} else float(each) for each in match.groups()[2:]],
            )
    return found


def require_what_is_stored(home: House, lines: Sequence[str], models: Sequence[str]) -> None:
    comparison, responses = stored(home)
    assert {model: row.text for model, row in responses.items() if row.text} == said_by(lines)
    assert list(responses) == [*models]
    for model, (status, (cost, first, took)) in figures_of(lines).items():
        row = responses[model]
        metrics = row.metrics
        assert (status, first, took) == (row.status, metrics["timeToFirstTokenMs"], metrics["responseTimeMs"])
        assert cost == (None if row.cost is None else float(row.cost))
    assert figures_of(lines).keys() == responses.keys()
    total = f"all: {comparison.total_tokens} tokens, "
    assert lines[-1].startswith(total)
    assert float(lines[-1].removeprefix(total).removesuffix(" dollars")) == float(comparison.total_cost)


@pytest.mark.parametrize("name", ["compare.py", "compare.mjs"])
def test_what_the_program_prints_is_what_is_stored(home: House, name: str) -> None:
    lines = run(home, [*program(name), home.url, "Explain CRDTs.", *MODELS])
    require_what_is_stored(home, lines, MODELS)
    assert len([line for line in lines if ': "' in line]) > 10, "it came in one piece"


@pytest.mark.parametrize("name", ["compare.py", "compare.mjs"])
def test_a_model_that_fails_is_told_with_what_is_not_known(home: House, name: str) -> None:
    models = ("simulator/swift@401", "simulator/swift@cut:5")
    lines = run(home, [*program(name), home.url, "Explain CRDTs.", *models])
    require_what_is_stored(home, lines, models)
    figures = figures_of(lines)
    assert figures[models[0]][0] == "error"
    assert figures[models[1]][0] == "interrupted"


@pytest.mark.parametrize("name", ["compare.py", "compare.mjs"])
def test_a_lost_connection_costs_the_program_nothing(home: House, name: str) -> None:
    """Before it is in the room and twice in the middle of a word: the text is whole, with nothing twice."""
    models = ("simulator/polyglot@tokens:800@pace:8", "simulator/swift@tokens:800@pace:8")
    with relayed(home.url, [b"authenticated", b"model_chunk", b"model_chunk"]) as relay:
        before = recovered(home)
        lines = run(home, [*program(name), relay.url, "Explain CRDTs.", *models])
    assert relay.lost == 3
    assert recovered(home) > before, "it did not say where it was"
    require_what_is_stored(home, lines, models)


def recovered(home: House) -> float:
    """Who came back with a position and was given what they had missed."""
    counted = httpx2.get(f"{home.url}/metrics").text
    found = re.search(r'^bakeoff_room_joins_total\{given="replay"\} (\S+)$', counted, re.MULTILINE)
    return float(found[1]) if found else 0.0


@pytest.mark.parametrize("name", ["compare.py", "compare.mjs"])
def test_a_server_that_is_killed_and_comes_back_is_waited_for(tmp_path: Path, name: str) -> None:
    """Another epoch: the state is told anew, and what was printed before is not printed again."""
    asked = ("Explain CRDTs.", "simulator/polyglot@tokens:600@pace:3")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with house(tmp_path, port) as home:
        whole = said_by(run(home, [*program(name), home.url, *asked]))
        running = subprocess.Popen(
            [*program(name), home.url, *asked],
            cwd=home.folder,
            env=home.environment(),
            stdout=subprocess.PIPE,
            text=True,
        )
        assert running.stdout is not None
        lines = [running.stdout.readline() for _ in range(20)]
        home.process.kill()
    with running_bakeoff(tmp_path, "--port", str(port)):
        rest, _ = running.communicate(timeout=60)
    lines = [line.rstrip("\n") for line in lines] + rest.splitlines()
    assert running.returncode == 0
    assert [status for status, _ in figures_of(lines).values()] == ["interrupted"]
    assert whole[asked[1]].startswith(said_by(lines)[asked[1]])


def test_a_file_of_prompts_becomes_a_table_of_what_is_stored(home: House) -> None:
    run(home, [*program("prompts_to_csv.py"), home.url, "docs/examples/prompts.txt", "answers.csv", *MODELS])
    with (home.folder / "answers.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    prompts = (home.folder / "docs/examples/prompts.txt").read_text().splitlines()
    assert [(row["prompt"], row["modelId"]) for row in rows] == [
        (prompt, model) for prompt in prompts for model in MODELS
    ]
    kept = answers_to(home, prompts)
    for row in rows:
        stored_row = kept[row["prompt"], row["modelId"]]
        assert row["text"] == stored_row.text
        assert row["status"] == stored_row.status == "completed"
        assert float(row["cost"]) == float(stored_row.cost)
        assert int(row["totalTokens"]) == stored_row.metrics["totalTokens"]


def answers_to(home: House, prompts: Sequence[str]) -> dict[tuple[str, str], Any]:
    engine = create_engine(f"sqlite:///{home.folder}/data/bakeoff.db")
    query = select(ComparisonRow.prompt, ResponseRow.__table__).join(
        ResponseRow, ResponseRow.comparison_id == ComparisonRow.id
    )
    with engine.connect() as connection:
        rows = connection.execute(query.where(ComparisonRow.prompt.in_(prompts))).all()
    engine.dispose()
    return {(row.prompt, row.model_id): row for row in rows}


def test_the_file_of_prompts_asks_again_when_it_is_told_to_wait(home: House) -> None:
    prompts = home.folder / "few.txt"
    prompts.write_text("Which way is up?\n\nWhich way is down?\n")
    with impatient(home.url) as (url, refused):
        run(home, [*program("prompts_to_csv.py"), url, prompts.name, "few.csv", MODELS[0]])
    assert len(refused) == 2
    with (home.folder / "few.csv").open(newline="") as file:
        assert [row["status"] for row in csv.DictReader(file)] == ["completed"] * 2


def test_a_program_that_is_refused_says_why(home: House) -> None:
    for name in ("compare.py", "compare.mjs"):
        asked = [*program(name), home.url, "Hello.", "nobody/nothing"]
        done = subprocess.run(
            asked, cwd=home.folder, env=home.environment(), capture_output=True, text=True, check=False
        )
        assert done.returncode != 0
        assert "422" in done.stderr or "validation_failed" in done.stderr


def test_the_error_that_the_page_shows_is_what_the_server_says(home: House) -> None:
    [shown] = [json.loads(block.text) for block in blocks(ROOT / "docs" / "http.md", "json")]
    headers = {"authorization": f"Bearer {home.key}"}
    asked = {"prompt": "Hello.", "lanes": [{"modelId": "simulator/swfit"}]}
    said = httpx2.post(f"{home.url}/api/comparisons", json=asked, headers=headers).json()
    assert said | {each: shown[each] for each in ("timestamp", "requestId")} == shown
