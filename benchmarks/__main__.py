"""`python -m benchmarks [name …]`: runs all or some, prints one table, writes it to benchmarks/results."""

import argparse
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from benchmarks import (
    accounts,
    comparisons,
    crowd,
    curves,
    database,
    deaf,
    fanout,
    held,
    history,
    hot_path,
    idle,
    page,
    peers,
    providers,
    reports,
    requests,
    rooms,
    start,
)
from benchmarks.harness.effort import FULL, Effort
from benchmarks.harness.report import together

BENCHMARKS = {
    "requests": requests.run,
    "rooms": rooms.run,
    "fanout": fanout.run,
    "crowd": crowd.run,
    "deaf": deaf.run,
    "providers": providers.run,
    "comparisons": comparisons.run,
    "held": held.run,
    "accounts": accounts.run,
    "idle": idle.run,
    "start": start.run,
    "database": database.run,
    "history": history.run,
    "reports": reports.run,
    "page": page.run,
    "curves": curves.run,
    "peers": peers.run,
    "hot_path": hot_path.run,
}
PREPARED = {
    "history": history.prepare,
    "reports": reports.prepare,
    "curves": reports.prepare,
    "peers": peers.prepare,
    "hot_path": hot_path.prepare,
}
"""What is filled and installed once, before anything is measured."""
RESULTS = Path(__file__).parent / "results"


def main(arguments: Sequence[str] | None = None, effort: Effort = FULL, results: Path = RESULTS) -> None:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks", description="Measure Bakeoff beside others."
    )
    parser.add_argument("names", nargs="*", metavar="name", help=f"{', '.join(BENCHMARKS)}; all without one")
    names = parser.parse_args(arguments).names or list(BENCHMARKS)
    if unknown := set(names) - BENCHMARKS.keys():
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}; there are {', '.join(BENCHMARKS)}")
    reports = []
    took: dict[str, float] = {}
    began = time.monotonic()
    for name, prepare in PREPARED.items():
        if name in names:
            sys.stderr.write(f"what {name} keeps …\n")
            prepare(effort)
    prepared = time.monotonic() - began
    for name in names:
        sys.stderr.write(f"{name} …\n")
        began = time.monotonic()
        reports.append(BENCHMARKS[name](effort))
        took[name] = time.monotonic() - began
        report = together(reports, took, prepared)
        report.write(results)  # what was measured so far is kept, however the rest ends
    print(report.table())


if __name__ == "__main__":
    main()
