"""What a model takes."""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

from backend.providers.chat import PARAMETER_NAMES, Effort, ParameterName

Input: TypeAlias = Literal["image", "pdf"]
Thinking: TypeAlias = Literal["budget", "adaptive"]

IMAGE_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


@dataclass(frozen=True, slots=True)
class Capabilities:
    parameters: frozenset[ParameterName] = frozenset(PARAMETER_NAMES)
    inputs: frozenset[Input] = frozenset()
    """Beside text, which every model takes."""
    reasoning: bool = False
    """Thinks before it answers, so its first chunk may take longer."""
    efforts: tuple[Effort, ...] = ("low", "medium", "high")
    thinking: Thinking | None = None
    """How Anthropic's models are told to think."""
    max_output_tokens: int | None = None
