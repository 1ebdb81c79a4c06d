"""The secret that a call is signed with. It shows itself to the SDK alone."""

import hashlib
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Key:
    secret: str = field(repr=False)
    """Empty for a server that asks for none."""

    @property
    def fingerprint(self) -> str:
        """Tells keys apart without showing them."""
        return hashlib.sha256(self.secret.encode()).hexdigest()[:16]


NO_KEY = Key("")
