"""What can be typed after `bakeoff backup` and `bakeoff restore`. Imports nothing that takes time."""

import argparse
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class BackUp:
    file: Path | None
    folder: Path | None
    keep: int | None
    with_secret: bool


@dataclass(frozen=True, slots=True)
class Restore:
    file: Path
    force: bool


def add_backup_arguments(parser: argparse.ArgumentParser) -> None:
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("file", nargs="?", type=Path, metavar="FILE", help="where to write it; not there yet")
    where.add_argument("--to", type=Path, metavar="FOLDER", help="write it there, named by the time")
    parser.add_argument(
        "--keep",
        type=_how_many,
        metavar="N",
        help="with --to: remove all but the newest N that were made there of this installation",
    )
    parser.add_argument(
        "--with-secret",
        action="store_true",
        help="put secret.key into it too. Without it nobody who finds the file can read saved provider keys "
        "or sign in as somebody; so keep the secret elsewhere, you need it to use a restored backup fully",
    )


def add_restore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar="FILE", help="what `bakeoff backup` wrote")
    parser.add_argument(
        "--force",
        action="store_true",
        help="also where people have accounts already; what is there is kept aside, never deleted",
    )


def backup_asked_for(options: argparse.Namespace) -> BackUp:
    return BackUp(options.file, options.to, options.keep, options.with_secret)


def restore_asked_for(options: argparse.Namespace) -> Restore:
    return Restore(options.file, options.force)


def _how_many(given: str) -> int:
    if not given.isdecimal() or not 1 <= int(given) <= 100_000:
        raise argparse.ArgumentTypeError(f"{given!r} is not a number from 1 to 100000")
    return int(given)
