"""The secret of a backup in the place of the one there, around the moment when the database changes."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from backend.backups.house import House
from backend.kit.folders import keep_also, make_names_last
from backend.kit.master_key import FORMER


@contextmanager
def exchanged(house: House, secret: bytes | None) -> Iterator[None]:
    """While both lie there, whatever hangs on either opens: a kill in between locks nobody out."""
    path, former = house.secret_file, house.secret_file.with_name(FORMER)
    there = path.read_bytes() if path.is_file() else None
    if secret is None or house.given_secret or secret == there:
        yield
        return
    if there is not None:
        former.unlink(missing_ok=True)
        keep_also(path, former)
    _write(path, secret)
    try:
        yield
    except BaseException:  # whatever it was: the old database is there still
        if there is not None:
            former.replace(path)
        else:
            path.unlink()
        raise
    former.unlink(missing_ok=True)


def _write(path: Path, secret: bytes) -> None:
    descriptor, name = tempfile.mkstemp(dir=path.parent)  # for its owner alone, 0600
    with os.fdopen(descriptor, "wb") as file:
        file.write(secret)
        file.flush()
        os.fsync(descriptor)
    Path(name).replace(path)
    make_names_last(path.parent)
