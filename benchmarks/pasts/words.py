"""The words of the search index, copied by the database: the same texts, on the shelves of another block.

Knows how `backend.comparisons.search_index` writes them: each word with its shelf in base 36 before it, which
here begins with the number of the block. The first block is called one.
"""

from typing import Final

from sqlalchemy.engine import Dialect

_DIGITS: Final = "0123456789abcdefghijklmnopqrstuvwxyz"


def kept_aside(dialect: Dialect) -> str:
    if _on_sqlite(dialect):
        texts = "SELECT number, ' ' || unpacked(words) AS line FROM search_kept"
    else:
        texts = "SELECT number, words::text AS line FROM search_words"
    return f"CREATE TEMP TABLE original_words AS {texts}"


def copied(block: int, numbers: int, dialect: Dialect) -> tuple[str, ...]:
    on_sqlite = _on_sqlite(dialect)
    shelf = "".join(_DIGITS[digit] for digit in divmod(block, 36)).lstrip("0")
    begins = " " if on_sqlite else "''"
    line = f"replace(line, '{begins}1', '{begins}{shelf}')"
    texts = f"SELECT number + {numbers}, {{}} FROM original_words"  # noqa: S608 - our own
    if not on_sqlite:
        return (f"INSERT INTO search_words (number, words) {texts.format(f'{line}::tsvector')}",)
    return (
        f"INSERT INTO search_words (rowid, words) {texts.format(line)}",
        f"INSERT INTO search_kept (number, words) {texts.format(f'packed(ltrim({line}))')}",
    )


def _on_sqlite(dialect: Dialect) -> bool:
    return dialect.name == "sqlite"
