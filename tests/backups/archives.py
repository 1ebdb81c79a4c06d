"""Backups made by hand: whole ones, and those that somebody made who means harm."""

import hashlib
import io
import json
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

MANIFEST = "manifest.json"
DIGEST = hashlib.sha256(b"picture").hexdigest()
MEMBERS = {"database.sqlite": b"pages", f"attachments/{DIGEST}": b"picture"}


def manifest_of(members: Mapping[str, bytes], changed: Mapping[str, Any] | None = None) -> bytes:
    about = {
        "format": 1,
        "program": "bakeoff",
        "version": "0.1.0",
        "made_at": "2026-11-21T12:00:00Z",
        "database": "sqlite",
        "revision": "0008",
        "installation": None,
        "secret": None,
        "counts": {},
        "members": {
            name: {"size": len(data), "sha256": hashlib.sha256(data).hexdigest()}
            for name, data in members.items()
        },
        "missing": [],
    }
    return json.dumps({**about, **(changed or {})}).encode()


def tar_of(path: Path, members: Mapping[str, bytes], *odd: tuple[tarfile.TarInfo, bytes]) -> Path:
    """`odd` comes first, as it is."""
    with tarfile.TarFile(path, "w", format=tarfile.GNU_FORMAT) as tar:
        for info, data in odd:
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
        for name, data in members.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return path


def backup_of(path: Path, **changed: Any) -> Path:
    return tar_of(path, {**MEMBERS, MANIFEST: manifest_of(MEMBERS, changed)})


def contents_of(path: Path) -> dict[str, bytes]:
    """Of files only, as ours are."""
    with tarfile.open(path) as tar:
        files = {info.name: tar.extractfile(info) for info in tar}
        return {name: file.read() for name, file in files.items() if file is not None}


def tampered(source: Path, target: Path, **changed: Any) -> Path:
    """The same with another manifest, and contents that fit it."""
    members = contents_of(source)
    about = json.loads(members.pop(MANIFEST))
    return tar_of(target, {**members, MANIFEST: json.dumps(about | changed).encode()})


def place_of(path: Path, name: str) -> int:
    """Where a content begins."""
    with tarfile.open(path) as tar:
        return tar.getmember(name).offset_data
