"""From what is said to text frames and back, and what is wrong with a frame that cannot be read."""

from typing import Final

import msgspec

from backend.kit.errors import AppError, Invalid
from backend.kit.field_problems import problem_in
from backend.kit.sockets import Message
from backend.rooms.protocol import ClientSays, CommandId


class _Numbered(msgspec.Struct, frozen=True):
    id: CommandId = None


_encode: Final = msgspec.json.Encoder().encode
_decode_command: Final = msgspec.json.Decoder(ClientSays).decode
_decode_numbered: Final = msgspec.json.Decoder(_Numbered).decode


class Unreadable(Exception):  # noqa: N818 - reads as what it is
    def __init__(self, command_id: CommandId, error: AppError) -> None:
        super().__init__(error.message)
        self.command_id = command_id
        self.error = error


def encoded(said: msgspec.Struct) -> bytes:
    return _encode(said)


def frame_of(said: msgspec.Struct) -> str:
    """Text, because bytes would be a binary frame."""
    return _encode(said).decode()


def command_in(frame: Message) -> ClientSays:
    """Raises Unreadable."""
    if isinstance(frame, bytes):
        raise Unreadable(None, _malformed("Commands are JSON in text frames; this frame is binary."))
    try:
        command: ClientSays = _decode_command(frame)
    except msgspec.ValidationError as error:
        raise Unreadable(_id_in(frame), _invalid(str(error))) from None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise _not_json() from None
    return command


def _id_in(frame: str) -> CommandId:
    """What is wrong may have been found before the end of what is not even JSON."""
    try:
        return _decode_numbered(frame).id
    except msgspec.ValidationError:
        return None
    except (msgspec.DecodeError, RecursionError, UnicodeError):
        raise _not_json() from None


def _not_json() -> Unreadable:
    return Unreadable(None, _malformed("This frame is not well-formed JSON."))


def _malformed(message: str) -> AppError:
    return AppError(message, code="malformed")


def _invalid(text: str) -> AppError:
    problem = problem_in(text)
    if problem.field == "type":
        return AppError("There is no such command.", code="unknown_command", details=[problem])
    if not problem.field:
        return _malformed("A command is a JSON object with a `type`.")
    return Invalid([problem])
