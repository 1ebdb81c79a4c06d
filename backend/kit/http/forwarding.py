"""Puts into the scope whom trusted proxies name: client, scheme and host, as seen from outside."""

from dataclasses import dataclass

from backend.kit.application import AsgiApp, Receive, Scope, Send
from backend.kit.http.headers import joined
from backend.kit.proxies import TrustedProxies


@dataclass(frozen=True, slots=True)
class Forwarding:
    app: AsgiApp
    proxies: TrustedProxies

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "lifespan":
            self._apply(scope)
        await self.app(scope, receive, send)

    def _apply(self, scope: Scope) -> None:
        peer = (scope.get("client") or (None,))[0]
        forwarded = ("", "", "")
        if self.proxies.trust(peer):
            forwarded = (
                joined(scope, b"x-forwarded-for"),
                joined(scope, b"x-forwarded-proto"),
                joined(scope, b"x-forwarded-host"),
            )
        origin = self.proxies.resolve(peer, *forwarded)
        if origin.client != peer:
            scope["client"] = (origin.client, 0) if origin.client else None
        if origin.scheme:
            scope["scheme"] = origin.scheme
        if origin.host:
            others = [header for header in scope["headers"] if header[0] != b"host"]
            scope["headers"] = [(b"host", origin.host.encode("ascii")), *others]
