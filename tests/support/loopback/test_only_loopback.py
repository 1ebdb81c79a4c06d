import asyncio
import json
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests.support.environments import clean_environment
from tests.support.loopback.only_loopback import OnlyLoopbackError, refuse_address, refuse_name

FOLDER = Path(__file__).parent
OUTSIDE = "192.0.2.1"  # reserved for documentation: it is nobody's
NAME = "provider.invalid"  # reserved, too: nobody can be called so

# Prints what became of every way out.
ATTEMPTS = f"""
import asyncio, json, logging, socket, sys
import aiohttp, uvloop

logging.disable()
results = {{}}

async def attempt(name, way_out):
    try:
        await asyncio.wait_for(way_out, 20)
        results[name] = "went through"
    except BaseException as error:
        results[name] = f"{{type(error).__name__}}: {{error}}"

async def get(url):
    async with aiohttp.ClientSession() as session, session.get(url):
        pass

async def datagram(loop, **addresses):
    transport, _ = await loop.create_datagram_endpoint(asyncio.DatagramProtocol, **addresses)
    transport.close()

async def connect(loop, address):
    with socket.socket() as plain:
        plain.setblocking(False)
        await loop.sock_connect(plain, address)

async def main():
    loop = asyncio.get_running_loop()
    for host in ("{OUTSIDE}", "{NAME}"):
        await attempt(f"aiohttp {{host}}", get(f"http://{{host}}:9/"))
        await attempt(f"create_connection {{host}}", loop.create_connection(asyncio.Protocol, host, 9))
        await attempt(f"open_connection {{host}}", asyncio.open_connection(host, 9, ssl=True))
        await attempt(f"sock_connect {{host}}", connect(loop, (host, 9)))
        await attempt(f"datagram {{host}}", datagram(loop, remote_addr=(host, 9)))
    await attempt("getaddrinfo {NAME}", loop.getaddrinfo("{NAME}", 9))

def blocking(name, way_out):
    try:
        way_out()
        results[name] = "went through"
    except Exception as error:
        results[name] = f"{{type(error).__name__}}: {{error}}"

with socket.socket() as stream:
    stream.settimeout(5)
    blocking("connect {OUTSIDE}", lambda: stream.connect(("{OUTSIDE}", 9)))
with socket.socket() as stream:
    stream.settimeout(5)
    blocking("connect_ex {OUTSIDE}", lambda: stream.connect_ex(("{OUTSIDE}", 9)))
blocking("create_connection {NAME} by hand", lambda: socket.create_connection(("{NAME}", 9), 5))
with socket.socket(type=socket.SOCK_DGRAM) as datagrams:
    blocking("sendto {OUTSIDE}", lambda: datagrams.sendto(b"x", ("{OUTSIDE}", 9)))
    blocking("sendmsg {OUTSIDE}", lambda: datagrams.sendmsg([b"x"], [], 0, ("{OUTSIDE}", 9)))
blocking("gethostbyname {NAME}", lambda: socket.gethostbyname("{NAME}"))
(uvloop.run if sys.argv[1] == "uvloop" else asyncio.run)(main())
print(json.dumps(results))
"""

# A server and its clients on loopback, in every form of its address.
AT_HOME = """
import asyncio, sys, tempfile
import aiohttp, uvloop
from aiohttp import web

async def main():
    app = web.Application()
    app.router.add_get("/", lambda request: asyncio.sleep(0, web.Response(text="at home")))
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = site._server.sockets[0].getsockname()[1]
    unix = tempfile.mkdtemp() + "/socket"
    await web.UnixSite(runner, unix).start()
    for host in ("127.0.0.1", "localhost", "0.0.0.0"):
        async with aiohttp.ClientSession() as session, session.get(f"http://{host}:{port}/") as response:
            print(await response.text())
    async with aiohttp.ClientSession(connector=aiohttp.UnixConnector(unix)) as session:
        async with session.get("http://any/") as response:
            print(await response.text())
    transport, _ = await asyncio.get_running_loop().create_datagram_endpoint(
        asyncio.DatagramProtocol, local_addr=("127.0.0.1", 0)
    )
    transport.close()
    await runner.cleanup()

(uvloop.run if sys.argv[1] == "uvloop" else asyncio.run)(main())
"""


