"""Bakeoff behind nginx and behind Caddy, each with the file that is in deploy/, on TLS and a Unix socket."""

import os
import re
import shutil
import socket
import ssl
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2
import pytest

from backend.server.limits import PING_AFTER, PONG_WITHIN
from backend.settings import Settings
from tests.deploy.programs import ended
from tests.server.test_http_contract import IDLE_AT_LEAST
from tests.support.bakeoff import running_bakeoff
from tests.support.room_client import RoomClient

DEPLOY = Path(__file__).parents[2] / "deploy"
NGINX = (DEPLOY / "nginx" / "bakeoff.conf").read_text(encoding="utf-8")
CADDY = (DEPLOY / "Caddyfile").read_text(encoding="utf-8")
NAME = "bakeoff.example.org"
ENDLESS = "simulator/smith@ttft:0@pace:50@tokens:100000"
PATIENCE = 30.0
SHORT = 8
"""Seconds of silence that the proxy of a test stands, instead of the minutes in the file."""


@dataclass(frozen=True)
class Site:
    """What the world sees of it."""

    port: int
    certificate: Path
    token: str

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def client(self) -> httpx2.Client:
        trusted = ssl.create_default_context(cafile=str(self.certificate))
        headers = {"authorization": f"Bearer {self.token}"}
        return httpx2.Client(base_url=self.url, headers=headers, verify=trusted, timeout=PATIENCE)


def replaced(text: str, *pairs: tuple[str, object]) -> str:
    """Each of them has to be there: what is no longer in the file must not be tried as if it were."""
    for old, new in pairs:
        assert old in text, f"{old} is not in the file any more"
        text = text.replace(old, str(new))
    return text


def certificate_in(folder: Path) -> tuple[Path, Path]:
    certificate, key = folder / "fullchain.pem", folder / "privkey.pem"
    command = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2"
        f" -subj /CN={NAME} -addext subjectAltName=DNS:{NAME},IP:127.0.0.1"
    )
    subprocess.run(
        [*command.split(), "-keyout", key, "-out", certificate], check=True, capture_output=True, timeout=60
    )
    return certificate, key


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


def nginx(folder: Path, port: int, listening: Path) -> list[str]:
    """Its command, and what it needs around the file."""
    certificate, key = certificate_in(folder)
    site = replaced(
        NGINX,
        ("listen 443 ssl;", f"listen 127.0.0.1:{port} ssl;"),
        ("listen 80;", f"listen 127.0.0.1:{free_port()};"),
        ("/run/bakeoff/bakeoff.sock", listening),
        (f"/etc/letsencrypt/live/{NAME}/fullchain.pem", certificate),
        (f"/etc/letsencrypt/live/{NAME}/privkey.pem", key),
        ("proxy_read_timeout 16m;", f"proxy_read_timeout {SHORT}s;"),
    )
    (folder / "site.conf").write_text(site, encoding="utf-8")
    places = "".join(
        f"{kind}_temp_path {folder / kind};\n"
        for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    # Whoever runs the tests owns the socket: nginx as root would drop to a user who may not connect.
    user = "user root;\n" if os.geteuid() == 0 else ""
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder / 'nginx.pid'};\nerror_log {folder / 'errors'};\n"
        f"events {{}}\nhttp {{\naccess_log off;\n{places}include {folder / 'site.conf'};\n}}\n",
        encoding="utf-8",
    )
    program = shutil.which("nginx") or "/usr/sbin/nginx"
    command = [program, "-p", str(folder), "-e", str(folder / "errors"), "-c", str(folder / "nginx.conf")]
    checked = subprocess.run([*command, "-t"], capture_output=True, text=True, check=False, timeout=60)
    assert checked.returncode == 0, checked.stderr
    assert "[warn]" not in checked.stderr, checked.stderr
    return command


