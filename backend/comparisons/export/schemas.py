"""What is asked and answered over HTTP about files and copies of comparisons."""

from typing import Literal, TypeAlias
from uuid import UUID

from backend.kit.wire import Answer, Command

FormatName: TypeAlias = Literal["json", "markdown", "csv", "html"]


class BranchFrom(Command, frozen=True):
    turn_id: UUID
    """The last one that is taken along."""


class CopiedComparison(Answer, frozen=True):
    session_id: UUID
    title: str
