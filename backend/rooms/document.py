"""What is said over a room's socket, as a document from which types are generated."""

from typing import Any, Final

import msgspec

from backend.kit.wire import require_all_that_is_said
from backend.rooms.protocol import VERSION, ClientSays, ServerSays

_REFERENCE: Final = "#/components/schemas/{name}"


def room_document() -> bytes:
    """Has the form of an OpenAPI document without paths: its tools read it."""
    says = {"ClientSays": ClientSays, "ServerSays": ServerSays}
    unions, schemas = msgspec.json.schema_components(
        says.values(), schema_hook=lambda _: {"description": "Anything."}, ref_template=_REFERENCE
    )
    require_all_that_is_said(schemas)
    document: dict[str, Any] = {
        "openapi": "3.1.0",
        "info": {"title": "Bakeoff's rooms", "version": str(VERSION)},
        "components": {"schemas": schemas | dict(zip(says, unions, strict=True))},
    }
    return msgspec.json.format(msgspec.json.encode(document, order="deterministic"), indent=2) + b"\n"
