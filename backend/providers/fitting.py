"""Makes a call fit its model: a parameter that is dropped is told, content never is dropped."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, assert_never

from backend.providers.capabilities import IMAGE_TYPES, Capabilities
from backend.providers.chat import (
    PARAMETER_NAMES,
    Call,
    FilePart,
    ImagePart,
    Message,
    ParameterName,
    Parameters,
    Part,
    TextPart,
    ToolCallPart,
    ToolResultPart,
)
from backend.providers.endpoints import Dialect
from backend.providers.failures import ProviderError
from backend.providers.target import Target

SMALLEST_BUDGET: Final = 1024
"""Of tokens to think with, at Anthropic."""

# What a wire format has no field for, whoever speaks it.
_NO_FIELD: Final[dict[Dialect, frozenset[ParameterName]]] = {
    "chat": frozenset(),
    "responses": frozenset({"stop", "seed"}),
    "messages": frozenset({"seed"}),
}


@dataclass(frozen=True, slots=True)
class Dropped:
    """A parameter that was asked for and not sent."""

    parameter: ParameterName
    reason: str


@dataclass(frozen=True, slots=True)
class Fitted:
    call: Call
    dropped: tuple[Dropped, ...]


def fit(call: Call, target: Target) -> Fitted:
    messages = tuple(
        Message(message.role, tuple(_fit_part(part, target) for part in message.parts))
        for message in call.messages
    )
    dropped = tuple(_unfit(call.parameters, target))
    parameters = _without(call.parameters, [each.parameter for each in dropped])
    return Fitted(Call(target.name, messages, call.system, parameters), dropped)


def _without(parameters: Parameters, names: list[ParameterName]) -> Parameters:
    default = Parameters()
    return dataclasses.replace(parameters, **{name: getattr(default, name) for name in names})


def _unfit(parameters: Parameters, target: Target) -> Iterator[Dropped]:
    takes = target.takes
    taken = takes.parameters - target.endpoint.refuses - _NO_FIELD[target.dialect]
    given = parameters.given()
    for name in PARAMETER_NAMES:
        if name not in given:
            continue
        if name not in taken:
            yield Dropped(name, f"{target.name} does not take it.")
        elif reason := _unfit_value(name, parameters, takes, target):
            yield Dropped(name, reason)


def _unfit_value(
    name: ParameterName, parameters: Parameters, takes: Capabilities, target: Target
) -> str | None:
    """Taken in general, but not this value, or not together with another."""
    effort = parameters.reasoning_effort
    match name:
        case "reasoning_effort" if effort not in takes.efforts:
            return f"{target.name} takes {', '.join(takes.efforts) or 'none'}, not {effort}."
        case "reasoning_effort" if _too_short_to_think(parameters, takes):
            return f"Thinking needs more than {SMALLEST_BUDGET:,} output tokens."
        case "temperature" | "top_p" if target.dialect == "messages" and _thinks(parameters, takes):
            return f"{target.name} does not take it while it thinks."
        case "response_format" if target.dialect == "messages" and _any_json(parameters):
            return f"{target.name} needs a schema for it."
    return None


def _too_short_to_think(parameters: Parameters, takes: Capabilities) -> bool:
    """A model that has to be given a budget needs room for it."""
    longest = parameters.max_output_tokens
    return (
        takes.thinking == "budget"
        and parameters.reasoning_effort != "none"
        and longest is not None
        and longest <= SMALLEST_BUDGET
    )


def _thinks(parameters: Parameters, takes: Capabilities) -> bool:
    return (
        takes.thinking is not None
        and parameters.reasoning_effort in set(takes.efforts) - {"none"}
        and not _too_short_to_think(parameters, takes)
    )


def _any_json(parameters: Parameters) -> bool:
    return parameters.response_format is not None and parameters.response_format.schema is None


def _fit_part(part: Part, target: Target) -> Part:
    match part:
        case TextPart() | ToolCallPart() | ToolResultPart():
            return part
        case ImagePart(media_type=media_type):
            if "image" not in target.takes.inputs:
                raise ProviderError("refused", f"{target.name} takes no images.")
            if media_type not in IMAGE_TYPES:
                raise ProviderError("refused", f"Images can be PNG, JPEG, GIF or WebP, not {media_type}.")
            return part
        case FilePart():
            return _fit_file(part, target)
        case _:
            assert_never(part)


def _fit_file(part: FilePart, target: Target) -> Part:
    """Every model takes text, so a file that is text goes as such."""
    if part.media_type in IMAGE_TYPES:
        return _fit_part(ImagePart(part.media_type, part.data), target)
    if part.media_type == "application/pdf":
        if "pdf" not in target.takes.inputs:
            raise ProviderError("refused", f"{target.name} takes no PDF files ({part.name}).")
        return part
    try:
        return TextPart(f"{part.name}:\n{part.data.decode()}")
    except UnicodeDecodeError:
        reason = f"{target.name} takes no files of type {part.media_type} ({part.name})."
        raise ProviderError("refused", reason) from None
