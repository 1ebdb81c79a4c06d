"""Which models there are, as each vendor lists them. Data only."""

from typing import Any, Final

from backend.providers.simulator.cast import BY_NAME, CAST, EMBEDDERS, Character

_CREATED: Final = 1_767_225_600  # the first second of 2026
_CREATED_AT: Final = "2026-01-01T00:00:00Z"


def openai_models() -> list[dict[str, Any]]:
    names = [member.name for member in (*CAST, *EMBEDDERS)]
    return [
        {"id": name, "object": "model", "created": _CREATED, "owned_by": "bakeoff-simulator"}
        for name in names
    ]


def anthropic_models() -> list[dict[str, Any]]:
    return [_anthropic(character) for character in BY_NAME.values()]


def openai_list() -> dict[str, Any]:
    return {"object": "list", "data": openai_models()}


def anthropic_list() -> dict[str, Any]:
    models = anthropic_models()
    return {
        "data": models,
        "has_more": False,
        "first_id": models[0]["id"],
        "last_id": models[-1]["id"],
    }


def _anthropic(character: Character) -> dict[str, Any]:
    return {
        "type": "model",
        "id": character.name,
        "display_name": character.display_name,
        "created_at": _CREATED_AT,
        "lifecycle": "active",
        "max_input_tokens": character.context_window,
        "max_tokens": character.max_output_tokens,
    }
