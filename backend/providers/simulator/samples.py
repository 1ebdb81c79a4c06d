"""A value that satisfies a JSON schema, made of the prompt's words. Knows no wire format."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from backend.providers.simulator.ask import Schema
from backend.providers.simulator.dice import Dice

_DEEPEST: Final = 8
_MOST: Final = 2_000  # values in one sample: schemas may refer to themselves
_LONGEST: Final = 1_000  # items or characters, whatever a schema demands

_FORMATS: Final = {
    "date": "2026-01-15",
    "time": "09:30:00Z",
    "date-time": "2026-01-15T09:30:00Z",
    "email": "someone@example.com",
    "uri": "https://example.com/",
    "uuid": "00000000-0000-4000-8000-000000000000",
    "ipv4": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "hostname": "example.com",
    "duration": "PT1H",
}

# Arguments with these names get what a reader expects there; all other texts are taken from the prompt.
_ADDRESSES: Final = {"url": "https://example.com/", "email": "someone@example.com", "id": "simulated-1"}


class Sampler:
    def __init__(self, root: Schema, subject: str, words: Sequence[str], dice: Dice) -> None:
        self._root = root
        self._subject = subject
        self._words = words
        self._dice = dice
        self._left = _MOST

    def value(self) -> Any:
        return self._of(self._root, "", 0)

    def _of(self, given: Any, name: str, depth: int) -> Any:
        schema = self._resolved(given, depth)
        if "const" in schema:
            return schema["const"]
        if options := _listed(schema.get("enum")):
            return self._dice.pick(options)
        if depth < _DEEPEST and "default" in schema:
            return schema["default"]
        kind = schema.get("type")
        if isinstance(kind, list):
            # The first that is not null, unless there is nothing else or no room left.
            kind = next((each for each in kind if each != "null"), "null") if depth < _DEEPEST else kind[-1]
        if kind is None:
            kind = "object" if "properties" in schema else "array" if "items" in schema else "string"
        make = self._makers().get(kind) if isinstance(kind, str) else None
        return make(schema, name, depth) if make else None

    def _makers(self) -> dict[str, Callable[[Schema, str, int], Any]]:
        return {
            "object": self._object,
            "array": self._array,
            "string": self._string,
            "integer": self._integer,
            "number": self._number,
            "boolean": lambda _schema, _name, _depth: bool(self._dice.number(2)),
        }

    def _resolved(self, given: Any, depth: int) -> Schema:
        self._left -= 1
        if self._left < 0 or depth > 2 * _DEEPEST:
            return {"type": "null"}
        schema: Schema = given if isinstance(given, dict) else {}
        for _ in range(_DEEPEST):
            if isinstance(schema.get("$ref"), str):
                schema = self._target(schema["$ref"])
            elif branches := _listed(schema.get("anyOf")) or _listed(schema.get("oneOf")):
                dicts = [branch for branch in branches if isinstance(branch, dict)]
                nothing = next((branch for branch in dicts if branch.get("type") == "null"), None)
                something = next((branch for branch in dicts if branch is not nothing), {})
                schema = nothing if nothing and depth >= _DEEPEST // 2 else something
            elif wholes := _listed(schema.get("allOf")):
                schema = self._merged(schema, wholes, depth)
            else:
                break
        return schema

    def _target(self, reference: str) -> Schema:
        found: Any = self._root
        for step in reference.removeprefix("#").strip("/").split("/"):
            if step:
                key = step.replace("~1", "/").replace("~0", "~")
                found = found.get(key, {}) if isinstance(found, dict) else {}
        return found if isinstance(found, dict) else {}

    def _merged(self, schema: Schema, wholes: list[Any], depth: int) -> Schema:
        merged: Schema = {key: value for key, value in schema.items() if key != "allOf"}
        for given in wholes:
            whole = self._resolved(given, depth + 1)
            properties = {**_mapping(merged.get("properties")), **_mapping(whole.get("properties"))}
            required = [*(_listed(merged.get("required"))), *(_listed(whole.get("required")))]
            merged |= whole
            merged |= {"properties": properties, "required": required} if properties else {}
        return merged

    def _object(self, schema: Schema, _name: str, depth: int) -> dict[str, Any]:
        required = set(map(str, _listed(schema.get("required"))))
        return {
            key: self._of(inner, key, depth + 1)
            for key, inner in _mapping(schema.get("properties")).items()
            if key in required or depth < _DEEPEST // 2
        }

    def _array(self, schema: Schema, name: str, depth: int) -> list[Any]:
        least = _bound(schema, "minItems", 0)
        wished = max(least, 2) if depth < _DEEPEST // 2 else least
        most = _bound(schema, "maxItems", wished)
        return [self._of(schema.get("items"), name, depth + 1) for _ in range(min(wished, most))]

    def _string(self, schema: Schema, name: str, _depth: int) -> str:
        shape = schema.get("format")
        if isinstance(shape, str) and shape in _FORMATS:
            return _FORMATS[shape]
        text = _ADDRESSES.get(name.lower()) or (
            self._dice.pick(self._words) if name and len(name) <= 8 else f"{self._subject} (simulated)"
        )
        least, most = _bound(schema, "minLength", 0), _bound(schema, "maxLength", _LONGEST)
        return (text + "." * (least - len(text)))[:most]

    def _integer(self, schema: Schema, _name: str, _depth: int) -> int:
        low, high = _range(schema, 1)
        step = schema.get("multipleOf")
        if isinstance(step, int) and step > 0:
            return -(-int(low) // step) * step
        return int(low) + self._dice.number(max(1, int(high) - int(low) + 1))

    def _number(self, schema: Schema, _name: str, _depth: int) -> float:
        low, high = _range(schema, 0.01)
        return round(low + (high - low) * self._dice.number(101) / 100, 2)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _bound(schema: Schema, key: str, default: int) -> int:
    value = schema.get(key)
    return min(value, _LONGEST) if isinstance(value, int) and value >= 0 else default


def _range(schema: Schema, step: float) -> tuple[float, float]:
    """Both ends inclusive."""
    bounds = {key: value for key, value in schema.items() if isinstance(value, int | float)}
    low = bounds.get("minimum", bounds["exclusiveMinimum"] + step if "exclusiveMinimum" in bounds else None)
    high = bounds.get("maximum", bounds["exclusiveMaximum"] - step if "exclusiveMaximum" in bounds else None)
    if low is None:
        low = 1 if high is None else high - 9
    return low, max(low, low + 9 if high is None else high)
