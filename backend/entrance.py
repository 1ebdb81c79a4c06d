"""How people come in here: accounts, built from the settings. The accounts know none of them."""

import ipaddress
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from uuid import UUID

from backend.accounts import actions
from backend.accounts.access_tokens import AccessTokens
from backend.accounts.authenticator import Authenticator
from backend.accounts.cookies import Cookies
from backend.accounts.devices import RefreshTokens
from backend.accounts.door import Door
from backend.accounts.oidc import repository
from backend.accounts.oidc.client import Client
from backend.accounts.oidc.relying_party import RelyingParty
from backend.accounts.passwords import Passwords
from backend.accounts.signing_in import SigningIn
from backend.accounts.throttle import Throttle
from backend.accounts.tickets import Tickets
from backend.comparisons.share_links import ShareLinks
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.master_key import MasterKey
from backend.settings import Settings


def master_key(settings: Settings) -> MasterKey:
    """Makes one in the data folder where none was set."""
    secret = settings.secret_key.reveal() if settings.secret_key else None
    return MasterKey.of(secret, settings.data_dir)


def cookies_of(settings: Settings) -> Cookies:
    """Marked for TLS where browsers come by TLS, be it ours or a proxy's."""
    public = settings.public_url or ""
    return Cookies(secure=settings.tls_certificate is not None or public.startswith("https:"))


@asynccontextmanager
async def entrance(
    settings: Settings, database: Database, master: MasterKey, ended: Callable[[UUID], None]
) -> AsyncIterator[tuple[Door, RelyingParty | None]]:
    access_tokens = AccessTokens.of(master)
    passwords = Passwords()
    relying_party = _relying_party(settings, master)
    elsewhere = None if relying_party is None else _Elsewhere(relying_party, database)
    try:
        door = Door(
            database=database,
            signing_in=SigningIn(database, passwords, Throttle(), settings.registration),
            access_tokens=access_tokens,
            refresh_tokens=RefreshTokens.of(master),
            authenticator=Authenticator(database, access_tokens, elsewhere, ShareLinks(database)),
            cookies=cookies_of(settings),
            tickets=Tickets(),
            origins=frozenset(settings.cors_origins),
            ended=ended,
        )
        yield door, relying_party
    finally:
        passwords.close()
        if relying_party is not None:
            await relying_party.aclose()


@dataclass(frozen=True, slots=True)
class _Elsewhere:
    """Whose account a token of the other issuer opens. It must have been linked by signing in once."""

    relying_party: RelyingParty
    database: Database

    async def __call__(self, token: str) -> UUID | None:
        profile = await self.relying_party.bearer(token)
        if profile is None:
            return None
        async with self.database.reading() as db:
            return await repository.user_of(db, profile.issuer, profile.subject)


def _relying_party(settings: Settings, master: MasterKey) -> RelyingParty | None:
    if settings.oidc_issuer is None or settings.oidc_client_id is None:
        return None
    here = settings.public_url or f"http://{settings.host}:{settings.port}"
    client = Client(
        issuer=settings.oidc_issuer,
        client_id=settings.oidc_client_id,
        client_secret=settings.oidc_client_secret.reveal() if settings.oidc_client_secret else None,
        redirect_uri=f"{here}/auth/callback",
        signed_out_uri=f"{here}/",
        api_audience=settings.oidc_api_audience,
    )
    return RelyingParty(client, master)


async def first_owner_path(settings: Settings, database: Database) -> str | None:
    """Where the first owner signs in, once, as long as there is nobody and nobody else can listen."""
    if not listens_only_here(settings):
        return None
    async with database.transaction() as db:
        made = await actions.first_owner_link(db, clock.now())
    return f"/auth/first?link={made.secret}" if made else None


def listens_only_here(settings: Settings) -> bool:
    if settings.unix_socket is not None:
        return False
    try:
        return ipaddress.ip_address(settings.host).is_loopback
    except ValueError:
        return settings.host == "localhost"
