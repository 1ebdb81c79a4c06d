"""Writes the table of settings into docs/configuration.md, from the one list in backend/settings.py."""

import re
from pathlib import Path

from backend.settings import markdown_table

PAGE = Path(__file__).parents[1] / "docs" / "configuration.md"
BETWEEN = re.compile(r"(<!-- settings:[^\n]*-->\n).*?(<!-- end of settings -->)", re.DOTALL)


def with_table(text: str) -> str:
    return BETWEEN.sub(lambda marks: f"{marks[1]}{markdown_table()}{marks[2]}", text)


if __name__ == "__main__":
    PAGE.write_text(with_table(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
