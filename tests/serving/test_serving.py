"""What a user meets who starts the server."""

import os
import resource
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests.support.bakeoff import refused, running_bakeoff
from tests.support.environments import clean_environment
from tests.support.postgres import Postgres, running_postgres


@pytest.fixture(params=["native", "portable"])
def server(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def test_an_empty_folder_becomes_a_running_server(tmp_path: Path, server: str) -> None:
    with running_bakeoff(tmp_path, "--server", server) as bakeoff:
        health = httpx2.get(f"{bakeoff.url}/health/detailed").json()
        assert (health["status"], health["database"]["kind"]) == ("ok", "sqlite")
        assert (tmp_path / "data" / "bakeoff.db").is_file()
        assert bakeoff.terminate() == 0
        started = next(line for line in bakeoff.log() if line["event"] == "server.started")
        assert (started["server"], started["reason"]) == (server, "it was asked for")


def test_the_same_runs_on_postgresql_by_url_alone(tmp_path: Path, server: str, postgres: Postgres) -> None:
    environ = {"DATABASE_URL": postgres.tcp_url(postgres.create())}
    for _ in range(2):  # the second start finds everything in place
        with running_bakeoff(tmp_path, "--server", server, environ=environ) as bakeoff:
            health = httpx2.get(f"{bakeoff.url}/health/detailed").json()
            assert (health["status"], health["database"]["kind"]) == ("ok", "postgresql")
            assert bakeoff.terminate() == 0
    assert not (tmp_path / "data" / "bakeoff.db").exists()


def test_the_page_and_the_api_answer_by_what_is_asked_for(tmp_path: Path, server: str) -> None:
    with (
        running_bakeoff(tmp_path, "--server", server) as bakeoff,
        httpx2.Client(base_url=bakeoff.url) as client,
    ):
        assert client.get("/").json()["service"] == "bakeoff"
        page = client.get("/", headers={"accept": "text/html"})
        assert page.headers["content-type"].startswith("text/html")
        assert client.head("/", headers={"accept": "text/html"}).headers["content-length"]
        missing = client.get("/api/nothing", headers={"accept": "text/html"})
        assert (missing.status_code, missing.json()["code"]) == (404, "not_found")
        assert client.get("/metrics").text.startswith("# HELP")


def test_a_body_over_the_limit_is_refused_in_the_words_of_every_error(tmp_path: Path, server: str) -> None:
    with running_bakeoff(tmp_path, "--server", server, "--max-body-bytes", "1000") as bakeoff:
        answer = httpx2.post(f"{bakeoff.url}/health", content=b"x" * 5000)
        assert answer.status_code in {405, 413}
        assert answer.json()["requestId"] == answer.headers["x-request-id"]


def test_a_database_that_goes_is_503_and_comes_back_without_a_restart(tmp_path: Path) -> None:
    with running_postgres() as postgres:
        environ = {"DATABASE_URL": postgres.url("postgres")}
        with running_bakeoff(tmp_path, environ=environ) as bakeoff:
            assert httpx2.get(f"{bakeoff.url}/health/detailed").status_code == 200
            postgres.stop()
            gone = httpx2.get(f"{bakeoff.url}/health/detailed", timeout=10)
            assert (gone.status_code, gone.json()["database"]["status"]) == (503, "unavailable")
            assert httpx2.get(f"{bakeoff.url}/health").status_code == 200
            postgres.start()
            assert httpx2.get(f"{bakeoff.url}/health/detailed", timeout=10).status_code == 200


@pytest.mark.parametrize(
    ("flags", "environ", "words"),
    [
        (["--port", "many"], {}, "--port"),
        ([], {"BAKEOFF_PROT": "9000"}, "BAKEOFF_PROT"),
        ([], {"DATABASE_URL": "mysql://me:secret-word@host/db"}, "DATABASE_URL"),
        (["--data-dir", "/proc/nothing"], {}, "the data directory /proc/nothing is not writable"),
        (["--tls-certificate", "none.pem", "--tls-key", "none.pem"], {}, "cannot read the TLS certificate"),
    ],
    ids=["invalid value", "unknown variable", "unknown database", "data directory", "certificate"],
)
def test_what_cannot_work_is_said_in_one_line_with_exit_2(
    tmp_path: Path, flags: list[str], environ: dict[str, str], words: str
) -> None:
    code, lines = refused(tmp_path, *flags, environ=environ)
    assert code == 2
    assert len(lines) == 1
    assert words in lines[0]
    assert "secret-word" not in lines[0]


def test_a_port_in_use_is_said_in_one_line_with_exit_2(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        code, lines = refused(tmp_path, "--port", str(taken.getsockname()[1]))
    assert code == 2
    assert len(lines) == 1
    assert "is in use" in lines[0]


def test_without_the_native_library_the_portable_server_runs_and_says_why(tmp_path: Path) -> None:
    """A folder that hides uvloop stands for a machine that has none."""
    hiding = tmp_path / "hiding"
    hiding.mkdir()
    (hiding / "uvloop.py").write_text("raise ImportError('hidden')\n")
    path = os.pathsep.join([str(hiding), str(Path(__file__).parents[2])])
    with running_bakeoff(tmp_path, environ={"PYTHONPATH": path}) as bakeoff:
        assert httpx2.get(f"{bakeoff.url}/health").status_code == 200
        assert bakeoff.terminate() == 0
        started = next(line for line in bakeoff.log() if line["event"] == "server.started")
        assert started["server"] == "portable"
        assert "uvloop" in started["reason"]


def test_the_limit_of_open_files_is_raised_to_what_is_allowed(tmp_path: Path) -> None:
    with running_bakeoff(tmp_path) as bakeoff:
        soft, hard = resource.prlimit(bakeoff.process.pid, resource.RLIMIT_NOFILE)
        assert soft == hard


def test_no_key_reaches_the_log_or_an_answer(tmp_path: Path) -> None:
    environ = {"OPENAI_API_KEY": "sk-CANARY-0123456789", "BAKEOFF_LOG_LEVEL": "debug"}
    with running_bakeoff(tmp_path, environ=environ) as bakeoff:
        headers = {"authorization": "Bearer CANARY-token-0123456789"}
        answers = [
            httpx2.get(f"{bakeoff.url}{path}?api_key=sk-CANARY-0123456789", headers=headers).text
            for path in (
                "/",
                "/health/detailed",
                "/api/info",
                "/metrics",
                "/api/none",
                "/schema/openapi.json",
            )
        ]
        bakeoff.terminate()
        assert "CANARY" not in "".join(answers)
        assert "CANARY" not in (tmp_path / "log").read_text()


def test_help_lists_every_setting_with_its_default() -> None:
    command = (sys.executable, "-m", "backend", "serve", "--help")
    text = subprocess.run(
        command, capture_output=True, text=True, check=True, env=clean_environment({})
    ).stdout
    for expected in (
        "--host",
        "BAKEOFF_HOST",
        "127.0.0.1",
        "DATABASE_URL",
        "OPENAI_API_KEY",
        "--drain-seconds",
    ):
        assert expected in text
