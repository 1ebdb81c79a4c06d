"""What the code says of a wire struct and its fields: docstrings, and the texts below the fields."""

import ast
import inspect
import sys
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from functools import cache
from itertools import pairwise
from typing import get_args

import msgspec


@cache
def structs() -> Mapping[str, type[msgspec.Struct]]:
    """By name. Of two that share one, what goes over the wire is in `schemas`, `protocol` or `snapshot`."""
    found: dict[str, type[msgspec.Struct]] = {}
    for struct in _below(msgspec.Struct):
        if struct.__module__.startswith("backend."):
            known = found.get(struct.__name__)
            if known is None or _rank(struct) > _rank(known):
                found[struct.__name__] = struct
    return found


def sentence_of(name: str) -> str:
    """Its own docstring as one line; empty when it has none."""
    struct = structs().get(name)
    return " ".join((struct.__dict__.get("__doc__") or "").split()) if struct else ""


@cache
def notes_of(name: str) -> Mapping[str, str]:
    """By the name on the wire; what an heir says of a field wins."""
    struct = structs().get(name)
    if struct is None:
        return {}
    said: dict[str, str] = {}
    for ancestor in reversed(struct.__mro__):
        if issubclass(ancestor, msgspec.Struct) and ancestor.__module__.startswith("backend."):
            said |= _said_in(ancestor)
    return {
        field.encode_name: said[field.name] for field in msgspec.structs.fields(struct) if field.name in said
    }


def moment_of(name: str, field_name: str) -> str | None:
    """Whether a field is a time or a day, which not every schema tells."""
    for field in msgspec.structs.fields(structs()[name]) if name in structs() else ():
        if field.encode_name == field_name:
            kinds = {field.type, *get_args(field.type)}
            return "time" if datetime in kinds else "day" if date in kinds else None
    return None


def _said_in(struct: type) -> dict[str, str]:
    tree = ast.parse(inspect.getsource(sys.modules[struct.__module__]))
    body = next(
        node.body for node in tree.body if isinstance(node, ast.ClassDef) and node.name == struct.__name__
    )
    return {
        before.target.id: " ".join(after.value.value.split())
        for before, after in pairwise(body)
        if isinstance(before, ast.AnnAssign)
        and isinstance(before.target, ast.Name)
        and isinstance(after, ast.Expr)
        and isinstance(after.value, ast.Constant)
        and isinstance(after.value.value, str)
    }


def _below(struct: type[msgspec.Struct]) -> Iterator[type[msgspec.Struct]]:
    for each in struct.__subclasses__():
        yield each
        yield from _below(each)


def _rank(struct: type) -> int:
    return struct.__module__.rpartition(".")[2] in {"schemas", "protocol", "snapshot"}
