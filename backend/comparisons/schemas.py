"""What is asked and answered over HTTP about comparisons; how one stands is in backend/rooms/snapshot.py."""

from typing import Annotated, Final, TypeAlias
from uuid import UUID

from msgspec import Meta

from backend.attachments.schemas import Attachment, AttachmentIds
from backend.kit.wire import Answer, Command
from backend.rooms.protocol import Access, Prompt
from backend.rooms.snapshot import (
    Comparison,
    ComparisonStatus,
    DroppedParameter,
    HistoryMode,
    Lane,
    LaneParameters,
    Position,
)

MOST_LANES: Final = 24

ModelId: TypeAlias = Annotated[str, Meta(min_length=1, max_length=200)]
ModelIds: TypeAlias = Annotated[tuple[ModelId, ...], Meta(min_length=1, max_length=MOST_LANES)]
SystemPrompt: TypeAlias = Annotated[str, Meta(max_length=1_000_000)]
Label: TypeAlias = Annotated[str, Meta(max_length=80)]
Title: TypeAlias = Annotated[str, Meta(max_length=200)]
Tags: TypeAlias = Annotated[
    tuple[Annotated[str, Meta(min_length=1, max_length=50)], ...], Meta(max_length=20)
]


class LaneInput(Command, frozen=True):
    model_id: ModelId
    label: Label = ""
    system_prompt: SystemPrompt = ""
    parameters: LaneParameters = LaneParameters()
    fallback_model_ids: Annotated[tuple[ModelId, ...], Meta(max_length=5)] = ()
    """Asked one after the other when a model does not begin to answer."""


Lanes: TypeAlias = Annotated[tuple[LaneInput, ...], Meta(min_length=1, max_length=MOST_LANES)]


class CreateComparison(Command, frozen=True):
    """Lanes, or the names of models for lanes without settings; without either, the models of last time."""

    prompt: Prompt
    model_ids: ModelIds | None = None
    lanes: Lanes | None = None
    title: Title | None = None
    history_mode: HistoryMode = "isolated"
    tags: Tags = ()
    attachments: AttachmentIds = ()
    start: bool = False
    """False: it waits for `start_comparison`, so that everybody can be in the room before the first word."""


class CreatedComparison(Answer, frozen=True):
    session_id: UUID
    prompt: str
    models: tuple[str, ...]
    lanes: tuple[Lane, ...]
    status: ComparisonStatus
    turn_id: UUID


class LaneChange(LaneInput, frozen=True):
    """With the id of a lane that is there, which keeps its answers; without, a new one."""

    id: UUID | None = None


class ChangeComparison(Command, frozen=True):
    """What is left out stays. `lanes` are all lanes there shall be."""

    title: Title | None = None
    tags: Tags | None = None
    history_mode: HistoryMode | None = None
    lanes: Annotated[tuple[LaneChange, ...], Meta(min_length=1, max_length=MOST_LANES)] | None = None


class StartTurn(Command, frozen=True):
    prompt: Prompt
    lane_ids: Annotated[tuple[UUID, ...], Meta(min_length=1, max_length=MOST_LANES)] | None = None
    """Without: all lanes."""
    attachments: AttachmentIds | None = None
    """Without: those of the prompt that waits, if one does."""


class StartedTurn(Answer, frozen=True):
    session_id: UUID
    turn_id: UUID
    response_ids: tuple[UUID, ...]


class ChooseResponse(Command, frozen=True):
    response_id: UUID | None
    """Null: none after all."""


class Stopped(Answer, frozen=True):
    response_ids: tuple[UUID, ...]
    """Those that were running. Their ends come as events."""


class ComparisonAnswer(Comparison, frozen=True, kw_only=True):
    access: Access
    room: Position | None = None
    """Where its live room stands, to join from there; null while nobody is in it and nothing runs."""


class SentAttachment(Attachment, frozen=True, kw_only=True):
    digest: str
    """SHA-256 of the bytes that were sent."""


class SentMessage(Answer, frozen=True):
    role: str
    text: str
    """With the texts that were attached, as the model was given them."""
    attachments: tuple[SentAttachment, ...] = ()


class SentPrompt(Answer, frozen=True):
    """Exactly what a lane was sent for a response, in words that are the same for every provider."""

    response_id: UUID
    model_id: str
    system_prompt: str
    messages: tuple[SentMessage, ...]
    parameters: LaneParameters
    dropped: tuple[DroppedParameter, ...]
