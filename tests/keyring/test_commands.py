"""`bakeoff keys rotate`, also beside a server that saves and uses keys all the while."""

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import select

from backend.accounts.callers import Caller
from backend.keyring.commands import KeysCommandRefused, rotate_keys
from backend.keyring.ring import Keyring
from backend.keyring.tables import ProviderKeyRow
from backend.kit import master_key
from backend.kit.db import Database
from backend.kit.master_key import MasterKey
from tests.keyring.doors import GOOD, MASTER, Door, person, ring_of
from tests.keyring.saving import save, used
from tests.support.commands import bakeoff

NEW = "a new secret of this installation, as long"
FORMER = "secret.key.former"


async def rotated_elsewhere(url: str, folder: Path, *more: str, **environ: str) -> tuple[int, str]:
    house = {"BAKEOFF_DATABASE_URL": url, "BAKEOFF_DATA_DIR": str(folder), **environ}
    done = await asyncio.to_thread(bakeoff, folder, "keys", "rotate", *more, environ=house)
    return done.status, done.said + done.complained


def fresh(folder: Path) -> Keyring:
    """As a server has it that starts now."""
    return ring_of(Door(), MasterKey.of(None, folder))


@pytest.fixture
async def alice(database: Database) -> Caller:
    return await person(database, "alice")


async def test_all_keys_are_under_a_new_secret_of_the_data_folder(
    database: Database, database_url: str, tmp_path: Path, alice: Caller
) -> None:
    before = MasterKey.of(None, tmp_path)
    running = ring_of(Door(), before)
    await save(database, running, alice, "openai")
    status, said = await rotated_elsewhere(database_url, tmp_path)
    assert (status, said.startswith("1 saved keys are sealed anew.")) == (0, True), said
    assert before.secret not in (tmp_path / "secret.key").read_bytes()
    assert not (tmp_path / FORMER).exists()
    for ring in (running, fresh(tmp_path)):
        assert await used(database, ring, alice, "openai") == GOOD
    with pytest.raises(Exception, match="cannot be read"):
        await used(database, ring_of(Door(), MasterKey(before.secret)), alice, "openai")


async def test_a_server_that_saves_and_uses_keys_meanwhile_loses_none(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    running = ring_of(Door(), MasterKey.of(None, tmp_path))
    people = [await person(database, f"user{number}") for number in range(5)]
    for who in people:
        await save(database, running, who, "openai", f"{GOOD}-before")
    command = asyncio.create_task(rotated_elsewhere(database_url, tmp_path))
    rounds = 0
    while not command.done() or rounds < 2:
        for who in people:
            await save(database, running, who, "openai", f"{GOOD}-{rounds}")
            assert await used(database, running, who, "openai") == f"{GOOD}-{rounds}"
        rounds += 1
    status, said = await command
    assert status == 0, said
    restarted = fresh(tmp_path)
    for who in people:
        assert await used(database, restarted, who, "openai") == f"{GOOD}-{rounds - 1}"


async def test_a_rotation_that_was_broken_off_is_finished_by_the_next_one(
    database: Database, tmp_path: Path, alice: Caller
) -> None:
    await save(database, ring_of(Door(), MasterKey.of(None, tmp_path)), alice, "openai")
    _, new = master_key.exchange(tmp_path)
    assert await used(database, fresh(tmp_path), alice, "openai") == GOOD  # started in between
    assert "1 saved keys" in await rotate_keys(database, tmp_path, None, None)
    assert (tmp_path / "secret.key").read_bytes() == new.secret
    assert not (tmp_path / FORMER).exists()
    assert await used(database, fresh(tmp_path), alice, "openai") == GOOD


async def test_keys_that_cannot_be_read_leave_the_old_secret_where_it_was(
    database: Database, tmp_path: Path, alice: Caller
) -> None:
    before = MasterKey.of(None, tmp_path)
    await save(database, ring_of(Door(), before), alice, "openai")
    await save(database, ring_of(Door(), MASTER), alice, "groq")
    with pytest.raises(KeysCommandRefused, match="nothing was changed: 1 keys cannot be read, for: groq"):
        await rotate_keys(database, tmp_path, None, None)
    assert MasterKey.of(None, tmp_path) == before
    assert not (tmp_path / FORMER).exists()
    assert await used(database, fresh(tmp_path), alice, "openai") == GOOD


async def test_a_database_that_cannot_be_used_leaves_both_secrets(
    database: Database, tmp_path: Path, alice: Caller
) -> None:
    before = MasterKey.of(None, tmp_path)
    await save(database, ring_of(Door(), before), alice, "openai")
    closed = Database.open(f"sqlite:///{tmp_path / 'closed.db'}")
    await closed.close()
    with pytest.raises(KeysCommandRefused, match="Run this again"):
        await rotate_keys(closed, tmp_path, None, None)
    assert await used(database, fresh(tmp_path), alice, "openai") == GOOD


async def test_a_secret_that_is_set_is_exchanged_for_the_one_in_a_file(
    database: Database, database_url: str, tmp_path: Path, alice: Caller
) -> None:
    await save(database, ring_of(Door(), MASTER), alice, "openai")
    file = tmp_path / "new-secret"
    file.write_text(f"{NEW}\n", encoding="utf-8")
    secret = {"BAKEOFF_SECRET_KEY": MASTER.secret.decode()}

    status, said = await rotated_elsewhere(database_url, tmp_path, **secret)
    assert (status, "--new FILE" in said) == (2, True)
    status, said = await rotated_elsewhere(database_url, tmp_path, "--new", str(tmp_path / "none"), **secret)
    assert (status, "No such file" in said) == (2, True)
    status, said = await rotated_elsewhere(database_url, tmp_path, "--new", str(file), **secret)
    assert (status, "Set BAKEOFF_SECRET_KEY" in said) == (0, True), said
    assert NEW not in said
    assert await used(database, ring_of(Door(), MasterKey(NEW.encode())), alice, "openai") == GOOD
    async with database.reading() as db:
        sealed = list(await db.scalars(select(ProviderKeyRow.sealed)))
    assert GOOD.encode() not in b"".join(sealed)


async def test_a_short_secret_is_refused(database: Database, tmp_path: Path) -> None:
    with pytest.raises(KeysCommandRefused, match="fewer than 32"):
        await rotate_keys(database, tmp_path, MASTER.secret.decode(), "short")
