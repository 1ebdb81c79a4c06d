"""What somebody wrote as the name of a file, in a header that it cannot break out of."""

import re
import unicodedata
from typing import Final, Literal
from urllib.parse import quote

_MOST_BYTES: Final = 180  # file systems take 255 with what is added
# What file systems and shells read as something else than a letter.
_UNSAFE: Final = re.compile(r'[\\/:*?"<>|%;,\'`$&~#{}]+')
# Control characters, those that turn the direction of writing, surrogates, the unassigned.
_INVISIBLE: Final = ("C",)
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def content_disposition(
    title: str,
    extension: str,
    *,
    kind: Literal["attachment", "inline"] = "attachment",
    nameless: str = "comparison",
) -> str:
    """RFC 6266: for everybody, and for those who know letters beyond ASCII."""
    name = file_name(title, nameless)
    plain = " ".join(unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().split())
    ascii_name = file_name(plain, nameless)
    suffix = f".{extension}" if extension else ""
    return f"{kind}; filename=\"{ascii_name}{suffix}\"; filename*=UTF-8''{quote(f'{name}{suffix}', safe='')}"


def file_name(title: str, nameless: str = "comparison") -> str:
    visible = "".join(" " if unicodedata.category(each).startswith(_INVISIBLE) else each for each in title)
    words = " ".join(_UNSAFE.sub(" ", visible).split())
    name = words.encode()[:_MOST_BYTES].decode(errors="ignore").strip(". ")
    return nameless if not name or _RESERVED.match(name) else name
