"""`bakeoff keys …`: another master key, also while the server runs.

A server that takes its key from the data folder goes over to the new one by itself.
"""

from pathlib import Path
from typing import Final

from backend.keyring.rotation import Rotated, Unreadable, reseal_all, rotate
from backend.kit import master_key
from backend.kit.db import Database
from backend.kit.master_key import FILE, SHORTEST, MasterKey
from backend.kit.sealed import Sealer
from backend.kit.unavailable import DatabaseUnavailable

_RESTART: Final = "Restart the server now: who is signed in by the old secret signs in anew."


class KeysCommandRefused(Exception):  # noqa: N818 - reads as what it is
    """One line for the user."""


async def rotate_keys(database: Database, folder: Path, given: str | None, new: str | None) -> str:
    """What to print. `given`: the secret that is set; without one it is in the data folder."""
    try:
        if given is None:
            return await _in_folder(database, folder, new)
        return await _as_set(database, given, new)
    except Unreadable as error:
        raise KeysCommandRefused(f"nothing was changed: {error}") from error
    except DatabaseUnavailable as error:
        raise KeysCommandRefused(
            f"the database cannot be used: {error.reason}. Run this again to finish it."
        ) from error


async def _in_folder(database: Database, folder: Path, new: str | None) -> str:
    if new is not None:
        raise KeysCommandRefused(f"--new is for a secret that is set; yours is in {folder / FILE}")
    old, current = master_key.exchange(folder)
    try:
        rotated = await rotate(database, old, current)
    except Unreadable:
        master_key.take_back(folder)
        raise
    rotated = await _again(database, rotated, old, current)
    master_key.drop_former(folder)
    return f"{_said(rotated)} The new secret is in {folder / FILE}. {_RESTART}\n"


async def _as_set(database: Database, given: str, new: str | None) -> str:
    if new is None:
        raise KeysCommandRefused("BAKEOFF_SECRET_KEY is set: name a file with the new secret by --new FILE")
    if len(new) < SHORTEST:
        raise KeysCommandRefused(f"the new secret has fewer than {SHORTEST} characters")
    old, current = MasterKey(given.encode()), MasterKey(new.encode())
    rotated = await _again(database, await rotate(database, old, current), old, current)
    return f"{_said(rotated)} Set BAKEOFF_SECRET_KEY to the new secret. {_RESTART}\n"


async def _again(database: Database, rotated: Rotated, old: MasterKey, new: MasterKey) -> Rotated:
    """For what a server that runs was saving at that moment, under the old key."""
    async with database.transaction() as db:
        late = await reseal_all(db, Sealer(new, old))
    return Rotated(rotated.resealed + late.resealed, rotated.current)


def _said(rotated: Rotated) -> str:
    before = f" {rotated.current} were so already." if rotated.current else ""
    return f"{rotated.resealed} saved keys are sealed anew.{before}"
