import json
import re
from pathlib import Path

import httpx2
import pytest

from tests.support.asgi_server import logged

KEY = "sk-canary-openai-0123456789"
PASSWORD = "canary-password-0123456789"
# Refused before any route sees it, so it goes alone.
UNKNOWN = {"authorization": "Bearer canary-bearer-0123456789"}
SENT = {
    "cookie": "session=canary-cookie-0123456789; other=canary-second-0123456789",
    "x-api-key": "canary-header-0123456789",
    "x-note": f"see postgresql://bob:canary-url-0123456789@db/x and {KEY} and {PASSWORD}",
}


@pytest.fixture(scope="module", params=["json", "pretty"])
def said(
    request: pytest.FixtureRequest, trial_environ: dict[str, str], tmp_path_factory: pytest.TempPathFactory
) -> str:
    """All that the application logged at debug while secrets went through it and through its exceptions."""
    environ = trial_environ | {
        "BAKEOFF_LOG_LEVEL": "debug",
        "BAKEOFF_LOG_FORMAT": request.param,
        "OPENAI_API_KEY": KEY,
        "ANTHROPIC_API_KEY": PASSWORD,
    }
    with logged(tmp_path_factory.mktemp("log"), **environ) as running:
        query = "?token=canary-query-0123456789"
        running.client.get(f"/api/trial/bug{query}", headers=SENT)
        running.client.get(f"/api/nothing{query}", headers=SENT)
        assert running.client.get(f"/api/trial/bug{query}", headers=UNKNOWN).status_code == 401
        running.client.post("/api/trial/plan", json={"title": 1, "apiKey": KEY}, headers=SENT)
        with pytest.raises(httpx2.RemoteProtocolError):
            running.client.get("/api/trial/torn", headers=SENT)
        running.client.get("/health/detailed", headers=SENT)
    return running.log.read_text()


def test_no_secret_is_in_the_log_not_even_at_debug_and_in_tracebacks(said: str) -> None:
    assert "went wrong with" in said
    assert "***" in said
    assert "canary" not in said


@pytest.fixture
def environ(trial_environ: dict[str, str]) -> dict[str, str]:
    return trial_environ | {"BAKEOFF_LOG_FORMAT": "json", "BAKEOFF_TRUSTED_PROXIES": "127.0.0.1"}


def test_a_request_is_one_line_with_what_one_wants_to_know(environ: dict[str, str], tmp_path: Path) -> None:
    with logged(tmp_path, **environ) as running:
        running.client.get(
            "/api/trial/items/7?pageSize=2&note=private",
            headers={"x-request-id": "from-me.1", "x-forwarded-for": "198.51.100.7"},
        )
    (line,) = [line for line in running.lines() if line["event"] == "request.done"]

    assert line.pop("ms") > 0
    assert line.pop("timestamp")
    assert line == {
        "event": "request.done",
        "level": "info",
        "method": "GET",
        "route": "/api/trial/items/{number}",
        "path": "/api/trial/items/7",
        "status": 200,
        "request_id": "from-me.1",
        "caller": None,
        "client": "198.51.100.7",
    }


def test_every_line_of_a_request_has_its_id_and_the_traceback_is_among_them(
    environ: dict[str, str], tmp_path: Path
) -> None:
    with logged(tmp_path, **environ) as running:
        answered = running.client.get("/api/trial/bug", headers={"x-request-id": "r-500"})
    lines = [line for line in running.lines() if line.get("request_id") == "r-500"]

    assert answered.json()["requestId"] == "r-500"
    assert [line["event"] for line in lines] == ["trial.failing", "request.failed", "request.done"]
    assert "RuntimeError" in lines[1]["exception"]
    assert lines[2]["level"] == "warning"


@pytest.mark.parametrize(
    "path", ["/", "/health", "/api/nothing", "/api/trial/bug", "/assets/nothing.js", "/some/page"]
)
def test_every_answer_has_a_request_id(client: httpx2.Client, path: str) -> None:
    first, second = client.get(path), client.get(path)

    assert re.fullmatch(r"[0-9a-f]{32}", first.headers["x-request-id"])
    assert first.headers["x-request-id"] != second.headers["x-request-id"]


@pytest.mark.parametrize("sent", ["has space", "a" * 65, "x/y", '"quoted"', "ünï"])
def test_a_request_id_that_could_do_harm_is_replaced(client: httpx2.Client, sent: str) -> None:
    answered = client.get("/health", headers={b"x-request-id": sent.encode()}).headers["x-request-id"]

    assert re.fullmatch(r"[0-9a-f]{32}", answered)


def test_requests_are_counted_by_route_and_not_by_path(client: httpx2.Client) -> None:
    for number in range(3):
        client.get(f"/api/trial/items/{number}?pageSize=1")
        client.get(f"/api/unknown/{number}")
        client.request("BREW", f"/tea/{number}")

    text = client.get("/metrics").text
    assert re.search(
        r'bakeoff_requests_total\{method="GET",route="/api/trial/items/\{number\}",status="200"\} 3\.0', text
    )
    assert "/api/unknown" not in text
    assert "BREW" not in text
    assert "bakeoff_live_exchanges 1.0" in text
    assert "bakeoff_sockets_open 3.0" in text
    assert json.dumps("/metrics") in text or 'route="/metrics"' not in text
