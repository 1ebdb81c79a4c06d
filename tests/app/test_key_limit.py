"""An API key has a limit of its own, wherever it is used from; its user and other keys have none of it."""

from pathlib import Path

import httpx2

from tests.support.bakeoff import running_bakeoff

OPEN = {"BAKEOFF_REGISTRATION": "open", "BAKEOFF_KEY_REQUESTS_A_MINUTE": "5"}
ADA = {"email": "ada@example.org", "password": "nine dry umbrellas"}


def test_what_one_key_used_up_is_not_missed_by_another(tmp_path: Path) -> None:
    with running_bakeoff(tmp_path, environ=OPEN) as bakeoff, httpx2.Client(base_url=bakeoff.url) as client:
        token = client.post("/auth/register", json=ADA).json()["accessToken"]
        client.cookies.clear()

        def ask(credential: str) -> httpx2.Response:
            return client.get("/api/comparisons", headers={"authorization": f"Bearer {credential}"})

        def key(name: str) -> str:
            made = client.post(
                "/auth/api-keys",
                json={"name": name, "scopes": ["read"]},
                headers={"authorization": f"Bearer {token}"},
            )
            return str(made.raise_for_status().json()["secret"])

        first, second = key("first"), key("second")
        left = [ask(first).headers["x-ratelimit-remaining"] for _ in range(5)]
        assert left == ["4", "3", "2", "1", "0"]
        refused = ask(first)
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
        assert 0 < int(refused.headers["retry-after"]) <= 60
        assert refused.headers["x-ratelimit-limit"] == "5"
        assert ask(second).status_code == 200
        assert ask(token).status_code == 200
