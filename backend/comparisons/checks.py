"""What is looked at in words that people send, beyond their type."""

from backend.kit.errors import FieldProblem, Invalid


def usable(text: str, field: str) -> str:
    if not text.strip():
        raise invalid(field, "It is empty.")
    return storable(text, field)


def storable(text: str, field: str) -> str:
    """PostgreSQL has no place for a NUL in a text."""
    if "\0" in text:
        raise invalid(field, "It has a NUL character in it.")
    return text


def shown(text: str) -> str:
    """What came from outside and is kept: with a sign for the NUL, for the same reason."""
    return text.replace("\0", "\ufffd")


def invalid(field: str, message: str) -> Invalid:
    return Invalid([FieldProblem(field=field, message=message)])
