"""What we are to the issuer: how it was set up there, and what of it we accept."""

from dataclasses import dataclass, field
from typing import Literal, TypeAlias

from backend.accounts.oidc import addresses

Algorithm: TypeAlias = Literal["RS256", "ES256"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    issuer: str
    """To the letter as the issuer writes it in its tokens: a slash at the end counts."""
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    """None: a public client, which proves itself with PKCE alone."""
    authenticates_by: Literal["basic", "post"] = "basic"
    redirect_uri: str
    signed_out_uri: str | None = None
    """Where the issuer sends the browser after signing out there; it must know the address."""
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    algorithm: Algorithm = "RS256"
    """For keys of the issuer that do not say theirs."""
    api_audience: str | None = None
    """Who the issuer's API tokens must be for; None: none are accepted."""
    api_token_types: frozenset[str] = frozenset({"at+jwt"})

    def __post_init__(self) -> None:
        checks = (
            ("issuer", addresses.checked_issuer),
            ("redirect_uri", addresses.checked),
            ("signed_out_uri", addresses.checked),
        )
        for name, check in checks:
            try:
                if (url := getattr(self, name)) is not None:
                    check(url)
            except ValueError as reason:
                raise ValueError(f"{name}: {reason}") from None
        if not self.client_id:
            raise ValueError("client_id: it is empty")
        if self.client_secret == "":
            raise ValueError("client_secret: it is empty; a public client has none")
        if "openid" not in self.scopes:
            raise ValueError("scopes: without openid there is no ID token")
        if self.api_audience == self.client_id:
            # An ID token has this audience: whoever gets to see one could call the API with it.
            raise ValueError("api_audience: it must not be the client_id")
        if not self.api_token_types:
            raise ValueError("api_token_types: it is empty")
