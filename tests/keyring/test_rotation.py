import subprocess
import sys
from pathlib import Path

import pytest
from sqlalchemy import select, update

from backend.accounts import audit
from backend.accounts.callers import Caller
from backend.keyring.ring import Keyring
from backend.keyring.rotation import Rotated, Unreadable, rotate
from backend.keyring.tables import ProviderKeyRow
from backend.kit.db import Database
from backend.kit.master_key import MasterKey
from tests.keyring.doors import GOOD, MASTER, Door, ring_of
from tests.keyring.saving import save, used
from tests.support.environments import clean_environment

NEW = MasterKey(b"a new secret of this installation, as long")
ELSE = MasterKey(b"the secret of quite another installation..")
OTHER = "sk-other-0123456789-wxyz"

# Seals one key anew and is gone.
CUT_SHORT = f"""
import asyncio, os, sys
from backend.kit.db import Database
from backend.kit.master_key import MasterKey
from backend.kit.sealed import Sealer
from backend.keyring.rotation import reseal_all

class CutShort(Sealer):
    done = 0
    def reseal(self, sealed, *bound):
        if CutShort.done:
            os._exit(7)
        CutShort.done += 1
        return super().reseal(sealed, *bound)

async def main():
    async with Database.open(sys.argv[1]).transaction() as db:
        await reseal_all(db, CutShort(MasterKey({NEW.secret!r}), MasterKey({MASTER.secret!r})))

asyncio.run(main())
"""


@pytest.fixture
async def saved(database: Database, ring: Keyring, alice: Caller, admin: Caller) -> None:
    await save(database, ring, alice, "openai")
    await save(database, ring, alice, "groq", OTHER)
    await save(database, ring, admin, "groq", shared=True)


async def opened(database: Database, ring: Keyring, alice: Caller, admin: Caller) -> list[str | None]:
    places = ((alice, "openai"), (alice, "groq"), (admin, "groq"))
    return [await used(database, ring, caller, endpoint) for caller, endpoint in places]


ALL = [GOOD, OTHER, GOOD]


@pytest.mark.usefixtures("saved")
async def test_all_keys_are_sealed_anew(database: Database, door: Door, alice: Caller, admin: Caller) -> None:
    assert await rotate(database, MASTER, NEW) == Rotated(resealed=3, current=0)
    assert await opened(database, ring_of(door, NEW), alice, admin) == ALL
    with pytest.raises(Exception, match="cannot be read"):
        await opened(database, ring_of(door, MASTER), alice, admin)


@pytest.mark.usefixtures("saved")
async def test_a_second_time_there_is_nothing_to_do(
    database: Database, door: Door, alice: Caller, admin: Caller
) -> None:
    await rotate(database, MASTER, NEW)
    assert await rotate(database, MASTER, NEW) == Rotated(resealed=0, current=3)
    assert await opened(database, ring_of(door, NEW), alice, admin) == ALL


@pytest.mark.usefixtures("saved")
async def test_a_rotation_that_dies_half_way_has_not_been(
    database: Database, database_url: str, door: Door, alice: Caller, admin: Caller
) -> None:
    done = subprocess.run(  # noqa: ASYNC221 - nothing else runs meanwhile
        [sys.executable, "-c", CUT_SHORT, database_url],
        cwd=Path(__file__).parents[2],
        env=clean_environment({}),
        check=False,
        timeout=60,
    )
    assert done.returncode == 7
    assert await opened(database, ring_of(door, MASTER), alice, admin) == ALL
    assert await rotate(database, MASTER, NEW) == Rotated(resealed=3, current=0)
    assert await opened(database, ring_of(door, NEW), alice, admin) == ALL


@pytest.mark.usefixtures("saved")
async def test_who_has_both_keys_reads_before_and_after(
    database: Database, door: Door, alice: Caller, admin: Caller
) -> None:
    """As a server does whose key file was not exchanged yet, or just now."""
    for both in ((MASTER, NEW), (NEW, MASTER)):
        assert await opened(database, ring_of(door, *both), alice, admin) == ALL
    await rotate(database, MASTER, NEW)
    for both in ((MASTER, NEW), (NEW, MASTER)):
        assert await opened(database, ring_of(door, *both), alice, admin) == ALL


@pytest.mark.usefixtures("saved")
async def test_with_the_wrong_old_key_nothing_changes(
    database: Database, door: Door, alice: Caller, admin: Caller
) -> None:
    with pytest.raises(Unreadable, match=r"3 keys cannot be read, for: groq, openai"):
        await rotate(database, ELSE, NEW)
    assert await opened(database, ring_of(door, MASTER), alice, admin) == ALL


@pytest.mark.usefixtures("saved")
async def test_one_key_that_cannot_be_read_stops_it_and_is_named(
    database: Database, door: Door, alice: Caller, admin: Caller
) -> None:
    async with database.transaction() as db:
        broken = update(ProviderKeyRow).where(ProviderKeyRow.endpoint == "openai")
        await db.execute(broken.values(base_url="https://evil.example"))
    with pytest.raises(Unreadable, match=r"1 keys cannot be read, for: openai"):
        await rotate(database, MASTER, NEW)
    assert await used(database, ring_of(door, MASTER), alice, "groq") == OTHER


@pytest.mark.usefixtures("saved")
async def test_a_rotation_is_on_the_record(database: Database) -> None:
    await rotate(database, MASTER, NEW)
    async with database.reading() as db:
        entry = (await audit.page(db, action="keys.rotated"))[0]
        sealed = list(await db.scalars(select(ProviderKeyRow.sealed)))
    assert (entry.subject, entry.details) == (NEW.version, {"resealed": 3, "current": 0})
    assert [GOOD.encode() in each for each in sealed] == [False] * 3
