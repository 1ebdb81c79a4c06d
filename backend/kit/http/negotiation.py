"""What a client's headers ask for: page or JSON, which compression, which copy it already has."""

import re
from collections.abc import Iterator, Sequence

_QUALITY = re.compile(r"0(\.\d{0,3})?|1(\.0{0,3})?")


def prefers_html(accept: str) -> bool:
    """Whether a person is looking: text/html is named, and nothing says that JSON is wanted as much.

    A wildcard alone is an API client (curl sends */*), so it never asks for the page.
    """
    wanted = dict(_weighted(accept))
    html = max(wanted.get("text/html", 0.0), wanted.get("application/xhtml+xml", 0.0))
    if html == 0.0:
        return False
    if "application/json" in wanted:
        return html > wanted["application/json"]
    return html >= wanted.get("application/*", wanted.get("*/*", 0.0))


def best_encoding(accept_encoding: str, available: Sequence[str]) -> str | None:
    """The encoding the client likes best, the first of equals; None sends the file as it is."""
    wanted = dict(_weighted(accept_encoding))
    others = wanted.get("*", 0.0)
    best = max(available, key=lambda encoding: wanted.get(encoding, others), default=None)
    if best is None:
        return None
    quality = wanted.get(best, others)
    return best if quality > 0 and quality >= wanted.get("identity", 0.0) else None


def already_has(if_none_match: str, etag: str) -> bool:
    """Weak comparison, as RFC 9110 asks for If-None-Match."""
    opaque = etag.removeprefix("W/")
    known = (candidate.strip() for candidate in if_none_match.split(","))
    return any(candidate == "*" or candidate.removeprefix("W/") == opaque for candidate in known)


def _weighted(header: str) -> Iterator[tuple[str, float]]:
    """Each value with its quality; an entry whose quality cannot be read is left out."""
    for entry in header.split(","):
        value, *parameters = (part.strip().lower() for part in entry.split(";"))
        quality = "1"
        for parameter in parameters:
            name, _, given = parameter.partition("=")
            if name.strip() == "q":
                quality = given.strip()
        if value and _QUALITY.fullmatch(quality):
            yield value, float(quality)
