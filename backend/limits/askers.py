"""Under which name somebody is counted. Knows callers and addresses, not where they come from."""

from dataclasses import dataclass
from typing import Final, Self, assert_never

from backend.accounts.callers import Caller
from backend.kit.subscribers import subscriber
from backend.limits.rules import Per

_LONGEST: Final = 64


@dataclass(frozen=True, slots=True)
class Asker:
    """Names that are ready to be looked up: they are asked for on each request and each command."""

    address: str
    user: str | None = None
    api_key: str | None = None

    @classmethod
    def of(cls, client: str | None, caller: Caller | None = None) -> Self:
        """`client` as trusted proxies name it, never as a header says. Guests of one link are not one person:
        they are counted where they come from, as strangers are.
        """
        return cls(
            address=address_name(client),
            user=f"user:{caller.user_id.hex}" if caller and not caller.share else None,
            api_key=f"key:{caller.api_key_id.hex}" if caller and caller.api_key_id else None,
        )

    def name(self, per: Per) -> str | None:
        """None: the rule is not for them. Who has not signed in is counted by address instead."""
        match per:
            case "user":
                return self.user or self.address
            case "api_key":
                return self.api_key
            case "address":
                return self.address
            case _:
                assert_never(per)


def address_name(client: str | None) -> str:
    """A /64 of IPv6 is one name."""
    return (subscriber(client) or client[:_LONGEST]) if client else "local"
