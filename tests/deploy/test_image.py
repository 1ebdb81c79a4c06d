"""The Containerfile. No image can be built in a test, so its parts are tried one by one."""

import fnmatch
import json
import os
import re
import shlex
import shutil
import socket
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.deploy.checkout import ROOT, read, settings_of
from tests.support.bakeoff import running_bakeoff

TEXT = read("Containerfile")
# One instruction a line.
INSTRUCTIONS = [
    tuple(line.split(maxsplit=1))
    for line in re.sub(r"\\\n\s*", "", TEXT).splitlines()
    if line.strip() and not line.startswith("#")
]
KNOWN = {
    "FROM",
    "WORKDIR",
    "COPY",
    "RUN",
    "ENV",
    "USER",
    "VOLUME",
    "EXPOSE",
    "STOPSIGNAL",
    "HEALTHCHECK",
    "ENTRYPOINT",
    "CMD",
}


def all_of(instruction: str) -> list[str]:
    return [rest for word, rest in INSTRUCTIONS if word == instruction]


def one(instruction: str) -> str:
    (rest,) = all_of(instruction)
    return rest


def environment() -> dict[str, str]:
    return dict(part.split("=", 1) for part in shlex.split(one("ENV")))


def ignored(path: str) -> bool:
    """As a builder reads .dockerignore: the last line that fits decides."""
    result = False
    for line in (ROOT / ".dockerignore").read_text(encoding="utf-8").splitlines():
        pattern = line.strip().removeprefix("!")
        if not pattern or pattern.startswith("#"):
            continue
        variants = (pattern, pattern.removeprefix("**/"))
        parents = ["/".join(path.split("/")[: end + 1]) for end in range(path.count("/") + 1)]
        names = [path.rsplit("/", 1)[-1]] if pattern.startswith("**/") else []
        if any(fnmatch.fnmatchcase(each, variant) for each in (*parents, *names) for variant in variants):
            result = not line.startswith("!")
    return result


def test_only_known_instructions_and_the_last_stage_is_slim() -> None:
    assert {word for word, _ in INSTRUCTIONS} <= KNOWN
    stages = all_of("FROM")
    assert [stage.partition(" AS ")[2] for stage in stages] == ["page", "program", ""]
    for stage in stages:
        image = stage.partition(" ")[0]
        assert re.fullmatch(r"docker\.io/library/(node|python):\d[\w.]*-slim[\w-]*", image), image
    # A virtual environment runs where it was made: with the same Python.
    assert len({stage.partition(" ")[0] for stage in stages[1:]}) == 1


def test_what_is_copied_is_there_and_reaches_the_builder() -> None:
    sources = [part for rest in all_of("COPY") if "--from=" not in rest for part in rest.split()[:-1]]
    assert sorted(sources) == sorted(
        [
            "frontend/package.json",
            "frontend/package-lock.json",
            "frontend",
            "requirements/run.txt",
            "pyproject.toml",
            "README.md",
            "backend",
            "migrations",
        ]
    )
    for source in sources:
        assert (ROOT / source).exists(), source
        assert not ignored(source), source
    for inside in ("backend/app.py", "frontend/src/app.d.ts", "migrations/env.py"):
        assert not ignored(inside), inside


@pytest.mark.parametrize(
    "path",
    [
        ".git",
        ".env",
        "deploy/.env",
        "data/secret.key",
        "data/bakeoff.db",
        "bakeoff.toml",
        "tests/conftest.py",
        "frontend/node_modules/vite/package.json",
        "frontend/dist/index.html",
        "backend/web/dist/index.html",
        "backend/__pycache__/app.cpython-311.pyc",
        ".venv/bin/python",
    ],
)
def test_secrets_data_and_what_is_built_stay_outside(path: str) -> None:
    assert ignored(path)


