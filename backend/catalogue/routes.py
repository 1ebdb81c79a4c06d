"""The list of models that can be asked."""

from typing import Any

from litestar import MediaType, Request, Response, get
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery

from backend.accounts.guards import needs
from backend.catalogue.answer import ModelsAnswer
from backend.catalogue.schemas import Model
from backend.kit import clock
from backend.kit.http.negotiation import already_has, best_encoding

_MODELS = ResponseSpec(list[Model], description="What can be asked comes first.", generate_examples=False)


async def _models(
    *,
    request: Request[Any, Any, Any],
    models_answer: NamedDependency[ModelsAnswer],
    available: FromQuery[bool] = False,
    q: FromQuery[str] = "",
) -> Response[bytes]:
    """Every model that is known here, whether it can be asked, what it takes and what it costs."""
    now = clock.now()
    if available or q:
        body = await models_answer.matching(now, q, available_only=available)
    else:
        body = await models_answer.whole(now)
    headers = {"etag": body.etag, "cache-control": "no-cache", "vary": "Accept-Encoding"}
    if already_has(request.headers.get("if-none-match", ""), body.etag):
        return Response(b"", status_code=304, headers=headers)
    if body.gzip and best_encoding(request.headers.get("accept-encoding", ""), ["gzip"]):
        return Response(body.gzip, media_type=MediaType.JSON, headers={**headers, "content-encoding": "gzip"})
    return Response(body.json, media_type=MediaType.JSON, headers=headers)


# The second address is the one that older clients know.
HANDLERS = tuple(
    get(path, tags=["models"], opt=needs("anyone"), operation_id=operation, responses={200: _MODELS})(_models)
    for path, operation in (
        ("/api/models", "listModels"),
        ("/comparison/models/available", "listAvailableModels"),
    )
)
