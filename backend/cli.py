"""The command line. Each command imports what it needs when it runs, so that every one starts quickly.

Next: backend/serving.py
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from backend import setting_values as to
from backend.accounts.arguments import UserCommand, add_arguments, parsed
from backend.backups.arguments import (
    add_backup_arguments,
    add_restore_arguments,
    backup_asked_for,
    restore_asked_for,
)
from backend.doctor.arguments import add_arguments as add_doctor
from backend.keyring.arguments import add_arguments as add_keys
from backend.settings import Settings, SettingsError, add_flags, add_hidden_flags, given_flags

REFUSED = 2  # the exit status when something has to be changed before it can work


class RefusedError(Exception):
    """One line for the user: what is wrong and what to do."""


def main(arguments: Sequence[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="bakeoff", description="One prompt to many models, side by side.")
    commands = parser.add_subparsers(required=True, metavar="command")
    for name, (run, help_text, describe) in COMMANDS.items():
        command = commands.add_parser(name, help=help_text, description=help_text)
        command.set_defaults(run=run)
        describe(command)
    options = parser.parse_args(arguments)
    try:
        options.run(options)
    except (RefusedError, SettingsError) as error:
        sys.stderr.write(f"bakeoff: {error}\n")
        raise SystemExit(REFUSED) from None


def load_settings(options: argparse.Namespace) -> Settings:
    config = Path(options.config) if options.config else None
    return Settings.load(os.environ, given_flags(options), config)


def serve(options: argparse.Namespace) -> None:
    from backend.server.garbage import none_while_ending, none_while_starting  # noqa: PLC0415

    none_while_starting()
    import structlog  # noqa: PLC0415

    from backend.kit.logs import configure_logs  # noqa: PLC0415
    from backend.kit.redaction import Redactor  # noqa: PLC0415
    from backend.server.address import CannotListenError  # noqa: PLC0415
    from backend.serving import run  # noqa: PLC0415

    settings = load_settings(options)
    configure_logs(settings.log_level, settings.log_format, Redactor(settings.secret_values()))
    structlog.get_logger().info("database.ready", outcome=prepare_database(settings))
    try:
        run(settings)
    except CannotListenError as error:
        raise RefusedError(str(error)) from error
    none_while_ending()


def migrate(options: argparse.Namespace) -> None:
    sys.stdout.write(f"{prepare_database(load_settings(options))}\n")


def prepare_database(settings: Settings) -> str:
    """Create the data folder and bring the database up to date. Says what was done."""
    from backend.kit.database_url import InvalidDatabaseUrl  # noqa: PLC0415
    from backend.kit.migrating import migrate as migrate_database  # noqa: PLC0415
    from backend.kit.revisions import DatabaseTooNew  # noqa: PLC0415
    from backend.kit.unavailable import DatabaseUnavailable  # noqa: PLC0415

    make_data_folder(settings.data_dir)
    try:
        migrated = migrate_database(settings.database_url.reveal())
    except InvalidDatabaseUrl as error:
        raise RefusedError(str(error)) from error
    except DatabaseTooNew as error:
        raise RefusedError(str(error)) from error
    except DatabaseUnavailable as error:
        raise RefusedError(f"the database cannot be used: {error.reason}") from error
    if not migrated.changed:
        return f"The database is up to date ({migrated.after})."
    copied = f" The old file is kept as {migrated.copy}." if migrated.copy else ""
    return f"The database went from {migrated.before or 'nothing'} to {migrated.after}.{copied}"


def make_data_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder):
            pass
    except OSError as error:
        raise RefusedError(f"the data directory {folder} is not writable: {error.strerror}") from error


def simulate(options: argparse.Namespace) -> None:
    import asyncio  # noqa: PLC0415

    from backend.providers.simulator.alone import run  # noqa: PLC0415

    try:
        asyncio.run(run(options.host, options.port))
    except OSError as error:
        reason = os.strerror(error.errno) if error.errno else str(error)
        raise RefusedError(f"cannot listen on {options.host}:{options.port}: {reason}") from error


def user(options: argparse.Namespace) -> None:
    import asyncio  # noqa: PLC0415

    from backend.accounts.commands import UserCommandRefused  # noqa: PLC0415

    settings = load_settings(options)
    prepare_database(settings)
    try:
        sys.stdout.write(asyncio.run(_of_users(settings, parsed(options))))
    except UserCommandRefused as error:
        raise RefusedError(str(error)) from None


async def _of_users(settings: Settings, command: UserCommand) -> str:
    from backend.accounts.commands import carry_out  # noqa: PLC0415
    from backend.kit.db import Database  # noqa: PLC0415

    database = Database.open(settings.database_url.reveal(), lambda _seconds: None)
    try:
        return await carry_out(database, command, base_url=settings.public_url or "")
    finally:
        await database.close()


def keys(options: argparse.Namespace) -> None:
    import asyncio  # noqa: PLC0415

    from backend.keyring.commands import KeysCommandRefused  # noqa: PLC0415

    settings = load_settings(options)
    prepare_database(settings)
    try:
        new = options.new.read_text(encoding="utf-8").strip() if options.new else None
        sys.stdout.write(asyncio.run(_of_keys(settings, new)))
    except OSError as error:
        raise RefusedError(f"{error.filename}: {error.strerror}") from error
    except KeysCommandRefused as error:
        raise RefusedError(str(error)) from None


async def _of_keys(settings: Settings, new: str | None) -> str:
    from backend.keyring.commands import rotate_keys  # noqa: PLC0415
    from backend.kit.db import Database  # noqa: PLC0415

    given = settings.secret_key.reveal() if settings.secret_key else None
    database = Database.open(settings.database_url.reveal())
    try:
        return await rotate_keys(database, settings.data_dir, given, new)
    finally:
        await database.close()


def backup(options: argparse.Namespace) -> None:
    from datetime import UTC, datetime  # noqa: PLC0415

    from backend.backups.commands import back_up  # noqa: PLC0415

    _of_backups(options, lambda house: back_up(house, backup_asked_for(options), datetime.now(UTC)))


def restore(options: argparse.Namespace) -> None:
    from backend.backups.commands import put_back  # noqa: PLC0415

    _of_backups(options, lambda house: put_back(house, restore_asked_for(options)))


def _of_backups(options: argparse.Namespace, work: Callable[[Any], Coroutine[Any, Any, str]]) -> None:
    import asyncio  # noqa: PLC0415

    from backend.backups.house import House  # noqa: PLC0415
    from backend.backups.refused import BackupRefused  # noqa: PLC0415
    from backend.kit.database_url import InvalidDatabaseUrl  # noqa: PLC0415
    from backend.kit.logs import configure_logs  # noqa: PLC0415
    from backend.kit.redaction import Redactor  # noqa: PLC0415

    settings = load_settings(options)
    configure_logs(settings.log_level, settings.log_format, Redactor(settings.secret_values()))
    secret = settings.secret_key.reveal() if settings.secret_key else None
    try:
        house = House(settings.database_url.reveal(), settings.data_dir, secret)
        sys.stdout.write(asyncio.run(work(house)))
    except (BackupRefused, InvalidDatabaseUrl) as error:
        raise RefusedError(str(error)) from None


def doctor(options: argparse.Namespace) -> None:
    """What the settings have for problems it says like the others."""
    import asyncio  # noqa: PLC0415

    from backend.doctor.commands import look_everywhere  # noqa: PLC0415
    from backend.kit.logs import configure_logs  # noqa: PLC0415
    from backend.kit.redaction import Redactor  # noqa: PLC0415

    config = Path(options.config) if options.config else None
    settings, problems = Settings.as_far_as_usable(os.environ, given_flags(options), config)
    configure_logs("critical", "json", Redactor(settings.secret_values()))  # what is found is said once
    said, well = asyncio.run(look_everywhere(settings, problems, online=options.online, as_json=options.json))
    sys.stdout.write(said)
    if not well:
        raise SystemExit(1)


def schema(options: argparse.Namespace) -> None:
    """Without a file to standard output."""
    from backend.app import schema_document  # noqa: PLC0415
    from backend.rooms.document import room_document  # noqa: PLC0415

    document = room_document() if options.rooms else schema_document(Settings.load({}))
    if options.file:
        Path(options.file).write_bytes(document)
    else:
        sys.stdout.buffer.write(document)


def revision(options: argparse.Namespace) -> None:
    from backend.kit import schema as database_schema  # noqa: PLC0415
    from backend.kit.migrating import migrate as migrate_database  # noqa: PLC0415

    if options.message:
        database_schema.revise(options.message)
        return
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/check.db"
        migrate_database(url)
        if differences := database_schema.drift(url):
            raise RefusedError("tables and migrations differ:\n" + "\n".join(differences))


def add_schema_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", nargs="?", help="where to write it; without it to standard output")
    parser.add_argument("--rooms", action="store_true", help="what is said over a room's socket instead")


def add_user_arguments(parser: argparse.ArgumentParser) -> None:
    _add_flags_around(parser, add_arguments(parser))


def add_keys_arguments(parser: argparse.ArgumentParser) -> None:
    _add_flags_around(parser, add_keys(parser))


def _add_flags_around(parser: argparse.ArgumentParser, deeds: list[argparse.ArgumentParser]) -> None:
    """Before the name of the deed or after it."""
    add_flags(parser)
    for deed in deeds:
        add_hidden_flags(deed)


def add_backup_flags(parser: argparse.ArgumentParser) -> None:
    add_backup_arguments(parser)
    add_flags(parser)


def add_restore_flags(parser: argparse.ArgumentParser) -> None:
    add_restore_arguments(parser)
    add_flags(parser)


def add_doctor_arguments(parser: argparse.ArgumentParser) -> None:
    add_doctor(parser)
    add_flags(parser)


def add_simulate_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on [default: 127.0.0.1]")
    parser.add_argument("--port", type=_port, default=8100, help="0 takes a free one [default: 8100]")


def _port(given: str) -> int:
    try:
        port: int = to.whole_number(0, 65535)(given)
    except ValueError as error:
        raise argparse.ArgumentTypeError(str(error)) from None
    return port


def add_revision_arguments(parser: argparse.ArgumentParser) -> None:
    group = parser.add_mutually_exclusive_group(required=True)
    group.add_argument("message", nargs="?", help="what changes, in a few words")
    group.add_argument("--check", action="store_true", help="only say whether tables and migrations agree")


Command = tuple[Callable[[argparse.Namespace], None], str, Callable[[argparse.ArgumentParser], None]]
COMMANDS: dict[str, Command] = {
    "serve": (serve, "Migrate the database and serve until a signal comes.", add_flags),
    "migrate": (migrate, "Bring the database up to date.", add_flags),
    "user": (user, "Add, list, disable or promote people; also while the server runs.", add_user_arguments),
    "keys": (keys, "Seal saved provider keys under a new secret.", add_keys_arguments),
    "doctor": (
        doctor,
        "Look at this installation, say what to do, change nothing.",
        add_doctor_arguments,
    ),
    "backup": (backup, "Write everything into one file; also while the server runs.", add_backup_flags),
    "restore": (restore, "Put back what a backup holds; while no server runs.", add_restore_flags),
    "simulate": (simulate, "Serve simulated models for SDKs and benchmarks.", add_simulate_arguments),
    "schema": (schema, "Write the OpenAPI document.", add_schema_arguments),
    "revision": (revision, "For developers: write a migration from the tables.", add_revision_arguments),
}
