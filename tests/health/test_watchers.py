"""Who may look at how the server is doing: programs on this machine, whoever may, or everybody."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import httpx2
import pytest

from backend.app import create_app
from backend.health.watchers import may_watch, watched
from backend.settings import Settings
from tests.support.asgi_server import served
from tests.support.trial import NoSockets

WATCHED = ("/metrics", "/health/detailed")

Start = Callable[..., httpx2.Client]


@pytest.fixture
def start(migrated_sqlite: Path, tmp_path: Path) -> Iterator[Start]:
    shutil.copyfile(migrated_sqlite, tmp_path / "bakeoff.db")
    with ExitStack() as stack:

        def serve(**environ: str) -> httpx2.Client:
            environ |= {"BAKEOFF_DATA_DIR": str(tmp_path), "BAKEOFF_REGISTRATION": "open"}
            return stack.enter_context(served(create_app(Settings.load(environ), NoSockets()).asgi))

        yield serve


def seen(client: httpx2.Client, **headers: str) -> list[int]:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return [client.get(path, headers=named).status_code for path in WATCHED]


def test_programs_on_this_machine_look_without_signing_in(start: Start) -> None:
    assert seen(start()) == [200, 200]


@pytest.mark.parametrize("header", ["x_forwarded_for", "forwarded", "x_real_ip", "via"])
def test_what_a_proxy_passes_on_is_not_of_this_machine(start: Start, header: str) -> None:
    """Also when nobody has said that there is one: then it would open the numbers to the world."""
    client = start()
    assert seen(client, **{header: "127.0.0.1"}) == [401, 401]
    assert client.get("/health", headers={"x-forwarded-for": "203.0.113.1"}).status_code == 200


def test_a_stranger_whom_a_trusted_proxy_names_is_none_of_this_machine(start: Start) -> None:
    client = start(BAKEOFF_TRUSTED_PROXIES="127.0.0.1")
    assert seen(client, x_forwarded_for="203.0.113.1") == [401, 401]


def test_where_it_is_open_everybody_looks(start: Start) -> None:
    client = start(BAKEOFF_METRICS="open")
    assert seen(client, x_forwarded_for="203.0.113.1") == [200, 200]


def test_where_it_is_closed_rights_decide(start: Start) -> None:
    client = start(BAKEOFF_METRICS="admin")
    assert seen(client) == [401, 401]
    join = {"email": "member@example.org", "password": "nine dry umbrellas"}
    member = client.post("/auth/register", json=join).json()["accessToken"]
    client.cookies.clear()
    assert seen(client, authorization=f"Bearer {member}") == [403, 200]
    assert client.get("/health").status_code == 200


@pytest.mark.parametrize(
    ("client", "local"),
    [
        (("127.0.0.1", 1), True),
        (("127.8.0.9", 1), True),
        (("::1", 1), True),
        (("::ffff:127.0.0.1", 1), True),
        (None, True),  # a Unix socket
        (("10.0.0.1", 1), False),
        (("::ffff:10.0.0.1", 1), False),
        (("unknown", 1), False),
    ],
)
def test_what_is_this_machine(client: tuple[str, int] | None, local: bool) -> None:
    assert may_watch("local", watched(), {"client": client, "headers": []}) == local
    assert not may_watch("local", {}, {"client": client, "headers": []})
