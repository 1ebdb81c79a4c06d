"""A comparison as it stands: what GET answers, what who joins is given, and what events change.

Types of the wire only. The page's types are generated from these.
"""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta

from backend.attachments.schemas import Attachment
from backend.kit.wire import Answer, Command
from backend.providers.chat import Effort, FinishReason
from backend.providers.failures import FailureKind
from backend.providers.usage import Origin

HistoryMode: TypeAlias = Literal["isolated", "shared"]
"""What a lane is shown of earlier turns: its own answers, or the chosen ones."""

ComparisonStatus: TypeAlias = Literal["pending", "in_progress", "completed", "failed"]
ResponseStatus: TypeAlias = Literal["pending", "streaming", "completed", "error", "cancelled", "interrupted"]

ErrorKind: TypeAlias = FailureKind | Literal["unavailable", "budget", "stream_cut", "restart", "internal"]
"""Beside a provider's failures: the model cannot be asked here, no money is left, the stream was cut off,
the server ended, a bug of ours."""


class JsonSchemaFormat(Command, frozen=True, kw_only=True):
    """JSON of any shape, or of the shape of `schema`."""

    name: Annotated[str, Meta(max_length=64, pattern=r"^[A-Za-z0-9_-]+$")] = "answer"
    schema: dict[str, object] | None = None


class LaneParameters(Command, frozen=True, kw_only=True, omit_defaults=True):
    """What is not given is not sent: the model's own default holds."""

    temperature: Annotated[float, Meta(ge=0, le=2)] | None = None
    top_p: Annotated[float, Meta(gt=0, le=1)] | None = None
    max_output_tokens: Annotated[int, Meta(ge=1, le=10_000_000)] | None = None
    stop: Annotated[tuple[Annotated[str, Meta(min_length=1, max_length=200)], ...], Meta(max_length=4)] = ()
    seed: Annotated[int, Meta(ge=-(2**53), le=2**53)] | None = None
    reasoning_effort: Effort | None = None
    response_format: JsonSchemaFormat | None = None


class Lane(Answer, frozen=True, kw_only=True):
    """One contestant: a model with its settings. The lane is the identity, so a model may run twice."""

    id: UUID
    model_id: str
    label: str
    system_prompt: str
    parameters: LaneParameters
    fallback_model_ids: tuple[str, ...]
    removed: bool = False
    """Its answers stay, new prompts pass it by."""


class Buckets(Answer, frozen=True, kw_only=True):
    """Each token is in exactly one."""

    input: int = 0
    cache_read: int = 0
    cache_write_5m: int = 0
    cache_write_1h: int = 0
    input_audio: int = 0
    output: int = 0
    reasoning: int = 0
    output_audio: int = 0


class DroppedParameter(Answer, frozen=True, kw_only=True):
    """Asked for and not sent, because the model does not take it."""

    parameter: str
    reason: str


class Metrics(Answer, frozen=True, kw_only=True):
    """The numbers of one response. Null is "nobody knows", never nothing."""

    provider: str = ""
    answered_by: str | None = None
    """Who answered in the end: a fallback, or the exact version behind a name."""
    input_tokens: int | None = None
    output_tokens: int | None = None
    total_tokens: int | None = None
    buckets: Buckets | None = None
    tokens_origin: Origin = "unknown"
    tokens_note: str = ""
    cost: float | None = None
    """In US dollars."""
    cost_origin: Origin = "unknown"
    queue_ms: float | None = None
    """Waited here: for a free slot, between tries. No part of the times below."""
    connect_ms: float | None = None
    """From sending to the answer's headers."""
    time_to_first_token_ms: float | None = None
    """From sending to the first piece of any kind."""
    time_to_first_answer_ms: float | None = None
    """To the first piece of the answer itself, after the reasoning."""
    response_time_ms: float | None = None
    """From sending to the last piece."""
    tokens_per_second: float | None = None
    """Over the time in which tokens came, not over the wait."""
    finish_reason: FinishReason | None = None
    dropped: tuple[DroppedParameter, ...] = ()


class Retry(Answer, frozen=True, kw_only=True):
    """A try that came to nothing before its first piece."""

    kind: FailureKind
    message: str
    wait_ms: float
    next_model_id: str
    at: datetime


class Response(Metrics, frozen=True, kw_only=True):
    """What one lane answered in one turn. A regeneration is another attempt."""

    id: UUID
    turn_id: UUID
    lane_id: UUID
    model_id: str
    attempt: int
    status: ResponseStatus
    text: str = ""
    reasoning: str = ""
    error_kind: ErrorKind | None = None
    error_message: str | None = None
    retry_after: float | None = None
    """Seconds that the provider asks to wait."""
    retries: tuple[Retry, ...] = ()
    stored: bool = True
    """False while the database does not take it."""
    created_at: datetime
    started_at: datetime | None = None
    ended_at: datetime | None = None


class Turn(Answer, frozen=True, kw_only=True):
    """One prompt, to all lanes or to some."""

    id: UUID
    number: int
    prompt: str
    attachments: tuple[Attachment, ...] = ()
    """What goes along with it."""
    history_mode: HistoryMode
    asked_by: str
    """As others may see it."""
    created_at: datetime
    started: bool
    queue_place: int | None = None
    """1 is the next to begin; null: it has begun, or nobody has asked for it yet."""
    chosen_response_id: UUID | None = None
    responses: tuple[Response, ...] = ()


class Totals(Answer, frozen=True, kw_only=True):
    """Of all attempts: they were paid. Kept with each response's end, never added up on the way out."""

    status: ComparisonStatus
    total_tokens: int = 0
    total_cost: float = 0.0
    unknown_costs: int = 0
    """Responses that cost something, but nobody knows what."""
    average_response_time: float | None = None
    """Milliseconds, of those that were completed."""
    response_count: int = 0
    completed_count: int = 0


class Comparison(Totals, frozen=True, kw_only=True):
    session_id: UUID
    title: str
    prompt: str
    """Of the first turn."""
    models: tuple[str, ...]
    history_mode: HistoryMode
    tags: tuple[str, ...] = ()
    lanes: tuple[Lane, ...]
    turns: tuple[Turn, ...] = ()
    owner_id: UUID
    branched_from: UUID | None = None
    """The comparison that it was copied from; what the copied answers cost is counted there."""
    imported_at: datetime | None = None
    """What its answers cost was paid elsewhere."""
    created_at: datetime
    updated_at: datetime


class Position(Answer, frozen=True, kw_only=True):
    """Where a room's events are. `seq` has no gaps in an epoch; another epoch is another life of the room."""

    epoch: str
    seq: int
