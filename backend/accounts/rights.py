"""What there is to be allowed, and which role and which scope allows it. Data only."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

Role: TypeAlias = Literal["owner", "admin", "member", "viewer"]
Scope: TypeAlias = Literal["read", "run", "admin"]
"""What an API key may be used for, within what its owner may do."""

Right: TypeAlias = Literal[
    "anyone",  # also those who are not signed in
    "account",  # one's own profile, devices and API keys
    "models.read",
    "comparisons.read",
    "comparisons.run",
    "keys.own",  # provider keys and endpoints for oneself
    "reports.read",
    "users.manage",
    "keys.shared",  # provider keys and endpoints for everybody
    "audit.read",
    "owners.manage",  # who is owner
]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)

_VIEWER: Final[frozenset[Right]] = frozenset({"anyone", "account", "models.read", "comparisons.read"})
_MEMBER: Final[frozenset[Right]] = _VIEWER | {"comparisons.run", "keys.own", "reports.read"}
_ADMIN: Final[frozenset[Right]] = _MEMBER | {"users.manage", "keys.shared", "audit.read"}

BY_ROLE: Final[Mapping[Role, frozenset[Right]]] = {
    "viewer": _VIEWER,
    "member": _MEMBER,
    "admin": _ADMIN,
    "owner": frozenset(get_args(Right)),
}

# A key never manages the account that it belongs to: who finds one must not be able to make it his own.
BY_SCOPE: Final[Mapping[Scope, frozenset[Right]]] = {
    "read": frozenset({"anyone", "models.read", "comparisons.read", "reports.read"}),
    "run": frozenset({"anyone", "models.read", "comparisons.read", "comparisons.run"}),
    "admin": frozenset(right for right in _ADMIN if right != "account"),
}
