"""Makes a backup: gathered in a folder beside the file, which gets its name once it is whole."""

import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from backend.backups.contents import Contents
from backend.backups.house import House
from backend.backups.manifest import ATTACHMENTS, DATABASES, FORMAT, PROGRAM, SECRET, Manifest, Member
from backend.backups.refused import BackupRefused
from backend.backups.snapshot import snapshot
from backend.backups.writing import NewArchive
from backend.kit import clock, revisions
from backend.kit.blobs import ContentLost
from backend.kit.folders import make_names_last
from backend.kit.master_key import FORMER
from backend.kit.version import version

_UNFINISHED: Final = ".unfinished-"
_LEFT_BEHIND_SECONDS: Final = 24 * 3600
_TRIES: Final = 5


@dataclass(frozen=True, slots=True)
class Made:
    file: Path
    size: int
    manifest: Manifest


async def make(house: House, file: Path, *, with_secret: bool) -> Made:
    """Raises BackupRefused, DatabaseUnavailable, OSError; then nothing is at `file`."""
    _refuse_place(file)
    secret = _secret_of(house) if with_secret else None
    with _workbench(file) as bench:
        unnamed = bench / "backup"
        with unnamed.open("xb") as out:
            unnamed.chmod(0o600)
            with NewArchive(out, clock.now()) as archive:
                manifest = await _fill(archive, house, bench / "database", secret)
            out.flush()
            os.fsync(out.fileno())
            size = out.tell()
        unnamed.rename(file)
        make_names_last(file.parent)
    return Made(file, size, manifest)


def _refuse_place(file: Path) -> None:
    if file.exists():
        raise BackupRefused(f"{file} is there already: choose another name, or let --to FOLDER choose one")
    if not file.parent.is_dir():
        raise BackupRefused(f"the folder {file.parent} does not exist")


async def _fill(archive: NewArchive, house: House, copy: Path, secret: bytes | None) -> Manifest:
    """What is removed while we copy is not needed by a later view of the database, so another one is taken.
    What two of them name in vain is lost.
    """
    lost: set[str] = set()
    for _ in range(_TRIES):
        contents = await snapshot(house.url, copy)
        _refuse_revision(contents.revision)
        gone = await _add_attachments(archive, house, contents)
        if gone <= lost:
            break
        lost = gone
    archive.add_file(DATABASES[house.kind], copy)
    if secret is not None:
        archive.add(SECRET, secret)

    def manifest(members: dict[str, Member]) -> Manifest:
        return _manifest(house, contents, members, tuple(sorted(gone)))

    return archive.finish(manifest)


def _refuse_revision(revision: str | None) -> None:
    if revision is None:
        raise BackupRefused("there is nothing to back up yet: no version of Bakeoff has used this database")
    if revision not in revisions.known():
        raise BackupRefused(
            f"the database is at revision {revision}, this version knows them up to {revisions.newest()}: "
            "back it up with the version that wrote it"
        )


async def _add_attachments(archive: NewArchive, house: House, contents: Contents) -> set[str]:
    """Returns those that are not on the disk, or not as they were."""
    gone = set()
    for digest in sorted(contents.attachments):
        name = f"{ATTACHMENTS}{digest}"
        if name in archive.members:
            continue
        try:
            archive.add(name, await house.blobs.get(digest))
        except ContentLost:
            gone.add(digest)
    return gone


def _manifest(
    house: House, contents: Contents, members: dict[str, Member], missing: tuple[str, ...]
) -> Manifest:
    return Manifest(
        format=FORMAT,
        program=PROGRAM,
        version=version(),
        made_at=clock.now(),
        database=house.kind,
        revision=contents.revision or "",
        installation=contents.installation,
        secret=house.secret_version(),
        counts=contents.counts,
        members=members,
        missing=missing,
    )


def _secret_of(house: House) -> bytes:
    if house.given_secret:
        raise BackupRefused(
            "--with-secret is for secret.key; BAKEOFF_SECRET_KEY is set, so keep what it is set to elsewhere"
        )
    if house.secret_file.with_name(FORMER).exists():
        raise BackupRefused("the secret is being exchanged: finish `bakeoff keys rotate` first")
    try:
        return house.secret_file.read_bytes()
    except FileNotFoundError:
        raise BackupRefused(f"there is no {house.secret_file} to put into the backup") from None


@contextmanager
def _workbench(file: Path) -> Iterator[Path]:
    """A folder for its owner alone. What a killed backup left there is removed by one on a later day."""
    prefix = f".{file.name}{_UNFINISHED}"
    for left in file.parent.glob(f".*{_UNFINISHED}*"):
        with suppress(OSError):
            if left.is_dir() and left.stat().st_mtime < time.time() - _LEFT_BEHIND_SECONDS:
                shutil.rmtree(left, ignore_errors=True)
    bench = Path(tempfile.mkdtemp(dir=file.parent, prefix=prefix))
    try:
        yield bench
    finally:
        shutil.rmtree(bench, ignore_errors=True)
