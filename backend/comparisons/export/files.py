"""The bytes of what is attached: out with the files that carry them, and in again, where all may be lies."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final, TypeAlias
from uuid import UUID

import msgspec
from msgspec.structs import asdict, replace

from backend.attachments.actions import looked_at
from backend.attachments.repository import Stored
from backend.comparisons.export.archive import Archive, ArchivedAttachment, document
from backend.kit.blobs import Blobs, ContentLost, digest_of
from backend.kit.errors import AppError, FieldProblem, Invalid

Read: TypeAlias = Callable[[UUID], bytes | None]
"""By the id of an attachment; None where its content is lost. Not for the loop."""

_END: Final = b"}}"


@dataclass(frozen=True, slots=True)
class Received:
    """What came with a file, ready to be stored."""

    archive: Archive
    """With ids that are new."""
    attachments: list[Stored]
    contents: list[bytes]


def nothing(_attachment_id: UUID) -> None:
    """For who wants the words alone."""


def reader(archive: Archive, blobs: Blobs) -> Read:
    digests = {each.id: each.digest for each in _attached(archive)}

    def read(attachment_id: UUID) -> bytes | None:
        try:
            return blobs.read(digests[attachment_id])
        except ContentLost:
            return None

    return read


def whole(archive: Archive, at: datetime, read: Read) -> Iterator[bytes]:
    """The JSON file: what is attached comes last, each content once, and no two are in memory together."""
    said = document(archive, at)
    yield said.removesuffix(_END)
    comma = b""
    for digest, attachment_id in {each.digest: each.id for each in _attached(archive)}.items():
        if (data := read(attachment_id)) is not None:
            yield b"".join((comma, msgspec.json.encode(digest), b':"', base64.b64encode(data), b'"'))
            comma = b","
    yield _END


def received(archive: Archive, files: dict[str, bytes], owner_id: UUID, largest: int) -> Received:
    """Raises Invalid, naming the fields. What a file says of its attachments is looked at anew."""
    found: dict[UUID, Stored] = {}
    problems: list[FieldProblem] = []
    for number, turn in enumerate(archive.turns):
        for place, each in enumerate(turn.attachments):
            path = f"comparison.turns.{number}.attachments.{place}"
            try:
                found[each.id] = found.get(each.id) or _stored(each, files, owner_id, largest)
            except AppError as error:
                problems.append(FieldProblem(path, error.message))
    if problems:
        raise Invalid(problems)
    turns = tuple(
        replace(turn, attachments=tuple(_archived(found[each.id]) for each in turn.attachments))
        for turn in archive.turns
    )
    contents = {stored.digest: files[stored.digest] for stored in found.values()}
    return Received(replace(archive, turns=turns), list(found.values()), list(contents.values()))


def _stored(each: ArchivedAttachment, files: dict[str, bytes], owner_id: UUID, largest: int) -> Stored:
    data = files.get(each.digest)
    if data is None or digest_of(data) != each.digest:
        raise AppError("Its content is not among the files.")
    if len(data) > largest:
        raise AppError(f"At most {largest:,} bytes.")
    return looked_at(each.name, data, owner_id)


def _archived(stored: Stored) -> ArchivedAttachment:
    return ArchivedAttachment(**asdict(stored.about), digest=stored.digest)


def _attached(archive: Archive) -> Iterator[ArchivedAttachment]:
    return (each for turn in archive.turns for each in turn.attachments)
