"""How an endpoint may be called."""

import re
from typing import Final

PATTERN: Final = "^[a-z0-9][a-z0-9_.-]*$"
LONGEST: Final = 40

_NAME: Final = re.compile(PATTERN.removesuffix("$"))


def is_name(text: str) -> bool:
    """Whatever else a client asks for, no database has to look for it."""
    return len(text) <= LONGEST and _NAME.fullmatch(text) is not None
