"""What a check found: one line, and for problems what to do next."""

from typing import Literal, TypeAlias

import msgspec

State: TypeAlias = Literal["ok", "note", "problem"]


class Finding(msgspec.Struct, frozen=True):
    state: State
    found: str
    next: str = ""


def well(found: str) -> Finding:
    return Finding("ok", found)


def note(found: str, next_step: str = "") -> Finding:
    """Works, but may surprise."""
    return Finding("note", found, next_step)


def problem(found: str, next_step: str) -> Finding:
    return Finding("problem", found, next_step)
