"""Where flags may stand on a command line."""

import argparse
from collections.abc import Callable

import pytest

from backend.cli import add_keys_arguments, add_user_arguments
from backend.settings import given_flags


@pytest.mark.parametrize(
    ("describe", "deed"),
    [(add_user_arguments, ["list"]), (add_user_arguments, ["add", "a@b"]), (add_keys_arguments, ["rotate"])],
)
def test_flags_stand_before_the_deed_or_behind_it(
    describe: Callable[[argparse.ArgumentParser], None], deed: list[str]
) -> None:
    parser = argparse.ArgumentParser()
    describe(parser)
    flags = ["--data-dir", "here", "--config", "my.toml"]
    for typed in ([*flags, *deed], [*deed, *flags], [*flags[:2], *deed, *flags[2:]]):
        options = parser.parse_args(typed)
        assert (given_flags(options), options.config) == ({"data_dir": "here"}, "my.toml")
    assert (given_flags(parser.parse_args(deed)), parser.parse_args(deed).config) == ({}, None)
