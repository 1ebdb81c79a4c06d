"""What is asked and answered about a prompt before it is sent."""

from datetime import datetime
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

from msgspec import Meta

from backend.attachments.schemas import AttachmentIds
from backend.comparisons.schemas import MOST_LANES, LaneChange, ModelIds
from backend.kit.wire import Answer, Command
from backend.providers.usage import Origin
from backend.rooms.protocol import Prompt

OutputBasis: TypeAlias = Literal["own", "usual"]
"""Your own answers of this model, or what answers are like."""


class EstimateComparison(Command, frozen=True):
    """Lanes, or the names of models; for a comparison that is there, without either, its own lanes."""

    prompt: Prompt
    model_ids: ModelIds | None = None
    lanes: Annotated[tuple[LaneChange, ...], Meta(min_length=1, max_length=MOST_LANES)] | None = None
    attachments: AttachmentIds = ()
    session_id: UUID | None = None
    """What has been said there counts as well, for lanes with their id."""


class Range(Answer, frozen=True):
    """In US dollars; null is "nobody knows"."""

    low: float | None
    """The prompt alone."""
    likely: float | None
    high: float | None


class OutputEstimate(Answer, frozen=True):
    likely: int
    """Half of the answers are longer."""
    high: int | None
    """One in ten is longer; without answers of your own, the longest possible. Null: nobody knows."""
    basis: OutputBasis
    answers: int
    """How many answers of your own this is from."""


class LaneEstimate(Answer, frozen=True):
    model_id: str
    lane_id: UUID | None
    """Of a lane that is there."""
    input_tokens: int
    """System prompt and what was said before included."""
    input_note: str
    """With what it was counted, and how near it comes."""
    context_window: int | None
    context_left: int | None
    """For the answer; null: the window is not known."""
    fits: bool | None
    """Null: too near to the edge of the window to tell, or nobody knows how wide that is."""
    output_tokens: OutputEstimate
    cost: Range
    cost_origin: Origin


class BudgetLeft(Answer, frozen=True):
    """What may still be spent until the first hard budget is used up; null: there is none."""

    remaining: float | None
    resets_at: datetime | None
    enough: bool
    """For what is likely."""


class Estimate(Answer, frozen=True):
    lanes: tuple[LaneEstimate, ...]
    cost: Range
    """Of all lanes whose cost can be told."""
    unknown_costs: int
    """Lanes that may cost something, but nobody knows what."""
    fits: bool
    """False: for some lane the prompt is too long, and it would not be taken."""
    budget: BudgetLeft
