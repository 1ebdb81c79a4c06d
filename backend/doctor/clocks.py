"""Clocks: what signs people in hangs on them."""

from datetime import UTC, datetime, timedelta
from typing import Final

from sqlalchemy import text

from backend.doctor.finding import Finding, note, problem, well
from backend.doctor.patient import Patient
from backend.installation import repository as installation
from backend.kit import clock
from backend.kit.database_url import PostgresServer

_APART: Final = timedelta(seconds=2)
_TOO_FAR: Final = timedelta(seconds=60)
_DO: Final = "let both machines take their time from the network (NTP)"


async def beside_the_database(patient: Patient) -> list[Finding]:
    if not isinstance(patient.database, PostgresServer):
        return []
    async with patient.reading() as db:
        await db.execute(text("SELECT 1"))  # connecting takes its time
        before = clock.now()
        theirs = await db.scalar(text("SELECT clock_timestamp()"))
        ours = before + (clock.now() - before) / 2
    return [_compared(ours, _aware(theirs))]


async def forwards(patient: Patient) -> list[Finding]:
    """A clock that stands before what it was: tokens of the future, history in the wrong order."""
    if patient.has_no_database_yet:
        return []
    async with patient.reading() as db:
        known = await installation.find(db)
    if known is None or known.last_started_at <= clock.now() + _TOO_FAR:
        return [well(f"it is {clock.now():%Y-%m-%d %H:%M:%S} UTC here")]
    found = f"the last start was at {known.last_started_at:%Y-%m-%d %H:%M:%S} UTC, which is in the future"
    return [problem(found, "set this machine's clock right, best by NTP")]


def _compared(ours: datetime, theirs: datetime) -> Finding:
    apart = abs(theirs - ours)
    found = f"the database's clock and this machine's are {apart.total_seconds():.1f} s apart"
    if apart > _TOO_FAR:
        return problem(found, _DO)
    return note(found, _DO) if apart > _APART else well(found)


def _aware(given: object) -> datetime:
    if not isinstance(given, datetime):
        raise TypeError("the database says no time")
    return given if given.tzinfo else given.replace(tzinfo=UTC)
