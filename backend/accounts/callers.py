"""Who is asking, as every part of the house knows them. How they proved it is not to be seen here."""

from dataclasses import dataclass
from typing import Final, Literal, Self, TypeAlias
from uuid import UUID

from backend.accounts.rights import BY_LINK, BY_ROLE, BY_SCOPE, Right, Role, Scope

Way: TypeAlias = Literal["cookie", "token", "api_key", "oidc", "ticket", "share"]
"""How they proved it; `oidc` is a token of another issuer, `ticket` the one-time proof of a socket, `share` a
link that lets whoever has it see one thing.
"""


@dataclass(frozen=True, slots=True)
class ShareGrant:
    """The link by which a guest came, and the comparison that it opens."""

    id: UUID
    comparison_id: UUID


@dataclass(frozen=True, slots=True)
class Caller:
    user_id: UUID
    email: str
    role: Role
    way: Way
    device_id: UUID | None = None
    """Where they signed in; ending it ends what lives by it."""
    api_key_id: UUID | None = None
    scopes: frozenset[Scope] | None = None
    """None: everything that the role allows."""
    share: ShareGrant | None = None
    """Whose name nobody knows: a guest, who goes by the id of the link."""

    @classmethod
    def guest(cls, share: ShareGrant) -> Self:
        return cls(share.id, "", "viewer", "share", share=share)

    def may(self, right: Right) -> bool:
        if self.share is not None:
            return right in BY_LINK
        if right not in BY_ROLE[self.role]:
            return False
        return self.scopes is None or any(right in BY_SCOPE[scope] for scope in self.scopes)


NOBODY_MAY: Final[frozenset[Right]] = frozenset({"anyone"})
"""What is allowed to those who have not said who they are."""
