"""Every alert fires when it should and is quiet when it should be: Prometheus itself says so."""

import json
import re
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.health.story import Story

RULES = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yml"
ALERTS: list[dict[str, Any]] = [
    rule for group in yaml.safe_load(RULES.read_text(encoding="utf-8"))["groups"] for rule in group["rules"]
]
HERE = 'instance="here", job="bakeoff"'
SAMPLES = 80  # two a minute
AN_HOUR = 12  # of samples where they are a day's: one in five minutes

Series = Mapping[str, str]


def per_minute(rate: float) -> str:
    """As a counter grows, two samples a minute."""
    return f"0+{rate / 2:g}x{SAMPLES}"


def stays(value: float) -> str:
    return f"{value:g}x{SAMPLES}"


def tries(**by_outcome: float) -> Series:
    return {
        f'bakeoff_provider_tries_total{{{HERE}, provider="simulator", outcome="{outcome}"}}': per_minute(rate)
        for outcome, rate in by_outcome.items()
    }


def lately(name: str, most: float, rate: float, labels: str = "") -> Series:
    """A histogram all of whose values are at most so much."""
    by = f"{HERE}, {labels}" if labels else HERE
    buckets = {
        f'{name}_bucket{{{by}, le="{most / 2:g}"}}': per_minute(0),
        f'{name}_bucket{{{by}, le="{most:g}"}}': per_minute(rate),
        f'{name}_bucket{{{by}, le="+Inf"}}': per_minute(rate),
    }
    return {**buckets, f"{name}_count{{{by}}}": per_minute(rate)}


def one(name: str, values: str, labels: str = "") -> Series:
    return {f"{name}{{{HERE}, {labels}}}" if labels else f"{name}{{{HERE}}}": values}


def requests(bad: float) -> Series:
    labels = 'method="GET", route="/api/models"'
    return {
        **one("bakeoff_requests_total", per_minute(100 - bad), f'{labels}, status="200"'),
        **one("bakeoff_requests_total", per_minute(bad), f'{labels}, status="503"'),
    }


def disk(free: float) -> Series:
    return {**one("bakeoff_disk_free_bytes", stays(free)), **one("bakeoff_disk_size_bytes", stays(100e9))}


def files(used: float) -> Series:
    return {**one("process_open_fds", stays(used)), **one("process_max_fds", stays(1024))}


def spent(before: float, now: float) -> Series:
    """Dollars an hour, for a day, and in the three hours after it: it is not the hour before that counts."""
    day = 24 * AN_HOUR
    growth = f"0+{before / AN_HOUR:g}x{day} {before * 24:g}+{now / AN_HOUR:g}x{3 * AN_HOUR}"
    return one("bakeoff_cost_dollars_total", growth, 'provider="simulator"')


CASES: dict[str, tuple[Series, Series]] = {
    "BakeoffDown": (one("up", stays(0)), one("up", stays(1))),
    "BakeoffRestarts": (
        one("process_start_time_seconds", "1 1 1 " + " ".join(str(each) for each in range(2, 80))),
        one("process_start_time_seconds", f"1x30 2x{SAMPLES}"),
    ),
    "BakeoffRequestsFail": (requests(10), requests(1)),
    "BakeoffProviderFails": (
        tries(ok=10, timeout=5),
        # Stops and questions that were refused for themselves are nobody's failure.
        tries(ok=10, cancelled=20, refused=20, context_too_long=5) | tries(credentials=1),
    ),
    "BakeoffFirstTokenSlow": (
        lately("bakeoff_first_token_seconds", 60, 10, 'provider="simulator"'),
        lately("bakeoff_first_token_seconds", 2, 10, 'provider="simulator"'),
    ),
    "BakeoffWriterBehind": (
        one("bakeoff_unwritten_age_seconds", stays(15)),
        one("bakeoff_unwritten_age_seconds", stays(0.1)),
    ),
    "BakeoffDatabaseUnavailable": (
        one("bakeoff_database_unavailable_total", per_minute(4), 'reason="disk full"'),
        one("bakeoff_database_unavailable_total", stays(7), 'reason="disk full"'),
    ),
    "BakeoffQueueFull": (
        one("bakeoff_refusals_total", per_minute(1), 'code="queue_full"'),
        one("bakeoff_refusals_total", per_minute(9), 'code="rate_limited"'),
    ),
    "BakeoffQueueLong": (
        one("bakeoff_turns_waiting", stays(3), 'place="server"'),
        one("bakeoff_turns_waiting", stays(3), 'place="user"'),
    ),
    "BakeoffDropsReaders": (
        one("bakeoff_sockets_closed_total", per_minute(2), 'code="4408"'),
        one("bakeoff_sockets_closed_total", per_minute(50), 'code="1001"'),
    ),
    "BakeoffLoopSlow": (
        lately("bakeoff_loop_lag_seconds", 1, 100),
        lately("bakeoff_loop_lag_seconds", 0.01, 100),
    ),
    "BakeoffSpendingJumps": (spent(before=4, now=20), spent(before=4, now=6)),
    "BakeoffDiskFills": (disk(5e9), disk(50e9)),
    "BakeoffFilesRunOut": (files(1000), files(100)),
    "BakeoffKeysTried": (
        one("bakeoff_refusals_total", per_minute(100), 'code="wrong_credentials"'),
        one("bakeoff_refusals_total", per_minute(100), 'code="not_found"'),
    ),
}


