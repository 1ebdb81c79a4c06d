"""The piece of a text where something was found, and where in it the words are. Plain text, no markup."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from backend.comparisons.words import LETTER, LONGEST_WORD, Term, folded, stands_alone
from backend.kit.utf16 import units
from backend.kit.wire import Answer

_BEFORE: Final = 60
_LENGTH: Final = 200
_STRETCH: Final = 20
"""How far a cut moves to spare a word."""
_STEP: Final = 1_000


class Excerpt(Answer, frozen=True):
    text: str
    marks: tuple[tuple[int, int], ...] = ()
    """From where to where in `text` a word was found, in UTF-16 code units."""


def excerpt(text: str, terms: Sequence[Term]) -> Excerpt:
    """Around the first place where one of them stands; the beginning where none does."""
    pattern = _pattern_of(tuple(terms)) if terms else None
    found = pattern.search(folded(text)) if pattern else None
    here = _original(text, found.start()) if found else 0
    start = _blank_near(text, max(0, here - _BEFORE), after=True) if here > _BEFORE else 0
    end = _blank_near(text, start + _LENGTH, after=False) if start + _LENGTH < len(text) else len(text)
    lead, shown, tail = "…" if start else "", text[start:end], "…" if end < len(text) else ""
    marks = [_mark(shown, *match.span()) for match in pattern.finditer(folded(shown))] if pattern else []
    moved = tuple((len(lead) + first, len(lead) + last) for first, last in marks)
    return Excerpt(text=f"{lead}{shown}{tail}", marks=moved)


@lru_cache(maxsize=100)
def _pattern_of(terms: tuple[Term, ...]) -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{_pattern(term)})" for term in terms))


def _pattern(term: Term) -> str:
    pieces = []
    for number, word in enumerate(term.words):
        alone = stands_alone(word)
        if number:
            pieces.append(r"[\W_]*" if alone or stands_alone(term.words[number - 1]) else r"[\W_]+")
        elif not alone:
            pieces.append(f"(?<!{LETTER})")
        pieces.append(re.escape(word))
        if len(word) == LONGEST_WORD:
            pieces.append(f"{LETTER}*")
    if not stands_alone(term.words[-1]):
        pieces.append(f"{LETTER}*" if term.begins else f"(?!{LETTER})")
    return "".join(pieces)


def _mark(shown: str, start: int, end: int) -> tuple[int, int]:
    if shown.isascii():
        return start, end
    first, last = _original(shown, start), _original(shown, end)
    while last < len(shown) and not folded(shown[last]):
        last += 1  # the accents of the last letter
    return units(shown[:first]), units(shown[:last])


def _original(text: str, place: int) -> int:
    """Where in a text the character is that became this one when it was folded."""
    if text.isascii():
        return place
    passed = 0
    for begin in range(0, len(text), _STEP):
        step = text[begin : begin + _STEP]
        there = passed + len(folded(step))
        if there >= place:
            for number, character in enumerate(step):
                if passed >= place:
                    return begin + number
                passed += len(folded(character))
            return begin + len(step)
        passed = there
    return len(text)


def _blank_near(text: str, place: int, *, after: bool) -> int:
    """A cut just behind a blank, or at one, so that no word is torn where that is easy to avoid."""
    near = text[place : place + _STRETCH] if after else text[max(0, place - _STRETCH) : place]
    blank = re.search(r"\s", near) if after else re.search(r"\s(?=\S*$)", near)
    if blank is None:
        return place
    return place + blank.end() if after else place - len(near) + blank.start()
