"""Comparisons by their numbers, with all rows and texts: whose they are, what is in them, and what is rare.

A number says the place in the search, the first digits of all keys and the time, so that a block of numbers
can be copied to other places, keys and times at once.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from typing import Any, Final
from uuid import UUID

from backend.accounts.tables import UserRow
from backend.comparisons.search import PLACES, TEXTS
from backend.comparisons.tables import (
    ComparisonRow,
    LaneRow,
    ResponseRow,
    SearchPlaceRow,
    SearchShelfRow,
    SearchTextRow,
    TagRow,
    TurnRow,
)
from backend.kit.columns import Base
from benchmarks.pasts import past_rows
from benchmarks.pasts.copies import Copy
from benchmarks.pasts.past_rows import Keys

LANES: Final = 4
MODELS: Final = tuple(f"lab/model-{number}" for number in range(12))
HALF, NEEDLE = "half", "needle"
COMMON_TAG, RARE_TAG = "common", "rare"
BLOCK: Final = 4 * PLACES
"""Comparisons that are copied together: whole generations of the search."""
SHELVES: Final = 36 * 36
"""Of a block, most of them empty: in the words of the index, its number stands before two digits."""
_OF_A_GENERATION: Final = 64
_ALONE: Final = 512  # one in so many
_OTHERS: Final = 50
_WORDS: Final = 30  # of an answer
_VOCABULARY: Final = 20_000
_APART: Final = 16  # bits of the milliseconds from one to the next: about a minute
_BLOCKS_APART: Final = _APART + (BLOCK - 1).bit_length()
_NOW: Final = int(datetime(2026, 11, 21, tzinfo=UTC).timestamp() * 1000) >> _BLOCKS_APART
_AT_ONCE: Final = 2_000


@dataclass(slots=True)
class Page:
    """Some of what was written."""

    rows: dict[type[Base], list[dict[str, Any]]] = field(default_factory=dict)
    texts: list[tuple[int, int, Sequence[str]]] = field(default_factory=list)

    def add(self, table: type[Base], *rows: dict[str, Any]) -> None:
        self.rows.setdefault(table, []).extend(rows)


@dataclass(slots=True)
class _Written:
    theirs: list[UUID] = field(default_factory=list)
    shelves: set[int] = field(default_factory=set)


class Scribe:
    """What is rare would not be so in copies. So one in many is left out of the first block: these are
    written for themselves in all blocks, as is what comes after the last whole one.
    """

    def __init__(self, responses: int) -> None:
        self._random = random.Random(7)
        self.count = max(8, responses // LANES)
        self.blocks = max(1, self.count // BLOCK)
        self.people = [self._key(0) for _ in range(_OTHERS + 2)]
        self.vocabulary, self._drawn = self._language()
        self._first = _NOW - -(-self.count // BLOCK)
        self._original, self._alone = _Written(), _Written()
        self._few = {self._near(self.count * part // 6 // 10 * 10 + 1) for part in range(1, 6)}
        self._newcomers = {self._near(n) for n in (self.count // 4, self.count * 4 // 7, self.count - 1)}
        self._failed = {self._near(number) for number in range(3, self.count, 10_000)}

    def everybody(self) -> Page:
        page = Page()
        since = datetime(2025, 1, 1, tzinfo=UTC)
        for key in self.people:
            person = {"id": key, "email": f"{key.hex}@example.org", "name": "", "role": "member"}
            page.add(UserRow, {**person, "created_at": since})
        return page

    def original(self) -> Iterator[Page]:
        """What copies are made of; all, where there is not enough of it."""
        if self.blocks == 1:
            return self._pages(range(self.count), self._original)
        return self._pages([n for n in range(BLOCK) if n != self._near(n)], self._original)

    def copies(self) -> Iterator[tuple[int, Copy]]:
        """The number of a block, from two on, and how it differs from the first."""
        for by in range(1, self.blocks):
            numbers = {
                "search_places.place": by * BLOCK,
                "search_texts.number": by * BLOCK * TEXTS,
                "search_shelves.generation": by * BLOCK // PLACES,
                "search_shelves.id": by * SHELVES,
            }
            later = timedelta(milliseconds=by << _BLOCKS_APART)
            yield by + 1, Copy(f"{self._first + by + 1:05x}", later, numbers)

    def alone(self) -> Iterator[Page]:
        if self.blocks == 1:
            return iter(())
        copied = self.blocks * BLOCK
        return self._pages((*range(_ALONE - 1, copied, _ALONE), *range(copied, self.count)), self._alone)

    def theirs(self) -> tuple[UUID, ...]:
        """The owner's, as they came."""
        keys = [key.int for key in self._alone.theirs]
        for by in range(self.blocks):
            keys += [key.int + (by << _BLOCKS_APART + 80) for key in self._original.theirs]
        return tuple(UUID(int=key) for key in sorted(keys))

    def _near(self, number: int) -> int:
        """One that is written for itself."""
        return number if self.blocks == 1 or number >= self.blocks * BLOCK else number | _ALONE - 1

    def _pages(self, numbers: Sequence[int], written: _Written) -> Iterator[Page]:
        for begin in range(0, len(numbers), _AT_ONCE):
            page = Page()
            for number in numbers[begin : begin + _AT_ONCE]:
                self._comparison(number, page, written)
            yield page

    def _comparison(self, number: int, page: Page, written: _Written) -> None:
        place = BLOCK + number  # the first block is called one
        millisecond = self._first * BLOCK + place << _APART
        at = datetime.fromtimestamp(millisecond / 1000, UTC)
        person = self._person(number)
        owner = self.people[person]
        keys = self._keys(millisecond)
        if not person:
            written.theirs.append(keys.comparison)
        models = self._random.sample(MODELS, LANES)
        prompt = " ".join(self._words(8))
        answers = [self._answer(number, lane) for lane in range(LANES)]
        failed = number in self._failed
        page.add(ComparisonRow, past_rows.comparison(keys, owner, prompt, at, failed=failed))
        page.add(LaneRow, *past_rows.lanes(keys, models))
        page.add(TurnRow, past_rows.turn(keys, prompt, at))
        page.add(ResponseRow, *past_rows.responses(keys, models, answers, at))
        if number % 7 == 0:
            page.add(TagRow, {"comparison_id": keys.comparison, "tag": COMMON_TAG})
        if number in self._few:
            page.add(TagRow, {"comparison_id": keys.comparison, "tag": RARE_TAG})
        shelf = self._shelf(place, person, page, written)
        spot = {"place": place, "comparison_id": keys.comparison, "owner_id": owner, "texts": LANES + 2}
        page.add(SearchPlaceRow, spot)
        _index(place, shelf, keys, prompt, answers, page)

    def _shelf(self, place: int, person: int, page: Page, written: _Written) -> int:
        """Those of the first block are in its copies too."""
        block, within = divmod(place, BLOCK)
        of_block = within // PLACES * _OF_A_GENERATION + person
        shelf = block * SHELVES + of_block
        copied = block <= self.blocks and SHELVES + of_block in self._original.shelves
        if not copied and shelf not in written.shelves:
            written.shelves.add(shelf)
            row = {"id": shelf, "owner_id": self.people[person], "generation": place // PLACES}
            page.add(SearchShelfRow, row)
        return shelf

    def _answer(self, number: int, lane: int) -> str:
        words = self._words(_WORDS)
        if lane % 2:
            words[3] = HALF
        if lane == 0 and number in self._few:
            words[5] = NEEDLE
        return " ".join(words)

    def _person(self, number: int) -> int:
        """The owner is nought, the newcomer the last."""
        if number in self._newcomers:
            return len(self.people) - 1
        return 0 if number % 10 or self.count < 100 else 1 + number // 10 % _OTHERS

    def _language(self) -> tuple[tuple[str, ...], list[str]]:
        """All words, the most frequent first, and many of them as often as they are said."""
        letters = "abcdefghijklmnopqrstuvwxyz"
        vocabulary = tuple(
            "".join(self._random.choices(letters, k=self._random.randint(3, 9))) for _ in range(_VOCABULARY)
        )
        weights = accumulate(1 / rank for rank in range(1, _VOCABULARY + 1))
        return vocabulary, self._random.choices(vocabulary, cum_weights=list(weights), k=200_000)

    def _words(self, amount: int) -> list[str]:
        start = self._random.randrange(len(self._drawn) - amount)
        return self._drawn[start : start + amount]

    def _keys(self, millisecond: int) -> Keys:
        comparison, turn = self._key(millisecond), self._key(millisecond)
        lanes = [self._key(millisecond) for _ in range(LANES)]
        return Keys(comparison, turn, lanes, [self._key(millisecond) for _ in range(LANES)])

    def _key(self, millisecond: int) -> UUID:
        bits = self._random.getrandbits(74)
        return UUID(int=millisecond << 80 | 7 << 76 | (bits >> 62) << 64 | 2 << 62 | bits & ((1 << 62) - 1))


def _index(place: int, shelf: int, keys: Keys, prompt: str, answers: Sequence[str], page: Page) -> None:
    texts = (
        ("title", keys.comparison, prompt),
        ("prompt", keys.turn, prompt),
        *(("answer", ref, answer) for ref, answer in zip(keys.responses, answers, strict=True)),
    )
    for number, (kind, ref, text) in enumerate(texts, place * TEXTS):
        page.add(SearchTextRow, {"number": number, "kind": kind, "ref": ref})
        page.texts.append((number, shelf, text.split()))
