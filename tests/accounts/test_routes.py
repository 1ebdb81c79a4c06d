"""Signing in and out over HTTP, as a browser and as a program do it."""

from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from tests.support.bakeoff import RunningBakeoff, running_bakeoff

PASSWORD = "nine dry umbrellas"
OPEN = {"BAKEOFF_REGISTRATION": "open"}


@pytest.fixture(scope="module")
def bakeoff(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningBakeoff]:
    with running_bakeoff(tmp_path_factory.mktemp("accounts"), environ=OPEN) as running:
        yield running


@pytest.fixture(scope="module")
def link(bakeoff: RunningBakeoff) -> str:
    assert bakeoff.process.stdout is not None
    return bakeoff.process.stdout.readline().split()[-1]


@pytest.fixture
def browser(bakeoff: RunningBakeoff) -> Iterator[httpx2.Client]:
    """Keeps cookies, and says of its requests that they come from our page."""
    with httpx2.Client(base_url=bakeoff.url, headers={"sec-fetch-site": "same-origin"}) as client:
        yield client


@pytest.fixture
def program(bakeoff: RunningBakeoff) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=bakeoff.url) as client:
        yield client


@pytest.fixture(scope="module")
def owner(bakeoff: RunningBakeoff, link: str) -> Iterator[httpx2.Client]:
    with httpx2.Client(base_url=bakeoff.url, headers={"sec-fetch-site": "same-origin"}) as client:
        assert client.get(link).status_code == 303
        yield client


def bearer(token: str) -> dict[str, str]:
    return {"authorization": f"Bearer {token}"}


def registered(client: httpx2.Client, email: str) -> dict[str, str]:
    answer = client.post("/auth/register", json={"email": email, "password": PASSWORD})
    assert answer.status_code == 201, answer.text
    signed_in: dict[str, str] = answer.json()
    client.cookies.clear()
    return signed_in


def test_who_comes_is_told_how_one_can_come_in(owner: httpx2.Client, tmp_path: Path) -> None:
    ways = owner.get("/auth/ways").json()
    assert ways == {"registration": "open", "provider": False, "empty": False}
    with running_bakeoff(tmp_path) as fresh, httpx2.Client(base_url=fresh.url) as nobody:
        ways = nobody.get("/auth/ways").json()
        assert ways == {"registration": "invite", "provider": False, "empty": True}


def test_the_printed_link_signs_the_first_owner_in_once(
    owner: httpx2.Client, link: str, program: httpx2.Client
) -> None:
    me = owner.get("/auth/me").json()

    assert (me["role"], me["hasPassword"]) == ("owner", False)
    assert program.get(link).status_code == 410


def test_the_owner_sets_a_password_later_and_signs_in_with_it(
    owner: httpx2.Client, program: httpx2.Client
) -> None:
    assert owner.post("/auth/password", json={"newPassword": PASSWORD}).status_code == 204
    email = owner.get("/auth/me").json()["email"]
    answer = program.post("/auth/login", json={"email": email, "password": PASSWORD})

    assert answer.status_code == 200
    assert set(answer.json()) == {"accessToken", "refreshToken", "expiresIn", "user"}
    assert answer.json()["expiresIn"] == 900
    assert answer.headers["cache-control"] == "no-store"


def test_the_cookies_of_a_browser_are_out_of_reach(program: httpx2.Client) -> None:
    answer = program.post("/auth/register", json={"email": "cookies@example.org", "password": PASSWORD})
    access, refresh = answer.headers.get_list("set-cookie")

    assert "HttpOnly" in access
    assert "SameSite=lax" in access
    assert "HttpOnly" in refresh
    assert "SameSite=strict" in refresh
    assert "Path=/auth" in refresh


