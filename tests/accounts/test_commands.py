"""`bakeoff user …`, also beside a server that writes into the same database."""

import argparse
import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import text

from backend.accounts import actions, arguments, audit, commands, links, users
from backend.accounts.commands import UserCommandRefused
from backend.accounts.passwords import Passwords
from backend.accounts.users import User
from backend.kit import clock
from backend.kit.db import Database
from tests.accounts.people import NOW, VISIT, somebody
from tests.support.environments import clean_environment

GOOD = "correct horse"
URL = "http://127.0.0.1:8000"


async def run(database: Database, *typed: str, password: str = GOOD) -> str:
    parser = argparse.ArgumentParser()
    arguments.add_arguments(parser)
    command = arguments.parsed(parser.parse_args(typed))
    return await commands.carry_out(database, command, base_url=URL, read_password=lambda: password)


async def found(database: Database, email: str) -> User:
    async with database.reading() as db:
        user = await users.by_email(db, email)
    assert user is not None
    return user


def secret_in(said: str) -> str:
    return said.rpartition("#password=")[2].strip()


async def test_the_first_account_is_an_owner_and_the_others_are_members(database: Database) -> None:
    assert (await run(database, "add", "Ada@example.org")).startswith("ada@example.org is owner.\n")
    assert (await run(database, "add", "bob@example.org")).startswith("bob@example.org is member.\n")
    await run(database, "add", "eve@example.org", "--role", "viewer", "--name", "Eve")
    eve = await found(database, "eve@example.org")
    assert (eve.role, eve.name, eve.has_password) == ("viewer", "Eve", False)


async def test_the_link_that_is_printed_sets_a_password(database: Database) -> None:
    for typed in (["add", "ada@example.org"], ["reset-password", "ada@example.org"]):
        said = await run(database, *typed)
        assert f"{URL}/#password=" in said
        async with database.transaction() as db:
            link = await links.use(db, secret_in(said), "password", clock.now())
        assert link.user_id == (await found(database, "ada@example.org")).id


async def test_a_password_that_is_typed_is_hashed_and_not_printed(database: Database) -> None:
    said = await run(database, "add", "ada@example.org", "--password")
    said += await run(database, "reset-password", "ada@example.org", "--password", password="battery staple")
    assert "http" not in said
    assert "battery" not in said
    async with database.reading() as db:
        stored = await users.password_hash(db, (await found(database, "ada@example.org")).id)
        written = str(await audit.page(db))
    passwords = Passwords()
    assert await passwords.verify(stored, "battery staple")
    passwords.close()
    assert "battery" not in written


async def test_a_new_password_and_disabling_sign_out(database: Database) -> None:
    await somebody(database, "owner@example.org", "owner")
    ada = await somebody(database)
    for typed in (["reset-password", "ada@example.org", "--password"], ["disable", "ada@example.org"]):
        async with database.transaction() as db:
            await actions.sign_in(db, ada, VISIT, NOW)
        await run(database, *typed)
        async with database.reading() as db:
            left = await db.scalar(text("SELECT count(*) FROM devices WHERE revoked_at IS NULL"))
        assert left == 0
    assert not (await found(database, "ada@example.org")).enabled
    await run(database, "enable", "ada@example.org")
    assert (await found(database, "ada@example.org")).enabled


async def test_a_list_shows_everybody(database: Database) -> None:
    assert await run(database, "list") == "Nobody has an account yet.\n"
    for number in range(105):
        await somebody(database, f"user{number}@example.org")
    await run(database, "disable", "user3@example.org")
    lines = (await run(database, "list")).splitlines()
    assert len(lines) == 105
    assert lines[3].split() == [
        "user3@example.org",
        "member",
        "disabled",
        "no",
        "password",
        "since",
        "2026-11-21",
    ]


async def test_somebody_can_be_promoted(database: Database) -> None:
    await somebody(database)
    assert await run(database, "promote", "ada@example.org") == "ada@example.org is owner.\n"
    assert (await found(database, "ada@example.org")).role == "owner"


