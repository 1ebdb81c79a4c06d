"""What there is to be allowed, and which role and which scope allows it. Data only."""

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

Role: TypeAlias = Literal["owner", "admin", "member", "viewer"]
Scope: TypeAlias = Literal["read", "run", "admin"]
"""What an API key may be used for, within what its owner may do."""

Right: TypeAlias = Literal[
    "anyone",  # also those who are not signed in
    "account",  # one's own profile, devices and API keys
    "status.read",  # how the server is doing
    "models.read",
    "comparisons.read",
    "comparisons.run",
    "comparisons.share",  # who else may see one's own
    "keys.own",  # provider keys and endpoints for oneself
    "reports.read",  # what one spent
    "reports.all",  # what everybody spent
    "budgets.manage",
    "users.manage",
    "keys.shared",  # provider keys and endpoints for everybody
    "audit.read",
    "metrics.read",  # everything that is counted
    "owners.manage",  # who is owner
]

ROLES: Final[tuple[Role, ...]] = get_args(Role)
SCOPES: Final[tuple[Scope, ...]] = get_args(Scope)

# Also who may run nothing any more can still take back what he gave.
_VIEWER: Final[frozenset[Right]] = frozenset(
    {"anyone", "account", "status.read", "models.read", "comparisons.read", "comparisons.share"}
)
_MEMBER: Final[frozenset[Right]] = _VIEWER | {"comparisons.run", "keys.own", "reports.read"}
_ADMIN: Final[frozenset[Right]] = _MEMBER | {
    "reports.all",
    "budgets.manage",
    "users.manage",
    "keys.shared",
    "audit.read",
    "metrics.read",
}

BY_ROLE: Final[Mapping[Role, frozenset[Right]]] = {
    "viewer": _VIEWER,
    "member": _MEMBER,
    "admin": _ADMIN,
    "owner": frozenset(get_args(Right)),
}

# A key never manages the account that it belongs to: who finds one must not be able to make it his own.
BY_SCOPE: Final[Mapping[Scope, frozenset[Right]]] = {
    "read": frozenset(
        {
            "anyone",
            "status.read",
            "metrics.read",
            "models.read",
            "comparisons.read",
            "reports.read",
            "reports.all",
        }
    ),
    "run": frozenset(
        {"anyone", "status.read", "models.read", "comparisons.read", "comparisons.run", "comparisons.share"}
    ),
    "admin": frozenset(right for right in _ADMIN if right != "account"),
}

BY_LINK: Final[frozenset[Right]] = frozenset({"anyone", "comparisons.read"})
"""For guests, who have no account: they look, at what their link opens."""
