"""The data folder: there, ours to write, with room, and of nobody else's business."""

import os
import shutil
from pathlib import Path
from typing import Final

from backend.doctor.finding import Finding, note, problem, well
from backend.doctor.patient import Patient
from backend.kit.database_url import SqliteFile

_TOO_LITTLE: Final = 200 * 2**20
_LITTLE: Final = 2 * 2**30
_OTHERS: Final = 0o007


async def writable(patient: Patient) -> list[Finding]:
    """Asked of the operating system: a file to try it with would be a change."""
    findings = []
    for folder in _folders(patient):
        if not folder.exists():
            findings.append(_not_there(folder))
        elif not folder.is_dir():
            findings.append(problem(f"{folder} is not a folder", "move it away, or set data_dir"))
        elif not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
            findings.append(problem(f"{folder} is not writable for this user", f"chown or chmod {folder}"))
        else:
            findings.append(well(f"{folder} is writable"))
    return findings


async def room(patient: Patient) -> list[Finding]:
    findings = []
    for folder in _folders(patient):
        place = _nearest(folder)
        free = shutil.disk_usage(place).free
        found = f"{free / 2**30:.1f} GiB are free where {folder} is"
        if free < _TOO_LITTLE:
            findings.append(problem(found, "make room: without any, answers are no longer stored"))
        else:
            findings.append(note(found, "make room soon") if free < _LITTLE else well(found))
    return findings


async def private(patient: Patient) -> list[Finding]:
    folder = patient.settings.data_dir
    if os.name != "posix" or not folder.is_dir() or not folder.stat().st_mode & _OTHERS:
        return []
    return [note(f"every user of this machine may look into {folder}", f"chmod 700 {folder}")]


async def left_over(patient: Patient) -> list[Finding]:
    """Of restores."""
    kept = sorted(path.name for path in patient.settings.data_dir.glob("before-restore-*"))
    broken = sorted(path.name for path in patient.settings.data_dir.glob(".restoring-*"))
    findings = []
    if kept:
        named = ", ".join(kept)
        findings.append(note(f"kept from before a restore: {named}", "remove what is not wanted any more"))
    if broken:
        do = "restore again, or remove it when no restore runs"
        findings.append(note(f"a restore was broken off or runs: {', '.join(broken)}", do))
    return findings


def _folders(patient: Patient) -> list[Path]:
    """The one of the settings, and that of the database where it is elsewhere."""
    folder = patient.settings.data_dir.absolute()
    match patient.database:
        case SqliteFile(path) if path.absolute().parent != folder:
            return [folder, path.absolute().parent]
        case _:
            return [folder]


def _not_there(folder: Path) -> Finding:
    place = _nearest(folder)
    if place.is_dir() and os.access(place, os.W_OK | os.X_OK):
        return note(f"{folder} does not exist yet: the first start makes it")
    return problem(f"{folder} does not exist and {place} is not writable", f"make it, or chown {place}")


def _nearest(folder: Path) -> Path:
    return next(each for each in (folder, *folder.parents) if each.exists())
