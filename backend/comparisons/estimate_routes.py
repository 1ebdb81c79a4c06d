"""A look at what a prompt would cost, over HTTP."""

from litestar import post
from litestar.di import NamedDependency
from litestar.params import JSONBody

from backend.accounts.callers import Caller
from backend.accounts.guards import needs
from backend.catalogue.tokens import TokenCounter
from backend.comparisons import estimate
from backend.comparisons.estimate_schemas import Estimate, EstimateComparison
from backend.comparisons.studio import Studio


@post("/api/comparisons/estimate", tags=["comparisons"], opt=needs("comparisons.run"), status_code=200)
async def estimate_comparison(
    data: JSONBody[EstimateComparison],
    caller: NamedDependency[Caller],
    studio: NamedDependency[Studio],
    tokens: NamedDependency[TokenCounter],
) -> Estimate:
    """Say what a prompt would use and cost, for each lane, before it is sent; nothing is asked or stored."""
    return await estimate.estimate(studio.shelf, studio.hub, studio.contestants, tokens, caller, data)


HANDLERS = (estimate_comparison,)
