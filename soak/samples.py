"""What the server's process holds, counted from outside: memory, descriptors, threads, connections."""

import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from benchmarks.harness.usage import resident_bytes


@dataclass(frozen=True, slots=True)
class Memory:
    at: float  # of the monotonic clock
    life: int
    """Which process of those that lived one after another."""
    resident: int
    quiet: bool
    """Nothing ran, and the garbage was collected."""


@dataclass(frozen=True, slots=True)
class Holding:
    descriptors: Counter[str]
    """By kind: sockets, pipes, files."""
    threads: int
    established: int
    """TCP connections, of clients and to model servers."""

    @classmethod
    def of(cls, pid: int) -> "Holding":
        descriptors: Counter[str] = Counter()
        inodes = set()
        for entry in Path(f"/proc/{pid}/fd").iterdir():
            try:
                target = str(entry.readlink())
            except FileNotFoundError:
                continue
            kind, found, inode = target.partition(":[")
            descriptors[kind if found else "file"] += 1
            if kind == "socket":
                inodes.add(inode.rstrip("]"))
        threads = sum(1 for _ in Path(f"/proc/{pid}/task").iterdir())
        return cls(descriptors, threads, _established(inodes))

    @property
    def total(self) -> int:
        return self.descriptors.total()


def memory_of(pid: int, life: int, *, quiet: bool = False) -> Memory | None:
    try:
        return Memory(time.monotonic(), life, resident_bytes(pid), quiet)
    except (FileNotFoundError, ProcessLookupError):
        return None


def _established(inodes: set[str]) -> int:
    count = 0
    for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
        fields = line.split()
        count += fields[3] == "01" and fields[9] in inodes
    return count
