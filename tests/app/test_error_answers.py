import re
import socket
from typing import Any

import httpx2
import pytest

PHRASES = {
    400: "Bad Request",
    404: "Not Found",
    405: "Method Not Allowed",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    422: "Unprocessable Content",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
}
NO_NUMBERS = [
    f'{{"title": "a", "lanes": [{{"modelId": "m", "temperature": {number}}}]}}'.encode()
    for number in ("NaN", "Infinity", "-Infinity", "1e999", "0x1", "01", "1.", "+1")
]
"""Python's own reader takes the first three, and would then say them again to others."""
FIELDS = {"statusCode", "message", "error", "code", "timestamp", "requestId"}


def error_of(response: httpx2.Response, *, details: bool = False) -> dict[str, Any]:
    """The body, after everything that holds for each error was checked."""
    body: dict[str, Any] = response.json()
    assert response.headers["content-type"] == "application/json"
    assert set(body) == FIELDS | ({"details"} if details else set())
    assert body["statusCode"] == response.status_code
    assert body["error"] == PHRASES[response.status_code]
    assert body["requestId"] == response.headers["x-request-id"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", body["timestamp"])
    return body


@pytest.mark.parametrize(
    "path", ["/api", "/api/nothing", "/auth/nothing", "/schema/nothing", "/health/nothing"]
)
@pytest.mark.parametrize("accept", ["*/*", "text/html,application/xhtml+xml"])
def test_an_unknown_path_of_the_server_is_json_even_for_a_browser(
    client: httpx2.Client, path: str, accept: str
) -> None:
    response = client.get(path, headers={"accept": accept})

    assert response.status_code == 404
    assert error_of(response)["code"] == "not_found"


def test_a_wrong_method_names_the_right_ones(client: httpx2.Client) -> None:
    response = client.delete("/health")

    assert response.status_code == 405
    assert error_of(response)["code"] == "method_not_allowed"
    assert "GET" in response.headers["allow"]


@pytest.mark.parametrize(
    ("sent", "field"),
    [
        ({"title": 7}, "title"),
        ({}, "title"),
        ({"title": "a", "lanes": [{"modelId": "m"}, {"modelId": 5}]}, "lanes.1.modelId"),
        ({"title": "a", "lanes": [{}]}, "lanes.0.modelId"),
        ({"title": "a", "lanes": [{"modelId": "m", "temperature": -1}]}, "lanes.0.temperature"),
        ({"title": "a", "tilte": "b"}, "tilte"),
        ({"title": "a", "lanes": [{"modelId": "m", "temperature": "1"}]}, "lanes.0.temperature"),
        ({"title": "a", "lanes": [{"modelId": "m", "temperature": True}]}, "lanes.0.temperature"),
        ({"title": "a", "lanes": [{"modelId": "m", "temperature": None}]}, "lanes.0.temperature"),
        ({"title": "a", "lanes": [{"modelId": "m", "temprature": 1}]}, "lanes.0.temprature"),
        ({"title": "a", "lanes": {}}, "lanes"),
        ({"title": None}, "title"),
        ({"title": True}, "title"),
        ([1], ""),
    ],
)
def test_a_body_that_cannot_be_used_names_the_field_as_the_client_wrote_it(
    client: httpx2.Client, sent: object, field: str
) -> None:
    response = client.post("/api/trial/plan", json=sent)

    assert response.status_code == 422
    body = error_of(response, details=True)
    assert body["code"] == "validation_failed"
    assert [problem["field"] for problem in body["details"]] == [field]
    assert body["details"][0]["message"]


@pytest.mark.parametrize("query", ["", "?pageSize=0", "?pageSize=many"])
def test_a_query_that_cannot_be_used_names_the_parameter(client: httpx2.Client, query: str) -> None:
    response = client.get(f"/api/trial/items/1{query}")

    assert response.status_code == 422
    assert [problem["field"] for problem in error_of(response, details=True)["details"]] == ["pageSize"]


def test_a_path_that_does_not_parse_is_not_found(client: httpx2.Client) -> None:
    response = client.get("/api/trial/items/one?pageSize=1")

    assert response.status_code == 404
    assert error_of(response)["code"] == "not_found"


@pytest.mark.parametrize(
    "sent", [b"{", b'{"title": "\xff"}', b"\xff\xfe", b"[" * 1000, b'{"title": "a"} {}', *NO_NUMBERS]
)
def test_a_body_that_is_not_json_is_malformed(client: httpx2.Client, sent: bytes) -> None:
    response = client.post("/api/trial/plan", content=sent, headers={"content-type": "application/json"})

    assert response.status_code == 400
    assert error_of(response)["code"] == "body_malformed"


def test_a_missing_body_is_said_to_be_required(client: httpx2.Client) -> None:
    response = client.post("/api/trial/plan", headers={"content-type": "application/json"})

    assert response.status_code == 422
    assert error_of(response, details=True)["details"] == [{"field": "", "message": "A body is required."}]


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_that_does_not_say_it_is_json_is_refused(client: httpx2.Client, media_type: str) -> None:
    response = client.post(
        "/api/trial/plan",
        content=b'{"title": "a"}',
        headers={"content-type": media_type} if media_type else {},
    )

    assert response.status_code == 415
    assert error_of(response)["code"] == "unsupported_media_type"


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "application/problem+json"])
def test_json_under_any_of_its_names_is_taken(client: httpx2.Client, media_type: str) -> None:
    response = client.post("/api/trial/plan", content=b'{"title": "a"}', headers={"content-type": media_type})

    assert response.status_code == 200
    assert response.json()["title"] == "a"


