"""Which other sites' pages may call the API, with credentials: those on the list and nobody else.

Litestar's own middleware is not used: it overwrites `Vary`, leaves it out where the origin is missing, takes
every OPTIONS for a preflight and refuses in plain text.
"""

from dataclasses import dataclass
from typing import Final

from backend.kit.application import AsgiApp, AsgiMessage, Receive, Scope, Send
from backend.kit.errors import AppError
from backend.kit.http.answers import send_error
from backend.kit.http.headers import RawHeaders, append, encoded, values

_VARY: Final = (b"vary", b"Origin")
_PREFLIGHT: Final[RawHeaders] = encoded(
    {
        "access-control-allow-methods": "GET, HEAD, POST, PUT, PATCH, DELETE",
        "access-control-allow-headers": "Authorization, Content-Type, Idempotency-Key, X-Request-ID",
        "access-control-max-age": "600",
        "vary": "Origin",
    }
)
_EXPOSED: Final = (
    b"access-control-expose-headers",
    b"Retry-After, X-RateLimit-Limit, X-RateLimit-Remaining, X-RateLimit-Reset, X-Request-ID",
)


@dataclass(frozen=True, slots=True)
class Cors:
    app: AsgiApp
    origins: frozenset[str]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not self.origins:
            await self.app(scope, receive, send)
            return
        origin = next(iter(values(scope, b"origin")), None)
        granted = _granted(origin) if origin in self.origins and origin else []
        if origin and scope["method"] == "OPTIONS" and values(scope, b"access-control-request-method"):
            await self._preflight(send, granted)
            return

        async def send_varied(message: AsgiMessage) -> None:
            if message["type"] == "http.response.start":
                append(message, _VARY, *granted, *([_EXPOSED] if granted else []))
            await send(message)

        await self.app(scope, receive, send_varied)

    async def _preflight(self, send: Send, granted: RawHeaders) -> None:
        if not granted:
            error = AppError(
                "Pages of this origin may not call this server. BAKEOFF_CORS_ORIGINS lists those that may.",
                status=403,
                code="origin_not_allowed",
                headers={"vary": "Origin"},
            )
            await send_error(send, error)
            return
        await send({"type": "http.response.start", "status": 204, "headers": [*_PREFLIGHT, *granted]})
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def _granted(origin: str) -> RawHeaders:
    return [
        (b"access-control-allow-origin", origin.encode("latin-1")),
        (b"access-control-allow-credentials", b"true"),
    ]
