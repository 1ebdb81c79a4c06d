"""The base of everything that goes over the wire: frozen values, camelCase names."""

from collections.abc import Iterator
from typing import Any

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the server says."""


class Command(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a client asks; a misspelt field is an error, not silence."""


def require_all_that_is_said(schemas: dict[str, dict[str, Any]]) -> None:
    """A field with a default may be left out of a command, but an answer has all of them."""
    complete = {each.__name__ for each in _answers(Answer) if not each.__struct_config__.omit_defaults}
    for schema in schemas.values():
        if schema.get("title") in complete:
            schema["required"] = sorted(schema["properties"])


def _answers(of: type[Answer]) -> Iterator[type[Answer]]:
    for each in of.__subclasses__():
        yield each
        yield from _answers(each)
