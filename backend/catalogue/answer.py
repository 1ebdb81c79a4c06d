"""The list of models as bytes: encoded once for each change, cut out of that for each question."""

import asyncio
import gzip
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import msgspec

from backend.catalogue.entry import Entry
from backend.catalogue.listing import Catalogue
from backend.catalogue.schemas import model_of


@dataclass(frozen=True, slots=True)
class _Encoded:
    entry: Entry
    searched: str
    json: bytes


@dataclass(frozen=True, slots=True)
class Body:
    json: bytes
    etag: str
    gzip: bytes | None = None
    """Only of the whole list, which is a hundred times what it is compressed."""


class ModelsAnswer:
    def __init__(self, catalogue: Catalogue) -> None:
        self._catalogue = catalogue
        self._of: tuple[Sequence[Entry], tuple[str, int]] | None = None
        self._encoded: tuple[_Encoded, ...] = ()
        self._whole = _body(())

    async def whole(self, at: datetime) -> Body:
        await self._refresh(at)
        return self._whole

    async def matching(self, at: datetime, words: str, *, available_only: bool) -> Body:
        """Every word of `words` in the id or the name."""
        await self._refresh(at)
        wanted = words.lower().split()
        return _body(
            each
            for each in self._encoded
            if (each.entry.available or not available_only) and all(word in each.searched for word in wanted)
        )

    async def _refresh(self, at: datetime) -> None:
        entries = await self._catalogue.all()
        epoch = (await self._catalogue.price_list()).epoch(at)
        if self._of is not None and self._of[0] is entries and self._of[1] == epoch:
            return
        self._encoded, self._whole = await asyncio.to_thread(_encode, entries, at)
        self._of = (entries, epoch)


def _encode(entries: Sequence[Entry], at: datetime) -> tuple[tuple[_Encoded, ...], Body]:
    encoded = tuple(
        _Encoded(entry, f"{entry.id} {entry.display_name}".lower(), msgspec.json.encode(model_of(entry, at)))
        for entry in entries
    )
    whole = _body(encoded)
    return encoded, replace(whole, gzip=gzip.compress(whole.json))


def _body(encoded: Iterable[_Encoded]) -> Body:
    json = b"[" + b",".join(each.json for each in encoded) + b"]"
    return Body(json, etag_of(json))


def etag_of(json: bytes) -> str:
    return f'"{hashlib.sha256(json).hexdigest()[:32]}"'
