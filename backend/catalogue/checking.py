"""Tables that a person wrote, made into structs; whatever is wrong with them is said at once, by its path."""

import difflib
import re
from collections.abc import Collection, Mapping
from decimal import Decimal
from typing import Any, Final, TypeVar, get_args

import msgspec
from msgspec import Struct
from msgspec.structs import FieldInfo

S = TypeVar("S", bound=Struct)

# msgspec ends its messages with where the fault is inside the value.
_WHERE: Final = re.compile(r" - at `\$(.*)`$")

_NOT_GIVEN: Final = object()


class Problems(list[str]):
    """One line for each, beginning with the path of what is wrong."""

    def say(self, path: str, what: str) -> None:
        self.append(f"{path}: {what}")

    def unknown(self, path: str, name: str, known: Collection[str], what: str = "unknown") -> None:
        near = difflib.get_close_matches(name, sorted(known), n=1)
        self.say(path, what + (f", did you mean {near[0]}?" if near else ""))


def check(table: object, kind: type[S], path: str, problems: Problems) -> S | None:
    """None when something is wrong with it."""
    if not isinstance(table, Mapping):
        problems.say(path, "is not a table")
        return None
    before = len(problems)
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    for name in table:
        if name not in fields:
            problems.unknown(f"{path}.{name}", str(name), fields)
    values = {}
    for name, field in fields.items():
        value = _check_field(table.get(name, _NOT_GIVEN), field, f"{path}.{name}", problems)
        if value is not _NOT_GIVEN:
            values[name] = value
    return kind(**values) if len(problems) == before else None


def _check_field(value: object, field: FieldInfo, path: str, problems: Problems) -> object:
    if value is _NOT_GIVEN:
        if field.required:
            problems.say(path, "missing")
        return _NOT_GIVEN
    if struct := _struct_in(field.type):
        return check(value, struct, path, problems)
    try:
        converted: object = msgspec.convert(value, field.type)
    except msgspec.ValidationError as error:
        where = _WHERE.search(str(error))
        what = _WHERE.sub("", str(error)).replace(" | null", "")
        problems.say(path + (where[1] if where else ""), what[:1].lower() + what[1:])
        return _NOT_GIVEN
    if isinstance(converted, Decimal) and not (converted.is_finite() and converted >= 0):
        problems.say(path, "is less than nothing, or no number")
    return converted


def _struct_in(kind: Any) -> type[Struct] | None:
    """The struct of `Table` and of `Table | None`."""
    candidates = (kind, *get_args(kind))
    return next((each for each in candidates if isinstance(each, type) and issubclass(each, Struct)), None)
