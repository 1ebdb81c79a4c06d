"""The name of a request, on each of its log lines: from the client when it is harmless, otherwise new."""

import re
from typing import Final

import structlog

from backend.kit.ids import new_id

_HARMLESS: Final = re.compile(r"[A-Za-z0-9._-]{1,64}")


def request_id_from(header: str | None) -> str:
    return header if header and _HARMLESS.fullmatch(header) else new_id().hex


def current_request_id() -> str:
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))
