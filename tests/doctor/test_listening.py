"""What serves: which server, where, with which certificate, for how many sockets."""

import asyncio
import resource
import socket
import subprocess
import sys
import threading
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from backend.doctor import listening, presence
from tests.doctor.patients import found, one
from tests.support.bakeoff import running_bakeoff
from tests.support.environments import clean_environment


def test_which_server_would_be_taken_is_said() -> None:
    assert one({}, listening.chosen).found == "the native server would be taken: its library loads here"
    portable = one({"BAKEOFF_SERVER": "portable"}, listening.chosen)
    assert portable.found == "the portable server would be taken: it was asked for"
    tls = {"BAKEOFF_TLS_CERTIFICATE": "c", "BAKEOFF_TLS_KEY": "k"}
    assert "does not speak TLS" in one(tls, listening.chosen).found
    assert one({**tls, "BAKEOFF_SERVER": "native"}, listening.chosen).state == "problem"


def test_a_port_is_free_or_held_by_a_stranger() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        environ = {"BAKEOFF_PORT": str(taken.getsockname()[1])}
        threading.Thread(target=_be_rude, args=(taken,), daemon=True).start()
        assert "another program holds" in one(environ, listening.port).found
    with socket.socket() as kept:  # so that nobody else is given that port meanwhile
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        free = one({"BAKEOFF_PORT": str(kept.getsockname()[1])}, listening.port)
    assert (free.state, "is free" in free.found) == ("ok", True)
    assert one({"BAKEOFF_HOST": "203.0.113.1"}, listening.port).state == "problem"


def _be_rude(listener: socket.socket) -> None:
    connection, _ = listener.accept()
    with connection:
        connection.recv(1000)
        connection.sendall(b"SSH-2.0-nothing\r\n")


@pytest.mark.parametrize("how", ["port", "everywhere", "hosts", "unix", "portable"])
def test_a_bakeoff_that_runs_is_known_however_it_listens(tmp_path: Path, how: str) -> None:
    environ = {
        "port": {},
        "everywhere": {"BAKEOFF_HOST": "0.0.0.0"},
        "hosts": {"BAKEOFF_ALLOWED_HOSTS": "a.example"},
        "unix": {"BAKEOFF_UNIX_SOCKET": str(tmp_path / "s")},
        "portable": {"BAKEOFF_SERVER": "portable"},
    }[how]
    with running_bakeoff(tmp_path, environ=environ) as bakeoff:
        there = environ if how == "unix" else {**environ, "BAKEOFF_PORT": bakeoff.url.rpartition(":")[2]}
        assert one(there, listening.port).found.startswith("a Bakeoff")
        assert bakeoff.terminate() == 0


def test_a_socket_that_a_killed_server_left_is_left_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "s"
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(str(path))
    environ = {"BAKEOFF_UNIX_SOCKET": str(path)}
    assert one(environ, listening.port).state == "ok"
    assert path.is_socket()
    path.unlink()
    path.write_text("a file")
    assert "not a socket" in one(environ, listening.port).found
    assert one({"BAKEOFF_UNIX_SOCKET": str(tmp_path / "no" / "s")}, listening.port).state == "problem"


def certificate(folder: Path, days: int) -> dict[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(datetime.now(UTC) - timedelta(days=100))
        .not_valid_after(datetime.now(UTC) + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    (folder / "key.pem").write_bytes(key.private_bytes(serialization.Encoding.PEM, *form))
    (folder / "cert.pem").write_bytes(made.public_bytes(serialization.Encoding.PEM))
    return {
        "BAKEOFF_TLS_CERTIFICATE": str(folder / "cert.pem"),
        "BAKEOFF_TLS_KEY": str(folder / "key.pem"),
    }


def test_a_certificate_is_good_for_a_while(tmp_path: Path) -> None:
    for days, state in ((90, "ok"), (5, "note"), (-1, "problem")):
        assert one(certificate(tmp_path, days), listening.certificate).state == state
    (tmp_path / "cert.pem").write_text("nothing")
    environ = {
        "BAKEOFF_TLS_CERTIFICATE": str(tmp_path / "cert.pem"),
        "BAKEOFF_TLS_KEY": str(tmp_path / "key.pem"),
    }
    assert one(environ, listening.certificate).state == "problem"
    assert found({}, listening.certificate) == []


LOOKING = """
import asyncio, resource, sys
resource.setrlimit(resource.RLIMIT_NOFILE, (int(sys.argv[1]), int(sys.argv[1])))
from backend.doctor.listening import open_files
print(asyncio.run(open_files(None))[0].state)
"""


@pytest.mark.parametrize(("most", "state"), [(1024, "problem"), (1200, "ok")])
def test_a_thousand_sockets_need_as_many_files(most: int, state: str) -> None:
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 1200
    done = subprocess.run(
        [sys.executable, "-c", LOOKING, str(most)],
        env=clean_environment({}),
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == state


async def test_a_connection_that_meets_itself_is_nobody() -> None:
    with socket.socket() as alone:
        alone.bind(("127.0.0.1", 0))
        alone.connect(alone.getsockname())
        _, writer = await asyncio.open_connection(sock=alone)
        assert presence._is_ourselves(writer)
        writer.transport.abort()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        _, writer = await asyncio.open_connection(*listener.getsockname())
        assert not presence._is_ourselves(writer)
        writer.transport.abort()
