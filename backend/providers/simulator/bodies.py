"""From the bytes of a request to a wire struct; what is wrong with them becomes a refusal with its place."""

import re
from typing import Any, Final, TypeVar

import msgspec

from backend.providers.simulator.refusals import Reason, Refused

Body = TypeVar("Body")

_PLACE: Final = re.compile(r"^(?P<problem>.*?)(?: - at `(?:key in )?\$(?P<place>.*)`)?$", re.DOTALL)
_WRONG_TYPE: Final = re.compile(r"Expected `(?P<expected>[^`]+)`, got `(?P<got>[^`]+)`")
_MISSING: Final = re.compile(r"Object missing required field `(?P<field>[^`]+)`")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `(?P<field>.*)`", re.DOTALL)
_EMPTY: Final = re.compile(r"Expected `array` of length >= 1")


def at(dotted: str) -> dict[str, Any]:
    """A place as both vendors write it: messages[0].content and messages.0.content."""
    return {"dotted": dotted, "path": re.sub(r"\[(\d*)\]", r".\1", dotted).strip(".") or "body"}


def decode(body: bytes, kind: type[Body]) -> Body:
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise _explained(str(error)) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Refused(Reason.BAD_JSON, problem=str(error)) from None
    except RecursionError:
        raise Refused(Reason.BAD_JSON, problem="it is nested too deeply") from None


def canonical(value: Any) -> str:
    """The same text for the same JSON value, whatever the order of its keys."""
    try:
        return msgspec.json.encode(value, order="sorted").decode()
    except RecursionError:
        raise Refused(Reason.BAD_JSON, problem="it is nested too deeply") from None


def _explained(message: str) -> Refused:
    match = _PLACE.match(message)
    problem, place = (match["problem"], match["place"] or "") if match else (message, "")
    place = place.lstrip(".")
    if found := _WRONG_TYPE.match(problem):
        return Refused(Reason.WRONG_TYPE, expected=found["expected"], got=found["got"], **at(place))
    for pattern, reason in ((_MISSING, Reason.MISSING), (_UNKNOWN, Reason.UNKNOWN_FIELD)):
        if found := pattern.match(problem):
            return Refused(reason, **at(f"{place}.{found['field']}".lstrip(".")))
    if _EMPTY.match(problem):
        return Refused(Reason.EMPTY, **at(place))
    return Refused(Reason.INVALID_VALUE, problem=problem.replace("`", "").lower(), **at(place))
