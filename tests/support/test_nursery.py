"""What a nursery gives birth to is what a shell would start."""

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from tests.support.environments import clean_environment
from tests.support.nursery import born


@pytest.fixture
def errors(tmp_path: Path) -> Iterator[IO[str]]:
    with (tmp_path / "errors").open("w") as file:
        yield file


def test_words_output_and_end_are_its_own(tmp_path: Path, errors: IO[str]) -> None:
    asking = born(["serve", "--help"], tmp_path, clean_environment({}), errors)
    refused = born(["serve", "--port", "far"], tmp_path, clean_environment({}), errors)
    with asking.stdout as said:
        assert said.read().startswith("usage: bakeoff serve")
    with refused.stdout as nothing:
        assert nothing.read() == ""
    assert (asking.wait(20), refused.wait(20)) == (0, 2)
    assert "far" in (tmp_path / "errors").read_text()


def test_its_environment_and_its_folder_are_its_own(tmp_path: Path, errors: IO[str]) -> None:
    (tmp_path / "bakeoff.toml").write_text("nothing = true")
    for environ, wrong in (({}, "nothing"), ({"BAKEOFF_PORT": "far"}, "BAKEOFF_PORT")):
        refused = born(["serve"], tmp_path, clean_environment(environ), errors)
        refused.stdout.close()
        assert refused.wait(20) == 2
        assert wrong in (tmp_path / "errors").read_text()


def test_one_that_lives_is_waited_for_in_vain_and_killed_it_is_gone(tmp_path: Path, errors: IO[str]) -> None:
    server = born(["serve", "--port", "0"], tmp_path, clean_environment({}), errors)
    with server.stdout as said:
        assert said.readline().startswith("Bakeoff is listening on ")
        with pytest.raises(subprocess.TimeoutExpired):
            server.wait(0.1)
        assert server.poll() is None
        server.kill()
        assert server.wait(20) == server.returncode == -9
        assert said.read().count("\n") == 1  # the owner's link; it ends there, for nobody else holds it
    server.kill()  # it is gone: nothing happens
