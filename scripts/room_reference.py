"""The reference of the rooms in docs/rooms.md, from the structs that go over the socket."""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any, get_args

import msgspec

from backend.limits.rules import MESSAGES, Rule, command_rules
from backend.rooms import conversation, document, protocol, sockets, visitor
from backend.rooms.commands import RIGHTS
from backend.server import conversation as server_conversation
from backend.server import limits, slow
from scripts import http_reference
from scripts.room_samples import SAMPLES
from scripts.schema_words import markdown_table, table_of
from scripts.wire_notes import sentence_of

_WIDTH = 108
_TOLD = {"type", "id"}
"""Of every message that has them, said once at the beginning of the page."""

CLOSES: Mapping[int, tuple[str, str]] = {
    1000: ("The client closed, or the conversation is over.", "Nothing."),
    limits.PROTOCOL_ERROR: (
        "The client sent what is no WebSocket: frames without a mask, a frame inside an unfinished message.",
        "Mend the client.",
    ),
    limits.TOO_MANY: (
        f"{conversation.MOST_BAD_IN_A_ROW} frames in a row could not be used, or more came than is read.",
        "Mend the client; send less at a time.",
    ),
    limits.TOO_BIG: (f"A message had more than {limits.MAX_MESSAGE:,} bytes.", "Send less at a time."),
    server_conversation.INTERNAL_ERROR: (
        "Something went wrong on our side; the log has it.",
        "Come back with the position.",
    ),
    limits.RESTARTING: ("The server stops or restarts.", "Come back with the position."),
    sockets.TRY_AGAIN_LATER: ("It took too long from being let in to being there.", "Come back."),
    visitor.SIGN_IN_AGAIN: (
        (
            f"Nobody signed in within {conversation.SECONDS_TO_SIGN_IN:g} s, or the right to be here ended: "
            "signed out, disabled, the key revoked, the token or the link run out."
        ),
        "Sign in again, then come back with the position.",
    ),
    slow.SLOW_READER: (
        f"The client was {slow.MAX_BUFFERED >> 20} MiB behind, or did not catch up for {slow.MAX_STALL:g} s.",
        "Come back with the position.",
    ),
}


def commands() -> str:
    return _sections(get_args(protocol.ClientSays), asked=True)


def replies() -> str:
    return _sections(_without(protocol.RoomEvent, protocol.Signal), asked=False)


def events() -> str:
    return _sections(get_args(protocol.RoomEvent), asked=False)


def signals() -> str:
    return _sections(get_args(protocol.Signal), asked=False)


def closes() -> str:
    rows = [[f"`{code}`", why, then] for code, (why, then) in sorted(CLOSES.items())]
    return markdown_table(["code", "why", "what to do"], rows)


def types() -> str:
    """What messages are made of and HTTP does not know."""
    known = _schemas()
    messages = {_name(each) for each in (*get_args(protocol.ClientSays), *get_args(protocol.ServerSays))}
    names = {name for name in known if name not in messages and name not in {"ClientSays", "ServerSays"}}
    own = sorted(name for name in names if name not in http_reference.schemas())
    return "\n" + "\n".join(
        "\n\n".join(
            filter(None, [f"#### {name}", sentence_of(name), table_of(name, known[name], link, asked=False)])
        )
        for name in own
    )


def link(name: str) -> str:
    page = "http.md" if name in http_reference.schemas() else ""
    return f"[{name}]({page}#{name.lower()})"


@cache
def _schemas() -> Mapping[str, Any]:
    found: Mapping[str, Any] = json.loads(document.room_document())["components"]["schemas"]
    return found


def _without(*unions: Any) -> tuple[type, ...]:
    others = {each for union in unions for each in get_args(union)}
    return tuple(each for each in get_args(protocol.ServerSays) if each not in others)


def _sections(structs: Iterable[type], *, asked: bool) -> str:
    return "\n" + "\n".join(_section(struct, asked=asked) for struct in structs)


def _section(struct: Any, *, asked: bool) -> str:
    name = _name(struct)
    sample = next(each for each in SAMPLES if type(each) is struct)
    parts = [f"#### {struct.__struct_config__.tag}", sentence_of(name)]
    if asked:
        parts.append(_conditions(struct))
    table = table_of(name, _schemas()[name], link, asked=asked, told=_TOLD)
    parts += [table.rstrip(), f"```json\n{_folded(_said(sample))}\n```"]
    return "\n\n".join(filter(None, parts)) + "\n"


def _said(sample: msgspec.Struct) -> Any:
    """A command without what may be left out, as clients write it."""
    said = json.loads(msgspec.json.encode(sample))
    if isinstance(sample, get_args(protocol.ClientSays)):
        said = {key: value for key, value in said.items() if value is not None}
    return said


def _conditions(struct: type) -> str:
    right = RIGHTS.get(struct)
    rule: Rule = command_rules().get(struct.__struct_config__.tag, MESSAGES)  # type: ignore[attr-defined]
    per = "a second" if rule.seconds == 1 else "a minute"
    share = f"{rule.amount} {per}"
    return f"Right: {f'`{right}`' if right else 'none'}. Usual limit: {share} for a user."


def _folded(value: Any, indent: int = 0) -> str:
    """JSON in as few lines as fit, for eyes."""
    line = json.dumps(value, ensure_ascii=False)
    if len(line) + indent <= _WIDTH or not isinstance(value, dict | list):
        return line
    pad = " " * (indent + 2)
    if isinstance(value, list):
        return f"[\n{f',{chr(10)}'.join(pad + _folded(each, indent + 2) for each in value)}\n{' ' * indent}]"
    lines = [pad]
    for number, (key, each) in enumerate(value.items(), 1):
        piece = f"{json.dumps(key)}: {_folded(each, indent + 2)}{',' if number < len(value) else ''}"
        if lines[-1].strip() and ("\n" in piece or len(lines[-1]) + len(piece) > _WIDTH or "\n" in lines[-1]):
            lines.append(pad)
        lines[-1] += piece if not lines[-1].strip() else f" {piece}"
    return "{\n" + "\n".join(lines) + "\n" + " " * indent + "}"


def _name(struct: type) -> str:
    return struct.__name__
