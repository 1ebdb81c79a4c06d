"""The base of everything that goes over the wire: frozen values, camelCase names."""

import msgspec


class Answer(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the server says."""


class Command(msgspec.Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """What a client asks; a misspelt field is an error, not silence."""
