"""What a text and a question are to the search: words, the same whatever database holds the index.

In lower case and without accents; scripts that put no blanks between words are taken letter by letter.
Knows no database.
"""

import re
import unicodedata
from dataclasses import dataclass
from typing import Final

MOST_WORDS: Final = 16_000
"""Of a text. PostgreSQL counts the places of words up to 16,383."""
# With four bytes for each, still within the megabyte that PostgreSQL takes.
_MOST_CHARACTERS: Final = 180_000
LONGEST_WORD: Final = 64
"""A longer one is known by its beginning."""
_MOST_ASKED: Final = 32

# Thai, Lao, Burmese, Khmer; Japanese, Chinese.
_SPACELESS: Final = (
    "\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff"
    "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
)
LETTER: Final = rf"[^\W_{_SPACELESS}]"
"""Of a word with more than one, as a pattern."""
_WORD: Final = re.compile(rf"[{_SPACELESS}]|{LETTER}+")
_PLAIN_WORD: Final = re.compile(r"[a-z0-9]+")
_LONE: Final = re.compile(rf"[{_SPACELESS}]")


class _Folding(dict[int, str]):
    """By the character, so that what a word becomes does not hang on what stands beside it."""

    _MOST = 20_000

    def __missing__(self, code: int) -> str:
        parts = unicodedata.normalize("NFKD", chr(code))
        folded = "".join(part for part in parts if not unicodedata.category(part).startswith("M")).casefold()
        if len(self) < self._MOST:
            self[code] = folded
        return folded


_FOLDING: Final = _Folding()


@dataclass(frozen=True, slots=True)
class Term:
    """Words that stand one after another."""

    words: tuple[str, ...]
    begins: bool = False
    """The last one may go on."""


def folded(text: str) -> str:
    return text.lower() if text.isascii() else text.translate(_FOLDING)


def words_of(text: str) -> list[str]:
    letters = folded(text[:_MOST_CHARACTERS])[:_MOST_CHARACTERS]
    found = (_PLAIN_WORD if letters.isascii() else _WORD).findall(letters)
    return [word[:LONGEST_WORD] for word in found[:MOST_WORDS]]


def stands_alone(word: str) -> bool:
    """A letter of a script without blanks: nothing has to end before it or after it."""
    return _LONE.match(word) is not None


def terms_of(question: str) -> tuple[Term, ...]:
    """All of them are looked for. What stands in quotes is a phrase, and so is what has no blank within it
    (`snake_case`, `don't`). The last word is also the beginning of words, unless a quote closes it.
    """
    terms: list[Term] = []
    asked = 0
    parts = question.split('"')
    for number, part in enumerate(parts):
        quoted = number % 2 == 1
        closed = quoted and number + 1 < len(parts)
        for piece in [part] if quoted else part.split():
            words = tuple(words_of(piece))[: _MOST_ASKED - asked]
            asked += len(words)
            if words:
                terms.append(Term(words, begins=not closed))
    return tuple(
        Term(term.words, begins=term.begins and number == len(terms)) for number, term in enumerate(terms, 1)
    )
