"""Limits of HTTP requests: by address for all of them, by caller where a route asks for it."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from backend.kit.application import AsgiApp, AsgiMessage, Receive, Scope, Send
from backend.kit.http.answers import send_error
from backend.kit.http.headers import encoded, set_missing
from backend.limits.askers import Asker
from backend.limits.buckets import Buckets, Verdict
from backend.limits.refusal import RateLimited, limit_headers
from backend.limits.rules import REQUESTS, Rule

_TIGHTEST: Final = "bakeoff.limit"  # where a request keeps the limit that it is closest to


@dataclass(frozen=True, slots=True)
class AddressLimit:
    """Stands inside of what settles the client's address, before anything that costs."""

    app: AsgiApp
    buckets: Buckets
    rule: Rule = REQUESTS
    spared: frozenset[str] = (
        frozenset()
    )  # paths that monitors ask, who must not hear of somebody else's flood

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self.spared:
            await self.app(scope, receive, send)
            return
        client = scope.get("client")
        try:
            await hold_to([self.rule], Asker.of(client[0] if client else None), self.buckets, scope)
        except RateLimited as refusal:
            await send_error(send, refusal)
            return

        async def send_told(message: AsgiMessage) -> None:
            if message["type"] == "http.response.start":
                set_missing(message, encoded(limit_headers(scope[_TIGHTEST])))
            await send(message)

        await self.app(scope, receive, send_told)


async def hold_to(rules: Iterable[Rule], asker: Asker, buckets: Buckets, scope: Scope) -> None:
    """Raises `RateLimited`. The narrowest rule comes first: the wider ones do not count what it refuses."""
    for rule in rules:
        name = asker.name(rule.per)
        if name is None:
            continue
        verdict = await buckets.take(rule, name)
        if not verdict.allowed:
            raise RateLimited(verdict)
        known: Verdict | None = scope.get(_TIGHTEST)
        if known is None or verdict.share_left < known.share_left:
            scope[_TIGHTEST] = verdict
