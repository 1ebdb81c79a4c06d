"""`bakeoff user …`: accounts from the command line, also while the server runs.

A server that runs sees what was changed as soon as it looks at its callers anew.
"""

import getpass
import sys
from collections.abc import Callable
from typing import Final, assert_never

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.accounts import actions, audit, users
from backend.accounts.arguments import Add, Disable, Enable, List, Promote, ResetPassword, UserCommand
from backend.accounts.links import MadeLink
from backend.accounts.passwords import Passwords, refuse_weak
from backend.accounts.rights import Role
from backend.accounts.users import User
from backend.kit import clock
from backend.kit.db import Database
from backend.kit.errors import AppError, NotFound
from backend.kit.unavailable import DatabaseUnavailable

_LINE: Final = "{email:<40} {role:<7} {state:<9} {password:<12} since {since}\n"

ReadPassword = Callable[[], str]


class UserCommandRefused(Exception):  # noqa: N818 - reads as what it is
    """One line for the user."""


def ask_password() -> str:
    """Twice and without echo on a terminal; one line of what is piped in."""
    if not sys.stdin.isatty():
        return sys.stdin.readline().rstrip("\n")
    password = getpass.getpass("Password: ")
    if getpass.getpass("Once more: ") != password:
        raise UserCommandRefused("the two passwords differ")
    return password


async def carry_out(
    database: Database, command: UserCommand, *, base_url: str, read_password: ReadPassword = ask_password
) -> str:
    """What to print. Raises UserCommandRefused."""
    try:
        return await _carry_out(database, command, base_url, read_password)
    except AppError as error:
        reasons = " ".join(problem.message for problem in error.details)
        raise UserCommandRefused(reasons or error.message) from error
    except DatabaseUnavailable as error:
        raise UserCommandRefused(f"the database cannot be used: {error.reason}") from error


async def _carry_out(
    database: Database, command: UserCommand, base_url: str, read_password: ReadPassword
) -> str:
    hashed = None
    if isinstance(command, Add | ResetPassword) and command.with_password:
        hashed = await _hashed(command.email, read_password())
    async with database.transaction() as db:
        await _leave_checkpoints_to_the_server(db, database.name)
        return await _within(db, command, hashed, base_url)


async def _within(db: AsyncSession, command: UserCommand, hashed: str | None, base_url: str) -> str:
    match command:
        case List():
            said = await _list(db)
        case Add():
            said = await _add(db, command, hashed, base_url)
        case ResetPassword(email):
            said = await _reset(db, await _named(db, email), hashed, base_url)
        case Disable(email):
            user = await _named(db, email)
            await actions.disable(db, audit.COMMAND_LINE, user.id, clock.now())
            said = f"{user.email} is signed out and cannot sign in.\n"
        case Enable(email):
            user = await _named(db, email)
            await actions.enable(db, audit.COMMAND_LINE, user.id)
            said = f"{user.email} can sign in again.\n"
        case Promote(email, role):
            user = await _named(db, email)
            await actions.set_role(db, audit.COMMAND_LINE, user.id, role)
            said = f"{user.email} is {role}.\n"
        case _:
            assert_never(command)
    return said


async def _reset(db: AsyncSession, user: User, hashed: str | None, base_url: str) -> str:
    if hashed is None:
        made = await actions.password_link(db, audit.COMMAND_LINE, user.id, clock.now())
        return _set_password_line(user, made, base_url)
    held = await users.held(db, user.id)
    await actions.put_password(db, audit.COMMAND_LINE, held, hashed, clock.now())
    return f"{user.email} has a new password and is signed out everywhere.\n"


async def _add(db: AsyncSession, command: Add, hashed: str | None, base_url: str) -> str:
    now = clock.now()
    await users.counting(db)
    role: Role = command.role or ("owner" if await users.nobody(db) else "member")
    user = await users.add(
        db,
        email=users.email_of(command.email),
        name=users.name_of(command.name),
        role=role,
        password_hash=hashed,
        now=now,
    )
    await audit.note(db, audit.COMMAND_LINE, "user.registered", user.email, role=role)
    added = f"{user.email} is {role}.\n"
    if hashed is not None:
        return added
    made = await actions.password_link(db, audit.COMMAND_LINE, user.id, now)
    return added + _set_password_line(user, made, base_url)


async def _list(db: AsyncSession) -> str:
    lines = []
    found = await users.page(db)
    while found:
        lines += [_line_of(user) for user in found]
        found = await users.page(db, after=found[-1].id)
    return "".join(lines) or "Nobody has an account yet.\n"


async def _named(db: AsyncSession, email: str) -> User:
    user = await users.by_email(db, users.email_of(email))
    if user is None:
        raise NotFound(f"nobody has the address {email}; `bakeoff user list` shows who is there")
    return user


async def _hashed(email: str, password: str) -> str:
    refuse_weak(password, about=(users.email_of(email),))
    passwords = Passwords()
    try:
        return await passwords.hash(password)
    finally:
        passwords.close()


async def _leave_checkpoints_to_the_server(db: AsyncSession, name: str) -> None:
    """SQLite before 3.51.3 can lose a commit when two connections checkpoint and write at once. When no
    server runs, closing the database checkpoints as ever.
    """
    if name == "sqlite":
        await db.execute(text("PRAGMA wal_autocheckpoint = 0"))


def _line_of(user: User) -> str:
    return _LINE.format(
        email=user.email,
        role=user.role,
        state="" if user.enabled else "disabled",
        password="" if user.has_password else "no password",
        since=user.created_at.date(),
    )


def _set_password_line(user: User, made: MadeLink, base_url: str) -> str:
    # After the # nothing goes to a server, so the secret is in no log and no Referer.
    until = made.expires_at.astimezone().strftime("%H:%M")
    return f"{user.email} sets a password here, until {until}: {base_url}/#password={made.secret}\n"
