"""Costs, times and budgets over HTTP. Members see what they spent, administrators what everybody did."""

from datetime import date
from typing import Annotated, Any, Literal
from uuid import UUID

from litestar import Request, Response, get
from litestar.di import NamedDependency, Provide
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery, QueryParameter

from backend.accounts.callers import Caller
from backend.accounts.guards import needs
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import AppError
from backend.kit.http.openapi import also_answers
from backend.usage import budgets
from backend.usage.answers import cost_report, cost_sheet, latency_report, latency_sheet
from backend.usage.costs import Group, Titles, costs, span_of
from backend.usage.entry import EVERYONE
from backend.usage.latency import latency
from backend.usage.periods import day_of
from backend.usage.schemas import CostReport, LatencyReport

AnyRequest = Request[Any, Any, Any]
Format = Literal["json", "csv"]
From = Annotated[date | None, QueryParameter(name="from")]


def payer_of(caller: NamedDependency[Caller], user: FromQuery[UUID | None] = None) -> UUID:
    """Whose costs are reported: one's own, or for who may see all of them everyone's or one user's."""
    if caller.may("reports.all"):
        return user or EVERYONE
    if user not in {None, caller.user_id}:
        raise AppError("Your role does not allow this.", status=403, code="forbidden")
    return caller.user_id


_PAYER = {"payer": Provide(payer_of, sync_to_thread=False)}
_TAGS = ["reports"]
_COSTS = ResponseSpec(CostReport, description="The report.", generate_examples=False)
_LATENCY = ResponseSpec(LatencyReport, description="The report.", generate_examples=False)


@get(
    "/api/reports/costs",
    tags=_TAGS,
    opt={**needs("reports.read"), **also_answers("text/csv")},
    responses={200: _COSTS},
    dependencies=_PAYER,
)
async def report_costs(
    *,
    request: AnyRequest,
    database: NamedDependency[Database],
    payer: NamedDependency[UUID],
    titles: NamedDependency[Titles],
    first: From = None,
    to: FromQuery[date | None] = None,
    group: FromQuery[Group] = "day",
    format: FromQuery[Format | None] = None,  # noqa: A002 - its name on the wire
) -> Response[Any]:
    """What was spent from one day to another, both of UTC and included, beside as many days before."""
    now = clock.now()
    span = span_of(first, to, day_of(now))
    async with database.reading() as db:
        found = await costs(db, payer, span, group, titles)
        standing = await budgets.check(db, payer, now)
    if _wants_csv(request, format):
        return _csv(cost_sheet(found), f"costs-{span.first}-{span.last}-{group}")
    return _json(cost_report(found, standing))


@get(
    "/api/reports/latency",
    tags=_TAGS,
    opt={**needs("reports.read"), **also_answers("text/csv")},
    responses={200: _LATENCY},
    dependencies=_PAYER,
)
async def report_latency(
    *,
    request: AnyRequest,
    database: NamedDependency[Database],
    payer: NamedDependency[UUID],
    first: From = None,
    to: FromQuery[date | None] = None,
    format: FromQuery[Format | None] = None,  # noqa: A002 - its name on the wire
) -> Response[Any]:
    """How long models took from one day to another, both of UTC and included."""
    span = span_of(first, to, day_of(clock.now()))
    async with database.reading() as db:
        found = await latency(db, payer, span)
    if _wants_csv(request, format):
        return _csv(latency_sheet(found), f"latency-{span.first}-{span.last}")
    return _json(latency_report(span, found))


def _wants_csv(request: AnyRequest, said: Format | None) -> bool:
    return said == "csv" or (said is None and "text/csv" in request.headers.get("accept", "").lower())


def _json(report: CostReport | LatencyReport) -> Response[Any]:
    return Response(report, headers={"vary": "Accept"})


def _csv(sheet: str, name: str) -> Response[Any]:
    headers = {"content-disposition": f'attachment; filename="{name}.csv"', "vary": "Accept"}
    return Response(sheet, media_type="text/csv", headers=headers)


HANDLERS = (report_costs, report_latency)