def caddy(folder: Path, port: int, listening: Path) -> list[str]:
    certificate, key = certificate_in(folder)
    site = replaced(
        CADDY,
        # The certificate comes from a file, because nobody here can ask for one.
        (f"{NAME} {{\n", f"https://127.0.0.1:{port}, https://{NAME}:{port} {{\n\ttls {certificate} {key}\n"),
        ("/run/bakeoff/bakeoff.sock", listening),
        ("response_header_timeout 16m", f"response_header_timeout {SHORT}s"),
    )
    own = (
        "admin off",
        "grace_period 1s",
        "auto_https disable_redirects",
        f"storage file_system {folder}/caddy",
    )
    options = "{\n\t" + "\n\t".join(own) + "\n}\n"
    file = folder / "Caddyfile"
    file.write_text(options + site, encoding="utf-8")
    checked = subprocess.run(
        ["caddy", "validate", "--adapter", "caddyfile", "--config", str(DEPLOY / "Caddyfile")],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert checked.returncode == 0, checked.stderr
    return ["caddy", "run", "--adapter", "caddyfile", "--config", str(file)]


PROXIES: dict[str, Callable[[Path, int, Path], list[str]]] = {"nginx": nginx, "caddy": caddy}


@contextmanager
def behind(proxy: str, folder: Path) -> Iterator[Site]:
    listening, port = folder / "bakeoff.sock", free_port()
    environ = {
        "BAKEOFF_UNIX_SOCKET": str(listening),
        "BAKEOFF_TRUSTED_PROXIES": "unix",
        "BAKEOFF_PUBLIC_URL": f"https://{NAME}",
        "BAKEOFF_REGISTRATION": "open",
        "BAKEOFF_METRICS": "local",
    }
    command = PROXIES[proxy](folder, port, listening)
    said = folder / "said"
    with (
        running_bakeoff(folder, environ=environ),
        said.open("w") as log,
        subprocess.Popen(command, stdout=log, stderr=log) as process,
    ):
        try:
            site = Site(port, folder / "fullchain.pem", "")
            until_open(site, process, said)
            who = {"email": "ada@example.org", "password": "nine dry umbrellas"}
            with site.client as anybody:
                del anybody.headers["authorization"]
                token = anybody.post("/auth/register", json=who).json()["accessToken"]
            yield Site(port, folder / "fullchain.pem", token)
        finally:
            ended(process)


def until_open(site: Site, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while True:
        assert process.poll() is None, log.read_text()
        assert time.monotonic() < deadline, log.read_text()
        try:
            with socket.create_connection(("127.0.0.1", site.port), timeout=1):
                return
        except OSError:
            continue


@pytest.fixture(scope="module", params=PROXIES)
def site(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with behind(request.param, tmp_path_factory.mktemp(request.param)) as opened:
        yield opened


@pytest.fixture
def visitor(site: Site, monkeypatch: pytest.MonkeyPatch) -> Iterator[RoomClient]:
    monkeypatch.setenv("SSL_CERT_FILE", str(site.certificate))
    with RoomClient(site.url, site.token) as inside:
        yield inside


def made(client: httpx2.Client, *models: str) -> str:
    asked = {"prompt": "Why?", "modelIds": models}
    return str(client.post("/api/comparisons", json=asked).json()["sessionId"])


def test_a_room_is_joined_and_pieces_come_while_the_answer_is_given(site: Site, visitor: RoomClient) -> None:
    with site.client as client:
        session_id = made(client, ENDLESS)
        visitor.join(session_id)
        visitor.say("start_comparison", sessionId=session_id)
        for _ in range(3):
            visitor.until_type("model_chunk")
        assert client.get(f"/api/comparisons/{session_id}").json()["status"] == "in_progress"
        visitor.ask("stop_comparison", sessionId=session_id)
        visitor.until_type("comparison_complete", "comparison_error")


def test_events_over_http_come_one_by_one_and_outlive_the_patience_of_the_proxy(site: Site) -> None:
    """An answer at once, then silence but for the server's pings, for longer than the proxy waits."""
    with site.client as client:
        session_id = made(client, ENDLESS)
        with client.stream("GET", f"/api/comparisons/{session_id}/events") as stream:
            assert stream.status_code == 200
            lines = stream.iter_lines()
            assert '"type":"joined"' in until(lines, "data: ")
            client.post(f"/api/comparisons/{session_id}/start").raise_for_status()
            while '"type":"model_chunk"' not in until(lines, "data: "):
                pass
            assert client.get(f"/api/comparisons/{session_id}").json()["status"] == "in_progress"
            client.post(f"/api/comparisons/{session_id}/stop").raise_for_status()
            while '"type":"comparison_' not in until(lines, "data: "):
                pass
            quiet = time.monotonic()
            while time.monotonic() - quiet <= SHORT:
                until(lines, ":")


def until(lines: Iterator[str], prefix: str) -> str:
    return next(line for line in lines if line.startswith(prefix))


def test_the_server_knows_who_is_asking_and_by_which_name(site: Site) -> None:
    """With a cookie only our own page changes something: scheme and host have to be those of the browser."""
    with site.client as browser:
        del browser.headers["authorization"]
        who = {"email": "ada@example.org", "password": "nine dry umbrellas"}
        signed_in = browser.post("/auth/login", json=who, headers={"host": NAME})
        assert signed_in.status_code == 200
        assert "secure" in signed_in.headers["set-cookie"].lower()
        cookie = "; ".join(f"{each.name}={each.value}" for each in browser.cookies.jar)
        own = {"host": NAME, "origin": f"https://{NAME}", "cookie": cookie}
        other = own | {"origin": "https://elsewhere.example"}
        asked = {"prompt": "Why?", "modelIds": ["simulator/swift"]}
        assert browser.post("/api/comparisons", json=asked, headers=own).status_code == 201
        assert browser.post("/api/comparisons", json=asked, headers=other).status_code == 403


def test_figures_are_not_for_everybody_and_no_client_says_where_it_is_from(site: Site) -> None:
    with site.client as client:
        del client.headers["authorization"]
        for said in ({}, {"x-forwarded-for": "127.0.0.1"}, {"x-forwarded-for": ""}):
            assert client.get("/metrics", headers=said).status_code == 401
        forged = {"host": NAME, "x-forwarded-host": "evil.example"}
        assert client.get("/health", headers=forged).status_code == 200


def test_large_attachments_come_through(site: Site) -> None:
    largest = Settings.load({}).max_attachment_bytes
    with site.client as client:
        paper = b"%PDF-1.7\n" + bytes(largest - 9)
        taken = client.post("/api/attachments?name=long.pdf", content=paper)
        refused = client.post("/api/attachments?name=longer.pdf", content=paper + b"0")
    assert taken.status_code == 201, taken.text
    # By Bakeoff, in its own words, not by the proxy.
    assert (refused.status_code, refused.json()["statusCode"]) == (413, 413)


def test_proxies_give_up_an_idle_connection_before_the_server_does() -> None:
    """A request that is on its way while the server closes would come back as 502."""
    for file, idle in ((NGINX, r"\bkeepalive_timeout (\d+)s;"), (CADDY, r"\bkeepalive (\d+)s\b")):
        (seconds,) = re.findall(idle, file)
        assert float(seconds) < IDLE_AT_LEAST - 1


def test_http_is_sent_to_https() -> None:
    assert re.search(r"listen 80;\n.*\n\s+return 308 https://\$host\$request_uri;", NGINX)


def test_nginx_waits_longer_than_the_server_is_silent() -> None:
    """Seconds between two signs of life on a socket, and of an answer that is waited for as a whole."""
    times: list[Any] = re.findall(r"proxy_read_timeout (\d+)m;", NGINX)
    whole, on_socket = (int(minutes) * 60 for minutes in times)
    assert on_socket > PING_AFTER + PONG_WITHIN
    assert whole > 900
