"""What is said over a room's socket: commands, replies, numbered events, signals. Types of the wire only.

The page's types are generated from these.
"""

from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta

from backend.attachments.schemas import AttachmentIds
from backend.kit.wire import Answer, Command
from backend.limits.schemas import RateLimit
from backend.rooms.snapshot import (
    Comparison,
    ErrorKind,
    HistoryMode,
    Lane,
    Metrics,
    Response,
    Retry,
    Totals,
    Turn,
)

VERSION: Final = 1

CommandId: TypeAlias = Annotated[str, Meta(max_length=64)] | int | None
"""The client's own; the reply carries it back."""
Access: TypeAlias = Literal["viewer", "commenter", "editor", "owner"]
Prompt: TypeAlias = Annotated[str, Meta(min_length=1, max_length=1_000_000)]


def snake_case(name: str) -> str:
    return "".join(f"_{letter.lower()}" if letter.isupper() else letter for letter in name).lstrip("_")


# --- what clients say


class Say(Command, frozen=True, kw_only=True, tag_field="type", tag=snake_case):
    id: CommandId = None


class Authenticate(Say, frozen=True, kw_only=True):
    """For who could not say it with the handshake: an access token, an API key, a share link, a ticket."""

    token: Annotated[str, Meta(max_length=8192)] | None = None
    ticket: Annotated[str, Meta(max_length=256)] | None = None


class JoinSession(Say, frozen=True, kw_only=True):
    """With a position, for what came after it."""

    session_id: UUID
    epoch: Annotated[str, Meta(max_length=64)] | None = None
    after: Annotated[int, Meta(ge=0)] | None = None


class LeaveSession(Say, frozen=True, kw_only=True):
    session_id: UUID


class StartComparison(Say, frozen=True, kw_only=True):
    """Without a prompt, the turn that waits to be started; with one, a new turn."""

    session_id: UUID
    prompt: Prompt | None = None
    lane_ids: Annotated[tuple[UUID, ...], Meta(max_length=24)] | None = None
    model_ids: Annotated[tuple[str, ...], Meta(max_length=24)] | None = None
    """The lanes of these models; another way to say `laneIds`."""
    attachments: AttachmentIds | None = None
    """Of a prompt; left out with one that waits, those that it has."""


class StopModel(Say, frozen=True, kw_only=True):
    response_id: UUID


class StopComparison(Say, frozen=True, kw_only=True):
    session_id: UUID


class Regenerate(Say, frozen=True, kw_only=True):
    response_id: UUID


class Typing(Say, frozen=True, kw_only=True):
    session_id: UUID
    typing: bool = True


class Viewing(Say, frozen=True, kw_only=True):
    """Which lane somebody looks at; null: none in particular."""

    session_id: UUID
    lane_id: UUID | None = None


ClientSays: TypeAlias = (
    Authenticate
    | JoinSession
    | LeaveSession
    | StartComparison
    | StopModel
    | StopComparison
    | Regenerate
    | Typing
    | Viewing
)

# --- replies: to one socket, with the id of the command


class Reply(Answer, frozen=True, kw_only=True, tag_field="type", tag=snake_case):
    """Also what a socket is told of itself."""


class Hello(Reply, frozen=True, kw_only=True):
    """The first frame. Who has not said who they are has ten seconds to."""

    version: int
    authenticated: bool


class Authenticated(Reply, frozen=True, kw_only=True):
    id: CommandId
    user_id: UUID
    name: str


class Joined(Reply, frozen=True, kw_only=True):
    """Recovered: the events after your position follow. Otherwise begin with the snapshot, which is left out
    when it is too large for a frame, and then `GET /api/comparisons/{sessionId}` has it, with its position.
    """

    id: CommandId
    session_id: UUID
    epoch: str
    seq: int
    recovered: bool
    access: Access
    snapshot: Comparison | None = None


class Ack(Reply, frozen=True, kw_only=True):
    id: CommandId
    session_id: UUID | None = None
    turn_id: UUID | None = None
    response_id: UUID | None = None


class Problem(Answer, frozen=True, kw_only=True):
    field: str
    message: str


class Error(Reply, frozen=True, kw_only=True):
    """A command that did not do what it says; nothing was changed."""

    id: CommandId
    code: str
    message: str
    details: tuple[Problem, ...] = ()
    session_id: UUID | None = None
    retry_after: float | None = None


class Limited(Reply, RateLimit, frozen=True, kw_only=True, tag="rate_limit"):
    """A warning: few of these commands are left."""

    command: str


class Closed(Reply, frozen=True, kw_only=True, tag="session_closed"):
    """You are in this room no more: your right ended, the comparison was deleted, or the server restarts."""

    session_id: UUID
    reason: str


