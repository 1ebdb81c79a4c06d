from typing import Any

import pytest

from backend.providers.simulator.dice import Dice
from backend.providers.simulator.samples import Sampler


def sample(schema: dict[str, Any]) -> Any:
    return Sampler(schema, "tides of the sea", ("tides", "sea"), Dice(b"seed" * 4)).value()


@pytest.mark.parametrize(
    ("schema", "expected"),
    [
        ({"const": 5}, 5),
        ({"enum": ["only"]}, "only"),
        ({"type": "string", "format": "date"}, "2026-01-15"),
        ({"type": "null"}, None),
        ({"type": ["null", "string"], "maxLength": 5}, "tides"),
        ({"type": "integer", "minimum": 3, "maximum": 3}, 3),
        ({"type": "integer", "exclusiveMinimum": 3, "exclusiveMaximum": 5}, 4),
        ({"type": "integer", "minimum": 5, "multipleOf": 4}, 8),
        ({"type": "number", "minimum": 0.5, "maximum": 0.5}, 0.5),
        ({"type": "array", "items": {"const": 1}, "minItems": 3}, [1, 1, 1]),
        ({"type": "array", "items": {"const": 1}, "maxItems": 1}, [1]),
        ({"type": "object", "properties": {}}, {}),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"const": 7}}}, 7),
        ({"anyOf": [{"type": "null"}, {"const": 2}]}, 2),
        (
            {"allOf": [{"properties": {"a": {"const": 1}}}, {"properties": {"b": {"const": 2}}}]},
            {"a": 1, "b": 2},
        ),
    ],
)
def test_a_value_satisfies_its_schema(schema: dict[str, Any], expected: Any) -> None:
    assert sample(schema) == expected


def test_a_short_name_gets_a_word_of_the_prompt() -> None:
    schema = {"type": "object", "properties": {"city": {"type": "string"}}}
    assert sample(schema)["city"] in {"tides", "sea"}


@pytest.mark.parametrize(
    "schema",
    [
        {"type": "object", "properties": {"me": {"$ref": "#"}}, "required": ["me"]},
        {"type": "object", "properties": {name: {"$ref": "#"} for name in "abcdef"}, "required": [*"abcdef"]},
        {"allOf": [{"$ref": "#"}, {"$ref": "#"}]},
        {"anyOf": [{"$ref": "#"}]},
        {"$ref": "#"},
        {"type": "array", "items": {"$ref": "#"}, "minItems": 900},
        {"type": "string", "minLength": 10**9},
        {"type": 5, "properties": [], "enum": {}, "required": 3},
        {"type": "object", "properties": {"a": 5, "b": None, "c": []}},
        {"type": "integer", "minimum": "x", "multipleOf": 0},
        {"type": "number", "minimum": 9, "maximum": 1},
        {"$ref": "#/nowhere/at/all"},
    ],
    ids=range(12),
)
def test_a_hostile_schema_ends(schema: dict[str, Any]) -> None:
    sample(schema)


def test_a_list_of_itself_ends_in_nothing() -> None:
    schema = {
        "type": "object",
        "properties": {"value": {"const": 1}, "next": {"anyOf": [{"$ref": "#"}, {"type": "null"}]}},
        "required": ["value", "next"],
    }
    node = sample(schema)
    while node["next"] is not None:
        node = node["next"]
    assert node == {"value": 1, "next": None}
