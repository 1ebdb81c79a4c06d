"""The files that a comparison can be had as: what each is called, and who writes it."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from backend.comparisons.export.archive import Archive
from backend.comparisons.export.files import Read, whole
from backend.comparisons.export.markdown import markdown
from backend.comparisons.export.page import page
from backend.comparisons.export.schemas import FormatName
from backend.comparisons.export.spreadsheet import spreadsheet

_PIECE: Final = 64 * 1024


@dataclass(frozen=True, slots=True)
class Format:
    extension: str
    media_type: str
    write: Callable[[Archive, datetime, Read], Iterator[bytes]]


def _text(pieces: Iterable[str]) -> Iterator[bytes]:
    """Each a few pages long, however short those are that it is made of."""
    waiting = bytearray()
    for piece in pieces:
        waiting += piece.encode()
        if len(waiting) >= _PIECE:
            yield bytes(waiting)
            waiting.clear()
    yield bytes(waiting)


FORMATS: Final[dict[FormatName, Format]] = {
    "json": Format("json", "application/json", whole),
    "markdown": Format("md", "text/markdown", lambda archive, at, _read: _text(markdown(archive, at))),
    "csv": Format("csv", "text/csv", lambda archive, _at, _read: _text(spreadsheet(archive))),
    "html": Format("html", "text/html", lambda archive, at, read: _text(page(archive, at, read))),
}
