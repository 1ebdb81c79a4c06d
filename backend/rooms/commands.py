"""What each command of a socket is called and which right it needs. Data only."""

from collections.abc import Mapping
from typing import Final, TypeAlias

from backend.accounts.rights import Right
from backend.rooms.protocol import (
    ClientSays,
    JoinSession,
    LeaveSession,
    Regenerate,
    StartComparison,
    StopComparison,
    StopModel,
    Typing,
    Viewing,
)

Asked: TypeAlias = (
    JoinSession | LeaveSession | StartComparison | StopModel | StopComparison | Regenerate | Typing | Viewing
)
"""Everything but saying who one is."""

RIGHTS: Final[Mapping[type[Asked], Right]] = {
    JoinSession: "comparisons.read",
    LeaveSession: "comparisons.read",
    Typing: "comparisons.read",
    Viewing: "comparisons.read",
    StartComparison: "comparisons.run",
    StopModel: "comparisons.run",
    StopComparison: "comparisons.run",
    Regenerate: "comparisons.run",
}


def name_of(command: ClientSays) -> str:
    return str(command.__struct_config__.tag)