def test_wrong_passwords_and_unknown_people_look_the_same(program: httpx2.Client) -> None:
    registered(program, "known@example.org")
    answers = [
        program.post("/auth/login", json={"email": email, "password": "something else"})
        for email in ("known@example.org", "unknown@example.org")
    ]
    assert [answer.status_code for answer in answers] == [401, 401]
    messages = [{k: v for k, v in each.json().items() if k in {"message", "code"}} for each in answers]
    assert messages[0] == messages[1]


def test_a_refresh_token_is_good_once_and_its_reuse_ends_the_device(program: httpx2.Client) -> None:
    first = registered(program, "refresh@example.org")
    second = program.post("/auth/refresh", json={"refreshToken": first["refreshToken"]}).json()
    third = program.post("/auth/refresh", json={"refreshToken": second["refreshToken"]}).json()
    program.cookies.clear()
    reused = program.post("/auth/refresh", json={"refreshToken": first["refreshToken"]})

    assert reused.status_code == 401
    assert program.get("/auth/me", headers=bearer(third["accessToken"])).status_code == 401
    assert program.post("/auth/refresh", json={"refreshToken": third["refreshToken"]}).status_code == 401


def test_a_browser_refreshes_by_its_cookie_but_never_for_another_site(
    browser: httpx2.Client, bakeoff: RunningBakeoff
) -> None:
    browser.post("/auth/register", json={"email": "tab@example.org", "password": PASSWORD})
    other_site = {"sec-fetch-site": "cross-site", "origin": "https://evil.example"}

    assert browser.post("/auth/refresh", json={}, headers=other_site).status_code == 403
    assert browser.post("/auth/refresh", json={}).status_code == 200


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-origin", "origin": "https://evil.example"}, 403),
        ({"sec-fetch-site": "cross-site", "origin": "null"}, 403),
        ({"sec-fetch-site": ""}, 403),
    ],
)
def test_a_cookie_changes_something_only_for_our_own_page(
    browser: httpx2.Client, headers: dict[str, str], status: int
) -> None:
    email = f"{abs(hash(tuple(headers.items())))}@example.org"
    browser.post("/auth/register", json={"email": email, "password": PASSWORD})

    assert browser.patch("/auth/me", json={"name": "N"}, headers=headers).status_code == status


def test_a_program_that_keeps_cookies_is_no_browser(program: httpx2.Client) -> None:
    program.post("/auth/register", json={"email": "jar@example.org", "password": PASSWORD})

    assert program.patch("/auth/me", json={"name": "N"}).status_code == 200


def test_the_origin_of_the_page_is_compared_with_its_host(browser: httpx2.Client) -> None:
    browser.post("/auth/register", json={"email": "origin@example.org", "password": PASSWORD})
    own = str(browser.base_url).rstrip("/")

    assert browser.patch("/auth/me", json={"name": "N"}, headers={"origin": own}).status_code == 200
    wrong_port = own.rpartition(":")[0]
    assert browser.patch("/auth/me", json={"name": "N"}, headers={"origin": wrong_port}).status_code == 403


def test_signing_out_ends_the_access_token_at_once(browser: httpx2.Client, program: httpx2.Client) -> None:
    token = registered(program, "out@example.org")["accessToken"]
    assert program.get("/auth/me", headers=bearer(token)).status_code == 200
    assert program.post("/auth/logout", json={}, headers=bearer(token)).status_code == 204
    assert program.get("/auth/me", headers=bearer(token)).status_code == 401


def test_devices_are_listed_and_ended_one_by_one(program: httpx2.Client) -> None:
    first = registered(program, "devices@example.org")
    login = {"email": "devices@example.org", "password": PASSWORD}
    second = program.post("/auth/login", json=login, headers={"user-agent": "Toaster/1"}).json()
    program.cookies.clear()
    devices = program.get("/auth/devices", headers=bearer(first["accessToken"])).json()
    other = next(device for device in devices if not device["current"])

    assert len(devices) == 2
    assert other["userAgent"] == "Toaster/1"
    gone = program.delete(f"/auth/devices/{other['id']}", headers=bearer(first["accessToken"]))
    assert gone.status_code == 204
    assert program.get("/auth/me", headers=bearer(second["accessToken"])).status_code == 401
    assert program.get("/auth/me", headers=bearer(first["accessToken"])).status_code == 200


