"""An error as a plain ASGI answer, for what ends before a route is found."""

import msgspec

from backend.kit.application import Send
from backend.kit.errors import AppError, body_of
from backend.kit.http.headers import encoded
from backend.kit.http.request_ids import current_request_id


async def send_error(send: Send, error: AppError) -> None:
    body = msgspec.json.encode(body_of(error, current_request_id()))
    headers = [
        (b"content-type", b"application/json"),
        (b"content-length", str(len(body)).encode()),
        *encoded(error.headers),
    ]
    await send({"type": "http.response.start", "status": error.status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})
