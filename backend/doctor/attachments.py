"""Attachments: a file for each row, a row for each file."""

import os

from backend.attachments import repository
from backend.doctor.finding import Finding, note, problem, well
from backend.doctor.patient import Patient
from backend.kit.blobs import Blobs


async def there(patient: Patient) -> list[Finding]:
    folder = patient.settings.data_dir / "attachments"
    if folder.exists() and not os.access(folder, os.R_OK | os.X_OK):
        return [problem(f"{folder} cannot be read", f"chown {folder} to the server's user")]
    if patient.has_no_database_yet:
        return []
    async with patient.reading() as db:
        named = await repository.sizes(db)
    lying = await Blobs(folder).sizes()
    missing = sorted(digest for digest, size in named.items() if lying.get(digest) != size)
    unneeded = set(lying) - set(named)
    findings = []
    if missing:
        shown = ", ".join(missing[:3]) + (", …" if len(missing) > 3 else "")
        do = f"copy them from a backup into {folder}, each into the folder named by its first two characters"
        findings.append(problem(f"{len(missing)} of {len(named)} are lost or cut off: {shown}", do))
    if unneeded:
        size = sum(lying[digest] for digest in unneeded) / 2**20
        findings.append(
            note(f"{len(unneeded)} files ({size:.1f} MiB) that no row needs: the server removes them")
        )
    return findings or [well(f"{len(named)} contents, all on the disk")]