def run(code: str, *arguments: str, path: tuple[Path, ...] = (FOLDER,)) -> str:
    environment = clean_environment({"PYTHONPATH": ":".join(map(str, path))})
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments],
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module", params=["asyncio", "uvloop"])
def attempts(request: pytest.FixtureRequest) -> dict[str, str]:
    return json.loads(run(ATTEMPTS, request.param))


def test_a_process_of_a_test_gets_out_in_no_way(attempts: dict[str, str]) -> None:
    assert len(attempts) == 17
    assert {way for way, result in attempts.items() if not result.startswith("OnlyLoopbackError")} == set()


def test_whoever_is_refused_is_told_where_it_wanted_to_go(attempts: dict[str, str]) -> None:
    assert [way for way, result in attempts.items() if way.split()[1] not in result] == []


@pytest.mark.parametrize("loop", ["asyncio", "uvloop"])
def test_a_process_of_a_test_reaches_loopback_in_every_form(loop: str) -> None:
    assert run(AT_HOME, loop).split("\n") == ["at home"] * 4 + [""]


def test_a_process_that_such_a_process_starts_is_fenced_too() -> None:
    inner = f"import socket; socket.create_connection(('{OUTSIDE}', 9), 5)"
    outer = (
        f"import subprocess, sys; print(subprocess.run([sys.executable, '-c', {inner!r}], stderr=-1).stderr)"
    )
    assert f"tests reach loopback only, not {OUTSIDE}:9" in run(outer)


def test_uvloop_is_fenced_also_where_it_was_imported_before(tmp_path: Path) -> None:
    code = f"""
import uvloop, asyncio, sys
sys.path.insert(0, {str(FOLDER)!r})
import only_loopback
only_loopback.install()
try:
    uvloop.run(asyncio.open_connection({OUTSIDE!r}, 9))
except RuntimeError as error:
    print(error)
"""
    assert run(code, path=(tmp_path,)) == f"tests reach loopback only, not {OUTSIDE}:9\n"


def test_another_sitecustomize_is_run_too(tmp_path: Path) -> None:
    (tmp_path / "sitecustomize.py").write_text("import sys; sys.other_was_here = True")
    code = f"import socket, sys; print(sys.other_was_here); socket.gethostbyname('{NAME}')"
    with pytest.raises(AssertionError, match=f"{NAME} is not looked up"):
        run(code, path=(FOLDER, tmp_path))
    assert run("import sys; print(sys.other_was_here)", path=(FOLDER, tmp_path)) == "True\n"


@pytest.mark.parametrize("url", [f"http://{OUTSIDE}/", f"https://{NAME}/v1/models"])
def test_the_tests_own_process_is_fenced(url: str) -> None:
    with pytest.raises(OnlyLoopbackError, match=httpx2.URL(url).host):
        httpx2.get(url, timeout=5, trust_env=False)


async def test_the_tests_own_process_reaches_loopback() -> None:
    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 7\r\nconnection: close\r\n\r\nat home")
        writer.close()
        await writer.wait_closed()

    async with await asyncio.start_server(answer, "127.0.0.1") as server:
        port = server.sockets[0].getsockname()[1]
        async with httpx2.AsyncClient(trust_env=False) as client:
            for host in ("127.0.0.1", "localhost"):
                assert (await client.get(f"http://{host}:{port}/")).text == "at home"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "localhost", "", "0.0.0.0", "::", b"localhost"],
    ids=repr,
)
def test_here_is_reached(host: str | bytes) -> None:
    refuse_address((host, 80))
    refuse_name(host)


@pytest.mark.parametrize(
    "host", ["8.8.8.8", "10.0.0.1", "169.254.169.254", "2001:db8::1", "::ffff:8.8.8.8", "fe80::1%eth0"]
)
def test_an_address_elsewhere_is_resolved_but_not_reached(host: str) -> None:
    refuse_name(host)
    with pytest.raises(OnlyLoopbackError):
        refuse_address((host, 80))


@pytest.mark.parametrize(
    "host",
    ["example.com", b"example.com", "localhost.example.com", "127.1", "2130706433", "127.0.0.1.example"],
    ids=repr,
)
def test_a_name_is_neither_resolved_nor_reached(host: str | bytes) -> None:
    with pytest.raises(OnlyLoopbackError):
        refuse_name(host)
    with pytest.raises(OnlyLoopbackError):
        refuse_address((host, 80))


def test_a_socket_that_is_no_internet_socket_is_free(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind(str(tmp_path / "socket"))
        server.listen()
        client.connect(str(tmp_path / "socket"))
