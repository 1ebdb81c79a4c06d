from collections.abc import Callable, Iterator
from contextlib import ExitStack

import httpx2
import pytest

from backend.kit.application import AsgiMessage, Receive, Scope, Send
from backend.kit.http.hosts import AllowedHosts, HostPolicy
from backend.settings import Settings
from tests.support.asgi_server import served
from tests.support.trial import trial_app

Start = Callable[..., httpx2.Client]


@pytest.fixture
def start(trial_environ: dict[str, str]) -> Iterator[Start]:
    with ExitStack() as stack:
        yield lambda **environ: stack.enter_context(served(trial_app(Settings.load(trial_environ | environ))))


PATHS = [
    "/",
    "/health",
    "/api/nothing",
    "/api/trial/bug",
    "/api/trial/refused",
    "/schema/openapi.json",
    "/metrics",
]


@pytest.mark.parametrize("path", PATHS)
def test_every_answer_tells_the_browser_what_not_to_do(client: httpx2.Client, path: str) -> None:
    headers = client.get(path).headers

    assert "default-src 'none'" in headers["content-security-policy"]
    assert "unsafe" not in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "no-referrer"
    assert headers["cross-origin-opener-policy"] == "same-origin"
    assert headers["cross-origin-resource-policy"] == "same-origin"
    assert headers["cache-control"] == "no-store"
    assert "strict-transport-security" not in headers


def test_answers_over_tls_ask_for_tls_from_now_on(start: Start) -> None:
    client = start(BAKEOFF_TRUSTED_PROXIES="127.0.0.1")

    assert (
        "strict-transport-security" in client.get("/health", headers={"x-forwarded-proto": "https"}).headers
    )


@pytest.mark.parametrize(
    "host", ["localhost", "localhost:8000", "127.0.0.1:1", "[::1]:8000", "LOCALHOST", "localhost."]
)
def test_the_own_machine_is_answered_by_its_names(client: httpx2.Client, host: str) -> None:
    assert client.get("/health", headers={"host": host}).status_code == 200


IMPOSSIBLE = [
    "localhost:65536",
    "localhost:99999",
    "localhost:x",
    "localhost:",
    "[::1]:70000",
    "[:::]",
    "[127.0.0.1]",
]


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8000", "10.0.0.1", "localhost.evil.example", "a b", "", *IMPOSSIBLE],
)
def test_a_name_that_was_rebound_to_this_machine_is_not_answered(client: httpx2.Client, host: str) -> None:
    response = client.get("/health", headers={"host": host})

    assert response.status_code == 421
    assert response.json()["code"] == "host_not_allowed"
    assert response.headers["x-request-id"] == response.json()["requestId"]
    assert "content-security-policy" in response.headers


