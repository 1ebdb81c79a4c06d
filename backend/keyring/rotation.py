"""Another master key: every sealed key is sealed anew, all of them or none."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts.audit import COMMAND_LINE, note
from backend.keyring import repository
from backend.keyring.actions import bound
from backend.keyring.repository import SealedKey
from backend.kit.db import Database
from backend.kit.master_key import MasterKey
from backend.kit.sealed import Sealer, SealError


@dataclass(frozen=True, slots=True)
class Rotated:
    resealed: int
    current: int
    """Those that were under the new key already."""


class Unreadable(Exception):  # noqa: N818 - reads as what it is
    """Keys that neither master key opens; nothing was changed."""

    def __init__(self, endpoints: Sequence[str]) -> None:
        super().__init__(f"{len(endpoints)} keys cannot be read, for: {', '.join(sorted(set(endpoints)))}")


async def rotate(database: Database, old: MasterKey, new: MasterKey) -> Rotated:
    """May be done again after it was interrupted, and after it was not. Raises Unreadable."""
    async with database.transaction() as db:
        rotated = await reseal_all(db, Sealer(new, old))
        await note(
            db, COMMAND_LINE, "keys.rotated", new.version, resealed=rotated.resealed, current=rotated.current
        )
    return rotated


async def reseal_all(db: AsyncSession, sealer: Sealer) -> Rotated:
    resealed, current = 0, 0
    unreadable: list[str] = []
    for key_id, key in await repository.all_sealed(db, to_change=True):
        if sealer.is_current(key.sealed):
            current += 1
            continue
        try:
            sealed = sealer.reseal(key.sealed, *bound(key.owner_id, key.endpoint, key.base_url))
        except SealError:
            unreadable.append(key.endpoint)
            continue
        await repository.reseal(db, key_id, sealed)
        resealed += 1
    if unreadable:
        raise Unreadable(unreadable)
    return Rotated(resealed, current)


async def unreadable(db: AsyncSession, sealer: Sealer) -> tuple[int, list[str]]:
    """How many keys are saved, and the endpoints of those that do not open. Changes nothing."""
    keys = await repository.all_sealed(db, to_change=False)
    return len(keys), [key.endpoint for _, key in keys if not _opens(key, sealer)]


def _opens(key: SealedKey, sealer: Sealer) -> bool:
    try:
        sealer.open(key.sealed, *bound(key.owner_id, key.endpoint, key.base_url))
    except SealError:
        return False
    return True
