"""Who is let in to a socket: the host asked for, the page that asks, and what the request brings as proof.

Credentials that prove nothing are refused: who sends them wants to know. Who brings none may say it later.
"""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs

from backend.accounts.credentials import cookie_of
from backend.accounts.door import Door
from backend.accounts.same_site import is_own_page, origin_of
from backend.kit.http.hosts import HostPolicy
from backend.kit.proxies import TrustedProxies
from backend.kit.sockets import Refuse, SocketRequest
from backend.limits.askers import Asker
from backend.rooms.identity import Identities, Identity

_INVALID: Final = Refuse(
    401,
    "These credentials are not, or no longer, valid.",
    {"www-authenticate": 'Bearer error="invalid_token"'},
)
_OTHER_SITE: Final = Refuse(403, "This request did not come from a page of this server.")
_OTHER_HOST: Final = Refuse(
    421, "This server does not answer to that host name; BAKEOFF_ALLOWED_HOSTS lists those it does."
)


@dataclass(frozen=True, slots=True)
class Admitted:
    client: str | None
    """As trusted proxies name it."""
    identity: Identity | None

    @property
    def asker(self) -> Asker:
        return Asker.of(self.client, self.identity.caller if self.identity else None)


@dataclass(frozen=True, slots=True)
class Admission:
    hosts: HostPolicy
    proxies: TrustedProxies
    scheme: str
    """Of the connection itself; a trusted proxy knows better."""

    async def judge(self, request: SocketRequest, door: Door, identities: Identities) -> Admitted | Refuse:
        headers = request.headers
        origin = self.proxies.resolve(
            request.client,
            headers.get("x-forwarded-for", ""),
            headers.get("x-forwarded-proto", ""),
            headers.get("x-forwarded-host", ""),
        )
        host = origin.host or headers.get("host", "")
        if not self.hosts.allows(host):
            return _OTHER_HOST
        own = origin_of(origin.scheme or self.scheme, host)
        identity = await _proved(request, own, door, identities)
        return identity if isinstance(identity, Refuse) else Admitted(origin.client, identity)


async def _proved(
    request: SocketRequest, own: str, door: Door, identities: Identities
) -> Identity | Refuse | None:
    if given := request.headers.get("authorization"):
        scheme, _, credential = given.partition(" ")
        if scheme.lower() != "bearer":
            return _INVALID
        return await identities.by_credential(credential.strip(), "token") or _INVALID
    if tickets := parse_qs(request.query, keep_blank_values=True).get("ticket"):
        return await identities.by_ticket(tickets[0], time.monotonic()) or _INVALID
    if token := _cookie(request.headers, door.cookies.access):
        # Every browser says where a socket comes from, and a cookie proves nothing of anybody else.
        if "origin" not in request.headers or not is_own_page(request.headers, own, door.origins):
            return _OTHER_SITE
        return await identities.by_credential(token, "cookie")
    return None


def _cookie(headers: Mapping[str, str], name: str) -> str | None:
    given = headers.get("cookie", "").encode("latin-1", "replace")
    return cookie_of({"headers": [(b"cookie", given)]}, name)
