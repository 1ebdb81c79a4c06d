"""The secret: there, long enough, for its owner alone, and the one that the saved keys were sealed with."""

import os
from pathlib import Path
from typing import Final

from backend.doctor.finding import Finding, note, problem, well
from backend.doctor.patient import Patient
from backend.keyring.rotation import unreadable
from backend.kit.master_key import FILE, FORMER, SHORTEST, MasterKey
from backend.kit.sealed import Sealer

_GROUP_AND_OTHERS: Final = 0o077


async def kept(patient: Patient) -> list[Finding]:
    file = patient.settings.data_dir / FILE
    if patient.settings.secret_key:
        found = [well("BAKEOFF_SECRET_KEY is set")]
        return [*found, note(f"{file} is there too and not used")] if file.exists() else found
    if not file.exists():
        return [note(f"{file} does not exist yet: the first start makes it")]
    findings = [*_readable_by(file), *_long_enough(file)] or [well(f"{file} is there, for its owner alone")]
    if file.with_name(FORMER).exists():
        found_former = f"{FORMER} is there: exchanging the secret was broken off"
        findings.append(note(found_former, "bakeoff keys rotate"))
    return findings


async def opens_saved_keys(patient: Patient) -> list[Finding]:
    if patient.has_no_database_yet:
        return []
    master = _master_key(patient)
    # Without a secret no key opens; which one is tried is then all the same.
    sealer = Sealer(master or MasterKey(b""))
    async with patient.reading() as db:
        saved, closed = await unreadable(db, sealer)
    if not closed:
        return [well(f"{saved} saved provider keys, all of which open")]
    names = ", ".join(sorted(set(closed)))
    return [
        problem(
            f"{len(closed)} of {saved} saved provider keys do not open with this secret, for: {names}",
            f"put back the former {FILE} or BAKEOFF_SECRET_KEY, or have these keys saved anew",
        )
    ]


def _readable_by(file: Path) -> list[Finding]:
    if os.name == "posix" and file.stat().st_mode & _GROUP_AND_OTHERS:
        return [problem(f"others than its owner may read {file}", f"chmod 600 {file}")]
    return []


def _long_enough(file: Path) -> list[Finding]:
    try:
        length = len(file.read_bytes())
    except OSError as error:
        return [problem(f"{file} cannot be read: {error.strerror}", f"chown {file} to the server's user")]
    if length < SHORTEST:
        do = f"stop the server, remove {file}, start it: everybody signs in anew and saves keys anew"
        return [problem(f"{file} has fewer than {SHORTEST} characters", do)]
    return []


def _master_key(patient: Patient) -> MasterKey | None:
    """None is made."""
    given = patient.settings.secret_key
    if given:
        return MasterKey(given.reveal().encode())
    file = patient.settings.data_dir / FILE
    return MasterKey(file.read_bytes(), file) if file.exists() else None
