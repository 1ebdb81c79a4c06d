"""Who waits for an answer when the server ends is told so, and that trying again is worth it."""

import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest

from tests.durability.test_streams import ENVIRON, sign_in
from tests.support.bakeoff import running_bakeoff

LONG = {"prompt": "Say nothing.", "modelIds": ["simulator/swift@hang"]}


@pytest.mark.parametrize("server", ["native", "portable"])
def test_a_request_that_the_end_cuts_off_is_answered_with_503(server: str, tmp_path: Path) -> None:
    environ = {**ENVIRON, "BAKEOFF_DRAIN_SECONDS": "0.5"}
    with running_bakeoff(tmp_path, "--server", server, environ=environ) as bakeoff:
        with sign_in(bakeoff) as api, ThreadPoolExecutor() as threads:
            waiting = threads.submit(api.post, "/api/comparisons/run", json=LONG)
            while "bakeoff_turns_running 1.0" not in httpx2.get(f"{bakeoff.url}/metrics", timeout=20).text:
                pass
            bakeoff.process.send_signal(signal.SIGTERM)
            answer = waiting.result()
        assert bakeoff.process.wait(20) == 0
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "1"
    assert answer.json()["code"] == "service_unavailable"
    [line] = [each for each in bakeoff.log() if each.get("path") == "/api/comparisons/run"]
    assert (line["status"], line["code"]) == (503, "service_unavailable")
