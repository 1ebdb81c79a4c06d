"""The rows of one comparison that has one turn and is over."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Keys:
    comparison: UUID
    turn: UUID
    lanes: Sequence[UUID]
    responses: Sequence[UUID]


def comparison(keys: Keys, owner: UUID, prompt: str, at: datetime, *, failed: bool) -> Row:
    responses = len(keys.responses)
    return {
        "id": keys.comparison,
        "owner_id": owner,
        "title": prompt,
        "prompt": prompt,
        "history_mode": "isolated",
        "status": "failed" if failed else "completed",
        "total_tokens": 100 * responses,
        "total_cost": Decimal("0.01"),
        "unknown_costs": 0,
        "response_count": responses,
        "completed_count": responses,
        "completed_ms": 1200 * responses,
        "created_at": at,
        "updated_at": at,
    }


def lanes(keys: Keys, models: Sequence[str]) -> list[Row]:
    return [
        {
            "id": key,
            "comparison_id": keys.comparison,
            "position": position,
            "model_id": model,
            "label": "",
            "system_prompt": "",
            "parameters": {},
            "fallback_model_ids": [],
        }
        for position, (key, model) in enumerate(zip(keys.lanes, models, strict=True))
    ]


def turn(keys: Keys, prompt: str, at: datetime) -> Row:
    return {
        "id": keys.turn,
        "comparison_id": keys.comparison,
        "number": 1,
        "prompt": prompt,
        "history_mode": "isolated",
        "asked_by_name": "",
        "created_at": at,
        "started_at": at,
        "ended_at": at,
    }


def responses(keys: Keys, models: Sequence[str], texts: Sequence[str], at: datetime) -> list[Row]:
    return [
        {
            "id": key,
            "comparison_id": keys.comparison,
            "turn_id": keys.turn,
            "lane_id": lane,
            "attempt": 1,
            "model_id": model,
            "status": "completed",
            "text": text,
            "reasoning": "",
            "system_prompt": "",
            "parameters": {},
            "history": [],
            "metrics": {"inputTokens": 60, "outputTokens": 40, "totalTokens": 100, "cost": 0.0025},
            "cost": Decimal("0.0025"),
            "retries": [],
            "created_at": at,
            "started_at": at,
            "ended_at": at,
        }
        for key, lane, model, text in zip(keys.responses, keys.lanes, models, texts, strict=True)
    ]
