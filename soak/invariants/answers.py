"""What the server answers when all is over: reports add up to the ledger, words are found.

And what people met on the way, who expected nothing but the faults.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from math import isclose
from typing import Any

from soak.facts import Facts
from soak.tally import Tally
from soak.verdict import Verdict

_INPUT_AND_OUTPUT = (
    "input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio",
    "output", "reasoning", "output_audio",
)  # fmt: skip


@dataclass(slots=True)
class Answers:
    costs: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    """Everybody's, by how they are grouped."""
    latency: Mapping[str, Any] = field(default_factory=dict)
    searched: dict[str, tuple[str, Sequence[str]]] = field(default_factory=dict)
    """By a word: in which comparison it stands, and in which it was found."""


def answers(facts: Facts, given: Answers, tally: Tally) -> Iterator[Verdict]:
    yield Verdict.of("reports = ledger", ", ".join((*given.costs, "latency")), _reports(facts, given))
    yield Verdict.of(
        "stored words are found",
        f"{len(given.searched)} words",
        (
            f"{word} stands in {there}, it was found in {found}"
            for word, (there, found) in given.searched.items()
            if there not in found
        ),
    )
    met = f"{tally.done['requests']} requests, {tally.done['frames']} frames, {tally.done['sockets']} sockets"
    yield Verdict.of("nobody met anything unexpected", met, _findings(tally))


def _reports(facts: Facts, given: Answers) -> Iterator[str]:
    cost = sum((line["cost"] or Decimal(0) for line in facts.ledger), Decimal(0))
    tokens = sum(line[each] for line in facts.ledger for each in _INPUT_AND_OUTPUT)
    for group, report in given.costs.items():
        rows, others = report["rows"], report["others"] or {"cost": 0, "tokens": 0, "requests": 0}
        sums = {
            "cost": sum(row["cost"] for row in rows) + others["cost"],
            "tokens": sum(row["tokens"] for row in rows) + others["tokens"],
            "requests": sum(row["requests"] for row in rows) + others["requests"],
        }
        said = {"cost": report["totalCost"], "tokens": report["totalTokens"], "requests": report["requests"]}
        for what, figures in (("its rows", sums), ("its total", said)):
            if not isclose(figures["cost"], float(cost), rel_tol=1e-9, abs_tol=1e-9):
                yield f"{group}: {what} cost {figures['cost']}, the ledger {cost}"
            if (figures["tokens"], figures["requests"]) != (tokens, len(facts.ledger)):
                yield f"{group}: {what} are {figures}, the ledger has {tokens} in {len(facts.ledger)}"
    rows = given.latency["rows"]
    counted = (sum(row["requests"] for row in rows), sum(row["completed"] for row in rows))
    lines = (len(facts.ledger), sum(line["outcome"] == "completed" for line in facts.ledger))
    if counted != lines:
        yield f"latency: {counted}, the ledger has {lines}"


def _findings(tally: Tally) -> Iterator[str]:
    for what, met in tally.findings.items():
        yield f"{what} ({len(met)} times or more): {' | '.join(met)}"
