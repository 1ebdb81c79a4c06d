"""What was spent: the ledger is the truth, and everything that is counted elsewhere is its sum.

Added up here by other means than the product's own.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from backend.usage.histograms import Histogram, Series, add_packed, bucket_of, counts_of
from soak.facts import Facts, Row, Rows
from soak.verdict import Verdict, differences

EVERYONE: Final = UUID(int=0)
_COUNTED: Final = ("requests", "completed", "input_tokens", "output_tokens", "cost", "unknown_costs")
_INPUT: Final = ("input", "cache_read", "cache_write_5m", "cache_write_1h", "input_audio")
_OUTPUT: Final = ("output", "reasoning", "output_audio")
_NOTHING: Final = Decimal(0)


def sums(facts: Facts) -> Iterator[Verdict]:
    ledger = facts.ledger
    yield _counters("payer counters = ledger", ledger, facts.payer_counters, _payer_keys, "payer_id")
    yield _counters(
        "model counters = ledger", ledger, facts.model_counters, _model_keys,
        "payer_id", "model_id", "provider",
    )  # fmt: skip
    yield _counters(
        "comparison counters = ledger", ledger, facts.comparison_counters, _comparison_keys,
        "comparison_id", "user_id",
    )  # fmt: skip
    yield _distributions(facts)
    yield _of_responses(facts)
    yield _totals(facts)


def _counters(
    name: str, ledger: Rows, rows: Rows, keys_of: Callable[[Row], Iterable[tuple[Any, ...]]], *key: str
) -> Verdict:
    should: dict[tuple[Any, ...], list[Any]] = defaultdict(lambda: [0, 0, 0, 0, _NOTHING, 0])
    for line in ledger:
        figures = _figures(line)
        for keys in keys_of(line):
            for period in _periods(line):
                total = should[*keys, *period]
                total[:] = [so_far + more for so_far, more in zip(total, figures, strict=True)]
    found = {
        (*(row[part] for part in key), row["grain"], row["start"]): [row[each] for each in _COUNTED]
        for row in rows
    }
    return Verdict.of(name, f"{len(rows)} counters, {len(ledger)} lines", differences(should, found))


def _figures(line: Row) -> list[Any]:
    return [
        1,
        int(line["outcome"] == "completed"),
        sum(line[each] for each in _INPUT),
        sum(line[each] for each in _OUTPUT),
        line["cost"] or _NOTHING,
        int(line["cost"] is None),
    ]


def _periods(line: Row) -> Iterator[tuple[str, date]]:
    day = line["at"].date()
    yield "day", day
    yield "month", day.replace(day=1)


def _payer_keys(line: Row) -> Iterator[tuple[Any, ...]]:
    yield (line["user_id"],)
    yield (EVERYONE,)


def _model_keys(line: Row) -> Iterator[tuple[Any, ...]]:
    for payer in (line["user_id"], EVERYONE):
        yield payer, line["model_id"], line["provider"]


def _comparison_keys(line: Row) -> Iterator[tuple[Any, ...]]:
    if line["comparison_id"] is not None:
        yield line["comparison_id"], line["user_id"]


def _distributions(facts: Facts) -> Verdict:
    should: dict[Any, dict[str, Counter[int]]] = defaultdict(lambda: defaultdict(Counter))
    for line in facts.ledger:
        for payer, *model in _model_keys(line):
            for period in _periods(line):
                for series, value in _measured(line):
                    if value is not None:
                        should[payer, *model, *period][series][bucket_of(value)] += 1
    found = {}
    for row in facts.model_counters:
        unpacked: dict[Series, Histogram] = {}
        add_packed(unpacked, [row["histograms"]])
        key = (row["payer_id"], row["model_id"], row["provider"], row["grain"], row["start"])
        if counts := {series: dict(counts_of(one)) for series, one in unpacked.items() if one}:
            found[key] = counts
    plain = {key: {series: dict(counts) for series, counts in all_.items()} for key, all_ in should.items()}
    looked_at = f"{len(facts.model_counters)} models and periods"
    return Verdict.of("distributions = ledger", looked_at, differences(plain, found))


def _measured(line: Row) -> Iterator[tuple[str, float | None]]:
    cached = "cached_" if line["cache_read"] else ""
    yield "queue", line["queue_ms"]
    yield f"{cached}first_token", line["first_token_ms"]
    if line["outcome"] == "completed":
        yield f"{cached}total", line["total_ms"]
        yield f"{cached}speed", line["tokens_per_second"]
        known = line["tokens_origin"] != "unknown"
        yield "output", sum(line[each] for each in _OUTPUT) if known else None


def _of_responses(facts: Facts) -> Verdict:
    """Whoever was asked is on the record once, with what its response says."""
    lines = {line["response_id"]: line for line in facts.ledger}
    return Verdict.of(
        "each call is in the ledger once, as its response has it",
        f"{len(facts.ledger)} lines, {len(facts.responses)} responses",
        _against_responses(facts, lines),
    )


def _against_responses(facts: Facts, lines: Mapping[UUID, Row]) -> Iterator[str]:
    if len(lines) != len(facts.ledger):
        yield f"{len(facts.ledger) - len(lines)} lines are of a response that has one already"
    for key, response in facts.responses.items():
        line, metrics = lines.get(key), response["metrics"]
        asked = metrics.get("buckets") is not None
        if line is None:
            if asked and not _copied(facts, response):
                yield f"{key} has used {metrics['totalTokens']} tokens and is not in the ledger"
            continue
        theirs = (response["status"], response["cost"], metrics.get("totalTokens"))
        known = line["tokens_origin"] != "unknown"
        tokens = sum(line[each] for each in (*_INPUT, *_OUTPUT)) if known else None
        if (line["outcome"], line["cost"], tokens) != theirs:
            yield f"{key} is {theirs}, its line {(line['outcome'], line['cost'], tokens)}"


def _copied(facts: Facts, response: Row) -> bool:
    """It came with a branch, and was paid where it was asked for."""
    comparison = facts.comparisons[response["comparison_id"]]
    return comparison["branched_from"] is not None and response["created_at"] < comparison["created_at"]


def _totals(facts: Facts) -> Verdict:
    should: dict[UUID, list[Any]] = defaultdict(lambda: [0, _NOTHING, 0, 0, 0])
    for response in facts.responses.values():
        if response["status"] in {"pending", "streaming"} or _copied(facts, response):
            continue
        metrics, completed = response["metrics"], response["status"] == "completed"
        figures = [
            metrics.get("totalTokens") or 0,
            response["cost"] or _NOTHING,
            1,
            int(completed),
            round(metrics.get("responseTimeMs") or 0) if completed else 0,
        ]
        total = should[response["comparison_id"]]
        total[:] = [so_far + more for so_far, more in zip(total, figures, strict=True)]
    found = {
        key: [
            row[each]
            for each in ("total_tokens", "total_cost", "response_count", "completed_count", "completed_ms")
        ]
        for key, row in facts.comparisons.items()
        if row["response_count"]
    }
    looked_at = f"{len(facts.comparisons)} comparisons"
    return Verdict.of("totals of comparisons = their responses", looked_at, differences(should, found))
