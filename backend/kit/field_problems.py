"""What msgspec says is wrong, in the words and with the path that the client wrote: `lanes.0.modelId`."""

import re
from typing import Final

from backend.kit.errors import FieldProblem

_WHERE: Final = re.compile(r"(?P<said>.*) - at `\$\.?(?P<path>.*)`", re.DOTALL)
_MISSING: Final = re.compile(r"Object missing required field `([^`]+)`")
_UNKNOWN: Final = re.compile(r"Object contains unknown field `([^`]+)`")
_INDEX: Final = re.compile(r"\[(\d+|\.\.\.)\]")


def problem_in(text: str) -> FieldProblem:
    """Of a whole message, which ends in the path."""
    found = _WHERE.fullmatch(text)
    return problem_at(found["path"], found["said"]) if found else problem_at("", text)


def problem_at(path: str, said: str) -> FieldProblem:
    """Down to the field that it is about."""
    path = _INDEX.sub(r".\1", path).strip(".")
    for pattern, message in ((_MISSING, "It is required."), (_UNKNOWN, "There is no such field.")):
        if named := pattern.match(said):
            return FieldProblem(field=f"{path}.{named[1]}".strip("."), message=message)
    return FieldProblem(field=path, message=said)
