"""Reports as the API says them, and as sheets."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final

from backend.usage.budget import Standing, State
from backend.usage.costs import Costs, Line
from backend.usage.counting import Sums
from backend.usage.histograms import Histogram, Series, counts_of, quantile
from backend.usage.latency import ModelTimes
from backend.usage.periods import Span
from backend.usage.schemas import (
    BudgetStanding,
    CostReport,
    CostRow,
    LatencyReport,
    LatencyRow,
    OtherCosts,
    PreviousCosts,
    Quantiles,
)
from backend.usage.sheets import Cell, csv_of

_SHARES: Final = (0.5, 0.9, 0.99)

# As the wire calls them, by the names of the counted distributions.
_SERIES: Final[Mapping[str, Series]] = {
    "queue_ms": "queue",
    "time_to_first_token_ms": "first_token",
    "response_time_ms": "total",
    "tokens_per_second": "speed",
    "output_tokens": "output",
    "cached_time_to_first_token_ms": "cached_first_token",
    "cached_response_time_ms": "cached_total",
    "cached_tokens_per_second": "cached_speed",
}


def cost_report(costs: Costs, standing: Standing) -> CostReport:
    total, others, before = costs.total, costs.others, costs.span.before()
    return CostReport(
        from_=costs.span.first,
        to=costs.span.last,
        group=costs.group,
        total_cost=float(total.cost),
        total_tokens=total.tokens,
        requests=total.requests,
        unknown_costs=total.unknown_costs,
        rows=tuple(_cost_row(line, total) for line in costs.lines),
        others=OtherCosts(cost=float(others.cost), tokens=others.tokens, requests=others.requests)
        if others
        else None,
        previous=PreviousCosts(
            from_=before.first,
            to=before.last,
            total_cost=float(costs.previous.cost),
            total_tokens=costs.previous.tokens,
            requests=costs.previous.requests,
            unknown_costs=costs.previous.unknown_costs,
        ),
        budgets=tuple(budget_standing(state) for state in standing.states),
    )


def budget_standing(state: State) -> BudgetStanding:
    budget = state.budget
    return BudgetStanding(
        period=budget.period,
        everyone=budget.user_id is None,
        amount=float(budget.amount),
        hard=budget.hard,
        on_cross=budget.on_cross,
        spent=float(state.spent),
        reserved=float(state.reserved),
        remaining=float(state.left),
        resets_at=state.resets_at,
    )


def cost_sheet(costs: Costs) -> str:
    """Costs with all their digits."""
    total = costs.total
    head = (
        costs.group,
        "label",
        "cost",
        "share",
        "tokens",
        "requests",
        "unknownCosts",
        "previousCost",
        "change",
    )
    rows: list[tuple[Cell, ...]] = [
        (
            line.key,
            line.label,
            line.sums.cost,
            _share(line.sums.cost, total),
            line.sums.tokens,
            line.sums.requests,
            line.sums.unknown_costs,
            line.previous_cost,
            _change(line),
        )
        for line in costs.lines
    ]
    if others := costs.others:
        share = _share(others.cost, total)
        rest = ("", "others", others.cost, share, others.tokens, others.requests, others.unknown_costs)
        rows.append((*rest, None, None))
    return csv_of(head, rows)


def latency_report(span: Span, models: Sequence[ModelTimes]) -> LatencyReport:
    return LatencyReport(from_=span.first, to=span.last, rows=tuple(_latency_row(each) for each in models))


def latency_sheet(models: Sequence[ModelTimes]) -> str:
    """Four columns for each distribution."""
    head = ["modelId", "provider", "requests", "completed"]
    head += [f"{series} {of}" for series in _SERIES.values() for of in ("p50", "p90", "p99", "count")]
    return csv_of(
        head,
        (
            (
                model.model_id,
                model.provider,
                model.requests,
                model.completed,
                *(
                    figure
                    for series in _SERIES.values()
                    for found in (_quantiles(model.histograms.get(series)),)
                    for figure in (found.p50, found.p90, found.p99, found.count)
                ),
            )
            for model in models
        ),
    )


def _cost_row(line: Line, total: Sums) -> CostRow:
    return CostRow(
        key=line.key,
        label=line.label,
        cost=float(line.sums.cost),
        share=_share(line.sums.cost, total),
        tokens=line.sums.tokens,
        requests=line.sums.requests,
        unknown_costs=line.sums.unknown_costs,
        previous_cost=float(line.previous_cost),
        change=_change(line),
    )


def _share(cost: Decimal, total: Sums) -> float | None:
    return float(cost / total.cost) if total.cost else None


def _change(line: Line) -> float | None:
    before = line.previous_cost
    return float((line.sums.cost - before) / before) if before else None


def _latency_row(model: ModelTimes) -> LatencyRow:
    quantiles = {name: _quantiles(model.histograms.get(series)) for name, series in _SERIES.items()}
    return LatencyRow(
        model_id=model.model_id,
        provider=model.provider,
        requests=model.requests,
        completed=model.completed,
        **quantiles,
    )


def _quantiles(histogram: Histogram | None) -> Quantiles:
    if not histogram:
        return Quantiles(p50=None, p90=None, p99=None, count=0)
    counts = counts_of(histogram)
    p50, p90, p99 = (quantile(counts, share) for share in _SHARES)
    return Quantiles(p50=p50, p90=p90, p99=p99, count=sum(counts.values()))
