"""The index of words itself: FTS5 on SQLite, tsvector with GIN on PostgreSQL. Knows nothing of comparisons.

Every word carries the shelf on which its text stands: a question looks at some shelves and at nothing else,
so that what it costs does not grow with what others wrote.
"""

import zlib
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from sqlalchemy import bindparam, text
from sqlalchemy.ext.asyncio import AsyncSession

from backend.comparisons.words import Term
from backend.kit.upsert import dialect_of

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"
# More places than that of one word in a text PostgreSQL does not keep.
_MOST_PLACES: Final = 255

_FTS_ADD: Final = text("INSERT INTO search_words (rowid, words) VALUES (:number, :words)")
_FTS_KEEP: Final = text("INSERT INTO search_kept (number, words) VALUES (:number, :words)")
_FTS_KEPT: Final = text("SELECT number, words FROM search_kept WHERE number IN :numbers").bindparams(
    bindparam("numbers", expanding=True)
)
_FTS_REMOVE: Final = text(
    "INSERT INTO search_words (search_words, rowid, words) VALUES ('delete', :number, :words)"
)
_FTS_FORGET: Final = text("DELETE FROM search_kept WHERE number = :number")
_FTS_FIND: Final = text(
    "SELECT rowid FROM search_words WHERE search_words MATCH :question AND rowid < :before"
    " ORDER BY rowid DESC LIMIT :most"
)

_GIN_ADD: Final = text("INSERT INTO search_words (number, words) VALUES (:number, CAST(:words AS tsvector))")
_GIN_REMOVE: Final = text("DELETE FROM search_words WHERE number IN :numbers").bindparams(
    bindparam("numbers", expanding=True)
)
# Walking back by number until enough match would be quick for common words and endless for rare ones.
_GIN_ONLY: Final = text("SELECT set_config('enable_seqscan', 'off', true)")
_GIN_FIND: Final = text(
    "WITH found AS MATERIALIZED (SELECT number FROM search_words WHERE words @@ CAST(:question AS tsquery))"
    " SELECT number FROM found WHERE number < :before ORDER BY number DESC LIMIT :most"
)


def _on_sqlite(db: AsyncSession) -> bool:
    return dialect_of(db) == "sqlite"


async def add(db: AsyncSession, texts: Sequence[tuple[int, int, Sequence[str]]]) -> None:
    """A number that is not there yet, a shelf, the words in their order."""
    texts = sorted((number, shelf, words) for number, shelf, words in texts if words)
    if not texts:
        return
    if not _on_sqlite(db):
        rows = [{"number": number, "words": _vector(shelf, words)} for number, shelf, words in texts]
        await db.execute(_GIN_ADD, rows)
        return
    lines = [(number, _line(shelf, words)) for number, shelf, words in texts]
    await db.execute(_FTS_ADD, [{"number": number, "words": line} for number, line in lines])
    # An index that keeps no texts can take one out only when it is told again what went in.
    kept = [{"number": number, "words": zlib.compress(line.encode(), 1)} for number, line in lines]
    await db.execute(_FTS_KEEP, kept)


async def remove(db: AsyncSession, numbers: Sequence[int]) -> None:
    if not numbers:
        return
    if not _on_sqlite(db):
        await db.execute(_GIN_REMOVE, {"numbers": list(numbers)})
        return
    kept = (await db.execute(_FTS_KEPT, {"numbers": list(numbers)})).all()
    if kept:
        gone = [{"number": number, "words": zlib.decompress(line).decode()} for number, line in kept]
        await db.execute(_FTS_REMOVE, gone)
        await db.execute(_FTS_FORGET, [{"number": row["number"]} for row in gone])


async def prepare(db: AsyncSession) -> None:
    """Once before the first `find` of a transaction."""
    if not _on_sqlite(db):
        await db.execute(_GIN_ONLY)


async def find(
    db: AsyncSession, terms: Sequence[Term], shelves: Sequence[int], before: int, most: int
) -> list[int]:
    """The highest numbers below `before` of texts with all the terms, the highest first."""
    if _on_sqlite(db):
        either = " OR ".join(f"({_fts_question(shelf, terms)})" for shelf in shelves)
        statement = _FTS_FIND
    else:
        either = " | ".join(f"({_gin_question(shelf, terms)})" for shelf in shelves)
        statement = _GIN_FIND
    rows = await db.execute(statement, {"question": either, "before": before, "most": most})
    return [row[0] for row in rows]


def _on(shelf: int, word: str) -> str:
    """Words hold letters and digits only, so that this can be taken for nothing else."""
    return f"{_short(shelf)}.{word}"


def _line(shelf: int, words: Sequence[str]) -> str:
    """Each of them on its shelf, and a blank between them."""
    return _on(shelf, f" {_short(shelf)}.".join(words))


def _fts_question(shelf: int, terms: Sequence[Term]) -> str:
    return " AND ".join(f'"{_line(shelf, term.words)}"{" *" if term.begins else ""}' for term in terms)


def _gin_question(shelf: int, terms: Sequence[Term]) -> str:
    phrases = []
    for term in terms:
        *first, last = (f"'{_on(shelf, word)}'" for word in term.words)
        phrases.append(" <-> ".join((*first, f"{last}:*" if term.begins else last)))
    return " & ".join(f"({phrase})" for phrase in phrases)


def _vector(shelf: int, words: Sequence[str]) -> str:
    places: dict[str, list[int]] = {}
    for place, word in enumerate(words, 1):
        of_word = places.setdefault(word, [])
        if len(of_word) < _MOST_PLACES:
            of_word.append(place)
    return " ".join(f"'{_on(shelf, word)}':{','.join(map(str, of_word))}" for word, of_word in places.items())


@lru_cache(maxsize=1000)
def _short(number: int) -> str:
    digits = ""
    while number:
        number, digit = divmod(number, 36)
        digits = _DIGITS[digit] + digits
    return digits or "0"
