"""What is left when everybody has gone: nothing is held open, and memory has not grown with what was done."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from soak.metrics import value_in
from soak.samples import Holding, Memory
from soak.verdict import Verdict

EMPTY: Final = (
    "bakeoff_sockets_open",
    "bakeoff_rooms_open",
    "bakeoff_room_members",
    "bakeoff_turns_running",
    "bakeoff_turns_waiting",
    "bakeoff_streams_running",
    "bakeoff_calls_waiting",
    "bakeoff_unwritten_rows",
)
MORE_DESCRIPTORS: Final = 32
MORE_CONNECTIONS: Final = 16
"""Pools, of connections to the database and to model servers, grow to their size when they are needed."""
MORE_THREADS: Final = 12
"""As pools of threads do."""
MIB_A_MINUTE: Final = 4.0
SHORTEST: Final = 120.0
"""Seconds of one life in which its memory can be said to grow or not: rooms are kept for two minutes."""
_MIB: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Left:
    """When all have gone."""

    metrics: str
    before: Holding
    after: Holding
    upstream_streams: int
    """Answers that model servers still give somebody."""
    resident: int
    """Bytes, when nothing has run for a while."""


def leaks(left: Left, memory: Sequence[Memory]) -> Iterator[Verdict]:
    yield Verdict.of(
        "sockets, rooms, turns and lines are empty",
        f"{len(EMPTY)} metrics",
        (f"{name} is {value:g}" for name in EMPTY if (value := value_in(left.metrics, name))),
    )
    yield Verdict.of("no model server is still read", "streams of both", _still_read(left))
    before, after = left.before, left.after
    yield Verdict.of(
        "no descriptor and no connection is left",
        f"{before.total} before, {after.total} after, {MORE_DESCRIPTORS} more allowed;"
        f" connections {before.established}, {after.established}, {MORE_CONNECTIONS} more allowed",
        _more(left),
    )
    yield Verdict.of(
        "no thread is left",
        f"{before.threads} before, {after.threads} after, {MORE_THREADS} more allowed",
        [f"{after.threads} threads"] if after.threads > before.threads + MORE_THREADS else [],
    )
    yield _flat(memory, left.resident)


def _still_read(left: Left) -> Iterator[str]:
    if left.upstream_streams:
        yield f"{left.upstream_streams} streams"


def _more(left: Left) -> Iterator[str]:
    if left.after.total > left.before.total + MORE_DESCRIPTORS:
        yield f"{dict(left.before.descriptors)} before, {dict(left.after.descriptors)} after"
    if left.after.established > left.before.established + MORE_CONNECTIONS:
        yield f"{left.before.established} connections before, {left.after.established} after"


def _flat(memory: Sequence[Memory], at_rest: int) -> Verdict:
    """Of the last life's last half: what it was at its lowest, quarter minute by quarter minute."""
    name = "memory is flat"
    life = [each for each in memory if each.life == memory[-1].life]
    half = [each for each in life if each.at >= (life[0].at + life[-1].at) / 2]
    seconds = half[-1].at - half[0].at
    if seconds < SHORTEST:
        why = f"the last half of the last life was {seconds:.0f} s, {SHORTEST:.0f} s are needed"
        return Verdict(name, why, judged=False)
    slope = slope_of(half)
    peak = max(each.resident for each in memory) / _MIB
    looked_at = (
        f"{len(half)} samples in {seconds:.0f} s: {slope:+.2f} MiB a minute, {MIB_A_MINUTE:g} allowed;"
        f" {half[-1].resident / _MIB:.0f} MiB at the end, {peak:.0f} at most, {at_rest / _MIB:.0f} at rest"
    )
    return Verdict.of(name, looked_at, [f"{slope:+.2f} MiB a minute"] if slope > MIB_A_MINUTE else [])


def slope_of(samples: Sequence[Memory]) -> float:
    """MiB a minute, by least squares; in quiet moments alone where there were enough of them."""
    quiet = [each for each in samples if each.quiet]
    taken = quiet if len(quiet) >= 4 else samples
    times = [each.at / 60 for each in taken]
    sizes = [each.resident / _MIB for each in taken]
    middle, mean = sum(times) / len(times), sum(sizes) / len(sizes)
    spread = sum((time - middle) ** 2 for time in times)
    return sum((t - middle) * (s - mean) for t, s in zip(times, sizes, strict=True)) / spread
