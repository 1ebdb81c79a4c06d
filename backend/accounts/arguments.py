"""What can be typed after `bakeoff user`, and what it means. Imports nothing that takes time."""

import argparse
from dataclasses import dataclass
from typing import TypeAlias

from backend.accounts.rights import ROLES, Role


@dataclass(frozen=True, slots=True)
class Add:
    email: str
    role: Role | None
    name: str
    with_password: bool


@dataclass(frozen=True, slots=True)
class List:
    pass


@dataclass(frozen=True, slots=True)
class Disable:
    email: str


@dataclass(frozen=True, slots=True)
class Enable:
    email: str


@dataclass(frozen=True, slots=True)
class ResetPassword:
    email: str
    with_password: bool


@dataclass(frozen=True, slots=True)
class Promote:
    email: str
    role: Role


UserCommand: TypeAlias = Add | List | Disable | Enable | ResetPassword | Promote


def add_arguments(parser: argparse.ArgumentParser) -> list[argparse.ArgumentParser]:
    """Gives the parsers of its deeds."""
    deeds = parser.add_subparsers(required=True, dest="deed", metavar="command")
    add = deeds.add_parser("add", help="make an account; prints a link that sets its password")
    add.add_argument("email")
    add.add_argument("--role", choices=ROLES, help="owner for the first account, member for others")
    add.add_argument("--name", default="")
    deeds.add_parser("list", help="show who has an account")
    disable = deeds.add_parser("disable", help="sign somebody out everywhere and keep him out")
    disable.add_argument("email")
    enable = deeds.add_parser("enable", help="let somebody in again")
    enable.add_argument("email")
    reset = deeds.add_parser("reset-password", help="print a link that sets a new password")
    reset.add_argument("email")
    promote = deeds.add_parser("promote", help="give somebody another role")
    promote.add_argument("email")
    promote.add_argument("--role", choices=ROLES, default="owner")
    for deed in (add, reset):
        deed.add_argument("--password", action="store_true", help="ask for the password instead")
    return list(deeds.choices.values())


def parsed(options: argparse.Namespace) -> UserCommand:
    match options.deed:
        case "add":
            return Add(options.email, options.role, options.name, options.password)
        case "disable":
            return Disable(options.email)
        case "enable":
            return Enable(options.email)
        case "reset-password":
            return ResetPassword(options.email, options.password)
        case "promote":
            return Promote(options.email, options.role)
        case _:
            return List()