# --- events: numbered, for everybody in the room, stored by who reads them


class Event(Answer, frozen=True, kw_only=True, tag_field="type", tag=snake_case):
    session_id: UUID
    seq: int = 0


class TurnStarted(Event, frozen=True, kw_only=True):
    """A prompt was given; its responses wait. Also for a turn that is known already and begins now."""

    turn: Turn


class TurnQueued(Event, frozen=True, kw_only=True):
    """Too much is running; null: it begins."""

    turn_id: UUID
    place: int | None


class ResponseAdded(Event, frozen=True, kw_only=True):
    """Another attempt of a lane."""

    response: Response


class ModelStart(Event, frozen=True, kw_only=True):
    response_id: UUID
    lane_id: UUID
    model_id: str
    timestamp: datetime


class Piece(Event, frozen=True, kw_only=True):
    """`offset` is where the chunk begins, in UTF-16 code units: what `length` counts in JavaScript."""

    response_id: UUID
    lane_id: UUID
    model_id: str
    offset: int
    chunk: str
    timestamp: datetime


class ModelChunk(Piece, frozen=True, kw_only=True):
    """Of the answer."""


class ModelReasoning(Piece, frozen=True, kw_only=True):
    """Of what the model thinks before and between."""


class ModelRetry(Event, frozen=True, kw_only=True):
    response_id: UUID
    lane_id: UUID
    model_id: str
    retry: Retry


class Ended(Event, frozen=True, kw_only=True):
    """It is on the record, unless `stored` is false: then the database does not take it at the moment."""

    response_id: UUID
    lane_id: UUID
    turn_id: UUID
    model_id: str
    metrics: Metrics
    totals: Totals | None
    """Null while it is not stored."""
    stored: bool
    timestamp: datetime


class ModelComplete(Ended, frozen=True, kw_only=True):
    """The answer is whole, or was stopped by somebody."""

    status: Literal["completed", "cancelled"]


class ModelError(Ended, frozen=True, kw_only=True):
    """What came before stays."""

    status: Literal["error", "interrupted"]
    kind: ErrorKind
    error: str
    retry_after: float | None = None


class ResponseStored(Event, frozen=True, kw_only=True):
    """The database took at last what it had refused."""

    response_id: UUID
    totals: Totals


class ComparisonComplete(Event, frozen=True, kw_only=True):
    """All lanes of a turn have ended, at least one of them well."""

    turn_id: UUID
    totals: Totals


class ComparisonError(Event, frozen=True, kw_only=True):
    """All lanes of a turn have ended, none of them well."""

    turn_id: UUID
    totals: Totals
    message: str


class ChoiceMade(Event, frozen=True, kw_only=True):
    """The answer that all lanes go on from, in the shared history mode."""

    turn_id: UUID
    response_id: UUID | None


class ComparisonChanged(Event, frozen=True, kw_only=True):
    title: str
    prompt: str
    tags: tuple[str, ...]
    history_mode: HistoryMode
    lanes: tuple[Lane, ...]
    updated_at: datetime


RoomEvent: TypeAlias = (
    TurnStarted
    | TurnQueued
    | ResponseAdded
    | ModelStart
    | ModelChunk
    | ModelReasoning
    | ModelRetry
    | ModelComplete
    | ModelError
    | ResponseStored
    | ComparisonComplete
    | ComparisonError
    | ChoiceMade
    | ComparisonChanged
)

# --- signals: never numbered, never stored


class Person(Answer, frozen=True, kw_only=True):
    """One in a room, with however many sockets."""

    id: UUID
    name: str
    viewing: UUID | None = None


class Presence(Answer, frozen=True, kw_only=True, tag_field="type", tag="presence"):
    """Everybody for who joins; who came, changed or left for the others."""

    session_id: UUID
    people: tuple[Person, ...]
    left: tuple[UUID, ...] = ()
    complete: bool = False


class SomebodyTypes(Answer, frozen=True, kw_only=True, tag_field="type", tag="typing"):
    session_id: UUID
    user_id: UUID
    name: str
    typing: bool


class BudgetWarning(Answer, frozen=True, kw_only=True, tag_field="type", tag="budget_warning"):
    """To who spends: a budget is nearly used up, or is."""

    scope: Literal["user", "everyone"]
    period: Literal["day", "month"]
    limit: float
    spent: float
    message: str


Signal: TypeAlias = Presence | SomebodyTypes | BudgetWarning

ServerSays: TypeAlias = Hello | Authenticated | Joined | Ack | Error | Limited | Closed | RoomEvent | Signal