def test_a_body_beyond_the_limit_is_too_large(client: httpx2.Client) -> None:
    response = client.post("/api/trial/plan", json={"title": "a" * 2000})

    assert response.status_code == 413
    error_of(response)


def test_a_full_disk_is_a_503_that_says_when_to_come_back(client: httpx2.Client) -> None:
    response = client.get("/api/trial/busy")

    assert response.status_code == 503
    assert error_of(response)["code"] == "database_unavailable"
    assert response.headers["retry-after"] == "1"
    assert "disk" not in response.text


def test_an_error_of_the_application_keeps_its_status_code_and_headers(client: httpx2.Client) -> None:
    response = client.get("/api/trial/refused")

    assert response.status_code == 429
    assert error_of(response)["code"] == "too_many"
    assert response.headers["retry-after"] == "7"


def test_a_bug_tells_nothing_but_the_request_id(client: httpx2.Client) -> None:
    response = client.get("/api/trial/bug", headers={"x-note": "marzipan"})

    assert response.status_code == 500
    body = error_of(response)
    assert body["code"] == "internal_error"
    assert "marzipan" not in response.text
    assert "RuntimeError" not in response.text


def test_an_answer_that_breaks_in_the_middle_does_not_look_complete(client: httpx2.Client) -> None:
    with pytest.raises(httpx2.RemoteProtocolError):
        client.get("/api/trial/torn")


def test_a_client_that_leaves_while_it_sends_is_nobodys_error(client: httpx2.Client) -> None:
    url = client.base_url
    with socket.create_connection((url.host, url.port or 80)) as connection:
        connection.sendall(
            b"POST /api/trial/plan HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
            b"Content-Length: 500\r\n\r\n{"
        )

    assert client.get("/health").status_code == 200


def test_head_is_get_without_the_body(client: httpx2.Client) -> None:
    got, head = client.get("/health"), client.head("/health")

    assert head.status_code == 200
    assert head.content == b""
    assert head.headers["content-length"] == got.headers["content-length"]
    assert head.headers["content-type"] == got.headers["content-type"]


def test_head_of_an_unknown_path_is_not_found(client: httpx2.Client) -> None:
    assert client.head("/api/nothing").status_code == 404