def test_an_api_key_does_what_its_scopes_allow_and_never_touches_the_account(program: httpx2.Client) -> None:
    token = registered(program, "keys@example.org")["accessToken"]
    made = program.post("/auth/api-keys", json={"name": "ci", "scopes": ["read"]}, headers=bearer(token))
    key, secret = made.json()["key"], made.json()["secret"]

    assert made.status_code == 201
    assert secret.startswith(key["shown"])
    assert secret not in program.get("/auth/api-keys", headers=bearer(token)).text
    assert program.post("/auth/ws-ticket", headers=bearer(secret)).status_code == 201
    assert program.get("/auth/me", headers=bearer(secret)).status_code == 403
    assert (
        program.post(
            "/auth/api-keys", json={"name": "x", "scopes": ["run"]}, headers=bearer(secret)
        ).status_code
        == 403
    )
    assert program.delete(f"/auth/api-keys/{key['id']}", headers=bearer(token)).status_code == 204
    assert program.post("/auth/ws-ticket", headers=bearer(secret)).status_code == 401


def test_an_administrator_shuts_somebody_out_at_once_and_lets_them_in_again(
    owner: httpx2.Client, program: httpx2.Client
) -> None:
    signed_in = registered(program, "shut@example.org")
    who = bearer(signed_in["accessToken"])
    user_id = program.get("/auth/me", headers=who).json()["id"]

    assert owner.patch(f"/api/users/{user_id}", json={"enabled": False}).json()["enabled"] is False
    assert program.get("/auth/me", headers=who).status_code == 401
    login = {"email": "shut@example.org", "password": PASSWORD}
    assert program.post("/auth/login", json=login).status_code == 401
    assert owner.patch(f"/api/users/{user_id}", json={"enabled": True}).status_code == 200
    assert program.post("/auth/login", json=login).status_code == 200


def test_an_invitation_makes_an_account_with_its_role(owner: httpx2.Client, program: httpx2.Client) -> None:
    made = owner.post("/api/invitations", json={"role": "viewer", "email": "guest@example.org"}).json()
    join = {"email": "guest@example.org", "password": PASSWORD, "invitation": made["secret"]}

    assert program.post("/auth/register", json=join | {"email": "other@example.org"}).status_code == 403
    assert program.post("/auth/register", json=join).json()["user"]["role"] == "viewer"
    assert program.post("/auth/register", json=join).status_code in {403, 410}


def test_an_administrator_does_not_touch_an_owner(owner: httpx2.Client, program: httpx2.Client) -> None:
    signed_in = registered(program, "admin@example.org")
    admin_id = signed_in["user"]["id"]  # type: ignore[index]
    assert owner.patch(f"/api/users/{admin_id}", json={"role": "admin"}).status_code == 200
    who = bearer(signed_in["accessToken"])
    owner_id = owner.get("/auth/me").json()["id"]

    assert program.get("/api/users", headers=who).status_code == 200
    assert program.patch(f"/api/users/{owner_id}", json={"enabled": False}, headers=who).status_code == 403
    assert program.patch(f"/api/users/{admin_id}", json={"role": "owner"}, headers=who).status_code == 403
    assert program.post("/api/invitations", json={"role": "owner"}, headers=who).status_code == 403
    assert owner.patch(f"/api/users/{owner_id}", json={"role": "member"}).status_code == 409


def test_what_was_done_is_on_the_record_and_can_be_exported(owner: httpx2.Client) -> None:
    entries = owner.get("/api/audit?limit=500").json()
    table = owner.get("/api/audit.csv")

    assert {"user.registered", "user.signed_in"} <= {entry["action"] for entry in entries}
    assert PASSWORD not in table.text
    assert table.headers["content-type"].startswith("text/csv")
    assert len(table.text.splitlines()) >= len(entries)
