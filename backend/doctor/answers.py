"""Answers that are unfinished although nobody is there to finish them."""

from backend.comparisons.recovery import unfinished
from backend.doctor.finding import Finding, note, well
from backend.doctor.patient import Patient
from backend.doctor.presence import who_answers


async def finished(patient: Patient) -> list[Finding]:
    if patient.has_no_database_yet:
        return []
    async with patient.reading() as db:
        count = await unfinished(db)
    if not count:
        return [well("none is unfinished")]
    if (await who_answers(patient.settings)).who == "bakeoff":
        return [well(f"{count} are being given")]
    found = f"{count} were broken off when the server ended: the next start ends them as interrupted"
    return [note(found, "bakeoff serve")]
