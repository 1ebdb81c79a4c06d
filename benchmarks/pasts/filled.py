"""Databases that take minutes to fill and come out the same every time: SQLite, and PostgreSQL where it is.

They are filled once, in a folder that git does not see, and again when anything has changed that fills them.
Every run reads the same ones; who wants to write takes copies.
"""

import hashlib
import shutil
import tempfile
from collections.abc import Callable, Collection, Coroutine, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Generic, TypeVar

import msgspec
import uvloop

from backend.kit.migrating import migrate
from benchmarks.harness import throwaway
from benchmarks.harness.processes import ROOT
from tests.support.postgres import Postgres, enterable, programs, running_postgres

_FILLED_BY: Final = ("backend", "migrations", "benchmarks/pasts")
_DONE: Final = "digest.txt"

Known = TypeVar("Known")
Fill = Callable[[Sequence[str], int], Coroutine[Any, Any, Known]]
"""So many responses, into empty databases that have all tables. Says what there is to know about them."""


@dataclass(frozen=True, slots=True)
class Databases(Generic[Known]):
    """With the same in them."""

    responses: int
    known: Known
    urls: tuple[str, ...]
    """SQLite's, then PostgreSQL's."""


Opened = tuple[list[Databases[Known]], tuple[str, ...]]
"""By size; and what there is to say when PostgreSQL is not among them."""


class Filled(Generic[Known]):
    def __init__(self, name: str, fill: Fill[Known], known: type[Known]) -> None:
        self._name = name
        self._fill = fill
        self._known = known

    def prepare(self, sizes: Sequence[int]) -> None:
        kept, digest = self._kept(sizes), _digest()
        mark = kept / _DONE
        if mark.exists() and mark.read_text() == digest:
            return
        shutil.rmtree(kept, ignore_errors=True)
        kept.mkdir(parents=True)
        with ExitStack() as stack:
            server, _ = postgres(stack, kept)
            known = [self._filled(kept, size, server) for size in sizes]
        (kept / "known.json").write_bytes(msgspec.json.encode(known))
        mark.write_text(digest)  # last: what was broken off is begun anew

    @contextmanager
    def opened(self, sizes: Sequence[int], to_write: Collection[int] = ()) -> Iterator[Opened[Known]]:
        """Of some sizes, copies to write into."""
        self.prepare(sizes)
        kept = self._kept(sizes)
        known = msgspec.json.decode((kept / "known.json").read_bytes(), type=list[self._known])  # type: ignore[name-defined]
        with ExitStack() as stack:
            server, notes = postgres(stack, kept)
            urls = [
                _copied(kept, size, server, stack) if size in to_write else _urls(kept, size, server)
                for size in sizes
            ]
            yield list(map(Databases, sizes, known, urls)), notes

    def _filled(self, kept: Path, size: int, server: Postgres | None) -> Known:
        if server:
            server.run(f"CREATE DATABASE {_called(size)} TEMPLATE template0")
        urls = _urls(kept, size, server)
        for url in urls:
            migrate(url)
        return uvloop.run(self._fill(urls, size))

    def _kept(self, sizes: Sequence[int]) -> Path:
        return _folder() / f"{self._name}-{'-'.join(map(str, sizes))}"


def postgres(stack: ExitStack, kept: Path | None = None) -> tuple[Postgres | None, tuple[str, ...]]:
    """The one that the test suite starts, or why there is none."""
    try:
        return stack.enter_context(running_postgres(kept and kept / "postgresql")), ()
    except (RuntimeError, LookupError) as missing:  # no programs, or not the user they run as
        return None, (f"PostgreSQL was not measured: {str(missing).splitlines()[0]}",)


def _urls(kept: Path, size: int, server: Postgres | None) -> tuple[str, ...]:
    file = f"sqlite:///{kept / _called(size)}.db"
    return (file, server.url(_called(size))) if server else (file,)


def _copied(kept: Path, size: int, server: Postgres | None, stack: ExitStack) -> tuple[str, ...]:
    mine = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    shutil.copy(kept / f"{_called(size)}.db", mine)
    file = f"sqlite:///{mine / _called(size)}.db"
    return (file, stack.enter_context(server.lent(_called(size)))) if server else (file,)


def _called(size: int) -> str:
    return f"responses_{size}"


def _folder() -> Path:
    """Where PostgreSQL can go too."""
    if enterable(throwaway.FOLDER):
        return throwaway.FOLDER
    return Path(tempfile.gettempdir()) / f"bakeoff-filled-{hashlib.sha256(bytes(ROOT)).hexdigest()[:8]}"


def _digest() -> str:
    """Of everything that has a say in what is in them."""
    digest = hashlib.sha256()
    for part in _FILLED_BY:
        for path in sorted((ROOT / part).rglob("*.py")):
            digest.update(str(path.relative_to(ROOT)).encode())
            digest.update(path.read_bytes())
    try:
        digest.update(str(programs()).encode())
    except RuntimeError:
        digest.update(b"without")
    return digest.hexdigest()
