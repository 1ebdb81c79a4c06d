import signal
import socket
import subprocess
import sys
from pathlib import Path

import httpx2
import pytest

from tests.support.environments import clean_environment

COMMAND = (sys.executable, "-m", "backend", "simulate")


def test_the_simulator_runs_alone_says_where_it_is_and_ends_on_a_signal(tmp_path: Path) -> None:
    process = subprocess.Popen(
        (*COMMAND, "--port", "0"),
        cwd=tmp_path,
        env=clean_environment({}),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        where, listening = process.stdout.readline(), process.stdout.readline()
        url = listening.split()[-1]
        body = {"model": "swift@ttft:0@pace:0", "messages": [{"role": "user", "content": "Hello"}]}
        answer = httpx2.post(f"{url}/openai/v1/chat/completions", json=body).json()
    finally:
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=20)

    assert f"{url}/openai/v1" in where
    assert f"{url}/anthropic" in where
    assert "simulated" in answer["choices"][0]["message"]["content"]
    assert (process.returncode, errors) == (0, "")


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = subprocess.run(
            (*COMMAND, "--port", str(port)),
            cwd=tmp_path,
            env=clean_environment({}),
            capture_output=True,
            text=True,
            timeout=20,
            check=False,
        )
    assert done.returncode == 2
    assert done.stderr == f"bakeoff: cannot listen on 127.0.0.1:{port}: Address already in use\n"


@pytest.mark.parametrize("port", ["70000", "x"])
def test_a_port_that_is_none_is_refused(tmp_path: Path, port: str) -> None:
    done = subprocess.run(
        (*COMMAND, "--port", port),
        cwd=tmp_path,
        env=clean_environment({}),
        capture_output=True,
        text=True,
        timeout=20,
        check=False,
    )
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
