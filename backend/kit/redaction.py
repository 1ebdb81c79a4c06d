"""Takes secrets out of what is about to be logged.

By a field's name, by the look of a value, and by the value itself where it is known.
"""

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

MASK: Final = "***"
_DEEPEST: Final = 8
# A shorter one would take ordinary words out of every line; in URLs and assignments it is found all the same.
_SHORTEST_VALUE: Final = 8

# The end of the name decides: `access_token` is a secret, `token_count` and `tokens` are numbers.
_SECRET_NAME: Final = re.compile(
    r"(^|_)(authorization|cookies?|password|passwd|secret|token|api_?key|access_?key|private_?key|credentials?|jwt)$"
)

# One cheap pass over lower-case text, five times faster than the real thing: nearly all text ends here.
_SUSPICIOUS: Final = re.compile(
    r"sk-|pk-|rk-|xox|bakeoff-|gh[pousr]_|aiza|eyj|bearer|://|cookie|authorization|passw|secret|token|key"
)

_SECRET_LOOK: Final = re.compile(
    r"""
      (?P<key>    \b (?: (?:sk|pk|rk|xox[abp]|bakeoff-share)- | gh[pousr]_ | AIza )
                  (?=[A-Za-z0-9_-]{12}) [A-Za-z0-9_-]+ )
    | (?P<jwt>    \b eyJ[A-Za-z0-9_-]{5,} \. [A-Za-z0-9_-]+ (?: \.[A-Za-z0-9_-]* )? )
    | (?P<bearer> \b Bearer \s+ ) [A-Za-z0-9._~+/=-]{16,}
    | (?P<user>   :// [^/\s:@"']* : ) [^/\s"']+ (?=@)
    | (?P<header> (?: cookie | authorization )
                  (?: \\?["']? \s* [=:] \s* (?-i:b(?=["']))?\\?["']? | ["'],\s*b?["'] ) ) [^\r\n"'\\]+
    | (?P<name>   (?: password | passwd | secret | token | (?:api|access|private)[-_]?key )
                  (?: \\?["']? \s* [=:] \s* (?-i:b(?=["']))?\\?["']? | ["'],\s*b?["'] ) ) [^\s"'&,;)}\]\\]+
    """,
    re.VERBOSE | re.IGNORECASE,
)


class Redactor:
    """What JSON has no type for becomes its text first, so that nothing slips past."""

    def __init__(self, values: Iterable[str] = ()) -> None:
        self._known = _pattern_of(values)

    def __call__(self, event: Mapping[str, Any]) -> Mapping[str, Any]:
        return event if self._is_clean(event) else self._mapping(event, 0)

    def _is_clean(self, event: Mapping[str, Any]) -> bool:
        """Most lines hold no secret, and one look at all their text together shows it: 5 µs, not 50."""
        if _has_secret_name(tuple(event)):
            return False
        texts = [*event]
        for value in event.values():
            if isinstance(value, str):
                texts.append(value)
            elif value is not None and not isinstance(value, int | float):
                return False
        text = "\n".join(texts)
        return not (_SUSPICIOUS.search(text.lower()) or (self._known and self._known.search(text)))

    def text(self, value: str) -> str:
        if self._known is not None:
            value = self._known.sub(MASK, value)
        return _SECRET_LOOK.sub(_mask, value) if _SUSPICIOUS.search(value.lower()) else value

    def _walk(self, value: Any, depth: int) -> Any:
        if isinstance(value, str):
            return self.text(value)
        if value is None or isinstance(value, bool | int | float):
            return value
        if depth > _DEEPEST:
            return MASK
        if isinstance(value, Mapping):
            return self._mapping(value, depth)
        if isinstance(value, list | tuple | set | frozenset):
            return self._items(list(value), depth)
        return self.text(_text_of(value))

    def _mapping(self, value: Mapping[Any, Any], depth: int) -> dict[str, Any]:
        return {self.text(str(name)): self._field(name, item, depth) for name, item in value.items()}

    def _items(self, items: list[Any], depth: int) -> list[Any]:
        if len(items) == 2 and isinstance(items[0], str | bytes):  # a header, as servers hand them around
            return [self._walk(items[0], depth + 1), self._field(items[0], items[1], depth)]
        return [self._walk(item, depth + 1) for item in items]

    def _field(self, name: object, value: Any, depth: int) -> Any:
        if isinstance(value, bool) or value is None or not _is_secret_name(_text_of(name)):
            return self._walk(value, depth + 1)
        return MASK


@lru_cache(maxsize=1024)
def _is_secret_name(name: str) -> bool:
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower().replace("-", "_")
    return _SECRET_NAME.search(snake) is not None


@lru_cache(maxsize=1024)
def _has_secret_name(names: tuple[str, ...]) -> bool:
    return any(map(_is_secret_name, names))


def _mask(match: re.Match[str]) -> str:
    """The text before a secret stays: it says which kind it was."""
    kept = match.lastgroup if match.lastgroup in {"bearer", "user", "header", "name"} else None
    return (match[kept] if kept else "") + MASK


def _pattern_of(values: Iterable[str]) -> re.Pattern[str] | None:
    """Each value as it is, as `repr` writes it and as a URL writes it; the longest first."""
    forms = {
        form
        for value in values
        if len(value) >= _SHORTEST_VALUE
        for form in (value, repr(value)[1:-1], quote(value, safe=""))
    }
    return re.compile("|".join(map(re.escape, sorted(forms, key=len, reverse=True)))) if forms else None


def _text_of(value: object) -> str:
    if isinstance(value, bytes):
        return value.decode("utf-8", "backslashreplace")
    try:
        return str(value)
    except Exception:  # noqa: BLE001 - a broken __str__ may not take the log line with it
        return f"<{type(value).__name__}>"
