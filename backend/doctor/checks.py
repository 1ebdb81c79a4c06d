"""The list of checks. Each looks at one thing; none that breaks hides the others."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final, TypeAlias

from sqlalchemy.exc import SQLAlchemyError

from backend.doctor import (
    answers,
    attachments,
    clocks,
    configuration,
    database,
    folder,
    listening,
    page,
    postgres,
    providers,
    secret,
)
from backend.doctor.finding import Finding, note, problem
from backend.doctor.patient import Patient
from backend.kit.database_url import InvalidDatabaseUrl
from backend.kit.unavailable import DatabaseUnavailable

Check: TypeAlias = Callable[[Patient], Awaitable[list[Finding]]]

CHECKS: Final[tuple[tuple[str, Check], ...]] = (
    ("settings", configuration.usable),
    ("settings", configuration.surprising),
    ("data folder", folder.writable),
    ("data folder", folder.room),
    ("data folder", folder.private),
    ("data folder", folder.left_over),
    ("secret", secret.kept),
    ("database", database.answers),
    ("database", database.writable),
    ("database", database.whole),
    ("database", database.journal),
    ("database", postgres.allows),
    ("migrations", database.migrated),
    ("saved keys", secret.opens_saved_keys),
    ("attachments", attachments.there),
    ("answers", answers.finished),
    ("clock", clocks.forwards),
    ("clock", clocks.beside_the_database),
    ("server", listening.chosen),
    ("port", listening.port),
    ("certificate", listening.certificate),
    ("open files", listening.open_files),
    ("providers", providers.known),
    ("providers", providers.taking_our_keys),
    ("page", page.built),
)
_PATIENCE: Final = 90.0


async def examine(
    patient: Patient, checks: Sequence[tuple[str, Check]] = CHECKS
) -> list[tuple[str, Finding]]:
    """All at once, so that what has to be waited for is waited for once."""
    found = await asyncio.gather(*(_looked(check, patient) for _, check in checks))
    return [(name, each) for (name, _), findings in zip(checks, found, strict=True) for each in findings]


async def _looked(check: Check, patient: Patient) -> list[Finding]:
    try:
        async with asyncio.timeout(_PATIENCE):
            return await check(patient)
    except (DatabaseUnavailable, InvalidDatabaseUrl):
        return [note("not looked at: the database cannot be used")]
    except SQLAlchemyError:
        return [note("not looked at: the database is not as this version knows it")]
    except TimeoutError:
        return [problem(f"no answer within {_PATIENCE:.0f} s", "try again when the machine has less to do")]
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        return [problem(f"{where}{error.strerror or 'cannot be read'}", "check who may read it")]
    except Exception as error:  # noqa: BLE001 - one broken check may not hide the others
        return [problem(f"this check itself broke ({type(error).__name__})", "please report it")]