def test_packages_come_by_the_lock_alone() -> None:
    installs = [rest for rest in all_of("RUN") if "pip install" in rest]
    assert len(installs) == 2
    for each in installs:
        assert "--require-hashes --requirement requirements/run.txt" in each or "--no-deps" in each
    assert any("npm ci" in rest for rest in all_of("RUN"))
    apt = next(rest for rest in all_of("RUN") if "apt-get" in rest)
    assert "--no-install-recommends libuv1" in apt
    assert "rm -rf /var/lib/apt/lists/*" in apt


def test_it_runs_as_nobody_in_particular_and_keeps_only_its_data() -> None:
    user, _, group = one("USER").partition(":")
    assert int(user) > 0
    assert int(group) > 0
    assert f"--uid {user}" in TEXT
    assert one("VOLUME") == environment()["BAKEOFF_DATA_DIR"] == all_of("WORKDIR")[-1]
    assert one("STOPSIGNAL") == "SIGTERM"
    assert json.loads(one("ENTRYPOINT")) == ["bakeoff"]
    assert json.loads(one("CMD")) == ["serve"]
    order = [word for word, _ in INSTRUCTIONS]
    assert order.index("USER") > max(place for place, word in enumerate(order) if word == "RUN")


def test_what_is_copied_makes_a_package_with_the_page_and_the_migrations_inside(tmp_path: Path) -> None:
    """The last steps of the stage that makes the program, on the files that it copies, with another page."""
    source = tmp_path / "source"
    for path in ("pyproject.toml", "README.md"):
        source.mkdir(exist_ok=True)
        shutil.copy(ROOT / path, source)
    for path in ("backend", "migrations"):
        shutil.copytree(ROOT / path, source / path, ignore=shutil.ignore_patterns("__pycache__", "dist"))
    page = source / next(rest for rest in all_of("COPY") if "--from=page" in rest).split()[-1]
    page.mkdir()
    (page / "index.html").write_text("<!doctype html>")
    subprocess.run(
        [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "."],
        cwd=source,
        check=True,
        capture_output=True,
        timeout=300,
    )
    (wheel,) = source.glob("bakeoff-*.whl")
    with zipfile.ZipFile(wheel) as package:
        inside = set(package.namelist())
    assert {"backend/web/dist/index.html", "backend/app.py", "migrations/env.py"} <= inside
    assert any(name.startswith("migrations/versions/") for name in inside)
    assert not [name for name in inside if name.startswith(("tests/", "frontend/"))]


def test_its_settings_are_settings() -> None:
    settings = settings_of(environment())
    assert (settings.host, settings.port) == ("0.0.0.0", int(one("EXPOSE")))


def health_check(port: int) -> int:
    """Runs it as the builder wrote it down; its status."""
    command = json.loads(one("HEALTHCHECK").partition("CMD ")[2])
    assert command[0] == "python"
    environ = {"PATH": os.environ["PATH"], "BAKEOFF_PORT": str(port)}
    done = subprocess.run(
        [sys.executable, *command[1:]], env=environ, capture_output=True, check=False, timeout=20
    )
    return done.returncode


def test_the_health_check_tells_a_running_server_from_none(tmp_path: Path) -> None:
    with running_bakeoff(tmp_path, "--host", "0.0.0.0") as bakeoff:
        port = int(bakeoff.url.rpartition(":")[2])
        assert health_check(port) == 0
    with socket.create_server(("127.0.0.1", 0)) as silent:
        assert health_check(silent.getsockname()[1]) != 0
    assert health_check(port) != 0


def test_the_program_runs_where_only_its_data_can_be_written(tmp_path: Path) -> None:
    """A checkout that nobody may write to stands for the image's root file system."""
    environ = {key: value for key, value in environment().items() if key.startswith("PYTHON")}
    environ["BAKEOFF_DATA_DIR"] = str(tmp_path / "data")
    before = {path for path in (ROOT / "backend").rglob("*") if "__pycache__" not in path.parts}
    with running_bakeoff(tmp_path, environ=environ) as bakeoff:
        assert bakeoff.terminate() == 0
    after = {path for path in (ROOT / "backend").rglob("*") if "__pycache__" not in path.parts}
    assert after == before
    assert {path.name for path in tmp_path.iterdir()} == {"data", "log"}
