"""Who may do something for everyone."""

from backend.accounts.callers import Caller
from backend.accounts.guards import objection


def require_sharing(caller: Caller) -> None:
    if error := objection(caller, "keys.shared"):
        raise error
