"""The dashboard and the example configuration, tried with a real Prometheus that reads a real server."""

import json
import re
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
import yaml

from tests.deploy.programs import ended
from tests.health.story import Story

DEPLOY = Path(__file__).parents[2] / "deploy"
DASHBOARD: dict[str, Any] = json.loads((DEPLOY / "grafana" / "bakeoff.json").read_text(encoding="utf-8"))
PANELS: list[dict[str, Any]] = [panel for panel in DASHBOARD["panels"] if panel["type"] != "row"]
PATIENCE = 60.0
Found = list[dict[str, Any]]


@dataclass(frozen=True)
class Prometheus:
    url: str

    def ask(self, expression: str) -> Found:
        answer = httpx2.get(f"{self.url}/api/v1/query", params={"query": expression}, timeout=10).json()
        assert answer["status"] == "success", (expression, answer)
        found: Found = answer["data"]["result"]
        return found

    def values(self, expression: str) -> list[float]:
        return [float(each["value"][1]) for each in self.ask(expression)]


@contextmanager
def prometheus(folder: Path, told: Story) -> Iterator[Prometheus]:
    """By the example, with what is another here: address, key, pace."""
    config = yaml.safe_load((DEPLOY / "prometheus" / "prometheus.yml").read_text(encoding="utf-8"))
    config["global"] = dict.fromkeys(config["global"], "1s")
    (job,) = config["scrape_configs"]
    job["scheme"] = "http"
    job["static_configs"][0]["targets"] = [urlsplit(told.bakeoff.url).netloc]
    job["authorization"]["credentials_file"] = str(folder / "bakeoff.key")
    (folder / "bakeoff.key").write_text(told.key)
    (folder / "prometheus.yml").write_text(json.dumps(config))
    shutil.copy(DEPLOY / "prometheus" / "alerts.yml", folder)
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = (
        "prometheus",
        f"--config.file={folder / 'prometheus.yml'}",
        f"--storage.tsdb.path={folder / 'data'}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--log.level=error",
    )
    with (folder / "log").open("w") as log, subprocess.Popen(command, stdout=log, stderr=log) as process:
        try:
            here = Prometheus(f"http://127.0.0.1:{port}")
            until_ready(here, process, folder / "log")
            yield here
        finally:
            ended(process)


def until_ready(here: Prometheus, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            if httpx2.get(f"{here.url}/-/ready", timeout=5).status_code == 200 and here.values("up") == [1]:
                return
        except httpx2.TransportError:
            continue


@pytest.fixture(scope="session")
def watching(told: Story, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prometheus]:
    """It has looked before and after everything happened once more: what has a rate has one."""
    with prometheus(tmp_path_factory.mktemp("prometheus"), told) as here:
        told.everything()
        events = told.figure("bakeoff_room_events_total")
        deadline = time.monotonic() + PATIENCE
        while here.values("bakeoff_room_events_total") != [events]:
            assert time.monotonic() < deadline, "Prometheus does not come back"
        yield here


def as_asked(expression: str) -> str:
    """As Grafana asks, when all instances are chosen."""
    assert "$instance" in expression or "on (instance)" in expression
    return expression.replace("$instance", ".*").replace("$__rate_interval", "5m")


@pytest.mark.parametrize("panel", PANELS, ids=lambda panel: panel["title"])
def test_a_panel_shows_something(watching: Prometheus, panel: dict[str, Any]) -> None:
    assert panel["title"]
    assert panel["description"]
    for target in panel["targets"]:
        assert target["datasource"]["uid"] == "${datasource}"
        found = watching.ask(as_asked(target["expr"]))
        assert found, target["expr"]
        figures = [float(each["value"][1]) for each in found]
        assert any(figure == figure for figure in figures), f"only NaN: {target['expr']}"  # noqa: PLR0124
        for label in re.findall(r"\{\{(\w+)\}\}", target["legendFormat"]):
            assert all(label in each["metric"] for each in found), (label, target["expr"])


def test_what_is_drawn_is_what_has_happened(told: Story, watching: Prometheus) -> None:
    shown = {panel["title"]: panel["targets"][0]["expr"] for panel in PANELS}
    assert max(watching.values(as_asked(shown["Dollars an hour"]))) > 0
    failed = watching.ask(as_asked(shown["Tries that failed"]))
    assert {each["metric"]["outcome"] for each in failed} >= {"credentials", "provider_error", "overloaded"}
    (share,) = [
        float(each["value"][1])
        for each in watching.ask(as_asked(shown["Share of tries that failed"]))
        if each["metric"]["provider"] == "simulator"
    ]
    assert 0 < share < 1
    closed = {each["metric"]["code"]: each for each in watching.ask(as_asked(shown["Sockets that closed"]))}
    assert float(closed["4408"]["value"][1]) > 0


def test_panels_lie_beside_each_other_under_rows() -> None:
    titles = [panel["title"] for panel in DASHBOARD["panels"] if panel["type"] == "row"]
    assert titles == ["Now", "Models", "Rooms", "Database", "Money", "Machine"]
    numbers = [panel["id"] for panel in DASHBOARD["panels"]]
    assert len(set(numbers)) == len(numbers)
    taken: set[tuple[int, int]] = set()
    for panel in DASHBOARD["panels"]:
        at = panel["gridPos"]
        cells = {(at["x"] + x, at["y"] + y) for x in range(at["w"]) for y in range(at["h"])}
        assert not cells & taken, panel["title"]
        assert max(x for x, _ in cells) < 24
        taken |= cells


def test_source_and_instances_are_chosen_above(watching: Prometheus) -> None:
    source, instance = DASHBOARD["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("datasource", "datasource", "prometheus")
    asked = re.fullmatch(r"label_values\((\w+), (\w+)\)", instance["query"]["query"])
    assert asked is not None
    metric, label = asked.groups()
    assert all(label in each["metric"] for each in watching.ask(metric))
    (marks,) = DASHBOARD["annotations"]["list"]
    watching.ask(as_asked(marks["expr"]))


def test_no_alert_fires_on_a_server_that_is_well(told: Story, watching: Prometheus) -> None:
    """The rules are loaded beside it; what has just been broken on purpose has not lasted."""
    rules = httpx2.get(f"{watching.url}/api/v1/rules", timeout=10).json()["data"]["groups"]
    states = {rule["name"]: (rule["health"], rule["state"]) for group in rules for rule in group["rules"]}
    assert states
    assert {health for health, _ in states.values()} <= {"ok", "unknown"}
    assert [name for name, (_, state) in states.items() if state == "firing"] == []