@pytest.mark.parametrize(
    ("typed", "why"),
    [
        (["disable", "nobody@example.org"], "nobody has the address"),
        (["disable", "owner@example.org"], "last owner"),
        (["promote", "owner@example.org", "--role", "member"], "last owner"),
        (["add", "owner@example.org"], "There is an account"),
        (["add", "not an address"], "not an e-mail address"),
        (["add", "bob@example.org", "--password"], "At least 8 characters"),
    ],
)
async def test_what_cannot_be_done_is_said_in_a_line(database: Database, typed: list[str], why: str) -> None:
    await somebody(database, "owner@example.org", "owner")
    with pytest.raises(UserCommandRefused, match=why) as refused:
        await run(database, *typed, password="short")
    assert "\n" not in str(refused.value)


async def test_a_database_that_cannot_be_used_is_said_in_a_line(database: Database) -> None:
    await database.close()
    with pytest.raises(UserCommandRefused, match="the database cannot be used: closed"):
        await run(database, "list")


ASKING = """
from backend.accounts.commands import UserCommandRefused, ask_password
try:
    print("got", ask_password())
except UserCommandRefused as error:
    print(error)
"""


@pytest.mark.parametrize(("second", "said"), [(GOOD, f"got {GOOD}"), ("another", "the two passwords differ")])
def test_a_password_is_asked_for_twice_without_echo(second: str, said: str) -> None:
    keyboard, terminal = os.openpty()
    with subprocess.Popen(
        (sys.executable, "-c", ASKING),
        stdin=terminal,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        env=clean_environment({}),
        cwd=Path(__file__).parents[2],
        start_new_session=True,
    ) as asking:
        assert asking.stderr is not None
        try:
            for typed in (GOOD, second):
                # The prompt is written once the echo is off.
                seen = b""
                while not seen.endswith((b"Password: ", b"Once more: ")):
                    byte = asking.stderr.read(1)
                    assert byte, seen
                    seen += byte
                os.write(keyboard, f"{typed}\n".encode())
            output, _ = asking.communicate(timeout=20)
        finally:
            asking.kill()
    os.write(terminal, b"end")
    shown = b""
    while not shown.endswith(b"end"):
        shown += os.read(keyboard, 1000)
    for descriptor in (keyboard, terminal):
        os.close(descriptor)
    assert output.decode().strip() == said
    assert GOOD.encode() not in shown


async def test_every_command_is_noted(database: Database) -> None:
    for typed in (
        ["add", "owner@example.org"],
        ["add", "ada@example.org"],
        ["promote", "ada@example.org", "--role", "admin"],
        ["disable", "ada@example.org"],
        ["enable", "ada@example.org"],
        ["reset-password", "ada@example.org"],
    ):
        await run(database, *typed)
    async with database.reading() as db:
        entries = await audit.page(db)
    assert {entry.address for entry in entries} == {"command line"}
    assert [entry.action for entry in reversed(entries)][-4:] == [
        "user.role_changed",
        "user.disabled",
        "user.enabled",
        "link.made",
    ]


WITH_PIPE = """
import asyncio, sys
from backend.accounts import arguments, commands
from backend.kit.db import Database

async def main():
    database = Database.open(sys.argv[1])
    for number in range(10):
        command = arguments.Add(f"{sys.argv[2]}{number}@example.org", None, "", number == 0)
        await commands.carry_out(database, command, base_url="http://x")
    await database.close()

asyncio.run(main())
"""


async def test_commands_of_another_process_succeed_while_the_server_writes(database_url: str) -> None:
    """Two other processes add people while this one writes all the time: none is refused, nothing lost."""
    server = Database.open(database_url)
    others = [
        await asyncio.create_subprocess_exec(
            sys.executable,
            *("-c", WITH_PIPE, database_url, name),
            stdin=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=clean_environment({}),
            cwd=Path(__file__).parents[2],
        )
        for name in ("ada", "bob")
    ]
    finished = asyncio.gather(*(other.communicate(b"correct horse\n") for other in others))
    written = 0
    while not finished.done():
        async with server.transaction() as db:
            await audit.note(db, audit.COMMAND_LINE, "key.saved", str(written))
        written += 1
    errors = [stderr.decode() for _, stderr in await finished]
    assert [other.returncode for other in others] == [0, 0], errors
    async with server.reading() as db:
        people = await users.page(db)
        kept = await db.scalar(text("SELECT count(*) FROM audit WHERE action = 'key.saved'"))
    assert len(people) == 20
    assert [user.role for user in people].count("owner") == 1
    assert [user.has_password for user in people].count(True) == 2
    assert kept == written
    await server.close()
