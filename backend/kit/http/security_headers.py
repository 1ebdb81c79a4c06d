"""What every answer tells a browser not to do. A route that sets one of these itself keeps its own."""

from dataclasses import dataclass
from typing import Final

from backend.kit.application import AsgiApp, AsgiMessage, Receive, Scope, Send
from backend.kit.http.headers import RawHeaders, encoded, set_missing

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; "
    "connect-src 'self'; manifest-src 'self'; worker-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)

_ALWAYS: Final[RawHeaders] = encoded(
    {
        "content-security-policy": _POLICY,
        "x-content-type-options": "nosniff",
        "x-frame-options": "DENY",
        "referrer-policy": "no-referrer",
        "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "cache-control": "no-store",
    }
)
_OVER_TLS: Final[RawHeaders] = [*_ALWAYS, *encoded({"strict-transport-security": "max-age=31536000"})]


@dataclass(frozen=True, slots=True)
class SecurityHeaders:
    app: AsgiApp

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        defaults = _OVER_TLS if scope["scheme"] == "https" else _ALWAYS

        async def send_protected(message: AsgiMessage) -> None:
            if message["type"] == "http.response.start":
                set_missing(message, defaults)
            await send(message)

        await self.app(scope, receive, send_protected)