def promtool(*arguments: object) -> str:
    done = subprocess.run(
        ["promtool", *map(str, arguments)], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_every_alert_is_tried_and_says_what_to_do() -> None:
    assert [rule["alert"] for rule in ALERTS] == list(CASES)
    for rule in ALERTS:
        assert rule["labels"]["severity"] in {"page", "ticket"}
        assert set(rule["annotations"]) == {"summary", "description"}
        assert "{{ $labels.instance }}" in rule["annotations"]["summary"] or "provider" in rule["expr"]
        assert len(rule["annotations"]["description"]) > 60


def test_prometheus_takes_the_rules() -> None:
    assert f"{len(ALERTS)} rules found" in promtool("check", "rules", RULES)


@pytest.mark.parametrize("alert", CASES)
def test_it_fires_when_it_should_and_only_then(alert: str, tmp_path: Path) -> None:
    at, interval = ("26h10m", "5m") if alert == "BakeoffSpendingJumps" else ("30m", "30s")
    (tmp_path / "alerts.yml").write_text(RULES.read_text(encoding="utf-8"), encoding="utf-8")
    tests = [
        {
            "interval": interval,
            "input_series": [{"series": name, "values": values} for name, values in series.items()],
            "promql_expr_test": [
                {
                    "expr": f'count(ALERTS{{alertname="{alert}", alertstate="firing"}})',
                    "eval_time": at,
                    "exp_samples": [{"labels": "{}", "value": 1}] if fires else [],
                },
                {
                    "expr": f'count(ALERTS{{alertname!="{alert}"}})',
                    "eval_time": at,
                    "exp_samples": [],
                },
            ],
        }
        for series, fires in zip(CASES[alert], (True, False), strict=True)
    ]
    # JSON is YAML.
    file = tmp_path / "tests.yml"
    file.write_text(
        json.dumps({"rule_files": ["alerts.yml"], "evaluation_interval": interval, "tests": tests}),
        encoding="utf-8",
    )
    assert "SUCCESS" in promtool("test", "rules", file)


def test_what_the_cases_are_made_of_is_what_a_server_says(told: Story) -> None:
    """Names and labels: an alert that fires for made-up series alone would never fire."""
    said = {(sample.name, frozenset(sample.labels) | {"instance", "job"}) for sample in told.samples()}
    said.add(("up", frozenset({"instance", "job"})))
    made_up = {series for pair in CASES.values() for cases in pair for series in cases}
    for series in made_up:
        name, _, labels = series.partition("{")
        assert (name, frozenset(re.findall(r"(\w+)=", labels))) in said, series
    for rule in ALERTS:
        names = set(re.findall(r"\b(?:bakeoff|process)_\w+", rule["expr"]))
        assert names <= {name for name, _ in said}, rule["alert"]
