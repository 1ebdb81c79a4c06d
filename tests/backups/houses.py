"""Installations without a server: a database with somebody in it, attachments, a secret."""

import asyncio
from pathlib import Path
from uuid import uuid4

from sqlalchemy import text

from backend.attachments import repository
from backend.attachments.actions import looked_at
from backend.attachments.shelf import Shelf
from backend.backups.house import House
from backend.backups.making import Made, make
from backend.installation.actions import remember_start
from backend.kit import clock
from backend.kit.db import Database
from tests.accounts.people import somebody
from tests.attachments.pictures import png

SECRET = b"a secret of an installation, long enough"


def pictures(count: int, size: int = 0) -> list[bytes]:
    return [png(note=f"{number}".encode().ljust(size, b".")) for number in range(count)]


def furnished(url: str, folder: Path, email: str = "ada@example.org", *contents: bytes) -> House:
    folder.mkdir(exist_ok=True)
    (folder / "secret.key").write_bytes(SECRET)
    (folder / "secret.key").chmod(0o600)
    house = House(url, folder)
    asyncio.run(_move_in(house, email, contents))
    return house


async def _move_in(house: House, email: str, contents: tuple[bytes, ...]) -> None:
    database = Database.open(house.url)
    user = await somebody(database, email)
    async with database.transaction() as db:
        await remember_start(db, "0.1.0")
    shelf = Shelf(database, house.blobs, 10_000_000, 10_000_000)
    for data in contents:
        async with shelf.holding([data]) as db:
            await repository.add(db, [looked_at(f"{uuid4()}.png", data, user.id)], clock.now())
    await database.close()


def made(house: House, file: Path, *, with_secret: bool = False) -> Made:
    return asyncio.run(make(house, file, with_secret=with_secret))


def emails(url: str) -> list[str]:
    return asyncio.run(_emails(url))


async def _emails(url: str) -> list[str]:
    database = Database.open(url)
    async with database.reading() as db:
        found = list(await db.scalars(text("SELECT email FROM users ORDER BY email")))
    await database.close()
    return found


def everything(folder: Path) -> dict[str, bytes | None]:
    """Every file and folder below it, with what is in it."""
    return {
        str(path.relative_to(folder)): path.read_bytes() if path.is_file() else None
        for path in sorted(folder.rglob("*"))
    }
