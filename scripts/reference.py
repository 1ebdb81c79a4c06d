"""Writes what stands between marks in README.md and docs/: references from the code, files as they are.

`python -m scripts.reference` writes, `--check` only says what differs.
"""

import difflib
import re
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

from scripts import command_reference, error_reference, http_reference, room_reference, table_reference

ROOT = Path(__file__).parents[1]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))

_BETWEEN = re.compile(r"(<!-- generated: ([^\n]+?) -->\n).*?(<!-- end of generated -->)", re.DOTALL)
_LANGUAGES = {".py": "python", ".mjs": "js", ".sh": "sh", ".conf": "nginx", ".txt": "text"}

BLOCKS: Mapping[str, Callable[[], str]] = {
    "routes at a glance": http_reference.routes_at_a_glance,
    "routes": http_reference.routes_by_group,
    "types of HTTP": http_reference.types,
    "rights": http_reference.rights,
    "error codes": error_reference.errors,
    "commands of the rooms": room_reference.commands,
    "replies of the rooms": room_reference.replies,
    "events of the rooms": room_reference.events,
    "signals of the rooms": room_reference.signals,
    "types of the rooms": room_reference.types,
    "close codes": room_reference.closes,
    "commands": command_reference.commands,
    "table of endpoints": table_reference.endpoints,
    "table of models": table_reference.models,
    "webhook": table_reference.webhook,
    "metrics": table_reference.metrics,
}


def with_generated(text: str) -> str:
    """The page as it should be. `<!-- generated: file docs/examples/compare.py -->` shows a file."""
    return _BETWEEN.sub(lambda marks: f"{marks[1]}{_block(marks[2])}{marks[3]}", text)


def _block(name: str) -> str:
    if not name.startswith("file "):
        return BLOCKS[name]()
    path = ROOT / name.removeprefix("file ")
    text = path.read_text(encoding="utf-8").rstrip("\n")
    return f"```{_LANGUAGES.get(path.suffix, 'text')}\n{text}\n```\n"


def differences() -> str:
    """Empty when every page is as the code is."""
    said = []
    for page in PAGES:
        is_now = page.read_text(encoding="utf-8")
        should_be = with_generated(is_now)
        said += difflib.unified_diff(
            is_now.splitlines(), should_be.splitlines(), str(page), "as the code is", lineterm=""
        )
    return "\n".join(said)


def main() -> None:
    if "--check" in sys.argv:
        if found := differences():
            sys.exit(f"{found}\nThe documents differ from the code. Type: make schema")
        return
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        if (written := with_generated(text)) != text:
            page.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    main()
