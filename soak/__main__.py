"""`python -m soak`: minutes of load with faults on `bakeoff serve`, then what must be true whatever happened.

Next: soak/run.py
"""

import argparse
import asyncio
import secrets
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Final

from benchmarks.harness.processes import ROOT
from soak.plan import planned
from soak.report import Report
from soak.run import Stage, soak

RESULTS: Final = ROOT / "benchmarks" / "results"


def main() -> None:
    options = _options().parse_args()
    folder = Path(tempfile.mkdtemp(prefix="bakeoff-soak-"))
    database = "PostgreSQL" if options.database_url else "SQLite"
    plan = planned(options.minutes, options.seed)
    print(f"{options.minutes:g} minutes, seed {options.seed}, all of it in {folder}", flush=True)
    for fault in plan.faults:
        print(f"  {fault.at:7.2f} s  {fault.kind} {fault.lasts:g} s", flush=True)
    evidence = asyncio.run(soak(plan, Stage(folder, options.server, options.database_url)))
    report = Report.of(f"{options.server}, {database}", plan, evidence)
    sys.exit(concluded(report, folder, options.results))


def concluded(report: Report, folder: Path, results: Path) -> int:
    """The exit status. What was broken can be looked at; what held leaves nothing behind but its table."""
    report.write(results)
    print(report.markdown(), flush=True)
    if report.broken:
        print(f"The log and the database are kept in {folder}.")
        return 1
    shutil.rmtree(folder)
    return 0


def _options() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m soak", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="of load; three more for the looking")
    parser.add_argument(
        "--seed", type=int, default=secrets.randbelow(10**6), help="the same seed, the same faults"
    )
    parser.add_argument("--server", choices=("native", "portable"), default="native")
    parser.add_argument("--database-url", default="", help="of an empty database; without it a SQLite file")
    parser.add_argument("--results", type=Path, default=RESULTS, help="folder for soak.md and soak.json")
    return parser


if __name__ == "__main__":
    main()
