"""An error as a plain ASGI answer, for what ends before a route is found."""

from typing import Final

import msgspec

from backend.kit.application import Send
from backend.kit.errors import AppError, body_of
from backend.kit.http.headers import encoded
from backend.kit.http.request_ids import current_request_id

REFUSED: Final = "bakeoff.refused"
"""Where the code of an error goes along, for who counts and logs: in the first message, or in the scope."""


async def send_error(send: Send, error: AppError) -> None:
    body = msgspec.json.encode(body_of(error, current_request_id()))
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *encoded(error.headers),
    ]
    start = {"type": "http.response.start", "status": error.status, "headers": headers, REFUSED: error.code}
    await send(start)
    await send({"type": "http.response.body", "body": body, "more_body": False})
