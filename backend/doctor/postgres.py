"""What a PostgreSQL server must allow."""

from typing import Final

from sqlalchemy import text

from backend.doctor.finding import Finding, note, problem, well
from backend.doctor.patient import Patient
from backend.kit.database_url import PostgresServer
from backend.kit.postgres import CONNECTIONS

_OLDEST: Final = 14
_RIGHTS: Final = """
SELECT c.relname FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = 'public' AND c.relkind IN ('r', 'p')
  AND NOT (has_table_privilege(c.oid, 'SELECT, INSERT') AND has_table_privilege(c.oid, 'SELECT')
           AND has_table_privilege(c.oid, 'INSERT') AND has_table_privilege(c.oid, 'UPDATE')
           AND has_table_privilege(c.oid, 'DELETE') AND pg_has_role(c.relowner, 'MEMBER'))
ORDER BY c.relname
"""


async def allows(patient: Patient) -> list[Finding]:
    if not isinstance(patient.database, PostgresServer):
        return []
    async with patient.reading() as db:
        version = int(await db.scalar(text("SHOW server_version_num")) or 0) // 10_000
        encoding = await db.scalar(text("SHOW server_encoding"))
        standby = await db.scalar(text("SELECT pg_is_in_recovery()"))
        creates = await db.scalar(text("SELECT has_schema_privilege('public', 'CREATE')"))
        refused = list(await db.scalars(text(_RIGHTS)))
        connections = int(await db.scalar(text("SHOW max_connections")) or 0)
        read_only = await db.scalar(text("SHOW default_transaction_read_only"))
    findings = []
    if version < _OLDEST:
        findings.append(note(f"PostgreSQL {version} is older than what is tried here", f"take {_OLDEST} on"))
    if encoding != "UTF8":
        do = "create it anew: createdb --encoding=UTF8 --template=template0 NAME"
        findings.append(problem(f"the database is encoded in {encoding}: most texts do not fit", do))
    if standby or read_only == "on":
        findings.append(problem("the server takes no writes", "set database_url to the primary"))
    if not creates:
        do = "as its owner: GRANT CREATE, USAGE ON SCHEMA public TO this user"
        findings.append(problem("this user may make no tables in the schema public", do))
    if refused:
        named = ", ".join(refused[:5])
        do = "make this user the owner: ALTER TABLE … OWNER TO …"
        findings.append(problem(f"this user may not do everything with {len(refused)} tables: {named}", do))
    if connections < CONNECTIONS + 3:
        do = "raise max_connections of PostgreSQL"
        findings.append(note(f"the server takes {connections} connections, {CONNECTIONS} are ours", do))
    return findings or [well(f"{encoding}, all rights, {connections} connections at most")]
