"""The files of the built front end as values in memory. Knows nothing of requests."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

# Named here, not taken from the machine's own table, so that every installation answers the same.
_TYPES = {
    ".css": "text/css",
    ".gif": "image/gif",
    ".html": "text/html",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".js": "text/javascript",
    ".json": "application/json",
    ".map": "application/json",
    ".png": "image/png",
    ".svg": "image/svg+xml",
    ".txt": "text/plain",
    ".webmanifest": "application/manifest+json",
    ".webp": "image/webp",
    ".woff2": "font/woff2",
}
_COMPRESSED = {".br", ".gz"}


@dataclass(frozen=True, slots=True)
class StaticFile:
    body: bytes
    br: bytes | None
    gzip: bytes | None
    etag: str  # weak: one for all encodings of the same content
    type: str


def find_dist() -> Path:
    """Where the built page lies: inside an installed package, or beside it in a checkout."""
    packaged = Path(__file__).parent / "dist"
    checkout = Path(__file__).parents[2] / "frontend" / "dist"
    return packaged if packaged.is_dir() else checkout


def read_files(dist: Path) -> Mapping[str, StaticFile]:
    """Every file by the URL path it answers to; empty when nothing was built. Links are not followed."""
    if not dist.is_dir():
        return {}
    return {
        f"/{path.relative_to(dist).as_posix()}": _read_file(path)
        for path in sorted(dist.rglob("*"))
        if path.suffix not in _COMPRESSED and not path.is_symlink() and path.is_file()
    }


def _read_file(path: Path) -> StaticFile:
    body = path.read_bytes()
    return StaticFile(
        body=body,
        br=_read_beside(path, ".br"),
        gzip=_read_beside(path, ".gz"),
        etag=f'W/"{hashlib.sha256(body).hexdigest()[:32]}"',
        type=_TYPES.get(path.suffix, "application/octet-stream"),
    )


def _read_beside(path: Path, ending: str) -> bytes | None:
    compressed = path.with_name(path.name + ending)
    return compressed.read_bytes() if compressed.is_file() and not compressed.is_symlink() else None
