"""PostgreSQL's own programs, which are given no password that the list of processes would show."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final
from urllib.parse import parse_qsl, unquote, urlencode, urlsplit

from backend.backups.refused import BackupRefused
from backend.kit.database_url import PostgresServer

_LONGEST: Final = 600


async def run(program: str, server: PostgresServer, *arguments: str) -> None:
    """Raises BackupRefused with the program's last words."""
    found = shutil.which(program)
    if found is None:
        raise BackupRefused(
            f"{program} is not on this machine: install PostgreSQL's client programs, as new as the server "
            "or newer (Debian: apt install postgresql-client)"
        )
    with _without_password(server) as address:
        process = await asyncio.create_subprocess_exec(
            found,
            f"--dbname={address}",
            "--no-password",
            *arguments,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await process.communicate()
    if process.returncode:
        words = " ".join(said.decode(errors="replace").split())
        raise BackupRefused(f"{program} came to nothing: {words[-_LONGEST:] or 'it said no word'}")


@contextmanager
def _without_password(server: PostgresServer) -> Iterator[str]:
    """The same address, its password in a file for as long as it is needed."""
    parts = urlsplit(server.dsn)
    login, at, hosts = parts.netloc.rpartition("@")
    user, _, password = login.partition(":")
    query = dict(parse_qsl(parts.query))
    password = query.pop("password", "") or unquote(password)
    if not password:
        yield server.dsn
        return
    descriptor, name = tempfile.mkstemp(prefix="bakeoff-")  # for its owner alone, 0600
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write("*:*:*:*:" + password.replace("\\", "\\\\").replace(":", "\\:") + "\n")
        query["passfile"] = name
        yield f"postgresql://{user}{at}{hosts}{parts.path}?{urlencode(query)}"
    finally:
        Path(name).unlink(missing_ok=True)