@pytest.mark.anyio
@pytest.mark.parametrize("hosts", [[], [b"localhost", b"localhost"]])
async def test_a_request_without_exactly_one_host_is_refused(hosts: list[bytes]) -> None:
    sent: list[AsgiMessage] = []

    async def send(message: AsgiMessage) -> None:
        sent.append(message)

    async def receive() -> AsgiMessage:
        return {"type": "http.request"}

    async def unreachable(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError(scope)

    # Straight into the guard: well-behaved servers and clients refuse such a request themselves.
    guarded = AllowedHosts(unreachable, HostPolicy.of([], bound="127.0.0.1"))
    await guarded({"type": "http", "headers": [(b"host", host) for host in hosts]}, receive, send)

    assert sent[0]["status"] == 400


@pytest.mark.parametrize(
    ("environ", "host", "status"),
    [
        ({"BAKEOFF_HOST": "0.0.0.0"}, "192.168.1.5:8000", 200),
        ({"BAKEOFF_HOST": "0.0.0.0"}, "[2001:db8::1]", 200),
        ({"BAKEOFF_HOST": "0.0.0.0"}, "evil.example", 421),
        ({"BAKEOFF_HOST": "10.0.0.1"}, "10.0.0.1", 200),
        ({"BAKEOFF_HOST": "10.0.0.1"}, "10.0.0.2", 421),
        ({"BAKEOFF_PUBLIC_URL": "https://bakeoff.example"}, "bakeoff.example", 200),
        ({"BAKEOFF_ALLOWED_HOSTS": "*.a.example"}, "x.a.example", 200),
        ({"BAKEOFF_ALLOWED_HOSTS": "*.a.example"}, "a.example", 421),
        ({"BAKEOFF_ALLOWED_HOSTS": "*.a.example"}, "localhost", 200),
        ({"BAKEOFF_ALLOWED_HOSTS": "*"}, "anything.example", 200),
        ({"BAKEOFF_ALLOWED_HOSTS": "a.example", "BAKEOFF_HOST": "0.0.0.0"}, "192.168.1.5", 421),
        ({"BAKEOFF_UNIX_SOCKET": "bakeoff.sock"}, "localhost", 200),
    ],
)
def test_which_hosts_are_answered_follows_from_the_settings(
    start: Start, environ: dict[str, str], host: str, status: int
) -> None:
    assert start(**environ).get("/health", headers={"host": host}).status_code == status


def test_where_every_host_is_answered_it_still_has_to_be_one(start: Start) -> None:
    """What a cookie changes is compared with the host that was asked, which has to be taken apart for it."""
    client = start(BAKEOFF_ALLOWED_HOSTS="*", BAKEOFF_REGISTRATION="open")
    join = {"email": "hosts@example.org", "password": "nine dry umbrellas"}
    assert client.post("/auth/register", json=join).status_code == 201

    answers = {
        host: client.post("/auth/logout", json={}, headers={"host": host}).status_code for host in IMPOSSIBLE
    }
    assert answers == dict.fromkeys(IMPOSSIBLE, 421)
    assert client.post("/auth/logout", json={}, headers={"host": "any.example"}).status_code == 204


FORWARDED = {
    "x-forwarded-for": "6.6.6.6, 198.51.100.7",
    "x-forwarded-proto": "https",
    "x-forwarded-host": "bakeoff.example",
}


def test_what_a_stranger_forwards_is_not_believed(client: httpx2.Client) -> None:
    seen = client.get("/api/trial/seen", headers=FORWARDED).json()

    assert (seen["client"], seen["scheme"]) == ("127.0.0.1", "http")
    assert seen["host"].startswith("127.0.0.1")


def test_what_a_trusted_proxy_forwards_is_what_routes_see(start: Start) -> None:
    client = start(BAKEOFF_TRUSTED_PROXIES="127.0.0.0/8", BAKEOFF_PUBLIC_URL="https://bakeoff.example")

    seen = client.get("/api/trial/seen", headers=FORWARDED).json()

    assert seen == {"client": "198.51.100.7", "scheme": "https", "host": "bakeoff.example"}


def test_a_forwarded_host_has_to_be_allowed_too(start: Start) -> None:
    client = start(BAKEOFF_TRUSTED_PROXIES="127.0.0.0/8")

    assert client.get("/health", headers={"x-forwarded-host": "evil.example"}).status_code == 421


FRIEND = "https://friend.example"
PREFLIGHT = {
    "access-control-request-method": "POST",
    "access-control-request-headers": "content-type",
}


@pytest.fixture(scope="module")
def shared(trial_environ: dict[str, str]) -> Iterator[httpx2.Client]:
    settings = Settings.load(trial_environ | {"BAKEOFF_CORS_ORIGINS": FRIEND})
    with served(trial_app(settings)) as client:
        yield client


def granted(response: httpx2.Response) -> set[str]:
    return {name for name in response.headers if name.startswith("access-control-")}


def test_a_page_on_the_list_may_ask_with_credentials(shared: httpx2.Client) -> None:
    response = shared.get("/health", headers={"origin": FRIEND})

    assert response.headers["access-control-allow-origin"] == FRIEND
    assert response.headers["access-control-allow-credentials"] == "true"
    assert "X-Request-ID" in response.headers["access-control-expose-headers"]


@pytest.mark.parametrize("path", ["/api/nothing", "/api/trial/bug", "/api/trial/refused"])
def test_a_page_on_the_list_may_read_errors_too(shared: httpx2.Client, path: str) -> None:
    assert shared.get(path, headers={"origin": FRIEND}).headers["access-control-allow-origin"] == FRIEND


@pytest.mark.parametrize(
    "origin", ["https://evil.example", f"{FRIEND}.evil.example", "null", "http://friend.example", "*"]
)
def test_a_page_that_is_not_on_the_list_gets_nothing(shared: httpx2.Client, origin: str) -> None:
    assert granted(shared.get("/health", headers={"origin": origin})) == set()


@pytest.mark.parametrize("origin", [FRIEND, "https://evil.example", None])
@pytest.mark.parametrize("path", ["/health", "/api/nothing", "/"])
def test_every_answer_varies_by_origin_so_that_no_cache_mixes_them_up(
    shared: httpx2.Client, origin: str | None, path: str
) -> None:
    response = shared.get(path, headers={"origin": origin} if origin else {})

    assert "Origin" in response.headers["vary"]
    if path == "/":
        assert "Accept" in response.headers["vary"]


def test_a_preflight_of_a_page_on_the_list_says_what_it_may_send(shared: httpx2.Client) -> None:
    response = shared.options("/api/trial/plan", headers=PREFLIGHT | {"origin": FRIEND})

    assert response.status_code == 204
    assert response.headers["access-control-allow-origin"] == FRIEND
    assert "POST" in response.headers["access-control-allow-methods"]
    assert "content-type" in response.headers["access-control-allow-headers"].lower()
    assert response.headers["vary"] == "Origin"


def test_a_preflight_of_another_page_is_refused_in_our_words(shared: httpx2.Client) -> None:
    response = shared.options("/api/trial/plan", headers=PREFLIGHT | {"origin": "https://evil.example"})

    assert response.status_code == 403
    assert response.json()["code"] == "origin_not_allowed"
    assert granted(response) == set()


def test_options_without_a_preflight_reaches_the_route(shared: httpx2.Client) -> None:
    response = shared.options("/health", headers={"origin": FRIEND})

    assert response.status_code == 204
    assert "GET" in response.headers["allow"]


def test_without_a_list_nothing_is_granted(client: httpx2.Client) -> None:
    assert granted(client.get("/health", headers={"origin": FRIEND})) == set()
    assert granted(client.options("/health", headers=PREFLIGHT | {"origin": FRIEND})) == set()
