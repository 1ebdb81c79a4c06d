"""Models of one's own over HTTP. The list that is everybody's has a route of its own, and a cache."""

from typing import Any

import msgspec
from litestar import MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec

from backend.accounts.callers import Caller
from backend.accounts.guards import needs
from backend.catalogue.answer import etag_of
from backend.catalogue.schemas import Model, model_of
from backend.comparisons.own_models import own_models
from backend.comparisons.studio import Studio
from backend.keyring.listings import ServerListings
from backend.kit import clock
from backend.kit.http.negotiation import already_has

_MODELS = ResponseSpec(
    list[Model], description="Each replaces the public model of its id.", generate_examples=False
)


@get("/api/models/mine", tags=["models"], opt=needs("models.read"), responses={200: _MODELS})
async def list_own_models(
    request: Request[Any, Any, Any],
    caller: NamedDependency[Caller],
    studio: NamedDependency[Studio],
    listings: NamedDependency[ServerListings],
) -> Response[bytes]:
    """What you can ask beside what everybody can: by your keys, and at endpoints of your own."""
    at = clock.now()
    entries = await own_models(studio.contestants, listings, caller)
    json = msgspec.json.encode([model_of(entry, at) for entry in entries])
    headers = {
        "etag": etag_of(json),
        "cache-control": "private, no-cache",
        "vary": "Cookie, Authorization",
    }
    if already_has(request.headers.get("if-none-match", ""), headers["etag"]):
        return Response(b"", status_code=304, headers=headers)
    return Response(json, media_type=MediaType.JSON, headers=headers)


HANDLERS = (list_own_models,)
