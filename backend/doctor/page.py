"""The page that browsers get."""

from backend.doctor.finding import Finding, note, well
from backend.doctor.patient import Patient
from backend.web.files import find_dist


async def built(_patient: Patient) -> list[Finding]:
    dist = find_dist()
    if (dist / "index.html").is_file():
        return [well(f"built, in {dist}")]
    return [note("not built: browsers get a plain page, the API works", "make web")]
